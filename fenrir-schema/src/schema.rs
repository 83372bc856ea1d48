//! A whole schema: the tables and enums of a database, and what makes two of them equal.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::{Dialect, Identifier, Table, digest};

/// The tables and enums of a database, by name.
///
/// ```
/// use fenrir_schema::Schema;
///
/// let empty = Schema::default();
/// assert!(empty.tables.is_empty());
/// assert_eq!(empty.hash().len(), 64);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Schema {
    /// The enums.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub enums: BTreeMap<Identifier, EnumType>,
    /// The tables.
    #[serde(default)]
    pub tables: BTreeMap<Identifier, Table>,
}

/// An enum: a type whose values are labels.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EnumType {
    /// The labels, in their order; at least one.
    pub labels: Vec<String>,
}

impl Schema {
    /// The schema as text that is the same on every machine and for every order of fields: JSON with
    /// tables, constraints and columns in the order of their names.
    #[must_use]
    pub fn canonical_json(&self) -> String {
        let mut text = json(&self.canonical());
        text.push('\n');
        text
    }

    /// The schema as text, with each table's columns in the order in which the models have them: what a
    /// build keeps, so that a database that is created from it has that order too.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut text = json(self);
        text.push('\n');
        text
    }

    /// The SHA-256 of what the schema says, whatever the order of its columns.
    #[must_use]
    pub fn hash(&self) -> String {
        digest::sha256_hex(json(&self.canonical()).as_bytes())
    }

    /// The schema, with each table's columns in the order of their names.
    #[must_use]
    pub fn canonical(&self) -> Schema {
        Schema {
            enums: self.enums.clone(),
            tables: self.tables.iter().map(|(name, table)| (name.clone(), table.canonical())).collect(),
        }
    }

    /// The schema as databases of these dialects can hold it: comments go where none of them has any.
    #[must_use]
    pub fn held_by(mut self, dialects: &[Dialect]) -> Schema {
        if !dialects.iter().any(|dialect| dialect.has_comments()) {
            for table in self.tables.values_mut() {
                table.comment = None;
                for column in &mut table.columns {
                    column.comment = None;
                }
            }
        }
        self
    }

    /// The names of the tables, each after those that its foreign keys point at, and otherwise in
    /// the order of names. Where foreign keys go in a circle, no such order is: the circle's tables
    /// come in the order of names.
    #[must_use]
    pub fn creation_order<'a>(&'a self, tables: &BTreeSet<&'a Identifier>) -> Vec<&'a Identifier> {
        let mut ordered = Vec::with_capacity(tables.len());
        let mut seen = BTreeSet::new();
        for &table in tables {
            self.place(table, tables, &mut seen, &mut ordered);
        }
        ordered
    }

    /// Puts what `table` points at before it. An explicit stack: a chain of foreign keys can be as
    /// long as a schema has tables.
    fn place<'a>(
        &'a self,
        table: &'a Identifier,
        tables: &BTreeSet<&'a Identifier>,
        seen: &mut BTreeSet<&'a Identifier>,
        ordered: &mut Vec<&'a Identifier>,
    ) {
        if !seen.insert(table) {
            return;
        }
        let mut stack = vec![(table, self.pointed_at(table))];
        while let Some((current, pending)) = stack.last_mut() {
            if let Some(next) = pending.pop() {
                if tables.contains(next) && seen.insert(next) {
                    stack.push((next, self.pointed_at(next)));
                }
            } else {
                ordered.push(*current);
                stack.pop();
            }
        }
    }

    /// The tables that a table's foreign keys point at, last name first.
    fn pointed_at(&self, table: &Identifier) -> Vec<&Identifier> {
        let keys = self.tables.get(table).into_iter().flat_map(|table| table.foreign_keys.values());
        let names: BTreeSet<&Identifier> = keys.map(|key| &key.references).collect();
        names.into_iter().rev().collect()
    }
}

/// These types have string keys and no maps with other keys, so writing them cannot fail.
fn json(schema: &Schema) -> String {
    serde_json::to_string(schema).unwrap_or_else(|error| unreachable!("a schema is JSON: {error}"))
}
