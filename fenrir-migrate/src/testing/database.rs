//! A database for one test.

use std::fmt;
use std::marker::PhantomData;

use super::backend::Held;
use super::{Contents, Error, SyncTestConnection, TestConnection, keep};

/// A database that is there for one test, and goes when this is dropped, also when the test panics.
///
/// `C` is the connection that the test wants, which says what kind of database it is.
///
/// ```
/// use diesel::prelude::*;
/// use fenrir_migrate::testing::TestDatabase;
///
/// let database = TestDatabase::sqlite();
/// let mut first = database.connect();
/// let mut second = database.connect();
/// diesel::sql_query("CREATE TABLE page (id INTEGER)").execute(&mut first)?;
/// diesel::sql_query("INSERT INTO page VALUES (1)").execute(&mut second)?;
/// # Ok::<(), diesel::result::Error>(())
/// ```
pub struct TestDatabase<C> {
    held: Box<dyn Held>,
    connection: PhantomData<fn() -> C>,
}

impl<C: TestConnection> TestDatabase<C> {
    /// A database with these contents.
    ///
    /// # Panics
    /// Where there is none to be had: [`try_with`](Self::try_with) says so instead.
    #[must_use]
    #[track_caller]
    pub fn with(contents: &Contents) -> Self {
        match Self::try_with(contents) {
            Ok(database) => database,
            Err(error) => panic!("{error}"),
        }
    }

    /// A database with these contents.
    ///
    /// # Errors
    /// When there is no server, or it refuses; or the contents are not for this database.
    pub fn try_with(contents: &Contents) -> Result<Self, Error> {
        keep::tidy_once();
        Ok(Self::of(C::create(contents)?))
    }

    pub(super) fn of(held: Box<dyn Held>) -> Self {
        Self { held, connection: PhantomData }
    }

    pub(super) fn open(&self) -> C
    where
        C: SyncTestConnection,
    {
        C::open(self.held.url()).unwrap_or_else(|error| panic!("{error}"))
    }

    #[cfg(feature = "async")]
    pub(super) async fn open_async(&self) -> C
    where
        C: super::AsyncTestConnection,
    {
        C::open(self.held.url()).await.unwrap_or_else(|error| panic!("{error}"))
    }

    /// Its address, as Diesel and the `fenrir` command take it. The server's password is in it, if there
    /// is one.
    #[must_use]
    pub fn url(&self) -> &str {
        self.held.url().reveal()
    }

    /// Says that the test has failed: with `FENRIR_TEST_KEEP=1` its database is kept, and its address
    /// printed. A panic says the same.
    pub fn failed(&mut self) {
        if keep::asked() {
            self.held.keep();
            keep::tell(self.held.url());
        }
    }
}

impl<C> Drop for TestDatabase<C> {
    fn drop(&mut self) {
        if std::thread::panicking() && keep::asked() {
            self.held.keep();
            keep::tell(self.held.url());
        }
    }
}

impl<C> fmt::Debug for TestDatabase<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("TestDatabase").field(self.held.url()).finish()
    }
}

/// What is there for each connection that is no `async` one; alike, but a method of that name for all of them
/// would stand in the way of that of `async` connections.
macro_rules! sync_connection {
    ($feature:literal, $connection:ty, $new:ident, $title:literal) => {
        #[cfg(feature = $feature)]
        impl TestDatabase<$connection> {
            #[doc = concat!("An empty ", $title, " database.")]
            ///
            /// # Panics
            /// Where there is none to be had.
            #[must_use]
            #[track_caller]
            pub fn $new() -> Self {
                Self::with(&Contents::empty())
            }

            /// A connection to it; there can be any number of them.
            ///
            /// # Panics
            /// When it cannot be opened.
            #[must_use]
            #[track_caller]
            pub fn connect(&self) -> $connection {
                self.open()
            }
        }
    };
}

sync_connection!("mysql", diesel::MysqlConnection, mysql, "MySQL or MariaDB");
sync_connection!("postgres", diesel::PgConnection, postgres, "PostgreSQL");
sync_connection!("sqlite", diesel::SqliteConnection, sqlite, "SQLite");

/// The same for connections of diesel-async.
#[cfg(feature = "async")]
macro_rules! async_connection {
    ($feature:literal, $connection:ty) => {
        #[cfg(feature = $feature)]
        impl TestDatabase<$connection> {
            /// A connection to it; there can be any number of them.
            ///
            /// # Panics
            /// When it cannot be opened.
            pub async fn connect(&self) -> $connection {
                self.open_async().await
            }
        }
    };
}

#[cfg(feature = "async")]
async_connection!("mysql", diesel_async::AsyncMysqlConnection);
#[cfg(feature = "async")]
async_connection!("postgres", diesel_async::AsyncPgConnection);
#[cfg(feature = "async")]
async_connection!(
    "sqlite",
    diesel_async::sync_connection_wrapper::SyncConnectionWrapper<diesel::SqliteConnection>
);
