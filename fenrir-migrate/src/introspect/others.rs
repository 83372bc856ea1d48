//! Tables that Fenrir leaves alone: neither they nor what they have are differences.

use std::collections::BTreeSet;

use fenrir_schema::{Identifier, Schema, TableName};

use super::{Live, Unmanaged, UnmanagedKind};

/// The tables of models that say `unmanaged`, and the enums that only they have.
pub(super) struct Others<'a> {
    live: &'a Live,
    tables: BTreeSet<TableName>,
    enums: BTreeSet<Identifier>,
}

impl<'a> Others<'a> {
    /// Those of a schema, whose tables lie at home where that is the schema that they name.
    pub(super) fn of(schema: &Schema, live: &'a Live) -> Self {
        let tables = schema.unmanaged.tables.keys().map(|name| at_home(name, live.home.as_ref()));
        let enums = schema.unmanaged.enums.keys().filter(|name| !schema.enums.contains_key(*name));
        Self { live, tables: tables.collect(), enums: enums.cloned().collect() }
    }

    /// Whether a table is one of them.
    fn include(&self, name: &TableName) -> bool {
        self.tables.contains(name) || self.is_named(&name.to_text())
    }

    fn is_named(&self, name: &str) -> bool {
        self.tables.iter().any(|table| self.live.is_one_table(&table.to_text(), name))
    }

    /// Takes them out of a schema, and their enums where no other table has them.
    pub(super) fn take_out(&self, schema: &mut Schema) {
        schema.tables.retain(|name, _| !self.include(name));
        let used: BTreeSet<_> = schema
            .tables
            .values()
            .flat_map(|table| &table.columns)
            .filter_map(|column| column.sql_type.enum_name().cloned())
            .collect();
        schema.enums.retain(|name, _| !self.enums.contains(name) || used.contains(name));
    }

    /// Gives a live schema the foreign keys that point at them, and returns what else is not managed.
    pub(super) fn settle(&self, there: &mut Schema) -> Vec<Unmanaged> {
        let mut unmanaged = self.live.unmanaged.clone();
        for (on, name, key) in &self.live.outward {
            let Some(table) = there.tables.get_mut(on).filter(|_| self.include(&key.references)) else {
                continue;
            };
            table.foreign_keys.insert(name.clone(), key.clone());
            unmanaged.retain(|one| {
                one.kind != UnmanagedKind::ForeignKey
                    || one.name != name.as_str()
                    || one.table.as_deref() != Some(&*on.to_text())
            });
        }
        unmanaged.retain(|one| match &one.table {
            Some(table) => !self.is_named(table),
            None => !(one.kind.is_a_table() && self.is_named(&one.name)),
        });
        unmanaged
    }
}

/// The name that a table has where it lies in the schema in which tables are made by themselves.
pub(crate) fn at_home(name: &TableName, home: Option<&Identifier>) -> TableName {
    let is_there = name.schema.is_some() && name.schema.as_ref() == home;
    TableName { schema: name.schema.clone().filter(|_| !is_there), name: name.name.clone() }
}
