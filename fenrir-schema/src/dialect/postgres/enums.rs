//! Other labels of an enum.

use super::super::{Rules, ddl};
use super::{Postgres, kept_parts};
use crate::renames::label_moves;
use crate::{Change, Column, EnumType, Identifier, Schema, Script, SqlType, Table, TableName, digest};

/// By `ALTER TYPE` where that can do it; for what goes or moves by another type in its place.
pub(super) fn alter(
    change: &Change,
    schema: &Schema,
    after: &Schema,
    changes: &[Change],
    script: &mut Script,
) {
    let Change::AlterEnum { name, from, to, renamed } = change else { return };
    let type_name = ddl::quote(&Postgres, name);
    let mut statements = Vec::new();
    let dropped = change.dropped_labels();
    if !dropped.is_empty() {
        for (table, columns) in holders(schema, name) {
            statements.extend(columns.iter().map(|column| refuse(table, column, &dropped)));
        }
    }
    for (old, new) in label_moves(from, renamed) {
        let (old, new) = (Postgres.literal(&old), Postgres.literal(&new));
        statements.push(format!("ALTER TYPE {type_name} RENAME VALUE {old} TO {new}"));
    }
    let labels: Vec<_> = from.labels.iter().map(|label| renamed.get(label).unwrap_or(label)).collect();
    let mut rest = to.labels.iter();
    let only_adds = dropped.is_empty() && labels.iter().all(|label| rest.any(|there| there == *label));
    let adds = labels.len() < to.labels.len();
    if !only_adds || adds && is_used(name, after, changes) {
        let mut renamed_schema = schema.clone();
        let between = EnumType { labels: labels.into_iter().cloned().collect() };
        let rename = Change::AlterEnum {
            name: name.clone(),
            from: from.clone(),
            to: between,
            renamed: renamed.clone(),
        };
        // Only the labels of defaults are asked for.
        let _ = crate::fold(&mut renamed_schema, &[rename]);
        statements.extend(replace(name, to, &renamed_schema));
        return script.push_all(change, statements);
    }
    for (number, label) in to.labels.iter().enumerate().filter(|(_, label)| !labels.contains(label)) {
        let place = match (number.checked_sub(1).and_then(|before| to.labels.get(before)), labels.first()) {
            (Some(before), _) => format!(" AFTER {}", Postgres.literal(before)),
            (None, Some(first)) => format!(" BEFORE {}", Postgres.literal(first)),
            (None, None) => String::new(),
        };
        statements.push(format!("ALTER TYPE {type_name} ADD VALUE {}{place}", Postgres.literal(label)));
    }
    script.push_all(change, statements);
}

/// Whether a statement of the same transaction may use the enum: a label that is added cannot be used
/// before the commit (<https://www.postgresql.org/docs/current/sql-altertype.html>).
fn is_used(name: &Identifier, after: &Schema, changes: &[Change]) -> bool {
    let holds = |column: &Column| column.sql_type.enum_name() == Some(name);
    let has =
        |table: &TableName| after.tables.get(table).is_some_and(|table| table.columns.iter().any(holds));
    changes.iter().any(|change| match change {
        Change::CreateTable { table } => table.columns.iter().any(holds),
        Change::AddColumn { table, backfill, column } => holds(column) || backfill.is_some() && has(table),
        Change::AlterColumn { table, to, backfill, using, .. } => {
            holds(to) || (backfill.is_some() || using.is_some()) && has(table)
        }
        Change::AddCheck { table, .. } | Change::AddIndex { table, .. } => has(table),
        _ => false,
    })
}

/// The tables that hold an enum, with their columns of it or of arrays of it.
fn holders<'a>(schema: &'a Schema, name: &Identifier) -> Vec<(&'a Table, Vec<&'a Column>)> {
    let holders = schema.tables.values().map(|table| {
        let holds = |column: &&Column| column.sql_type.enum_name() == Some(name);
        (table, table.columns.iter().filter(holds).collect::<Vec<_>>())
    });
    holders.filter(|(_, columns)| !columns.is_empty()).collect()
}

/// Another type in the place of the old one.
fn replace(name: &Identifier, to: &EnumType, schema: &Schema) -> Vec<String> {
    let quote = |name: &Identifier| ddl::quote(&Postgres, name);
    let type_name = quote(name);
    let hash = &digest::sha256_hex(to.labels.join("\0").as_bytes())[..8];
    let aside = quote(&Identifier::generated([name], hash));
    let holders = holders(schema, name);
    let mut statements = vec![kept_parts::guard_enum(name)];
    // What they compare the column with is of the old type.
    let mut again = Vec::new();
    for (table, columns) in &holders {
        let names: Vec<_> = columns.iter().map(|column| &column.name).collect();
        let (drop, add) = super::aside::aside(table, &names);
        statements.extend(drop);
        again.extend(add);
    }
    statements.push(format!("ALTER TYPE {type_name} RENAME TO {aside}"));
    let labels: Vec<_> = to.labels.iter().map(|label| Postgres.literal(label)).collect();
    statements.push(format!("CREATE TYPE {type_name} AS ENUM ({})", labels.join(", ")));
    for (table, columns) in &holders {
        let mut actions = Vec::new();
        for column in columns {
            let column_name = quote(&column.name);
            let new = Postgres.type_name(&column.sql_type).unwrap_or_default();
            let text = if matches!(column.sql_type, SqlType::Array(_)) { "text[]" } else { "text" };
            if column.default.is_some() {
                actions.push(format!("ALTER COLUMN {column_name} DROP DEFAULT"));
            }
            actions.push(format!("ALTER COLUMN {column_name} TYPE {new} USING {column_name}::{text}::{new}"));
            if let Some(default) = &column.default {
                let default = Postgres.default(default, &column.sql_type);
                actions.push(format!("ALTER COLUMN {column_name} SET DEFAULT {default}"));
            }
        }
        statements.push(super::alter_table(&table.name, &actions));
    }
    statements.push(format!("DROP TYPE {aside}"));
    statements.extend(again);
    statements
}

/// Fails where rows have a label that goes, and says how many.
fn refuse(table: &Table, column: &Column, dropped: &[&str]) -> String {
    let labels: Vec<_> = dropped.iter().map(|label| Postgres.literal(label)).collect();
    let labels = labels.join(", ");
    let test = match column.sql_type {
        SqlType::Array(_) => format!("::text[] && ARRAY[{labels}]"),
        _ => format!("::text IN ({labels})"),
    };
    let what =
        format!("column {}.{} has labels that are to go ({})", table.name, column.name, dropped.join(", "));
    let test = format!("{}{test}", ddl::quote(&Postgres, &column.name));
    super::refuse(&table.name, &test, &what)
}
