//! Two databases of PostgreSQL, as far as the schemas go that are named.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;

use fenrir_schema::{Identifier, Schema, TableName};

use crate::cli::outcome::Failure;
use crate::introspect::Live;

/// Leaves what lies in other schemas alone: a foreign key to a table there is compared, and the table is not.
pub(super) fn keep(
    schemas: &[Identifier],
    (first, from): (&mut Live, &str),
    (second, to): (&mut Live, &str),
) -> Result<(), Failure> {
    let is_there =
        |name: &&Identifier| first.schemas.contains(name.as_str()) || second.schemas.contains(name.as_str());
    if let Some(missing) = schemas.iter().find(|name| !is_there(name)) {
        return Err(Failure::error(format!(
            "`--schema {missing}`: neither {from} nor {to} has a schema of that name"
        )));
    }
    for live in [&mut *first, &mut *second] {
        let (others, home) = (live.schemas.clone(), live.home.clone());
        live.unmanaged.retain(|one| {
            let text = one.table.as_deref().unwrap_or(&one.name);
            let of = |schema: &str| text.starts_with(&prefix(schema));
            match others.iter().filter(|schema| of(schema)).max_by_key(|schema| schema.len()) {
                Some(schema) => schemas.iter().any(|name| name.as_str() == schema),
                None => home.as_ref().is_some_and(|home| schemas.contains(home)),
            }
        });
    }
    let home = second.home.clone();
    let is_named = |name: &TableName| {
        name.schema.as_ref().or(home.as_ref()).is_some_and(|schema| schemas.contains(schema))
    };
    let (kept, mut others): (BTreeMap<_, _>, _) =
        std::mem::take(&mut second.schema.tables).into_iter().partition(|(name, _)| is_named(name));
    second.schema.tables = kept;
    for (name, table) in first.schema.tables.iter().filter(|(name, _)| !is_named(name)) {
        others.entry(name.clone()).or_insert_with(|| table.clone());
    }
    second.schema.unmanaged.tables = others;
    if home.as_ref().is_none_or(|home| !schemas.contains(home)) {
        leave_enums(&first.schema, &mut second.schema, is_named);
    }
    Ok(())
}

/// That a database which is held against what is said has the schemas that are named.
pub(super) fn check_there(schemas: &[Identifier], live: &Live, source: &impl Display) -> Result<(), Failure> {
    match schemas.iter().find(|name| !live.schemas.contains(name.as_str())) {
        Some(missing) => {
            Err(Failure::error(format!("`--schema {missing}`: {source} has no schema of that name")))
        }
        None => Ok(()),
    }
}

/// The enums lie where tables are made by themselves: without that, those that are compared are in a table that is.
fn leave_enums(first: &Schema, second: &mut Schema, is_named: impl Fn(&TableName) -> bool) {
    let of = |schema: &Schema| -> BTreeSet<Identifier> {
        let tables = schema.tables.values().filter(|table| is_named(&table.name));
        let columns = tables.flat_map(|table| &table.columns);
        columns.filter_map(|column| column.sql_type.enum_name().cloned()).collect()
    };
    let used: BTreeSet<_> = of(first).into_iter().chain(of(second)).collect();
    let (kept, mut others): (BTreeMap<_, _>, BTreeMap<_, _>) =
        std::mem::take(&mut second.enums).into_iter().partition(|(name, _)| used.contains(name));
    second.enums = kept;
    let of_first = first.enums.iter().filter(|(name, _)| !used.contains(*name));
    others.extend(of_first.map(|(name, definition)| (name.clone(), definition.clone())));
    second.unmanaged.enums = others;
}

/// What stands before a name that lies in a schema, in what [`Live::unmanaged`] says.
fn prefix(schema: &str) -> String {
    if schema.contains(['.', '"']) {
        format!("\"{}\".", schema.replace('"', "\"\""))
    } else {
        format!("{schema}.")
    }
}
