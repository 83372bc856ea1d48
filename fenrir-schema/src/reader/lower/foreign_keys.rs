//! Foreign keys: that what they point at is there, can be pointed at, and is of the same type.

use proc_macro2::Ident;
use quote::ToTokens;
use syn::ext::IdentExt;

use super::super::context::{Mark, Marked};
use super::super::entries::{code_list, there_are};
use super::super::facts::{ColumnFacts, Problem};
use super::super::rust_type::canonical_tokens;
use super::super::table_attribute::ForeignKeyAttribute;
use super::{Definitions, Draft, field_columns, parts, resolve};
use crate::{Dialect, Dialects, ForeignKey, Identifier, ReferentialAction, SqlType, Table};

/// A foreign key of a model.
pub(super) struct LoweredKey {
    pub(super) name: Identifier,
    pub(super) mark: Mark,
    pub(super) definition: ForeignKey,
    /// The number of the model that it points at.
    pub(super) parent: usize,
    /// The path by which the crate knows that model.
    pub(super) model_path: String,
    /// The number of the field that points, where there is one and it points at the primary key.
    pub(super) join_field: Option<usize>,
}

/// The foreign keys of a model, in the order of its attributes; none in place of one that is wrong.
pub(super) fn lower(
    definitions: &Definitions,
    names: &resolve::Names,
    drafts: &[Draft],
    index: usize,
    dialects: &[Dialect],
    problems: &mut Vec<Problem>,
) -> Vec<Option<LoweredKey>> {
    let model = &definitions.models[index].model;
    let mut keys: Vec<Option<LoweredKey>> = Vec::new();
    for attribute in model.foreign_key_attributes() {
        let there = parts::exist(attribute.dialects.as_ref(), dialects, problems);
        let rested: Vec<_> = dialects.iter().copied().filter(|dialect| there.include(*dialect)).collect();
        match key(definitions, names, drafts, index, attribute, &rested) {
            Ok(mut key) => {
                key.definition.dialects = there;
                if keys.iter().flatten().any(|other| other.name == key.name) {
                    problems.push(super::twice(attribute.mark, "foreign keys", &key.name));
                }
                keys.push(Some(key));
            }
            Err(problem) => {
                // A mistake in what is pointed at is reported there.
                problems.extend(problem);
                keys.push(None);
            }
        }
    }
    keys
}

/// Diesel's type of a column's values.
fn of_values(column: &ColumnFacts) -> &str {
    let path = column.diesel_type.as_str();
    path.strip_prefix("::diesel::sql_types::Nullable<")
        .and_then(|path| path.strip_suffix('>'))
        .unwrap_or(path)
}

