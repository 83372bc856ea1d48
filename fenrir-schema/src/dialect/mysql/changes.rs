//! Changes that need to know the table as it was.

use super::generated::{self, Aside};
use super::{Mysql, algorithm, alter, quote, times_as_they_are};
use crate::change::ConstraintKind;
use crate::dialect::ddl;
use crate::table::IndexTarget;
use crate::{
    Change, Check, Column, Expression, Identifier, Schema, Script, SqlType, Table, TableName, digest,
};

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
        Change::AlterColumn { from, to, using, backfill, .. } => {
            let plain = Column { generated: None, ..from.clone() };
            let (mut statements, from) = if to.generated.is_some() {
                (generated::generate(from, to, old, schema), to)
            } else {
                (no_longer_generated(from, &plain, old, schema), &plain)
            };
            if from != to {
                let backfill = backfill.as_ref();
                statements.extend(match using {
                    Some(using) => replaced(to, using.as_str(), backfill, old, schema),
                    None => modified(old, from, to, backfill, schema, moves),
                });
            }
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
/// (<https://dev.mysql.com/doc/refman/8.0/en/create-table-check-constraints.html>), or from which another is
/// generated (<https://dev.mysql.com/doc/refman/8.0/en/alter-table-generated-columns.html>): they go before,
/// and come after.
fn rename_column(
    change: &Change,
    table: &TableName,
    from: &Identifier,
    to: &Identifier,
    old: &Table,
    schema: &Schema,
    script: &mut Script,
) {
    let Aside { drop: mut statements, without, add } = Aside::around(old, from, schema);
    let checks: Vec<_> = without.checks.iter().filter(|(_, check)| check.expression.mentions(from)).collect();
    let drops = checks.iter().map(|&(name, _)| alter(table, &[format!("DROP CONSTRAINT {}", quote(name))]));
    statements.extend(drops);
    let new = schema.tables.get(table);
    let rename = match new.and_then(|table| table.column(to)) {
        // MariaDB's own check of JSON has the column's name, and is named anew with a new definition only.
        Some(column) if column.sql_type == SqlType::Json => {
            vec![format!("CHANGE COLUMN {} {}", quote(from), Mysql.column(column, schema))]
        }
        _ => {
            let mut actions = vec![format!("RENAME COLUMN {} TO {}", quote(from), quote(to))];
            actions.extend(algorithm::in_place(old, schema));
            actions
        }
    };
    statements.push(alter(table, &rename));
    for (name, _) in checks {
        let check = new.and_then(|table| table.checks.get(name));
        statements.extend(check.map(|check| add_check(table, name, check)));
    }
    statements.extend(add);
    script.push_all(change, statements);
}

fn add_check(table: &TableName, name: &Identifier, check: &Check) -> String {
    alter(table, &[format!("ADD {}", ddl::check(&Mysql, name, check))])
}

/// By the conversion that the server makes, which refuses what does not fit in its strict mode.
fn modified(
    old: &Table,
    from: &Column,
    to: &Column,
    backfill: Option<&Expression>,
    schema: &Schema,
    moves: Vec<String>,
) -> Vec<String> {
    let table = &old.name;
    let mut whole = vec![Mysql.modify_column(to, schema)];
    whole.extend(moves);
    whole.extend(algorithm::modified(from, to, old, schema));
    let Some(backfill) = backfill else { return vec![alter(table, &whole)] };
    let (on, name) = (quote(table), quote(&to.name));
    let mut statements = Vec::new();
    if from.sql_type != to.sql_type {
        let empty = Column { nullable: true, default: None, auto_increment: None, ..to.clone() };
        statements.push(alter(table, &[Mysql.modify_column(&empty, schema)]));
    }
    let times = times_as_they_are(old, &to.name);
    statements.push(format!("UPDATE {on} SET {name} = {backfill}{times} WHERE {name} IS NULL"));
    statements.push(alter(table, &whole));
    statements
}

/// A stored column keeps what it holds, and a virtual one is replaced by one that holds it.
fn no_longer_generated(from: &Column, plain: &Column, old: &Table, schema: &Schema) -> Vec<String> {
    if from.generated.is_none() {
        Vec::new()
    } else if generated::can_be_modified(from, plain) {
        vec![alter(&old.name, &[Mysql.modify_column(plain, schema)])]
    } else {
        replaced(plain, &quote(&from.name), None, old, schema)
    }
}

/// By a column beside it, which takes its place, with the checks, keys and indexes that it has; `using` is
/// the SQL of its values.
///
/// It does so in one statement: where the new values do not fit a key or a check, the old ones are there
/// still, and no foreign key is ever without the index that it needs.
fn replaced(
    to: &Column,
    using: &str,
    backfill: Option<&Expression>,
    old: &Table,
    schema: &Schema,
) -> Vec<String> {
    let (table, name) = (&old.name, &to.name);
    let on = quote(table);
    let Aside { drop: mut statements, without: old, add } = Aside::around(old, name, schema);
    let hash = digest::sha256_hex(name.as_str().as_bytes());
    let beside = Identifier::generated([name], &hash[..8]);
    let new = quote(&beside);
    let empty =
        Column { name: beside.clone(), nullable: true, default: None, auto_increment: None, ..to.clone() };
    let empty = Mysql.column(&empty, schema);
    statements.push(alter(table, &[format!("ADD COLUMN {empty} AFTER {}", quote(name))]));
    let times = times_as_they_are(&old, name);
    statements.push(format!("UPDATE {on} SET {new} = ({using}){times}"));
    if let Some(backfill) = backfill {
        statements.push(format!("UPDATE {on} SET {new} = {backfill}{times} WHERE {new} IS NULL"));
    }
    let (mut drops, mut adds) = (Vec::new(), Vec::new());
    for (unique, definition) in old.uniques.iter().filter(|(_, unique)| unique.columns.contains(name)) {
        drops.push(format!("DROP INDEX {}", quote(unique)));
        adds.push(format!("ADD {}", ddl::unique(&Mysql, unique, definition)));
    }
    for (index, definition) in &old.indexes {
        if definition.keys.iter().any(|key| key.of == IndexTarget::Column(name.clone())) {
            drops.push(format!("DROP INDEX {}", quote(index)));
            adds.push(format!("ADD {}", super::index(index, definition)));
        }
    }
    for (check, definition) in old.checks.iter().filter(|(_, check)| check.expression.mentions(name)) {
        statements.push(alter(table, &[format!("DROP CONSTRAINT {}", quote(check))]));
        adds.push(format!("ADD {}", ddl::check(&Mysql, check, definition)));
    }
    drops.push(format!("DROP COLUMN {}", quote(name)));
    drops.push(format!("CHANGE COLUMN {new} {}", Mysql.column(to, schema)));
    drops.extend(adds);
    statements.push(alter(table, &drops));
    statements.extend(add);
    statements
}
