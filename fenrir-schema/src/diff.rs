//! Finding the changes that lead from one schema to another.

use std::collections::{BTreeMap, BTreeSet};

use crate::{Change, Column, ForeignKey, Identifier, Schema, Table};

/// A difference between two schemas that cannot be turned into changes yet.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what}: changing that is not supported yet")]
pub struct UnsupportedChange {
    /// What differs: `` the type of column `page.title` (Text → Integer) ``.
    pub what: String,
}

/// The changes that turn one schema into another, in an order that a database can follow: what must
/// go first goes first, tables are created before what points at them, and every list of changes for
/// the same two schemas is the same.
///
/// ```
/// use fenrir_schema::{Schema, diff};
///
/// let schema = Schema::default();
/// assert!(diff(&schema, &schema)?.is_empty());
/// # Ok::<(), fenrir_schema::UnsupportedChanges>(())
/// ```
///
/// # Errors
/// With every difference that is not supported yet, when there is one: never a part of the changes.
pub fn diff(from: &Schema, to: &Schema) -> Result<Vec<Change>, UnsupportedChanges> {
    let mut diff = Diff { from, to, unsupported: Vec::new() };
    let changes = diff.changes();
    if diff.unsupported.is_empty() { Ok(changes) } else { Err(UnsupportedChanges(diff.unsupported)) }
}

/// All the differences between two schemas that are not supported yet.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
pub struct UnsupportedChanges(pub Vec<UnsupportedChange>);

struct Diff<'a> {
    from: &'a Schema,
    to: &'a Schema,
    unsupported: Vec<UnsupportedChange>,
}

/// The changes to tables that are in both schemas, by the step in which they happen.
#[derive(Default)]
struct Steps {
    drop_foreign_keys: Vec<Change>,
    drop_others: Vec<Change>,
    drop_columns: Vec<Change>,
    add_columns: Vec<Change>,
    alter_columns: Vec<Change>,
    add_others: Vec<Change>,
    add_foreign_keys: Vec<Change>,
    comments: Vec<Change>,
}

