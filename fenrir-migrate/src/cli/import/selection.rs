//! Which tables of a database are imported.

use std::collections::BTreeSet;

use fenrir_schema::project::{Project, fits_at_home};
use fenrir_schema::{Identifier, Schema, TableName, Unmanaged};

use super::super::arguments::Import;
use super::super::outcome::Failure;
use crate::introspect::Live;

/// What is asked for.
pub(super) struct Selection<'a> {
    arguments: &'a Import,
    project: Option<&'a Project>,
    schemas: BTreeSet<Identifier>,
}

/// What is there of it.
pub(super) struct Selected {
    /// The tables, and among the unmanaged ones those that their foreign keys point at.
    pub(super) schema: Schema,
    /// The tables that are there and were not asked for.
    pub(super) others: Vec<TableName>,
}

impl<'a> Selection<'a> {
    pub(super) fn new(arguments: &'a Import, project: Option<&'a Project>) -> Result<Self, Failure> {
        let schemas = arguments.schema.iter().map(|name| {
            Identifier::new(name).map_err(|error| Failure::error(format!("`--schema {name}`: {error}")))
        });
        Ok(Self { arguments, project, schemas: schemas.collect::<Result<_, _>>()? })
    }

    /// The schemas of PostgreSQL that are named.
    pub(super) fn schemas(&self) -> &BTreeSet<Identifier> {
        &self.schemas
    }

    /// Whether what has this name is not nobody's, and not excluded.
    pub(super) fn is_ours(&self, name: &str, home: Option<&Identifier>) -> bool {
        let is_excluded = self.arguments.exclude.iter().any(|pattern| fits_at_home(pattern, name, home));
        !is_excluded && !self.is_ignored(name, home)
    }

    /// Whether it is nobody's.
    pub(super) fn is_ignored(&self, name: &str, home: Option<&Identifier>) -> bool {
        self.project.is_some_and(|project| project.ignores(name, home))
    }

    /// Whether a table is asked for.
    fn includes(&self, table: &TableName, home: Option<&Identifier>) -> bool {
        let place = table.schema.as_ref().or(home);
        let in_schema = self.schemas.is_empty() && table.schema.is_none()
            || place.is_some_and(|place| self.schemas.contains(place));
        let name = table.to_text();
        let tables = &self.arguments.tables;
        in_schema
            && (tables.is_empty() || tables.iter().any(|pattern| fits_at_home(pattern, &name, home)))
            && self.is_ours(&name, home)
    }

    /// The patterns that exclude nothing.
    pub(super) fn idle(&self, live: &Live) -> Vec<&'a String> {
        let names: Vec<_> = live.schema.tables.keys().map(TableName::to_text).collect();
        let others = live.unmanaged.iter().map(|one| &one.name);
        let names: Vec<_> = names.iter().map(|name| &**name).chain(others.map(String::as_str)).collect();
        let is_idle =
            |pattern: &&String| !names.iter().any(|name| fits_at_home(pattern, name, live.home.as_ref()));
        self.arguments.exclude.iter().filter(is_idle).collect()
    }

    pub(super) fn of(&self, live: &Live) -> Result<Selected, Failure> {
        let home = live.home.as_ref();
        self.check_names(live)?;
        let (chosen, others): (Vec<&TableName>, Vec<_>) =
            live.schema.tables.keys().partition(|name| self.includes(name, home));
        let chosen: BTreeSet<_> = chosen.into_iter().collect();
        let mut schema = Schema::default();
        for &name in &chosen {
            let Some(table) = live.schema.tables.get(name) else { continue };
            schema.tables.insert(name.clone(), table.clone());
            for key in table.foreign_keys.values().filter(|key| !chosen.contains(&key.references)) {
                if let Some(other) = live.schema.tables.get(&key.references) {
                    schema.unmanaged.tables.insert(key.references.clone(), other.clone());
                }
            }
        }
        let others = others.into_iter().filter(|name| !schema.unmanaged.tables.contains_key(*name));
        let others = others.cloned().collect();
        let is_left = |name: &Identifier| {
            let holds = |tables: &std::collections::BTreeMap<_, fenrir_schema::Table>| {
                let mut columns = tables.values().flat_map(|table: &fenrir_schema::Table| &table.columns);
                columns.any(|column| column.sql_type.enum_name() == Some(name))
            };
            (holds(&schema.tables), holds(&schema.unmanaged.tables))
        };
        let everything = self.arguments.tables.is_empty();
        let (mut enums, mut unmanaged) = (schema.enums.clone(), Unmanaged::default().enums);
        for (name, definition) in &live.schema.enums {
            match is_left(name) {
                (false, true) => drop(unmanaged.insert(name.clone(), definition.clone())),
                // One that nothing has is told of, where all was asked for.
                (false, false) if !everything || !self.is_ours(name.as_str(), home) => {}
                _ => drop(enums.insert(name.clone(), definition.clone())),
            }
        }
        (schema.enums, schema.unmanaged.enums) = (enums, unmanaged);
        Ok(Selected { schema, others })
    }

    /// What is named and not there is a slip.
    fn check_names(&self, live: &Live) -> Result<(), Failure> {
        let names: Vec<_> = live.schema.tables.keys().map(|name| (name, name.to_text())).collect();
        if live.home.is_none() && !self.schemas.is_empty() {
            return Err(Failure::error("only PostgreSQL has schemas: leave `--schema` out"));
        }
        for schema in &self.schemas {
            let is_home = live.home.as_ref() == Some(schema);
            if !is_home && !names.iter().any(|(name, _)| name.schema.as_ref() == Some(schema)) {
                return Err(Failure::error(format!(
                    "the schema `{schema}` has no table that can be read: see that it is there, and that this user may \
                     look into it"
                )));
            }
        }
        for pattern in &self.arguments.tables {
            if !names.iter().any(|(_, name)| fits_at_home(pattern, name, live.home.as_ref())) {
                let listed: Vec<_> = names.iter().map(|(name, _)| format!("`{name}`")).take(20).collect();
                let there = match listed.as_slice() {
                    [] => "there are none that models can be of".to_owned(),
                    listed if names.len() > listed.len() => {
                        format!("there are {}, and more", listed.join(", "))
                    }
                    listed => format!("there are {}", listed.join(", ")),
                };
                return Err(Failure::error(format!("no table fits `--tables {pattern}`; {there}")));
            }
        }
        Ok(())
    }
}
