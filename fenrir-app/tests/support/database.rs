//! An empty database for one test: of the kind that the program is built for.

use diesel::connection::SimpleConnection as _;
use fenrir_migrate::testing::{Contents, TestDatabase};
use fenrir_models::Connection;

pub(crate) struct Database(TestDatabase<Connection>);

impl Database {
    pub(crate) fn new() -> Self {
        Self(TestDatabase::with(&Contents::empty()))
    }

    pub(crate) fn url(&self) -> &str {
        self.0.url()
    }

    pub(crate) fn execute(&self, sql: &str) {
        self.0.connect().batch_execute(sql).unwrap();
    }
}
