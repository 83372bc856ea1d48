//! Finding the changes that lead from one schema to another.

use std::collections::{BTreeMap, BTreeSet};

use crate::change::ConstraintKind;
use crate::renames::name_moves;
use crate::{
    Change, Column, DefaultValue, EnumType, Expression, ForeignKey, Identifier, IndexTarget, PrimaryKey,
    Renames, Schema, SqlType, Table, fold,
};

/// The changes that turn one schema into another, in an order that a database can follow: what must
/// go first goes first, tables are created before what points at them, and every list of changes for
/// the same two schemas is the same.
///
/// What is not in `renames` is not taken for a rename; only a constraint or an index that has another
/// name, and is the same otherwise, is renamed without a word.
///
/// ```
/// use fenrir_schema::{Renames, Schema, diff};
///
/// let schema = Schema::default();
/// assert!(diff(&schema, &schema, &Renames::default()).is_empty());
/// ```
#[must_use]
pub fn diff(from: &Schema, to: &Schema, renames: &Renames) -> Vec<Change> {
    let (renamed, mut changes) = rename(from, to, renames);
    changes.extend(Diff { from: &renamed, to, renames }.changes());
    changes
}

/// The schema with everything under its new name, and the changes that lead there. What names a column in
/// an expression that cannot be renamed goes first, and is added again with what else differs.
fn rename(from: &Schema, to: &Schema, renames: &Renames) -> (Schema, Vec<Change>) {
    let mut schema = from.clone();
    let mut changes = Vec::new();
    for change in renames.changes(from, to) {
        if let Change::RenameColumn { table, from, to } = &change {
            for drop in unclear(&schema, table, from, to) {
                apply(&mut schema, drop, &mut changes);
            }
        }
        apply(&mut schema, change, &mut changes);
    }
    (schema, changes)
}

/// A change that cannot be made here is none.
fn apply(schema: &mut Schema, change: Change, changes: &mut Vec<Change>) {
    if fold(schema, std::slice::from_ref(&change)).is_ok() {
        changes.push(change);
    }
}

/// Drops what has an expression in which a column cannot be renamed.
fn unclear(schema: &Schema, name: &Identifier, old: &Identifier, new: &Identifier) -> Vec<Change> {
    let Some(table) = schema.tables.get(name) else { return Vec::new() };
    let is_unclear = |expression: &Expression| expression.renamed(old, new).is_none();
    let checks = table.checks.iter().filter(|(_, check)| is_unclear(check));
    let mut drops: Vec<_> = checks
        .map(|(check, definition)| Change::DropCheck {
            table: name.clone(),
            name: check.clone(),
            definition: definition.clone(),
        })
        .collect();
    for (index, definition) in &table.indexes {
        let of_keys = definition.keys.iter().filter_map(|key| match &key.of {
            IndexTarget::Expression(expression) => Some(expression),
            IndexTarget::Column(_) => None,
        });
        if of_keys.chain(&definition.predicate).any(is_unclear) {
            let (table, name, definition) = (name.clone(), index.clone(), definition.clone());
            drops.push(Change::DropIndex { table, name, definition });
        }
    }
    drops
}

struct Diff<'a> {
    from: &'a Schema,
    to: &'a Schema,
    renames: &'a Renames,
}

/// The changes to tables that are in both schemas, by the step in which they happen.
#[derive(Default)]
struct Steps {
    drop_foreign_keys: Vec<Change>,
    drop_others: Vec<Change>,
    renames: Vec<Change>,
    /// Columns whose enums lose labels: those of their values are in the way of nothing.
    drop_holders: Vec<Change>,
    /// Defaults that are labels which their enums lose.
    clear_defaults: Vec<Change>,
    add_columns: Vec<Change>,
    alter_columns: Vec<Change>,
    primary_keys: Vec<Change>,
    /// What only a key can have.
    generate: Vec<Change>,
    drop_columns: Vec<Change>,
    add_others: Vec<Change>,
    add_foreign_keys: Vec<Change>,
    comments: Vec<Change>,
}

