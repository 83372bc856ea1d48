//! Databases for tests, which come with the test and go with it.
//!
//! [`#[fenrir_migrate::test]`](macro@crate::test) gives a test a connection to a database of its own,
//! with the models' tables in it; [`TestDatabase`] is the same without a macro.
//!
//! ```
//! use diesel::prelude::*;
//! use fenrir_migrate::Table;
//!
//! #[derive(Table)]
//! #[diesel(table_name = page)]
//! struct Page {
//!     id: i32,
//!     name: String,
//! }
//!
//! #[fenrir_migrate::test(models(Page))]
//! fn a_page_has_a_name(connection: &mut SqliteConnection) -> QueryResult<()> {
//!     diesel::insert_into(page::table).values(page::name.eq("Home")).execute(connection)?;
//!     assert_eq!(page::table.count().get_result::<i64>(connection)?, 1);
//!     Ok(())
//! }
//! # fn main() {}
//! ```
//!
//! SQLite needs nothing. For PostgreSQL and MariaDB or MySQL, `FENRIR_TEST_POSTGRES_URL` and
//! `FENRIR_TEST_MYSQL_URL` name a server; without them, one is started from the programs on this
//! machine, for all the tests that run, and is gone when they are. Where there is neither, a test fails.
//!
//! With `FENRIR_TEST_KEEP=1`, the database of a test that fails is kept, and its address printed.

mod agree;
mod backend;
mod contents;
mod database;
mod error;
mod keep;
mod place;
mod run;
#[cfg(feature = "async")]
mod run_async;
#[cfg(any(feature = "mysql", feature = "postgres"))]
mod server;
mod tally;

#[cfg(feature = "async")]
pub use self::backend::AsyncTestConnection;
#[cfg(feature = "cli")]
pub(crate) use self::backend::Held;
#[doc(hidden)]
pub use self::run::{run, run_in_transaction, run_with_database, seeded};
#[cfg(feature = "async")]
#[doc(hidden)]
pub use self::run_async::{async_run, async_run_in_transaction, async_run_with_database};

/// An empty database that is there for as long as what is returned, on the servers that tests have.
#[cfg(feature = "cli")]
pub(crate) fn temporary(dialect: crate::Dialect) -> Result<Box<dyn Held>, Error> {
    keep::tidy_once();
    backend::create(dialect, &Contents::empty())
}

pub use self::{
    agree::assert_migrations_match_models,
    backend::{SyncTestConnection, TestConnection},
    contents::Contents,
    database::TestDatabase,
    error::Error,
    run::TestOutcome,
};
