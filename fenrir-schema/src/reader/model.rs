//! One model, as its own tokens have it.

use std::collections::BTreeMap;
use std::hash::{Hash, Hasher};

use proc_macro2::Ident;
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::spanned::Spanned as _;
use syn::{Attribute, Data, DeriveInput, Expr, Fields, Lit, Meta, Type};

use super::column_attribute::ColumnAttributes;
use super::context::{Context, Mark, Marked};
use super::diesel_attribute::DieselAttributes;
use super::entries::there_are;
use super::index_attribute::IndexPart;
use super::names;
use super::rust_type;
use super::table_attribute::{self, FieldName, TableAttributes};
use crate::{Identifier, TableName, digest};

/// A struct with `#[derive(Table)]`, read and checked as far as its own tokens go.
#[derive(Hash)]
pub struct Model {
    /// The struct's name.
    pub ident: Ident,
    /// Where that stands.
    pub mark: Mark,
    /// The name of the module that Diesel's `table!` makes.
    pub module: Ident,
    /// The name of the table in the database.
    pub sql_name: Marked<Identifier>,
    /// Its columns.
    pub fields: Vec<Field>,
    /// The fields of the primary key, by number; none where the model says that there is no key.
    pub primary_key: Vec<usize>,
    /// What is said of it in the database.
    pub comment: Option<String>,
    pub(super) attributes: TableAttributes,
}

/// A field of a model: a column.
#[derive(Hash)]
pub struct Field {
    /// The field's name.
    pub ident: Ident,
    /// Where that stands.
    pub mark: Mark,
    /// The name of the column in Diesel's module.
    pub diesel_column: Ident,
    /// The name of the column in the database.
    pub sql_name: Marked<Identifier>,
    /// Its type, as it is written.
    pub ty: FieldType,
    /// Where that stands.
    pub type_mark: Mark,
    /// What is said of it in the database.
    pub comment: Option<String>,
    pub(super) attributes: ColumnAttributes,
    pub(super) diesel: DieselAttributes,
}

/// The type of a field.
pub struct FieldType(pub Type);

impl Hash for FieldType {
    fn hash<H: Hasher>(&self, state: &mut H) {
        rust_type::canonical_tokens(self.0.to_token_stream()).hash(state);
    }
}

impl Model {
    /// Reads a struct. What is wrong goes into the context; `None` where it is not even a model.
    pub fn read(input: &DeriveInput, context: &mut Context) -> Option<Model> {
        let mark = context.mark(input.ident.span());
        let attributes = TableAttributes::read(&input.attrs, context);
        let diesel = DieselAttributes::read(&input.attrs, context);
        if !input.generics.params.is_empty() {
            let message = "a model has no generics: it is one table, and owns what it reads";
            context.error_at(input.generics.params.span(), message);
        }
        let fields = match &input.data {
            Data::Struct(data) => match &data.fields {
                Fields::Named(fields) if !fields.named.is_empty() => &fields.named,
                _ => {
                    context.error_at(input.ident.span(), "a model has named fields, one for each column");
                    return None;
                }
            },
            Data::Enum(_) => {
                let message = "`Table` is for structs; an enum that a column holds has `DbEnum`";
                context.error_at(input.ident.span(), message);
                return None;
            }
            Data::Union(_) => {
                context.error_at(input.ident.span(), "`Table` is for structs");
                return None;
            }
        };
        let fields: Vec<_> = fields.iter().filter_map(|field| Field::read(field, context)).collect();

        let module = diesel.table_name.clone().unwrap_or_else(|| {
            // As Diesel's derives have it.
            let name = names::snake_case(&input.ident.unraw().to_string()) + "s";
            Ident::new(&name, input.ident.span())
        });
        let sql_name = match &attributes.name {
            Some(name) => name.clone(),
            None => {
                let name = named(&module, context);
                context.marked(name, module.span())
            }
        };
        let comment = attributes.comment.clone().or_else(|| doc_comment(&input.attrs));
        let mut model = Model {
            ident: input.ident.clone(),
            mark,
            module,
            sql_name,
            fields,
            primary_key: Vec::new(),
            comment,
            attributes,
        };
        model.primary_key = model.find_primary_key(&diesel, context);
        model.check(context);
        Some(model)
    }

