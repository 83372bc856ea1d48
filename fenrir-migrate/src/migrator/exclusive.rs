//! Being the only one that changes a database's schema or the history of its migrations.

use std::time::{Duration, Instant};

use super::cancellation::Cancellation;
use super::event::{Event, Watchers};
use crate::Error;
use crate::database::{self, Database, Local};
#[cfg(feature = "cli")]
use crate::history;

/// How long a process waits for another one that is migrating, unless it is told otherwise.
pub(crate) const LOCK_TIMEOUT: Duration = Duration::from_secs(600);

/// What is being done then.
const COMMITTING: &str = "recording and committing";

/// How often somebody who waits is told of it.
const TELL: Duration = Duration::from_secs(10);

/// How long others are waited for, and who is told.
#[derive(Clone, Debug)]
pub(crate) struct Patience {
    pub(crate) lock_timeout: Duration,
    pub(crate) cancellation: Cancellation,
    pub(crate) watchers: Watchers,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            lock_timeout: LOCK_TIMEOUT,
            cancellation: Cancellation::default(),
            watchers: Watchers::default(),
        }
    }
}

/// A database of which this process wants to be the one that migrates it.
pub(crate) struct Exclusive<'a> {
    pub(crate) database: &'a mut (dyn Database + 'a),
    pub(crate) patience: Patience,
    /// What each transaction is given.
    local: Local,
    is_locked: bool,
    /// What puts back the settings that are made now, the last first.
    pub(super) restore: Vec<String>,
}

/// A hook or a function that panics leaves nothing behind either: what it was a part of is taken back, and others may
/// have their turn.
impl Drop for Exclusive<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.database.rollback();
            while let Some(back) = self.restore.pop() {
                let _ = self.database.leave_session(&back);
            }
        }
        self.unlock();
    }
}

/// What is being waited for.
pub(crate) struct Waiting {
    start: Instant,
    told: Option<Instant>,
    pub(crate) attempts: u32,
}

impl Waiting {
    pub(crate) fn new() -> Self {
        Self { start: Instant::now(), told: None, attempts: 0 }
    }
}

impl<'a> Exclusive<'a> {
    pub(crate) fn new(database: &'a mut (dyn Database + 'a), patience: Patience, local: Local) -> Self {
        Self { database, patience, local, is_locked: false, restore: Vec::new() }
    }

    /// Changes the history of the migrations in one transaction, as the only one.
    #[cfg(feature = "cli")]
    pub(crate) fn change_history<T, E: From<Error>>(
        &mut self,
        change: impl FnOnce(&mut dyn Database) -> Result<T, E>,
    ) -> Result<T, E> {
        let local = self.local.clone();
        let doing = "asking where the history is, and whether it can be written";
        self.database.enter(&local).map_err(|error| E::from(Error::database(doing)(error)))?;
        if let Some(why) =
            self.database.settle(&local).map_err(|error| E::from(Error::database(doing)(error)))?
        {
            return Err(E::from(Error::ReadOnly { why }));
        }
        self.lock()?;
        let is_there = history::read(self.database).is_ok();
        let result = self.begin(is_there).map_err(E::from).and_then(|()| {
            let created = history::create(self.database).map_err(E::from);
            let changed = created.and_then(|()| change(self.database));
            self.finish(changed)
        });
        self.unlock();
        result
    }

    /// Tries to hold the lock that outlasts transactions, until it does, or the time is over.
    pub(crate) fn lock(&mut self) -> Result<(), Error> {
        if self.is_locked {
            return Ok(());
        }
        let mut waiting = Waiting::new();
        while !self.retry("taking the lock", |database| database.try_lock())? {
            self.wait(&mut waiting)?;
        }
        self.is_locked = true;
        self.check_kept()
    }

    /// That the lock is still held by the connection that statements run on.
    pub(crate) fn check_kept(&mut self) -> Result<(), Error> {
        match self.database.keeps_lock().map_err(Error::database("looking after the lock"))? {
            true => Ok(()),
            false => {
                self.is_locked = false;
                Err(Error::Pooled)
            }
        }
    }

    pub(crate) fn is_locked(&self) -> bool {
        self.is_locked
    }

    pub(crate) fn unlock(&mut self) {
        if std::mem::take(&mut self.is_locked) {
            self.database.unlock();
        }
    }

    /// Waits a little for whoever is in the way.
    pub(crate) fn wait(&mut self, waiting: &mut Waiting) -> Result<(), Error> {
        let waited = waiting.start.elapsed();
        if waited >= self.patience.lock_timeout {
            let holder = self.database.lock_holder();
            return Err(Error::Locked { waited, holder });
        }
        // Who is gone in no time is not worth a word.
        if waiting.attempts > 2 && waiting.told.is_none_or(|told| told.elapsed() >= TELL) {
            let holder = self.database.lock_holder();
            self.patience.watchers.tell(&Event::Waiting { holder: holder.as_deref(), waited });
            waiting.told = Some(Instant::now());
        }
        self.patience.cancellation.pause(database::pause(waiting.attempts));
        waiting.attempts += 1;
        self.check_cancelled()
    }

    pub(crate) fn check_cancelled(&self) -> Result<(), Error> {
        if self.patience.cancellation.is_cancelled() { Err(Error::Cancelled) } else { Ok(()) }
    }

    /// Opens a transaction that no other of ours can open beside it; `history` says whether the tables of the
    /// history are there to be locked.
    pub(crate) fn begin(&mut self, history: bool) -> Result<(), Error> {
        let local = self.local.clone();
        let result = self.retry("opening a transaction", |database| database.begin(history, &local));
        if result.is_err() {
            self.database.rollback();
        }
        result
    }

    /// The same where there is a history, if a condition holds in it; whether it does.
    pub(crate) fn begin_if(&mut self, condition: &str) -> Result<bool, Error> {
        let local = self.local.clone();
        let result = self.retry("opening a transaction", |database| database.begin_if(condition, &local));
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
        let mut waiting = Waiting::new();
        loop {
            match act(self.database) {
                Ok(value) => return Ok(value),
                Err(error) if self.database.is_busy(&error) => self.wait(&mut waiting)?,
                Err(source) => return Err(Error::Database { doing, source }),
            }
        }
    }

    /// Commits, again where another connection was in the way and the transaction is still open.
    pub(crate) fn commit(&mut self) -> Result<(), Error> {
        if self.database.keeps_uncommitted() {
            return self.retry(COMMITTING, |database| database.commit());
        }
        self.database.commit().map_err(Error::database(COMMITTING))
    }

    /// Commits what went well, and takes back what did not. A commit that another connection is in the
    /// way of can be tried again: SQLite leaves the transaction open.
    pub(crate) fn finish<T, E: From<Error>>(&mut self, result: Result<T, E>) -> Result<T, E> {
        let result = result.and_then(|value| {
            self.commit()?;
            Ok(value)
        });
        if result.is_err() {
            self.database.rollback();
        }
        result
    }
}
