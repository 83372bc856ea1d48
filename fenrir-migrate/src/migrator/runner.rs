//! The run: from where the database is to where it is to be, one migration after the other.

use std::time::{Duration, Instant};

use super::event::{Event, Way};
use super::exclusive::{Exclusive, Patience, Waiting};
use super::function::Functions;
use super::hook::{Hooks, Upcoming};
use super::step::Stepped;
use super::{Report, Step};
use crate::Error;
use crate::database::{Database, Local};
use crate::history::{self, Allowed, Direction, State};
use crate::revisions::{Migration, Revisions};

/// How often another may be quicker, one time after the other.
const MOVES: usize = 1_000;

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

/// How a run goes.
#[derive(Clone, Debug, Default)]
pub(crate) struct RunOptions {
    pub(crate) patience: Patience,
    pub(crate) local: Local,
    pub(crate) allowed: Allowed,
    pub(crate) functions: Functions,
    pub(crate) hooks: Hooks,
}

/// Asks a database something, in a transaction where that is needed.
fn looking<T>(
    database: &mut dyn Database,
    local: &Local,
    ask: impl Fn(&mut dyn Database) -> diesel::QueryResult<T>,
) -> diesel::QueryResult<T> {
    if !local.is_of_transaction(database.dialect()) {
        if let Ok(answer) = ask(database) {
            return Ok(answer);
        }
        // There may be no history; or a pool, behind which a query needs a transaction.
    }
    database.open(local)?;
    let answer = ask(database);
    database.rollback();
    answer
}

/// Runs migrations on one connection.
pub(crate) struct Runner<'a> {
    pub(super) exclusive: Exclusive<'a>,
    pub(super) revisions: &'a Revisions,
    pub(super) local: Local,
    pub(super) functions: Functions,
    allowed: Allowed,
    hooks: Hooks,
}

