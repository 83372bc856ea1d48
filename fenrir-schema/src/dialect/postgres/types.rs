//! The types by the names that PostgreSQL gives back, and by those that it takes for them
//! (<https://www.postgresql.org/docs/current/datatype.html>).

use super::super::type_text::TypeText;
use crate::{RangeOf, SqlType, TypeName};

pub(super) fn known(name: &TypeName) -> Option<SqlType> {
    let text = TypeText::of(name);
    if let Some(element) = &text.element {
        let element = known(element)
            .unwrap_or_else(|| SqlType::Custom { name: canonical(element.clone()), extension: None });
        return Some(SqlType::Array(Box::new(element)));
    }
    let (words, numbers) = text.plain()?;
    let digits = |number: u32| u16::try_from(number).ok();
    let sql_type = match (words, numbers) {
        ("numeric" | "decimal", [p]) => SqlType::Numeric { precision: Some(digits(*p)?), scale: Some(0) },
        ("numeric" | "decimal", [p, s]) => {
            SqlType::Numeric { precision: Some(digits(*p)?), scale: Some(digits(*s)?) }
        }
        ("character varying" | "varchar", [n]) => SqlType::VarChar { max_length: Some(*n) },
        ("character" | "char", [n]) => SqlType::Char { length: Some(*n) },
        (words, []) => plain(words)?,
        _ => return None,
    };
    Some(sql_type)
}

fn plain(words: &str) -> Option<SqlType> {
    Some(match words {
        "boolean" | "bool" => SqlType::Bool,
        "smallint" | "int2" => SqlType::SmallInt,
        "integer" | "int" | "int4" => SqlType::Integer,
        "bigint" | "int8" => SqlType::BigInt,
        "real" | "float4" => SqlType::Float,
        "double precision" | "float8" | "float" => SqlType::Double,
        "numeric" | "decimal" => SqlType::Numeric { precision: None, scale: None },
        "money" => SqlType::Money,
        "text" => SqlType::Text,
        "character varying" | "varchar" => SqlType::VarChar { max_length: None },
        "character" | "char" => SqlType::Char { length: Some(1) },
        "citext" => SqlType::Citext,
        "bytea" => SqlType::Binary,
        "date" => SqlType::Date,
        "time" | "time without time zone" => SqlType::Time,
        "timestamp" | "timestamp without time zone" => SqlType::Timestamp,
        "timestamptz" | "timestamp with time zone" => SqlType::Timestamptz,
        "interval" => SqlType::Interval,
        "uuid" => SqlType::Uuid,
        "json" => SqlType::Json,
        "jsonb" => SqlType::Jsonb,
        "inet" => SqlType::Inet,
        "cidr" => SqlType::Cidr,
        "macaddr" => SqlType::MacAddr,
        "macaddr8" => SqlType::MacAddr8,
        "oid" => SqlType::Oid,
        "pg_lsn" => SqlType::PgLsn,
        _ => {
            return match words.strip_suffix("multirange") {
                Some(prefix) => range_of(prefix).map(SqlType::Multirange),
                None => words.strip_suffix("range").and_then(range_of).map(SqlType::Range),
            };
        }
    })
}

fn range_of(prefix: &str) -> Option<RangeOf> {
    use RangeOf::{BigInt, Date, Integer, Numeric, Timestamp, Timestamptz};
    [Integer, BigInt, Numeric, Date, Timestamp, Timestamptz]
        .into_iter()
        .find(|of| super::range_prefix(*of) == prefix)
}

/// A name without quotes is one in small letters.
pub(super) fn canonical(name: TypeName) -> TypeName {
    let text = name.as_str();
    if text.contains('"') {
        return name;
    }
    // What stands in parentheses is the type's own matter.
    let end = text.find('(').unwrap_or(text.len());
    TypeName::new(format!("{}{}", text[..end].to_ascii_lowercase(), &text[end..])).unwrap_or(name)
}

/// Those that are another with a length, or that are sent as text is
/// (<https://www.postgresql.org/docs/current/datatype.html>).
#[cfg(feature = "writer")]
pub(super) fn like(name: &TypeName) -> Option<SqlType> {
    let text = TypeText::of(name);
    if text.element.is_some() || text.words.is_empty() {
        return None;
    }
    Some(match text.words.as_str() {
        "character varying" | "varchar" | "bpchar" | "name" => SqlType::Text,
        "interval" => SqlType::Interval,
        "numeric" | "decimal" => SqlType::Numeric { precision: None, scale: None },
        words if words.starts_with("interval ") => SqlType::Interval,
        words => match plain(words)? {
            known @ (SqlType::Time | SqlType::Timestamp | SqlType::Timestamptz) => known,
            _ => return None,
        },
    })
}
