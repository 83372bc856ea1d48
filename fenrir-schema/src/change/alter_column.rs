//! A column that becomes another: on what rows that fails, and what it is in words.

use crate::{Column, Conversion, GeneratedKind, Identifier, TableName};

/// On what rows it fails; `is_converted` is whether an expression says how, and `is_filled` whether one says
/// what takes the place of NULL.
pub(super) fn risk(
    table: &TableName,
    from: &Column,
    to: &Column,
    is_converted: bool,
    is_filled: bool,
) -> Option<String> {
    let column = &to.name;
    let mut risks = Vec::new();
    if to.generated.is_some() {
        if !to.nullable && (from.nullable || from.generated != to.generated) {
            risks.push(null_computed(table, column));
        }
        if from.generated != to.generated || from.sql_type != to.sql_type {
            risks.push(format!(
                "Fails where two rows of table `{table}` get the same in column `{column}`, and a key or a unique \
                 index of it forbids that."
            ));
        }
    } else {
        let checks = Conversion::between(&from.sql_type, &to.sql_type) == Conversion::Checks;
        if checks && !is_converted {
            risks.push(format!(
                "Fails where a value of column `{table}.{column}` does not fit {}.",
                to.sql_type
            ));
        }
        if from.nullable && !to.nullable && !is_filled {
            risks.push(format!("Fails where column `{table}.{column}` holds NULL."));
        }
    }
    if from.collations != to.collations {
        risks.push(format!(
            "Fails where two values of column `{table}.{column}` are the same by its new collation, and a key or a \
             unique index of it forbids that."
        ));
    }
    (!risks.is_empty()).then(|| risks.join(" "))
}

/// The risk of a generated column that may not be NULL.
pub(super) fn null_computed(table: &TableName, column: &Identifier) -> String {
    format!("Fails where what column `{table}.{column}` is generated from gives NULL.")
}

/// What becomes otherwise, in words.
pub(super) fn in_words(from: &Column, to: &Column) -> String {
    let mut parts = Vec::new();
    let kind = format!("{} → {}", from.sql_type, to.sql_type);
    if from.sql_type != to.sql_type {
        parts.push(kind.as_str());
    }
    if from.auto_increment != to.auto_increment {
        parts.push(match (from.auto_increment, to.auto_increment) {
            (_, None) => "no longer generated",
            (None, Some(_)) => "generated",
            (Some(_), Some(_)) => "generated otherwise",
        });
    }
    if from.generated != to.generated {
        parts.push(match (&from.generated, &to.generated) {
            (_, None) => "no longer computed",
            (None, Some(_)) => "computed from others",
            (Some(from), Some(to)) if from.expression == to.expression => match to.kind {
                GeneratedKind::Stored => "stored",
                GeneratedKind::Virtual => "virtual",
            },
            (Some(_), Some(_)) => "computed otherwise",
        });
    }
    if from.collations != to.collations {
        parts.push(if to.collations.is_empty() { "no collation" } else { "another collation" });
    }
    if from.default != to.default {
        parts.push(if to.default.is_some() { "another default" } else { "no default" });
    }
    if from.nullable != to.nullable {
        parts.push(if to.nullable { "NULL allowed" } else { "NOT NULL" });
    }
    parts.join(", ")
}
