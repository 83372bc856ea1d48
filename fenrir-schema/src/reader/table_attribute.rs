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
use super::index_attribute::{self, IndexAttribute};
use super::option_attribute::OptionAttributes;
use crate::{Deferral, Dialects, Expression, Identifier, ReferentialAction, TableName};

/// All that `#[table(…)]` says.
#[derive(Default, Hash)]
pub(super) struct TableAttributes {
    pub(super) name: Option<Marked<Identifier>>,
    pub(super) schema: Option<Marked<Identifier>>,
    pub(super) primary_key: Option<PrimaryKeyAttribute>,
    pub(super) uniques: Vec<UniqueAttribute>,
    pub(super) indexes: Vec<IndexAttribute>,
    pub(super) checks: Vec<CheckAttribute>,
    pub(super) foreign_keys: Vec<ForeignKeyAttribute>,
    pub(super) renamed_from: Option<Marked<TableName>>,
    pub(super) options: OptionAttributes,
    pub(super) unmanaged: Option<Mark>,
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

/// `primary_key(a, b, name = "…")`, or `primary_key()` where there is none
#[derive(Clone, Debug, Hash)]
pub(super) struct PrimaryKeyAttribute {
    /// Where it stands.
    pub mark: Mark,
    /// Its fields; none where they are said elsewhere, or could not be read.
    pub columns: Vec<FieldName>,
    /// The name that was given.
    pub name: Option<Marked<Identifier>>,
    /// Whether it says that there is no key.
    pub is_none: bool,
}

/// `unique(columns(a, b), name = "…")`
#[derive(Clone, Debug, Hash)]
pub(super) struct UniqueAttribute {
    /// Where it stands.
    pub mark: Mark,
    /// Its fields.
    pub columns: Vec<FieldName>,
    /// Whether two NULLs are the same to it.
    pub nulls_not_distinct: bool,
    /// When it is checked.
    pub deferral: Deferral,
    /// The databases that have it.
    pub dialects: Option<Marked<Dialects>>,
    /// The name that was given.
    pub name: Option<Marked<Identifier>>,
}

/// `check = "…"` or `check(name = "…", expr = "…")`
#[derive(Clone, Debug, Hash)]
pub(super) struct CheckAttribute {
    /// Where it stands.
    pub mark: Mark,
    /// The name that was given.
    pub name: Option<Marked<Identifier>>,
    /// What must hold.
    pub expression: Marked<Expression>,
    /// The databases that have it.
    pub dialects: Option<Marked<Dialects>>,
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
    /// The databases that have it.
    pub dialects: Option<Marked<Dialects>>,
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
    known: &[
        "name",
        "schema",
        "primary_key",
        "unique",
        "index",
        "check",
        "foreign_key",
        "renamed_from",
        "sqlite",
        "mysql",
        "unmanaged",
        "comment",
    ],
    repeatable: &["unique", "index", "check", "foreign_key"],
};

const UNIQUE: Keys = Keys {
    attribute: "`unique(…)`",
    known: &["columns", "nulls_not_distinct", "deferrable", "initially_deferred", "name", "dialects"],
    repeatable: &[],
};

const UNIQUE_OF_FIELD: Keys = Keys {
    attribute: "`unique(…)` on a field",
    known: &["nulls_not_distinct", "deferrable", "initially_deferred", "name", "dialects"],
    repeatable: &[],
};

const CHECK: Keys = Keys { attribute: "`check(…)`", known: &["name", "expr", "dialects"], repeatable: &[] };

const FOREIGN_KEY: Keys = Keys {
    attribute: "`foreign_key(…)`",
    known: &[
        "columns",
        "references",
        "on_delete",
        "on_update",
        "deferrable",
        "initially_deferred",
        "name",
        "dialects",
    ],
    repeatable: &[],
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
                let mark = context.mark(key.span());
                let empty = PrimaryKeyAttribute { mark, columns: Vec::new(), name: None, is_none: false };
                self.primary_key.insert(empty).read(key, input, context)?;
            }
            "unique" => self.uniques.extend(unique(key, input, context)?),
            "index" => self.indexes.extend(index_attribute::index(key, input, context)?),
            "check" => self.checks.extend(check(key, input, context)?),
            "foreign_key" => self.foreign_keys.extend(foreign_key(key, input, context)?),
            "schema" => self.schema = entries::identifier(input, context)?,
            "renamed_from" => self.renamed_from = entries::table_name(input, context)?,
            "sqlite" => self.options.sqlite(key, input, context)?,
            "mysql" => self.options.mysql(key, input, context)?,
            "unmanaged" => self.unmanaged = Some(context.mark(key.span())),
            _ => self.comment = Some(entries::text(input)?.value()),
        }
        Ok(())
    }
}