impl<'a> Runner<'a> {
    pub(crate) fn new(
        database: &'a mut (dyn Database + 'a),
        revisions: &'a Revisions,
        options: RunOptions,
    ) -> Self {
        let RunOptions { patience, local, allowed, functions, hooks } = options;
        let exclusive = Exclusive::new(database, patience, local.clone());
        Self { exclusive, revisions, local, functions, allowed, hooks }
    }

    pub(crate) fn run(&mut self, find_target: &FindTarget<'_>) -> Result<Report, Error> {
        if self.exclusive.database.in_transaction() {
            return Err(Error::InTransaction);
        }
        self.check_functions()?;
        let local = self.local.clone();
        self.exclusive.database.enter(&local).map_err(Error::database("making the settings of a run"))?;
        // It fails where there is no history yet, and then making one tells what is really wrong.
        let looked = self.look();
        if let Ok(state) = &looked {
            let position = self.position(state)?;
            let target = find_target(position, self.exclusive.database)?;
            if self.next(state, target)?.is_none() {
                return Ok(self.report(Vec::new(), state));
            }
        }
        self.refuse_read_only()?;
        let result = self.run_pending(looked.is_ok(), find_target);
        self.exclusive.unlock();
        result
    }

    /// What is pending, in its order, without running it.
    pub(crate) fn pending(&mut self, find_target: &FindTarget<'_>) -> Result<Vec<&'a Migration>, Error> {
        self.check_functions()?;
        let local = self.local.clone();
        self.exclusive.database.enter(&local).map_err(Error::database("making the settings of a run"))?;
        let state = history::look(self.exclusive.database)?;
        let position = self.position(&state)?;
        let Target::At(end) = find_target(position, self.exclusive.database)? else { return Ok(Vec::new()) };
        let revisions = self.revisions;
        Ok(revisions.all()[..end].iter().filter(|one| !state.has(one.revision())).collect())
    }

    fn look(&mut self) -> diesel::QueryResult<State> {
        let database = &mut *self.exclusive.database;
        looking(database, &self.local, history::read).or_else(|error| {
            // Where there is nothing to do, tables of an older version are enough, and those of plain Diesel.
            let any = |database: &mut dyn Database| Ok(history::look_at_any(database).ok().flatten());
            looking(database, &self.local, any)?.ok_or(error)
        })
    }

    /// A function that would not run, or that nobody waits for, is a mistake.
    fn check_functions(&self) -> Result<(), Error> {
        for revision in self.functions.revisions() {
            let migration = self.revisions.all().iter().find(|one| one.revision() == revision);
            if !migration.is_some_and(Migration::has_function) {
                let revision = revision.to_owned();
                return Err(Error::UnexpectedFunction { revision, is_there: migration.is_some() });
            }
        }
        Ok(())
    }

    fn refuse_read_only(&mut self) -> Result<(), Error> {
        let doing = "asking where the history is, and whether it can be written";
        let local = self.local.clone();
        match self.exclusive.database.settle(&local).map_err(Error::database(doing))? {
            Some(why) => Err(Error::ReadOnly { why }),
            None => Ok(()),
        }
    }

    /// Where the database is, if it and the migrations fit each other.
    pub(super) fn position(&self, state: &State) -> Result<usize, Error> {
        let position = state.position(self.revisions, self.allowed)?;
        state.check_texts(self.revisions, self.allowed)?;
        Ok(position)
    }

    fn report(&self, steps: Vec<Step>, state: &State) -> Report {
        Report { steps, revision: state.newest().map(str::to_owned) }
    }

    fn run_pending(&mut self, is_there: bool, find_target: &FindTarget<'_>) -> Result<Report, Error> {
        if self.exclusive.database.locks_whole_run() {
            self.exclusive.lock()?;
        }
        let looked =
            if is_there && history::is_whole(self.exclusive.database)? { self.look().ok() } else { None };
        let mut state = match looked {
            Some(state) => state,
            None => self.create_history()?,
        };
        let mut steps: Vec<Step> = Vec::new();
        let position = self.position(&state)?;
        // Found once: `-1` means one back from where the database was, not one at each step.
        let target = find_target(position, self.exclusive.database)?;
        let mut moved = 0;
        while let Some((index, direction)) = self.next(&state, target)? {
            self.exclusive.check_cancelled()?;
            let migration = &self.revisions.all()[index];
            let is_last = matches!(target, Target::At(end) if index + 1 == end);
            match self.step(migration, direction, is_last, &state, &steps)? {
                Some(step) => {
                    moved = 0;
                    steps.push(step);
                    state.went(migration, direction)?;
                }
                // Another was quicker; look again.
                None => {
                    moved += 1;
                    if moved > MOVES {
                        return Err(Error::Moved);
                    }
                    state = self.read()?;
                    self.position(&state)?;
                }
            }
        }
        Ok(self.report(steps, &state))
    }

    /// Where nothing was pending, and it took a second look to find that: so that the next boot finds it at one. Whoever may
    /// not write does without.
    pub(crate) fn restore_head(&mut self) {
        let Ok(state) = self.look() else { return };
        let chain = state.chain_hash(self.revisions).ok().flatten();
        let Some(chain) = chain.filter(|_| state.half.is_none()) else { return };
        let local = self.local.clone();
        let database = &mut *self.exclusive.database;
        let is_writable = database.settle(&local).is_ok_and(|why| why.is_none());
        if !is_writable || !history::is_whole(database).unwrap_or(false) {
            return;
        }
        if database.begin(true, &local).is_ok() {
            let restored = history::is_still(database, &state)
                .and_then(|is_still| if is_still { history::set_head(database, chain) } else { Ok(()) });
            let _ = self.exclusive.finish(restored);
        }
    }

    /// Makes the tables of the history where they are not there, or are those of an older version.
    fn create_history(&mut self) -> Result<State, Error> {
        let mut waiting = Waiting::new();
        loop {
            self.exclusive.begin(false)?;
            let database = &mut *self.exclusive.database;
            let created = history::create(database)
                .and_then(|()| history::read(database).map_err(Error::database(history::READING)));
            match self.exclusive.finish(created) {
                // Somebody is at an older version's tables.
                Err(Error::Database { source, .. }) if self.exclusive.database.is_lock_timeout(&source) => {
                    self.exclusive.wait(&mut waiting)?;
                }
                created => return created,
            }
        }
    }

    fn read(&mut self) -> Result<State, Error> {
        self.exclusive.begin(true)?;
        let read = history::read(self.exclusive.database).map_err(Error::database(history::READING));
        self.exclusive.finish(read)
    }

    /// The migration that comes next, and which way it runs.
    fn next(&self, state: &State, target: Target) -> Result<Option<(usize, Direction)>, Error> {
        let all = self.revisions.all();
        if let Some(half) = &state.half {
            let index = all.iter().position(|one| one.revision() == half.revision);
            let fits = match (index, half.direction, target) {
                (Some(index), Direction::Up, Target::At(end)) => index < end,
                (Some(index), Direction::Down, Target::Back(end)) => index >= end,
                _ => false,
            };
            return match index {
                Some(index) if fits => Ok(Some((index, half.direction))),
                Some(index) => Err(Error::HalfDone {
                    name: all[index].name().to_owned(),
                    is_applied: half.direction == Direction::Up,
                }),
                // Of a newer version, which goes on with it; what is ours has to wait until then.
                None if (self.allowed.ahead || half.is_compatible)
                    && half.direction == Direction::Up
                    && self.next_whole(state, target)?.is_none() =>
                {
                    Ok(None)
                }
                None => Err(Error::HalfUnknown {
                    revision: half.revision.clone(),
                    is_applied: half.direction == Direction::Up,
                }),
            };
        }
        self.next_whole(state, target)
    }

    fn next_whole(&self, state: &State, target: Target) -> Result<Option<(usize, Direction)>, Error> {
        let all = self.revisions.all();
        Ok(match target {
            Target::At(end) => {
                let pending = all[..end].iter().zip(0..).find(|(one, index)| {
                    // Mostly, what is applied is what comes first.
                    let same =
                        state.applied.get(*index).is_some_and(|applied| applied.revision == one.revision());
                    !same && !state.has(one.revision())
                });
                pending.map(|(_, index)| (index, Direction::Up))
            }
            Target::Back(end) => {
                let last = all[end..].iter().rposition(|one| state.has(one.revision()));
                last.map(|index| (end + index, Direction::Down))
            }
        })
    }

    fn step(
        &mut self,
        migration: &'a Migration,
        direction: Direction,
        is_last: bool,
        state: &State,
        before: &[Step],
    ) -> Result<Option<Step>, Error> {
        let (revision, name) = (migration.revision(), migration.name());
        let span = tracing::info_span!("migration", revision, name);
        let _entered = span.enter();
        let way = match direction {
            Direction::Up => Way::Up,
            Direction::Down => Way::Down,
        };
        let message = migration.message();
        let upcoming = Upcoming { revision, name, message: &message, way };
        let hooked = |when, hook: &dyn Fn() -> Result<(), super::function::BoxError>| {
            hook().map_err(|source| Error::Hook { when, name: name.to_owned(), source })
        };
        if let Some(hook) = &self.hooks.before {
            hooked("before", &|| hook(&upcoming))?;
        }
        let watchers = self.exclusive.patience.watchers.clone();
        watchers.tell(&Event::Started { revision, name, message: &message, way });
        let start = Instant::now();
        let duration: Duration = match self.perform(migration, direction, is_last, state, before)? {
            Stepped::Moved => return Ok(None),
            Stepped::Done => start.elapsed(),
        };
        watchers.tell(&Event::Finished { revision, name, way, duration });
        if let Some(hook) = &self.hooks.after {
            hooked("after", &|| hook(&upcoming))?;
        }
        Ok(Some(Step { revision: revision.to_owned(), name: name.to_owned(), duration }))
    }
}
