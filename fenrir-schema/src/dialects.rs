//! Where a constraint or an index exists: in every database, or in some only.

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::Dialect;

/// The databases that have a constraint or an index; all of them, unless its model says which.
///
/// ```
/// use fenrir_schema::{Dialect, Dialects};
///
/// let some = Dialects::only([Dialect::Postgres]);
/// assert!(some.include(Dialect::Postgres) && !some.include(Dialect::Sqlite));
/// assert_eq!(Dialects::only(Dialect::ALL), Dialects::default(), "which is everywhere");
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(from = "BTreeSet<Dialect>", into = "BTreeSet<Dialect>")]
pub struct Dialects(Option<BTreeSet<Dialect>>);

impl Dialects {
    /// These databases and no others.
    #[must_use]
    pub fn only(dialects: impl IntoIterator<Item = Dialect>) -> Self {
        let some: BTreeSet<_> = dialects.into_iter().collect();
        Self((some.len() < Dialect::ALL.len()).then_some(some))
    }

    /// Whether this database is one of them.
    #[must_use]
    pub fn include(&self, dialect: Dialect) -> bool {
        self.0.as_ref().is_none_or(|some| some.contains(&dialect))
    }

    /// Whether it is all of them.
    #[must_use]
    pub fn are_all(&self) -> bool {
        self.0.is_none()
    }

    /// Whether some database is one of both.
    #[must_use]
    pub fn meet(&self, others: &Dialects) -> bool {
        Dialect::ALL.into_iter().any(|dialect| self.include(dialect) && others.include(dialect))
    }
}

impl From<BTreeSet<Dialect>> for Dialects {
    fn from(dialects: BTreeSet<Dialect>) -> Self {
        Self::only(dialects)
    }
}

impl From<Dialects> for BTreeSet<Dialect> {
    fn from(dialects: Dialects) -> Self {
        Dialect::ALL.into_iter().filter(|dialect| dialects.include(*dialect)).collect()
    }
}

/// By their names for people: `PostgreSQL and SQLite`.
impl fmt::Display for Dialects {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let titles: Vec<_> = BTreeSet::from(self.clone()).into_iter().map(Dialect::title).collect();
        f.write_str(&titles.join(" and "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_are_read_as_they_are_written() {
        for dialects in [Dialects::default(), Dialects::only([Dialect::Mysql, Dialect::Postgres])] {
            let text = serde_json::to_string(&dialects).unwrap();
            assert_eq!(serde_json::from_str::<Dialects>(&text).unwrap(), dialects, "{text}");
        }
    }

    #[test]
    fn those_that_meet() {
        let only = |dialect| Dialects::only([dialect]);
        assert!(only(Dialect::Sqlite).meet(&Dialects::default()));
        assert!(!only(Dialect::Sqlite).meet(&only(Dialect::Mysql)));
        assert_eq!(Dialects::only([Dialect::Sqlite, Dialect::Postgres]).to_string(), "PostgreSQL and SQLite");
    }
}
