//! `#[column(…)]` on a field.

use proc_macro2::{Ident, Span};
use syn::parse::ParseStream;
use syn::{Attribute, Lit, LitStr, Token};

use super::collate_attribute::CollateAttribute;
use super::context::{Context, Mark, Marked};
use super::entries::{self, Keys};
use super::generated_attribute::{self, GeneratedAttribute, GeneratedParts};
use super::index_attribute::{self, IndexAttribute};
use super::rust_type::{self, SqlTypeName};
use super::table_attribute::{self, CheckAttribute, FieldName, ForeignKeyAttribute, UniqueAttribute};
use crate::{
    AutoIncrement, DefaultValue, Deferral, Dialects, Expression, GeneratedKind, Identifier,
    ReferentialAction, TypeName,
};

/// All that `#[column(…)]` says.
#[derive(Default, Hash)]
pub(super) struct ColumnAttributes {
    pub(super) name: Option<Marked<Identifier>>,
    pub(super) sql_type: Option<Marked<SqlTypeName>>,
    /// What the database calls a type of the user's own.
    pub(super) type_name: Option<Marked<TypeName>>,
    pub(super) extension: Option<Marked<Identifier>>,
    pub(super) max_length: Option<Marked<u32>>,
    pub(super) precision: Option<Marked<u16>>,
    pub(super) scale: Option<Marked<u16>>,
    pub(super) default: Option<Marked<DefaultValue>>,
    pub(super) primary_key: Option<Mark>,
    /// Where SQLite is said to take NULL in a primary key.
    pub(super) nullable: Option<Mark>,
    pub(super) auto_increment: Option<Marked<Option<AutoIncrement>>>,
    pub(super) unique: Option<UniqueAttribute>,
    pub(super) index: Option<IndexAttribute>,
    pub(super) checks: Vec<CheckAttribute>,
    pub(super) references: Option<ForeignKeyAttribute>,
    pub(super) backfill: Option<Marked<Expression>>,
    pub(super) using: Option<Marked<Expression>>,
    pub(super) generated: Option<GeneratedAttribute>,
    pub(super) collate: Option<CollateAttribute>,
    pub(super) renamed_from: Option<Marked<Identifier>>,
    pub(super) comment: Option<String>,
}

const COLUMN: Keys = Keys {
    attribute: "`#[column(…)]`",
    known: &[
        "name",
        "sql_type",
        "type_name",
        "extension",
        "max_length",
        "precision",
        "scale",
        "default",
        "primary_key",
        "nullable",
        "auto_increment",
        "unique",
        "index",
        "check",
        "references",
        "on_delete",
        "on_update",
        "deferrable",
        "initially_deferred",
        "dialects",
        "backfill",
        "using",
        "generated",
        "stored",
        "virtual",
        "collate",
        "renamed_from",
        "comment",
    ],
    repeatable: &["check"],
};

/// PostgreSQL's limits, the narrowest of all
/// (<https://www.postgresql.org/docs/current/datatype.html>).
const MAX_LENGTH: u32 = 10_485_760;
const MAX_PRECISION: u16 = 1_000;

pub(super) const ACTIONS: &[(&str, ReferentialAction)] = &[
    ("cascade", ReferentialAction::Cascade),
    ("restrict", ReferentialAction::Restrict),
    ("set_null", ReferentialAction::SetNull),
    ("set_default", ReferentialAction::SetDefault),
    ("no_action", ReferentialAction::NoAction),
];

const GENERATED: &[(&str, Option<AutoIncrement>)] = &[
    ("identity", Some(AutoIncrement::Identity)),
    ("identity_always", Some(AutoIncrement::IdentityAlways)),
    ("serial", Some(AutoIncrement::Serial)),
    ("false", None),
];

/// What only means something beside `references`.
#[derive(Default)]
struct ReferenceOptions {
    on_delete: Option<Marked<ReferentialAction>>,
    on_update: Option<Marked<ReferentialAction>>,
    deferral: Deferral,
    dialects: Option<Marked<Dialects>>,
    first: Option<Ident>,
}

