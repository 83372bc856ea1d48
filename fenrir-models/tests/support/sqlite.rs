//! SQLite in memory.

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use fenrir_migrate::Dialect;

pub(crate) const DIALECT: Dialect = Dialect::Sqlite;

pub(crate) struct Database;

pub(crate) fn create() -> (Database, SqliteConnection) {
    let mut connection = SqliteConnection::establish(":memory:").unwrap();
    connection.batch_execute("PRAGMA foreign_keys = ON").unwrap();
    (Database, connection)
}
