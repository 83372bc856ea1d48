//! What one database has of a schema, and of a list of changes: what exists in others only is left out, so
//! that no dialect's own code needs to know of it.

use std::collections::{BTreeMap, BTreeSet};

use crate::change::ConstraintKind;
use crate::{Change, Column, Dialect, Dialects, Identifier, Schema, Table, TableName, TableOptions, fold};

impl Schema {
    /// The schema as one database has it.
    #[must_use]
    pub fn of(&self, dialect: Dialect) -> Schema {
        let tables = self.tables.iter().map(|(name, table)| (name.clone(), table.of(dialect)));
        Schema { tables: tables.collect(), enums: self.enums.clone(), unmanaged: self.unmanaged.clone() }
    }
}

impl Table {
    /// The table as one database has it.
    #[must_use]
    pub fn of(&self, dialect: Dialect) -> Table {
        let mut table = self.clone();
        table.uniques.retain(|_, unique| keep(&mut unique.dialects, dialect));
        table.checks.retain(|_, check| keep(&mut check.dialects, dialect));
        table.foreign_keys.retain(|_, key| keep(&mut key.dialects, dialect));
        table.indexes.retain(|_, index| keep(&mut index.dialects, dialect));
        table.options = table.options.of(dialect);
        table.columns.iter_mut().for_each(|column| keep_collation(column, dialect));
        table
    }
}

/// Whether something is there in a database; then the others are forgotten.
fn keep(dialects: &mut Dialects, dialect: Dialect) -> bool {
    let is_there = dialects.include(dialect);
    *dialects = Dialects::default();
    is_there
}

/// A column has a collation for each database.
fn keep_collation(column: &mut Column, dialect: Dialect) {
    column.collations.retain(|other, _| *other == dialect);
}

/// A schema in which what some changes let go, or take care of again, was there all the time: to a database
/// that is no change.
pub(crate) fn with_handed_over(mut schema: Schema, changes: &[Change]) -> Schema {
    for change in changes {
        match change {
            Change::AdoptEnum { name, .. } | Change::ReleaseEnum { name, .. } => {
                schema.enums.extend(schema.unmanaged.enums.remove_entry(name));
            }
            Change::AdoptTable { table } | Change::ReleaseTable { table } => {
                schema.tables.extend(schema.unmanaged.tables.remove_entry(&table.name));
            }
            _ => {}
        }
    }
    schema
}

/// The changes that one database sees of those that are made to a schema which they fit.
pub(crate) fn changes(before: &Schema, changes: &[Change], dialect: Dialect) -> Vec<Change> {
    let mut schema = before.clone();
    let mut own = Vec::new();
    for change in changes {
        own.extend(change_of(&schema, change, dialect));
        // That it fits was found before.
        let _ = fold(&mut schema, std::slice::from_ref(change));
    }
    take_out_pairs(&mut own, |drop, between| {
        // What a column takes along when it goes must be made again, and what is said of another that has its
        // name by then is another thing.
        let is_other = |change: &Change| {
            matches!(change, Change::DropColumn { .. } | Change::RenameColumn { .. })
                && change.table() == drop.table()
        };
        !is_foreign_key(drop) && !between.iter().any(is_other)
    });
    take_out_pairs(&mut own, |drop, between| {
        is_foreign_key(drop) && !between.iter().any(|change| is_in_the_way(drop, change))
    });
    own
}

