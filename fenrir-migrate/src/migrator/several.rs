//! Many databases, or many schemas of one, each migrated by itself, some at a time.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use diesel::connection::LoadConnection;

use super::function::BoxError;
use super::{Migrator, Report};
use crate::Error;
use crate::database::MigratorBackend;

/// How several databases are migrated.
///
/// Each is migrated by itself: what fails in one is nothing to the others, and what is done is done. To go on is to run it
/// again: where all is done, that is one query each.
///
/// ```no_run
/// # static MIGRATIONS: fenrir_migrate::Migrations = fenrir_migrate::Migrations::new("", &[]);
/// use diesel::{Connection, SqliteConnection};
/// use fenrir_migrate::{Migrator, Several};
///
/// let files = ["a.db", "b.db"];
/// let several = Several::new().at_once(2);
/// for (file, one) in several.run(&Migrator::new(&MIGRATIONS), &files, |file| SqliteConnection::establish(file)) {
///     println!("{file}: {one:?}");
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Several {
    at_once: usize,
    fail_fast: bool,
}

/// What came of one of several.
#[derive(Debug)]
pub enum OneOfMany {
    /// It is as it should be.
    Done(Report),
    /// It is not.
    Failed(Error),
    /// It was not tried, since another had failed.
    NotTried,
}

impl Default for Several {
    fn default() -> Self {
        Self { at_once: 4, fail_fast: false }
    }
}

impl Several {
    /// Four at a time, and all of them, whatever fails.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// How many at a time: so many threads, each with a connection.
    #[must_use]
    pub fn at_once(mut self, at_once: usize) -> Self {
        self.at_once = at_once.max(1);
        self
    }

    /// Whether none is begun any more once one has failed.
    #[must_use]
    pub fn fail_fast(mut self, fail_fast: bool) -> Self {
        self.fail_fast = fail_fast;
        self
    }

    /// Migrates each of several databases, to which `connect` connects. The answers are in the order of the targets.
    pub fn run<'t, T, C, E>(
        self,
        migrator: &Migrator,
        targets: &'t [T],
        connect: impl Fn(&T) -> Result<C, E> + Sync,
    ) -> Vec<(&'t T, OneOfMany)>
    where
        T: Sync,
        C: LoadConnection + 'static,
        C::Backend: MigratorBackend,
        E: Into<BoxError>,
    {
        let results = in_parallel(
            self.at_once,
            self.fail_fast,
            targets,
            || (),
            |(), target| {
                unless_it_panics(|| {
                    let mut connection =
                        connect(target).map_err(|source| Error::Connect { source: source.into() })?;
                    migrator.run(&mut connection)
                })
            },
        );
        targets.iter().zip(results.into_iter().map(OneOfMany::of)).collect()
    }

    /// Migrates each of several schemas of one PostgreSQL database, such as one for each tenant: each has a history of
    /// its own. `connect` is called once for each that is migrated at a time, and the connection has each schema, and
    /// then `public`, as its `search_path` in turn.
    pub fn run_schemas<'t, S, C, E>(
        self,
        migrator: &Migrator,
        schemas: &'t [S],
        connect: impl Fn() -> Result<C, E> + Sync,
    ) -> Vec<(&'t S, OneOfMany)>
    where
        S: AsRef<str> + Sync,
        C: LoadConnection + 'static,
        C::Backend: MigratorBackend,
        E: Into<BoxError>,
    {
        let open = || None::<C>;
        let results = in_parallel(self.at_once, self.fail_fast, schemas, open, |connection, schema| {
            let result = unless_it_panics(|| migrate_schema(migrator, connection, schema.as_ref(), &connect));
            if result.is_err() {
                // It may be broken.
                *connection = None;
            }
            result
        });
        schemas.iter().zip(results.into_iter().map(OneOfMany::of)).collect()
    }
}

fn migrate_schema<C, E>(
    migrator: &Migrator,
    connection: &mut Option<C>,
    schema: &str,
    connect: impl Fn() -> Result<C, E>,
) -> Result<Report, Error>
where
    C: LoadConnection + 'static,
    C::Backend: MigratorBackend,
    E: Into<BoxError>,
{
    let connection = match connection {
        Some(connection) => connection,
        None => connection.insert(connect().map_err(|source| Error::Connect { source: source.into() })?),
    };
    migrator.clone().search_path([schema, "public"]).run(connection)
}

/// What panics in one is an error of that one: the others have their answers.
fn unless_it_panics(act: impl FnOnce() -> Result<Report, Error>) -> Result<Report, Error> {
    catch_unwind(AssertUnwindSafe(act)).unwrap_or_else(|panic| {
        let message = panic.downcast_ref::<String>().cloned();
        let message = message.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
        Err(Error::Panicked { message: message.unwrap_or_else(|| "it says no more".to_owned()) })
    })
}

impl OneOfMany {
    fn of(result: Option<Result<Report, Error>>) -> Self {
        match result {
            Some(Ok(report)) => Self::Done(report),
            Some(Err(error)) => Self::Failed(error),
            None => Self::NotTried,
        }
    }

    /// Whether it is as it should be.
    #[must_use]
    pub fn is_done(&self) -> bool {
        matches!(self, Self::Done(_))
    }
}

/// Does something for each target, so many at a time, each thread with a state of its own; none where one failed before
/// its turn, and no more are to be begun then.
pub(crate) fn in_parallel<T: Sync, W, R: Send, E: Send>(
    at_once: usize,
    fail_fast: bool,
    targets: &[T],
    open: impl Fn() -> W + Sync,
    act: impl Fn(&mut W, &T) -> Result<R, E> + Sync,
) -> Vec<Option<Result<R, E>>> {
    let next = AtomicUsize::new(0);
    let has_failed = AtomicBool::new(false);
    let results = Mutex::new(targets.iter().map(|_| None).collect::<Vec<_>>());
    std::thread::scope(|scope| {
        for _ in 0..at_once.min(targets.len()) {
            scope.spawn(|| {
                let mut state = open();
                loop {
                    let index = next.fetch_add(1, Ordering::SeqCst);
                    let Some(target) = targets.get(index) else { return };
                    if fail_fast && has_failed.load(Ordering::SeqCst) {
                        return;
                    }
                    let result = act(&mut state, target);
                    if result.is_err() {
                        has_failed.store(true, Ordering::SeqCst);
                    }
                    // A thread that panicked has written all or nothing of its own.
                    let mut results = results.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                    results[index] = Some(result);
                }
            });
        }
    });
    results.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_has_its_answer_in_its_place() {
        let act = |(): &mut (), number: &u32| if *number == 3 { Err("three") } else { Ok(number * 2) };
        let results = in_parallel(2, false, &[1, 2, 3, 4], || (), act);
        assert_eq!(results, [Some(Ok(2)), Some(Ok(4)), Some(Err("three")), Some(Ok(8))]);
        let results = in_parallel(1, true, &[1, 3, 4], || (), act);
        assert_eq!(results, [Some(Ok(2)), Some(Err("three")), None]);
        assert!(in_parallel(4, false, &[], || (), act).is_empty());
    }
}
