//! What a database cannot have, said of the part of a table that it cannot have.

use crate::Identifier;

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
