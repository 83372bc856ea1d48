//! Applying changes to a schema: the state of a schema is the fold of all changes so far.

use std::collections::BTreeMap;

use crate::change::ConstraintKind;
use crate::{Change, DefaultValue, Expression, Identifier, IndexTarget, Schema, SqlType, Table, TableName};

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
        DropTable { table } => take_table(table, &mut schema.tables).map(drop),
        ReleaseEnum { name, definition } => {
            remove(&mut schema.enums, name, definition)?;
            insert(&mut schema.unmanaged.enums, name, definition)
        }
        AdoptEnum { name, definition } => {
            remove(&mut schema.unmanaged.enums, name, definition)?;
            insert(&mut schema.enums, name, definition)
        }
        ReleaseTable { table } => {
            let Schema { tables, unmanaged, .. } = schema;
            move_table(table, tables, &mut unmanaged.tables)
        }
        AdoptTable { table } => {
            let Schema { tables, unmanaged, .. } = schema;
            move_table(table, &mut unmanaged.tables, tables)
        }
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
        RenameEnum { from, to } => rename_enum(schema, from, to),
        AlterEnum { name, from, to, renamed } => {
            replace_in(&mut schema.enums, name, from, to)?;
            for column in schema.all_tables_mut().flat_map(|table| &mut table.columns) {
                // The default is a label, and follows it.
                if let (SqlType::Enum(of), Some(DefaultValue::Text(label))) =
                    (&column.sql_type, &mut column.default)
                {
                    if let Some(new) = renamed.get(label).filter(|_| of == name) {
                        label.clone_from(new);
                    }
                }
            }
            Ok(())
        }
        RenameTable { from, to } => rename_table(schema, from, to),
        RenameColumn { table, from, to } => rename_column(schema, table, from, to, |expression| {
            *expression = expression.renamed(from, to).ok_or(UNCLEAR)?;
            Ok(())
        }),
        AlterPrimaryKey { table, from, to } => {
            let table = find(schema, table)?;
            if table.primary_key != *from {
                return Err(DIFFERENT);
            }
            table.primary_key.clone_from(to);
            Ok(())
        }
        RenameConstraint { table, kind, from, to } => {
            let table = find(schema, table)?;
            match kind {
                ConstraintKind::Unique => rename(&mut table.uniques, from, to),
                ConstraintKind::Check => rename(&mut table.checks, from, to),
                ConstraintKind::ForeignKey => rename(&mut table.foreign_keys, from, to),
            }
        }
        RenameIndex { table, from, to } => rename(&mut find(schema, table)?.indexes, from, to),
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
        SetTableOptions { table, from, to } => {
            let table = find(schema, table)?;
            if table.options != *from {
                return Err(DIFFERENT);
            }
            table.options.clone_from(to);
            Ok(())
        }
        SetTableComment { table, from, to } => replace(&mut find(schema, table)?.comment, from, to),
        SetColumnComment { table, column, from, to } => {
            let table = find(schema, table)?;
            let column = table.columns.iter_mut().find(|there| there.name == *column).ok_or(ABSENT)?;
            replace(&mut column.comment, from, to)
        }
    }
}

fn take_table(table: &Table, from: &mut BTreeMap<TableName, Table>) -> Result<Table, &'static str> {
    match from.remove(&table.name) {
        None => Err(ABSENT),
        Some(there) if there.canonical() != table.canonical() => {
            from.insert(there.name.clone(), there);
            Err(DIFFERENT)
        }
        Some(there) => Ok(there),
    }
}

fn move_table(
    table: &Table,
    from: &mut BTreeMap<TableName, Table>,
    to: &mut BTreeMap<TableName, Table>,
) -> Result<(), &'static str> {
    if to.contains_key(&table.name) {
        return Err(PRESENT);
    }
    let there = take_table(table, from)?;
    to.insert(there.name.clone(), there);
    Ok(())
}

const PRESENT: &str = "it is there already";
const ABSENT: &str = "it is not there";
const UNCLEAR: &str = "an expression names it in a way that cannot be renamed";
const DIFFERENT: &str = "what is there differs from what the change says";

fn find<'a>(schema: &'a mut Schema, table: &TableName) -> Result<&'a mut Table, &'static str> {
    schema.tables.get_mut(table).ok_or("its table is not there")
}

