//! The databases that tests can have, each in a file of its own.

#[cfg(any(feature = "mysql", feature = "postgres"))]
mod admin;
#[cfg(feature = "async")]
mod asynchronous;
#[cfg(any(feature = "mysql", feature = "postgres"))]
mod databases;
#[cfg(feature = "mysql")]
mod mysql;
#[cfg(feature = "postgres")]
mod postgres;
#[cfg(feature = "sqlite")]
mod sqlite;

#[cfg(feature = "sqlite")]
pub(super) use self::sqlite::sweep_files;

use std::sync::{Mutex, PoisonError};

use diesel::connection::LoadConnection;
use fenrir_schema::Dialect;

use super::{Contents, Error};
use crate::database::MigratorBackend;
use crate::database::url::DatabaseUrl;

/// A connection that a test can be given.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no connection that a test can be given",
    note = "there are `PgConnection`, `MysqlConnection` and `SqliteConnection` of Diesel, and with the feature `async` those \
            of diesel-async; each needs the feature of `fenrir-migrate` for its database: `postgres`, `mysql`, `sqlite`"
)]
pub trait TestConnection: sealed::Create {}

/// One that is no `async` connection.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no connection that a test can be given",
    note = "there are `PgConnection`, `MysqlConnection` and `SqliteConnection` of Diesel, each with the feature of \
            `fenrir-migrate` for its database: `postgres`, `mysql`, `sqlite`; a connection of diesel-async is for an `async fn`"
)]
pub trait SyncTestConnection: TestConnection + sealed::Open {}

/// One of diesel-async.
#[cfg(feature = "async")]
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no connection that an `async` test can be given",
    note = "there are `AsyncPgConnection`, `AsyncMysqlConnection` and `SyncConnectionWrapper<SqliteConnection>`, each with \
            the feature of `fenrir-migrate` for its database: `postgres`, `mysql`, `sqlite`"
)]
pub trait AsyncTestConnection: TestConnection + sealed::OpenAsync {}

/// A database that is there for one test, and goes when this is dropped.
pub trait Held: Send + Sync {
    /// Where it is.
    fn url(&self) -> &DatabaseUrl;
    /// Has it stay when this is dropped, if it is one that can.
    fn keep(&mut self);
}

/// A database of its own, of a kind that is known when the program runs.
#[cfg(feature = "cli")]
pub(super) fn create(dialect: Dialect, contents: &Contents) -> Result<Box<dyn Held>, Error> {
    use sealed::Create;
    match dialect {
        #[cfg(feature = "mysql")]
        Dialect::Mysql => diesel::MysqlConnection::create(contents),
        #[cfg(feature = "postgres")]
        Dialect::Postgres => diesel::PgConnection::create(contents),
        #[cfg(feature = "sqlite")]
        Dialect::Sqlite => diesel::SqliteConnection::create(contents),
        #[allow(unreachable_patterns, reason = "where a database's feature is off")]
        other => Err(Error::new(format!(
            "this command was built without {}: turn on the feature `{other}`",
            other.title()
        ))),
    }
}

pub(super) mod sealed {
    use super::*;

    pub trait Create: Sized + 'static {
        const DIALECT: Dialect;

        /// A database of its own, to which any number of connections can be opened.
        fn create(contents: &Contents) -> Result<Box<dyn Held>, Error>;
    }

    pub trait Open: Create + LoadConnection<Backend: MigratorBackend> {
        /// Connects as a test does.
        fn open(url: &DatabaseUrl) -> Result<Self, Error>;

        /// A database of its own, and the one connection to it.
        fn create_for_one(contents: &Contents) -> Result<(Box<dyn Held>, Self), Error> {
            let held = Self::create(contents)?;
            let connection = Self::open(held.url())?;
            Ok((held, connection))
        }

        /// A connection to a database that others have too, in which nobody leaves anything.
        fn open_shared(contents: &Contents) -> Result<Self, Error>;

        /// Those that no test has at the moment.
        fn idle() -> &'static Idle<Self>;
    }

    #[cfg(feature = "async")]
    pub trait OpenAsync: Create + diesel_async::AsyncConnection {
        /// Connects as a test does.
        fn open(url: &DatabaseUrl) -> impl Future<Output = Result<Self, Error>>;

        /// A database that others have too, in which nobody leaves anything; or one of its own.
        fn create_shared(contents: &Contents) -> Result<Box<dyn Held>, Error>;
    }
}

/// Connections to shared databases that no test has at the moment, by what the database holds.
pub struct Idle<C>(Mutex<Vec<(String, C)>>);

#[cfg_attr(
    not(any(feature = "postgres", feature = "sqlite")),
    allow(dead_code, reason = "no database has one")
)]
impl<C: sealed::Open> Idle<C> {
    const fn new() -> Self {
        Self(Mutex::new(Vec::new()))
    }

    pub(super) fn take(&self, contents: &Contents) -> Result<(String, C), Error> {
        let key = contents.key(C::DIALECT)?;
        let mut idle = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let found = idle.iter().position(|(one, _)| *one == key);
        let taken = found.map(|index| idle.swap_remove(index));
        drop(idle);
        match taken {
            Some(taken) => Ok(taken),
            None => Ok((key, C::open_shared(contents)?)),
        }
    }

    pub(super) fn give_back(&self, key: String, connection: C) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push((key, connection));
    }
}
