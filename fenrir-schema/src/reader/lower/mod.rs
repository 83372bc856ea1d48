//! From models to a schema: what each means once all of them are known, and what is wrong with the
//! whole.

mod collations;
mod columns;
mod default_fit;
mod foreign_keys;
mod joins;
mod lacks;
mod names;
mod parts;
mod resolve;

use std::collections::{BTreeMap, BTreeSet};

use syn::Type;

use super::context::{Context, Mark};
use super::facts::{ColumnFacts, Facts, Problem};
use super::{DbEnumModel, Field, Model};
use crate::{Change, Dialect, Expression, Identifier, PrimaryKey, Renames, Schema, Table, TableName};

/// A crate of the package that is read: its library, a binary, a test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CrateRoot {
    /// Its name, as `CARGO_CRATE_NAME` has it.
    pub name: String,
    /// Whether it is the library, which the others can name.
    pub is_library: bool,
}

/// Where an item stands.
#[derive(Clone, Debug)]
pub struct Place {
    /// The number of its crate, in [`Definitions::crates`].
    pub crate_index: usize,
    /// The modules that it is in, from the crate's root.
    pub modules: Vec<String>,
    /// Whether it is part of the program, and not of its tests only.
    pub managed: bool,
    /// Whether any module of the crate can name it.
    pub nameable: bool,
    /// Whether any crate can name it.
    pub public: bool,
}

/// A model with its place.
pub struct FoundModel {
    /// The model.
    pub model: Model,
    /// The places within it.
    pub context: Context,
    /// Where it stands.
    pub place: Place,
    /// Whether another crate of the package has it too, from the same file.
    pub again: bool,
    /// The line of its name, from 1.
    pub line: usize,
    /// Whether its own tokens hold a mistake, which the derive reports.
    pub broken: bool,
}

impl FoundModel {
    /// Whether others make its table.
    fn is_unmanaged(&self) -> bool {
        self.model.attributes.unmanaged.is_some()
    }

    /// Whether its table is one of the schema's.
    fn in_schema(&self) -> bool {
        self.place.managed && !self.again
    }
}

/// An enum with its place.
pub struct FoundEnum {
    /// The enum.
    pub definition: DbEnumModel,
    /// The places within it.
    pub context: Context,
    /// Where it stands.
    pub place: Place,
    /// Whether another crate of the package has it too, from the same file.
    pub again: bool,
}

/// A name for another type: `type Email = String` or `struct Email(String)`.
pub struct FoundAlias {
    /// The name.
    pub name: String,
    /// What it is a name for.
    pub target: Type,
    /// Where it stands.
    pub place: Place,
}

/// All that a package defines that a schema is made of.
#[derive(Default)]
pub struct Definitions {
    /// Its crates.
    pub crates: Vec<CrateRoot>,
    /// Its models.
    pub models: Vec<FoundModel>,
    /// Its enums.
    pub enums: Vec<FoundEnum>,
    /// Its aliases and newtypes.
    pub aliases: Vec<FoundAlias>,
}

/// What the definitions come to.
#[derive(Default)]
pub struct Lowered {
    /// The schema of the models that are part of the program.
    pub schema: Schema,
    /// For each model, in their order: what the derive needs, with what is wrong.
    pub facts: Vec<Facts>,
    /// For enums, by number: what is wrong with them.
    pub enum_problems: Vec<(usize, Problem)>,
    /// What the rows that exist get in a column, by table and column.
    pub backfills: BTreeMap<(TableName, Identifier), Expression>,
    /// How a column's values become those of its type, by table and column.
    pub usings: BTreeMap<(TableName, Identifier), Expression>,
    /// What is said to have had another name, whether it still had it or not.
    pub renames: Renames,
}

/// Whether a model may say a default so: whether it is a value of its column's type. `labels` are those of the enum
/// that the column holds.
#[cfg(feature = "writer")]
pub(crate) fn default_fits(
    default: &crate::DefaultValue,
    sql_type: &crate::SqlType,
    labels: Option<&[String]>,
) -> bool {
    let variant = |label: &String| super::DbEnumVariant {
        ident: proc_macro2::Ident::new("Label", proc_macro2::Span::call_site()),
        label: label.clone(),
        renamed_from: None,
    };
    let variants: Option<Vec<_>> = labels.map(|labels| labels.iter().map(variant).collect());
    default_fit::check(default, sql_type, variants.as_ref()).is_ok()
}