impl PrimaryKeyAttribute {
    fn read(&mut self, key: &Ident, input: ParseStream<'_>, context: &mut Context) -> syn::Result<()> {
        let content = entries::group(key, input)?;
        self.is_none = content.is_empty();
        while !content.is_empty() {
            let word = Ident::parse_any(&content).map_err(|error| {
                syn::Error::new(error.span(), "expected the name of a field, or `name = \"…\"`")
            })?;
            if word == "name" && content.peek(Token![=]) {
                self.name = entries::identifier(&content, context)?;
            } else {
                self.columns.push(FieldName::new(&word, context));
            }
            if !content.is_empty() {
                content.parse::<Token![,]>()?;
            }
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
    let mut unique = UniqueAttribute::new(context.mark(key.span()));
    let clean = unique.read(&UNIQUE, key, input, context)?;
    required(!clean || !unique.columns.is_empty(), key, "columns(…)", context);
    Ok((!unique.columns.is_empty()).then_some(unique))
}

/// `unique` or `unique(…)` on a field, which it is of.
pub(super) fn unique_of_field(
    key: &Ident,
    input: ParseStream<'_>,
    field: &Ident,
    context: &mut Context,
) -> syn::Result<UniqueAttribute> {
    let mut unique = UniqueAttribute::new(context.mark(key.span()));
    unique.columns.push(FieldName::new(field, context));
    if input.peek(syn::token::Paren) {
        unique.read(&UNIQUE_OF_FIELD, key, input, context)?;
    }
    Ok(unique)
}

impl UniqueAttribute {
    fn new(mark: Mark) -> Self {
        Self {
            mark,
            columns: Vec::new(),
            nulls_not_distinct: false,
            deferral: Deferral::NotDeferrable,
            dialects: None,
            name: None,
        }
    }

    /// Whether every entry was right.
    fn read(
        &mut self,
        keys: &Keys,
        key: &Ident,
        input: ParseStream<'_>,
        context: &mut Context,
    ) -> syn::Result<bool> {
        let content = entries::group(key, input)?;
        let clean = keys.read(&content, &mut Vec::new(), context, |key, input, context| {
            match key.to_string().as_str() {
                "columns" => self.columns = fields(key, input, context)?,
                "nulls_not_distinct" => self.nulls_not_distinct = true,
                "deferrable" => self.deferral = deferral_with(self.deferral, Deferral::Deferrable),
                "initially_deferred" => self.deferral = Deferral::InitiallyDeferred,
                "dialects" => self.dialects = Some(entries::dialects(key, input, context)?),
                _ => self.name = entries::identifier(input, context)?,
            }
            Ok(())
        });
        Ok(clean)
    }
}

/// `check = "…"` or `check(…)`
pub(super) fn check(
    key: &Ident,
    input: ParseStream<'_>,
    context: &mut Context,
) -> syn::Result<Option<CheckAttribute>> {
    let mark = context.mark(key.span());
    let new =
        |expression: Marked<Expression>, name, dialects| CheckAttribute { mark, name, expression, dialects };
    if input.peek(Token![=]) {
        return Ok(entries::expression(input, context)?.map(|expression| new(expression, None, None)));
    }
    let content = entries::group(key, input)?;
    let (mut name, mut expression, mut dialects) = (None, None, None);
    let clean = CHECK.read(&content, &mut Vec::new(), context, |key, input, context| {
        match key.to_string().as_str() {
            "name" => name = entries::identifier(input, context)?,
            "dialects" => dialects = Some(entries::dialects(key, input, context)?),
            _ => expression = Some(entries::expression(input, context)?),
        }
        Ok(())
    });
    required(!clean || expression.is_some(), key, "expr = \"…\"", context);
    Ok(expression.flatten().map(|expression| new(expression, name, dialects)))
}

fn foreign_key(
    key: &Ident,
    input: ParseStream<'_>,
    context: &mut Context,
) -> syn::Result<Option<ForeignKeyAttribute>> {
    let content = entries::group(key, input)?;
    let (mut columns, mut references, mut name, mut dialects) = (Vec::new(), None, None, None);
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
            "dialects" => dialects = Some(entries::dialects(key, input, context)?),
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
            dialects,
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

pub(super) fn required(there: bool, key: &Ident, what: &str, context: &mut Context) {
    if !there {
        context.error_at(key.span(), format!("`{key}` needs `{what}`"));
    }
}
