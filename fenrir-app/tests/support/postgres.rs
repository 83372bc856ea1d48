//! A new database on the server that `FENRIR_TEST_POSTGRES_URL` names.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use diesel::connection::SimpleConnection as _;
use diesel::{Connection as _, PgConnection};

/// Dropped, also when the test panics.
pub(crate) struct Database(String);

impl Database {
    pub(crate) fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos();
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("fenrir_app_{}_{since}_{count}", std::process::id());
        execute(&server(), &format!("CREATE DATABASE {name}"));
        Self(name)
    }

    pub(crate) fn url(&self) -> String {
        let url = server();
        let (address, parameters) = url.split_once('?').unwrap_or((&url, ""));
        let (server, _) = address.rsplit_once('/').unwrap();
        format!("{server}/{}?{parameters}", self.0)
    }

    pub(crate) fn execute(&self, sql: &str) {
        execute(&self.url(), sql);
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let mut connection = PgConnection::establish(&server()).unwrap();
        if let Err(error) = connection.batch_execute(&format!("DROP DATABASE {} WITH (FORCE)", self.0)) {
            eprintln!("the database {} is left behind: {error}", self.0);
        }
    }
}

fn server() -> String {
    std::env::var("FENRIR_TEST_POSTGRES_URL")
        .unwrap_or_else(|_| "postgres://postgres@127.0.0.1:5432/postgres".to_owned())
}

fn execute(url: &str, sql: &str) {
    PgConnection::establish(url).unwrap().batch_execute(sql).unwrap();
}
