//! Running migrations: one runner at a time, each migration whole or recorded part by part.

#[cfg(feature = "async")]
mod asynchronous;
mod cancellation;
mod event;
mod exclusive;
mod function;
mod hook;
mod parts;
mod runner;
mod several;
mod step;
mod unit;
mod verify;

use std::sync::Arc;
use std::time::Duration;

use diesel::connection::LoadConnection;
use fenrir_schema::migration::Head;
use fenrir_schema::{RunSettings, Verify};

pub use self::cancellation::Cancellation;
pub(crate) use self::event::Watchers;
pub use self::event::{Event, Way};
pub(crate) use self::exclusive::{Exclusive, LOCK_TIMEOUT, Patience};
pub use self::function::{Batch, Progress};
use self::function::{BoxError, Functions};
use self::hook::Hooks;
pub use self::hook::Upcoming;
pub(crate) use self::runner::{RunOptions, Runner, Target};
pub(crate) use self::several::in_parallel;
pub use self::several::{OneOfMany, Several};
use crate::database::{Database, Local, MigratorBackend, sealed};
use crate::history::Allowed;
use crate::revisions::Revisions;
use crate::{Error, Migrations, history, introspect};

/// Brings a database up to date with the migrations that a binary holds.
///
/// Any number of processes may do so at once: one of them runs a migration at a time, the others wait for it
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
///
/// # Settings
///
/// Each setting is what is said here; what is not, is what the environment says, such as `FENRIR_LOCK_TIMEOUT=30s`;
/// and what neither says, is what stood under `[migrator]` in `fenrir.toml` when the binary was built.
///
/// | method and key of `fenrir.toml` | variable | unless it is said |
/// |---|---|---|
/// | [`lock_timeout`](Self::lock_timeout) | `FENRIR_LOCK_TIMEOUT` | 10 minutes |
/// | [`statement_lock_timeout`](Self::statement_lock_timeout) | `FENRIR_STATEMENT_LOCK_TIMEOUT` | 5 seconds |
/// | [`statement_timeout`](Self::statement_timeout) | `FENRIR_STATEMENT_TIMEOUT` | the server's |
/// | [`search_path`](Self::search_path) | `FENRIR_SEARCH_PATH` (with commas) | the connection's |
/// | [`role`](Self::role) | `FENRIR_ROLE` | the connection's |
/// | [`target`](Self::target) | `FENRIR_TARGET` | the head |
/// | [`verify`](Self::verify) | `FENRIR_VERIFY` | off |
/// | [`allow_edited`](Self::allow_edited) | `FENRIR_ALLOW_EDITED` | no |
/// | [`allow_out_of_order`](Self::allow_out_of_order) | `FENRIR_ALLOW_OUT_OF_ORDER` | no |
/// | [`allow_ahead`](Self::allow_ahead) | `FENRIR_ALLOW_AHEAD` | no |
#[derive(Clone, Debug)]
pub struct Migrator {
    migrations: &'static Migrations,
    settings: RunSettings,
    cancellation: Cancellation,
    watchers: Watchers,
    functions: Functions,
    hooks: Hooks,
}

/// What a run did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// The migrations that were applied or reverted, in that order.
    pub steps: Vec<Step>,
    /// The revision of the database now, the newest that it has; none where it has none.
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

/// How long a statement waits for a lock before it is tried again, with everybody behind it, unless told otherwise.
const STATEMENT_LOCK_TIMEOUT: Duration = Duration::from_secs(5);

impl Migrator {
    /// For these migrations.
    #[must_use]
    pub fn new(migrations: &'static Migrations) -> Self {
        Self {
            migrations,
            settings: RunSettings::default(),
            cancellation: Cancellation::default(),
            watchers: Watchers::default(),
            functions: Functions::default(),
            hooks: Hooks::default(),
        }
    }

    /// How long to wait, in all, for another process that is migrating the same database, and for what a statement has
    /// to wait for: then the run fails, and says who it was.
    #[must_use]
    pub fn lock_timeout(mut self, timeout: Duration) -> Self {
        self.settings.lock_timeout = Some(timeout);
        self
    }

