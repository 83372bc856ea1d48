//! Models for tables that are there: the sources of structs and enums whose schema is that of a database, as
//! the [reader](crate::reader) reads it again.
//!
//! What is written is formatted as rustfmt does it, and compiles. No name, comment, default or expression of the
//! database becomes code: names are spelt anew, and texts are literals.
//!
//! ```
//! use fenrir_schema::{Dialect, Schema, writer};
//!
//! let json = r#"{"tables":{"page":{"name":"page","columns":[{"name":"id","sql_type":"Integer","auto_increment":"Identity"},
//!     {"name":"Page Name","sql_type":{"VarChar":{"max_length":96}},"nullable":true}],
//!     "primary_key":{"name":"page_pkey","columns":["id"]}}}}"#;
//! let schema: Schema = serde_json::from_str(json)?;
//! let written = writer::write(&schema, Dialect::Postgres, &writer::Options::default());
//! assert!(written.files[0].text.contains(r#"
//! #[diesel(table_name = page)]
//! pub struct Page {
//!     pub id: i32,
//!     #[column(name = "Page Name", max_length = 96)]
//!     pub page_name: Option<String>,
//! }
//! "#));
//! # Ok::<(), serde_json::Error>(())
//! ```

mod enums;
mod layout;
mod names;
mod needs;
mod own_types;
mod parts;
mod plan;
mod rust_type;
mod table;

use std::collections::{BTreeMap, BTreeSet};

pub use needs::Needs;

use self::own_types::OwnTypes;
use self::plan::{ModelPlan, Plan};
use self::rust_type::Types;
use crate::{Dialect, Identifier, Schema, SqlType, TableName};

/// In how many files the models are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Layout {
    /// In one.
    #[default]
    OneFile,
    /// In one for each table, one of the enums, one of types that Diesel does not know, and a `mod.rs`.
    Folder,
}

/// What is asked for beyond the schema.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// In how many files.
    pub layout: Layout,
    /// The tables whose models say `unmanaged`, each with the reason: columns and keys are all that is written of them.
    pub unmanaged: BTreeMap<TableName, String>,
    /// The tables that get no model, each with the reason.
    pub left_out: BTreeMap<TableName, String>,
}

/// The sources, and what is to be said of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// The files; with [`Layout::OneFile`] one.
    pub files: Vec<SourceFile>,
    /// The models, in the order of their tables.
    pub models: Vec<WrittenModel>,
    /// What does not show in the models' schema.
    pub remarks: Vec<Remark>,
    /// What got no model.
    pub left_out: Vec<LeftOut>,
    /// What `Cargo.toml` must have.
    pub needs: Needs,
}

/// A file of Rust.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceFile {
    /// Its name: `mod.rs` for the module itself, or for all of it.
    pub name: String,
    /// What is in it.
    pub text: String,
}

/// A model that was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrittenModel {
    /// Its table.
    pub table: TableName,
    /// The name of its struct.
    pub ident: String,
    /// The name of its file.
    pub file: String,
    /// Why its table is left alone by migrations, where it is.
    pub unmanaged: Option<String>,
}

/// Something to know of a model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remark {
    /// The table that it is of.
    pub table: TableName,
    /// What there is to know.
    pub message: String,
}

/// A table or an enum that got no model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOut {
    /// Its name.
    pub name: String,
    /// Why.
    pub reason: String,
}

/// Writes the models of a schema, as a database of that dialect has it. Tables that it leaves alone
/// ([`Schema::unmanaged`]) get models that say `unmanaged`.
#[must_use]
pub fn write(schema: &Schema, dialect: Dialect, options: &Options) -> Written {
    let schema = with_keys_as_pointed_at(schema.of(dialect), dialect);
    let plan = Plan::new(&schema, dialect, options);
    let mut writer = Writer {
        layout: options.layout,
        needs: Needs::new(dialect),
        own: OwnTypes::new(match options.layout {
            Layout::OneFile => "self::types",
            Layout::Folder => "super::types",
        }),
        remarks: Vec::new(),
    };
    let files = match options.layout {
        Layout::OneFile => writer.one_file(&plan),
        Layout::Folder => writer.folder(&plan),
    };
    let models = plan.models.iter().map(|(name, model)| WrittenModel {
        table: (*name).clone(),
        ident: model.ident.clone(),
        file: match options.layout {
            Layout::OneFile => MAIN.to_owned(),
            Layout::Folder => file_name(&model.module),
        },
        unmanaged: model.unmanaged.clone(),
    });
    let models = models.collect();
    Written { files, models, remarks: writer.remarks, left_out: plan.left_out, needs: writer.needs }
}

/// The schema with generated keys of the type of the columns that point at them, where the database has one type for
/// all generated keys: Rust has several.
fn with_keys_as_pointed_at(schema: Schema, dialect: Dialect) -> Schema {
    let mut pointed: BTreeMap<(TableName, Identifier), SqlType> = BTreeMap::new();
    for table in schema.tables.values() {
        for key in table.foreign_keys.values() {
            let ([column], [target]) = (&key.columns[..], &key.referenced_columns[..]) else { continue };
            let sql_type = table.column(column).map(|column| column.sql_type.clone());
            let is_integer = matches!(sql_type, Some(SqlType::SmallInt | SqlType::Integer | SqlType::BigInt));
            if let Some(sql_type) = sql_type.filter(|_| is_integer) {
                pointed.insert((key.references.clone(), target.clone()), sql_type);
            }
        }
    }
    let mut other = schema.clone();
    for table in other.tables.values_mut() {
        for column in table.columns.iter_mut().filter(|column| column.auto_increment.is_some()) {
            if let Some(sql_type) = pointed.remove(&(table.name.clone(), column.name.clone())) {
                column.sql_type = sql_type;
            }
        }
    }
    if other.normal_form(dialect) == schema.normal_form(dialect) { other } else { schema }
}