fn key(
    definitions: &Definitions,
    names: &resolve::Names,
    drafts: &[Draft],
    index: usize,
    attribute: &ForeignKeyAttribute,
    dialects: &[Dialect],
) -> Result<LoweredKey, Option<Problem>> {
    let found = &definitions.models[index];
    let problem = |mark: Mark, message: String| Some(Problem { mark, message });
    let at_model = |message: String| problem(attribute.references_mark, message);

    let parent =
        resolve::model(definitions, names, &found.place, &attribute.references.0).map_err(at_model)?;
    let parent = parent.ok_or_else(|| {
        let written = canonical_tokens(attribute.references.0.to_token_stream());
        let known: Vec<_> = definitions.models.iter().map(|found| found.model.ident.unraw()).collect();
        at_model(format!("there is no model `{written}` in this package; {}", there_are(&known)))
    })?;
    let target = &definitions.models[parent];
    if found.place.managed && !target.place.managed {
        let message = format!("`{}` is a model of tests only", target.model.ident);
        return Err(at_model(message));
    }
    let referenced = referenced_fields(target, attribute)?;

    let (own, other) = (&drafts[index], &drafts[parent]);
    let fields: Vec<_> =
        attribute.columns.iter().filter_map(|name| found.model.field_index(&name.name)).collect();
    if fields.len() != attribute.columns.len() {
        return Err(None);
    }
    if fields.len() != referenced.len() {
        let message = format!(
            "{} {} of `{}`: say which with `references = {}(…)`",
            if fields.len() == 1 {
                "1 field points at".to_owned()
            } else {
                format!("{} fields point at", fields.len())
            },
            plural(referenced.len(), "field"),
            target.model.ident,
            target.model.ident,
        );
        return Err(at_model(message));
    }
    for (&field, &there) in fields.iter().zip(&referenced) {
        let (a, b) = (&own.table.columns[field], &other.table.columns[there]);
        // What is wrong with a type itself was said.
        if own.held[field] && other.held[there] && !a.sql_type.can_reference(&b.sql_type) {
            let message = format!(
                "this field is {}, and `{}.{}`, which it points at, is {}",
                a.sql_type, target.model.ident, target.model.fields[there].ident, b.sql_type
            );
            return Err(problem(found.model.fields[field].type_mark, message));
        }
        // A type that the database alone knows may compare with another; Diesel joins what it has one type for.
        let is_custom = |sql_type: &SqlType| matches!(sql_type, SqlType::Custom { .. });
        let (mine, theirs) = (of_values(&own.columns[field]), of_values(&other.columns[there]));
        if own.held[field]
            && other.held[there]
            && mine != theirs
            && (is_custom(&a.sql_type) || is_custom(&b.sql_type))
        {
            let short = |path: &str| path.rsplit("::").next().unwrap_or(path).to_owned();
            let message = format!(
                "this field is {} to Diesel, and `{}.{}`, which it points at, is {}",
                short(mine),
                target.model.ident,
                target.model.fields[there].ident,
                short(theirs)
            );
            return Err(problem(found.model.fields[field].type_mark, message));
        }
        let name = &found.model.fields[field].ident;
        let said = |wanted| attribute.mark_of(wanted).filter(|_| !a.nullable);
        if let Some(mark) = said(ReferentialAction::SetNull) {
            let message = format!("`set_null` needs a field that can be NULL: `{name}` is no `Option`");
            return Err(problem(mark, message));
        }
        if let Some(mark) = said(ReferentialAction::SetDefault).filter(|_| a.default.is_none()) {
            let message = format!(
                "`set_default` needs a field with a default, or one that can be NULL: `{name}` has neither"
            );
            return Err(problem(mark, message));
        }
        if a.generated.is_some() {
            if let Some((mark, message)) = attribute.sets() {
                return Err(problem(mark, message.to_owned()));
            }
        }
    }
    let columns = field_columns(&found.model, attribute.columns.iter().map(|name| &name.name));
    let referenced_columns: Vec<_> =
        referenced.iter().map(|&field| other.table.columns[field].name.clone()).collect();
    if let Some(message) = no_key(&other.table, &target.model.ident, &referenced_columns, dialects) {
        return Err(at_model(message));
    }
    let name = attribute.name.as_ref().map(|name| name.value.clone());
    let name = name.unwrap_or_else(|| {
        Identifier::generated(std::iter::once(&own.table.name.name).chain(&columns), "fkey")
    });
    let join_field = match fields.as_slice() {
        [field] if target.model.primary_key == referenced => Some(*field),
        _ => None,
    };
    Ok(LoweredKey {
        name,
        mark: attribute.name.as_ref().map_or(attribute.mark, |name| name.mark),
        definition: ForeignKey {
            columns,
            references: other.table.name.clone(),
            referenced_columns,
            on_delete: action(&attribute.on_delete),
            on_update: action(&attribute.on_update),
            deferral: attribute.deferral,
            dialects: Dialects::default(),
        },
        parent,
        model_path: format!(
            "{}::{}",
            resolve::path(definitions, &found.place, &target.place),
            target.model.ident
        ),
        join_field,
    })
}

