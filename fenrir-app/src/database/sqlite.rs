//! SQLite.

use std::time::{Duration, Instant};

use diesel::QueryResult;
use diesel::connection::SimpleConnection as _;
use diesel::result::Error;
use fenrir_migrate::Dialect;
use fenrir_models::Connection;

pub(crate) const BUILT_FOR: Dialect = Dialect::Sqlite;

/// How long a connection waits for another one that writes.
const PATIENCE: Duration = Duration::from_secs(5);

/// By itself SQLite holds to no foreign keys, fails where another connection writes, and lets none
/// read meanwhile.
pub(crate) fn prepare(connection: &mut Connection) -> QueryResult<()> {
    connection.batch_execute(&format!(
        "PRAGMA busy_timeout = {}; PRAGMA foreign_keys = ON;",
        PATIENCE.as_millis()
    ))?;
    // For this one SQLite does not wait, and several may start on a new file at once.
    let start = Instant::now();
    loop {
        match connection.batch_execute("PRAGMA journal_mode = WAL") {
            Err(error) if is_locked(&error) && start.elapsed() < PATIENCE => {
                std::thread::sleep(Duration::from_millis(20));
            }
            result => return result,
        }
    }
}

/// Diesel has no kind for it; the text is SQLite's own.
fn is_locked(error: &Error) -> bool {
    matches!(error, Error::DatabaseError(_, information) if information.message() == "database is locked")
}
