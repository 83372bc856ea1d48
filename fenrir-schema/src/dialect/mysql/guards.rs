//! What must hold of rows before anything changes: nothing takes back what a change of the schema has
//! committed, and what does not fit may be taken for something else.

use super::{Mysql, options, quote};
use crate::dialect::{Rules, labels};
use crate::{Change, Column, Conversion, Identifier, Schema, SqlType, TableName};

/// Before which change they come. What they look at is called there as it is when it changes: it has its new
/// name, unless it gets that after all else, as on the way back.
pub(super) fn first(changes: &[Change]) -> usize {
    let is_guarded = |change: &Change| {
        matches!(
            change,
            Change::AlterColumn { .. } | Change::AlterEnum { .. } | Change::SetTableOptions { .. }
        )
    };
    let guarded = changes.iter().position(is_guarded);
    let renamed = changes.iter().position(Change::is_rename);
    if guarded < renamed { 0 } else { changes.iter().rposition(Change::is_rename).map_or(0, |last| last + 1) }
}

/// Statements that fail where a value does not fit its new type, or a row has a label that goes. They come
/// before the first change that is more than a name.
pub(super) fn write(changes: &[Change], schema: &Schema) -> Vec<String> {
    let mut guards = Vec::new();
    let changes: Vec<_> = changes.iter().collect();
    for (number, change) in changes.iter().copied().enumerate() {
        match change {
            Change::AlterColumn { table, from, to, using: None, .. } if to.generated.is_none() => {
                let labels = |name: &Identifier| labels::that_stay(name, &changes[number..], schema);
                if let Some(test) = misfit(&quote(&to.name), &from.sql_type, &to.sql_type, labels) {
                    guards.extend(guard(table, &to.name, "does_not_fit", &test));
                }
            }
            Change::SetTableOptions { .. } => guards.extend(options::guard(change, schema)),
            Change::AlterEnum { .. } => {
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
                    let of_table = |other: &&Change| other.table().is_none_or(|of| *of == table.name);
                    let of_table: Vec<_> = changes.iter().copied().filter(of_table).collect();
                    let holds = |column: &&Column| labels::of_column(column, &of_table).contains(&change);
                    for column in table.columns.iter().filter(holds) {
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

fn guard(table: &TableName, column: &Identifier, what: &str, test: &str) -> [String; 4] {
    refuse(table, column, what, &format!("SELECT count(*) FROM {} WHERE {test}", quote(table)))
}

/// Fails where a query gives more than 0. No plain statement fails with a text of one's own, but a check is
/// named in the error.
pub(super) fn refuse(table: &TableName, column: &Identifier, what: &str, count: &str) -> [String; 4] {
    let check = quote(&Identifier::generated([&table.name, column], what));
    [
        "DROP TEMPORARY TABLE IF EXISTS fenrir_guard".to_owned(),
        format!(
            "CREATE TEMPORARY TABLE fenrir_guard (number_of_rows bigint, CONSTRAINT {check} CHECK (number_of_rows = 0))"
        ),
        format!("INSERT INTO fenrir_guard {count}"),
        "DROP TEMPORARY TABLE fenrir_guard".to_owned(),
    ]
}

/// Character by character: a collation would take others for the same.
pub(super) fn exactly(value: &str) -> String {
    format!("BINARY CAST({value} AS char CHARACTER SET utf8mb4)")
}

/// What is true of a value that would become another, or be refused half-way.
fn misfit(
    value: &str,
    from: &SqlType,
    to: &SqlType,
    labels: impl Fn(&Identifier) -> Vec<String>,
) -> Option<String> {
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
            let labels: Vec<_> = labels(name).iter().map(|label| Mysql.literal(label)).collect();
            Some(format!("{} NOT IN ({})", exactly(value), labels.join(", ")))
        }
        _ => None,
    }
}