/// Why a foreign key cannot point at these columns in some database that has it.
fn no_key(table: &Table, ident: &Ident, columns: &[Identifier], dialects: &[Dialect]) -> Option<String> {
    let listed = code_list(columns);
    if table.uniques_of(columns).next().is_none() && !table.is_key(columns) {
        return Some(format!(
            "{listed} of `{ident}` is neither its primary key nor unique, so nothing can point at it"
        ));
    }
    let dialect = dialects.iter().find(|dialect| !table.of(**dialect).is_key(columns))?;
    Some(match table.of(*dialect).uniques_of(columns).next() {
        Some((name, _)) => format!(
            "nothing can point at {listed} of `{ident}`, since its unique constraint `{name}` is deferrable \
             (<https://www.postgresql.org/docs/current/sql-createtable.html>): leave `deferrable` out there"
        ),
        None => format!(
            "{listed} of `{ident}` is not unique on {}, so nothing can point at it there: say where this foreign key is, \
             with `dialects(…)`",
            dialect.title()
        ),
    })
}

/// The fields that are pointed at, by number: those named, or the primary key.
fn referenced_fields(
    target: &super::FoundModel,
    attribute: &ForeignKeyAttribute,
) -> Result<Vec<usize>, Option<Problem>> {
    if attribute.referenced.is_empty() {
        let key = &target.model.primary_key;
        if key.is_empty() && target.model.has_no_primary_key() {
            let ident = &target.model.ident;
            let message = format!(
                "`{ident}` has no primary key: say what this points at with `references = {ident}(…)`"
            );
            return Err(Some(Problem { mark: attribute.references_mark, message }));
        }
        // A model that ought to have one is refused itself.
        return if key.is_empty() { Err(None) } else { Ok(key.clone()) };
    }
    let fields = attribute.referenced.iter().map(|name| {
        target.model.field_index(&name.name).ok_or_else(|| {
            let known: Vec<_> = target.model.fields.iter().map(|field| field.ident.unraw()).collect();
            let message =
                format!("`{}` has no field `{}`; {}", target.model.ident, name.name, there_are(&known));
            Some(Problem { mark: name.mark, message })
        })
    });
    fields.collect()
}

impl ForeignKeyAttribute {
    /// Where an action is asked for.
    fn mark_of(&self, wanted: ReferentialAction) -> Option<Mark> {
        let mut actions = self.on_delete.iter().chain(&self.on_update);
        actions.find(|action| action.value == wanted).map(|action| action.mark)
    }
}

impl ForeignKeyAttribute {
    /// Where an action is asked for that would give its columns another value, which a generated one takes
    /// from no one (<https://www.postgresql.org/docs/current/ddl-generated-columns.html>).
    fn sets(&self) -> Option<(Mark, &'static str)> {
        use ReferentialAction::{Cascade, SetDefault, SetNull};
        let on_update =
            self.on_update.iter().find(|said| matches!(said.value, Cascade | SetNull | SetDefault));
        let on_delete = self.on_delete.iter().find(|said| matches!(said.value, SetNull | SetDefault));
        let updated = on_update.map(|said| {
            (said.mark, "a generated column takes no value: `on_update` can be `restrict` or `no_action`")
        });
        let deleted = on_delete.map(|said| {
            (
                said.mark,
                "a generated column takes no value: `on_delete` can be `cascade`, `restrict` or `no_action`",
            )
        });
        deleted.or(updated)
    }
}

fn action(said: &Option<Marked<ReferentialAction>>) -> ReferentialAction {
    said.as_ref().map(|action| action.value).unwrap_or_default()
}

impl super::Model {
    /// The foreign keys of fields, then those of the struct.
    pub(super) fn foreign_key_attributes(&self) -> impl Iterator<Item = &ForeignKeyAttribute> {
        let fields = self.fields.iter().filter_map(|field| field.attributes.references.as_ref());
        fields.chain(&self.attributes.foreign_keys)
    }

    /// The paths of the models that foreign keys point at, in the order of [`Facts`](super::Facts).
    pub fn references(&self) -> impl Iterator<Item = &syn::Path> {
        self.foreign_key_attributes().map(|attribute| &attribute.references.0)
    }
}

fn plural(count: usize, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}
