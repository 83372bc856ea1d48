//! `#[table(…)]` on a struct.

use std::hash::{Hash, Hasher};

use proc_macro2::{Ident, Span};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::punctuated::Punctuated;
use syn::{Attribute, Path, Token};

use super::column_attribute::ACTIONS;
use super::context::{Context, Mark, Marked};
use super::entries::{self, Keys};
use crate::{Deferral, Expression, Identifier, NullsOrder, ReferentialAction};

/// All that `#[table(…)]` says.
#[derive(Default, Hash)]
pub(super) struct TableAttributes {
    pub(super) name: Option<Marked<Identifier>>,
    /// Empty where it was given and could not be read.
    pub(super) primary_key: Option<Vec<FieldName>>,
    pub(super) uniques: Vec<UniqueAttribute>,
    pub(super) indexes: Vec<IndexAttribute>,
    pub(super) checks: Vec<CheckAttribute>,
    pub(super) foreign_keys: Vec<ForeignKeyAttribute>,
    pub(super) renamed_from: Option<Marked<Identifier>>,
    pub(super) comment: Option<String>,
}

/// The name of a field, where an attribute mentions it.
#[derive(Clone, Debug)]
pub(super) struct FieldName {
    /// The name, without `r#`.
    pub name: String,
    /// Where it is mentioned.
    pub mark: Mark,
    pub(super) span: Span,
}

impl Hash for FieldName {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name.hash(state);
    }
}

impl FieldName {
    pub(super) fn new(ident: &Ident, context: &mut Context) -> Self {
        Self { name: ident.unraw().to_string(), mark: context.mark(ident.span()), span: ident.span() }
    }
}

/// `unique(columns(a, b), name = "…")`
#[derive(Clone, Debug, Hash)]
pub(super) struct UniqueAttribute {
    /// Where it stands.
    pub mark: Mark,
    /// Its fields.
    pub columns: Vec<FieldName>,
    /// The name that was given.
    pub name: Option<Marked<Identifier>>,
}

/// `index(columns(a, b desc), where = "…", unique, name = "…")`
#[derive(Clone, Debug, Hash)]
pub(super) struct IndexAttribute {
    /// Where it stands.
    pub mark: Mark,
    /// Its fields and expressions, each with its order.
    pub keys: Vec<(IndexPart, IndexOrder)>,
    /// How it finds what it looks for.
    pub method: Option<Identifier>,
    /// The fields that it holds too.
    pub include: Vec<FieldName>,
    /// Whether it is unique.
    pub unique: bool,
    /// The rows that it covers.
    pub predicate: Option<Expression>,
    /// The name that was given.
    pub name: Option<Marked<Identifier>>,
}

/// The order of a part of an index: whether it descends, and where NULL stands.
pub(super) type IndexOrder = (bool, Option<NullsOrder>);

/// What a part of an index is.
#[derive(Clone, Debug, Hash)]
pub(super) enum IndexPart {
    /// A field.
    Field(FieldName),
    /// An expression.
    Expression(Expression),
}

/// `check = "…"` or `check(name = "…", expr = "…")`
#[derive(Clone, Debug, Hash)]
pub(super) struct CheckAttribute {
    /// Where it stands.
    pub mark: Mark,
    /// The name that was given.
    pub name: Option<Marked<Identifier>>,
    /// What must hold.
    pub expression: Expression,
}

/// A foreign key, of a field or of a table.
#[derive(Clone, Hash)]
pub(super) struct ForeignKeyAttribute {
    /// Where it stands.
    pub mark: Mark,
    /// The fields that point.
    pub columns: Vec<FieldName>,
    /// The model that they point at.
    pub references: ModelPath,
    /// Where that is named.
    pub references_mark: Mark,
    /// The fields there; empty for the primary key.
    pub referenced: Vec<FieldName>,
    /// What a deletion there does.
    pub on_delete: Option<Marked<ReferentialAction>>,
    /// What a change there does.
    pub on_update: Option<Marked<ReferentialAction>>,
    /// When it is checked.
    pub deferral: Deferral,
    /// The name that was given.
    pub name: Option<Marked<Identifier>>,
}