    /// How long one statement may wait for a lock of the database's. Whoever wants the same table waits behind it,
    /// also to read; so what is open is taken back then, and all of it tried again a little later, for as long as
    /// [`lock_timeout`](Self::lock_timeout) says. On PostgreSQL, in milliseconds; on MySQL and MariaDB, in whole seconds.
    /// A statement that runs in no transaction, such as `CREATE INDEX CONCURRENTLY`, waits as long as it has to on
    /// PostgreSQL, since it would leave an invalid index.
    #[must_use]
    pub fn statement_lock_timeout(mut self, timeout: Duration) -> Self {
        self.settings.statement_lock_timeout = Some(timeout);
        self
    }

    /// How long one statement may take, before the migration fails. (`statement_timeout` of PostgreSQL,
    /// `max_statement_time` of MariaDB, `max_execution_time` of MySQL, which is for queries; SQLite has none.)
    #[must_use]
    pub fn statement_timeout(mut self, timeout: Duration) -> Self {
        self.settings.statement_timeout = Some(timeout);
        self
    }

    /// The schemas of PostgreSQL in which names without one are looked for; tables, those of the history among
    /// them, are made in the first.
    #[must_use]
    pub fn search_path<S: Into<String>>(mut self, schemas: impl IntoIterator<Item = S>) -> Self {
        self.settings.search_path = Some(schemas.into_iter().map(Into::into).collect());
        self
    }

    /// The role whose rights are taken while migrations run, on PostgreSQL, MySQL and MariaDB: the application's own
    /// user then need not have them all the time.
    #[must_use]
    pub fn role(mut self, role: impl Into<String>) -> Self {
        self.settings.role = Some(role.into());
        self
    }

    /// The revision to go to, as the command takes it: a full id, a unique part of one or of a name, `head-1`, `+1`.
    /// One that the database is past is an error: nothing is reverted.
    #[must_use]
    pub fn target(mut self, revision: impl Into<String>) -> Self {
        self.settings.target = Some(revision.into());
        self
    }

    /// Whether the database is compared with the models after each run that ends at the head, by what its catalog
    /// says. Tables that no model is of are passed over. It takes some queries more.
    #[must_use]
    pub fn verify(mut self, verify: Verify) -> Self {
        self.settings.verify = Some(verify);
        self
    }

    /// Whether an applied migration may have another text than was applied.
    #[must_use]
    pub fn allow_edited(mut self, allow: bool) -> Self {
        self.settings.allow_edited = Some(allow);
        self
    }

    /// Whether a migration may be missing before the newest that is applied: one that the database lacks is applied, and
    /// one that this binary lacks is passed over.
    #[must_use]
    pub fn allow_out_of_order(mut self, allow: bool) -> Self {
        self.settings.allow_out_of_order = Some(allow);
        self
    }

    /// Whether the database may have newer migrations than this binary. Without it, it may have those that say
    /// `compatible = true` in their `metadata.toml`.
    #[must_use]
    pub fn allow_ahead(mut self, allow: bool) -> Self {
        self.settings.allow_ahead = Some(allow);
        self
    }

    /// What stops a run from outside it.
    #[must_use]
    pub fn cancellation(mut self, cancellation: &Cancellation) -> Self {
        self.cancellation = cancellation.clone();
        self
    }