impl ColumnAttributes {
    pub(super) fn read(attributes: &[Attribute], field: &Ident, context: &mut Context) -> Self {
        let mut column = Self::default();
        let mut options = ReferenceOptions::default();
        let mut parts = GeneratedParts::default();
        let mut seen = Vec::new();
        for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("column")) {
            COLUMN.read_attribute(attribute, &mut seen, context, |key, input, context| {
                column.entry(key, input, field, &mut options, &mut parts, context)
            });
        }
        match (&mut column.references, options.first) {
            (Some(key), _) => {
                (key.on_delete, key.on_update) = (options.on_delete, options.on_update);
                key.deferral = options.deferral;
                key.dialects = options.dialects;
            }
            // An error in `references` itself was said already.
            (None, Some(option)) if !seen.iter().any(|key| key == "references") => {
                context.error_at(option.span(), format!("`{option}` needs `references = Model` beside it"));
            }
            (None, _) => {}
        }
        if let (Some(extension), false) = (&column.extension, seen.iter().any(|key| key == "type_name")) {
            let message = "`extension` needs `type_name` beside it: the type that comes from it";
            context.error_at(context.span(extension.mark), message);
        }
        column.generated = parts.whole(context);
        generated_attribute::check(&column, context);
        column
    }

    fn entry(
        &mut self,
        key: &Ident,
        input: ParseStream<'_>,
        field: &Ident,
        options: &mut ReferenceOptions,
        parts: &mut GeneratedParts,
        context: &mut Context,
    ) -> syn::Result<()> {
        let span = key.span();
        match key.to_string().as_str() {
            "name" => self.name = entries::identifier(input, context)?,
            "sql_type" => self.sql_type = Some(sql_type(input, context)?),
            "type_name" => {
                let literal = entries::text(input)?;
                let name = context.keep(literal.span(), TypeName::new(literal.value()));
                self.type_name = name.map(|name| context.marked(name, literal.span()));
            }
            "extension" => self.extension = entries::identifier(input, context)?,
            "max_length" => self.max_length = Some(entries::number(1..=MAX_LENGTH, input, context)?),
            "precision" => self.precision = Some(entries::number(1..=MAX_PRECISION, input, context)?),
            "scale" => self.scale = Some(entries::number(0..=MAX_PRECISION, input, context)?),
            "default" => self.default = default(input, context)?,
            "primary_key" => self.primary_key = Some(context.mark(span)),
            "nullable" => self.nullable = Some(context.mark(span)),
            "auto_increment" if input.peek(Token![=]) => {
                self.auto_increment = Some(entries::word(input, GENERATED, context)?);
            }
            "auto_increment" => {
                self.auto_increment = Some(context.marked(Some(AutoIncrement::Identity), span));
            }
            "unique" => {
                self.unique = Some(table_attribute::unique_of_field(key, input, field, context)?);
            }
            "index" => self.index = Some(index_attribute::index_of_field(key, input, field, context)?),
            "check" => self.checks.extend(table_attribute::check(key, input, context)?),
            "references" => {
                let (references, references_mark, referenced) = table_attribute::reference(input, context)?;
                self.references = Some(ForeignKeyAttribute {
                    mark: context.mark(span),
                    columns: vec![FieldName::new(field, context)],
                    references,
                    references_mark,
                    referenced,
                    on_delete: None,
                    on_update: None,
                    deferral: Deferral::default(),
                    dialects: None,
                    name: None,
                });
            }
            "backfill" => self.backfill = entries::expression(input, context)?,
            "using" => self.using = entries::expression(input, context)?,
            "generated" => {
                parts.mark = Some(context.mark(span));
                parts.expression = entries::expression(input, context)?;
            }
            "stored" => parts.kinds.push(context.marked(GeneratedKind::Stored, span)),
            "virtual" => parts.kinds.push(context.marked(GeneratedKind::Virtual, span)),
            "collate" => self.collate = Some(CollateAttribute::read(key, input, context)?),
            "renamed_from" => self.renamed_from = entries::identifier(input, context)?,
            "comment" => self.comment = Some(entries::text(input)?.value()),
            _ => options.entry(key, input, context)?,
        }
        Ok(())
    }
}

impl ReferenceOptions {
    fn entry(&mut self, key: &Ident, input: ParseStream<'_>, context: &mut Context) -> syn::Result<()> {
        self.first.get_or_insert_with(|| key.clone());
        match key.to_string().as_str() {
            "on_delete" => self.on_delete = Some(entries::word(input, ACTIONS, context)?),
            "on_update" => self.on_update = Some(entries::word(input, ACTIONS, context)?),
            "dialects" => self.dialects = Some(entries::dialects(key, input, context)?),
            "deferrable" => {
                self.deferral = table_attribute::deferral_with(self.deferral, Deferral::Deferrable);
            }
            _ => self.deferral = Deferral::InitiallyDeferred,
        }
        Ok(())
    }
}

fn sql_type(input: ParseStream<'_>, context: &mut Context) -> syn::Result<Marked<SqlTypeName>> {
    let named: syn::Type = entries::value(input, rust_type::EXPECTED)?;
    let span = rust_type::span(&named);
    let name = SqlTypeName::read(&named)?;
    Ok(context.marked(name, span))
}

/// A literal, or `sql("…")`.
fn default(input: ParseStream<'_>, context: &mut Context) -> syn::Result<Option<Marked<DefaultValue>>> {
    const EXPECTED: &str = "expected a literal, such as `\"active\"`, `0` or `true`, or `sql(\"…\")`";
    input.parse::<Token![=]>()?;
    if input.peek(syn::Ident) && input.peek2(syn::token::Paren) {
        let function: Ident = input.parse()?;
        if function != "sql" {
            return Err(syn::Error::new(function.span(), EXPECTED));
        }
        let content = entries::group(&function, input)?;
        let literal: Option<LitStr> = content.parse().ok();
        let Some(literal) = literal.filter(|_| content.is_empty()) else {
            return Err(syn::Error::new(
                function.span(),
                "`sql(…)` takes one text: `sql(\"CURRENT_TIMESTAMP\")`",
            ));
        };
        let expression = entries::checked_expression(&literal, context);
        return Ok(expression
            .map(|marked| Marked { value: DefaultValue::Expression(marked.value), mark: marked.mark }));
    }
    let minus: Option<Token![-]> = input.parse()?;
    let literal: Lit = input.parse().map_err(|error| syn::Error::new(error.span(), EXPECTED))?;
    let span: Span = literal.span();
    let sign = if minus.is_some() { "-" } else { "" };
    let value = match &literal {
        Lit::Str(text) if minus.is_none() => {
            if text.value().contains('\0') {
                return Err(syn::Error::new(span, "a text in a database cannot hold a NUL character"));
            }
            DefaultValue::Text(text.value())
        }
        Lit::Int(number) => DefaultValue::Number(format!("{sign}{}", number.base10_digits())),
        Lit::Float(number) => DefaultValue::Number(format!("{sign}{}", number.base10_digits())),
        Lit::Bool(value) if minus.is_none() => DefaultValue::Bool(value.value),
        _ => return Err(syn::Error::new(span, EXPECTED)),
    };
    Ok(Some(context.marked(value, span)))
}
