//! Columns that are generated from others, where `MODIFY` cannot do it.

use super::{Mysql, alter, helper_indexes, moves, quote};
use crate::dialect::ddl;
use crate::{Column, GeneratedKind, Identifier, Schema, Table, TableName};

/// Whether `MODIFY` makes one of the other: neither makes a virtual column, nor another of it
/// (<https://dev.mysql.com/doc/refman/8.0/en/alter-table-generated-columns.html>).
pub(super) fn can_be_modified(from: &Column, to: &Column) -> bool {
    let is_virtual = |column: &Column| {
        column.generated.as_ref().is_some_and(|generated| generated.kind == GeneratedKind::Virtual)
    };
    is_virtual(from) == is_virtual(to)
}

/// What makes a generated column of another one, generated or not.
pub(super) fn generate(from: &Column, to: &Column, old: &Table, schema: &Schema) -> Vec<String> {
    if can_be_modified(from, to) {
        return vec![alter(&old.name, &[Mysql.modify_column(to, schema)])];
    }
    let new = schema.tables.get(&old.name).unwrap_or(old);
    let aside = Aside::of(old, new, &[&to.name], schema);
    aside.drop.into_iter().chain(aside.add).collect()
}

/// What drops columns with all that they are in, and what adds them again with it. Foreign keys are dropped
/// and added in statements of their own: InnoDB takes no two of one name at once.
pub(super) struct Aside {
    pub(super) drop: Vec<String>,
    /// The table in between.
    pub(super) without: Table,
    pub(super) add: Vec<String>,
}

impl Aside {
    /// For the columns that are generated from one; `schema` has what happens in between made.
    pub(super) fn around(old: &Table, column: &Identifier, schema: &Schema) -> Self {
        let columns: Vec<_> = old.generated_from(&[column]).map(|column| &column.name).collect();
        Self::of(old, schema.tables.get(&old.name).unwrap_or(old), &columns, schema)
    }

    /// `old` and `new` are the table before and after what happens in between; `new` has the columns as they
    /// are to come again.
    fn of(old: &Table, new: &Table, columns: &[&Identifier], schema: &Schema) -> Self {
        let without = without(old, columns);
        let mut aside = Self { drop: Vec::new(), without, add: Vec::new() };
        if columns.is_empty() {
            return aside;
        }
        let helpers = helper_indexes(&aside.without);
        for (table, key) in keys(old, columns, schema) {
            aside.drop.push(alter(table, &[format!("DROP FOREIGN KEY {}", quote(key))]));
        }
        let mut drops = drops(old, columns);
        drops.extend(moves(&helper_indexes(old), &helpers));
        aside.drop.push(alter(&old.name, &drops));
        let mut adds = adds(new, columns, schema);
        adds.extend(moves(&helpers, &helper_indexes(new)));
        aside.add.push(alter(&new.name, &adds));
        for (table, key) in keys(new, columns, schema) {
            let definition = schema.tables.get(table).and_then(|table| table.foreign_keys.get(key));
            let add =
                definition.map(|definition| format!("ADD {}", ddl::foreign_key(&Mysql, key, definition)));
            aside.add.extend(add.map(|add| alter(table, &[add])));
        }
        aside
    }
}

fn without(table: &Table, columns: &[&Identifier]) -> Table {
    let has = |names: &[Identifier]| names.iter().any(|name| columns.contains(&name));
    let mut table = table.clone();
    table.columns.retain(|column| !columns.contains(&&column.name));
    table.checks.retain(|_, check| !columns.iter().any(|name| check.expression.mentions(name)));
    table.uniques.retain(|_, unique| !has(&unique.columns));
    table.indexes.retain(|_, index| !columns.iter().any(|name| index.has(name)));
    table.foreign_keys.retain(|_, key| !has(&key.columns));
    table
}

/// The foreign keys that some columns have, or that point at them, each with its table.
fn keys<'a>(
    table: &'a Table,
    columns: &[&Identifier],
    schema: &'a Schema,
) -> Vec<(&'a TableName, &'a Identifier)> {
    let has = |names: &[Identifier]| names.iter().any(|name| columns.contains(&name));
    let all = schema.tables.values().flat_map(|other| {
        // The one that is meant, as it is then.
        let other = if other.name == table.name { table } else { other };
        other.foreign_keys.iter().map(move |(name, key)| (&other.name, name, key))
    });
    let involved = all.filter(|(other, _, key)| {
        **other == table.name && has(&key.columns)
            || key.references == table.name && has(&key.referenced_columns)
    });
    involved.map(|(other, name, _)| (other, name)).collect()
}

fn drops(table: &Table, columns: &[&Identifier]) -> Vec<String> {
    let checks =
        table.checks.iter().filter(|(_, check)| columns.iter().any(|name| check.expression.mentions(name)));
    let mut actions: Vec<_> = checks.map(|(name, _)| format!("DROP CONSTRAINT {}", quote(name))).collect();
    let uniques = table
        .uniques
        .iter()
        .filter(|(_, unique)| unique.columns.iter().any(|name| columns.contains(&name)))
        .map(|(name, _)| name);
    let indexes = table.indexes.iter().filter(|(_, index)| columns.iter().any(|name| index.has(name)));
    let indexes = uniques.chain(indexes.map(|(name, _)| name));
    actions.extend(indexes.map(|name| format!("DROP INDEX {}", quote(name))));
    actions.extend(columns.iter().map(|&name| format!("DROP COLUMN {}", quote(name))));
    actions
}

fn adds(table: &Table, columns: &[&Identifier], schema: &Schema) -> Vec<String> {
    let added = columns.iter().filter_map(|name| table.column(name));
    let mut actions: Vec<_> =
        added.map(|column| format!("ADD COLUMN {}", Mysql.column(column, schema))).collect();
    for (name, unique) in &table.uniques {
        if unique.columns.iter().any(|name| columns.contains(&name)) {
            actions.push(format!("ADD {}", ddl::unique(&Mysql, name, unique)));
        }
    }
    for (name, index) in &table.indexes {
        if columns.iter().any(|column| index.has(column)) {
            actions.push(format!("ADD {}", super::index(name, index)));
        }
    }
    for (name, check) in &table.checks {
        if columns.iter().any(|column| check.expression.mentions(column)) {
            actions.push(format!("ADD {}", ddl::check(&Mysql, name, check)));
        }
    }
    actions
}
