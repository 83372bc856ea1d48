//! A migration that does not run in one transaction: part by part, each recorded, so that the next run goes on from
//! where one stopped, however it stopped.

use std::time::Instant;

use fenrir_schema::{Dialect, FileStatement, StatementKind};

use super::exclusive::Waiting;
use super::function::{Batch, Progress};
use super::runner::Runner;
use super::step::{Running, Stepped, Stopped};
use super::unit::Unit;
use crate::Error;
use crate::database::{CatalogNote, Database};
use crate::error::Kept;
use crate::history::{self, Direction, Entry, Journal, State};

/// Where a migration is.
struct Place<'a> {
    running: &'a Running<'a>,
    journal: Journal,
    /// What was known before it began.
    state: &'a State,
    started: Instant,
    /// How many parts are journalled in all, with a function's.
    count: usize,
    /// The number of statements before the part.
    statements: usize,
    /// One that is done, and not yet recorded as such.
    unrecorded: Option<Entry>,
}

impl<'a> Place<'a> {
    fn new(running: &'a Running<'a>, journal: Journal, state: &'a State, units: &[Unit<'_>]) -> Self {
        let journalled = units.iter().filter(|unit| !matches!(unit, Unit::Session(_))).count();
        let has_function = running.direction == Direction::Up && running.migration.has_function();
        Self {
            running,
            journal,
            state,
            started: Instant::now(),
            count: journalled + usize::from(has_function),
            statements: 0,
            unrecorded: None,
        }
    }

    fn edited(&self, number: usize) -> Error {
        let name = self.running.migration.name().to_owned();
        Error::HalfEdited { name, file: self.running.direction.file(), number }
    }
}

/// Nobody can tell whether a statement has run.
fn unclear(place: &Place<'_>, statement: &FileStatement<'_>) -> Error {
    Error::Unclear {
        name: place.running.migration.name().to_owned(),
        file: place.running.direction.file(),
        line: statement.line,
        statement: statement.text.to_owned(),
    }
}

/// What another has left of a part.
enum Found {
    /// It is done.
    Done,
    /// It is for us, from what is known of a try before.
    Ours(Option<Entry>),
}

