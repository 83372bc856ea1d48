//! `index(…)`, on a struct and on a field.

use proc_macro2::Ident;
use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::{LitStr, Token};

use super::context::{Context, Mark, Marked};
use super::entries::{self, Keys};
use super::table_attribute::{FieldName, fields, required};
use crate::{Dialects, Expression, Identifier, NullsOrder};

/// `index(columns(a, b desc), where = "…", unique, name = "…")`
#[derive(Clone, Debug, Hash)]
pub(super) struct IndexAttribute {
    /// Where it stands.
    pub mark: Mark,
    /// Its fields and expressions, each with its order.
    pub keys: Vec<(IndexPart, KeyOptions)>,
    /// How it finds what it looks for.
    pub method: Option<Identifier>,
    /// The fields that it holds too.
    pub include: Vec<FieldName>,
    /// Whether it is unique.
    pub unique: bool,
    /// Whether two NULLs are the same to it.
    pub nulls_not_distinct: bool,
    /// The rows that it covers.
    pub predicate: Option<Marked<Expression>>,
    /// The extension that its method or operator classes come from.
    pub extension: Option<Identifier>,
    /// The databases that have it.
    pub dialects: Option<Marked<Dialects>>,
    /// The name that was given.
    pub name: Option<Marked<Identifier>>,
}

/// What a part of an index is.
#[derive(Clone, Debug, Hash)]
pub(super) enum IndexPart {
    /// A field.
    Field(FieldName),
    /// An expression.
    Expression(Marked<Expression>),
}

/// What stands behind a part of an index: `collate = "C" opclass = text_pattern_ops desc nulls_last`.
#[derive(Clone, Debug, Default, Hash)]
pub(super) struct KeyOptions {
    /// How its texts are compared.
    pub collate: Option<Identifier>,
    /// What can be asked of it.
    pub opclass: Option<Identifier>,
    /// Whether the greatest comes first.
    pub descending: bool,
    /// Where NULL stands.
    pub nulls: Option<NullsOrder>,
}

const INDEX: Keys = Keys {
    attribute: "`index(…)`",
    known: &[
        "columns",
        "expr",
        "where",
        "method",
        "include",
        "unique",
        "nulls_not_distinct",
        "extension",
        "name",
        "dialects",
    ],
    repeatable: &["columns", "expr"],
};

