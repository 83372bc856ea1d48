//! What a process has on a database server, of whatever kind.

use std::sync::atomic::{AtomicU64, Ordering};

use diesel::Connection;

use super::admin::{Administrators, failed};
use super::{Error, Held};
use crate::database::url::DatabaseUrl;
use crate::testing::place;
use crate::testing::server::Server;

/// The databases of this process on a server.
pub(super) struct Databases<C> {
    server: Server,
    /// What their names begin with; the process's sign of life on the server has this name too.
    pub(super) mine: String,
    next: AtomicU64,
    pub(super) administrators: Administrators<C>,
    drop: fn(&mut C, &str) -> Result<(), Error>,
}

impl<C: Connection> Databases<C> {
    /// With what an administrator does first, and how it drops a database that sessions may be left in.
    pub(super) fn new(
        server: Server,
        settle: fn(&mut C) -> Result<(), Error>,
        drop: fn(&mut C, &str) -> Result<(), Error>,
    ) -> Self {
        let administrators = Administrators::new(server.url.clone(), settle);
        let mine = format!("{}{}", place::PREFIX, place::token());
        Self { server, mine, next: AtomicU64::new(0), administrators, drop }
    }

    pub(super) fn new_name(&self) -> String {
        format!("{}_{}", self.mine, self.next.fetch_add(1, Ordering::Relaxed))
    }

    pub(super) fn url_of(&self, database: &str) -> Result<DatabaseUrl, Error> {
        let url = self.server.url.with_database(database);
        url.map_err(|error| Error::because("the address of a test's database", error))
    }

    pub(super) fn create(&'static self, name: String, options: &str) -> Result<Database<C>, Error> {
        let url = self.url_of(&name)?;
        let statement = format!("CREATE DATABASE {name}{options}");
        self.administrators.with(|connection| connection.batch_execute(&statement).map_err(failed))?;
        Ok(Database { of: self, name, url, kept: false })
    }
}

/// A database that is dropped when this is.
pub(super) struct Database<C: Connection + 'static> {
    of: &'static Databases<C>,
    pub(super) name: String,
    pub(super) url: DatabaseUrl,
    kept: bool,
}

impl<C: Connection> Database<C> {
    /// Leaves it to the sweeps of later processes.
    pub(super) fn stay(mut self) {
        self.kept = true;
    }
}

impl<C: Connection> Held for Database<C> {
    fn url(&self) -> &DatabaseUrl {
        &self.url
    }

    fn keep(&mut self) {
        self.kept = true;
        self.of.server.keep();
    }
}

impl<C: Connection> Drop for Database<C> {
    fn drop(&mut self) {
        if self.kept {
            return;
        }
        let dropped = self.of.administrators.with(|connection| (self.of.drop)(connection, &self.name));
        if let Err(error) = dropped {
            eprintln!("the next tests will drop the database {}: {error}", self.name);
        }
    }
}
