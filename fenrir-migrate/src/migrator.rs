//! Running migrations: one runner at a time, each migration whole or not at all.

use std::time::{Duration, Instant};

use diesel::connection::LoadConnection;
use fenrir_schema::Dialect;

use crate::database::{Database, MigratorBackend, sealed};
use crate::error::{Kept, StatementError};
use crate::exclusive::{Exclusive, LOCK_TIMEOUT};
use crate::record::{self, Applied};
use crate::revisions::{Migration, Object, Renamed, Revisions};
use crate::{Error, Migrations};

/// Brings a database up to date with the migrations that a binary holds.
///
/// Any number of processes may do so at once: one of them runs the migrations, the others wait for it
/// and find nothing to do. With nothing to do it costs one query.
///
/// ```no_run
/// # static MIGRATIONS: fenrir_migrate::Migrations = fenrir_migrate::Migrations::new("", &[]);
/// use diesel::Connection;
/// use diesel::sqlite::SqliteConnection;
///
/// let mut connection = SqliteConnection::establish("fenrir.db")?;
/// let report = fenrir_migrate::Migrator::new(&MIGRATIONS).run(&mut connection)?;
/// println!("applied {} migrations", report.steps.len());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Migrator {
    migrations: &'static Migrations,
    lock_timeout: Duration,
}

/// What a run did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// The migrations that were applied or reverted, in that order.
    pub steps: Vec<Step>,
    /// The revision of the database now; none where it has none.
    pub revision: Option<String>,
}

/// One migration that was applied or reverted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Its revision id.
    pub revision: String,
    /// The name of its folder.
    pub name: String,
    /// How long its SQL took.
    pub duration: Duration,
}

impl Migrator {
    /// For these migrations.
    #[must_use]
    pub fn new(migrations: &'static Migrations) -> Self {
        Self { migrations, lock_timeout: LOCK_TIMEOUT }
    }

    /// How long to wait for another process that is migrating the same database; 10 minutes unless
    /// said otherwise.
    #[must_use]
    pub fn lock_timeout(mut self, timeout: Duration) -> Self {
        self.lock_timeout = timeout;
        self
    }

    /// Applies what is pending.
    ///
    /// # Errors
    /// When a migration fails, or the database and the migrations do not fit each other: see [`Error`].
    pub fn run<C>(&self, connection: &mut C) -> Result<Report, Error>
    where
        C: LoadConnection,
        C::Backend: MigratorBackend,
    {
        let mut database = <C::Backend as sealed::Backend>::database(connection);
        let dialect = database.dialect();
        let migrations = self.migrations.of(dialect).ok_or(Error::NoMigrations { dialect })?;
        let revisions = Revisions::embedded(migrations)?;
        let target = revisions.len();
        Runner::new(&mut *database, &revisions, self.lock_timeout).run(&|_, _| Ok(Target::At(target)))
    }
}

/// Where a run is to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    /// With so many migrations applied; none is reverted.
    At(usize),
    /// With only so many applied; none is applied.
    Back(usize),
}

/// Finds where to end from where the database is.
pub(crate) type FindTarget<'a> = dyn Fn(usize, &mut dyn Database) -> Result<Target, Error> + 'a;

/// Runs migrations on one connection.
pub(crate) struct Runner<'a> {
    exclusive: Exclusive<'a>,
    revisions: &'a Revisions,
    /// Told of each migration before it runs.
    pub(crate) on_step: Option<&'a mut dyn FnMut(&Migration)>,
}