impl Diff<'_> {
    fn changes(&self) -> Vec<Change> {
        let mut steps = Steps::default();
        let (create_enums, alter_enums, drop_enums) = self.enums();
        for (a, b) in self.both() {
            self.table(a, b, &mut steps);
        }
        self.foreign_keys(&mut steps);
        self.primary_key_names(&mut steps);
        let (create_tables, circular) = creations(self.to, self.from);
        // A drop is the creation read backwards.
        let (dropped_tables, dropped_circular) = creations(self.from, self.to);

        // What points goes before what it points at, and comes after it; read backwards, the same holds.
        let mut changes = steps.drop_foreign_keys;
        changes.extend(crate::invert(&dropped_circular));
        changes.extend(crate::invert(&dropped_tables));
        changes.extend(steps.drop_others);
        changes.extend(steps.renames);
        changes.extend(create_enums);
        changes.extend(steps.drop_holders);
        changes.extend(steps.clear_defaults);
        changes.extend(alter_enums);
        // A backfill may read a column that goes.
        changes.extend(steps.add_columns);
        changes.extend(steps.alter_columns);
        changes.extend(steps.primary_keys);
        changes.extend(steps.generate);
        changes.extend(steps.drop_columns);
        changes.extend(drop_enums);
        changes.extend(steps.add_others);
        changes.extend(create_tables);
        changes.extend(circular);
        changes.extend(steps.add_foreign_keys);
        changes.extend(steps.comments);
        changes
    }

    /// The tables that are in both, before and after.
    fn both(&self) -> impl Iterator<Item = (&Table, &Table)> {
        self.from.tables.iter().filter_map(|(name, a)| Some((a, self.to.tables.get(name)?)))
    }

    fn enums(&self) -> (Vec<Change>, Vec<Change>, Vec<Change>) {
        let (mut create, mut alter, mut drop) = (Vec::new(), Vec::new(), Vec::new());
        for (name, definition) in &self.to.enums {
            match self.from.enums.get(name) {
                None => {
                    create.push(Change::CreateEnum { name: name.clone(), definition: definition.clone() });
                }
                Some(there) => {
                    // Labels may change their names among themselves.
                    let renamed = self.renamed_labels(name, there, definition);
                    if there != definition || !renamed.is_empty() {
                        let (from, to) = (there.clone(), definition.clone());
                        alter.push(Change::AlterEnum { name: name.clone(), from, to, renamed });
                    }
                }
            }
        }
        for (name, definition) in &self.from.enums {
            if !self.to.enums.contains_key(name) {
                drop.push(Change::DropEnum { name: name.clone(), definition: definition.clone() });
            }
        }
        (create, alter, drop)
    }

    fn renamed_labels(&self, name: &Identifier, from: &EnumType, to: &EnumType) -> BTreeMap<String, String> {
        let labels = self.renames.labels.iter().filter(|((of, _), _)| of == name);
        let labels = labels.map(|((_, new), old)| (old.clone(), new.clone()));
        labels.filter(|(old, new)| from.labels.contains(old) && to.labels.contains(new)).collect()
    }

    fn table(&self, a: &Table, b: &Table, steps: &mut Steps) {
        let table = &a.name;
        if a.primary_key.columns != b.primary_key.columns {
            let (from, to) = (a.primary_key.clone(), b.primary_key.clone());
            steps.primary_keys.push(Change::AlterPrimaryKey { table: table.clone(), from, to });
        }
        self.columns(a, b, steps);
        let parts = changed(&a.indexes, &b.indexes, |name| self.is_free(name));
        for (name, definition) in parts.gone {
            steps.drop_others.push(Change::DropIndex { table: table.clone(), name, definition });
        }
        for (from, to) in parts.renamed {
            steps.renames.push(Change::RenameIndex { table: table.clone(), from, to });
        }
        for (name, definition) in parts.added {
            steps.add_others.push(Change::AddIndex { table: table.clone(), name, definition });
        }
        let parts = changed(&a.checks, &b.checks, |name| self.is_free(name));
        for (name, definition) in parts.gone {
            steps.drop_others.push(Change::DropCheck { table: table.clone(), name, definition });
        }
        steps.rename_constraints(table, ConstraintKind::Check, parts.renamed);
        for (name, definition) in parts.added {
            steps.add_others.push(Change::AddCheck { table: table.clone(), name, definition });
        }
        let parts = changed(&a.uniques, &b.uniques, |name| self.is_free(name));
        for (name, definition) in parts.gone {
            steps.drop_others.push(Change::DropUnique { table: table.clone(), name, definition });
        }
        steps.rename_constraints(table, ConstraintKind::Unique, parts.renamed);
        for (name, definition) in parts.added {
            steps.add_others.push(Change::AddUnique { table: table.clone(), name, definition });
        }
        if a.comment != b.comment {
            let (from, to) = (a.comment.clone(), b.comment.clone());
            steps.comments.push(Change::SetTableComment { table: table.clone(), from, to });
        }
    }

    /// The names of keys that are the same otherwise, one by one, so that each is free when it is taken.
    fn primary_key_names(&self, steps: &mut Steps) {
        let mut tables = BTreeMap::new();
        let mut renamed = BTreeMap::new();
        for (a, b) in self.both() {
            let (from, to) = (&a.primary_key, &b.primary_key);
            if from.columns == to.columns && from.name != to.name {
                tables.insert(from.name.clone(), a);
                renamed.insert(to.name.clone(), from.name.clone());
            }
        }
        let stays = self.both().filter(|(a, _)| !tables.contains_key(&a.primary_key.name));
        let taken = stays.map(|(a, _)| a.primary_key.name.clone()).chain(tables.keys().cloned()).collect();
        for (from, to) in name_moves(&renamed, &taken) {
            let Some(table) = tables.remove(&from) else { continue };
            let key = |name: &Identifier| PrimaryKey { name: name.clone(), ..table.primary_key.clone() };
            let change =
                Change::AlterPrimaryKey { table: table.name.clone(), from: key(&from), to: key(&to) };
            steps.renames.push(change);
            tables.insert(to, table);
        }
    }

    /// Whether nothing has a name yet: what is given it could be in the way of something else otherwise.
    fn is_free(&self, name: &Identifier) -> bool {
        !self.from.tables.iter().any(|(other, table)| {
            other == name
                || table.primary_key.name == *name
                || table.uniques.contains_key(name)
                || table.checks.contains_key(name)
                || table.foreign_keys.contains_key(name)
                || table.indexes.contains_key(name)
        })
    }

    /// The keys that differ, and those that stay but are in the way: a database changes neither the type of
    /// a column that a foreign key has or points at, nor the key that it rests on.
    fn foreign_keys(&self, steps: &mut Steps) {
        for (a, b) in self.both() {
            let (mut before, mut after) = (a.foreign_keys.clone(), b.foreign_keys.clone());
            for (name, key) in &a.foreign_keys {
                let stays = after.values().any(|there| there == key);
                if stays && self.is_in_the_way(&a.name, key) {
                    before.remove(name);
                    let (table, name, definition) = (a.name.clone(), name.clone(), key.clone());
                    steps.drop_foreign_keys.push(Change::DropForeignKey { table, name, definition });
                    let again = after.iter().find(|(_, there)| *there == key);
                    if let Some(name) = again.map(|(name, _)| name.clone()) {
                        let (table, definition) = (a.name.clone(), key.clone());
                        after.remove(&name);
                        steps.add_foreign_keys.push(Change::AddForeignKey { table, name, definition });
                    }
                }
            }
            let parts = changed(&before, &after, |name| self.is_free(name));
            for (name, definition) in parts.gone {
                steps.drop_foreign_keys.push(Change::DropForeignKey {
                    table: a.name.clone(),
                    name,
                    definition,
                });
            }
            steps.rename_constraints(&a.name, ConstraintKind::ForeignKey, parts.renamed);
            for (name, definition) in parts.added {
                steps.add_foreign_keys.push(Change::AddForeignKey {
                    table: a.name.clone(),
                    name,
                    definition,
                });
            }
        }
    }

    fn is_in_the_way(&self, table: &Identifier, key: &ForeignKey) -> bool {
        self.any_retyped(table, &key.columns)
            || self.any_retyped(&key.references, &key.referenced_columns)
            || self.loses_key(key)
    }

    fn any_retyped(&self, table: &Identifier, columns: &[Identifier]) -> bool {
        let of = |schema: &Schema, column: &Identifier| {
            let sql_type = &schema.tables.get(table)?.column(column)?.sql_type;
            let labels = sql_type.enum_name().and_then(|name| schema.enums.get(name)).cloned();
            Some((sql_type.clone(), labels))
        };
        columns.iter().any(|column| of(self.from, column) != of(self.to, column))
    }

    /// Whether the key that a foreign key rests on goes, were it only to be made again.
    fn loses_key(&self, key: &ForeignKey) -> bool {
        let of = |schema: &'_ Schema| schema.tables.get(&key.references).cloned();
        let (Some(a), Some(b)) = (of(self.from), of(self.to)) else { return true };
        // The order of a key's columns says nothing about what it rests on.
        let rests = |columns: &[Identifier]| {
            columns.len() == key.referenced_columns.len()
                && columns.iter().all(|column| key.referenced_columns.contains(column))
        };
        let gone = changed(&a.uniques, &b.uniques, |name| self.is_free(name)).gone;
        gone.iter().any(|(_, unique)| rests(&unique.columns))
            || a.primary_key.columns != b.primary_key.columns && rests(&a.primary_key.columns)
    }

    fn columns(&self, a: &Table, b: &Table, steps: &mut Steps) {
        let table = &a.name;
        let before: BTreeMap<_, _> = a.columns.iter().map(|column| (&column.name, column)).collect();
        let after: BTreeSet<_> = b.columns.iter().map(|column| &column.name).collect();
        for column in a.columns.iter().filter(|column| !after.contains(&column.name)) {
            if self.loses_labels(column) && !a.primary_key.columns.contains(&column.name) {
                let (table, column) = (table.clone(), column.clone());
                steps.drop_holders.push(Change::DropColumn { table, column });
                continue;
            }
            let there = self.after_enums(column);
            if there.auto_increment.is_some() && there.default.is_none() && a.primary_key != b.primary_key {
                // Only a key is generated in some databases, and it is none by then.
                let to = Column { auto_increment: None, ..there.clone() };
                steps.alter(table, &there, &to);
                steps.drop_columns.push(Change::DropColumn { table: table.clone(), column: to });
            } else {
                self.clear_default(table, column, steps);
                let column = self.with_clear_default(&there);
                steps.drop_columns.push(Change::DropColumn { table: table.clone(), column });
            }
        }
        for column in &b.columns {
            match before.get(&column.name) {
                Some(there) => {
                    let leaves_key = a.primary_key.columns.contains(&there.name)
                        && !b.primary_key.columns.contains(&column.name);
                    self.column(table, there, column, leaves_key, steps);
                }
                None if column.auto_increment.is_some() && a.primary_key != b.primary_key => {
                    let plain = Column { auto_increment: None, ..column.clone() };
                    let (table, to) = (table.clone(), column.clone());
                    steps.add_columns.push(Change::AddColumn {
                        table: table.clone(),
                        column: plain.clone(),
                        backfill: None,
                    });
                    steps.generate.push(altered(&table, &plain, &to));
                }
                None => steps.add_columns.push(Change::AddColumn {
                    table: table.clone(),
                    column: column.clone(),
                    backfill: None,
                }),
            }
        }
    }

    fn loses_labels(&self, column: &Column) -> bool {
        let labels = |schema: &Schema| {
            column.sql_type.enum_name().and_then(|name| schema.enums.get(name)).map(|one| one.labels.clone())
        };
        let (Some(from), Some(to)) = (labels(self.from), labels(self.to)) else { return false };
        from.iter().any(|label| !to.contains(label))
    }

    /// A column as the changes of its enum leave it: with the default's label under its new name.
    fn after_enums(&self, column: &Column) -> Column {
        let mut column = column.clone();
        if let (SqlType::Enum(name), Some(DefaultValue::Text(label))) =
            (&column.sql_type, &mut column.default)
        {
            if let (Some(from), Some(to)) = (self.from.enums.get(name), self.to.enums.get(name)) {
                if let Some(new) = self.renamed_labels(name, from, to).get(label) {
                    label.clone_from(new);
                }
            }
        }
        column
    }

    /// A column without a default that is no label of its enum any more. What labels an array's default
    /// has is not looked for.
    fn with_clear_default(&self, column: &Column) -> Column {
        let mut column = column.clone();
        if let (SqlType::Array(of), Some(_)) = (&column.sql_type, &column.default) {
            let name = of.enum_name();
            let labels = |schema: &Schema| schema.enums.get(name?).cloned();
            if labels(self.to).is_some() && labels(self.from) != labels(self.to) {
                column.default = None;
            }
        }
        if let (SqlType::Enum(name), Some(DefaultValue::Text(label))) = (&column.sql_type, &column.default) {
            if self.to.enums.get(name).is_some_and(|definition| !definition.labels.contains(label)) {
                column.default = None;
            }
        }
        column
    }

    fn clear_default(&self, table: &Identifier, column: &Column, steps: &mut Steps) {
        let cleared = self.with_clear_default(&self.after_enums(column));
        if cleared.default.is_none() && column.default.is_some() {
            let to = Column { default: None, ..column.clone() };
            steps.clear_defaults.push(altered(table, column, &to));
        }
    }

    fn column(&self, table: &Identifier, a: &Column, b: &Column, leaves_key: bool, steps: &mut Steps) {
        self.clear_default(table, a, steps);
        let mut there = self.with_clear_default(&self.after_enums(a));
        // What is generated must be a key in some databases, and so becomes it last and is it no more first.
        let mut to = Column { comment: there.comment.clone(), ..b.clone() };
        if there.auto_increment.is_none() {
            to.auto_increment = None;
        }
        // No column of a key holds NULL.
        to.nullable &= !leaves_key;
        if there != to {
            steps.alter(table, &there, &to);
        }
        there = to;
        if there.auto_increment != b.auto_increment || there.nullable != b.nullable {
            let to = Column { auto_increment: b.auto_increment, nullable: b.nullable, ..there.clone() };
            steps.generate.push(altered(table, &there, &to));
        }
        if a.comment != b.comment {
            let (from, to) = (a.comment.clone(), b.comment.clone());
            let (table, column) = (table.clone(), a.name.clone());
            steps.comments.push(Change::SetColumnComment { table, column, from, to });
        }
    }
}