    /// Tells whether two readings of models are of the same model: the hash of all that they say.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        digest::of_this_build(self)
    }

    /// The PostgreSQL schema that the table lies in, where one is given.
    pub(super) fn schema(&self) -> Option<&Marked<Identifier>> {
        self.attributes.schema.as_ref()
    }

    /// That schema as Diesel's `table!` has it: it takes Rust's identifiers only.
    #[must_use]
    pub fn diesel_schema(&self) -> Option<Ident> {
        syn::parse_str(self.schema()?.value.as_str()).ok()
    }

    /// The name of the table in the database, with the schema that it lies in.
    #[must_use]
    pub fn table_name(&self) -> TableName {
        let schema = self.schema().map(|schema| schema.value.clone());
        TableName { schema, name: self.sql_name.value.clone() }
    }

    /// The name of the primary key, where one is given.
    pub(super) fn primary_key_name(&self) -> Option<&Marked<Identifier>> {
        self.attributes.primary_key.as_ref()?.name.as_ref()
    }

    /// Whether the table is said to have no primary key.
    #[must_use]
    pub fn has_no_primary_key(&self) -> bool {
        self.attributes.primary_key.as_ref().is_some_and(|key| key.is_none)
    }

    /// The number of a field that an attribute mentions.
    pub(super) fn field_index(&self, name: &str) -> Option<usize> {
        self.fields.iter().position(|field| field.ident.unraw() == name)
    }

    fn field_indexes(&self, names: &[FieldName], context: &mut Context) -> Vec<usize> {
        table_attribute::check_twice(names, context);
        names.iter().filter_map(|name| self.mentioned(name, context)).collect()
    }

    fn mentioned(&self, name: &FieldName, context: &mut Context) -> Option<usize> {
        let found = self.field_index(&name.name);
        if found.is_none() {
            let fields: Vec<_> = self.fields.iter().map(|field| field.ident.unraw()).collect();
            let message = format!("no field `{}`; {}", name.name, there_are(&fields));
            context.error_at(name.span, message);
        }
        found
    }

    /// Said on the struct, to Fenrir or to Diesel; said on fields; or the field `id`.
    fn find_primary_key(&self, diesel: &DieselAttributes, context: &mut Context) -> Vec<usize> {
        let marked: Vec<_> = (0..self.fields.len())
            .filter(|&index| self.fields[index].attributes.primary_key.is_some())
            .collect();
        let ours = self.attributes.primary_key.as_ref();
        if let Some(none) = ours.filter(|key| key.is_none) {
            if diesel.primary_key.is_some() || !marked.is_empty() {
                let message = "the table is said to have no primary key, and to have one";
                context.error_at(context.span(none.mark), message);
            }
            return Vec::new();
        }
        // Where only its name is given, the columns are said elsewhere.
        let ours = ours.filter(|key| !key.columns.is_empty() || key.name.is_none()).map(|key| &key.columns);
        let listed = match (ours, &diesel.primary_key) {
            (Some(ours), Some(diesels)) => {
                let names = |key: &[FieldName]| key.iter().map(|name| name.name.clone()).collect::<Vec<_>>();
                if let Some(first) = ours.first().filter(|_| names(ours) != names(diesels)) {
                    let message = "the primary key differs from that in `#[diesel(primary_key(…))]`";
                    context.error_at(first.span, message);
                }
                Some(ours)
            }
            (ours, diesels) => ours.or(diesels.as_ref()),
        };
        let listed = listed.map(Vec::as_slice);
        match (listed, marked.first()) {
            // What could not be read was reported, whatever it was to be.
            (Some([]), _) => marked,
            (Some(names), first) => {
                let key = self.field_indexes(names, context);
                if let Some(&first) = first.filter(|_| marked != key) {
                    let mark = self.fields[first].attributes.primary_key.unwrap_or(self.mark);
                    let span = context.span(mark);
                    context.error_at(span, "the primary key is given twice: on the struct, and here");
                }
                key
            }
            (None, Some(_)) => marked,
            (None, None) => self.field_index("id").map_or_else(
                || {
                    let message = "no primary key: name a field `id`, or mark one with `#[column(primary_key)]`, \
                                   or several with `#[table(primary_key(a, b))]`; a table without one says `#[table(primary_key())]`";
                    context.error_at(self.ident.span(), message);
                    Vec::new()
                },
                |index| vec![index],
            ),
        }
    }

    fn check(&self, context: &mut Context) {
        if let (Some(_), Some(old)) = (self.attributes.unmanaged, &self.attributes.renamed_from) {
            let message = "an unmanaged table is renamed by others: leave `renamed_from` out";
            context.error_at(context.span(old.mark), message);
        }
        if let Some(schema) = self.schema().filter(|_| self.diesel_schema().is_none()) {
            let message =
                format!("Diesel takes a Rust identifier for a schema, which `{}` is not", schema.value);
            context.error_at(context.span(schema.mark), message);
        }
        self.check_names(context);
        self.check_primary_key(context);
        self.check_mentions(context);
        self.check_generated(context);
        self.check_expressions(context);
    }

    /// Diesel makes a constant of each column in the module of the table, where the name of the table
    /// itself is taken.
    fn check_names(&self, context: &mut Context) {
        let mut seen: BTreeMap<&str, &Ident> = BTreeMap::new();
        for field in &self.fields {
            if field.diesel_column == self.module {
                let message = format!(
                    "a column named like its table does not compile in Diesel: name the field otherwise, with \
                     `#[column(name = \"{}\")]`",
                    field.sql_name.value
                );
                context.error_at(field.ident.span(), message);
            }
            if let Some(other) = seen.insert(field.sql_name.value.as_str(), &field.ident) {
                let message =
                    format!("the column `{}` is that of the field `{other}` too", field.sql_name.value);
                context.error_at(context.span(field.sql_name.mark), message);
            }
        }
    }

    fn check_primary_key(&self, context: &mut Context) {
        for (index, field) in self.fields.iter().enumerate() {
            if let Some(mark) = field.attributes.nullable.filter(|_| !self.primary_key.contains(&index)) {
                let message = "only a column of the primary key says `nullable`: any other that may be NULL is an `Option`";
                context.error_at(context.span(mark), message);
            }
        }
        for &index in &self.primary_key {
            let field = &self.fields[index];
            if rust_type::without_option(&field.ty.0).1 {
                let span = context.span(field.type_mark);
                context.error_at(span, "a column of the primary key cannot be NULL: no `Option` here");
            }
            if let Some(generated) = &field.attributes.generated {
                let message = "a column of the primary key is not generated from others";
                context.error_at(context.span(generated.mark), message);
            }
            if let (Some(unique), [_]) = (&field.attributes.unique, self.primary_key.as_slice()) {
                let span = context.span(unique.mark);
                context.error_at(span, "the primary key is unique already");
            }
        }
    }

    /// PostgreSQL has no others, and in MySQL and MariaDB the order of the columns would matter.
    fn check_generated(&self, context: &mut Context) {
        for field in &self.fields {
            let Some(generated) = &field.attributes.generated else { continue };
            let others = self.fields.iter().filter(|other| other.attributes.generated.is_some());
            let mentioned = others.filter(|other| generated.expression.value.mentions(&other.sql_name.value));
            for other in mentioned {
                let message = if other.ident == field.ident {
                    "a column cannot be generated from itself".to_owned()
                } else {
                    let name = &other.sql_name.value;
                    format!("`{name}` is generated too: write here what it is generated from")
                };
                context.error_at(context.span(generated.expression.mark), message);
            }
        }
    }

    /// PostgreSQL, MySQL and MariaDB keep such an expression without the table, and would be found to differ from it; to
    /// SQLite it is an error where the table is built anew under another name.
    fn check_expressions(&self, context: &mut Context) {
        if self.attributes.unmanaged.is_some() {
            return;
        }
        let of_fields = self.fields.iter().map(|field| &field.attributes);
        let checks = of_fields.clone().flat_map(|of| &of.checks).chain(&self.attributes.checks);
        let indexes = of_fields.clone().filter_map(|of| of.index.as_ref()).chain(&self.attributes.indexes);
        let of_indexes = indexes.flat_map(|index| {
            let keys = index.keys.iter().filter_map(|(part, _)| match part {
                IndexPart::Expression(expression) => Some(expression),
                IndexPart::Field(_) => None,
            });
            keys.chain(&index.predicate)
        });
        let generated = of_fields.filter_map(|of| of.generated.as_ref()).map(|of| &of.expression);
        for expression in checks.map(|check| &check.expression).chain(of_indexes).chain(generated) {
            if expression.value.qualifies_with(&self.sql_name.value) {
                let message = format!(
                    "name the column without its table: databases keep it without `{}`, and SQLite cannot build such a table anew",
                    self.sql_name.value
                );
                context.error_at(context.span(expression.mark), message);
            }
        }
    }

    fn check_mentions(&self, context: &mut Context) {
        for unique in &self.attributes.uniques {
            self.field_indexes(&unique.columns, context);
        }
        let of_fields = self.fields.iter().filter_map(|field| field.attributes.index.as_ref());
        for index in self.attributes.indexes.iter().chain(of_fields) {
            self.field_indexes(&index.include, context);
            for (part, _) in &index.keys {
                if let IndexPart::Field(name) = part {
                    self.mentioned(name, context);
                }
            }
        }
        for key in &self.attributes.foreign_keys {
            self.field_indexes(&key.columns, context);
            table_attribute::check_twice(&key.referenced, context);
        }
    }
}

