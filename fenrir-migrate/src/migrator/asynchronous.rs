//! The same on connections of diesel-async.

use diesel_async::AsyncConnection;
use diesel_async::async_connection_wrapper::AsyncConnectionWrapper;

use super::{Cancellation, Migrator, Report};
use crate::Error;
use crate::database::MigratorBackend;

impl Migrator {
    /// Applies what is pending, on a connection of diesel-async, which is given back. The work is done on a thread of the
    /// runtime's for work that blocks, so that its others go on. Where the future is dropped, the run is told to stop.
    ///
    /// A [`function`](Self::function) of a migration is given an `AsyncConnectionWrapper<C>`.
    ///
    /// ```no_run
    /// # static MIGRATIONS: fenrir_migrate::Migrations = fenrir_migrate::Migrations::new("", &[]);
    /// # #[cfg(feature = "postgres")]
    /// # async fn boot() -> Result<(), Box<dyn std::error::Error>> {
    /// use diesel_async::{AsyncConnection, AsyncPgConnection};
    ///
    /// let connection = AsyncPgConnection::establish("postgres://localhost/fenrir").await?;
    /// let (connection, report) = fenrir_migrate::Migrator::new(&MIGRATIONS).run_async(connection).await?;
    /// # let _ = (connection, report);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// When a migration fails, or the database and the migrations do not fit each other: see [`Error`]. The connection is
    /// closed then.
    ///
    /// # Panics
    /// Outside of a runtime of tokio's.
    pub async fn run_async<C>(&self, connection: C) -> Result<(C, Report), Error>
    where
        C: AsyncConnection<Backend: MigratorBackend> + 'static,
        AsyncConnectionWrapper<C>: diesel::connection::LoadConnection<Backend = C::Backend>,
    {
        let cancellation = self.cancellation.child();
        let migrator = self.clone().cancellation(&cancellation);
        let stop = Stop(cancellation);
        let running = tokio::task::spawn_blocking(move || {
            let mut connection = AsyncConnectionWrapper::<C>::from(connection);
            let report = migrator.run(&mut connection)?;
            Ok((connection.into_inner(), report))
        });
        let result = running.await.unwrap_or(Err(Error::Thread));
        drop(stop);
        result
    }
}

/// Stops what goes on without who asked for it.
struct Stop(Cancellation);

impl Drop for Stop {
    fn drop(&mut self) {
        self.0.cancel();
    }
}