fn altered(table: &Identifier, from: &Column, to: &Column) -> Change {
    let (table, from, to) = (table.clone(), from.clone(), to.clone());
    Change::AlterColumn { table, from, to, using: None, backfill: None }
}

impl Steps {
    fn alter(&mut self, table: &Identifier, from: &Column, to: &Column) {
        self.alter_columns.push(altered(table, from, to));
    }

    fn rename_constraints(
        &mut self,
        table: &Identifier,
        kind: ConstraintKind,
        renamed: Vec<(Identifier, Identifier)>,
    ) {
        for (from, to) in renamed {
            self.renames.push(Change::RenameConstraint { table: table.clone(), kind, from, to });
        }
    }
}

/// What differs between two maps of definitions.
struct Changed<T> {
    gone: Vec<(Identifier, T)>,
    /// What is the same under another name.
    renamed: Vec<(Identifier, Identifier)>,
    added: Vec<(Identifier, T)>,
}

fn changed<T: PartialEq + Clone>(
    from: &BTreeMap<Identifier, T>,
    to: &BTreeMap<Identifier, T>,
    is_free: impl Fn(&Identifier) -> bool,
) -> Changed<T> {
    let differing = |(name, there): (&Identifier, &T), others: &BTreeMap<Identifier, T>| {
        (others.get(name) != Some(there)).then(|| (name.clone(), there.clone()))
    };
    let gone: Vec<_> = from.iter().filter_map(|one| differing(one, to)).collect();
    let mut added: Vec<_> = to.iter().filter_map(|one| differing(one, from)).collect();
    let mut changed = Changed { gone: Vec::new(), renamed: Vec::new(), added: Vec::new() };
    for (name, definition) in gone {
        let same = |(new, other): &(Identifier, T)| *other == definition && is_free(new);
        match added.iter().position(same).filter(|_| !to.contains_key(&name)) {
            Some(at) => changed.renamed.push((name, added.remove(at).0)),
            None => changed.gone.push((name, definition)),
        }
    }
    changed.added = added;
    changed
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
