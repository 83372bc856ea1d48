//! Names that change: by ALTER TABLE, which follows them in every place.

use std::collections::BTreeSet;

use super::{Sqlite, quote};
use crate::dialect::Rules;
use crate::renames::aside;
use crate::{Change, Identifier, Schema, Script, SqlType, Table, TableName};

/// The tables that have a check named after what has another name then: an enum's, which is named after
/// the table and the column. Takes those of before, and gives them their new names.
pub(super) fn misnamed(
    mut before: BTreeSet<TableName>,
    schema: &Schema,
    change: &Change,
) -> BTreeSet<TableName> {
    let is_enum = |table: &Table, column: Option<&Identifier>| {
        let mut columns = table.columns.iter().filter(|there| column.is_none_or(|name| there.name == *name));
        columns.any(|column| matches!(column.sql_type, SqlType::Enum(_)))
    };
    match change {
        Change::RenameTable { from, to } => {
            let was = before.remove(from);
            if was || schema.tables.get(from).is_some_and(|table| is_enum(table, None)) {
                before.insert(to.clone());
            }
        }
        Change::RenameColumn { table, from, .. }
            if schema.tables.get(table).is_some_and(|table| is_enum(table, Some(from))) =>
        {
            before.insert(table.clone());
        }
        _ => {}
    }
    before
}

/// Inside a frame, where a table is renamed without those that point at it, this is turned off; and the
/// rows that lacked what they refer to before are known by their new names.
pub(super) fn write(changes: &[Change], framed: bool, script: &mut Script) {
    let mut statements = Vec::new();
    for change in changes {
        match change {
            Change::RenameTable { from, to } => {
                let rename = |from: &TableName, to: &TableName| {
                    (change, format!("ALTER TABLE {} RENAME TO {}", quote(from), quote(to)))
                };
                if from.name.as_str().eq_ignore_ascii_case(to.name.as_str()) {
                    // To SQLite the name is taken: by the table itself.
                    let between = from.beside(aside(&from.name));
                    statements.extend([rename(from, &between), rename(&between, to)]);
                } else {
                    statements.push(rename(from, to));
                }
                if framed {
                    let (from, to) = (Sqlite.literal(from.name.as_str()), Sqlite.literal(to.name.as_str()));
                    let sql = format!("UPDATE fenrir_orphans SET name = {to} WHERE name = {from}");
                    statements.push((change, sql));
                }
            }
            Change::RenameColumn { table, from, to } => {
                let (on, old, new) = (quote(table), quote(from), quote(to));
                statements.push((change, format!("ALTER TABLE {on} RENAME COLUMN {old} TO {new}")));
                if framed {
                    let literal = |name: &Identifier| Sqlite.literal(name.as_str());
                    let sql = format!(
                        "UPDATE fenrir_orphans SET key = {} WHERE name = {} AND key = {}",
                        literal(to),
                        literal(&table.name),
                        literal(from)
                    );
                    statements.push((change, sql));
                }
            }
            // An enum is a check on each column that has it.
            _ => {}
        }
    }
    if statements.is_empty() {
        return;
    }
    if framed {
        script.also("PRAGMA legacy_alter_table = OFF".to_owned());
    }
    let mut last = None;
    for (change, sql) in statements {
        if last == Some(change) {
            script.also(sql);
        } else {
            script.push(change, sql);
        }
        last = Some(change);
    }
    if framed {
        script.also("PRAGMA legacy_alter_table = ON".to_owned());
    }
}