/// The path by which a foreign key names a model.
#[derive(Clone)]
pub(super) struct ModelPath(pub(super) Path);

impl Hash for ModelPath {
    fn hash<H: Hasher>(&self, state: &mut H) {
        super::rust_type::canonical_tokens(self.0.to_token_stream()).hash(state);
    }
}

const TABLE: Keys = Keys {
    attribute: "`#[table(…)]`",
    known: &["name", "primary_key", "unique", "index", "check", "foreign_key", "renamed_from", "comment"],
    repeatable: &["unique", "index", "check", "foreign_key"],
    not_yet: &["schema", "sqlite", "mysql", "unmanaged"],
};

const UNIQUE: Keys = Keys {
    attribute: "`unique(…)`",
    known: &["columns", "name"],
    repeatable: &[],
    not_yet: &["nulls_not_distinct", "deferrable", "initially_deferred", "dialects"],
};

const INDEX: Keys = Keys {
    attribute: "`index(…)`",
    known: &["columns", "expr", "where", "method", "include", "unique", "name"],
    repeatable: &["columns", "expr"],
    not_yet: &["opclass", "nulls_not_distinct", "dialects"],
};

/// What PostgreSQL brings (<https://www.postgresql.org/docs/current/indexes-types.html>).
const METHODS: &[(&str, &str)] = &[
    ("btree", "btree"),
    ("hash", "hash"),
    ("gin", "gin"),
    ("gist", "gist"),
    ("spgist", "spgist"),
    ("brin", "brin"),
];

const CHECK: Keys =
    Keys { attribute: "`check(…)`", known: &["name", "expr"], repeatable: &[], not_yet: &["dialects"] };

const FOREIGN_KEY: Keys = Keys {
    attribute: "`foreign_key(…)`",
    known: &["columns", "references", "on_delete", "on_update", "deferrable", "initially_deferred", "name"],
    repeatable: &[],
    not_yet: &["dialects"],
};

impl TableAttributes {
    pub(super) fn read(attributes: &[Attribute], context: &mut Context) -> Self {
        let mut table = Self::default();
        let mut seen = Vec::new();
        for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("table")) {
            TABLE.read_attribute(attribute, &mut seen, context, |key, input, context| {
                table.entry(key, input, context)
            });
        }
        table
    }

    fn entry(&mut self, key: &Ident, input: ParseStream<'_>, context: &mut Context) -> syn::Result<()> {
        match key.to_string().as_str() {
            "name" => self.name = entries::identifier(input, context)?,
            "primary_key" => {
                let names = self.primary_key.insert(Vec::new());
                *names = fields(key, input, context)?;
            }
            "unique" => self.uniques.extend(unique(key, input, context)?),
            "index" => self.indexes.extend(index(key, input, context)?),
            "check" => self.checks.extend(check(key, input, context)?),
            "foreign_key" => self.foreign_keys.extend(foreign_key(key, input, context)?),
            "renamed_from" => self.renamed_from = entries::identifier(input, context)?,
            _ => self.comment = Some(entries::text(input)?.value()),
        }
        Ok(())
    }
}

/// `(a, b)`: at least one field.
pub(super) fn fields(
    key: &Ident,
    input: ParseStream<'_>,
    context: &mut Context,
) -> syn::Result<Vec<FieldName>> {
    let content = entries::group(key, input)?;
    let idents = Punctuated::<Ident, Token![,]>::parse_terminated_with(&content, |input| {
        Ident::parse_any(input).map_err(|error| syn::Error::new(error.span(), "expected the name of a field"))
    })?;
    if idents.is_empty() {
        return Err(syn::Error::new(key.span(), format!("`{key}` needs the name of a field")));
    }
    Ok(idents.iter().map(|ident| FieldName::new(ident, context)).collect())
}

