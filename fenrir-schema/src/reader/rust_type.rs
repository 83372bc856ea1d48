//! What the type of a field says, by its tokens: a macro sees no more.

use proc_macro2::{Delimiter, Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::{GenericArgument, Path, PathArguments, PathSegment, Type};

use super::entries::code_list;
use crate::SqlType;

/// What a Rust type is, without the `Option` around it.
pub(super) enum RustType {
    /// One that Diesel maps to this SQL type, unless the crate defines another of the name.
    Known(SqlType),
    /// A name that only the crate can tell the meaning of: an alias, a newtype, an enum.
    Named,
    /// One that no column can have, and what to do about it.
    Refused(&'static str),
}

/// The type inside an `Option`, or the type itself, and whether there was one.
pub(super) fn without_option(ty: &Type) -> (&Type, bool) {
    let ty = ungrouped(ty);
    if let Some(segment) = last_segment(ty) {
        if segment.ident == "Option" {
            if let Some(inner) = only_argument(segment) {
                return (ungrouped(inner), true);
            }
        }
    }
    (ty, false)
}

/// The path of a type that is a plain name, without generic arguments.
pub(super) fn plain_path(ty: &Type) -> Option<&Path> {
    match ungrouped(ty) {
        Type::Path(path) if path.qself.is_none() => {
            path.path.segments.iter().all(|segment| segment.arguments.is_none()).then_some(&path.path)
        }
        _ => None,
    }
}

/// Inside the invisible groups that macros leave around what they were given.
fn ungrouped(ty: &Type) -> &Type {
    match ty {
        Type::Group(group) => ungrouped(&group.elem),
        Type::Paren(paren) => ungrouped(&paren.elem),
        other => other,
    }
}

fn last_segment(ty: &Type) -> Option<&PathSegment> {
    match ty {
        Type::Path(path) if path.qself.is_none() => path.path.segments.last(),
        _ => None,
    }
}

fn only_argument(segment: &PathSegment) -> Option<&Type> {
    let PathArguments::AngleBracketed(arguments) = &segment.arguments else { return None };
    match (arguments.args.first(), arguments.args.len()) {
        (Some(GenericArgument::Type(ty)), 1) => Some(ty),
        _ => None,
    }
}

impl RustType {
    /// Diesel's own choice for a type (`facts` in Diesel's guide to custom types): what is not here is
    /// for the crate to tell, or for `sql_type`.
    pub(super) fn read(ty: &Type) -> Self {
        let Some(segment) = last_segment(ungrouped(ty)) else {
            return Self::Refused("a column's type is named by a path, such as `String` or `Option<i32>`");
        };
        if let Some(argument) = only_argument(segment) {
            return Self::generic(&segment.ident.to_string(), argument);
        }
        if !segment.arguments.is_none() {
            return Self::Refused(UNKNOWN_GENERIC);
        }
        Self::plain(&segment.ident.to_string())
    }

    fn plain(name: &str) -> Self {
        Self::Known(match name {
            "bool" => SqlType::Bool,
            "i16" => SqlType::SmallInt,
            "i32" => SqlType::Integer,
            "i64" => SqlType::BigInt,
            "f32" => SqlType::Float,
            "f64" => SqlType::Double,
            "String" => SqlType::Text,
            "BigDecimal" => SqlType::Numeric { precision: None, scale: None },
            "NaiveDate" => SqlType::Date,
            "NaiveTime" => SqlType::Time,
            "NaiveDateTime" | "PrimitiveDateTime" => SqlType::Timestamp,
            "OffsetDateTime" => SqlType::Timestamptz,
            "Uuid" => SqlType::Uuid,
            "Value" => SqlType::Json,
            "i8" => return Self::Refused("integers of 8 bits are not supported yet; use `i16`"),
            "u8" | "u16" | "u32" | "u64" => {
                return Self::Refused("unsigned integers are not supported yet; use `i32` or `i64`");
            }
            "i128" | "u128" | "isize" | "usize" => {
                return Self::Refused("no database has integers of this size; use `i32` or `i64`");
            }
            "char" | "str" => return Self::Refused("Diesel reads no column into this type; use `String`"),
            _ => return Self::Named,
        })
    }

    fn generic(name: &str, argument: &Type) -> Self {
        match (name, last_segment(ungrouped(argument)).map(|segment| segment.ident.to_string()).as_deref()) {
            ("Vec", Some("u8")) => Self::Known(SqlType::Binary),
            ("DateTime", Some("Utc")) => Self::Known(SqlType::Timestamptz),
            ("DateTime", _) => Self::Refused("a moment is read as `DateTime<Utc>`"),
            ("Vec", _) => {
                Self::Refused("arrays are not supported yet; `sql_type = Jsonb` holds a `serde_json::Value`")
            }
            ("Option", _) => Self::Refused("a column is nullable or it is not: one `Option` is enough"),
            ("Box" | "Arc" | "Rc" | "Cow", _) => {
                Self::Refused("Diesel reads no column into this type; use `String` or `Vec<u8>`")
            }
            _ => Self::Refused(UNKNOWN_GENERIC),
        }
    }
}

/// Whether a name is that of a type that Diesel reads, or of what stands around one.
#[cfg(feature = "source")]
pub(crate) fn is_known_type(name: &str) -> bool {
    matches!(name, "Option" | "Vec" | "DateTime" | "Utc") || !matches!(RustType::plain(name), RustType::Named)
}

const UNKNOWN_GENERIC: &str = "what SQL type this is cannot be told; say it with `#[column(sql_type = …)]`";

/// A type of `diesel::sql_types`, as an attribute names it.
#[derive(Clone, Debug, Hash)]
pub(super) struct SqlTypeName(pub(super) SqlType);

impl SqlTypeName {
    /// By its last name, so that `diesel::sql_types::Jsonb` is `Jsonb`.
    pub(super) fn read(ty: &Type) -> syn::Result<Self> {
        let name = last_segment(ungrouped(ty)).filter(|segment| segment.arguments.is_none());
        let name = name.map(|segment| segment.ident.to_string()).unwrap_or_default();
        Ok(Self(match name.as_str() {
            "Bool" => SqlType::Bool,
            "SmallInt" | "Int2" => SqlType::SmallInt,
            "Integer" | "Int4" => SqlType::Integer,
            "BigInt" | "Int8" => SqlType::BigInt,
            "Float" | "Float4" => SqlType::Float,
            "Double" | "Float8" => SqlType::Double,
            "Numeric" | "Decimal" => SqlType::Numeric { precision: None, scale: None },
            "Text" => SqlType::Text,
            "VarChar" | "Varchar" => SqlType::VarChar { max_length: None },
            "Char" | "Bpchar" => SqlType::Char { length: None },
            "Binary" | "Bytea" | "Blob" => SqlType::Binary,
            "Date" => SqlType::Date,
            "Time" => SqlType::Time,
            "Timestamp" => SqlType::Timestamp,
            "Timestamptz" | "TimestamptzSqlite" => SqlType::Timestamptz,
            "Uuid" => SqlType::Uuid,
            "Json" => SqlType::Json,
            "Jsonb" => SqlType::Jsonb,
            _ => {
                let named = canonical_tokens(ty.to_token_stream());
                let message =
                    format!("the SQL type `{named}` is not supported yet; there are {}", code_list(NAMES));
                return Err(syn::Error::new(span(ty), message));
            }
        }))
    }
}

/// What an attribute takes for one.
pub(super) const EXPECTED: &str = "the name of an SQL type, such as `Jsonb`, without quotes";

const NAMES: &[&str] = &[
    "Bool",
    "SmallInt",
    "Integer",
    "BigInt",
    "Float",
    "Double",
    "Numeric",
    "Text",
    "VarChar",
    "Char",
    "Binary",
    "Date",
    "Time",
    "Timestamp",
    "Timestamptz",
    "Uuid",
    "Json",
    "Jsonb",
];

/// Where a type stands: its first token, since only a nightly compiler joins spans.
pub(super) fn span(tokens: &impl ToTokens) -> Span {
    tokens.to_token_stream().into_iter().next().map_or_else(Span::call_site, |token| token.span())
}

/// Tokens as text that does not depend on who read them: the compiler and `proc-macro2` space theirs
/// differently.
pub(super) fn canonical_tokens(tokens: TokenStream) -> String {
    let mut text = String::new();
    for token in tokens {
        match token {
            TokenTree::Group(group) => {
                let (open, close) = match group.delimiter() {
                    Delimiter::Parenthesis => ("(", ")"),
                    Delimiter::Brace => ("{", "}"),
                    Delimiter::Bracket => ("[", "]"),
                    Delimiter::None => ("", ""),
                };
                text.push_str(open);
                text.push_str(&canonical_tokens(group.stream()));
                text.push_str(close);
            }
            TokenTree::Punct(punct) => text.push(punct.as_char()),
            word => {
                if text.ends_with(|c: char| c.is_alphanumeric() || c == '_') {
                    text.push(' ');
                }
                text.push_str(&word.to_string());
            }
        }
    }
    text
}