impl Runner<'_> {
    pub(super) fn parts(
        &mut self,
        running: &Running<'_>,
        units: &[Unit<'_>],
        state: &State,
    ) -> Result<Stepped, Error> {
        let was_locked = self.exclusive.is_locked();
        // No transaction holds these together.
        self.exclusive.lock()?;
        let local = self.local.clone();
        let back = self.exclusive.database.enter_session(&local);
        let back = back.map_err(Error::database("making the settings of a session"))?;
        let journal = Journal {
            revision: running.migration.revision().to_owned(),
            direction: running.direction,
            is_compatible: running.migration.is_compatible(),
        };
        let mut place = Place::new(running, journal, state, units);
        self.exclusive.restore.push(back.clone());
        let result = self.all_parts(&mut place, units);
        self.exclusive.restore.pop();
        if result.is_err() {
            self.record_what_is_done(&mut place);
        }
        let restored = self.exclusive.database.leave_session(&back);
        if !was_locked {
            self.exclusive.unlock();
        }
        if result.is_ok() {
            restored.map_err(Error::database("putting settings back"))?;
        }
        result
    }

    fn all_parts(&mut self, place: &mut Place<'_>, units: &[Unit<'_>]) -> Result<Stepped, Error> {
        let running = place.running;
        if !self.exclusive.database.dialect().undoes_ddl()
            && running.direction == Direction::Up
            && place.state.half.is_none()
        {
            self.refuse_tables_that_are_there(running)?;
        }
        let (recorded, done) = self.done(place, units)?;
        if done > place.count {
            return Err(place.edited(place.count + 1));
        }
        let dialect = self.exclusive.database.dialect();
        let needed = needed(dialect, units, done);
        if let Some(lost) = lost(dialect, units, done) {
            return Err(Error::SessionLost {
                name: running.migration.name().to_owned(),
                file: running.direction.file(),
                line: lost.line,
                statement: lost.text.to_owned(),
            });
        }
        let mut number = 0;
        for unit in units {
            let is_of_session = matches!(unit, Unit::Session(_));
            if !is_of_session {
                number += 1;
            }
            let is_over = is_of_session && number < done && !needed.contains(&place.statements);
            if !is_over && self.part(place, number, unit)? == Stepped::Moved {
                return Ok(Stepped::Moved);
            }
            place.statements += unit.statements().len();
        }
        if number < place.count {
            let stepped = self.function_part(place, number + 1)?;
            return if stepped == Stepped::Done { self.end_of_parts(place, recorded) } else { Ok(stepped) };
        }
        self.end_of_parts(place, recorded)
    }

    /// The last part that runs is recorded with the migration. Where none has run, since the file is of settings alone, or
    /// what failed at its end was taken out, the migration is left to be recorded.
    fn end_of_parts(&mut self, place: &mut Place<'_>, recorded: usize) -> Result<Stepped, Error> {
        if recorded < place.count { Ok(Stepped::Done) } else { self.last_record(place) }
    }

    /// After something failed: what was done before it would be found again, but it is known now.
    fn record_what_is_done(&mut self, place: &mut Place<'_>) {
        let Some(entry) = place.unrecorded.take() else { return };
        self.note(place, |journal, database| journal.write(database, &entry));
    }

    /// Changes the journal in a transaction of its own, where the migration is still ours. If that fails, the catalog is
    /// asked the next time.
    fn note(
        &mut self,
        place: &Place<'_>,
        change: impl FnOnce(&Journal, &mut dyn Database) -> Result<(), Error>,
    ) {
        if !self.exclusive.database.is_alive() || self.exclusive.begin(true).is_err() {
            return;
        }
        let database = &mut *self.exclusive.database;
        let noted = history::is_still_but_for(database, place.state, &place.journal)
            .and_then(|still| if still.is_some() { change(&place.journal, database) } else { Ok(()) });
        let _ = self.exclusive.finish(noted);
    }

    /// How many parts are recorded as done; and how many are, also where that is not recorded: what is before them is over.
    fn done(&mut self, place: &Place<'_>, units: &[Unit<'_>]) -> Result<(usize, usize), Error> {
        let entries = place.journal.entries(self.exclusive.database)?;
        let done = entries.iter().take_while(|entry| entry.is_done).count();
        let mut parts = units.iter().filter(|unit| !matches!(unit, Unit::Session(_)));
        let (Some(begun), Some(Unit::Alone(_))) = (entries.get(done), parts.nth(done)) else {
            return Ok((done, done));
        };
        let is_done = self.fate(&begun.statement, begun.note.as_deref())? == Some(true);
        Ok((done, done + usize::from(is_done)))
    }

    fn part(&mut self, place: &mut Place<'_>, number: usize, unit: &Unit<'_>) -> Result<Stepped, Error> {
        match unit {
            Unit::Session(statement) => {
                let first = place.statements + 1;
                match self.statement(place.running, statement, first, Kept::Recorded) {
                    Ok(()) => Ok(Stepped::Done),
                    Err(Stopped::Failed(error)) => Err(error),
                    Err(Stopped::Busy(error)) => Err(*error),
                }
            }
            Unit::Together(statements) => self.together(place, number, unit, statements),
            Unit::Alone(statement) => self.alone(place, number, unit, statement),
        }
    }

    /// Opens a transaction and looks at what is there of a part; none where another has finished the migration, or it
    /// has come to be another's.
    fn open_part(
        &mut self,
        place: &mut Place<'_>,
        number: usize,
        text: &str,
    ) -> Result<Option<Found>, Error> {
        self.exclusive.begin(true)?;
        let found = self.look_at_part(place, number, text);
        if !matches!(found, Ok(Some(Found::Ours(_)))) {
            self.exclusive.database.rollback();
        }
        found
    }

    fn look_at_part(
        &mut self,
        place: &mut Place<'_>,
        number: usize,
        text: &str,
    ) -> Result<Option<Found>, Error> {
        let database = &mut *self.exclusive.database;
        let Some(is_begun) = history::is_still_but_for(database, place.state, &place.journal)? else {
            return Ok(None);
        };
        if let Some(entry) = &place.unrecorded {
            place.journal.write(database, entry)?;
        }
        let has_entries = is_begun || place.unrecorded.is_some();
        let entries = if has_entries { place.journal.entries(database)? } else { Vec::new() };
        let entry = entries.iter().find(|entry| entry.number == number);
        let is_whole =
            (1..number).all(|one| entries.iter().any(|entry| entry.number == one && entry.is_done));
        if !is_whole {
            return Ok(None);
        }
        let Some(entry) = entry else { return Ok(Some(Found::Ours(None))) };
        match (entry.is_of(text), entry.is_done) {
            (true, true) => Ok(Some(Found::Done)),
            (true, false) => Ok(Some(Found::Ours(Some(entry.clone())))),
            (false, true) => Err(place.edited(number)),
            // It was begun as it was: what became of that decides whether there may be another in its place.
            (false, false) => match self.fate(&entry.statement, entry.note.as_deref())? {
                Some(false) => Ok(Some(Found::Ours(None))),
                _ => Err(place.edited(number)),
            },
        }
    }

    /// Whether a statement that was begun has run, as far as the catalog tells.
    fn fate(&mut self, statement: &str, before: Option<&str>) -> Result<Option<bool>, Error> {
        let now = self.catalog_note(statement)?;
        let both = before.zip(now.note.as_deref());
        Ok(both.and_then(|(before, now)| self.exclusive.database.is_done(before, now)))
    }

    /// The end of a part in its own transaction: what is done is recorded, and after the last the migration.
    fn close_part(&mut self, place: &mut Place<'_>, entry: &Entry) -> Result<(), Error> {
        if entry.number < place.count || !entry.is_done {
            return place.journal.write_last(self.exclusive.database, entry);
        }
        place.journal.clear_last(self.exclusive.database)?;
        self.record(place.running, place.state, place.started.elapsed())
    }

    fn together(
        &mut self,
        place: &mut Place<'_>,
        number: usize,
        unit: &Unit<'_>,
        statements: &[FileStatement<'_>],
    ) -> Result<Stepped, Error> {
        let text = unit.text();
        let running = place.running;
        self.retrying(running, &mut |runner| {
            match runner.open_part(place, number, &text)? {
                None => return Ok(Stepped::Moved),
                Some(Found::Done) => return Ok(Stepped::Done),
                Some(Found::Ours(begun)) => runner.mark_uncertain(place, number, unit, begun.as_ref())?,
            }
            let first = place.statements + 1;
            let is_uncertain = statements.iter().any(|one| one.kind == StatementKind::Uncertain);
            let kept = if is_uncertain { Kept::Unsure } else { kept(number, place) };
            let result = runner
                .keeping_search_path(running, &mut |runner| {
                    runner.statements(running, statements, first, kept)
                })
                .and_then(|()| {
                    let entry = Entry::new(number, &text, true, None);
                    Ok(runner.close_part(place, &entry)?)
                });
            runner.commit(running, result)?;
            place.unrecorded = None;
            Ok(Stepped::Done)
        })
    }

    /// Where a statement may commit by itself, that it was begun is recorded in the same transaction: so it is there
    /// afterwards exactly if something was committed before all of it was done.
    fn mark_uncertain(
        &mut self,
        place: &Place<'_>,
        number: usize,
        unit: &Unit<'_>,
        begun: Option<&Entry>,
    ) -> Result<(), Error> {
        let statements = unit.statements();
        let Some(statement) = statements.iter().find(|one| one.kind == StatementKind::Uncertain) else {
            return Ok(());
        };
        let result = match begun {
            Some(_) => Err(unclear(place, statement)),
            None => {
                place.journal.write(self.exclusive.database, &Entry::new(number, &unit.text(), false, None))
            }
        };
        if result.is_err() {
            self.exclusive.database.rollback();
        }
        result
    }

    /// What cannot be part of a transaction: what it is about to do is recorded first, and that it is done with what
    /// comes next.
    fn alone(
        &mut self,
        place: &mut Place<'_>,
        number: usize,
        unit: &Unit<'_>,
        statement: &FileStatement<'_>,
    ) -> Result<Stepped, Error> {
        let text = unit.text();
        self.wait_for_others(statement.text)?;
        let begun = match self.open_part(place, number, &text)? {
            None => return Ok(Stepped::Moved),
            Some(Found::Done) => return Ok(Stepped::Done),
            Some(Found::Ours(begun)) => begun,
        };
        let result = self.begin_alone(place, number, &text, statement, begun.as_ref());
        let now = match self.exclusive.finish(result)? {
            Begun::Done => {
                place.unrecorded = None;
                return Ok(Stepped::Done);
            }
            Begun::Now(now) => now,
        };
        place.unrecorded = None;
        self.exclusive.check_kept()?;
        let running = place.running;
        let (first, kept) = (place.statements + 1, kept(number, place));
        let (mut remove, before) = (now.remove, now.note);
        let statement =
            &FileStatement { text: now.instead.as_deref().unwrap_or(statement.text), ..*statement };
        self.retrying(running, &mut |runner| {
            if let Some(remove) = remove.take() {
                let removed = runner.exclusive.database.execute(&remove);
                removed.map_err(|source| runner.stopped(running, Some(statement), source, kept))?;
            }
            let ran = runner.statement(running, statement, first, kept);
            if ran.is_err() {
                // Behind a pool, another may have come between: what is there is as it was wanted.
                if matches!(runner.fate(statement.text, before.as_deref()), Ok(Some(true))) {
                    return Ok(());
                }
                runner.remove_remains(statement);
            }
            // What is tried again is still begun.
            if matches!(ran, Err(Stopped::Failed(_))) {
                runner.forget_begun(place, number);
            }
            ran
        })?;
        let entry = Entry::new(number, &text, true, None);
        if number < place.count {
            place.unrecorded = Some(entry);
            return Ok(Stepped::Done);
        }
        self.exclusive.begin(true)?;
        match history::is_still_but_for(self.exclusive.database, place.state, &place.journal) {
            Ok(Some(_)) => {}
            // Another found that it was done.
            Ok(None) => {
                self.exclusive.database.rollback();
                return Ok(Stepped::Moved);
            }
            Err(error) => {
                self.exclusive.database.rollback();
                return Err(error);
            }
        }
        let closed = self.close_part(place, &entry).map_err(Stopped::Failed);
        match self.commit(running, closed) {
            Ok(()) => Ok(Stepped::Done),
            Err(Stopped::Failed(error)) => Err(error),
            Err(Stopped::Busy(error)) => Err(*error),
        }
    }

    fn begin_alone(
        &mut self,
        place: &mut Place<'_>,
        number: usize,
        text: &str,
        statement: &FileStatement<'_>,
        begun: Option<&Entry>,
    ) -> Result<Begun, Error> {
        let now = self.catalog_note(statement.text)?;
        let mut note = now.note.clone();
        if let Some(begun) = begun {
            // It was begun before: the catalog tells what became of it.
            let both = begun.note.as_deref().zip(now.note.as_deref());
            match both.and_then(|(before, after)| self.exclusive.database.is_done(before, after)) {
                Some(true) => {
                    let entry = Entry::new(number, text, true, None);
                    self.close_part(place, &entry)?;
                    return Ok(Begun::Done);
                }
                // What was there first stays what it is compared with.
                Some(false) => note.clone_from(&begun.note),
                None => return Err(unclear(place, statement)),
            }
        }
        let entry = Entry::new(number, text, false, note);
        place.journal.write_last(self.exclusive.database, &entry)?;
        Ok(Begun::Now(now))
    }

    /// Waits, in no transaction, until nobody is at what a statement is about: who is killed leaves what it had asked for
    /// to the server.
    fn wait_for_others(&mut self, statement: &str) -> Result<(), Error> {
        let mut waiting = Waiting::new();
        let doing = "looking for others who are at what a statement is about";
        while self.exclusive.database.is_running(statement).map_err(Error::database(doing))? {
            self.exclusive.wait(&mut waiting)?;
        }
        Ok(())
    }

    /// What the catalog says of what a statement is about.
    fn catalog_note(&mut self, statement: &str) -> Result<CatalogNote, Error> {
        let doing = "looking at what a statement is about";
        self.exclusive.database.catalog_note(statement).map_err(Error::database(doing))
    }

    /// What a statement that failed has left, and is of no use.
    fn remove_remains(&mut self, statement: &FileStatement<'_>) {
        if let Ok(CatalogNote { remove: Some(remove), is_running: false, .. }) =
            self.exclusive.database.catalog_note(statement.text)
        {
            let _ = self.exclusive.database.execute(&remove);
        }
    }

    /// What the database has refused did not happen: nothing is known of it any more.
    fn forget_begun(&mut self, place: &Place<'_>, number: usize) {
        self.note(place, |journal, database| journal.forget(database, number));
    }

    /// A function, batch by batch, each in a transaction with how far it came.
    fn function_part(&mut self, place: &mut Place<'_>, number: usize) -> Result<Stepped, Error> {
        let text = "a function of the application's".to_owned();
        loop {
            let begun = match self.open_part(place, number, &text)? {
                None => return Ok(Stepped::Moved),
                Some(Found::Done) => return Ok(Stepped::Done),
                Some(Found::Ours(begun)) => begun,
            };
            let batch = Batch { cursor: begun.and_then(|entry| entry.note) };
            let result = self.batch(place.running, &batch).and_then(|progress| {
                let (is_done, note) = match progress {
                    Progress::Done => (true, None),
                    Progress::More(cursor) => (false, Some(cursor)),
                };
                let entry = Entry::new(number, &text, is_done, note);
                self.close_part(place, &entry)?;
                Ok(is_done)
            });
            let is_done = self.exclusive.finish(result)?;
            place.unrecorded = None;
            if is_done {
                return Ok(Stepped::Done);
            }
            self.exclusive.check_cancelled()?;
        }
    }

    fn last_record(&mut self, place: &mut Place<'_>) -> Result<Stepped, Error> {
        self.exclusive.begin(true)?;
        let still = history::is_still_but_for(self.exclusive.database, place.state, &place.journal);
        let recorded = still.and_then(|still| {
            if still.is_none() {
                return Ok(Stepped::Moved);
            }
            place.journal.clear_last(self.exclusive.database)?;
            self.record(place.running, place.state, place.started.elapsed())?;
            Ok(Stepped::Done)
        });
        self.exclusive.finish(recorded)
    }
}

