//! Where a database is, held against the migrations that there are.

use std::collections::BTreeSet;

use super::Applied;
use crate::Error;
use crate::database::Row;
use crate::revisions::{Mark, Migration, Revisions};

/// The revisions that a database has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct State {
    /// In their order.
    pub(crate) applied: Vec<Applied>,
    /// The one that is not done yet.
    pub(crate) half: Option<Half>,
    /// Those that plain Diesel has reverted, and of which something is still known.
    gone: BTreeSet<String>,
}

/// A migration of which a part is done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Half {
    pub(crate) revision: String,
    pub(crate) direction: Direction,
    /// Whether binaries that do not know it may run beside it.
    pub(crate) is_compatible: bool,
}

/// Which way a migration runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    Up,
    Down,
}

impl Direction {
    /// As it is recorded.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Direction::Up => "up",
            Direction::Down => "down",
        }
    }

    pub(crate) fn file(self) -> &'static str {
        match self {
            Direction::Up => "up.sql",
            Direction::Down => "down.sql",
        }
    }
}

/// In what a database and the migrations may differ all the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Allowed {
    /// An applied migration whose text is not what was applied.
    pub(crate) edited: bool,
    /// A migration missing before the newest applied one, here or there.
    pub(crate) out_of_order: bool,
    /// A database with newer migrations than there are here.
    pub(crate) ahead: bool,
}

impl State {
    pub(super) fn of_rows(rows: Vec<Row>) -> Self {
        let mut state = Self::default();
        for row in rows {
            let mut row = row.into_iter();
            let mut next = || row.next().flatten();
            let Some(revision) = next() else { continue };
            let (checksum, compatible, half) = (next(), next().is_some(), next());
            match half.as_deref() {
                None => state.applied.push(Applied { revision, checksum, compatible }),
                Some("gone") => drop(state.gone.insert(revision)),
                Some(direction) => {
                    let direction = if direction == "up" { Direction::Up } else { Direction::Down };
                    state.half = Some(Half { revision, direction, is_compatible: compatible });
                }
            }
        }
        state
    }

    pub(crate) fn find(&self, revision: &str) -> Option<&Applied> {
        self.applied
            .binary_search_by(|one| one.revision.as_str().cmp(revision))
            .ok()
            .map(|at| &self.applied[at])
    }

    pub(crate) fn has(&self, revision: &str) -> bool {
        self.find(revision).is_some()
    }

    /// Whether plain Diesel has reverted it, and something is still known of it.
    pub(super) fn is_gone(&self, revision: &str) -> bool {
        self.gone.contains(revision)
    }

    /// Once a migration has run.
    pub(crate) fn went(&mut self, migration: &Migration, direction: Direction) -> Result<(), Error> {
        let revision = migration.revision();
        let at = self.applied.binary_search_by(|one| one.revision.as_str().cmp(revision));
        match (direction, at) {
            (Direction::Up, Err(at)) => {
                let (revision, compatible) = (revision.to_owned(), migration.is_compatible());
                let checksum = Some(migration.checksum()?);
                self.applied.insert(at, Applied { revision, checksum, compatible });
            }
            (Direction::Down, Ok(at)) => drop(self.applied.remove(at)),
            _ => {}
        }
        self.gone.remove(revision);
        self.half = None;
        Ok(())
    }