/// Makes a schema of definitions.
#[must_use]
pub fn lower(definitions: &Definitions, dialects: &[Dialect]) -> Lowered {
    let mut problems: Vec<Vec<Problem>> = definitions.models.iter().map(|_| Vec::new()).collect();
    let names = resolve::Names::new(definitions);
    // Columns first: foreign keys compare them.
    let mut drafts: Vec<_> = definitions
        .models
        .iter()
        .zip(&mut problems)
        .map(|(found, problems)| Draft::new(definitions, &names, found, dialects, problems))
        .collect();
    let keys: Vec<_> = (0..drafts.len())
        .map(|index| foreign_keys::lower(definitions, &names, &drafts, index, dialects, &mut problems[index]))
        .collect();
    let mut tables: Vec<_> = drafts.iter().map(|draft| draft.table.clone()).collect();
    for ((table, draft), keys) in tables.iter_mut().zip(&mut drafts).zip(&keys) {
        for key in keys.iter().flatten() {
            table.foreign_keys.insert(key.name.clone(), key.definition.clone());
            draft.marks.insert(key.name.clone(), key.mark);
        }
    }
    let mut lowered = Lowered::default();
    let used = drafts.iter().zip(&definitions.models).filter(|(_, found)| found.in_schema());
    let used: BTreeSet<usize> = used.flat_map(|(draft, _)| &draft.enums).copied().collect();
    let managed = drafts.iter().zip(&definitions.models);
    let managed = managed.filter(|(_, found)| found.in_schema() && !found.is_unmanaged());
    let managed: BTreeSet<usize> = managed.flat_map(|(draft, _)| &draft.enums).copied().collect();
    names::check(definitions, &drafts, &tables, &used, dialects, &mut problems, &mut lowered);
    lacks::check(definitions, &drafts, &tables, &used, dialects, &mut problems, &mut lowered);

    for (index, found) in definitions.models.iter().enumerate() {
        if found.in_schema() && !found.broken && problems[index].is_empty() {
            let table = &tables[index];
            if found.is_unmanaged() {
                lowered.schema.unmanaged.tables.insert(table.name.clone(), table.clone());
                continue;
            }
            lowered.schema.tables.insert(table.name.clone(), table.clone());
            for field in &found.model.fields {
                let place = (table.name.clone(), field.sql_name.value.clone());
                if let Some(backfill) = &field.attributes.backfill {
                    lowered.backfills.insert(place.clone(), backfill.value.clone());
                }
                if let Some(using) = &field.attributes.using {
                    lowered.usings.insert(place.clone(), using.value.clone());
                }
                if let Some(old) = &field.attributes.renamed_from {
                    lowered.renames.columns.insert(place, old.value.clone());
                }
            }
            if let Some(old) = &found.model.attributes.renamed_from {
                lowered.renames.tables.insert(table.name.clone(), old.value.clone());
            }
        }
    }
    for index in used {
        let definition = &definitions.enums[index].definition;
        let name = &definition.sql_name.value;
        if !managed.contains(&index) {
            lowered.schema.unmanaged.enums.insert(name.clone(), definition.definition());
            continue;
        }
        if let Some(old) = &definition.renamed_from {
            lowered.renames.enums.insert(name.clone(), old.value.clone());
        }
        for variant in &definition.variants {
            if let Some(old) = &variant.renamed_from {
                lowered.renames.labels.insert((name.clone(), variant.label.clone()), old.clone());
            }
        }
        lowered
            .schema
            .enums
            .entry(definition.sql_name.value.clone())
            .or_insert_with(|| definition.definition());
    }
    lowered.schema = std::mem::take(&mut lowered.schema).held_by(dialects);

    for (index, problems) in problems.into_iter().enumerate() {
        let found = &definitions.models[index];
        let whole = problems.is_empty() && !found.broken;
        let table = whole.then(|| held(&tables[index], dialects));
        let create_sql = match &table {
            Some(table) => {
                let sql = |&dialect| (dialect, create_sql(definitions, &drafts[index].enums, table, dialect));
                dialects.iter().map(sql).collect()
            }
            None => BTreeMap::new(),
        };
        let (joins, pairs) = joins::of(definitions, &keys, index);
        let module_path = std::iter::once(&definitions.crates[found.place.crate_index].name)
            .chain(&found.place.modules)
            .map(String::as_str)
            .collect::<Vec<_>>()
            .join("::");
        lowered.facts.push(Facts {
            model: found.model.fingerprint(),
            crate_name: definitions.crates[found.place.crate_index].name.clone(),
            module_path,
            line: found.line,
            managed: found.in_schema(),
            dialects: dialects.to_vec(),
            table,
            create_sql,
            columns: drafts[index].columns.clone(),
            joins,
            pairs,
            referenced_models: keys[index]
                .iter()
                .map(|key| key.as_ref().map_or_else(String::new, |key| key.model_path.clone()))
                .collect(),
            problems,
        });
    }
    lowered
}

