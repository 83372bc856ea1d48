//! Changes that need to know the table as it was.

use super::{Mysql, alter, quote};
use crate::change::ConstraintKind;
use crate::dialect::ddl;
use crate::table::IndexTarget;
use crate::{Change, Column, Expression, Identifier, Schema, Script, SqlType, Table, digest};

pub(super) fn is_of_its_own(change: &Change) -> bool {
    match change {
        Change::RenameColumn { .. } | Change::AlterColumn { .. } => true,
        Change::RenameConstraint { kind, .. } => *kind != ConstraintKind::Unique,
        _ => false,
    }
}

/// `old` is the table before this change, and `schema` the one with it made.
pub(super) fn write(change: &Change, old: &Table, schema: &Schema, moves: Vec<String>, script: &mut Script) {
    match change {
        Change::RenameColumn { table, from, to } => {
            rename_column(change, table, from, to, old, schema, script);
        }
        Change::RenameConstraint { table, kind, from, to } => {
            let (drop, add) = match kind {
                ConstraintKind::ForeignKey => (
                    "DROP FOREIGN KEY",
                    old.foreign_keys.get(from).map(|key| ddl::foreign_key(&Mysql, to, key)),
                ),
                _ => ("DROP CONSTRAINT", old.checks.get(from).map(|check| ddl::check(&Mysql, to, check))),
            };
            let mut actions = vec![format!("{drop} {}", quote(from))];
            actions.extend(add.map(|add| format!("ADD {add}")));
            actions.extend(moves);
            script.push(change, alter(table, &actions));
        }
        Change::AlterColumn { table, from, to, using, backfill } => {
            let mut statements = match using {
                Some(using) => replaced(table, to, using, backfill.as_ref(), old, schema),
                None => modified(table, from, to, backfill.as_ref(), schema, moves),
            };
            if from.auto_increment.is_none() && to.auto_increment.is_some() {
                // Or a key that is 0 becomes another
                // (<https://dev.mysql.com/doc/refman/8.0/en/sql-mode.html#sqlmode_no_auto_value_on_zero>).
                statements.insert(0, "SET @fenrir_sql_mode = @@sql_mode".to_owned());
                let mode = "SET sql_mode = CONCAT(@@sql_mode, ',NO_AUTO_VALUE_ON_ZERO')";
                statements.insert(1, mode.to_owned());
                statements.push("SET sql_mode = @fenrir_sql_mode".to_owned());
            }
            script.push_all(change, statements);
        }
        _ => {}
    }
}

/// MySQL refuses to rename a column that a check names
/// (<https://dev.mysql.com/doc/refman/8.0/en/create-table-check-constraints.html>): its checks go before, and
/// come after.
fn rename_column(
    change: &Change,
    table: &Identifier,
    from: &Identifier,
    to: &Identifier,
    old: &Table,
    schema: &Schema,
    script: &mut Script,
) {
    let checks: Vec<_> = old.checks.iter().filter(|(_, check)| check.mentions(from)).collect();
    let mut statements: Vec<_> =
        checks.iter().map(|(name, _)| alter(table, &[format!("DROP CONSTRAINT {}", quote(name))])).collect();
    let new = schema.tables.get(table);
    let rename = match new.and_then(|table| table.column(to)) {
        // MariaDB's own check of JSON has the column's name, and is named anew with a new definition only.
        Some(column) if column.sql_type == SqlType::Json => {
            format!("CHANGE COLUMN {} {}", quote(from), Mysql.column(column, schema))
        }
        _ => format!("RENAME COLUMN {} TO {}", quote(from), quote(to)),
    };
    statements.push(alter(table, &[rename]));
    for (name, _) in checks {
        let check = new.and_then(|table| table.checks.get(name));
        statements.extend(check.map(|check| add_check(table, name, check)));
    }
    script.push_all(change, statements);
}

fn add_check(table: &Identifier, name: &Identifier, check: &Expression) -> String {
    alter(table, &[format!("ADD {}", ddl::check(&Mysql, name, check))])
}

/// By the conversion that the server makes, which refuses what does not fit in its strict mode.
fn modified(
    table: &Identifier,
    from: &Column,
    to: &Column,
    backfill: Option<&Expression>,
    schema: &Schema,
    moves: Vec<String>,
) -> Vec<String> {
    let mut whole = vec![Mysql.modify_column(to, schema)];
    whole.extend(moves);
    let Some(backfill) = backfill else { return vec![alter(table, &whole)] };
    let (on, name) = (quote(table), quote(&to.name));
    let mut statements = Vec::new();
    if from.sql_type != to.sql_type {
        let empty = Column { nullable: true, default: None, auto_increment: None, ..to.clone() };
        statements.push(alter(table, &[Mysql.modify_column(&empty, schema)]));
    }
    statements.push(format!("UPDATE {on} SET {name} = {backfill} WHERE {name} IS NULL"));
    statements.push(alter(table, &whole));
    statements
}

/// By a column beside it, which takes its place, with the checks, keys and indexes that it has.
fn replaced(
    table: &Identifier,
    to: &Column,
    using: &Expression,
    backfill: Option<&Expression>,
    old: &Table,
    schema: &Schema,
) -> Vec<String> {
    let (on, name) = (quote(table), &to.name);
    let hash = digest::sha256_hex(name.as_str().as_bytes());
    let beside = Identifier::generated([name], &hash[..8]);
    let new = quote(&beside);
    let empty =
        Column { name: beside.clone(), nullable: true, default: None, auto_increment: None, ..to.clone() };
    let mut statements = vec![
        alter(table, &[format!("ADD COLUMN {}", Mysql.column(&empty, schema))]),
        format!("UPDATE {on} SET {new} = ({using})"),
    ];
    if let Some(backfill) = backfill {
        statements.push(format!("UPDATE {on} SET {new} = {backfill} WHERE {new} IS NULL"));
    }
    let mut again = Vec::new();
    for (check, expression) in old.checks.iter().filter(|(_, check)| check.mentions(name)) {
        statements.push(alter(table, &[format!("DROP CONSTRAINT {}", quote(check))]));
        again.push(add_check(table, check, expression));
    }
    let mut drops = Vec::new();
    for (unique, definition) in old.uniques.iter().filter(|(_, unique)| unique.columns.contains(name)) {
        drops.push(format!("DROP INDEX {}", quote(unique)));
        again.push(alter(table, &[format!("ADD {}", ddl::unique(&Mysql, unique, definition))]));
    }
    for (index, definition) in &old.indexes {
        if definition.keys.iter().any(|key| key.of == IndexTarget::Column(name.clone())) {
            drops.push(format!("DROP INDEX {}", quote(index)));
            again.push(alter(table, &[format!("ADD {}", super::index(index, definition))]));
        }
    }
    drops.push(format!("DROP COLUMN {}", quote(name)));
    statements.push(alter(table, &drops));
    statements.push(alter(table, &[format!("RENAME COLUMN {new} TO {}", quote(name))]));
    statements.push(alter(table, &[Mysql.modify_column(to, schema)]));
    statements.extend(again);
    statements
}