fn rename_enum(schema: &mut Schema, from: &Identifier, to: &Identifier) -> Result<(), &'static str> {
    rename(&mut schema.enums, from, to)?;
    for column in schema.all_tables_mut().flat_map(|table| &mut table.columns) {
        if let Some(name) = column.sql_type.enum_name_mut() {
            renamed(name, from, to);
        }
    }
    Ok(())
}

fn rename_table(schema: &mut Schema, from: &TableName, to: &TableName) -> Result<(), &'static str> {
    rename(&mut schema.tables, from, to)?;
    for table in schema.all_tables_mut() {
        renamed(&mut table.name, from, to);
        for key in table.foreign_keys.values_mut() {
            renamed(&mut key.references, from, to);
        }
    }
    Ok(())
}

/// With all that names the column. An expression in which it cannot be named otherwise is in the way: it
/// goes before, and comes after.
impl Schema {
    /// Spells the name of a column otherwise, to a database to which both are one name: expressions stay as they
    /// are. Nothing is done where there is no such column, or one of the other name.
    ///
    /// ```
    /// use fenrir_schema::{Identifier, Schema};
    ///
    /// let json = r#"{"tables":{"page":{"name":"page","columns":[{"name":"ID","sql_type":"Integer"}],
    ///     "primary_key":{"name":"page_pkey","columns":["ID"]}}}}"#;
    /// let mut schema: Schema = serde_json::from_str(json)?;
    /// let page = Identifier::new("page")?.into();
    /// schema.respell_column(&page, &Identifier::new("ID")?, &Identifier::new("id")?);
    /// assert_eq!(schema.tables[&page].primary_key.columns[0].as_str(), "id");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn respell_column(&mut self, table: &TableName, from: &Identifier, to: &Identifier) {
        // That there is none is no error here.
        let _ = rename_column(self, table, from, to, |_| Ok(()));
    }
}

fn rename_column(
    schema: &mut Schema,
    name: &TableName,
    from: &Identifier,
    to: &Identifier,
    in_expression: impl Fn(&mut Expression) -> Result<(), &'static str>,
) -> Result<(), &'static str> {
    let mut table = find(schema, name)?.clone();
    if table.column(to).is_some() {
        return Err(PRESENT);
    }
    let column = table.columns.iter_mut().find(|there| there.name == *from).ok_or(ABSENT)?;
    column.name.clone_from(to);
    let in_list =
        |columns: &mut Vec<Identifier>| columns.iter_mut().for_each(|column| renamed(column, from, to));
    let in_expression = &in_expression;
    table
        .columns
        .iter_mut()
        .filter_map(|column| column.generated.as_mut())
        .try_for_each(|generated| in_expression(&mut generated.expression))?;
    in_list(&mut table.primary_key.columns);
    table.uniques.values_mut().for_each(|unique| in_list(&mut unique.columns));
    table.foreign_keys.values_mut().for_each(|key| in_list(&mut key.columns));
    table.checks.values_mut().map(|check| &mut check.expression).try_for_each(in_expression)?;
    for index in table.indexes.values_mut() {
        in_list(&mut index.include);
        index.predicate.iter_mut().try_for_each(in_expression)?;
        for key in &mut index.keys {
            match &mut key.of {
                IndexTarget::Column(column) => renamed(column, from, to),
                IndexTarget::Expression(expression) => in_expression(expression)?,
            }
        }
    }
    schema.tables.insert(name.clone(), table);
    for key in schema.all_tables_mut().flat_map(|table| table.foreign_keys.values_mut()) {
        if key.references == *name {
            in_list(&mut key.referenced_columns);
        }
    }
    Ok(())
}

fn renamed<N: Clone + PartialEq>(name: &mut N, from: &N, to: &N) {
    if name == from {
        name.clone_from(to);
    }
}

fn rename<N: Clone + Ord, T>(map: &mut BTreeMap<N, T>, from: &N, to: &N) -> Result<(), &'static str> {
    if map.contains_key(to) {
        return Err(PRESENT);
    }
    let value = map.remove(from).ok_or(ABSENT)?;
    map.insert(to.clone(), value);
    Ok(())
}

fn replace_in<T: Clone + PartialEq>(
    map: &mut BTreeMap<Identifier, T>,
    name: &Identifier,
    from: &T,
    to: &T,
) -> Result<(), &'static str> {
    let there = map.get_mut(name).ok_or(ABSENT)?;
    if there != from {
        return Err(DIFFERENT);
    }
    there.clone_from(to);
    Ok(())
}

fn insert<N: Clone + Ord, T: Clone>(
    map: &mut BTreeMap<N, T>,
    name: &N,
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
