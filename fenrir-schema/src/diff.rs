//! Finding the changes that lead from one schema to another.

mod generated;

use std::collections::{BTreeMap, BTreeSet};

use crate::change::ConstraintKind;
use crate::renames::{self, table_moves};
use crate::{
    Change, Column, DefaultValue, EnumType, Expression, ForeignKey, Generated, Identifier, PrimaryKey,
    Renames, Schema, SqlType, Table, TableName, fold,
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
    let (mut renamed, mut changes) = rename(from, to, renames);
    crate::unmanaged::hand_over(&mut renamed, to, &mut changes);
    changes.extend(Diff { from: &renamed, to, renames }.changes());
    changes
}

impl Renames {
    /// A schema with everything under its new name, and the changes that lead there. What names a column in
    /// an expression that cannot be renamed goes first.
    ///
    /// ```
    /// use fenrir_schema::{Renames, Schema};
    ///
    /// let (schema, changes) = Renames::default().apply(&Schema::default(), &Schema::default());
    /// assert!(schema.tables.is_empty() && changes.is_empty());
    /// ```
    #[must_use]
    pub fn apply(&self, from: &Schema, to: &Schema) -> (Schema, Vec<Change>) {
        let mut schema = from.clone();
        let mut changes = Vec::new();
        let pending = self.changes(from, to);
        for (number, change) in pending.iter().enumerate() {
            if let Change::RenameColumn { table, .. } = change {
                let is_kept = |column: &Identifier| generated::is_kept(to, table, column, &pending[number..]);
                for drop in unclear(&schema, change, is_kept) {
                    apply(&mut schema, drop, &mut changes);
                }
            }
            if let Change::RenameTable { from, to } = change {
                for aside in taken_there(&schema, from, to) {
                    apply(&mut schema, aside, &mut changes);
                }
            }
            apply(&mut schema, change.clone(), &mut changes);
        }
        (schema, changes)
    }
}

/// The schema with everything under its new name, and the changes that lead there. What cannot stay meanwhile
/// is added again with what else differs.
fn rename(from: &Schema, to: &Schema, renames: &Renames) -> (Schema, Vec<Change>) {
    let (mut schema, mut changes) = renames.apply(from, to);
    for drop in generated::entangled(&schema, to) {
        apply(&mut schema, drop, &mut changes);
    }
    (schema, changes)
}

/// Puts what a table takes along into another schema under names that nothing there has: PostgreSQL keeps
/// tables and indexes of a schema under one roof. They get their names with what else differs.
fn taken_there(schema: &Schema, from: &TableName, to: &TableName) -> Vec<Change> {
    let Some(table) = schema.tables.get(from).filter(|_| from.schema != to.schema) else { return Vec::new() };
    let taken = |name: &Identifier| {
        let mut there = schema.tables.values().filter(|table| table.name.schema == to.schema);
        there.any(|table| table.name.name == *name || table.relations().any(|relation| relation == name))
    };
    let aside = |name: &Identifier| taken(name).then(|| (name.clone(), renames::aside(name)));
    let table_name = || table.name.clone();
    let uniques = table.uniques.keys().filter_map(aside).map(|(from, to)| Change::RenameConstraint {
        table: table_name(),
        kind: ConstraintKind::Unique,
        from,
        to,
    });
    let indexes = table.indexes.keys().filter_map(aside);
    let indexes = indexes.map(|(from, to)| Change::RenameIndex { table: table_name(), from, to });
    let key = aside(&table.primary_key.name).map(|(_, name)| Change::AlterPrimaryKey {
        table: table_name(),
        from: table.primary_key.clone(),
        to: PrimaryKey { name, ..table.primary_key.clone() },
    });
    key.into_iter().chain(uniques).chain(indexes).collect()
}

/// A change that cannot be made here is none.
pub(crate) fn apply(schema: &mut Schema, change: Change, changes: &mut Vec<Change>) {
    if fold(schema, std::slice::from_ref(&change)).is_ok() {
        changes.push(change);
    }
}

