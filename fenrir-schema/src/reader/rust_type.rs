//! What the type of a field says, by its tokens: a macro sees no more.

use proc_macro2::{Delimiter, Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::{Expr, ExprLit, GenericArgument, Lit, Path, PathArguments, PathSegment, Type};

use super::entries::code_list;
use crate::{IntegerSize, RangeOf, SqlType};

/// What a Rust type is, without the `Option` around it.
pub(super) enum RustType<'a> {
    /// One that Diesel maps to this SQL type, unless the crate defines another of the name.
    Known(SqlType),
    /// One that Diesel maps to this SQL type, unless the package defines another of the name anywhere:
    /// a name that many a package has a type for.
    Likely(SqlType),
    /// An array of what this is.
    Array(&'a Type),
    /// A range, whose two ends are this.
    Range(&'a Type),
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

/// The type `T` of `(Bound<T>, Bound<T>)`, the one form of a range that Diesel reads.
fn bound(ty: &Type) -> Option<&Type> {
    let Type::Tuple(tuple) = ungrouped(ty) else { return None };
    let bounds: Option<Vec<&Type>> = tuple
        .elems
        .iter()
        .map(|ty| {
            last_segment(ungrouped(ty)).filter(|segment| segment.ident == "Bound").and_then(only_argument)
        })
        .collect();
    match bounds?.as_slice() {
        &[low, high]
            if canonical_tokens(low.to_token_stream()) == canonical_tokens(high.to_token_stream()) =>
        {
            Some(low)
        }
        _ => None,
    }
}

/// How many bytes `[u8; 6]` has.
fn byte_count(ty: &Type) -> Option<usize> {
    let Type::Array(array) = ungrouped(ty) else { return None };
    match (last_segment(ungrouped(&array.elem)), &array.len) {
        (Some(element), Expr::Lit(ExprLit { lit: Lit::Int(length), .. })) if element.ident == "u8" => {
            length.base10_parse().ok()
        }
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

impl<'a> RustType<'a> {
    /// Diesel's own choice for a type (`facts` in Diesel's guide to custom types): what is not here is
    /// for the crate to tell, or for `sql_type`.
    pub(super) fn read(ty: &'a Type) -> Self {
        if let Some(bound) = bound(ty) {
            return Self::Range(bound);
        }
        match byte_count(ty) {
            Some(6) => return Self::Known(SqlType::MacAddr),
            Some(8) => return Self::Known(SqlType::MacAddr8),
            _ => {}
        }
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
            "i8" => SqlType::TinyInt,
            "i16" => SqlType::SmallInt,
            "i32" => SqlType::Integer,
            "i64" => SqlType::BigInt,
            "u8" => SqlType::Unsigned(IntegerSize::TinyInt),
            "u16" => SqlType::Unsigned(IntegerSize::SmallInt),
            "u32" => SqlType::Unsigned(IntegerSize::Integer),
            "u64" => SqlType::Unsigned(IntegerSize::BigInt),
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
            "i128" | "u128" | "isize" | "usize" => {
                return Self::Refused("no database has integers of this size; use `i32` or `i64`");
            }
            "char" | "str" => return Self::Refused("Diesel reads no column into this type; use `String`"),
            "Cents" | "PgMoney" => return Self::Likely(SqlType::Money),
            "Duration" | "TimeDelta" | "PgInterval" => return Self::Likely(SqlType::Interval),
            "IpNet" | "IpNetwork" => return Self::Likely(SqlType::Inet),
            "PgLsn" => return Self::Likely(SqlType::PgLsn),
            _ => return Self::Named,
        })
    }

    fn generic(name: &str, argument: &'a Type) -> Self {
        match (name, last_segment(ungrouped(argument)).map(|segment| segment.ident.to_string()).as_deref()) {
            ("Vec", Some("u8")) => Self::Known(SqlType::Binary),
            ("Vec", _) if bound(argument).is_some() => Self::Refused(
                "say which of the two this is, with `sql_type = Multirange<…>` or `sql_type = Array<Range<…>>`",
            ),
            ("Vec", _) => Self::Array(argument),
            ("DateTime", Some("Utc")) => Self::Known(SqlType::Timestamptz),
            ("DateTime", _) => Self::Refused("a moment is read as `DateTime<Utc>`"),
            ("Range" | "RangeInclusive" | "RangeFrom" | "RangeTo", _) => {
                Self::Refused("Diesel reads a range as `(Bound<T>, Bound<T>)`")
            }
            ("Option", _) => Self::Refused("a column is nullable or it is not: one `Option` is enough"),
            ("Box" | "Arc" | "Rc" | "Cow", _) => {
                Self::Refused("Diesel reads no column into this type; use `String` or `Vec<u8>`")
            }
            _ => Self::Refused(UNKNOWN_GENERIC),
        }
    }
}

/// Whether a name is that of a type that Diesel reads, or of what stands around one, wherever else the
/// package has a type of the name.
#[cfg(feature = "source")]
pub(crate) fn is_known_type(name: &str) -> bool {
    matches!(name, "Option" | "Vec" | "DateTime" | "Utc" | "Bound")
        || !matches!(RustType::plain(name), RustType::Named | RustType::Likely(_))
}

const UNKNOWN_GENERIC: &str = "what SQL type this is cannot be told; say it with `#[column(sql_type = …)]`, and for \
                               one of your own `type_name = \"…\"`";

/// A type of Diesel's, or one made for Diesel, as an attribute names it.
#[derive(Clone, Debug, Hash)]
pub(super) struct SqlTypeName {
    /// What it is among those of `diesel::sql_types`; none where it is another's.
    pub(super) known: Option<SqlType>,
    /// Its path, as it is written, without the `Array` around it.
    pub(super) path: String,
    /// Where it is an array of that: whether NULL may be among its values.
    pub(super) array: Option<Elements>,
}

/// The values of an array.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Elements {
    NotNull,
    Nullable,
}

impl SqlTypeName {
    /// By its last name, so that `diesel::sql_types::Jsonb` is `Jsonb`.
    pub(super) fn read(ty: &Type) -> syn::Result<Self> {
        let refuse = |at: &Type, message: &str| Err(syn::Error::new(span(at), message));
        let Some(segment) = last_segment(ungrouped(ty)) else {
            return refuse(ty, &format!("expected {EXPECTED}"));
        };
        let mut element = ty;
        let mut array = None;
        match only_argument(segment) {
            Some(_) if segment.ident == "Nullable" => {
                return refuse(ty, "a column that can be NULL is an `Option`: name its type alone");
            }
            Some(inner) if segment.ident == "Array" => {
                (element, array) = match argument_of(inner, "Nullable") {
                    Some(inner) => (inner, Some(Elements::Nullable)),
                    None => (inner, Some(Elements::NotNull)),
                };
                if argument_of(element, "Array").is_some() {
                    return refuse(element, ONE_DIMENSION);
                }
            }
            _ => {}
        }
        let path = canonical_tokens(element.to_token_stream());
        Ok(Self { known: known(element), path, array })
    }

    /// Whether two attributes name the same.
    pub(super) fn is(&self, other: &Self) -> bool {
        let same = match (&self.known, &other.known) {
            (None, None) => self.path == other.path,
            (a, b) => a == b,
        };
        same && self.array == other.array
    }

    /// What to say where it is another's and nothing tells what the database calls it.
    pub(super) fn unknown(&self) -> String {
        format!(
            "the SQL type `{}` is none of Diesel's for columns: there are {}; a type of your own needs \
             `type_name = \"…\"` beside it, which is what the database calls it",
            self.path,
            code_list(NAMES)
        )
    }
}

/// Why there is no array of arrays.
pub(super) const ONE_DIMENSION: &str = "Diesel's arrays have one dimension";

/// The type in the brackets behind that name.
fn argument_of<'a>(ty: &'a Type, name: &str) -> Option<&'a Type> {
    last_segment(ungrouped(ty)).filter(|segment| segment.ident == name).and_then(only_argument)
}