    /// The hash of all that are applied once a migration has run: none where they are not exactly those that are here, as
    /// they are here, or are none.
    pub(super) fn chain_hash_after<'r>(
        &self,
        revisions: &'r Revisions,
        migration: &Migration,
        direction: Direction,
    ) -> Result<Option<&'r str>, Error> {
        let all = revisions.all();
        let Ok(index) = all.binary_search_by(|one| one.revision().cmp(migration.revision())) else {
            return Ok(None);
        };
        let (count, newest) = match direction {
            Direction::Up => (index, Some(index)),
            Direction::Down => (index + 1, index.checked_sub(1)),
        };
        let is_exactly = self.applied.len() == count && self.begins_as(revisions, index)?;
        let marks = revisions.marks()?;
        Ok(newest.filter(|_| is_exactly).map(|newest| marks[newest].chain_hash.as_str()))
    }

    /// The hash of all that are applied: none where they are not exactly those that are here, as they are here.
    pub(crate) fn chain_hash<'r>(&self, revisions: &'r Revisions) -> Result<Option<&'r str>, Error> {
        let count = revisions.len();
        let is_exactly = self.applied.len() == count && self.begins_as(revisions, count)?;
        let newest = revisions.marks()?.last();
        Ok(newest.filter(|_| is_exactly).map(|newest| newest.chain_hash.as_str()))
    }

    /// Whether the first of those that are applied are the first of those that are here, as they are here.
    fn begins_as(&self, revisions: &Revisions, count: usize) -> Result<bool, Error> {
        let is_as_here = |(applied, (one, mark)): (&Applied, (&Migration, &Mark))| {
            let is_edited = applied.checksum.as_ref().is_some_and(|checksum| *checksum != mark.checksum);
            applied.revision == one.revision() && !is_edited
        };
        let here = revisions.all().iter().zip(revisions.marks()?);
        Ok(self.applied.iter().zip(here).take(count).all(is_as_here))
    }

    /// The newest revision.
    pub(crate) fn newest(&self) -> Option<&str> {
        self.applied.last().map(|last| last.revision.as_str())
    }

    /// How many of the migrations the database has: all up to the newest that it has.
    ///
    /// # Errors
    /// When the two do not fit each other.
    pub(crate) fn position(&self, revisions: &Revisions, allowed: Allowed) -> Result<usize, Error> {
        self.check_unknown(revisions, allowed)?;
        let all = revisions.all();
        let position = all.iter().rposition(|one| self.has(one.revision())).map_or(0, |last| last + 1);
        if !allowed.out_of_order {
            if let Some(missing) = all[..position].iter().find(|one| !self.has(one.revision())) {
                return Err(Error::OutOfOrder {
                    missing: missing.name().to_owned(),
                    applied: all[position - 1].name().to_owned(),
                });
            }
        }
        Ok(position)
    }

    /// That the SQL of applied migrations is what was applied.
    pub(crate) fn check_texts(&self, revisions: &Revisions, allowed: Allowed) -> Result<(), Error> {
        if allowed.edited {
            return Ok(());
        }
        for migration in revisions.all() {
            // Of one that is half reverted the journal tells what must stay as it was.
            if self.half.as_ref().is_some_and(|half| half.revision == migration.revision()) {
                continue;
            }
            if let Some(one) = self.find(migration.revision()) {
                if one.is_edited(migration)? {
                    return Err(Error::Edited { name: migration.name().to_owned() });
                }
            }
        }
        Ok(())
    }

    /// That the database has no revision that is not known here.
    fn check_unknown(&self, revisions: &Revisions, allowed: Allowed) -> Result<(), Error> {
        // In the order of their revisions.
        let all = revisions.all();
        let is_known =
            |one: &&Applied| all.binary_search_by(|known| known.revision().cmp(&one.revision)).is_ok();
        let head = revisions.chain.head().map(|head| head.revision.as_str());
        for unknown in self.applied.iter().filter(|one| !is_known(one)) {
            let revision = unknown.revision.clone();
            if Some(revision.as_str()) > head {
                if !allowed.ahead && !unknown.compatible {
                    return Err(Error::Ahead { revision: self.newest().map_or(revision, str::to_owned) });
                }
                if let Some(missing) = revisions.all().iter().find(|one| !self.has(one.revision())) {
                    if !allowed.out_of_order {
                        let missing = missing.name().to_owned();
                        return Err(Error::OutOfOrder { missing, applied: revision });
                    }
                }
            } else if !allowed.out_of_order {
                return Err(Error::Removed { revision });
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::EmbeddedMigration;

    const ALL: [EmbeddedMigration; 3] =
        [migration("1", None), migration("2", Some("1")), migration("4", Some("2"))];

    const fn migration(revision: &'static str, parent: Option<&'static str>) -> EmbeddedMigration {
        EmbeddedMigration { name: revision, revision, parent, checksum: revision, ..EmbeddedMigration::EMPTY }
    }

    fn state(revisions: &[&str]) -> State {
        let row = |revision: &&str| {
            let (revision, compatible) = match revision.strip_suffix('c') {
                Some(revision) => (revision, Some("yes".to_owned())),
                None => (*revision, None),
            };
            vec![Some(revision.to_owned()), Some(revision.to_owned()), compatible, None]
        };
        State::of_rows(revisions.iter().map(row).collect())
    }

    fn position(revisions: &[&str], allowed: Allowed) -> Result<usize, String> {
        let all = Revisions::embedded(&ALL).unwrap();
        state(revisions).position(&all, allowed).map_err(|error| {
            let text = format!("{error:?}");
            text.split_whitespace().next().unwrap().to_owned()
        })
    }

    #[test]
    fn a_database_and_the_migrations_fit_or_do_not() {
        let none = Allowed::default();
        assert_eq!(position(&[], none), Ok(0));
        assert_eq!(position(&["1", "2"], none), Ok(2));
        for (revisions, error) in [
            (&["1", "2", "4", "5"][..], "Ahead"),
            (&["1", "2", "3", "4"], "Removed"),
            (&["1", "4"], "OutOfOrder"),
            (&["1", "2", "5c"], "OutOfOrder"),
        ] {
            assert_eq!(position(revisions, none), Err(error.to_owned()), "{revisions:?}");
        }
        assert_eq!(position(&["1", "2", "4", "5c"], none), Ok(3), "compatible");
        assert_eq!(position(&["1", "2", "4", "5c", "6"], none), Err("Ahead".to_owned()));
        assert_eq!(position(&["1", "2", "4", "5"], Allowed { ahead: true, ..none }), Ok(3));
        let out_of_order = Allowed { out_of_order: true, ..none };
        assert_eq!(position(&["1", "4"], out_of_order), Ok(3));
        assert_eq!(position(&["1", "2", "3", "4"], out_of_order), Ok(3));
    }

    #[test]
    fn what_is_half_done_is_told_apart() {
        let text = |text: &str| Some(text.to_owned());
        let state = State::of_rows(vec![
            vec![text("1"), text("1"), None, None],
            vec![text("2"), None, None, text("up")],
        ]);
        assert_eq!(state.newest(), Some("1"));
        assert_eq!(
            state.half,
            Some(Half { revision: "2".to_owned(), direction: Direction::Up, is_compatible: false })
        );
    }
}
