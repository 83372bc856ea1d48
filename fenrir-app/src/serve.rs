//! Boot: connect, bring the database up to date, and only then listen.

use std::net::SocketAddr;

use diesel::Connection as _;
use fenrir_migrate::Migrator;
use fenrir_migrate::cli::DatabaseUrl;
use fenrir_models::{Connection, MIGRATIONS};
use tokio::net::TcpListener;

use crate::database::{self, Database};
use crate::error::Error;
use crate::{http, log, settings, shutdown};

pub(crate) fn run() -> Result<(), Error> {
    let variables = settings::variables();
    log::start(&variables)?;
    let address = settings::address(&variables)?;
    let url = settings::database()?;
    bring_up_to_date(&url)?;
    let database = Database::new(&url);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(Error::Serve)?;
    let result = runtime.block_on(serve(address, database));
    // A query that does not end is not waited for.
    runtime.shutdown_background();
    result
}

fn bring_up_to_date(url: &DatabaseUrl) -> Result<(), Error> {
    if let Some(warning) = url.warning() {
        tracing::warn!("{warning}");
    }
    let refused = |message| Error::Connect { database: url.to_string(), message };
    let mut connection =
        Connection::establish(url.reveal()).map_err(|error| refused(url.redact(&error.to_string())))?;
    database::prepare(&mut connection).map_err(|error| refused(error.to_string()))?;
    let report = Migrator::new(&MIGRATIONS)
        .run(&mut connection)
        .map_err(|source| Error::Migrate { database: url.to_string(), source: Box::new(source) })?;
    let revision = report.revision.as_deref().unwrap_or("none");
    match report.steps.len() {
        0 => tracing::info!(database = %url, revision, "the database is up to date: nothing to apply"),
        1 => tracing::info!(database = %url, revision, "applied 1 migration"),
        count => tracing::info!(database = %url, revision, "applied {count} migrations"),
    }
    Ok(())
}

async fn serve(address: SocketAddr, database: Database) -> Result<(), Error> {
    let refused = |source| Error::Listen { address, source };
    let listener = TcpListener::bind(address).await.map_err(refused)?;
    // Port 0 asks the system for one.
    let address = listener.local_addr().map_err(refused)?;
    tracing::info!("serving on http://{address}");
    let (stop, mut stopping) = tokio::sync::watch::channel(false);
    let serving = axum::serve(listener, http::router(database)).with_graceful_shutdown(async move {
        shutdown::asked().await;
        let _ = stop.send(true);
    });
    let too_long = async move {
        let _ = stopping.changed().await;
        tokio::time::sleep(shutdown::PATIENCE).await;
    };
    tokio::select! {
        served = async { serving.await } => served.map_err(Error::Serve)?,
        () = too_long => tracing::warn!("some requests were not done when the service stopped"),
    }
    Ok(())
}
