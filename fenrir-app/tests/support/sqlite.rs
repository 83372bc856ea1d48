//! SQLite, in a file.

use diesel::connection::SimpleConnection as _;
use diesel::{Connection as _, SqliteConnection};

pub(crate) struct Database(tempfile::TempDir);

impl Database {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn url(&self) -> String {
        format!("sqlite://{}", self.0.path().join("test.db").display())
    }

    pub(crate) fn execute(&self, sql: &str) {
        let url = self.url();
        let mut connection = SqliteConnection::establish(url.strip_prefix("sqlite://").unwrap()).unwrap();
        connection.batch_execute(sql).unwrap();
    }
}