const INDEX_OF_FIELD: Keys = Keys {
    attribute: "`index(…)` on a field",
    known: &[
        "opclass",
        "collate",
        "where",
        "method",
        "include",
        "unique",
        "nulls_not_distinct",
        "extension",
        "name",
        "dialects",
    ],
    repeatable: &[],
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

const EXPECTED: &str =
    "expected `asc`, `desc`, `nulls_first`, `nulls_last`, `opclass = …`, `collate = \"…\"` or `,`";

/// `index(…)` on a struct, which says what it is of.
pub(super) fn index(
    key: &Ident,
    input: ParseStream<'_>,
    context: &mut Context,
) -> syn::Result<Option<IndexAttribute>> {
    let mut index = IndexAttribute::new(context.mark(key.span()));
    let clean = index.read(&INDEX, key, input, context)?;
    required(!clean || !index.keys.is_empty(), key, "columns(…)` or `expr = \"…\"", context);
    Ok((!index.keys.is_empty()).then_some(index))
}

/// `index` or `index(…)` on a field, which it is of.
pub(super) fn index_of_field(
    key: &Ident,
    input: ParseStream<'_>,
    field: &Ident,
    context: &mut Context,
) -> syn::Result<IndexAttribute> {
    let mut index = IndexAttribute::new(context.mark(key.span()));
    let part = IndexPart::Field(FieldName::new(field, context));
    index.keys.push((part, KeyOptions::default()));
    if input.peek(syn::token::Paren) {
        index.read(&INDEX_OF_FIELD, key, input, context)?;
    }
    Ok(index)
}

impl IndexAttribute {
    fn new(mark: Mark) -> Self {
        Self {
            mark,
            keys: Vec::new(),
            method: None,
            include: Vec::new(),
            unique: false,
            nulls_not_distinct: false,
            predicate: None,
            extension: None,
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
        let mut nulls = None;
        let clean = keys.read(&content, &mut Vec::new(), context, |key, input, context| {
            if key == "nulls_not_distinct" {
                nulls = Some(key.span());
            }
            self.entry(key, input, context)
        });
        if let Some(span) = nulls.filter(|_| clean && !self.unique) {
            context.error_at(span, "`nulls_not_distinct` needs `unique` beside it");
        }
        Ok(clean)
    }

    fn entry(&mut self, key: &Ident, input: ParseStream<'_>, context: &mut Context) -> syn::Result<()> {
        match key.to_string().as_str() {
            "columns" => self.keys.extend(index_fields(key, input, context)?),
            "expr" => {
                let part = entries::expression(input, context)?;
                let options = KeyOptions::read(input, context)?;
                self.keys.extend(part.map(|part| (IndexPart::Expression(part), options)));
            }
            "opclass" => {
                let opclass = opclass(input, context)?;
                self.keys.iter_mut().for_each(|(_, options)| options.opclass.clone_from(&opclass));
            }
            "collate" => {
                let collate = entries::identifier(input, context)?.map(|marked| marked.value);
                self.keys.iter_mut().for_each(|(_, options)| options.collate.clone_from(&collate));
            }
            "where" => self.predicate = entries::expression(input, context)?,
            "method" => {
                let method = entries::word(input, METHODS, context)?.value;
                self.method = (method != "btree").then(|| Identifier::generated([], method));
            }
            "include" => self.include = fields(key, input, context)?,
            "unique" => self.unique = true,
            "nulls_not_distinct" => self.nulls_not_distinct = true,
            "extension" => self.extension = entries::identifier(input, context)?.map(|marked| marked.value),
            "dialects" => self.dialects = Some(entries::dialects(key, input, context)?),
            _ => self.name = entries::identifier(input, context)?,
        }
        Ok(())
    }
}

impl KeyOptions {
    /// Up to the next comma.
    fn read(input: ParseStream<'_>, context: &mut Context) -> syn::Result<Self> {
        let mut options = Self::default();
        let (mut order, mut nulls) = (false, None);
        while !input.is_empty() && !input.peek(Token![,]) {
            let span = input.span();
            let word = input.call(Ident::parse_any).map_err(|_| syn::Error::new(span, EXPECTED))?;
            let twice = match word.to_string().as_str() {
                "asc" | "desc" => {
                    options.descending = word == "desc";
                    std::mem::replace(&mut order, true)
                }
                "nulls_first" => nulls.replace(NullsOrder::First).is_some(),
                "nulls_last" => nulls.replace(NullsOrder::Last).is_some(),
                "opclass" => {
                    let opclass = opclass(input, context)?;
                    std::mem::replace(&mut options.opclass, opclass).is_some()
                }
                "collate" => {
                    let collate = entries::identifier(input, context)?.map(|marked| marked.value);
                    std::mem::replace(&mut options.collate, collate).is_some()
                }
                _ => return Err(syn::Error::new(span, EXPECTED)),
            };
            if twice {
                return Err(syn::Error::new(span, "this is said of the column already"));
            }
        }
        // What is so anyway is not said.
        options.nulls = nulls.filter(|nulls| (*nulls == NullsOrder::First) != options.descending);
        Ok(options)
    }
}

/// `= text_pattern_ops`, or in quotes a name that is no word.
fn opclass(input: ParseStream<'_>, context: &mut Context) -> syn::Result<Option<Identifier>> {
    input.parse::<Token![=]>()?;
    let span = input.span();
    let name = if input.peek(LitStr) {
        input.parse::<LitStr>()?.value()
    } else {
        let word = input.call(Ident::parse_any);
        word.map_err(|_| syn::Error::new(span, "expected an operator class, such as `text_pattern_ops`"))?
            .unraw()
            .to_string()
    };
    Ok(context.keep(span, Identifier::new(name)))
}

/// `(a, b desc)`
fn index_fields(
    key: &Ident,
    input: ParseStream<'_>,
    context: &mut Context,
) -> syn::Result<Vec<(IndexPart, KeyOptions)>> {
    let content = entries::group(key, input)?;
    let mut parts = Vec::new();
    while !content.is_empty() {
        let field = Ident::parse_any(&content)
            .map_err(|error| syn::Error::new(error.span(), "expected the name of a field"))?;
        let field = FieldName::new(&field, context);
        parts.push((IndexPart::Field(field), KeyOptions::read(&content, context)?));
        content.parse::<Option<Token![,]>>()?;
    }
    if parts.is_empty() {
        return Err(syn::Error::new(key.span(), format!("`{key}` needs the name of a field")));
    }
    Ok(parts)
}
