//! What the queries answer.

use serde::Deserialize;

#[derive(Deserialize)]
pub(super) struct Session {
    pub(super) version: u32,
    pub(super) schema: Option<String>,
    pub(super) path: Vec<String>,
}

#[derive(Deserialize)]
pub(super) struct Relation {
    pub(super) oid: u32,
    pub(super) namespace: String,
    pub(super) name: String,
    pub(super) kind: String,
    pub(super) is_partition: bool,
    pub(super) inherits: bool,
    /// What of it models cannot say.
    pub(super) abouts: Vec<String>,
    pub(super) comment: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Column {
    pub(super) table: u32,
    pub(super) number: i16,
    pub(super) name: String,
    /// Its type with all that is said of it.
    pub(super) type_name: String,
    /// Its type without lengths.
    pub(super) base_type: String,
    /// The type of its values, where it is an array, or its own.
    pub(super) type_oid: u32,
    pub(super) not_null: bool,
    pub(super) identity: String,
    pub(super) generated: String,
    pub(super) default: Option<String>,
    /// The schema and the name of its collation, where that is not its type's.
    pub(super) collation: Option<(String, String)>,
    /// What of it models cannot say.
    pub(super) abouts: Vec<String>,
    pub(super) comment: Option<String>,
}

/// A sequence that belongs to a column.
#[derive(Deserialize)]
pub(super) struct Sequence {
    pub(super) name: String,
    pub(super) table: u32,
    pub(super) column: i16,
    /// The default that takes its next value.
    pub(super) next: String,
    /// Whether it counts as a sequence does of which nothing is said.
    pub(super) is_plain: bool,
}

/// A type that is not PostgreSQL's own.
#[derive(Deserialize)]
pub(super) struct Type {
    pub(super) oid: u32,
    pub(super) name: String,
    pub(super) namespace: String,
    /// What stands before its name where it is not in `search_path`: `public.`
    pub(super) prefix: String,
    pub(super) kind: String,
    pub(super) extension: Option<String>,
    /// Whether one of PostgreSQL's own has its name, and is found before it.
    pub(super) is_shadowed: bool,
    pub(super) labels: Option<Vec<String>>,
}

#[derive(Deserialize)]
pub(super) struct Constraint {
    pub(super) table: u32,
    pub(super) name: String,
    pub(super) kind: String,
    pub(super) columns: Option<Vec<String>>,
    pub(super) is_valid: bool,
    pub(super) is_deferrable: bool,
    pub(super) is_deferred: bool,
    pub(super) on_delete: String,
    pub(super) on_update: String,
    pub(super) match_type: String,
    pub(super) target_namespace: Option<String>,
    pub(super) target: Option<String>,
    pub(super) target_columns: Option<Vec<String>>,
    pub(super) expression: Option<String>,
    pub(super) nulls_not_distinct: bool,
    /// Whether its triggers do nothing.
    pub(super) is_disabled: bool,
    /// What of it models cannot say.
    pub(super) about: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Index {
    pub(super) table: u32,
    pub(super) name: String,
    pub(super) method: String,
    pub(super) is_unique: bool,
    pub(super) is_valid: bool,
    pub(super) predicate: Option<String>,
    pub(super) nulls_not_distinct: bool,
    pub(super) keys: Vec<Key>,
    pub(super) include: Option<Vec<String>>,
    /// The schema and the name of the extension that its method or operator classes come from.
    pub(super) extension: Option<(String, String)>,
    /// What of it models cannot say.
    pub(super) about: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Key {
    pub(super) column: Option<String>,
    pub(super) expression: Option<String>,
    pub(super) options: i16,
    /// The schema and the name of its operator class, where that is not its type's.
    pub(super) opclass: Option<(String, String)>,
    /// The schema and the name of its collation, where that is not its column's.
    pub(super) collation: Option<(String, String)>,
}

/// Something that is told by its kind and name only.
#[derive(Deserialize)]
pub(super) struct Other {
    pub(super) kind: String,
    pub(super) namespace: Option<String>,
    pub(super) table: Option<String>,
    pub(super) name: String,
    pub(super) about: Option<String>,
}
