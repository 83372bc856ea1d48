//! Columns whose values the database computes from the others of the row.

use serde::{Deserialize, Serialize};

use crate::Expression;

/// From what a column's values are computed, and when.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Generated {
    /// What it holds, in terms of the other columns of its table.
    pub expression: Expression,
    /// When that is computed.
    pub kind: GeneratedKind,
}

/// When a generated column is computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum GeneratedKind {
    /// When its row is written.
    Stored,
    /// When its row is read. PostgreSQL has none before version 18.
    Virtual,
}

impl GeneratedKind {
    /// As SQL says it, the same in every dialect.
    #[must_use]
    pub fn sql(self) -> &'static str {
        match self {
            Self::Stored => "STORED",
            Self::Virtual => "VIRTUAL",
        }
    }
}
