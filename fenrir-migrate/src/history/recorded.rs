//! Migrations that a database has, and nothing else: what it keeps of them is enough to revert them.

use fenrir_schema::Loss;
use fenrir_schema::migration::Link;

use super::query;
use super::{FENRIR_TABLE, READING, State};
use crate::Error;
use crate::database::Database;
use crate::revisions::{Migration, Revisions};

/// A migration as a database keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Recorded {
    pub(crate) revision: String,
    pub(crate) parent: Option<String>,
    pub(crate) name: String,
    pub(crate) checksum: String,
    /// Empty where plain Diesel applied it.
    pub(crate) down: String,
    pub(crate) run_in_transaction: bool,
    pub(crate) compatible: bool,
    /// None where that is not known.
    pub(crate) losses: Option<Vec<Loss>>,
}

/// The migrations that a database has, in their order: as they are known here, or as the database keeps them.
pub(crate) fn recorded(
    database: &mut dyn Database,
    state: &State,
    known: Revisions,
) -> Result<Revisions, Error> {
    let is_known = |revision: &str| known.chain.position(revision).is_some();
    if state.applied.iter().all(|one| is_known(&one.revision)) {
        return Ok(known);
    }
    let kept = read(database)?;
    let mut links: Vec<Link> = Vec::new();
    let mut migrations = Vec::new();
    let mut known: Vec<_> = known.into_all();
    for one in &state.applied {
        let migration = match known.iter().position(|migration| migration.revision() == one.revision) {
            Some(at) => known.remove(at),
            None => Migration::Recorded(Box::new(
                kept.iter().find(|kept| kept.revision == one.revision).cloned().unwrap_or_else(|| Recorded {
                    revision: one.revision.clone(),
                    parent: None,
                    name: one.revision.clone(),
                    checksum: String::new(),
                    down: String::new(),
                    run_in_transaction: true,
                    compatible: false,
                    losses: None,
                }),
            )),
        };
        links.push(Link {
            revision: one.revision.clone(),
            parent: links.last().map(|last| last.revision.clone()),
            name: migration.name().to_owned(),
        });
        migrations.push(migration);
    }
    Revisions::in_order(links, migrations)
}

fn read(database: &mut dyn Database) -> Result<Vec<Recorded>, Error> {
    let sql = format!(
        "SELECT version, parent, name, checksum, down_sql, down_loses, \
         CASE WHEN run_in_transaction = 0 THEN NULL ELSE 'yes' END, CASE WHEN compatible = 1 THEN 'yes' END \
         FROM {FENRIR_TABLE}"
    );
    let rows = query(database, &sql).map_err(Error::database(READING))?;
    let recorded = |row: Vec<Option<String>>| {
        let mut row = row.into_iter();
        let mut next = || row.next().flatten();
        let revision = next()?;
        let (parent, name) = (next(), next());
        Some(Recorded {
            name: name.unwrap_or_else(|| revision.clone()),
            revision,
            parent,
            checksum: next().unwrap_or_default(),
            down: next().unwrap_or_default(),
            losses: next().and_then(|text| serde_json::from_str(&text).ok()),
            run_in_transaction: next().is_some(),
            compatible: next().is_some(),
        })
    };
    Ok(rows.into_iter().filter_map(recorded).collect())
}
