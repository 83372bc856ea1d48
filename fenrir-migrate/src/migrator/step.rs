//! One migration: in one transaction with its record, or part by part.

use std::time::{Duration, Instant};

use fenrir_schema::{Dialect, FileStatement, Frame, StatementKind};

use super::Step;
use super::event::Event;
use super::function::{Batch, Progress};
use super::runner::Runner;
use super::unit::{self, Unit};
use crate::Error;
use crate::database;
use crate::error::{Kept, StatementError};
use crate::history::{self, Direction, State};
use crate::revisions::{Migration, Object, Renamed};

/// What became of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stepped {
    Done,
    /// Another has changed where the database is.
    Moved,
}

/// Why a transaction was not committed.
pub(super) enum Stopped {
    /// A statement waited too long for a lock; all may be tried again.
    Busy(Box<Error>),
    Failed(Error),
}

impl From<Error> for Stopped {
    fn from(error: Error) -> Self {
        Stopped::Failed(error)
    }
}

/// A migration that runs.
#[derive(Clone, Copy)]
pub(super) struct Running<'a> {
    pub(super) migration: &'a Migration,
    pub(super) direction: Direction,
    /// The text of its file.
    pub(super) sql: &'a str,
    /// What was applied or reverted before it in the same run.
    pub(super) before: &'a [Step],
    /// How many statements the file has.
    pub(super) count: usize,
    /// Whether the run ends with it.
    pub(super) is_last: bool,
}

