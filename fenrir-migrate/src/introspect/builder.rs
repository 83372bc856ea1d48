//! Putting a schema together from what a catalog tells: what cannot be a part of it is kept beside it.

use std::collections::{BTreeMap, BTreeSet};

use fenrir_schema::{Column, ForeignKey, Identifier, Schema, SqlType, Table, TableName, TableOptions};

use super::{Live, Unmanaged, UnmanagedKind};
use crate::PrimaryKey;

/// A schema that is being read.
#[derive(Default)]
pub(super) struct Builder {
    pub(super) schema: Schema,
    unmanaged: Vec<Unmanaged>,
    outward: Vec<(TableName, Identifier, ForeignKey)>,
    partial: BTreeMap<TableName, String>,
}

impl Builder {
    /// Keeps something beside the schema.
    pub(super) fn unmanaged(
        &mut self,
        kind: UnmanagedKind,
        table: Option<&str>,
        name: &str,
        about: Option<&str>,
    ) {
        let (table, about) = (table.map(str::to_owned), about.map(str::to_owned));
        self.unmanaged.push(Unmanaged { kind, table, name: name.to_owned(), about });
    }

    /// Says of a table that one made as its model says would be another, and why: the first that is said.
    #[cfg_attr(
        not(feature = "sqlite"),
        allow(dead_code, reason = "others change a table and keep what it has")
    )]
    pub(super) fn partial(&mut self, table: &TableName, why: String) {
        self.partial.entry(table.clone()).or_insert(why);
    }

    /// A name, where it is one that every database keeps; otherwise what has it is kept beside the schema.
    pub(super) fn name(
        &mut self,
        kind: UnmanagedKind,
        table: Option<&str>,
        name: &str,
    ) -> Option<Identifier> {
        match Identifier::new(name) {
            Ok(name) => Some(name),
            Err(error) => {
                self.unmanaged(kind, table, name, Some(&error.to_string()));
                None
            }
        }
    }

    /// The schema, without the parts that need what it does not have.
    pub(super) fn finish(mut self, home: Option<Identifier>) -> Live {
        let columns: BTreeMap<TableName, BTreeSet<Identifier>> = self
            .schema
            .tables
            .iter()
            .map(|(name, table)| {
                (name.clone(), table.columns.iter().map(|column| column.name.clone()).collect())
            })
            .collect();
        let mut tables = std::mem::take(&mut self.schema.tables);
        for table in tables.values_mut() {
            self.settle(table, &columns);
        }
        self.schema.tables = tables;
        let Self { schema, unmanaged, outward, partial } = self;
        Live { schema, unmanaged, home, outward, partial, ..Live::default() }
    }

    fn settle(&mut self, table: &mut Table, columns: &BTreeMap<TableName, BTreeSet<Identifier>>) {
        let has = |of: &TableName, names: &[Identifier]| {
            columns.get(of).is_some_and(|columns| names.iter().all(|name| columns.contains(name)))
        };
        let on = table.name.clone();
        let shown = on.to_text();
        let of_none = "it is of a column that is not managed";
        let mut drop = |kind, name: &Identifier, about: &str| {
            self.unmanaged(kind, Some(&shown), name.as_str(), Some(about));
            false
        };
        if !has(&on, &table.primary_key.columns) {
            drop(UnmanagedKind::PrimaryKeyOption, &table.primary_key.name, of_none);
            table.primary_key.columns.clear();
        }
        table.uniques.retain(|name, unique| {
            has(&on, &unique.columns) || drop(UnmanagedKind::UniqueConstraint, name, of_none)
        });
        table.indexes.retain(|name, index| {
            let keys = index.keys.iter().filter_map(|key| match &key.of {
                fenrir_schema::IndexTarget::Column(column) => Some(column.clone()),
                fenrir_schema::IndexTarget::Expression(_) => None,
            });
            let all: Vec<_> = keys.chain(index.include.iter().cloned()).collect();
            has(&on, &all) || drop(UnmanagedKind::Index, name, of_none)
        });
        let mut outward = Vec::new();
        table.foreign_keys.retain(|name, key| {
            if !has(&on, &key.columns) {
                return drop(UnmanagedKind::ForeignKey, name, of_none);
            }
            if !columns.contains_key(&key.references) {
                outward.push((on.clone(), name.clone(), key.clone()));
            }
            let about = format!("it refers to `{}`, which is not managed", key.references);
            has(&key.references, &key.referenced_columns) || drop(UnmanagedKind::ForeignKey, name, &about)
        });
        self.outward.extend(outward);
    }
}

/// A table of that name with nothing in it.
pub(super) fn empty_table(name: TableName) -> Table {
    Table {
        primary_key: PrimaryKey { name: Identifier::generated([&name.name], "pkey"), columns: Vec::new() },
        name,
        columns: Vec::new(),
        uniques: BTreeMap::new(),
        checks: BTreeMap::new(),
        foreign_keys: BTreeMap::new(),
        indexes: BTreeMap::new(),
        options: TableOptions::default(),
        comment: None,
    }
}

/// A column of that type which may hold NULL, and nothing more.
pub(super) fn plain_column(name: Identifier, sql_type: SqlType) -> Column {
    Column {
        name,
        sql_type,
        nullable: true,
        default: None,
        auto_increment: None,
        generated: None,
        collations: BTreeMap::new(),
        comment: None,
    }
}
