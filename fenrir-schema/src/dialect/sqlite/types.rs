//! The types by the names that columns are declared with
//! (<https://www.sqlite.org/datatype3.html#determination_of_column_affinity>).

use super::super::type_text::TypeText;
use crate::{SqlType, TypeName};

pub(super) fn known(name: &TypeName) -> Option<SqlType> {
    let text = TypeText::of(name);
    let (words, numbers) = text.plain().filter(|_| text.element.is_none())?;
    let digits = |number: u32| u16::try_from(number).ok();
    Some(match (words, numbers) {
        ("numeric", [p]) => SqlType::Numeric { precision: Some(digits(*p)?), scale: Some(0) },
        ("numeric", [p, s]) => SqlType::Numeric { precision: Some(digits(*p)?), scale: Some(digits(*s)?) },
        ("numeric", []) => SqlType::Numeric { precision: None, scale: None },
        ("varchar", [n]) => SqlType::VarChar { max_length: Some(*n) },
        ("varchar", []) => SqlType::VarChar { max_length: None },
        ("char", [n]) => SqlType::Char { length: Some(*n) },
        ("boolean", []) => SqlType::Bool,
        ("smallint", []) => SqlType::SmallInt,
        ("integer", []) => SqlType::Integer,
        ("bigint", []) => SqlType::BigInt,
        ("float", []) => SqlType::Float,
        ("double", []) => SqlType::Double,
        ("text", []) => SqlType::Text,
        ("blob", []) => SqlType::Binary,
        ("date", []) => SqlType::Date,
        ("time", []) => SqlType::Time,
        ("timestamp", []) => SqlType::Timestamp,
        ("timestamptz", []) => SqlType::Timestamptz,
        ("json text", []) => SqlType::Json,
        ("jsonb", []) => SqlType::Jsonb,
        _ => return None,
    })
}

/// The widest type of those that a strict table calls so (<https://www.sqlite.org/stricttables.html>).
pub(super) fn known_strict(name: &TypeName) -> Option<SqlType> {
    Some(match name.as_str().to_ascii_lowercase().as_str() {
        "int" => SqlType::BigInt,
        "integer" => SqlType::Integer,
        "real" => SqlType::Double,
        "text" => SqlType::Text,
        "blob" => SqlType::Binary,
        _ => return None,
    })
}

/// Names that differ in case only are one.
pub(super) fn canonical(name: TypeName) -> TypeName {
    TypeName::new(name.as_str().to_ascii_lowercase()).unwrap_or(name)
}

/// By the affinity of the column: what has none of its own is read and written as text, of which SQLite makes a
/// number where it is one.
#[cfg(feature = "writer")]
pub(super) fn like(name: &TypeName) -> SqlType {
    let name = name.as_str().to_ascii_uppercase();
    // What everybody means by it, whose name in Fenrir is `BOOLEAN`.
    if name == "BOOL" {
        SqlType::Bool
    } else if name.contains("INT") {
        SqlType::BigInt
    } else if ["CHAR", "CLOB", "TEXT"].iter().any(|word| name.contains(word)) {
        SqlType::Text
    } else if name.contains("BLOB") {
        SqlType::Binary
    } else if ["REAL", "FLOA", "DOUB"].iter().any(|word| name.contains(word)) {
        SqlType::Double
    } else {
        SqlType::Text
    }
}