impl<'a> Runner<'a> {
    pub(crate) fn new(
        database: &'a mut (dyn Database + 'a),
        revisions: &'a Revisions,
        lock_timeout: Duration,
    ) -> Self {
        Self { exclusive: Exclusive::new(database, lock_timeout), revisions, on_step: None }
    }

    pub(crate) fn run(&mut self, find_target: &FindTarget<'_>) -> Result<Report, Error> {
        if self.exclusive.database.in_transaction() {
            return Err(Error::InTransaction);
        }
        // The one query where nothing is pending. It fails where there is no history yet, and then
        // making one tells what is really wrong.
        if let Ok(applied) = record::read(self.exclusive.database) {
            let position = self.position(&applied)?;
            if find_target(position, self.exclusive.database)?.is_reached(position) {
                return Ok(self.report(Vec::new(), position));
            }
        }
        self.exclusive.lock()?;
        let result = self.run_locked(find_target);
        self.exclusive.unlock();
        result
    }

    fn position(&self, applied: &[Applied]) -> Result<usize, Error> {
        let position = record::position(self.revisions, applied)?;
        record::check_texts(self.revisions, applied)?;
        Ok(position)
    }

    fn report(&self, steps: Vec<Step>, position: usize) -> Report {
        let last = position.checked_sub(1).and_then(|index| self.revisions.all().get(index));
        Report { steps, revision: last.map(|migration| migration.revision().to_owned()) }
    }

    fn run_locked(&mut self, find_target: &FindTarget<'_>) -> Result<Report, Error> {
        self.exclusive.create_history()?;
        let mut steps: Vec<Step> = Vec::new();
        // Found once: `-1` means one back from where the database was, not one at each step.
        let mut target = None;
        loop {
            match self.step(&mut target, find_target, &steps)? {
                Next::Done(position) => return Ok(self.report(steps, position)),
                Next::Stepped(step) => steps.push(step),
            }
        }
    }

    /// One migration. The history is read inside the transaction that changes it: what another
    /// runner did meanwhile is seen, whatever became of the lock.
    fn step(
        &mut self,
        target: &mut Option<Target>,
        find_target: &FindTarget<'_>,
        before: &[Step],
    ) -> Result<Next, Error> {
        // The frame's settings must be made before the transaction, and so before it is known
        // whether the migration is still to run.
        let looked =
            self.exclusive.retry("reading the migrations' history", |database| record::read(database))?;
        let position = self.position(&looked)?;
        let target = match target {
            Some(target) => *target,
            None => *target.insert(find_target(position, self.exclusive.database)?),
        };
        let Some((index, direction)) = target.next(position) else { return Ok(Next::Done(position)) };
        let revisions = self.revisions;
        let migration = &revisions.all()[index];
        if let Some(tell) = &mut self.on_step {
            tell(migration);
        }
        let sql = match direction {
            Direction::Up => migration.up()?,
            Direction::Down => migration.down()?,
        };
        if direction == Direction::Down && sql.trim().is_empty() {
            return Err(Error::NoDown { name: migration.name().to_owned() });
        }
        let way = Way::of(migration, &sql, self.exclusive.database.dialect());
        let start = Instant::now();
        let ran = self.attempt(migration, direction, &way, position, before)?;
        let duration = start.elapsed();
        if !ran {
            // Another was quicker; look again.
            return self.step(&mut Some(target), find_target, before);
        }
        let (revision, name) = (migration.revision(), migration.name());
        let milliseconds = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
        match direction {
            Direction::Up => tracing::info!(revision, name, milliseconds, "applied a migration"),
            Direction::Down => tracing::info!(revision, name, milliseconds, "reverted a migration"),
        }
        Ok(Next::Stepped(Step { revision: revision.to_owned(), name: name.to_owned(), duration }))
    }

    fn attempt(
        &mut self,
        migration: &Migration,
        direction: Direction,
        way: &Way<'_>,
        position: usize,
        before: &[Step],
    ) -> Result<bool, Error> {
        let frame = if let Way::Framed { frame, .. } = way { Some(*frame) } else { None };
        let back = frame.map(|frame| self.exclusive.database.enter_frame(frame)).transpose();
        let back = back.map_err(Error::database("preparing to rebuild a table"))?;
        let result = self.in_transaction(migration, direction, way, position, before);
        if let Some(back) = back {
            self.exclusive.database.execute(&back).map_err(Error::database("putting settings back"))?;
        }
        result
    }

    fn in_transaction(
        &mut self,
        migration: &Migration,
        direction: Direction,
        way: &Way<'_>,
        position: usize,
        before: &[Step],
    ) -> Result<bool, Error> {
        if let Way::Alone(sql) = way {
            // It cannot be in the transaction of its record.
            let start = Instant::now();
            self.statements(migration, direction, sql, Kept::AllBefore, before)?;
            self.exclusive.begin(true)?;
            let recorded = self.record(migration, direction, start.elapsed());
            return self.exclusive.finish(recorded).map(|()| true);
        }
        self.exclusive.begin(true)?;
        let result = (|| {
            let applied = record::read(self.exclusive.database)
                .map_err(Error::database("reading the migrations' history"))?;
            if self.position(&applied)? != position {
                return Ok(false);
            }
            let kept = if self.exclusive.database.dialect().undoes_ddl() {
                Kept::Nothing
            } else {
                Kept::SchemaChanges
            };
            let start = Instant::now();
            match way {
                Way::Framed { frame, body } => {
                    let framed = self.framed(*frame, body);
                    framed.map_err(|source| self.failed(migration, direction, source, kept, before))?;
                }
                Way::Plain(sql) | Way::Alone(sql) => {
                    self.statements(migration, direction, sql, kept, before)?;
                }
            }
            self.record(migration, direction, start.elapsed())?;
            Ok(true)
        })();
        self.exclusive.finish(result)
    }

    fn statements(
        &mut self,
        migration: &Migration,
        direction: Direction,
        sql: &str,
        kept: Kept,
        before: &[Step],
    ) -> Result<(), Error> {
        if direction == Direction::Up && kept == Kept::SchemaChanges {
            self.refuse_tables_that_are_there(migration, sql)?;
        }
        let result = self.exclusive.database.execute(sql);
        result.map_err(|source| self.failed(migration, direction, source, kept, before))
    }

    fn framed(&mut self, frame: fenrir_schema::Frame, body: &str) -> diesel::QueryResult<()> {
        self.exclusive.database.execute(frame.enter)?;
        self.exclusive.database.execute_framed(body)?;
        self.exclusive.database.execute(frame.leave)
    }

    fn failed(
        &mut self,
        migration: &Migration,
        direction: Direction,
        source: diesel::result::Error,
        kept: Kept,
        before: &[Step],
    ) -> Error {
        // A file may have opened a transaction of its own.
        self.exclusive.database.rollback();
        self.explain(migration, direction, source, kept, before)
    }

    /// Where half of a migration would be kept, the commonest of all is found before any of it runs: a
    /// table that the file, as it was generated, creates.
    fn refuse_tables_that_are_there(&mut self, migration: &Migration, sql: &str) -> Result<(), Error> {
        let dialect = self.exclusive.database.dialect();
        let (creates, _) = migration.objects()?;
        for object in creates {
            let Object::Table(table) = object else { continue };
            let statement = format!("CREATE TABLE {} (", dialect.quote_table(&table));
            let there = sql.contains(&statement)
                && self
                    .exclusive
                    .database
                    .has_table(&table)
                    .map_err(Error::database("looking for tables"))?;
            if there {
                return Err(Error::TableExists { table: table.to_string() });
            }
        }
        Ok(())
    }

    /// A table that is there already is the commonest of all, and says little by itself.
    fn explain(
        &mut self,
        migration: &Migration,
        direction: Direction,
        source: diesel::result::Error,
        kept: Kept,
        before: &[Step],
    ) -> Error {
        if direction == Direction::Up && kept == Kept::Nothing {
            let (creates, drops) = migration.objects().unwrap_or_default();
            let renames = migration.renames().unwrap_or_default();
            let is_new = |object: &Object| {
                let is_renamed =
                    |renamed: &Renamed| matches!(object, Object::Table(table) if renamed.makes(table));
                !drops.contains(object) && !renames.iter().any(is_renamed)
            };
            for object in creates.into_iter().filter(is_new) {
                if let Object::Table(table) = object {
                    if self.exclusive.database.has_table(&table).unwrap_or(false) {
                        return Error::TableExists { table: table.to_string() };
                    }
                }
            }
        }
        Error::Statement(Box::new(StatementError {
            migration: migration.name().to_owned(),
            file: if direction == Direction::Up { "up.sql" } else { "down.sql" },
            applied: before.iter().map(|step| step.name.clone()).collect(),
            kept,
            source,
        }))
    }

    fn record(
        &mut self,
        migration: &Migration,
        direction: Direction,
        duration: Duration,
    ) -> Result<(), Error> {
        match direction {
            Direction::Up => {
                record::insert(self.exclusive.database, migration, &migration.checksum()?, duration)
            }
            Direction::Down => record::delete(self.exclusive.database, migration.revision()),
        }
    }
}

enum Next {
    Done(usize),
    Stepped(Step),
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Direction {
    Up,
    Down,
}

impl Target {
    fn next(self, position: usize) -> Option<(usize, Direction)> {
        match self {
            Target::At(target) if position < target => Some((position, Direction::Up)),
            Target::Back(target) if position > target => Some((position - 1, Direction::Down)),
            _ => None,
        }
    }

    fn is_reached(self, position: usize) -> bool {
        self.next(position).is_none()
    }
}

/// How a migration's SQL runs.
enum Way<'a> {
    /// In our transaction, with the record.
    Plain(&'a str),
    /// The same, inside what the file's own frame would do.
    Framed { frame: fenrir_schema::Frame, body: &'a str },
    /// As it is, before the record.
    Alone(&'a str),
}

impl<'a> Way<'a> {
    fn of(migration: &Migration, sql: &'a str, dialect: Dialect) -> Self {
        if migration.run_in_transaction() {
            return Way::Plain(sql);
        }
        match dialect.frame().and_then(|frame| Some((frame, frame.body(sql)?))) {
            Some((frame, body)) => Way::Framed { frame, body },
            None => Way::Alone(sql),
        }
    }
}
