//! Being the only one that changes a database's schema or the history of its migrations.

use std::time::{Duration, Instant};

use crate::Error;
use crate::database::{self, Database};
use crate::record;

/// How long a process waits for another one that is migrating, unless it is told otherwise.
pub(crate) const LOCK_TIMEOUT: Duration = Duration::from_secs(600);

/// A database of which this process wants to be the one that migrates it.
pub(crate) struct Exclusive<'a> {
    pub(crate) database: &'a mut (dyn Database + 'a),
    lock_timeout: Duration,
}

impl<'a> Exclusive<'a> {
    pub(crate) fn new(database: &'a mut (dyn Database + 'a), lock_timeout: Duration) -> Self {
        Self { database, lock_timeout }
    }

    /// Changes the history of the migrations in one transaction, as the only one.
    #[cfg(feature = "cli")]
    pub(crate) fn change_history<T, E: From<Error>>(
        &mut self,
        change: impl FnOnce(&mut dyn Database) -> Result<T, E>,
    ) -> Result<T, E> {
        self.lock()?;
        let is_there = record::read(self.database).is_ok();
        let result = self.begin(is_there).map_err(E::from).and_then(|()| {
            let created = record::create(self.database).map_err(E::from);
            let changed = created.and_then(|()| change(self.database));
            self.finish(changed)
        });
        self.unlock();
        result
    }

    /// Makes the tables of the history where they are not there.
    pub(crate) fn create_history(&mut self) -> Result<(), Error> {
        self.begin(false)?;
        let created = record::create(self.database);
        self.finish(created)
    }

    pub(crate) fn unlock(&mut self) {
        self.database.unlock();
    }

    /// Tries to be the one runner until it is, or the time is over.
    pub(crate) fn lock(&mut self) -> Result<(), Error> {
        let start = Instant::now();
        let mut attempt = 0;
        while !self.retry("taking the lock", |database| database.try_lock())? {
            if attempt == 0 {
                let holder = self.database.lock_holder().unwrap_or_default();
                tracing::info!(holder, "waiting for another process that is migrating this database");
            }
            self.wait(start, attempt)?;
            attempt += 1;
        }
        Ok(())
    }

    fn wait(&mut self, start: Instant, attempt: u32) -> Result<(), Error> {
        if start.elapsed() >= self.lock_timeout {
            let holder = self.database.lock_holder();
            return Err(Error::Locked { waited: start.elapsed(), holder });
        }
        std::thread::sleep(database::pause(attempt));
        Ok(())
    }

    pub(crate) fn begin(&mut self, history: bool) -> Result<(), Error> {
        let result = self.retry("opening a transaction", |database| database.begin(history));
        if result.is_err() {
            self.database.rollback();
        }
        result
    }

    /// Tries again while another connection is in the way, for as long as it may.
    pub(crate) fn retry<T>(
        &mut self,
        doing: &'static str,
        mut act: impl FnMut(&mut dyn Database) -> diesel::QueryResult<T>,
    ) -> Result<T, Error> {
        let start = Instant::now();
        let mut attempt = 0;
        loop {
            match act(self.database) {
                Ok(value) => return Ok(value),
                Err(error) if self.database.is_busy(&error) => self.wait(start, attempt)?,
                Err(source) => return Err(Error::Database { doing, source }),
            }
            attempt += 1;
        }
    }

    /// Commits what went well, and takes back what did not. A commit that another connection is in the
    /// way of can be tried again: SQLite leaves the transaction open.
    pub(crate) fn finish<T, E: From<Error>>(&mut self, result: Result<T, E>) -> Result<T, E> {
        let result = result.and_then(|value| {
            self.retry("committing", |database| database.commit())?;
            Ok(value)
        });
        if result.is_err() {
            self.database.rollback();
        }
        result
    }
}