/// One of `diesel::sql_types`, without `Array` and `Nullable`.
fn known(ty: &Type) -> Option<SqlType> {
    let segment = last_segment(ungrouped(ty))?;
    let name = segment.ident.to_string();
    if let Some(argument) = only_argument(segment) {
        let of = known(argument)?;
        return match (name.as_str(), of) {
            ("Unsigned", SqlType::TinyInt) => Some(SqlType::Unsigned(IntegerSize::TinyInt)),
            ("Unsigned", SqlType::SmallInt) => Some(SqlType::Unsigned(IntegerSize::SmallInt)),
            ("Unsigned", SqlType::Integer) => Some(SqlType::Unsigned(IntegerSize::Integer)),
            ("Unsigned", SqlType::BigInt) => Some(SqlType::Unsigned(IntegerSize::BigInt)),
            ("Range", of) => RangeOf::of(&of).map(SqlType::Range),
            ("Multirange", of) => RangeOf::of(&of).map(SqlType::Multirange),
            _ => None,
        };
    }
    if !segment.arguments.is_none() {
        return None;
    }
    Some(match name.as_str() {
        "Bool" => SqlType::Bool,
        "TinyInt" | "Tinyint" => SqlType::TinyInt,
        "SmallInt" | "Smallint" | "Int2" => SqlType::SmallInt,
        "Integer" | "Int4" => SqlType::Integer,
        "BigInt" | "Bigint" | "Int8" => SqlType::BigInt,
        "Float" | "Float4" => SqlType::Float,
        "Double" | "Float8" => SqlType::Double,
        "Numeric" | "Decimal" => SqlType::Numeric { precision: None, scale: None },
        "Money" => SqlType::Money,
        "Text" => SqlType::Text,
        "VarChar" | "Varchar" => SqlType::VarChar { max_length: None },
        "Char" | "Bpchar" => SqlType::Char { length: None },
        "Citext" => SqlType::Citext,
        "Binary" | "Bytea" | "Blob" => SqlType::Binary,
        "Date" => SqlType::Date,
        "Time" => SqlType::Time,
        // Which of the two Diesel is to use follows from the project's databases.
        "Timestamp" | "Datetime" => SqlType::Timestamp,
        "Timestamptz" | "TimestamptzSqlite" => SqlType::Timestamptz,
        "Interval" => SqlType::Interval,
        "Uuid" => SqlType::Uuid,
        "Json" => SqlType::Json,
        "Jsonb" => SqlType::Jsonb,
        "Inet" => SqlType::Inet,
        "Cidr" => SqlType::Cidr,
        "MacAddr" | "Macaddr" => SqlType::MacAddr,
        "MacAddr8" | "Macaddr8" => SqlType::MacAddr8,
        "Oid" => SqlType::Oid,
        "PgLsn" => SqlType::PgLsn,
        "Int4range" => SqlType::Range(RangeOf::Integer),
        "Int8range" => SqlType::Range(RangeOf::BigInt),
        "Numrange" => SqlType::Range(RangeOf::Numeric),
        "Daterange" => SqlType::Range(RangeOf::Date),
        "Tsrange" => SqlType::Range(RangeOf::Timestamp),
        "Tstzrange" => SqlType::Range(RangeOf::Timestamptz),
        "Int4multirange" => SqlType::Multirange(RangeOf::Integer),
        "Int8multirange" => SqlType::Multirange(RangeOf::BigInt),
        "Nummultirange" => SqlType::Multirange(RangeOf::Numeric),
        "Datemultirange" => SqlType::Multirange(RangeOf::Date),
        "Tsmultirange" => SqlType::Multirange(RangeOf::Timestamp),
        "Tstzmultirange" => SqlType::Multirange(RangeOf::Timestamptz),
        _ => return None,
    })
}

/// What an attribute takes for one.
pub(super) const EXPECTED: &str = "the name of an SQL type, such as `Jsonb`, without quotes";

const NAMES: &[&str] = &[
    "Bool",
    "TinyInt",
    "SmallInt",
    "Integer",
    "BigInt",
    "Unsigned<…>",
    "Float",
    "Double",
    "Numeric",
    "Money",
    "Text",
    "VarChar",
    "Char",
    "Citext",
    "Binary",
    "Date",
    "Time",
    "Timestamp",
    "Timestamptz",
    "Interval",
    "Uuid",
    "Json",
    "Jsonb",
    "Inet",
    "Cidr",
    "MacAddr",
    "MacAddr8",
    "Oid",
    "PgLsn",
    "Range<…>",
    "Multirange<…>",
    "Array<…>",
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
