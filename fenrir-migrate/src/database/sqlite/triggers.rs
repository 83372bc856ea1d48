//! Triggers, which SQLite drops with their table when that is built anew.

use diesel::QueryResult;
use diesel::result::Error;
use fenrir_schema::{Dialect, Identifier};

use crate::database::Database;

/// Runs the statements, and makes the triggers of each table that they build anew again, as they were written.
pub(super) fn keep(database: &mut dyn Database, sql: &str) -> QueryResult<()> {
    for (table, part) in Dialect::Sqlite.rebuilds(sql) {
        let triggers = table.as_ref().map(|table| take_off(database, table)).transpose()?;
        database.execute(part)?;
        if let (Some(table), Some(triggers)) = (table, triggers.filter(|triggers| !triggers.is_empty())) {
            put_back(database, &table, &triggers)?;
        }
    }
    Ok(())
}

/// The names and texts of a table's triggers, which are there no more.
fn take_off(database: &mut dyn Database, table: &Identifier) -> QueryResult<Vec<(String, String)>> {
    let sql = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND lower(tbl_name) = lower(?1) ORDER BY rowid";
    let mut triggers = Vec::new();
    for row in database.rows(sql, &[table.as_str()])? {
        if let [Some(name), Some(sql)] = row.as_slice() {
            database.execute(&format!("DROP TRIGGER {}", quoted(name)))?;
            triggers.push((name.clone(), sql.clone()));
        }
    }
    Ok(triggers)
}

fn put_back(
    database: &mut dyn Database,
    table: &Identifier,
    triggers: &[(String, String)],
) -> QueryResult<()> {
    let result = triggers.iter().try_for_each(|(_, sql)| database.execute(sql));
    result.and_then(|()| try_out(database, table)).map_err(|error| {
        let names: Vec<_> = triggers.iter().map(|(name, _)| format!("`{}`", name.escape_debug())).collect();
        Error::QueryBuilderError(
            format!(
                "what the triggers of `{table}` say ({}) does not fit it any more: {error}; drop them first, and make \
                 them again as they are to be",
                names.join(", ")
            )
            .into(),
        )
    })
}

/// SQLite reads what a trigger does when a statement fires it: none of these runs.
fn try_out(database: &mut dyn Database, table: &Identifier) -> QueryResult<()> {
    let on = Dialect::Sqlite.quote(table);
    let columns = "SELECT name FROM pragma_table_xinfo(?1) WHERE hidden = 0";
    let columns: Vec<_> =
        database.rows(columns, &[table.as_str()])?.into_iter().flatten().flatten().collect();
    let all: Vec<_> = columns.iter().map(|name| format!("{0} = {0}", quoted(name))).collect();
    for statement in [
        format!("INSERT INTO {on} DEFAULT VALUES"),
        format!("UPDATE {on} SET {}", all.join(", ")),
        format!("DELETE FROM {on}"),
    ] {
        database.execute(&format!("EXPLAIN {statement}"))?;
    }
    Ok(())
}

/// A name that the catalog has, whatever its length.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