/// No field stands twice in a key.
pub(super) fn check_twice(names: &[FieldName], context: &mut Context) {
    for (index, name) in names.iter().enumerate() {
        if names[..index].iter().any(|other| other.name == name.name) {
            context.error_at(name.span, format!("`{}` is named twice", name.name));
        }
    }
}

fn unique(
    key: &Ident,
    input: ParseStream<'_>,
    context: &mut Context,
) -> syn::Result<Option<UniqueAttribute>> {
    let content = entries::group(key, input)?;
    let (mut columns, mut name) = (Vec::new(), None);
    let clean = UNIQUE.read(&content, &mut Vec::new(), context, |key, input, context| {
        match key.to_string().as_str() {
            "columns" => columns = fields(key, input, context)?,
            _ => name = entries::identifier(input, context)?,
        }
        Ok(())
    });
    required(!clean || !columns.is_empty(), key, "columns(…)", context);
    let mark = context.mark(key.span());
    Ok((!columns.is_empty()).then_some(UniqueAttribute { mark, columns, name }))
}

fn index(key: &Ident, input: ParseStream<'_>, context: &mut Context) -> syn::Result<Option<IndexAttribute>> {
    let content = entries::group(key, input)?;
    let (mut keys, mut unique, mut predicate, mut name) = (Vec::new(), false, None, None);
    let (mut method, mut include) = (None, Vec::new());
    let clean = INDEX.read(&content, &mut Vec::new(), context, |key, input, context| {
        match key.to_string().as_str() {
            "columns" => keys.extend(index_fields(key, input, context)?),
            "expr" => {
                let part = entries::expression(input, context)?;
                keys.extend(part.map(|part| (IndexPart::Expression(part.value), (false, None))));
            }
            "where" => predicate = entries::expression(input, context)?.map(|marked| marked.value),
            "method" => method = Some(entries::word(input, METHODS, context)?.value),
            "include" => include = fields(key, input, context)?,
            "unique" => unique = true,
            _ => name = entries::identifier(input, context)?,
        }
        Ok(())
    });
    let method = method.filter(|method| *method != "btree").map(|method| Identifier::generated([], method));
    required(!clean || !keys.is_empty(), key, "columns(…)` or `expr = \"…\"", context);
    let mark = context.mark(key.span());
    Ok((!keys.is_empty()).then_some(IndexAttribute { mark, keys, method, include, unique, predicate, name }))
}

/// `(a, b desc)`
fn index_fields(
    key: &Ident,
    input: ParseStream<'_>,
    context: &mut Context,
) -> syn::Result<Vec<(IndexPart, IndexOrder)>> {
    let content = entries::group(key, input)?;
    let mut parts = Vec::new();
    while !content.is_empty() {
        let field = Ident::parse_any(&content)
            .map_err(|error| syn::Error::new(error.span(), "expected the name of a field"))?;
        let field = FieldName::new(&field, context);
        let descending = is_descending(&content)?;
        let mut nulls = None;
        if !content.is_empty() && !content.peek(Token![,]) {
            let span = content.span();
            let order = content.call(Ident::parse_any).map(|order| order.to_string()).unwrap_or_default();
            nulls = match order.as_str() {
                "nulls_first" => Some(NullsOrder::First),
                "nulls_last" => Some(NullsOrder::Last),
                _ => {
                    let message = "expected `asc`, `desc`, `nulls_first`, `nulls_last` or `,`";
                    return Err(syn::Error::new(span, message));
                }
            };
            if !content.is_empty() && !content.peek(Token![,]) {
                return Err(content.error("expected `,`"));
            }
        }
        // What is so anyway is not said.
        let nulls = nulls.filter(|nulls| (*nulls == NullsOrder::First) != descending);
        parts.push((IndexPart::Field(field), (descending, nulls)));
        content.parse::<Option<Token![,]>>()?;
    }
    if parts.is_empty() {
        return Err(syn::Error::new(key.span(), format!("`{key}` needs the name of a field")));
    }
    Ok(parts)
}