/// Drops what has an expression in which a column cannot be renamed. A generated column whose values are kept
/// is generated no more.
fn unclear(schema: &Schema, rename: &Change, is_kept: impl Fn(&Identifier) -> bool) -> Vec<Change> {
    let Change::RenameColumn { table: name, from: old, to: new } = rename else { return Vec::new() };
    let Some(table) = schema.tables.get(name) else { return Vec::new() };
    let is_unclear = |expression: &Expression| expression.renamed(old, new).is_none();
    let checks = table.checks.iter().filter(|(_, check)| is_unclear(&check.expression));
    let mut drops: Vec<_> = checks
        .map(|(check, definition)| Change::DropCheck {
            table: name.clone(),
            name: check.clone(),
            definition: definition.clone(),
        })
        .collect();
    for (index, definition) in &table.indexes {
        if definition.expressions().any(is_unclear) {
            let (table, name, definition) = (name.clone(), index.clone(), definition.clone());
            drops.push(Change::DropIndex { table, name, definition });
        }
    }
    for column in &table.columns {
        if column.generated.as_ref().is_some_and(|generated| is_unclear(&generated.expression)) {
            if is_kept(&column.name) {
                drops.push(altered(name, column, &Column { generated: None, ..column.clone() }));
            } else {
                drops.extend(generated::drop_with_all(schema, table, column));
            }
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
    options: Vec<Change>,
    /// Columns whose enums lose labels: those of their values are in the way of nothing.
    drop_holders: Vec<Change>,
    /// Defaults that are labels which their enums lose.
    clear_defaults: Vec<Change>,
    /// Columns that are generated no more: what they were generated from may become other columns.
    ungenerate_columns: Vec<Change>,
    add_columns: Vec<Change>,
    alter_columns: Vec<Change>,
    primary_keys: Vec<Change>,
    /// What only a key can have.
    generate: Vec<Change>,
    /// Generated columns, before what they are generated from.
    drop_generated: Vec<Change>,
    /// Columns that are generated from others, which are there by then, and as they are to be.
    generate_columns: Vec<Change>,
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
        let (create_tables, circular) = creations(self.to, self.from, |_, _| false);
        // A drop is the creation read backwards.
        let (dropped_tables, dropped_circular) =
            creations(self.from, self.to, |table, key| self.is_in_the_way(table, key));

        // A column may be filled from a table that goes; but what is in the way of another goes first.
        let mut dropped_tables = crate::invert(&dropped_tables);
        let dropped_first = if self.are_in_the_way(&dropped_tables) {
            std::mem::take(&mut dropped_tables)
        } else {
            Vec::new()
        };

        // What points goes before what it points at, and comes after it; read backwards, the same holds.
        let mut changes = steps.drop_foreign_keys;
        changes.extend(crate::invert(&dropped_circular));
        changes.extend(dropped_first);
        changes.extend(steps.drop_others);
        changes.extend(steps.options);
        changes.extend(create_enums);
        changes.extend(steps.ungenerate_columns);
        changes.extend(steps.drop_holders);
        changes.extend(steps.clear_defaults);
        changes.extend(alter_enums);
        // A backfill may read a column that goes.
        changes.extend(steps.add_columns);
        changes.extend(steps.alter_columns);
        changes.extend(steps.primary_keys);
        changes.extend(steps.generate);
        changes.extend(steps.drop_generated);
        changes.extend(steps.generate_columns);
        changes.extend(steps.drop_columns);
        changes.extend(dropped_tables);
        changes.extend(steps.renames);
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
        self.columns(a, b, steps);
        let parts = changed(&a.indexes, &b.indexes, |name| self.is_free(&a.name, name));
        for (name, definition) in parts.gone {
            steps.drop_others.push(Change::DropIndex { table: table.clone(), name, definition });
        }
        for (from, to) in parts.renamed {
            steps.renames.push(Change::RenameIndex { table: table.clone(), from, to });
        }
        for (name, definition) in parts.added {
            steps.add_others.push(Change::AddIndex { table: table.clone(), name, definition });
        }
        let parts = changed(&a.checks, &b.checks, |name| self.is_free(&a.name, name));
        for (name, definition) in parts.gone {
            steps.drop_others.push(Change::DropCheck { table: table.clone(), name, definition });
        }
        steps.rename_constraints(table, ConstraintKind::Check, parts.renamed);
        for (name, definition) in parts.added {
            steps.add_others.push(Change::AddCheck { table: table.clone(), name, definition });
        }
        let parts = changed(&a.uniques, &b.uniques, |name| self.is_free(&a.name, name));
        for (name, definition) in parts.gone {
            steps.drop_others.push(Change::DropUnique { table: table.clone(), name, definition });
        }
        steps.rename_constraints(table, ConstraintKind::Unique, parts.renamed);
        for (name, definition) in parts.added {
            steps.add_others.push(Change::AddUnique { table: table.clone(), name, definition });
        }
        if a.options != b.options {
            let (from, to) = (a.options.clone(), b.options.clone());
            steps.options.push(Change::SetTableOptions { table: table.clone(), from, to });
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
        // Each schema has names of its own.
        let place = |table: &Table, key: &PrimaryKey| table.name.beside(key.name.clone());
        for (a, b) in self.both() {
            let (from, to) = (&a.primary_key, &b.primary_key);
            if from.columns == to.columns && from.name != to.name && a.has_primary_key() {
                tables.insert(place(a, from), a);
                renamed.insert(place(b, to), place(a, from));
            }
        }
        let stays =
            self.both().map(|(a, _)| place(a, &a.primary_key)).filter(|key| !tables.contains_key(key));
        let taken = stays.chain(tables.keys().cloned()).collect();
        for (from, to) in table_moves(&renamed, &taken) {
            let Some(table) = tables.remove(&from) else { continue };
            let key = |name: &TableName| PrimaryKey { name: name.name.clone(), ..table.primary_key.clone() };
            let change =
                Change::AlterPrimaryKey { table: table.name.clone(), from: key(&from), to: key(&to) };
            steps.renames.push(change);
            tables.insert(to, table);
        }
    }

    /// Whether nothing beside a table has a name yet: what is given it could be in the way of something else
    /// otherwise.
    fn is_free(&self, beside: &TableName, name: &Identifier) -> bool {
        !self.from.tables.iter().filter(|(other, _)| other.schema == beside.schema).any(|(other, table)| {
            other.name == *name
                || table.relations().any(|relation| relation == name)
                || table.checks.contains_key(name)
                || table.foreign_keys.contains_key(name)
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
            let parts = changed(&before, &after, |name| self.is_free(&a.name, name));
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

    /// Whether tables that go have what others are to get: rows with labels that their enums lose, or the
    /// name of a new enum, which PostgreSQL has room for once.
    fn are_in_the_way(&self, dropped: &[Change]) -> bool {
        let mut tables = dropped.iter().filter_map(|change| match change {
            Change::DropTable { table } => Some(table),
            _ => None,
        });
        let is_new =
            |name: &Identifier| self.to.enums.contains_key(name) && !self.from.enums.contains_key(name);
        tables.any(|table| {
            is_new(&table.name.name) || table.columns.iter().any(|column| self.loses_labels(column))
        })
    }

    fn is_in_the_way(&self, table: &TableName, key: &ForeignKey) -> bool {
        self.keeps_texts_otherwise(table)
            || self.keeps_texts_otherwise(&key.references)
            || self.any_retyped(table, &key.columns)
            || self.any_retyped(&key.references, &key.referenced_columns)
            || self.loses_key(key)
    }

    fn keeps_texts_otherwise(&self, table: &TableName) -> bool {
        let (a, b) = (self.from.tables.get(table), self.to.tables.get(table));
        a.zip(b).is_some_and(|(a, b)| b.options.keep_texts_otherwise(&a.options))
    }

    /// Whether columns become others, or are made anew with those that they are generated from.
    fn any_retyped(&self, table: &TableName, columns: &[Identifier]) -> bool {
        let Some(there) = self.from.tables.get(table) else { return false };
        let is_another = |name: &Identifier| {
            generated::is_another(self.from, self.to, table, name)
                || there.column(name).is_some_and(|column| self.swaps_labels(column))
        };
        columns.iter().any(|name| {
            let generated = there.column(name).and_then(|column| column.generated.as_ref());
            let from_another = |generated: &Generated| {
                let mut names = there.columns.iter().map(|column| &column.name);
                names.any(|name| generated.expression.mentions(name) && is_another(name))
            };
            is_another(name) || generated.is_some_and(from_another)
        })
    }

    /// Whether the key that a foreign key rests on goes, were it only to be made again.
    fn loses_key(&self, key: &ForeignKey) -> bool {
        let of = |schema: &'_ Schema| schema.tables.get(&key.references).cloned();
        let (a, b) = match (of(self.from), of(self.to)) {
            (Some(a), Some(b)) => (a, b),
            // Of what is left alone, nothing goes.
            (None, None) => return false,
            _ => return true,
        };
        // The order of a key's columns says nothing about what it rests on.
        let rests = |columns: &[Identifier]| {
            columns.len() == key.referenced_columns.len()
                && columns.iter().all(|column| key.referenced_columns.contains(column))
        };
        let gone = changed(&a.uniques, &b.uniques, |name| self.is_free(&a.name, name)).gone;
        gone.iter().any(|(_, unique)| rests(&unique.columns))
            || a.primary_key.columns != b.primary_key.columns && rests(&a.primary_key.columns)
    }

    fn columns(&self, a: &Table, b: &Table, steps: &mut Steps) {
        let table = &a.name;
        let before: BTreeMap<_, _> = a.columns.iter().map(|column| (&column.name, column)).collect();
        let after: BTreeSet<_> = b.columns.iter().map(|column| &column.name).collect();
        // A generated column comes with its key, and goes with it: some databases generate keys only.
        let other_key = a.primary_key.columns != b.primary_key.columns;
        let comes_with_key = |column: &Column| {
            other_key && column.auto_increment.is_some() && b.primary_key.columns.contains(&column.name)
        };
        let new = b.columns.iter().filter(|column| !before.contains_key(&column.name));
        for column in new.filter(|column| comes_with_key(column)) {
            let (table, column) = (table.clone(), column.clone());
            steps.primary_keys.push(Change::AddColumn { table, column, backfill: None });
        }
        if other_key {
            let (from, to) = (a.primary_key.clone(), b.primary_key.clone());
            steps.primary_keys.push(Change::AlterPrimaryKey { table: table.clone(), from, to });
        }
        for column in a.columns.iter().filter(|column| !after.contains(&column.name)) {
            let of_key = a.primary_key.columns.contains(&column.name);
            if self.loses_labels(column) && !of_key {
                let (table, column) = (table.clone(), column.clone());
                steps.drop_holders.push(Change::DropColumn { table, column });
                continue;
            }
            if column.generated.is_some() {
                let (table, column) = (table.clone(), column.clone());
                steps.drop_generated.push(Change::DropColumn { table, column });
                continue;
            }
            self.clear_default(table, column, steps);
            let column = self.with_clear_default(&self.after_enums(column));
            let drops = if of_key { &mut steps.primary_keys } else { &mut steps.drop_columns };
            drops.push(Change::DropColumn { table: table.clone(), column });
        }
        for column in &b.columns {
            match before.get(&column.name) {
                Some(there) => {
                    let leaves_key = a.primary_key.columns.contains(&there.name)
                        && !b.primary_key.columns.contains(&column.name);
                    self.column(table, there, column, leaves_key, steps);
                }
                None if comes_with_key(column) => {}
                None => {
                    let (table, column) = (table.clone(), column.clone());
                    let step = if column.generated.is_some() {
                        &mut steps.generate_columns
                    } else {
                        &mut steps.add_columns
                    };
                    step.push(Change::AddColumn { table, column, backfill: None });
                }
            }
        }
    }

    /// Whether labels of its enum change their names among themselves: the enum is the same then, and its
    /// values are not.
    fn swaps_labels(&self, column: &Column) -> bool {
        let Some(name) = column.sql_type.enum_name() else { return false };
        let both = self.from.enums.get(name).zip(self.to.enums.get(name));
        both.is_some_and(|(from, to)| !self.renamed_labels(name, from, to).is_empty())
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

    fn clear_default(&self, table: &TableName, column: &Column, steps: &mut Steps) {
        let cleared = self.with_clear_default(&self.after_enums(column));
        if cleared.default.is_none() && column.default.is_some() {
            let to = Column { default: None, ..column.clone() };
            steps.clear_defaults.push(altered(table, column, &to));
        }
    }

    fn column(&self, table: &TableName, a: &Column, b: &Column, leaves_key: bool, steps: &mut Steps) {
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
            match (&there.generated, &to.generated) {
                (_, Some(_)) => steps.generate_columns.push(altered(table, &there, &to)),
                (Some(_), None) => {
                    // As it is otherwise: an enum that it is to hold may come, or change, after this.
                    let plain = Column { generated: None, ..there.clone() };
                    steps.ungenerate_columns.push(altered(table, &there, &plain));
                    if plain != to {
                        steps.alter(table, &plain, &to);
                    }
                }
                (None, None) => steps.alter(table, &there, &to),
            }
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

fn altered(table: &TableName, from: &Column, to: &Column) -> Change {
    let (table, from, to) = (table.clone(), from.clone(), to.clone());
    Change::AlterColumn { table, from, to, using: None, backfill: None }
}

impl Steps {
    fn alter(&mut self, table: &TableName, from: &Column, to: &Column) {
        self.alter_columns.push(altered(table, from, to));
    }

    fn rename_constraints(
        &mut self,
        table: &TableName,
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
/// be added after it, because they point at a table that is created later, or for another reason.
fn creations(
    schema: &Schema,
    other: &Schema,
    is_apart: impl Fn(&TableName, &ForeignKey) -> bool,
) -> (Vec<Change>, Vec<Change>) {
    let new: BTreeSet<_> = schema.tables.keys().filter(|name| !other.tables.contains_key(*name)).collect();
    let (mut tables, mut keys) = (Vec::new(), Vec::new());
    let mut created = BTreeSet::new();
    for name in schema.creation_order(&new) {
        created.insert(name);
        let mut table = schema.tables[name].clone();
        let is_later = |key: &ForeignKey| {
            if new.contains(&key.references) {
                !created.contains(&key.references)
            } else {
                is_apart(name, key)
            }
        };
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
