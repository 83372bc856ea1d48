//! What must hold of rows before anything changes: nothing takes back what a change of the schema has
//! committed, and what does not fit may be taken for something else.

use super::{Mysql, quote};
use crate::dialect::Rules;
use crate::{Change, Conversion, Identifier, Schema, SqlType};

/// Statements that fail where a value does not fit its new type, or a row has a label that goes. They come
/// before the first change that is more than a name.
pub(super) fn write(changes: &[Change], schema: &Schema) -> Vec<String> {
    let mut guards = Vec::new();
    for change in changes {
        match change {
            Change::AlterColumn { table, from, to, using: None, .. } => {
                if let Some(test) = misfit(&quote(&to.name), &from.sql_type, &to.sql_type, schema) {
                    guards.extend(guard(table, &to.name, "does_not_fit", &test));
                }
            }
            Change::AlterEnum { name, .. } => {
                let dropped: Vec<_> =
                    change.dropped_labels().into_iter().map(|label| Mysql.literal(label)).collect();
                if dropped.is_empty() {
                    continue;
                }
                for table in schema.tables.values() {
                    // A column that goes is in the way of nothing.
                    let goes = |column: &Identifier| {
                        changes.iter().any(|change| {
                            matches!(change, Change::DropColumn { table: of, column: gone } if *of == table.name && gone.name == *column)
                                || matches!(change, Change::DropTable { table: gone } if gone.name == table.name)
                        })
                    };
                    let holds = |sql_type: &SqlType| *sql_type == SqlType::Enum(name.clone());
                    for column in table.columns.iter().filter(|column| holds(&column.sql_type)) {
                        if !goes(&column.name) {
                            let test =
                                format!("{} IN ({})", exactly(&quote(&column.name)), dropped.join(", "));
                            guards.extend(guard(&table.name, &column.name, "has_a_label_that_goes", &test));
                        }
                    }
                }
            }
            _ => {}
        }
    }
    guards
}

/// No plain statement fails with a text of one's own, but a check is named in the error.
fn guard(table: &Identifier, column: &Identifier, what: &str, test: &str) -> [String; 4] {
    let check = quote(&Identifier::generated([table, column], what));
    [
        "DROP TEMPORARY TABLE IF EXISTS fenrir_guard".to_owned(),
        format!(
            "CREATE TEMPORARY TABLE fenrir_guard (number_of_rows bigint, CONSTRAINT {check} CHECK (number_of_rows = 0))"
        ),
        format!("INSERT INTO fenrir_guard SELECT count(*) FROM {} WHERE {test}", quote(table)),
        "DROP TEMPORARY TABLE fenrir_guard".to_owned(),
    ]
}

/// Character by character: a collation would take others for the same.
fn exactly(value: &str) -> String {
    format!("BINARY CAST({value} AS char CHARACTER SET utf8mb4)")
}

/// What is true of a value that would become another, or be refused half-way.
fn misfit(value: &str, from: &SqlType, to: &SqlType, schema: &Schema) -> Option<String> {
    match (from, to) {
        (from, SqlType::SmallInt | SqlType::Integer | SqlType::BigInt) if from.is_text() => {
            Some(format!("{value} NOT REGEXP '^(0|-?[1-9][0-9]*)$'"))
        }
        (from, SqlType::Date) if from.is_text() => {
            Some(format!("{value} NOT REGEXP '^[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}$'"))
        }
        (from, SqlType::SmallInt)
            if from.is_integer() && Conversion::between(from, to) == Conversion::Checks =>
        {
            Some(format!("{value} NOT BETWEEN -32768 AND 32767"))
        }
        (SqlType::BigInt, SqlType::Integer) => {
            Some(format!("{value} NOT BETWEEN -2147483648 AND 2147483647"))
        }
        (_, SqlType::VarChar { max_length: Some(length) })
            if Conversion::between(from, to) == Conversion::Checks =>
        {
            Some(format!("char_length({value}) > {length}"))
        }
        (from, SqlType::Enum(name)) if from != to => {
            let labels = schema.enums.get(name)?.labels.iter().map(|label| Mysql.literal(label));
            Some(format!("{} NOT IN ({})", exactly(value), labels.collect::<Vec<_>>().join(", ")))
        }
        _ => None,
    }
}
