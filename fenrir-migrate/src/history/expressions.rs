//! What the database made of the models' expressions when they were applied: PostgreSQL and MySQL give them back in
//! words of their own.

use super::tables::{EXPRESSIONS_TABLE, is_there};
use super::{query, run};
use crate::Error;
use crate::database::Database;

/// A part of a table as the models say it, and what the database says of it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct MadeOf {
    /// The table.
    pub(crate) table: String,
    /// Which part of it, such as ``check `positive` ``.
    pub(crate) part: String,
    /// As the models say it.
    pub(crate) model: String,
    /// As the database says it.
    pub(crate) server: String,
}

const WRITING: &str = "recording what the database made of expressions";

const CREATE: &str = "\
CREATE TABLE IF NOT EXISTS __fenrir_expressions (
    number INTEGER PRIMARY KEY NOT NULL,
    table_name ANY_TEXT NOT NULL,
    part ANY_TEXT NOT NULL,
    model ANY_TEXT NOT NULL,
    server ANY_TEXT NOT NULL
)";

/// What was recorded; nothing where nothing was.
pub(crate) fn read_expressions(database: &mut dyn Database) -> Result<Vec<MadeOf>, Error> {
    if !is_there(database, EXPRESSIONS_TABLE)? {
        return Ok(Vec::new());
    }
    let sql = format!("SELECT table_name, part, model, server FROM {EXPRESSIONS_TABLE} ORDER BY number");
    let rows = query(database, &sql).map_err(Error::database(super::READING))?;
    let made_of = |row: Vec<Option<String>>| {
        let mut row = row.into_iter();
        let mut next = || row.next().flatten();
        Some(MadeOf { table: next()?, part: next()?, model: next()?, server: next()? })
    };
    Ok(rows.into_iter().filter_map(made_of).collect())
}

/// Records this, and nothing else any more. MySQL commits what stands open where the table is not there yet.
pub(crate) fn write_expressions(database: &mut dyn Database, all: &[MadeOf]) -> Result<(), Error> {
    let is_new = !is_there(database, EXPRESSIONS_TABLE)?;
    if is_new && all.is_empty() || !is_new && read_expressions(database)? == all {
        return Ok(());
    }
    let dialect = database.dialect();
    if is_new {
        let sql = CREATE.replace("ANY_TEXT", dialect.any_text());
        run(database, &sql).map_err(Error::database(WRITING))?;
    }
    let mut sql = format!("DELETE FROM {EXPRESSIONS_TABLE};\n");
    for (number, one) in all.iter().enumerate() {
        let texts = [&one.table, &one.part, &one.model, &one.server].map(|text| dialect.literal(text));
        let texts = texts.join(", ");
        sql.push_str(&format!("INSERT INTO {EXPRESSIONS_TABLE} VALUES ({number}, {texts});\n"));
    }
    run(database, &sql).map_err(Error::database(WRITING))
}