/// The statements, by their places in the file, that make of a session what the parts need that are not done yet.
fn needed(dialect: Dialect, units: &[Unit<'_>], done: usize) -> Vec<usize> {
    let all: Vec<_> = units.iter().flat_map(Unit::statements).copied().collect();
    dialect.needed_of_session(&all, place_of(units, done + 1))
}

/// How many statements are before a part.
fn place_of(units: &[Unit<'_>], part: usize) -> usize {
    let (mut number, mut place) = (0, 0);
    for unit in units {
        number += usize::from(!matches!(unit, Unit::Session(_)));
        if number >= part {
            break;
        }
        place += unit.statements().len();
    }
    place
}

/// What the parts need that are not done, and what was made before the end of one that is done, or by it, and cannot be made
/// again as it was.
fn lost<'a>(dialect: Dialect, units: &[Unit<'a>], done: usize) -> Option<FileStatement<'a>> {
    if done == 0 {
        return None;
    }
    let all: Vec<_> = units.iter().flat_map(Unit::statements).copied().collect();
    let is_again = |unit: &Unit<'_>| vec![matches!(unit, Unit::Session(_)); unit.statements().len()];
    let again: Vec<bool> = units.iter().flat_map(is_again).collect();
    let lost = dialect.lost_of_session(&all, end_of(units, done), place_of(units, done + 1), &again);
    lost.map(|index| all[index])
}

/// How many statements there are up to the end of a part.
fn end_of(units: &[Unit<'_>], part: usize) -> usize {
    let of_part = units.iter().filter(|unit| !matches!(unit, Unit::Session(_))).nth(part.saturating_sub(1));
    place_of(units, part) + of_part.map_or(0, |unit| unit.statements().len())
}

/// What became of the beginning of a statement that runs alone.
enum Begun {
    /// It was done already.
    Done,
    /// It is to run.
    Now(CatalogNote),
}

/// What is kept when a part fails.
fn kept(number: usize, place: &Place<'_>) -> Kept {
    if number == 1 && place.state.half.is_none() { Kept::Nothing } else { Kept::Recorded }
}