    /// Is told what happens. `tracing` is, too, without it.
    ///
    /// ```
    /// # static MIGRATIONS: fenrir_migrate::Migrations = fenrir_migrate::Migrations::new("", &[]);
    /// use fenrir_migrate::{Event, Migrator};
    ///
    /// let migrator = Migrator::new(&MIGRATIONS).on_event(|event| {
    ///     if let Event::Started { name, .. } = event {
    ///         eprintln!("{name} …");
    ///     }
    /// });
    /// # let _ = migrator;
    /// ```
    #[must_use]
    pub fn on_event(mut self, watcher: impl Fn(&Event<'_>) + Send + Sync + 'static) -> Self {
        self.watchers = Watchers(Some(Arc::new(watcher)));
        self
    }

    /// Runs before each migration, outside of its transaction. Where it fails, the migration does not run.
    #[must_use]
    pub fn before_each<E: Into<BoxError>>(
        mut self,
        hook: impl Fn(&Upcoming<'_>) -> Result<(), E> + Send + Sync + 'static,
    ) -> Self {
        self.hooks.before = Hooks::of(hook);
        self
    }

    /// Runs after each migration, when it is recorded. Where it fails, the run ends.
    #[must_use]
    pub fn after_each<E: Into<BoxError>>(
        mut self,
        hook: impl Fn(&Upcoming<'_>) -> Result<(), E> + Send + Sync + 'static,
    ) -> Self {
        self.hooks.after = Hooks::of(hook);
        self
    }

    /// The part of a migration that is written in Rust: it runs when the migration is applied, after its `up.sql`.
    /// The migration's `metadata.toml` must say `function = true` under `[fenrir]`, so that nobody applies it
    /// without: not the command, and not plain Diesel's users by mistake.
    ///
    /// Where the migration runs in a transaction, so does the function, in the same. Where it says
    /// `run_in_transaction = false`, each call is a transaction of its own, in which what the function returns is
    /// recorded too: with [`Progress::More`] it is called again from there, also by another process, after this one was
    /// killed. So a large table is filled in batches, and is never locked for long.
    ///
    /// It must use the connection that it is given, and leave no transaction open; those that it opens lie within the
    /// one that is there. `C` is the type of the connection that [`run`](Self::run) is given, and for
    /// `run_async` a wrapper of it.
    ///
    /// ```
    /// # static MIGRATIONS: fenrir_migrate::Migrations = fenrir_migrate::Migrations::new("", &[]);
    /// use diesel::{RunQueryDsl, SqliteConnection, sql_query, sql_types::Text};
    /// use fenrir_migrate::{Batch, Migrator, Progress};
    ///
    /// let migrator = Migrator::new(&MIGRATIONS).function(
    ///     "20261123091500",
    ///     |connection: &mut SqliteConnection, batch: &Batch| {
    ///         let from = batch.cursor.clone().unwrap_or_default();
    ///         // … the next thousand rows behind `from`, and the last of them:
    ///         sql_query("UPDATE page SET title = name WHERE name > ?").bind::<Text, _>(&from).execute(connection)?;
    ///         Ok::<_, diesel::result::Error>(Progress::Done)
    ///     },
    /// );
    /// # let _ = migrator;
    /// ```
    #[must_use]
    pub fn function<C: 'static, E: Into<BoxError>>(
        mut self,
        revision: &str,
        function: impl Fn(&mut C, &Batch) -> Result<Progress, E> + Send + Sync + 'static,
    ) -> Self {
        self.functions.insert(revision, function);
        self
    }

    /// Applies what is pending.
    ///
    /// # Errors
    /// When a migration fails, or the database and the migrations do not fit each other: see [`Error`].
    pub fn run<C>(&self, connection: &mut C) -> Result<Report, Error>
    where
        C: LoadConnection + 'static,
        C::Backend: MigratorBackend,
    {
        self.run_on(&mut *<C::Backend as sealed::Backend>::database(connection))
    }

    /// What [`run`](Self::run) would apply: the names of the folders, in their order. Nothing is changed.
    ///
    /// # Errors
    /// When the database cannot be read, or does not fit the migrations.
    pub fn pending<C>(&self, connection: &mut C) -> Result<Vec<String>, Error>
    where
        C: LoadConnection + 'static,
        C::Backend: MigratorBackend,
    {
        let mut database = <C::Backend as sealed::Backend>::database(connection);
        let settings = self.settled()?;
        let revisions = self.revisions(&*database)?;
        let target = settings.target.clone();
        let mut runner = Runner::new(&mut *database, &revisions, self.options(&settings));
        let pending = runner.pending(&|position, _| target_of(&revisions, target.as_deref(), position))?;
        Ok(pending.into_iter().map(|migration| migration.name().to_owned()).collect())
    }

    pub(crate) fn run_on(&self, database: &mut dyn Database) -> Result<Report, Error> {
        let settings = self.settled()?;
        if let Some(head) = self.up_to_date(database, &settings)? {
            let local = self.options(&settings).local;
            verify::verify(database, self.migrations, settings.verify.unwrap_or_default(), &local)?;
            return Ok(Report { steps: Vec::new(), revision: Some(head.revision) });
        }
        let revisions = self.revisions(database)?;
        let target = settings.target.clone();
        let mut runner = Runner::new(database, &revisions, self.options(&settings));
        let report = runner.run(&|position, _| target_of(&revisions, target.as_deref(), position))?;
        if report.steps.is_empty() && target.is_none() {
            runner.restore_head();
        }
        drop(runner);
        let is_at_head = revisions.chain.head().map(|head| &head.revision) == report.revision.as_ref();
        if is_at_head {
            self.record(database, &revisions, &report, &settings);
            let local = self.options(&settings).local;
            verify::verify(database, self.migrations, settings.verify.unwrap_or_default(), &local)?;
        }
        Ok(report)
    }

    /// The head, where the database has all migrations, as they are, and nothing else: which is the one query that it costs
    /// where nothing is pending. Everything else is looked at more closely.
    fn up_to_date(&self, database: &mut dyn Database, settings: &RunSettings) -> Result<Option<Head>, Error> {
        if database.in_transaction() {
            return Err(Error::InTransaction);
        }
        let Some(head) = self.migrations.head(database.dialect()) else { return Ok(None) };
        let are_expected = self.functions.revisions().all(|one| head.functions.iter().any(|of| of == one));
        if settings.target.is_some() || !are_expected {
            return Ok(None);
        }
        let local = self.options(settings).local;
        database.enter(&local).map_err(Error::database("making the settings of a run"))?;
        let is_of_transaction = local.is_of_transaction(database.dialect());
        if is_of_transaction {
            database.open(&local).map_err(Error::database(history::READING))?;
        }
        let is_at_head = history::is_at(database, &head, !is_of_transaction);
        if is_of_transaction {
            database.rollback();
        }
        match is_at_head {
            Ok(is_at_head) => Ok(is_at_head.then_some(head)),
            // The connection is broken, as behind a pool that has closed it.
            Err(source) if database.in_transaction() => {
                Err(Error::Database { doing: history::READING, source })
            }
            // There is no history, or it is another version's.
            Err(_) => Ok(None),
        }
    }

    /// Records what the database made of the models' expressions, where the migrations make what the models say.
    fn record(
        &self,
        database: &mut dyn Database,
        revisions: &Revisions,
        report: &Report,
        settings: &RunSettings,
    ) {
        if report.steps.is_empty() {
            return;
        }
        let wanted = self.migrations.schema();
        let head = revisions.all().last().and_then(|head| head.schema_hash());
        if head == Some(&*wanted.hash()) {
            introspect::record(database, &wanted, &self.options(settings).local);
        }
    }

    fn revisions(&self, database: &dyn Database) -> Result<Revisions, Error> {
        let dialect = database.dialect();
        Revisions::embedded(self.migrations.of(dialect).ok_or(Error::NoMigrations { dialect })?)
    }

    /// What is said, from the nearest to the farthest.
    fn settled(&self) -> Result<RunSettings, Error> {
        let environment = RunSettings::of_variables(|name| std::env::var(name).ok())?;
        Ok(self.settings.clone().or(environment).or(self.migrations.settings()))
    }

    fn options(&self, settings: &RunSettings) -> RunOptions {
        RunOptions {
            functions: self.functions.clone(),
            hooks: self.hooks.clone(),
            ..RunOptions::of(settings, &self.cancellation, self.watchers.clone())
        }
    }
}

impl RunOptions {
    /// As the settings say.
    pub(crate) fn of(settings: &RunSettings, cancellation: &Cancellation, watchers: Watchers) -> Self {
        Self {
            patience: Patience {
                lock_timeout: settings.lock_timeout.unwrap_or(LOCK_TIMEOUT),
                cancellation: cancellation.clone(),
                watchers,
            },
            local: Local {
                role: settings.role.clone(),
                search_path: settings.search_path.clone().unwrap_or_default(),
                lock_timeout: Some(settings.statement_lock_timeout.unwrap_or(STATEMENT_LOCK_TIMEOUT)),
                statement_timeout: settings.statement_timeout,
            },
            allowed: Allowed {
                edited: settings.allow_edited.unwrap_or_default(),
                out_of_order: settings.allow_out_of_order.unwrap_or_default(),
                ahead: settings.allow_ahead.unwrap_or_default(),
            },
            ..Self::default()
        }
    }
}

/// The position of a revision that is not behind the database: to go back is another command.
pub(crate) fn target_of(
    revisions: &Revisions,
    revision: Option<&str>,
    position: usize,
) -> Result<Target, Error> {
    let Some(revision) = revision else { return Ok(Target::At(revisions.len())) };
    let target = revisions.chain.resolve(revision, position)?;
    if target < position {
        return Err(Error::Behind { revision: revision.to_owned() });
    }
    Ok(Target::At(target))
}