/// `schema` is the one that the change comes to.
fn change_of(schema: &Schema, change: &Change, dialect: Dialect) -> Option<Change> {
    let mut change = change.clone();
    let is_there = match &mut change {
        Change::CreateTable { table } | Change::DropTable { table } => {
            *table = table.of(dialect);
            true
        }
        Change::AddColumn { column, .. } | Change::DropColumn { column, .. } => {
            keep_collation(column, dialect);
            true
        }
        Change::AlterColumn { from, to, .. } => {
            keep_collation(from, dialect);
            keep_collation(to, dialect);
            from != to
        }
        Change::AddUnique { definition, .. } | Change::DropUnique { definition, .. } => {
            keep(&mut definition.dialects, dialect)
        }
        Change::AddCheck { definition, .. } | Change::DropCheck { definition, .. } => {
            keep(&mut definition.dialects, dialect)
        }
        Change::AddForeignKey { definition, .. } | Change::DropForeignKey { definition, .. } => {
            keep(&mut definition.dialects, dialect)
        }
        Change::AddIndex { definition, .. } | Change::DropIndex { definition, .. } => {
            keep(&mut definition.dialects, dialect)
        }
        Change::RenameIndex { table, from, .. } => {
            schema.tables.get(table).is_none_or(|table| table.of(dialect).indexes.contains_key(from))
        }
        Change::RenameConstraint { table, kind, from, .. } => schema.tables.get(table).is_none_or(|table| {
            let table = table.of(dialect);
            match kind {
                ConstraintKind::Unique => table.uniques.contains_key(from),
                ConstraintKind::Check => table.checks.contains_key(from),
                ConstraintKind::ForeignKey => table.foreign_keys.contains_key(from),
            }
        }),
        Change::SetTableOptions { from, to, .. } => {
            let of = |options: &TableOptions| options.of(dialect);
            (*from, *to) = (of(from), of(to));
            from != to
        }
        Change::ReleaseEnum { .. }
        | Change::AdoptEnum { .. }
        | Change::ReleaseTable { .. }
        | Change::AdoptTable { .. } => false,
        _ => true,
    };
    is_there.then_some(change)
}

/// Takes out what is dropped and added again: it stays, and it was for another database that it had to go.
fn take_out_pairs(changes: &mut Vec<Change>, may_stay: impl Fn(&Change, &[Change]) -> bool) {
    let mut added: BTreeMap<_, Vec<usize>> = BTreeMap::new();
    for (number, change) in changes.iter().enumerate() {
        if let Some(part) = added_part(change) {
            added.entry(part).or_default().push(number);
        }
    }
    let mut out = BTreeSet::new();
    for (number, drop) in changes.iter().enumerate() {
        let Some(part) = dropped_part(drop) else { continue };
        let later = added.get(&part).into_iter().flatten().filter(|at| **at > number);
        let pair = later.copied().find(|at| {
            !out.contains(at) && drop.is_same_part(&changes[*at]) && may_stay(drop, &changes[number + 1..*at])
        });
        out.extend(pair.into_iter().flat_map(|at| [number, at]));
    }
    let mut number = 0..;
    changes.retain(|_| number.next().is_none_or(|number| !out.contains(&number)));
}

/// The table and the name of a constraint or an index that a change adds.
fn added_part(change: &Change) -> Option<(&TableName, &Identifier)> {
    match change {
        Change::AddUnique { table, name, .. }
        | Change::AddCheck { table, name, .. }
        | Change::AddForeignKey { table, name, .. }
        | Change::AddIndex { table, name, .. } => Some((table, name)),
        _ => None,
    }
}

fn dropped_part(change: &Change) -> Option<(&TableName, &Identifier)> {
    match change {
        Change::DropUnique { table, name, .. }
        | Change::DropCheck { table, name, .. }
        | Change::DropForeignKey { table, name, .. }
        | Change::DropIndex { table, name, .. } => Some((table, name)),
        _ => None,
    }
}

fn is_foreign_key(change: &Change) -> bool {
    matches!(change, Change::AddForeignKey { .. } | Change::DropForeignKey { .. })
}

/// Whether a foreign key may have to go while a change is made: one of its tables, or of an enum.
fn is_in_the_way(key: &Change, change: &Change) -> bool {
    let Change::DropForeignKey { table, definition, .. } = key else { return true };
    let of_key = |name: &TableName| name == table || *name == definition.references;
    let harmless = is_foreign_key(change)
        || matches!(change, Change::SetTableComment { .. } | Change::SetColumnComment { .. });
    !harmless && change.table().is_none_or(of_key)
}