impl Field {
    fn read(field: &syn::Field, context: &mut Context) -> Option<Field> {
        let ident = field.ident.clone()?;
        let mark = context.mark(ident.span());
        let type_mark = context.mark(rust_type::span(&field.ty));
        let errors = context.error_count();
        let attributes = ColumnAttributes::read(&field.attrs, &ident, context);
        let diesel = DieselAttributes::read(&field.attrs, context);
        match (attributes.sql_type.as_ref().or(diesel.sql_type.as_ref()), &attributes.type_name) {
            // What could not be read may have been what is missing.
            _ if context.error_count() > errors => {}
            (Some(said), None) if said.value.known.is_none() => {
                context.error_at(context.span(said.mark), said.value.unknown());
            }
            (None, Some(name)) => {
                let message = "`type_name` needs `sql_type` beside it: what Diesel calls the type";
                context.error_at(context.span(name.mark), message);
            }
            _ => {}
        }
        if let (Some(ours), Some(diesels)) = (&attributes.sql_type, &diesel.sql_type) {
            if !ours.value.is(&diesels.value) {
                context.error_at(
                    context.span(ours.mark),
                    "the SQL type differs from that in `#[diesel(sql_type = …)]`",
                );
            }
        }
        let diesel_column = diesel.column_name.clone().unwrap_or_else(|| ident.clone());
        let sql_name = match &attributes.name {
            Some(name) => name.clone(),
            None => Marked { value: named(&diesel_column, context), mark },
        };
        let comment = attributes.comment.clone().or_else(|| doc_comment(&field.attrs));
        Some(Field {
            ident,
            mark,
            diesel_column,
            sql_name,
            ty: FieldType(field.ty.clone()),
            type_mark,
            comment,
            attributes,
            diesel,
        })
    }

