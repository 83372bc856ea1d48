//! Which extensions of PostgreSQL bring what: no part of a type or an index, but what a migration makes before it.

use std::collections::BTreeMap;

use fenrir_schema::{Identifier, Index, Schema, SqlType, TypeName};

/// The extensions that two schemas say, by what comes from them.
pub(super) struct Extensions {
    types: BTreeMap<TypeName, Identifier>,
    indexes: Vec<(Index, Identifier)>,
}

impl Extensions {
    /// Those of some schemas, the first before the others.
    pub(super) fn of<'a>(schemas: impl IntoIterator<Item = &'a Schema>) -> Self {
        let mut all = Self { types: BTreeMap::new(), indexes: Vec::new() };
        for table in schemas.into_iter().flat_map(|schema| schema.tables.values()) {
            for column in &table.columns {
                if let SqlType::Custom { name, extension: Some(extension) } = element(&column.sql_type) {
                    all.types.entry(name.clone()).or_insert_with(|| extension.clone());
                }
            }
            for index in table.indexes.values() {
                let extension = index.extension.iter().filter(|_| all.found(index).is_none());
                let found: Vec<_> = extension.map(|extension| (index.clone(), extension.clone())).collect();
                all.indexes.extend(found);
            }
        }
        all
    }

    /// What brings the method and the operator classes of an index.
    fn found(&self, index: &Index) -> Option<&Identifier> {
        let parts = |index: &Index| {
            let classes = index.keys.iter().map(|key| key.opclass.clone());
            (index.method.clone(), classes.collect::<Vec<_>>())
        };
        self.indexes.iter().find(|(other, _)| parts(other) == parts(index)).map(|(_, extension)| extension)
    }

    /// Says them in a schema in which they are not said.
    pub(super) fn bring_to(&self, schema: &mut Schema) {
        for table in schema.tables.values_mut() {
            for column in &mut table.columns {
                if let SqlType::Custom { name, extension } = element_mut(&mut column.sql_type) {
                    *extension = self.types.get(name).cloned();
                }
            }
            for index in table.indexes.values_mut() {
                index.extension = self.found(index).cloned();
            }
        }
    }
}

fn element(sql_type: &SqlType) -> &SqlType {
    match sql_type {
        SqlType::Array(of) => element(of),
        other => other,
    }
}

fn element_mut(sql_type: &mut SqlType) -> &mut SqlType {
    match sql_type {
        SqlType::Array(of) => element_mut(of),
        other => other,
    }
}