impl Change {
    /// Whether this drops the constraint or index that the other adds.
    fn is_same_part(&self, add: &Change) -> bool {
        match (self, add) {
            (Change::DropUnique { definition: a, .. }, Change::AddUnique { definition: b, .. }) => a == b,
            (Change::DropCheck { definition: a, .. }, Change::AddCheck { definition: b, .. }) => a == b,
            (Change::DropForeignKey { definition: a, .. }, Change::AddForeignKey { definition: b, .. }) => {
                a == b
            }
            (Change::DropIndex { definition: a, .. }, Change::AddIndex { definition: b, .. }) => a == b,
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Check, Expression, Index, IndexKey, IndexTarget, PrimaryKey, Renames, SqlType, diff};

    fn name(text: &str) -> Identifier {
        Identifier::new(text).unwrap()
    }

    /// A page with an index and a check that these databases have.
    fn pages(dialects: &Dialects) -> Schema {
        let column = |text: &str| Column {
            name: name(text),
            sql_type: SqlType::Integer,
            nullable: false,
            default: None,
            auto_increment: None,
            generated: None,
            collations: Default::default(),
            comment: None,
        };
        let mut table = Table {
            name: name("page").into(),
            columns: vec![column("id"), column("size")],
            primary_key: PrimaryKey { name: name("page_pkey"), columns: vec![name("id")] },
            uniques: Default::default(),
            checks: Default::default(),
            foreign_keys: Default::default(),
            indexes: Default::default(),
            options: TableOptions::default(),
            comment: None,
        };
        let expression = Expression::new("size > 0").unwrap();
        table.checks.insert(name("page_check"), Check { expression, dialects: dialects.clone() });
        let keys = vec![IndexKey::new(IndexTarget::Column(name("size")))];
        let index = Index { keys, dialects: dialects.clone(), ..Index::default() };
        table.indexes.insert(name("page_size_idx"), index);
        Schema { tables: [(table.name.clone(), table)].into(), ..Schema::default() }
    }

    fn seen(before: &Schema, after: &Schema, dialect: Dialect) -> Vec<String> {
        let made = diff(before, after, &Renames::default());
        changes(before, &made, dialect).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn what_stays_in_a_database_is_no_change_of_it() {
        let everywhere = pages(&Dialects::default());
        let on_postgres = pages(&Dialects::only([Dialect::Postgres]));
        assert_eq!(seen(&everywhere, &on_postgres, Dialect::Postgres), [""; 0]);
        let gone = ["drop index `page_size_idx` of `page`", "drop check `page_check` of `page`"];
        assert_eq!(seen(&everywhere, &on_postgres, Dialect::Sqlite), gone);
        assert_eq!(seen(&on_postgres, &everywhere, Dialect::Postgres), [""; 0]);
        assert_eq!(seen(&on_postgres, &everywhere, Dialect::Mysql).len(), 2);
        assert_eq!(seen(&Schema::default(), &on_postgres, Dialect::Mysql), ["create table `page`"]);
    }

    #[test]
    fn a_rename_is_one_where_the_thing_is() {
        let before = pages(&Dialects::only([Dialect::Sqlite]));
        let mut after = before.clone();
        let table = after.tables.get_mut(&name("page").into()).unwrap();
        let index = table.indexes.remove(&name("page_size_idx")).unwrap();
        table.indexes.insert(name("sizes"), index);
        assert_eq!(seen(&before, &after, Dialect::Postgres), [""; 0]);
        assert_eq!(
            seen(&before, &after, Dialect::Sqlite),
            ["rename index `page_size_idx` of `page` to `sizes`"]
        );
    }

    #[test]
    fn options_are_a_change_of_their_own_database() {
        let before = pages(&Dialects::default());
        let mut after = before.clone();
        after.tables.get_mut(&name("page").into()).unwrap().options.sqlite.strict = true;
        assert_eq!(seen(&before, &after, Dialect::Mysql), [""; 0]);
        assert_eq!(
            seen(&before, &after, Dialect::Sqlite),
            ["change the options of table `page`: sqlite(strict)"]
        );
    }
}
