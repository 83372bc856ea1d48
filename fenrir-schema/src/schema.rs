//! A whole schema: the tables and enums of a database, and what makes two of them equal.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::{Dialect, Identifier, MAX_IDENTIFIER_BYTES, Table, TableName, digest};

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
    pub tables: BTreeMap<TableName, Table>,
    /// What is known of and left alone: in the models' schema the models that say `unmanaged`, in that of the
    /// migrations what they made and let go since, as it was then. It is no part of what makes two schemas equal.
    #[serde(default, skip_serializing_if = "Unmanaged::is_empty")]
    pub unmanaged: Unmanaged,
}

/// Tables that others make, and the enums that only they have.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unmanaged {
    /// The enums.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub enums: BTreeMap<Identifier, EnumType>,
    /// The tables.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tables: BTreeMap<TableName, Table>,
}

impl Unmanaged {
    /// Whether there is nothing of the kind.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.enums.is_empty() && self.tables.is_empty()
    }
}

/// An enum: a type whose values are labels.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EnumType {
    /// The labels, in their order; at least one.
    pub labels: Vec<String>,
}

impl EnumType {
    /// Why no model can have a label, where that is so.
    ///
    /// ```
    /// use fenrir_schema::EnumType;
    ///
    /// assert_eq!(EnumType::label_problem("published"), None);
    /// assert!(EnumType::label_problem(&"long ".repeat(20)).is_some());
    /// ```
    #[must_use]
    pub fn label_problem(label: &str) -> Option<String> {
        if label.contains('\0') {
            return Some("a label cannot hold a NUL character".to_owned());
        }
        (label.len() > MAX_IDENTIFIER_BYTES).then(|| {
            format!("the label has {} bytes; PostgreSQL takes at most {MAX_IDENTIFIER_BYTES}", label.len())
        })
    }

    /// Why no model can be of it, where that is so: no label, one that none can have, or one twice.
    #[must_use]
    pub fn problem(&self) -> Option<String> {
        let twice = || {
            let is_again = |(at, label): (usize, &String)| self.labels[..at].contains(label);
            let mut labels = self.labels.iter().enumerate();
            labels
                .find(|label| is_again(*label))
                .map(|(_, label)| format!("it has the label \"{label}\" twice"))
        };
        match self.labels.as_slice() {
            [] => Some("it has no label".to_owned()),
            labels => labels.iter().find_map(|label| Self::label_problem(label)).or_else(twice),
        }
    }
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

    /// The schema, with each table's columns in the order of their names, and without what is left alone.
    #[must_use]
    pub fn canonical(&self) -> Schema {
        Schema {
            enums: self.enums.clone(),
            tables: self.tables.iter().map(|(name, table)| (name.clone(), table.canonical())).collect(),
            unmanaged: Unmanaged::default(),
        }
    }

    /// The schema with what is left alone as if it were not: what a database of tests needs, to which nobody
    /// else brings it.
    #[must_use]
    pub fn with_unmanaged(mut self) -> Schema {
        let Unmanaged { enums, tables } = std::mem::take(&mut self.unmanaged);
        self.enums.extend(enums);
        self.tables.extend(tables);
        self
    }

    /// The labels of an enum, of one that is left alone too: a column of a table that is handed over has such a one
    /// until then.
    pub(crate) fn labels(&self, name: &Identifier) -> &[String] {
        let definition = self.enums.get(name).or_else(|| self.unmanaged.enums.get(name));
        definition.map(|definition| definition.labels.as_slice()).unwrap_or_default()
    }

    /// The tables, those that are left alone too.
    pub(crate) fn all_tables_mut(&mut self) -> impl Iterator<Item = &mut Table> {
        self.tables.values_mut().chain(self.unmanaged.tables.values_mut())
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
    pub fn creation_order<'a>(&'a self, tables: &BTreeSet<&'a TableName>) -> Vec<&'a TableName> {
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
        table: &'a TableName,
        tables: &BTreeSet<&'a TableName>,
        seen: &mut BTreeSet<&'a TableName>,
        ordered: &mut Vec<&'a TableName>,
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
    fn pointed_at(&self, table: &TableName) -> Vec<&TableName> {
        let keys = self.tables.get(table).into_iter().flat_map(|table| table.foreign_keys.values());
        let names: BTreeSet<&TableName> = keys.map(|key| &key.references).collect();
        names.into_iter().rev().collect()
    }
}

/// These types have string keys and no maps with other keys, so writing them cannot fail.
fn json(schema: &Schema) -> String {
    serde_json::to_string(schema).unwrap_or_else(|error| unreachable!("a schema is JSON: {error}"))
}