fn held(table: &Table, dialects: &[Dialect]) -> Table {
    let schema = Schema { tables: [(table.name.clone(), table.clone())].into(), ..Schema::default() };
    schema.held_by(dialects).tables.into_values().next().unwrap_or_else(|| table.clone())
}

/// The statements that create one table, with the enums that it has.
fn create_sql(
    definitions: &Definitions,
    enums: &BTreeSet<usize>,
    table: &Table,
    dialect: Dialect,
) -> Vec<String> {
    let enums = enums.iter().map(|&index| &definitions.enums[index].definition);
    let enums: BTreeMap<_, _> =
        enums.map(|found| (found.sql_name.value.clone(), found.definition())).collect();
    let mut changes: Vec<_> =
        enums.into_iter().map(|(name, definition)| Change::CreateEnum { name, definition }).collect();
    changes.push(Change::CreateTable { table: table.clone() });
    // Creating on nothing always fits.
    let script = dialect.script(&Schema::default(), &changes).unwrap_or_default();
    script.statements.into_iter().map(|statement| statement.sql).collect()
}

/// A table without its foreign keys.
struct Draft {
    table: Table,
    columns: Vec<ColumnFacts>,
    /// The numbers of the enums that its columns hold.
    enums: BTreeSet<usize>,
    /// Where the names of its indexes and constraints come from.
    marks: BTreeMap<Identifier, Mark>,
    /// Whether each column's type is known, and not put in to go on with.
    known: Vec<bool>,
    /// Whether all of the project's databases have each column's type.
    held: Vec<bool>,
}

impl Draft {
    fn new(
        definitions: &Definitions,
        names: &resolve::Names,
        found: &FoundModel,
        dialects: &[Dialect],
        problems: &mut Vec<Problem>,
    ) -> Self {
        let model = &found.model;
        let name = model.table_name();
        let mut draft = Draft {
            table: Table {
                primary_key: PrimaryKey {
                    name: model.primary_key_name().map_or_else(
                        || Identifier::generated([&name.name], "pkey"),
                        |said| said.value.clone(),
                    ),
                    columns: model.primary_key.iter().map(|&index| sql_name(model, index)).collect(),
                },
                name,
                columns: Vec::new(),
                uniques: BTreeMap::new(),
                checks: BTreeMap::new(),
                foreign_keys: BTreeMap::new(),
                indexes: BTreeMap::new(),
                options: model.attributes.options.options.clone(),
                comment: model.comment.clone(),
            },
            columns: Vec::new(),
            enums: BTreeSet::new(),
            marks: BTreeMap::new(),
            known: Vec::new(),
            held: Vec::new(),
        };
        for index in 0..model.fields.len() {
            let lowered = columns::lower(definitions, names, found, index, dialects, problems);
            draft.known.push(lowered.known);
            draft.held.push(lowered.held);
            draft.enums.extend(lowered.enum_index);
            draft.columns.push(lowered.facts);
            draft.table.columns.push(lowered.column);
        }
        if let Some(said) = model.primary_key_name() {
            draft.marks.insert(said.value.clone(), said.mark);
        }
        draft.uniques(model, dialects, problems);
        draft.checks(model, dialects, problems);
        draft.indexes(model, dialects, problems);
        draft.options(model, dialects, problems);
        draft
    }

    /// Options of a database that the project has not would be forgotten in silence.
    fn options(&self, model: &Model, dialects: &[Dialect], problems: &mut Vec<Problem>) {
        let places = &model.attributes.options.places;
        for (dialect, mark) in places.iter().filter(|(dialect, _)| !dialects.contains(dialect)) {
            if !dialects.is_empty() {
                let message = format!(
                    "`fenrir.toml` does not name `{dialect}` among the project's databases: these options say nothing"
                );
                problems.push(Problem { mark: *mark, message });
            }
        }
    }
}

fn twice(mark: Mark, kind: &str, name: &Identifier) -> Problem {
    let message = format!(
        "two {kind} would be called `{name}`: give one of them a name of its own, with `name = \"…\"`"
    );
    Problem { mark, message }
}

fn sql_name(model: &Model, field: usize) -> Identifier {
    model.fields[field].sql_name.value.clone()
}

/// The columns of fields that an attribute mentions; those that are not there were reported.
fn field_columns<'a>(model: &Model, names: impl Iterator<Item = &'a String>) -> Vec<Identifier> {
    names.filter_map(|name| Some(sql_name(model, model.field_index(name)?))).collect()
}
