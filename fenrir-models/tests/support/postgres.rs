//! A new database on the server that `FENRIR_TEST_POSTGRES_URL` names.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use fenrir_migrate::Dialect;

pub(crate) const DIALECT: Dialect = Dialect::Postgres;

/// Dropped, also when the test panics.
pub(crate) struct Database(String);

pub(crate) fn create() -> (Database, PgConnection) {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos();
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let name = format!("fenrir_models_{}_{since}_{count}", std::process::id());
    server().batch_execute(&format!("CREATE DATABASE {name}")).unwrap();
    let database = Database(name);
    let connection = PgConnection::establish(&url_of(&database.0)).unwrap();
    (database, connection)
}

impl Drop for Database {
    fn drop(&mut self) {
        let dropped = server().batch_execute(&format!("DROP DATABASE {} WITH (FORCE)", self.0));
        if let Err(error) = dropped {
            eprintln!("the database {} is left behind: {error}", self.0);
        }
    }
}

fn server_url() -> String {
    std::env::var("FENRIR_TEST_POSTGRES_URL")
        .unwrap_or_else(|_| "postgres://postgres@127.0.0.1:5432/postgres".to_owned())
}

fn server() -> PgConnection {
    PgConnection::establish(&server_url()).unwrap()
}

fn url_of(database: &str) -> String {
    let url = server_url();
    let (address, parameters) = url.split_once('?').unwrap_or((&url, ""));
    let (server, _) = address.rsplit_once('/').unwrap();
    format!("{server}/{database}?{parameters}")
}
