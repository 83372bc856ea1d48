//! The types by the names that the servers give back
//! (<https://dev.mysql.com/doc/refman/8.0/en/data-types.html>, <https://mariadb.com/kb/en/data-types/>).

use super::super::type_text::TypeText;
use crate::{IntegerSize, SqlType, TypeName};

pub(super) fn known(name: &TypeName) -> Option<SqlType> {
    let text = TypeText::of(name);
    let (words, numbers) = text.plain().filter(|_| text.element.is_none())?;
    let digits = |number: u32| u16::try_from(number).ok();
    // How wide an integer is shown says nothing of what it holds, but for a boolean.
    Some(match (words, numbers) {
        ("tinyint", [1]) | ("boolean" | "bool", []) => SqlType::Bool,
        ("tinyint", [] | [_]) => SqlType::TinyInt,
        ("smallint", [] | [_]) => SqlType::SmallInt,
        ("int" | "integer", [] | [_]) => SqlType::Integer,
        ("bigint", [] | [_]) => SqlType::BigInt,
        ("tinyint unsigned", [] | [_]) => SqlType::Unsigned(IntegerSize::TinyInt),
        ("smallint unsigned", [] | [_]) => SqlType::Unsigned(IntegerSize::SmallInt),
        ("int unsigned" | "integer unsigned", [] | [_]) => SqlType::Unsigned(IntegerSize::Integer),
        ("bigint unsigned", [] | [_]) => SqlType::Unsigned(IntegerSize::BigInt),
        ("float", []) => SqlType::Float,
        ("double" | "double precision", []) => SqlType::Double,
        // <https://dev.mysql.com/doc/refman/8.0/en/fixed-point-types.html>
        ("decimal" | "numeric", []) => SqlType::Numeric { precision: Some(10), scale: Some(0) },
        ("decimal" | "numeric", [p]) => SqlType::Numeric { precision: Some(digits(*p)?), scale: Some(0) },
        ("decimal" | "numeric", [p, s]) => {
            SqlType::Numeric { precision: Some(digits(*p)?), scale: Some(digits(*s)?) }
        }
        ("longtext", []) => SqlType::Text,
        ("varchar", [n]) => SqlType::VarChar { max_length: Some(*n) },
        ("char", [n]) => SqlType::Char { length: Some(*n) },
        ("char", []) => SqlType::Char { length: Some(1) },
        ("longblob", []) => SqlType::Binary,
        ("date", []) => SqlType::Date,
        ("time", [6]) => SqlType::Time,
        ("datetime", [6]) => SqlType::Timestamp,
        ("json", []) => SqlType::Json,
        _ => return None,
    })
}

/// Names that differ in case only are one, and a year is always of four digits
/// (<https://dev.mysql.com/doc/refman/8.0/en/year.html>).
pub(super) fn canonical(name: TypeName) -> TypeName {
    // The labels of a set are as they are.
    let words = name.as_str().find('\'').unwrap_or(name.as_str().len());
    let (words, labels) = name.as_str().split_at(words);
    let text = format!("{}{labels}", words.to_ascii_lowercase());
    let text = if text == "year(4)" { "year" } else { text.as_str() };
    TypeName::new(text).unwrap_or(name)
}

/// Those that are another with a length, a shorter one, or a text or bytes otherwise.
#[cfg(feature = "writer")]
pub(super) fn like(name: &TypeName) -> SqlType {
    let text = TypeText::of(name);
    let words = text.words.strip_suffix(" zerofill").unwrap_or(&text.words);
    match words {
        "mediumint" => SqlType::Integer,
        "mediumint unsigned" | "int unsigned" => SqlType::Unsigned(IntegerSize::Integer),
        "tinyint unsigned" => SqlType::Unsigned(IntegerSize::TinyInt),
        "smallint unsigned" => SqlType::Unsigned(IntegerSize::SmallInt),
        "bigint unsigned" => SqlType::Unsigned(IntegerSize::BigInt),
        "year" => SqlType::SmallInt,
        "float" | "float unsigned" => SqlType::Float,
        "double" | "double unsigned" => SqlType::Double,
        "decimal" | "decimal unsigned" => SqlType::Numeric { precision: None, scale: None },
        "datetime" | "timestamp" => SqlType::Timestamp,
        "time" => SqlType::Time,
        words
            if ["blob", "binary", "bit", "point", "geometry", "linestring", "polygon", "geom", "vector"]
                .iter()
                .any(|kind| words.contains(kind)) =>
        {
            SqlType::Binary
        }
        _ => SqlType::Text,
    }
}
