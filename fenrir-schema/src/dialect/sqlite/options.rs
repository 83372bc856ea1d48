//! Tables that are STRICT, or WITHOUT ROWID.

use std::borrow::Cow;

use super::{Sqlite, quote, values};
use crate::dialect::{Lack, Part, Rules};
use crate::{Column, SqlType, Table};

/// The types of strict tables (<https://www.sqlite.org/stricttables.html>).
const STRICT_TYPES: &[&str] = &["INT", "INTEGER", "REAL", "TEXT", "BLOB", "ANY"];

/// What stands behind the parentheses of a table.
pub(super) fn written(table: &Table) -> String {
    let options = &table.options.sqlite;
    let words = [(options.strict, "STRICT"), (options.without_rowid, "WITHOUT ROWID")];
    let words: Vec<_> = words.into_iter().filter_map(|(is_set, word)| is_set.then_some(word)).collect();
    if words.is_empty() { String::new() } else { format!(" {}", words.join(", ")) }
}

/// What the table calls a type.
pub(super) fn type_name(table: &Table, sql_type: &SqlType) -> Cow<'static, str> {
    Sqlite.type_name_in(&table.options, sql_type).unwrap_or_default()
}

/// What a strict table calls a type. It has few names: `INT` is what is no key of the table's own, as
/// elsewhere `SMALLINT`; a number with digits behind the point is `REAL`, as Diesel writes and reads it.
pub(super) fn strict_name(sql_type: &SqlType) -> Cow<'static, str> {
    Cow::Borrowed(match sql_type {
        SqlType::Integer => "INTEGER",
        SqlType::Bool | SqlType::SmallInt | SqlType::BigInt => "INT",
        SqlType::Float | SqlType::Double | SqlType::Numeric { .. } => "REAL",
        SqlType::Binary | SqlType::Jsonb => "BLOB",
        SqlType::Custom { name, .. } => return Cow::Owned(name.to_string()),
        _ => "TEXT",
    })
}

/// Fails where a number has more digits than `REAL` keeps: what does not fit in another way, SQLite refuses.
pub(super) fn guards(old: &Table, new: &Table) -> Vec<String> {
    if old.options.sqlite.strict || !new.options.sqlite.strict {
        return Vec::new();
    }
    let is_kept = |column: &&Column| new.column(&column.name).is_some();
    let columns = old.columns.iter().filter(is_kept);
    columns
        .filter(|column| matches!(column.sql_type, SqlType::Numeric { .. }))
        .map(|column| {
            let value = quote(&column.name);
            let test =
                format!("typeof({value}) = 'integer' AND CAST(CAST({value} AS REAL) AS INTEGER) <> {value}");
            let what =
                format!("column {}.{} has values that do not fit a strict table", old.name, column.name);
            values::refuse(old, &test, &what)
        })
        .collect()
}

pub(super) fn lacks(table: &Table) -> Vec<Lack> {
    let mut lacks = Vec::new();
    for column in table.columns.iter().filter(|_| table.options.sqlite.strict) {
        if let SqlType::Custom { name, .. } = &column.sql_type {
            if !STRICT_TYPES.iter().any(|known| known.eq_ignore_ascii_case(name.as_str())) {
                lacks.push(Lack {
                    part: Part::Column(column.name.clone()),
                    message: format!(
                        "a strict table of SQLite has the types {}, and this is `{name}`: name one of them, or leave \
                         `strict` out",
                        STRICT_TYPES.join(", ")
                    ),
                });
            }
        }
    }
    if table.options.sqlite.without_rowid && !table.has_primary_key() {
        let message =
            "a table of SQLite without rowid has a primary key: give it one, or leave `without_rowid` out";
        lacks.push(Lack { part: Part::Options, message: message.to_owned() });
    }
    for column in table.columns.iter().filter(|_| table.options.sqlite.without_rowid) {
        if column.auto_increment.is_some() {
            lacks.push(Lack {
                part: Part::Column(column.name.clone()),
                message: format!(
                    "a table of SQLite without rowid generates no keys, and `{}` is generated: write \
                     `#[column(auto_increment = false)]`, or leave `without_rowid` out",
                    column.name
                ),
            });
        }
    }
    lacks
}
