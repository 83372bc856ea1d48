//! A database of a test's own, with the models' tables: the one that the queries are built for.

use std::ops::{Deref, DerefMut};

use diesel::connection::SimpleConnection;
use fenrir_migrate::Dialect;
use fenrir_models::{Connection, EmailItem, Environment, Identifier, Page, User};

#[cfg_attr(feature = "postgres", path = "postgres.rs")]
#[cfg_attr(not(feature = "postgres"), path = "sqlite.rs")]
mod database;

/// The database, which is gone when this is dropped.
pub(crate) struct TestDatabase {
    // In this order: it is dropped when nobody is connected to it.
    connection: Connection,
    _database: database::Database,
}

impl TestDatabase {
    pub(crate) fn new() -> Self {
        let (database, mut connection) = database::create();
        // What others refer to comes first.
        let tables: [fn(Dialect) -> Option<&'static str>; 5] = [
            Environment::create_table_sql,
            Page::create_table_sql,
            User::create_table_sql,
            Identifier::create_table_sql,
            EmailItem::create_table_sql,
        ];
        for table in tables {
            connection.batch_execute(table(database::DIALECT).unwrap()).unwrap();
        }
        Self { connection, _database: database }
    }
}

impl Deref for TestDatabase {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        &self.connection
    }
}

impl DerefMut for TestDatabase {
    fn deref_mut(&mut self) -> &mut Connection {
        &mut self.connection
    }
}
