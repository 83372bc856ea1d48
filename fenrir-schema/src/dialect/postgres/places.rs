//! PostgreSQL's schemas, in which tables lie.

use super::{Postgres, rename_sequence};
use crate::dialect::{Rules, ddl};
use crate::{Change, Identifier, Schema, TableName, digest};

/// The PostgreSQL schema that a change puts a table into, where no table lies in it before.
///
/// Nothing drops it again: others may have rights in it, or it may have been there before.
pub(super) fn new<'a>(change: &'a Change, before: &Schema) -> Option<&'a Identifier> {
    let place = match change {
        Change::CreateTable { table } => table.name.schema.as_ref(),
        Change::RenameTable { to, .. } => to.schema.as_ref(),
        _ => None,
    };
    place.filter(|place| !before.tables.keys().any(|name| name.schema.as_ref() == Some(place)))
}

/// What makes a PostgreSQL schema.
pub(super) fn create(place: &Identifier) -> String {
    format!("CREATE SCHEMA IF NOT EXISTS {}", ddl::quote(&Postgres, place))
}

/// What gives a table another name, or puts it into another schema, where its sequences, indexes and
/// constraints go with it
/// (<https://www.postgresql.org/docs/current/sql-altertable.html#SQL-ALTERTABLE-DESC-SET-SCHEMA>). On the way
/// it has no name that another table has.
pub(super) fn rename_table(from: &TableName, to: &TableName, schema: &Schema) -> Vec<String> {
    let is_free = |name: &TableName| !schema.tables.contains_key(name);
    let moved = TableName { schema: to.schema.clone(), name: from.name.clone() };
    let named = from.beside(to.name.clone());
    if from.schema == to.schema {
        return renamed(from, to, schema);
    }
    if from.name == to.name {
        return vec![put(from, to.schema.as_ref())];
    }
    let table = schema.tables.get(from);
    let mut after = schema.clone();
    let mut at = |name: &TableName| {
        after.tables.extend(table.map(|table| (name.clone(), table.clone())));
        after.clone()
    };
    if is_free(&moved) {
        let mut statements = vec![put(from, to.schema.as_ref())];
        statements.extend(renamed(&moved, to, &at(&moved)));
        return statements;
    }
    let between = if is_free(&named) {
        named
    } else {
        let hash = digest::sha256_hex(to.to_text().as_bytes());
        from.beside(Identifier::generated([&from.name], &hash[..8]))
    };
    let there = TableName { schema: to.schema.clone(), name: between.name.clone() };
    let mut statements = renamed(from, &between, schema);
    statements.push(put(&between, to.schema.as_ref()));
    if there != *to {
        statements.extend(renamed(&there, to, &at(&there)));
    }
    statements
}

/// Another name in the same schema.
fn renamed(from: &TableName, to: &TableName, schema: &Schema) -> Vec<String> {
    let (on, name) = (ddl::quote(&Postgres, from), ddl::quote(&Postgres, &to.name));
    let mut statements = vec![format!("ALTER TABLE {on} RENAME TO {name}")];
    let columns = schema.tables.get(from).map(|table| table.columns.as_slice()).unwrap_or_default();
    let generated = columns.iter().filter(|column| column.auto_increment.is_some());
    statements.extend(generated.map(|column| rename_sequence((from, &column.name), (to, &column.name))));
    statements
}

/// Another schema. What the one is called in which tables are made by themselves is known to the session only.
fn put(table: &TableName, place: Option<&Identifier>) -> String {
    let on = ddl::quote(&Postgres, table);
    match place {
        Some(place) => format!("ALTER TABLE {on} SET SCHEMA {}", ddl::quote(&Postgres, place)),
        None => {
            let statement = Postgres.literal(&format!("ALTER TABLE {} SET SCHEMA %I", on.replace('%', "%%")));
            let body = format!("BEGIN\n    EXECUTE format({statement}, current_schema());\nEND");
            super::block(&body)
        }
    }
}
