//! The connections to the database. Diesel's queries block, so they run on threads of their own.

#[cfg(feature = "postgres")]
mod postgres;
#[cfg(not(feature = "postgres"))]
mod sqlite;

#[cfg(feature = "postgres")]
pub(crate) use self::postgres::{BUILT_FOR, prepare};
#[cfg(not(feature = "postgres"))]
pub(crate) use self::sqlite::{BUILT_FOR, prepare};

use std::time::Duration;

use diesel::QueryResult;
use diesel::r2d2::{ConnectionManager, CustomizeConnection, Pool};
use fenrir_models::Connection;

use fenrir_migrate::cli::DatabaseUrl;

/// How many connections there are at most.
const CONNECTIONS: u32 = 8;
/// How long a request waits for one.
const PATIENCE: Duration = Duration::from_secs(5);

/// The database, as requests use it.
#[derive(Clone)]
pub(crate) struct Database {
    pool: Pool<ConnectionManager<Connection>>,
    url: DatabaseUrl,
}

/// Why a query has no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DatabaseError {
    #[error("no connection to the database: {0}")]
    NoConnection(String),
    #[error(transparent)]
    Query(#[from] diesel::result::Error),
    #[error("the query was broken off")]
    BrokenOff(#[from] tokio::task::JoinError),
}

impl Database {
    /// Connects as requests come: that it can be reached is known from the boot.
    pub(crate) fn new(url: &DatabaseUrl) -> Self {
        let pool = Pool::builder()
            .max_size(CONNECTIONS)
            .min_idle(Some(1))
            .connection_timeout(PATIENCE)
            .connection_customizer(Box::new(Prepare))
            .build_unchecked(ConnectionManager::new(url.reveal()));
        Self { pool, url: url.clone() }
    }

    /// Runs queries on a connection.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        queries: impl FnOnce(&mut Connection) -> QueryResult<T> + Send + 'static,
    ) -> Result<T, DatabaseError> {
        let Database { pool, url } = self.clone();
        tokio::task::spawn_blocking(move || {
            let mut connection =
                pool.get().map_err(|error| DatabaseError::NoConnection(url.redact(&error.to_string())))?;
            Ok(queries(&mut connection)?)
        })
        .await?
    }
}

/// Prepares each connection of the pool.
#[derive(Debug)]
struct Prepare;

impl CustomizeConnection<Connection, diesel::r2d2::Error> for Prepare {
    fn on_acquire(&self, connection: &mut Connection) -> Result<(), diesel::r2d2::Error> {
        prepare(connection).map_err(diesel::r2d2::Error::QueryError)
    }
}