/// `desc`, `asc` or nothing
fn is_descending(input: ParseStream<'_>) -> syn::Result<bool> {
    let order = input.fork().call(Ident::parse_any).map(|order| order.to_string()).unwrap_or_default();
    let given = order == "asc" || order == "desc";
    if given {
        input.call(Ident::parse_any)?;
    }
    Ok(order == "desc")
}

fn check(key: &Ident, input: ParseStream<'_>, context: &mut Context) -> syn::Result<Option<CheckAttribute>> {
    let mark = context.mark(key.span());
    if input.peek(Token![=]) {
        let expression = entries::expression(input, context)?;
        return Ok(expression.map(|marked| CheckAttribute { mark, name: None, expression: marked.value }));
    }
    let content = entries::group(key, input)?;
    let (mut name, mut expression) = (None, None);
    let clean = CHECK.read(&content, &mut Vec::new(), context, |key, input, context| {
        match key.to_string().as_str() {
            "name" => name = entries::identifier(input, context)?,
            _ => expression = Some(entries::expression(input, context)?),
        }
        Ok(())
    });
    required(!clean || expression.is_some(), key, "expr = \"…\"", context);
    Ok(expression.flatten().map(|marked| CheckAttribute { mark, name, expression: marked.value }))
}

fn foreign_key(
    key: &Ident,
    input: ParseStream<'_>,
    context: &mut Context,
) -> syn::Result<Option<ForeignKeyAttribute>> {
    let content = entries::group(key, input)?;
    let (mut columns, mut references, mut name) = (Vec::new(), None, None);
    let (mut on_delete, mut on_update) = (None, None);
    let mut deferral = Deferral::NotDeferrable;
    let clean = FOREIGN_KEY.read(&content, &mut Vec::new(), context, |key, input, context| {
        match key.to_string().as_str() {
            "columns" => columns = fields(key, input, context)?,
            "references" => references = Some(reference(input, context)?),
            "on_delete" => on_delete = Some(entries::word(input, ACTIONS, context)?),
            "on_update" => on_update = Some(entries::word(input, ACTIONS, context)?),
            "deferrable" => deferral = deferral_with(deferral, Deferral::Deferrable),
            "initially_deferred" => deferral = deferral_with(deferral, Deferral::InitiallyDeferred),
            _ => name = entries::identifier(input, context)?,
        }
        Ok(())
    });
    required(!clean || !columns.is_empty(), key, "columns(…)", context);
    required(!clean || references.is_some(), key, "references = Model", context);
    let mark = context.mark(key.span());
    Ok(references.filter(|_| !columns.is_empty()).map(|(references, references_mark, referenced)| {
        ForeignKeyAttribute {
            mark,
            columns,
            references,
            references_mark,
            referenced,
            on_delete,
            on_update,
            deferral,
            name,
        }
    }))
}

/// `initially_deferred` says more than `deferrable`, in whichever order they stand.
pub(super) fn deferral_with(before: Deferral, now: Deferral) -> Deferral {
    if before == Deferral::InitiallyDeferred { before } else { now }
}

/// `= Model` or `= Model(a, b)`
pub(super) fn reference(
    input: ParseStream<'_>,
    context: &mut Context,
) -> syn::Result<(ModelPath, Mark, Vec<FieldName>)> {
    const EXPECTED: &str = "expected the path of a model, such as `Environment`, without quotes";
    input.parse::<Token![=]>()?;
    let path = input.call(Path::parse_mod_style).map_err(|error| syn::Error::new(error.span(), EXPECTED))?;
    let span = path.segments.last().map_or_else(Span::call_site, |segment| segment.ident.span());
    let mark = context.mark(span);
    let mut columns = Vec::new();
    if input.peek(syn::token::Paren) {
        columns = fields(&Ident::new("references", span), input, context)?;
    }
    Ok((ModelPath(path), mark, columns))
}

fn required(there: bool, key: &Ident, what: &str, context: &mut Context) {
    if !there {
        context.error_at(key.span(), format!("`{key}` needs `{what}`"));
    }
}
