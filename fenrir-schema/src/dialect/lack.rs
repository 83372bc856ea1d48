//! What a database cannot have, said of the part of a table that it cannot have.

use crate::{Identifier, Table};

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
    /// A column of it.
    Column(Identifier),
    /// A constraint or an index of that name.
    Named(Identifier),
}

/// What of a table's indexes only PostgreSQL has, said for another database.
pub(super) fn of_indexes(table: &Table, title: &str) -> Vec<Lack> {
    let mut lacks = Vec::new();
    for (name, index) in &table.indexes {
        let mut lack = |message: String| lacks.push(Lack { part: Part::Named(name.clone()), message });
        if let Some(method) = &index.method {
            lack(format!("{title} has no indexes by `{method}`: leave `method` out, for one by order"));
        }
        if !index.include.is_empty() {
            lack(format!("{title} has no indexes that hold other columns: leave `include` out"));
        }
        if index.keys.iter().any(|key| key.nulls.is_some()) {
            lack(format!(
                "{title} has one place for NULL in an index: leave `nulls_first` and `nulls_last` out"
            ));
        }
    }
    lacks
}
