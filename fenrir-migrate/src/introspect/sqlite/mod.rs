//! SQLite, by the statements that it keeps (<https://www.sqlite.org/schematab.html>), held against what its
//! pragmas tell.

mod assemble;
mod parser;
mod statement;

use diesel::QueryResult;
use serde::Deserialize;

use super::questions::{Answer, Question};
use super::{Introspection, Live, Options, READING, load};
use crate::Error;
use crate::database::Database;
use crate::history::MadeOf;

pub(super) struct Sqlite;

impl Introspection for Sqlite {
    fn read(&self, database: &mut dyn Database, _: &Options) -> Result<Live, Error> {
        // Inside a transaction a part of it, and one of its own otherwise.
        begin(database).map_err(Error::database(READING))?;
        let result = read(database);
        let _ = database.execute("ROLLBACK TO fenrir_introspection; RELEASE fenrir_introspection");
        result
    }

    /// The statements are kept as they were written: what has other words is another expression.
    fn ask(&self, _: &mut dyn Database, questions: &[Question<'_>], _: &Live) -> Result<Vec<Answer>, Error> {
        Ok(questions.iter().map(|_| Answer::Different).collect())
    }

    fn rewrites(&self) -> bool {
        false
    }

    fn recorded(&self, _: &mut dyn Database) -> Vec<MadeOf> {
        Vec::new()
    }
}

fn begin(database: &mut dyn Database) -> QueryResult<()> {
    database.execute("SAVEPOINT fenrir_introspection")
}

/// A table, or what is like one.
#[derive(Deserialize)]
struct Relation {
    name: String,
    /// `table`, `view`, `shadow` or `virtual`.
    kind: String,
    without_rowid: i64,
    strict: i64,
    sql: Option<String>,
    columns: Vec<ColumnInfo>,
}

/// What a pragma tells of a column.
#[derive(Deserialize)]
struct ColumnInfo {
    name: String,
    not_null: i64,
    key: i64,
    hidden: i64,
}

/// An index, a trigger or a view.
#[derive(Deserialize)]
struct Object {
    kind: String,
    name: String,
    table: String,
    sql: Option<String>,
}

/// Of a table of a module that is not there the columns cannot be asked for.
const RELATIONS: &str = "SELECT json_object('name', l.name, 'kind', l.type, 'without_rowid', l.wr, 'strict', l.strict, \
     'sql', (SELECT m.sql FROM main.sqlite_master m WHERE m.type = 'table' AND m.name = l.name), \
     'columns', CASE WHEN l.type = 'table' THEN (SELECT json_group_array(json_object('name', c.name, \
     'not_null', c.\"notnull\", 'key', c.pk, 'hidden', c.hidden)) FROM pragma_table_xinfo(l.name, 'main') c) \
     ELSE json_array() END) \
     FROM pragma_table_list l WHERE l.schema = 'main' AND l.type <> 'view' \
     AND l.name NOT LIKE 'sqlite\\_%' ESCAPE '\\' \
     AND l.name NOT IN ('__diesel_schema_migrations', '__fenrir_migrations', '__fenrir_journal', '__fenrir_head', '__fenrir_expressions')";

const OBJECTS: &str = "SELECT json_object('kind', type, 'name', name, 'table', tbl_name, 'sql', sql) \
     FROM main.sqlite_master WHERE type <> 'table' AND tbl_name NOT IN ('__diesel_schema_migrations', '__fenrir_migrations', '__fenrir_journal', '__fenrir_head', '__fenrir_expressions') \
     ORDER BY name";

fn read(database: &mut dyn Database) -> Result<Live, Error> {
    let relations: Vec<Relation> = load(database, RELATIONS, &[])?;
    let objects: Vec<Object> = load(database, OBJECTS, &[])?;
    Ok(assemble::live(&relations, &objects))
}
