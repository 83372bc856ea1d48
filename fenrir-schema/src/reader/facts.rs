//! What the build step tells the derive about a model: what its own tokens do not say.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::context::Mark;
use crate::{Dialect, Table, digest};

/// All that the derive needs to know of a model beyond its tokens.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Facts {
    /// The hash of what the model's tokens say.
    pub model: String,
    /// The crate that it is in, as `CARGO_CRATE_NAME` has it.
    pub crate_name: String,
    /// Its module, as `module_path!()` has it.
    pub module_path: String,
    /// The line of its name, from 1: tells apart two models of one crate that are the same otherwise.
    pub line: usize,
    /// Whether it is part of the schema; models of tests are not.
    pub managed: bool,
    /// The project's dialects.
    pub dialects: Vec<Dialect>,
    /// Its table; none where something is wrong with it.
    pub table: Option<Table>,
    /// The statements that create it, for each dialect.
    pub create_sql: BTreeMap<Dialect, Vec<String>>,
    /// Its columns, in the order of the fields.
    pub columns: Vec<ColumnFacts>,
    /// The `joinable!` that it makes.
    pub joins: Vec<Join>,
    /// The tables, as paths of Diesel's modules, with which it may stand in one query: those of pairs
    /// that this model, and not the other one, makes.
    pub pairs: Vec<String>,
    /// For each `references`, in order: the path by which the crate knows the model that is meant.
    pub referenced_models: Vec<String>,
    /// What is wrong with it.
    pub problems: Vec<Problem>,
}

/// What a column is in Diesel.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ColumnFacts {
    /// The path of its SQL type, without `Nullable`.
    pub diesel_type: String,
    /// Its greatest length, which Diesel keeps as an attribute.
    pub max_length: Option<u32>,
}

/// A `joinable!`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Join {
    /// The path of the other table's module.
    pub parent: String,
    /// The number of the field that points there.
    pub field: usize,
}

/// Something that is wrong with a model.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Problem {
    /// Where.
    pub mark: Mark,
    /// What.
    pub message: String,
}

impl Facts {
    /// All of it as JSON.
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_else(|error| unreachable!("facts are JSON: {error}"))
    }

    /// The hash of such JSON: what a derive worked with, and what the build step has now.
    #[must_use]
    pub fn fingerprint(json: &str) -> String {
        digest::of_this_build(json)
    }

    /// The name of the file that the build step leaves them in.
    #[must_use]
    pub fn file_name(ident: &str, model_fingerprint: &str) -> String {
        format!("{ident}-{model_fingerprint}.json")
    }
}
