//! `#[derive(DbEnum)]`: an enum whose variants are labels in the database.

use proc_macro2::Ident;
use syn::ext::IdentExt;
use syn::spanned::Spanned as _;
use syn::{Attribute, Data, DeriveInput, Fields, LitStr};

use super::context::{Context, Mark, Marked};
use super::entries::{self, Keys};
use super::names;
use crate::{EnumType, Identifier};

/// An enum that columns can hold.
pub struct DbEnumModel {
    /// The enum's name.
    pub ident: Ident,
    /// Where that stands.
    pub mark: Mark,
    /// The name of its type in databases that have such types.
    pub sql_name: Marked<Identifier>,
    /// The name that it had before.
    pub renamed_from: Option<Marked<Identifier>>,
    /// Its variants; at least one, where nothing is wrong.
    pub variants: Vec<DbEnumVariant>,
}

/// A variant of such an enum.
pub struct DbEnumVariant {
    /// The variant's name.
    pub ident: Ident,
    /// What it is in the database.
    pub label: String,
    /// What it was before.
    pub renamed_from: Option<String>,
}

const ENUM: Keys = Keys {
    attribute: "`#[db_enum(…)]` on an enum",
    known: &["name", "rename_all", "renamed_from"],
    repeatable: &[],
};

const VARIANT: Keys =
    Keys { attribute: "`#[db_enum(…)]` on a variant", known: &["rename", "renamed_from"], repeatable: &[] };

type Case = fn(&str) -> String;

/// What `rename_all` takes, with serde's names for it.
const CASES: &[(&str, Case)] = &[
    ("snake_case", |name| names::words(name).join("_")),
    ("kebab-case", |name| names::words(name).join("-")),
    ("SCREAMING_SNAKE_CASE", |name| names::words(name).join("_").to_uppercase()),
    ("lowercase", |name| name.to_lowercase()),
    ("UPPERCASE", |name| name.to_uppercase()),
    ("PascalCase", str::to_owned),
    ("camelCase", |name| {
        let words = names::words(name);
        let (first, rest) =
            words.split_first().map_or(("", [].as_slice()), |(first, rest)| (first.as_str(), rest));
        first.to_owned() + &rest.iter().map(|word| names::capitalized(word)).collect::<String>()
    }),
];

impl DbEnumModel {
    /// Reads an enum. What is wrong goes into the context; `None` where it is not one.
    pub fn read(input: &DeriveInput, context: &mut Context) -> Option<Self> {
        let mark = context.mark(input.ident.span());
        let Data::Enum(data) = &input.data else {
            context.error_at(input.ident.span(), "`DbEnum` is for enums");
            return None;
        };
        if !input.generics.params.is_empty() {
            context.error_at(input.generics.params.span(), "an enum with `DbEnum` has no generics");
        }
        if data.variants.is_empty() {
            context.error_at(input.ident.span(), "an enum in a database has at least one value");
        }
        let EnumAttributes { name, case, renamed_from } = EnumAttributes::read(&input.attrs, context);
        let sql_name = match name {
            Some(name) => name,
            None => {
                let name = names::snake_case(&input.ident.unraw().to_string());
                let kept = context.keep(input.ident.span(), Identifier::new(name.clone()));
                Marked { value: kept.unwrap_or_else(|| Identifier::generated([], &name)), mark }
            }
        };
        let mut variants: Vec<DbEnumVariant> = Vec::new();
        for variant in &data.variants {
            if !matches!(variant.fields, Fields::Unit) {
                context.error_at(
                    variant.ident.span(),
                    "a value in a database is a label: this variant cannot hold fields",
                );
            }
            let (renamed, renamed_from) = read_variant(&variant.attrs, context);
            let span = renamed.as_ref().map_or_else(|| variant.ident.span(), LitStr::span);
            let label = renamed.map_or_else(|| case(&variant.ident.unraw().to_string()), |text| text.value());
            if let Some(problem) = EnumType::label_problem(&label) {
                context.error_at(span, problem);
            }
            if let Some(other) = variants.iter().find(|other| other.label == label) {
                context.error_at(span, format!("the label \"{label}\" is that of `{}` too", other.ident));
            }
            variants.push(DbEnumVariant { ident: variant.ident.clone(), label, renamed_from });
        }
        Some(Self { ident: input.ident.clone(), mark, sql_name, renamed_from, variants })
    }

    /// The enum as a part of a schema.
    #[must_use]
    pub fn definition(&self) -> EnumType {
        EnumType { labels: self.variants.iter().map(|variant| variant.label.clone()).collect() }
    }
}

/// What `#[db_enum(…)]` says on an enum.
struct EnumAttributes {
    name: Option<Marked<Identifier>>,
    case: Case,
    renamed_from: Option<Marked<Identifier>>,
}

impl EnumAttributes {
    fn read(attributes: &[Attribute], context: &mut Context) -> Self {
        let mut read = Self { name: None, case: CASES[0].1, renamed_from: None };
        let mut seen = Vec::new();
        for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("db_enum")) {
            ENUM.read_attribute(attribute, &mut seen, context, |key, input, context| {
                if key == "name" {
                    read.name = entries::identifier(input, context)?;
                    return Ok(());
                }
                if key == "renamed_from" {
                    read.renamed_from = entries::identifier(input, context)?;
                    return Ok(());
                }
                let literal = entries::text(input)?;
                match CASES.iter().find(|(known, _)| *known == literal.value()) {
                    Some((_, found)) => read.case = *found,
                    None => {
                        let known: Vec<_> = CASES.iter().map(|(known, _)| format!("\"{known}\"")).collect();
                        let message = format!("unknown case; there are {}", known.join(", "));
                        return Err(syn::Error::new(literal.span(), message));
                    }
                }
                Ok(())
            });
        }
        read
    }
}

/// The label that a variant is given, and the one that it had before.
fn read_variant(attributes: &[Attribute], context: &mut Context) -> (Option<LitStr>, Option<String>) {
    let (mut rename, mut renamed_from) = (None, None);
    let mut seen = Vec::new();
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("db_enum")) {
        VARIANT.read_attribute(attribute, &mut seen, context, |key, input, _| {
            let text = entries::text(input)?;
            if key == "rename" {
                rename = Some(text);
            } else {
                renamed_from = Some(text.value());
            }
            Ok(())
        });
    }
    (rename, renamed_from)
}
