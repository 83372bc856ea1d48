//! What a database cannot have, said of the part of a table that it cannot have.

use crate::{Column, Deferral, Identifier, Table};

/// Something that a database cannot have, though it has a type for every column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lack {
    /// Where.
    pub part: Part,
    /// What, and what to do instead.
    pub message: String,
}

/// A part of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// The table itself, or its primary key.
    Table,
    /// What this database is told of it.
    Options,
    /// A column of it.
    Column(Identifier),
    /// The collation of a column.
    Collation(Identifier),
    /// What a column is generated from.
    Generated(Identifier),
    /// When it is.
    GeneratedKind(Identifier),
    /// A constraint or an index of that name.
    Named(Identifier),
}

/// What of a table only PostgreSQL has, said for another database.
pub(super) fn of_postgres(table: &Table, title: &str) -> Vec<Lack> {
    let mut lacks = Vec::new();
    if let Some(schema) = &table.name.schema {
        let message = format!(
            "{title} has no schemas to put `{}` into, as `{schema}`: leave `schema` out, and give \
                               the table a `name` that says where it belongs",
            table.name.name
        );
        lacks.push(Lack { part: Part::Table, message });
    }
    for (at, column) in table.columns.iter().enumerate() {
        let is_it = |other: &&Column| {
            other.name != column.name
                && other.name.as_str().to_lowercase() == column.name.as_str().to_lowercase()
        };
        if let Some(other) = table.columns[..at].iter().find(is_it) {
            let message = format!(
                "to {title} `{}` and `{}` are one column: give one of them another name",
                other.name, column.name
            );
            lacks.push(Lack { part: Part::Column(column.name.clone()), message });
        }
    }
    for (name, unique) in &table.uniques {
        let mut lack = |message: String| lacks.push(Lack { part: Part::Named(name.clone()), message });
        if unique.nulls_not_distinct {
            lack(format!("{title} {NULLS}"));
        }
        if unique.deferral != Deferral::NotDeferrable {
            lack(format!(
                "{title} checks a unique constraint at once: leave `deferrable` and `initially_deferred` out, {OR_THERE}"
            ));
        }
    }
    for (name, index) in &table.indexes {
        let mut lack = |message: String| lacks.push(Lack { part: Part::Named(name.clone()), message });
        if let Some(method) = &index.method {
            lack(format!(
                "{title} has no indexes by `{method}`: leave `method` out, for one by order, {OR_THERE}"
            ));
        }
        if !index.include.is_empty() {
            lack(format!("{title} has no indexes that hold other columns: leave `include` out, {OR_THERE}"));
        }
        if index.keys.iter().any(|key| key.nulls.is_some()) {
            lack(format!(
                "{title} has one place for NULL in an index: leave `nulls_first` and `nulls_last` out, {OR_THERE}"
            ));
        }
        if let Some(opclass) = index.keys.iter().find_map(|key| key.opclass.as_ref()) {
            lack(format!("{title} has no operator classes, as `{opclass}`: leave `opclass` out, {OR_THERE}"));
        }
        if index.nulls_not_distinct {
            lack(format!("{title} {NULLS}"));
        }
        if index.extension.is_some() {
            lack(format!("{title} has no extensions: leave `extension` out, {OR_THERE}"));
        }
    }
    lacks
}

const OR_THERE: &str = "or say that it is PostgreSQL's alone, with `dialects(postgres)`";
const NULLS: &str = "lets any number of rows hold NULL in what is unique: leave `nulls_not_distinct` out, or say that it is \
                     PostgreSQL's alone, with `dialects(postgres)`";
