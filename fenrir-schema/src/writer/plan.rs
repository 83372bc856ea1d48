//! Which tables become models, and what they and their parts are called in Rust.

use std::collections::{BTreeMap, BTreeSet};

use super::names::Taken;
use super::{LeftOut, Options};
use crate::{Dialect, EnumType, Identifier, Schema, Table, TableName};

/// How many columns Diesel takes (<https://docs.rs/diesel/2.3/diesel/index.html#feature-flags>).
const MAX_COLUMNS: usize = 128;

/// A table that becomes a model.
pub(super) struct ModelPlan<'a> {
    pub(super) table: &'a Table,
    /// Why it is one that others make, where it is.
    pub(super) unmanaged: Option<String>,
    /// The name of Diesel's module, and of the file.
    pub(super) module: String,
    /// The name of the struct.
    pub(super) ident: String,
    /// The names of the fields, in the order of the columns.
    pub(super) fields: Vec<String>,
}

impl ModelPlan<'_> {
    /// The name of the field of a column.
    pub(super) fn field(&self, column: &Identifier) -> &str {
        let at = self.table.columns.iter().position(|there| there.name == *column);
        at.and_then(|at| self.fields.get(at)).map(String::as_str).unwrap_or_default()
    }
}

/// An enum that columns hold.
pub(super) struct EnumPlan<'a> {
    pub(super) definition: &'a EnumType,
    /// Its name in the schema.
    pub(super) name: Identifier,
    /// Its name in Rust.
    pub(super) ident: String,
    /// The names of its variants, in the order of the labels.
    pub(super) variants: Vec<String>,
}

/// All that is written.
pub(super) struct Plan<'a> {
    pub(super) dialect: Dialect,
    pub(super) models: BTreeMap<&'a TableName, ModelPlan<'a>>,
    pub(super) enums: BTreeMap<&'a Identifier, EnumPlan<'a>>,
    pub(super) left_out: Vec<LeftOut>,
}

impl<'a> Plan<'a> {
    pub(super) fn new(schema: &'a Schema, dialect: Dialect, options: &Options) -> Self {
        let mut left_out = Vec::new();
        let mut chosen: BTreeMap<&TableName, (&Table, Option<String>)> = BTreeMap::new();
        let others = schema.unmanaged.tables.iter().map(|(name, table)| {
            (name, table, Some("a foreign key points at it, and it is not imported itself".to_owned()))
        });
        let managed =
            schema.tables.iter().map(|(name, table)| (name, table, options.unmanaged.get(name).cloned()));
        for (name, table, unmanaged) in managed.chain(others) {
            match options.left_out.get(name).cloned().or_else(|| cannot_be(table)) {
                Some(reason) => left_out.push(LeftOut { name: name.to_text(), reason }),
                None => drop(chosen.insert(name, (table, unmanaged))),
            }
        }
        let tables: BTreeSet<_> = chosen.keys().copied().collect();
        for (table, unmanaged) in chosen.values_mut().filter(|(_, unmanaged)| unmanaged.is_none()) {
            let key = table.foreign_keys.iter().find(|(_, key)| !tables.contains(&key.references));
            *unmanaged = key.map(|(name, key)| {
                format!("its foreign key `{name}` points at `{}`, which has no model", key.references)
            });
        }
        let used: BTreeSet<_> = chosen
            .values()
            .flat_map(|(table, _)| &table.columns)
            .filter_map(|column| column.sql_type.enum_name())
            .collect();
        for name in schema.enums.keys().filter(|name| !used.contains(name) && dialect.names_enums()) {
            let reason = "no column that is imported is of this enum".to_owned();
            left_out.push(LeftOut { name: name.as_str().to_owned(), reason });
        }
        let (mut types, mut modules) = (Taken::default(), Taken::default());
        let mut models = BTreeMap::new();
        // Those that keep their names come first, so that they do.
        let keeps = |name: &TableName| Taken::default().module(name.name.as_str()) == name.name.as_str();
        let (keep, change): (Vec<_>, Vec<_>) = chosen.into_iter().partition(|(name, _)| keeps(name));
        for (name, (table, unmanaged)) in keep.into_iter().chain(change) {
            let own = name.name.as_str();
            let module = match &name.schema {
                Some(schema) if modules.contains(own) => {
                    modules.module(&format!("{}_{own}", schema.as_str()))
                }
                _ => modules.module(own),
            };
            // Where letters have no case, a type and a module could have one name.
            let ident = loop {
                let ident = types.type_name(own, "Table", &[]);
                if ident != module && !modules.contains(&ident) {
                    break ident;
                }
            };
            let fields = fields(table, &module);
            models.insert(name, ModelPlan { table, unmanaged, module, ident, fields });
        }
        let enums =
            schema.unmanaged.enums.iter().chain(&schema.enums).filter(|(name, _)| used.contains(name));
        let enums = enums
            .map(|(name, definition)| {
                let ident = types.type_name(name.as_str(), "Enum", &["SqlType"]);
                let mut taken = Taken::default();
                let variants = definition.labels.iter().map(|label| taken.variant(label)).collect();
                (name, EnumPlan { definition, name: name.clone(), ident, variants })
            })
            .collect();
        Self { dialect, models, enums, left_out }
    }

    /// The names that tables, indexes and keys have, in small letters.
    pub(super) fn relations(&self) -> BTreeSet<String> {
        let tables = self.models.values().map(|model| model.table);
        let names = tables.flat_map(|table| std::iter::once(&table.name.name).chain(table.relations()));
        names.map(|name| name.as_str().to_lowercase()).collect()
    }
}

/// Why no model can be of a table.
fn cannot_be(table: &Table) -> Option<String> {
    match table.columns.len() {
        0 => return Some("it has no columns that models can have".to_owned()),
        1..=MAX_COLUMNS => {}
        count => return Some(format!("it has {count} columns, and Diesel takes at most {MAX_COLUMNS}")),
    }
    let schema = table.name.schema.as_ref()?;
    syn::parse_str::<syn::Ident>(schema.as_str())
        .is_err()
        .then(|| format!("Diesel takes a Rust identifier for a schema, which `{schema}` is not"))
}

/// A column named like its table does not compile in Diesel.
fn fields(table: &Table, module: &str) -> Vec<String> {
    let mut taken = Taken::default();
    taken.reserve(module.to_owned());
    // Those that keep their names come first, so that they do.
    let mut fields: Vec<Option<String>> = vec![None; table.columns.len()];
    for keeps in [true, false] {
        for (at, column) in table.columns.iter().enumerate() {
            let name = column.name.as_str();
            if fields[at].is_none() && (!keeps || Taken::default().column(name) == name) {
                fields[at] = Some(taken.column(name));
            }
        }
    }
    fields.into_iter().flatten().collect()
}