/// How a migration's SQL runs.
enum Manner<'a> {
    /// In our transaction, with the record.
    Whole(Vec<FileStatement<'a>>),
    /// The same, inside what the file's own frame would do.
    Framed(Frame, &'a str),
    /// Part by part, each recorded.
    Parts(Vec<Unit<'a>>),
}

impl<'a> Runner<'a> {
    pub(super) fn perform(
        &mut self,
        migration: &'a Migration,
        direction: Direction,
        is_last: bool,
        state: &State,
        before: &[Step],
    ) -> Result<Stepped, Error> {
        let sql = match direction {
            Direction::Up => migration.up()?,
            Direction::Down => migration.down()?,
        };
        if direction == Direction::Down && sql.trim().is_empty() {
            return Err(Error::NoDown { name: migration.name().to_owned() });
        }
        self.check_function(migration, direction)?;
        let is_half_done = state.half.as_ref().is_some_and(|half| half.revision == migration.revision());
        let dialect = self.exclusive.database.dialect();
        let statements = dialect.statements(&sql);
        let count = statements.len();
        let running = Running { migration, direction, sql: &sql, before, count, is_last };
        for statement in &statements {
            if let Some(why) = why_not(statement.kind) {
                return Err(self.failed(&running, Some(statement), query_error(why), Kept::Nothing));
            }
        }
        match Manner::of(migration, &sql, statements, dialect, is_half_done) {
            Manner::Parts(units) => self.parts(&running, &units, state),
            Manner::Whole(statements) => self.whole(&running, state, &mut |runner| {
                runner.statements(&running, &statements, 1, Kept::Nothing)
            }),
            Manner::Framed(frame, body) => {
                let back = self.exclusive.database.enter_frame(frame);
                let back = back.map_err(Error::database("preparing to rebuild a table"))?;
                self.exclusive.restore.push(back.clone());
                let result = self.whole(&running, state, &mut |runner| runner.framed(&running, frame, body));
                self.exclusive.restore.pop();
                let restored = self.exclusive.database.execute(&back);
                restored.map_err(Error::database("putting settings back"))?;
                result
            }
        }
    }

    fn check_function(&self, migration: &Migration, direction: Direction) -> Result<(), Error> {
        let is_missing = direction == Direction::Up
            && migration.has_function()
            && self.functions.of(migration.revision()).is_none();
        if is_missing { Err(Error::NoFunction { name: migration.name().to_owned() }) } else { Ok(()) }
    }

    /// All in one transaction with the record, tried again where a lock could not be had in time. The history is read
    /// inside it: what another runner did meanwhile is seen, whatever became of the lock.
    fn whole(
        &mut self,
        running: &Running<'_>,
        state: &State,
        act: &mut dyn FnMut(&mut Self) -> Result<(), Stopped>,
    ) -> Result<Stepped, Error> {
        self.retrying(running, &mut |runner| {
            if !runner.begin_still(state)? {
                return Ok(Stepped::Moved);
            }
            let start = Instant::now();
            let result = runner.keeping_search_path(running, &mut *act).and_then(|()| {
                runner.function(running)?;
                Ok(runner.record(running, state, start.elapsed())?)
            });
            runner.commit(running, result)?;
            Ok(Stepped::Done)
        })
    }

    /// Runs it again and again, while a statement of it waits too long for a lock, and the time is not over.
    pub(super) fn retrying<T>(
        &mut self,
        running: &Running<'_>,
        act: &mut dyn FnMut(&mut Self) -> Result<T, Stopped>,
    ) -> Result<T, Error> {
        let start = Instant::now();
        let mut attempts = 0;
        loop {
            let error = match act(self) {
                Ok(value) => return Ok(value),
                Err(Stopped::Failed(error)) => return Err(error),
                Err(Stopped::Busy(error)) => *error,
            };
            if start.elapsed() >= self.exclusive.patience.lock_timeout {
                return Err(error);
            }
            attempts += 1;
            let reason = error.to_string();
            let name = running.migration.name();
            self.exclusive.patience.watchers.tell(&Event::Retrying { name, attempts, reason: &reason });
            self.exclusive.patience.cancellation.pause(database::backoff(attempts));
            self.exclusive.check_cancelled()?;
        }
    }

    /// Opens a transaction, if the database is where it was when it was last read.
    fn begin_still(&mut self, state: &State) -> Result<bool, Error> {
        if let Some(condition) = history::still_sql(self.exclusive.database, state) {
            if self.exclusive.begin_if(&condition)? {
                return Ok(true);
            }
        }
        self.exclusive.begin(true)?;
        let result = history::is_still(self.exclusive.database, state);
        if !matches!(result, Ok(true)) {
            self.exclusive.database.rollback();
        }
        result
    }

    pub(super) fn commit(
        &mut self,
        running: &Running<'_>,
        result: Result<(), Stopped>,
    ) -> Result<(), Stopped> {
        match result {
            Ok(()) => {}
            Err(stopped) => {
                self.exclusive.database.rollback();
                return Err(stopped);
            }
        }
        self.exclusive.commit().map_err(|error| {
            let is_refused = self.exclusive.database.is_alive();
            self.exclusive.database.rollback();
            Stopped::Failed(match error {
                // The server has taken it back: as Galera does, where another node was quicker.
                Error::Database { source, .. } if self.exclusive.database.is_lock_timeout(&source) => {
                    return self.stopped(running, None, source, Kept::Nothing);
                }
                // A constraint that waited for the end, or the like: nothing of it is there.
                Error::Database { source, .. } if is_refused => {
                    self.failed(running, None, source, Kept::Nothing)
                }
                Error::Database { source, .. } => {
                    Error::Unsure { name: running.migration.name().to_owned(), source }
                }
                other => other,
            })
        })
    }

    /// A file that sets `search_path`, as those of `pg_dump` do, does so for itself only.
    pub(super) fn keeping_search_path(
        &mut self,
        running: &Running<'_>,
        act: &mut dyn FnMut(&mut Self) -> Result<(), Stopped>,
    ) -> Result<(), Stopped> {
        let text = running.sql.to_ascii_lowercase();
        if !text.contains("search_path") && !text.contains("set schema") {
            return act(self);
        }
        let doing = "keeping `search_path`";
        let before = self.exclusive.database.search_path().map_err(Error::database(doing))?;
        act(self)?;
        if let Some(before) = before {
            self.exclusive.database.set_search_path(&before).map_err(Error::database(doing))?;
        }
        Ok(())
    }

    /// Runs statements, of which the first is so much in the file.
    pub(super) fn statements(
        &mut self,
        running: &Running<'_>,
        statements: &[FileStatement<'_>],
        first: usize,
        kept: Kept,
    ) -> Result<(), Stopped> {
        for (number, statement) in (first..).zip(statements) {
            self.statement(running, statement, number, kept)?;
        }
        Ok(())
    }

    pub(super) fn statement(
        &mut self,
        running: &Running<'_>,
        statement: &FileStatement<'_>,
        number: usize,
        kept: Kept,
    ) -> Result<(), Stopped> {
        self.exclusive.check_cancelled()?;
        let (name, line, count) = (running.migration.name(), statement.line, running.count);
        self.exclusive.patience.watchers.tell(&Event::Statement { name, line, number, count });
        match self.exclusive.database.execute(statement.text) {
            Ok(()) => Ok(()),
            Err(source) => Err(self.stopped(running, Some(statement), source, kept)),
        }
    }

    /// What an error of a statement means for what it is a part of.
    pub(super) fn stopped(
        &mut self,
        running: &Running<'_>,
        statement: Option<&FileStatement<'_>>,
        source: diesel::result::Error,
        kept: Kept,
    ) -> Stopped {
        let is_busy = self.exclusive.database.is_lock_timeout(&source);
        let error = self.failed(running, statement, source, kept);
        if is_busy { Stopped::Busy(Box::new(error)) } else { Stopped::Failed(error) }
    }

    fn framed(&mut self, running: &Running<'_>, frame: Frame, body: &str) -> Result<(), Stopped> {
        let around = |runner: &mut Self, sql: &str| {
            let result = runner.exclusive.database.execute(sql);
            result.map_err(|source| runner.stopped(running, None, source, Kept::Nothing))
        };
        around(self, frame.enter)?;
        let dialect = self.exclusive.database.dialect();
        let mut number = 1;
        for (table, part) in dialect.rebuilds(body) {
            let kept = match &table {
                Some(table) => Some(
                    self.exclusive
                        .database
                        .take_off(table)
                        .map_err(|source| self.stopped(running, None, source, Kept::Nothing))?,
                ),
                None => None,
            };
            let before = lines_before(running.sql, part);
            let mut statements = dialect.statements(part);
            statements.iter_mut().for_each(|statement| statement.line += before);
            self.statements(running, &statements, number, Kept::Nothing)?;
            number += statements.len();
            if let (Some(table), Some(kept)) = (&table, kept) {
                let back = self.exclusive.database.put_back(table, &kept);
                back.map_err(|source| self.stopped(running, None, source, Kept::Nothing))?;
            }
        }
        around(self, frame.leave)
    }

    /// The function of a migration, if it has one: all of it in the transaction that is open.
    fn function(&mut self, running: &Running<'_>) -> Result<(), Stopped> {
        let mut batch = Batch::default();
        loop {
            match self.batch(running, &batch) {
                Ok(Progress::Done) => return Ok(()),
                Ok(Progress::More(cursor)) => batch.cursor = Some(cursor),
                Err(Error::Function { source, .. }) if self.waited_too_long(source.as_ref()) => {
                    let name = running.migration.name().to_owned();
                    return Err(Stopped::Busy(Box::new(Error::Function { name, source })));
                }
                Err(error) => return Err(Stopped::Failed(error)),
            }
            self.exclusive.check_cancelled()?;
        }
    }

    /// Whether a function failed since it had to wait too long for a lock.
    fn waited_too_long(&self, source: &(dyn std::error::Error + 'static)) -> bool {
        let source = source.downcast_ref::<diesel::result::Error>();
        source.is_some_and(|source| self.exclusive.database.is_lock_timeout(source))
    }

    /// One batch of it.
    pub(super) fn batch(&mut self, running: &Running<'_>, batch: &Batch) -> Result<Progress, Error> {
        if running.direction == Direction::Down || !running.migration.has_function() {
            return Ok(Progress::Done);
        }
        let name = || running.migration.name().to_owned();
        let function = self.functions.of(running.migration.revision());
        let function = function.ok_or_else(|| Error::NoFunction { name: name() })?;
        let failed = |source| Error::Function { name: name(), source };
        let mut progress = Ok(Progress::Done);
        let lent = self.exclusive.database.lend(&mut |connection| progress = function(connection, batch));
        lent.map_err(|error| failed(error.into()))?;
        progress.map_err(failed)
    }

    /// Records what has run, on a database that is where `state` says.
    pub(super) fn record(
        &mut self,
        running: &Running<'_>,
        state: &State,
        duration: Duration,
    ) -> Result<(), Error> {
        let (database, migration) = (&mut *self.exclusive.database, running.migration);
        match running.direction {
            Direction::Up => {
                history::insert(database, state, self.revisions, migration, running.is_last, duration)
            }
            Direction::Down => history::delete(database, state, self.revisions, migration),
        }
    }

    /// A table that is there already is the commonest of all, and says little by itself.
    pub(super) fn failed(
        &mut self,
        running: &Running<'_>,
        statement: Option<&FileStatement<'_>>,
        source: diesel::result::Error,
        kept: Kept,
    ) -> Error {
        // The catalog answers only outside of what has failed. A file may have opened a transaction of its own.
        self.exclusive.database.rollback();
        if running.direction == Direction::Up && kept == Kept::Nothing {
            if let Some(table) = self.table_that_is_there(running.migration) {
                return Error::TableExists { table };
            }
        }
        Error::Statement(Box::new(StatementError::new(
            running.migration.name(),
            running.direction.file(),
            statement,
            running.before.iter().map(|step| step.name.clone()).collect(),
            kept,
            source,
        )))
    }

    fn table_that_is_there(&mut self, migration: &Migration) -> Option<String> {
        let (creates, drops) = migration.objects().unwrap_or_default();
        let renames = migration.renames().unwrap_or_default();
        let is_new = |object: &Object| {
            let is_renamed =
                |renamed: &Renamed| matches!(object, Object::Table(table) if renamed.makes(table));
            !drops.contains(object) && !renames.iter().any(is_renamed)
        };
        creates.into_iter().filter(is_new).find_map(|object| match object {
            Object::Table(table) => {
                let is_there = self.exclusive.database.has_table(&table).unwrap_or(false);
                is_there.then(|| table.to_string())
            }
            Object::Enum(_) => None,
        })
    }

    /// Where half of a migration would be kept, the commonest of all is found before any of it runs: a
    /// table that the file, as it was generated, creates.
    pub(super) fn refuse_tables_that_are_there(&mut self, running: &Running<'_>) -> Result<(), Error> {
        let dialect = self.exclusive.database.dialect();
        let (creates, _) = running.migration.objects()?;
        for object in creates {
            let Object::Table(table) = object else { continue };
            let statement = format!("CREATE TABLE {} (", dialect.quote_table(&table));
            let looking = Error::database("looking for tables");
            if running.sql.contains(&statement)
                && self.exclusive.database.has_table(&table).map_err(looking)?
            {
                return Err(Error::TableExists { table: table.to_string() });
            }
        }
        Ok(())
    }
}

impl<'a> Manner<'a> {
    fn of(
        migration: &Migration,
        sql: &'a str,
        statements: Vec<FileStatement<'a>>,
        dialect: Dialect,
        is_half_done: bool,
    ) -> Self {
        use StatementKind::{Alone, Begin, Commit, Rollback, Uncertain};
        let has = |kinds: &[StatementKind]| statements.iter().any(|one| kinds.contains(&one.kind));
        if migration.run_in_transaction() {
            let is_whole = if dialect.undoes_ddl() {
                // What ends our transaction would leave the record out of it.
                !has(&[Begin, Commit, Rollback])
            } else {
                !has(&[Alone, Begin, Commit, Rollback, Uncertain])
            };
            if is_whole && !is_half_done {
                return Manner::Whole(statements);
            }
        } else if let Some((frame, body)) = dialect.frame().and_then(|frame| Some((frame, frame.body(sql)?)))
        {
            return Manner::Framed(frame, body);
        }
        let gathers = migration.run_in_transaction() && !dialect.undoes_ddl();
        Manner::Parts(unit::units(dialect, &statements, gathers))
    }
}

/// Why a statement cannot run at all, if it cannot.
fn why_not(kind: StatementKind) -> Option<&'static str> {
    match kind {
        StatementKind::ByProgram => Some("this is read by the database's own program only: write it as SQL"),
        StatementKind::Locking => Some(
            "this locks tables for its session, and the runner out of its own, or lets go of such locks: take it out, since no \
             other runner is at work meanwhile",
        ),
        _ => None,
    }
}

/// How many lines of a text lie before a part of it.
fn lines_before(text: &str, part: &str) -> usize {
    let at = (part.as_ptr() as usize).saturating_sub(text.as_ptr() as usize);
    text.get(..at).map_or(0, |before| before.matches('\n').count())
}

pub(super) fn query_error(message: &str) -> diesel::result::Error {
    diesel::result::Error::QueryBuilderError(message.into())
}
