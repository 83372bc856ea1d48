//! Triggers, which SQLite drops with their table when that is built anew.

use diesel::QueryResult;
use diesel::result::Error;
use fenrir_schema::{Dialect, Identifier};

use crate::database::{Database, Trigger};

/// The triggers of a table, which are there no more.
pub(super) fn take_off(database: &mut dyn Database, table: &Identifier) -> QueryResult<Vec<Trigger>> {
    let sql = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND lower(tbl_name) = lower(?1) ORDER BY rowid";
    let mut triggers = Vec::new();
    for row in database.rows(sql, &[table.as_str()])? {
        if let [Some(name), Some(sql)] = row.as_slice() {
            database.execute(&format!("DROP TRIGGER {}", quoted(name)))?;
            triggers.push(Trigger { name: name.clone(), sql: sql.clone() });
        }
    }
    Ok(triggers)
}

/// Makes them again, as they were written.
pub(super) fn put_back(
    database: &mut dyn Database,
    table: &Identifier,
    triggers: &[Trigger],
) -> QueryResult<()> {
    let result = triggers.iter().try_for_each(|trigger| database.execute(&trigger.sql));
    result.and_then(|()| try_out(database, table)).map_err(|error| {
        let names: Vec<_> = triggers.iter().map(|trigger| format!("`{}`", trigger.name.escape_debug())).collect();
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