impl Diff<'_> {
    fn changes(&mut self) -> Vec<Change> {
        let mut steps = Steps::default();
        let both = self.from.tables.iter().filter_map(|(name, a)| Some((a, self.to.tables.get(name)?)));
        for (a, b) in both.collect::<Vec<_>>() {
            self.table(a, b, &mut steps);
        }
        let (create_tables, circular) = creations(self.to, self.from);
        // A drop is the creation read backwards.
        let (dropped_tables, dropped_circular) = creations(self.from, self.to);
        let (create_enums, drop_enums) = self.enums();

        // What points goes before what it points at, and comes after it; read backwards, the same holds.
        let mut changes = steps.drop_foreign_keys;
        changes.extend(crate::invert(&dropped_circular));
        changes.extend(crate::invert(&dropped_tables));
        changes.extend(steps.drop_others);
        changes.extend(create_enums);
        // A backfill may read a column that goes.
        changes.extend(steps.add_columns);
        changes.extend(steps.alter_columns);
        changes.extend(steps.drop_columns);
        changes.extend(drop_enums);
        changes.extend(steps.add_others);
        changes.extend(create_tables);
        changes.extend(circular);
        changes.extend(steps.add_foreign_keys);
        changes.extend(steps.comments);
        changes
    }

    fn enums(&mut self) -> (Vec<Change>, Vec<Change>) {
        let (mut create, mut drop) = (Vec::new(), Vec::new());
        for (name, definition) in &self.to.enums {
            match self.from.enums.get(name) {
                None => {
                    create.push(Change::CreateEnum { name: name.clone(), definition: definition.clone() });
                }
                Some(there) if there != definition => {
                    self.unsupported(format!("the labels of enum `{name}`"))
                }
                Some(_) => {}
            }
        }
        for (name, definition) in &self.from.enums {
            if !self.to.enums.contains_key(name) {
                drop.push(Change::DropEnum { name: name.clone(), definition: definition.clone() });
            }
        }
        (create, drop)
    }

    fn table(&mut self, a: &Table, b: &Table, steps: &mut Steps) {
        let table = &a.name;
        if a.primary_key != b.primary_key {
            self.unsupported(format!("the primary key of `{table}`"));
        }
        self.columns(a, b, steps);
        changed(&a.foreign_keys, &b.foreign_keys, |name, definition, added| {
            let (table, name, definition) = (table.clone(), name.clone(), definition.clone());
            if added {
                steps.add_foreign_keys.push(Change::AddForeignKey { table, name, definition });
            } else {
                steps.drop_foreign_keys.push(Change::DropForeignKey { table, name, definition });
            }
        });
        changed(&a.indexes, &b.indexes, |name, definition, added| {
            let (table, name, definition) = (table.clone(), name.clone(), definition.clone());
            if added {
                steps.add_others.push(Change::AddIndex { table, name, definition });
            } else {
                steps.drop_others.push(Change::DropIndex { table, name, definition });
            }
        });
        changed(&a.checks, &b.checks, |name, definition, added| {
            let (table, name, definition) = (table.clone(), name.clone(), definition.clone());
            if added {
                steps.add_others.push(Change::AddCheck { table, name, definition });
            } else {
                steps.drop_others.push(Change::DropCheck { table, name, definition });
            }
        });
        self.uniques(a, b, steps);
        if a.comment != b.comment {
            let (from, to) = (a.comment.clone(), b.comment.clone());
            steps.comments.push(Change::SetTableComment { table: table.clone(), from, to });
        }
    }

    /// A unique constraint that a foreign key rests on must be there before the key and go after it.
    /// The keys of both tables are added last and dropped first, so only a constraint that changes
    /// under a key that stays is in the way, and a database refuses that.
    fn uniques(&mut self, a: &Table, b: &Table, steps: &mut Steps) {
        let table = &a.name;
        let mut dropped = Vec::new();
        changed(&a.uniques, &b.uniques, |name, definition, added| {
            let (table, name, definition) = (table.clone(), name.clone(), definition.clone());
            if added {
                steps.add_others.push(Change::AddUnique { table, name, definition });
            } else {
                dropped.push(definition.columns.clone());
                steps.drop_others.push(Change::DropUnique { table, name, definition });
            }
        });
        for columns in dropped {
            // The order of a key's columns says nothing about what it rests on.
            let rests = |key: &ForeignKey| {
                key.references == *table
                    && key.referenced_columns.len() == columns.len()
                    && key.referenced_columns.iter().all(|column| columns.contains(column))
            };
            for (other, definition) in &self.to.tables {
                let before = self.from.tables.get(other);
                for (name, key) in definition.foreign_keys.iter().filter(|(_, key)| rests(key)) {
                    if before.is_some_and(|before| before.foreign_keys.get(name) == Some(key)) {
                        self.unsupported(format!("the unique constraint that foreign key `{name}` rests on"));
                    }
                }
            }
        }
    }

    fn columns(&mut self, a: &Table, b: &Table, steps: &mut Steps) {
        let table = &a.name;
        let before: BTreeMap<_, _> = a.columns.iter().map(|column| (&column.name, column)).collect();
        let after: BTreeSet<_> = b.columns.iter().map(|column| &column.name).collect();
        for column in a.columns.iter().filter(|column| !after.contains(&column.name)) {
            steps.drop_columns.push(Change::DropColumn { table: table.clone(), column: column.clone() });
        }
        for column in &b.columns {
            match before.get(&column.name) {
                Some(there) => self.column(table, there, column, steps),
                None => steps.add_columns.push(Change::AddColumn {
                    table: table.clone(),
                    column: column.clone(),
                    backfill: None,
                }),
            }
        }
    }

    fn column(&mut self, table: &Identifier, a: &Column, b: &Column, steps: &mut Steps) {
        let column = &a.name;
        if a.sql_type != b.sql_type {
            self.unsupported(format!(
                "the type of column `{table}.{column}` ({} → {})",
                a.sql_type, b.sql_type
            ));
        }
        if a.nullable != b.nullable || a.default != b.default {
            let to = Column { nullable: b.nullable, default: b.default.clone(), ..a.clone() };
            let (table, from) = (table.clone(), a.clone());
            steps.alter_columns.push(Change::AlterColumn { table, from, to, backfill: None });
        }
        if a.auto_increment != b.auto_increment {
            self.unsupported(format!("how column `{table}.{column}` is generated"));
        }
        if a.comment != b.comment {
            let (from, to) = (a.comment.clone(), b.comment.clone());
            let (table, column) = (table.clone(), column.clone());
            steps.comments.push(Change::SetColumnComment { table, column, from, to });
        }
    }

    fn unsupported(&mut self, what: String) {
        self.unsupported.push(UnsupportedChange { what });
    }
}

/// Calls back for each definition that is only in one of two maps, or differs between them: first as
/// gone (`false`), then as added (`true`).
fn changed<T: PartialEq>(
    from: &BTreeMap<Identifier, T>,
    to: &BTreeMap<Identifier, T>,
    mut report: impl FnMut(&Identifier, &T, bool),
) {
    for (name, definition) in from.iter().filter(|(name, there)| to.get(*name) != Some(*there)) {
        report(name, definition, false);
    }
    for (name, definition) in to.iter().filter(|(name, there)| from.get(*name) != Some(*there)) {
        report(name, definition, true);
    }
}

/// The creation of the tables that `schema` has and `other` has not, and the foreign keys that must
/// be added after it, because they point at a table that is created later.
fn creations(schema: &Schema, other: &Schema) -> (Vec<Change>, Vec<Change>) {
    let new: BTreeSet<_> = schema.tables.keys().filter(|name| !other.tables.contains_key(*name)).collect();
    let (mut tables, mut keys) = (Vec::new(), Vec::new());
    let mut created = BTreeSet::new();
    for name in schema.creation_order(&new) {
        created.insert(name);
        let mut table = schema.tables[name].clone();
        let is_later = |key: &ForeignKey| new.contains(&key.references) && !created.contains(&key.references);
        let (later, now): (BTreeMap<_, _>, _) =
            table.foreign_keys.into_iter().partition(|(_, key)| is_later(key));
        table.foreign_keys = now;
        tables.push(Change::CreateTable { table });
        for (key_name, definition) in later {
            keys.push(Change::AddForeignKey { table: name.clone(), name: key_name, definition });
        }
    }
    (tables, keys)
}
