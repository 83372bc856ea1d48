//! Applying changes to a schema: the state of a schema is the fold of all changes so far.

use std::collections::BTreeMap;

use crate::{Change, Identifier, Schema, Table};

/// A change that does not fit the schema it is applied to.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("cannot {change}: {reason}")]
pub struct FoldError {
    /// The change, in words.
    pub change: String,
    /// Why it does not fit.
    pub reason: &'static str,
}

/// Applies changes to a schema, one after the other.
///
/// ```
/// use fenrir_schema::{Change, EnumType, Identifier, Schema, fold};
///
/// let definition = EnumType { labels: vec!["active".to_owned()] };
/// let create = Change::CreateEnum { name: Identifier::new("status")?, definition };
/// let mut schema = Schema::default();
/// fold(&mut schema, &[create.clone()])?;
/// assert!(fold(&mut schema, &[create]).is_err(), "it is there already");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// At the first change that does not fit: the thing it creates is there, or the thing it changes or
/// drops is not, or is not as the change says. The schema then holds the changes before it.
pub fn fold(schema: &mut Schema, changes: &[Change]) -> Result<(), FoldError> {
    changes.iter().try_for_each(|change| {
        apply(schema, change).map_err(|reason| FoldError { change: change.to_string(), reason })
    })
}

fn apply(schema: &mut Schema, change: &Change) -> Result<(), &'static str> {
    use Change::*;
    match change {
        CreateEnum { name, definition } => insert(&mut schema.enums, name, definition),
        DropEnum { name, definition } => remove(&mut schema.enums, name, definition),
        CreateTable { table } => insert(&mut schema.tables, &table.name, table),
        DropTable { table } => match schema.tables.get(&table.name) {
            None => Err(ABSENT),
            Some(there) if there.canonical() != table.canonical() => Err(DIFFERENT),
            Some(_) => {
                schema.tables.remove(&table.name);
                Ok(())
            }
        },
        AddColumn { table, column, .. } => {
            let table = find(schema, table)?;
            if table.column(&column.name).is_some() {
                return Err(PRESENT);
            }
            table.columns.push(column.clone());
            Ok(())
        }
        DropColumn { table, column } => {
            let table = find(schema, table)?;
            let index = table.columns.iter().position(|there| there.name == column.name).ok_or(ABSENT)?;
            if table.columns[index] != *column {
                return Err(DIFFERENT);
            }
            table.columns.remove(index);
            Ok(())
        }
        AlterColumn { table, from, to, .. } => {
            let table = find(schema, table)?;
            let there = table.columns.iter_mut().find(|there| there.name == from.name).ok_or(ABSENT)?;
            if *there != *from || from.name != to.name {
                return Err(DIFFERENT);
            }
            there.clone_from(to);
            Ok(())
        }
        AddUnique { table, name, definition } => insert(&mut find(schema, table)?.uniques, name, definition),
        DropUnique { table, name, definition } => remove(&mut find(schema, table)?.uniques, name, definition),
        AddCheck { table, name, definition } => insert(&mut find(schema, table)?.checks, name, definition),
        DropCheck { table, name, definition } => remove(&mut find(schema, table)?.checks, name, definition),
        AddForeignKey { table, name, definition } => {
            insert(&mut find(schema, table)?.foreign_keys, name, definition)
        }
        DropForeignKey { table, name, definition } => {
            remove(&mut find(schema, table)?.foreign_keys, name, definition)
        }
        AddIndex { table, name, definition } => insert(&mut find(schema, table)?.indexes, name, definition),
        DropIndex { table, name, definition } => remove(&mut find(schema, table)?.indexes, name, definition),
        SetTableComment { table, from, to } => replace(&mut find(schema, table)?.comment, from, to),
        SetColumnComment { table, column, from, to } => {
            let table = find(schema, table)?;
            let column = table.columns.iter_mut().find(|there| there.name == *column).ok_or(ABSENT)?;
            replace(&mut column.comment, from, to)
        }
    }
}

const PRESENT: &str = "it is there already";
const ABSENT: &str = "it is not there";
const DIFFERENT: &str = "what is there differs from what the change says";

fn find<'a>(schema: &'a mut Schema, table: &Identifier) -> Result<&'a mut Table, &'static str> {
    schema.tables.get_mut(table).ok_or("its table is not there")
}

fn insert<T: Clone>(
    map: &mut BTreeMap<Identifier, T>,
    name: &Identifier,
    value: &T,
) -> Result<(), &'static str> {
    if map.contains_key(name) {
        return Err(PRESENT);
    }
    map.insert(name.clone(), value.clone());
    Ok(())
}

fn remove<T: PartialEq>(
    map: &mut BTreeMap<Identifier, T>,
    name: &Identifier,
    value: &T,
) -> Result<(), &'static str> {
    match map.get(name) {
        None => Err(ABSENT),
        Some(there) if there != value => Err(DIFFERENT),
        Some(_) => {
            map.remove(name);
            Ok(())
        }
    }
}

fn replace<T: Clone + PartialEq>(
    place: &mut Option<T>,
    from: &Option<T>,
    to: &Option<T>,
) -> Result<(), &'static str> {
    if place != from {
        return Err(DIFFERENT);
    }
    place.clone_from(to);
    Ok(())
}