const MAIN: &str = "mod.rs";

fn file_name(module: &str) -> String {
    format!("{module}.rs")
}

struct Writer {
    layout: Layout,
    needs: Needs,
    own: OwnTypes,
    remarks: Vec<Remark>,
}

impl Writer {
    fn one_file(&mut self, plan: &Plan<'_>) -> Vec<SourceFile> {
        let mut imports = BTreeSet::new();
        let mut parts: Vec<String> =
            plan.models.values().map(|model| self.model(plan, model, &mut imports)).collect();
        if !plan.enums.is_empty() {
            parts.push(enums::write(plan));
        }
        if !self.own.are_none() {
            parts.push(format!("{OWN_TYPES}pub mod types {{\n{}}}\n", self.own.source("    ")));
        }
        let uses = uses(&imports, !plan.models.is_empty(), !plan.enums.is_empty());
        let head = if uses.is_empty() { self.head() } else { format!("{}\n{uses}", self.head()) };
        parts.insert(0, head);
        vec![SourceFile { name: MAIN.to_owned(), text: parts.join("\n") }]
    }

    fn folder(&mut self, plan: &Plan<'_>) -> Vec<SourceFile> {
        let mut files = Vec::new();
        for model in plan.models.values() {
            let mut imports = BTreeSet::new();
            let text = self.model(plan, model, &mut imports);
            let text = format!("{}\n{text}", uses(&imports, true, false));
            files.push(SourceFile { name: file_name(&model.module), text });
        }
        let mut modules: Vec<_> =
            plan.models.values().map(|model| (model.module.clone(), model.ident.clone())).collect();
        if !plan.enums.is_empty() {
            let text = format!("{}\n{}", uses(&BTreeSet::new(), false, true), enums::write(plan));
            files.push(SourceFile { name: file_name("enums"), text });
            modules.push(("enums".to_owned(), "*".to_owned()));
        }
        if !self.own.are_none() {
            let text = format!("{OWN_TYPES}{}", self.own.source(""))
                .replacen("// ", "//! ", 2)
                .replacen(".\nuse", ".\n\nuse", 1);
            files.push(SourceFile { name: file_name("types"), text });
            modules.push(("types".to_owned(), String::new()));
        }
        // rustfmt puts modules and imports in two orders.
        modules.sort();
        let declared: String = modules.iter().map(|(module, _)| format!("pub mod {module};\n")).collect();
        layout::version_sorted(&mut modules, |(module, _)| module);
        let named = modules.iter().filter(|(_, ident)| !ident.is_empty());
        let named: String =
            named.map(|(module, ident)| format!("pub use self::{module}::{ident};\n")).collect();
        let parts = [self.head(), declared, named];
        let parts: Vec<_> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        files.insert(0, SourceFile { name: MAIN.to_owned(), text: parts.join("\n") });
        files
    }

    fn model(
        &mut self,
        plan: &Plan<'_>,
        model: &ModelPlan<'_>,
        imports: &mut BTreeSet<&'static str>,
    ) -> String {
        let layout = self.layout;
        let enums = |name: &Identifier| {
            let ident = plan.enums.get(name).map(|one| one.ident.clone()).unwrap_or_default();
            if layout == Layout::Folder { format!("super::enums::{ident}") } else { ident }
        };
        let mut types = Types {
            dialect: plan.dialect,
            enums: &enums,
            own: &mut self.own,
            needs: &mut self.needs,
            imports,
        };
        let (text, remarks) = table::write(plan, model, layout, &mut types);
        self.remarks.extend(remarks);
        text
    }

    fn head(&self) -> String {
        let lines: String = self.needs.lines().iter().map(|line| format!("//     {line}\n")).collect();
        format!(
            "// Models of the tables of a database, as `fenrir import` found them. They are yours from now on.\n\
             //\n\
             // What they need in Cargo.toml, under [dependencies]:\n//\n{lines}"
        )
    }
}

const OWN_TYPES: &str = "\
// Types of the database that Diesel does not know. Their values are bytes, which types of your own may take
// the place of.
";

/// What a file imports, with the end of the last line.
fn uses(names: &BTreeSet<&'static str>, has_models: bool, has_enums: bool) -> String {
    let of_chrono: Vec<_> = names.iter().filter(|name| **name != "Bound").copied().collect();
    let mut text = match of_chrono.as_slice() {
        [] => String::new(),
        [only] => format!("use chrono::{only};\n"),
        several => format!("use chrono::{{{}}};\n", several.join(", ")),
    };
    if has_models {
        text.push_str("use diesel::prelude::*;\n");
    }
    text.push_str(match (has_models, has_enums) {
        (true, true) => "use fenrir_migrate::{DbEnum, Table};\n",
        (true, false) => "use fenrir_migrate::Table;\n",
        (false, true) => "use fenrir_migrate::DbEnum;\n",
        (false, false) => "",
    });
    if names.contains("Bound") {
        text.push_str("use std::ops::Bound;\n");
    }
    text
}