    /// Whether the column may be NULL.
    #[must_use]
    pub fn is_nullable(&self) -> bool {
        rust_type::without_option(&self.ty.0).1
    }

    /// Whether Diesel reads another type, which it converts into the field's.
    #[must_use]
    pub fn is_converted(&self) -> bool {
        self.diesel.converted
    }
}

/// A name as one in the database; cut, with an error, where it is too long.
fn named(ident: &Ident, context: &mut Context) -> Identifier {
    let name = ident.unraw().to_string();
    context
        .keep(ident.span(), Identifier::new(name.clone()))
        .unwrap_or_else(|| Identifier::generated([], &name))
}

/// The first paragraph of a doc comment, on one line.
pub(super) fn doc_comment(attributes: &[Attribute]) -> Option<String> {
    let mut paragraph: Vec<String> = Vec::new();
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("doc")) {
        let Meta::NameValue(meta) = &attribute.meta else { continue };
        let Expr::Lit(literal) = &meta.value else { continue };
        let Lit::Str(text) = &literal.lit else { continue };
        for line in text.value().lines().map(|line| line.trim().trim_start_matches("* ")) {
            match (line.is_empty(), paragraph.is_empty()) {
                (true, true) => {}
                (true, false) => return Some(paragraph.join(" ")),
                (false, _) => paragraph.push(line.to_owned()),
            }
        }
        if text.value().trim().is_empty() && !paragraph.is_empty() {
            break;
        }
    }
    let text = paragraph.join(" ").replace('\0', "");
    (!text.is_empty()).then_some(text)
}
