//! What the queries answer.

use fenrir_schema::OptionWord;
use serde::Deserialize;

#[derive(Deserialize)]
pub(super) struct Server {
    pub(super) version: String,
    pub(super) database: Option<String>,
    /// `lower_case_table_names`: 0 where names of tables that differ in case are two.
    pub(super) table_case: i64,
}

#[derive(Deserialize, PartialEq)]
pub(super) struct Relation {
    pub(super) name: String,
    pub(super) kind: String,
    pub(super) engine: Option<String>,
    pub(super) collation: Option<String>,
    pub(super) options: Option<String>,
    pub(super) comment: Option<String>,
}

impl Relation {
    /// What its texts are made of, with which the name of its collation begins
    /// (<https://dev.mysql.com/doc/refman/8.0/en/charset-collation-names.html>).
    pub(super) fn charset(&self) -> Option<OptionWord> {
        let collation = self.collation.as_deref()?;
        OptionWord::new(collation.split_once('_').map_or(collation, |(charset, _)| charset)).ok()
    }
}

#[derive(Deserialize, PartialEq)]
pub(super) struct Column {
    pub(super) table: String,
    pub(super) name: String,
    pub(super) type_name: String,
    pub(super) nullable: String,
    pub(super) default: Option<String>,
    pub(super) extra: Option<String>,
    pub(super) collation: Option<String>,
    pub(super) generated: Option<String>,
    pub(super) comment: Option<String>,
}

/// A column of an index.
#[derive(Deserialize, PartialEq)]
pub(super) struct IndexPart {
    pub(super) table: String,
    pub(super) index: String,
    pub(super) non_unique: i64,
    pub(super) column: Option<String>,
    pub(super) order: Option<String>,
    pub(super) length: Option<i64>,
    pub(super) kind: String,
    pub(super) expression: Option<String>,
    /// What of it models cannot say.
    pub(super) about: Option<String>,
    pub(super) comment: Option<String>,
}

/// A column of a foreign key.
#[derive(Deserialize, PartialEq)]
pub(super) struct KeyPart {
    pub(super) table: String,
    pub(super) name: String,
    pub(super) column: String,
    /// The other database, where it is one.
    pub(super) database: Option<String>,
    pub(super) target: String,
    pub(super) target_column: String,
    pub(super) on_delete: String,
    pub(super) on_update: String,
}

#[derive(Deserialize, PartialEq)]
pub(super) struct Check {
    pub(super) table: String,
    pub(super) name: String,
    pub(super) expression: String,
    /// Whether it is a part of a column's definition.
    pub(super) of_column: i64,
}

#[derive(Deserialize, PartialEq)]
pub(super) struct Other {
    pub(super) kind: String,
    pub(super) table: Option<String>,
    pub(super) name: String,
}
