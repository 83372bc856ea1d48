//! Where a migration stands that is not done in one transaction: what of it is done, and what was begun.

use fenrir_schema::{Dialect, digest};

use super::state::Direction;
use super::{JOURNAL_TABLE, READING, head};
use super::{query, run, run_last};
use crate::Error;
use crate::database::Database;

/// The journal of one migration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Journal {
    pub(crate) revision: String,
    pub(crate) direction: Direction,
    /// Whether binaries that do not know the migration may run beside it.
    pub(crate) is_compatible: bool,
}

/// A part of a migration that was begun.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    /// Which, from 1.
    pub(crate) number: usize,
    /// Its text, as the database gives it back.
    pub(crate) statement: String,
    /// The hash of its text, as it was.
    pub(crate) hash: String,
    pub(crate) is_done: bool,
    /// What the catalog said before it, or how far a function came.
    pub(crate) note: Option<String>,
}

/// What is being done when it cannot be written.
const WRITING: &str = "recording where a migration stands";

impl Entry {
    /// A part with this text. The hash tells it, whatever a session makes of the text itself.
    pub(crate) fn new(number: usize, text: &str, is_done: bool, note: Option<String>) -> Self {
        Self { number, statement: text.to_owned(), hash: digest::sha256_hex(text.as_bytes()), is_done, note }
    }

    /// Whether it is of this text.
    pub(crate) fn is_of(&self, text: &str) -> bool {
        self.hash == digest::sha256_hex(text.as_bytes())
    }
}

impl Journal {
    /// All that was begun, in its order.
    pub(crate) fn entries(&self, database: &mut dyn Database) -> Result<Vec<Entry>, Error> {
        let sql = format!(
            "SELECT CAST(number AS CHAR(20)), statement, hash, state, note FROM {JOURNAL_TABLE} \
             WHERE version = {} AND direction = '{}' ORDER BY number",
            self.version(database),
            self.direction.name(),
        );
        let rows = query(database, &sql).map_err(Error::database(READING))?;
        let entry = |row: Vec<Option<String>>| {
            let mut row = row.into_iter();
            let mut next = || row.next().flatten();
            let number = next()?.trim().parse().ok()?;
            let statement = next()?;
            let hash = next()?;
            let is_done = next()? == "done";
            Some(Entry { number, statement, hash, is_done, note: next() })
        };
        Ok(rows.into_iter().filter_map(entry).collect())
    }

    /// Says what a part is at.
    pub(crate) fn write(&self, database: &mut dyn Database, entry: &Entry) -> Result<(), Error> {
        let sql = self.write_sql(database.dialect(), entry);
        run(database, &sql).map_err(Error::database(WRITING))
    }

    /// The same at the end of a transaction.
    pub(crate) fn write_last(&self, database: &mut dyn Database, entry: &Entry) -> Result<(), Error> {
        let sql = self.write_sql(database.dialect(), entry);
        run_last(database, &sql).map_err(Error::database(WRITING))
    }

    fn write_sql(&self, dialect: Dialect, entry: &Entry) -> String {
        let note = entry.note.as_deref().map_or_else(|| "NULL".to_owned(), |note| dialect.literal(note));
        format!(
            "{}DELETE FROM {JOURNAL_TABLE} WHERE version = {version} AND number = {number};\n\
             INSERT INTO {JOURNAL_TABLE} (version, number, direction, hash, state, statement, note, compatible)\n    \
             VALUES ({version}, {number}, '{}', '{}', '{}', {}, {note}, {});\n",
            head::set_sql(None, dialect),
            self.direction.name(),
            entry.hash,
            if entry.is_done { "done" } else { "begun" },
            dialect.literal(&entry.statement),
            u8::from(self.is_compatible),
            version = dialect.literal(&self.revision),
            number = entry.number,
        )
    }

    /// Forgets a part.
    pub(crate) fn forget(&self, database: &mut dyn Database, number: usize) -> Result<(), Error> {
        let version = self.version(database);
        let sql = format!("DELETE FROM {JOURNAL_TABLE} WHERE version = {version} AND number = {number}");
        run(database, &sql).map_err(Error::database(WRITING))
    }

    /// Forgets all, when the migration itself is recorded, at the end of a transaction.
    pub(crate) fn clear_last(&self, database: &mut dyn Database) -> Result<(), Error> {
        let sql = format!("DELETE FROM {JOURNAL_TABLE} WHERE version = {};\n", self.version(database));
        run_last(database, &sql).map_err(Error::database(WRITING))
    }

    fn version(&self, database: &mut dyn Database) -> String {
        database.dialect().literal(&self.revision)
    }
}
