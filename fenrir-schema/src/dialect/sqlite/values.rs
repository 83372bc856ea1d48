//! What becomes of values when a table is rebuilt. SQLite would take any value for any type: what is no
//! value of the new type is found before.

use super::{Sqlite, quote};
use crate::dialect::{Rules, labels};
use crate::{Change, Column, Conversion, Identifier, Schema, SqlType, Table};

/// What a column is filled with, in terms of the old table; none for its default, or NULL.
pub(super) fn copied(old: &Table, column: &Column, changes: &[&Change]) -> Option<String> {
    let mut value = format!("{}.{}", quote(&old.name), quote(&column.name));
    let mut becomes = None;
    for change in changes {
        match change {
            Change::AddColumn { column: added, backfill, .. } if added.name == column.name => {
                return backfill.as_ref().map(|expression| format!("({expression})"));
            }
            Change::AlterColumn { from, to, using, backfill, .. } if to.name == column.name => {
                value = match using {
                    Some(using) => format!("({using})"),
                    None => converted(value, &from.sql_type, &to.sql_type),
                };
                if let Some(backfill) = backfill {
                    value = format!("coalesce({value}, ({backfill}))");
                }
                if from.sql_type != to.sql_type {
                    becomes = to.sql_type.enum_name();
                }
            }
            Change::AlterEnum { name, renamed, .. } if becomes == Some(name) => {
                value = relabelled(&value, renamed);
            }
            _ => {}
        }
    }
    Some(value)
}

/// A value with the new names of labels.
fn relabelled<'a>(value: &str, renamed: impl IntoIterator<Item = (&'a String, &'a String)>) -> String {
    let case = |(old, new): (&String, &String)| {
        format!(" WHEN {} THEN {}", Sqlite.literal(old), Sqlite.literal(new))
    };
    let cases: String = renamed.into_iter().map(case).collect();
    if cases.is_empty() { value.to_owned() } else { format!("CASE {value}{cases} ELSE {value} END") }
}

/// The rows of the old table, in which each label that is renamed has its new name.
pub(super) fn source(old: &Table, changes: &[&Change], with_rowid: bool) -> String {
    let mut is_renamed = false;
    let columns = old.columns.iter().map(|column| {
        let name = quote(&column.name);
        let renamed = labels::of_column(column, changes).into_iter().filter_map(|change| match change {
            Change::AlterEnum { renamed, .. } => Some(renamed),
            _ => None,
        });
        let value = relabelled(&name, renamed.flatten());
        if value == name {
            return name;
        }
        is_renamed = true;
        format!("{value} AS {name}")
    });
    let mut columns: Vec<_> = columns.collect();
    if !is_renamed {
        return quote(&old.name);
    }
    if with_rowid {
        columns.insert(0, "rowid".to_owned());
    }
    let name = quote(&old.name);
    format!("(SELECT {} FROM {name}) AS {name}", columns.join(", "))
}

/// A value of one type as one of another, as Diesel writes it.
fn converted(value: String, from: &SqlType, to: &SqlType) -> String {
    use SqlType as T;
    match (from, to) {
        (T::Date, T::Timestamp) => format!("{value} || ' 00:00:00'"),
        (T::Timestamp, T::Date) => format!("substr({value}, 1, 10)"),
        (T::Timestamp, T::Timestamptz) => format!("{value} || '+00:00'"),
        (T::Timestamptz, T::Timestamp) => {
            format!(
                "CASE WHEN {value} LIKE '%+00:00' THEN substr({value}, 1, length({value}) - 6) ELSE rtrim({value}, 'Z') END"
            )
        }
        // A whole number is not sent through a float, which has not all of its digits.
        (T::Float | T::Double | T::Numeric { .. }, to) if to.is_integer() => {
            format!("CASE typeof({value}) WHEN 'real' THEN CAST(round({value}) AS INTEGER) ELSE {value} END")
        }
        (T::Numeric { scale: Some(from), .. }, T::Numeric { scale, precision: Some(_) })
            if *from <= scale.unwrap_or(0) =>
        {
            value
        }
        (T::Numeric { .. } | T::Float | T::Double, T::Numeric { scale, precision: Some(_) }) => {
            let scale = scale.unwrap_or(0);
            format!("CASE typeof({value}) WHEN 'real' THEN round({value}, {scale}) ELSE {value} END")
        }
        (from, T::Float | T::Double) if *from != T::Float && *from != T::Double => {
            format!("CAST({value} AS REAL)")
        }
        (T::Json, T::Jsonb) => format!("jsonb({value})"),
        (T::Jsonb, T::Json) => format!("json({value})"),
        (from, to) if from.is_text() && to.is_integer() => format!("CAST({value} AS INTEGER)"),
        (from, to) if from.is_integer() && to.is_text() => format!("CAST({value} AS TEXT)"),
        _ => value,
    }
}

/// Statements that fail where a value cannot become one of the new type, or where rows have a label that
/// goes, and say how many there are.
pub(super) fn guards(old: &Table, changes: &[&Change], after: &Schema) -> Vec<String> {
    let mut guards = Vec::new();
    for (number, change) in changes.iter().enumerate() {
        match change {
            Change::AlterColumn { from, to, using: None, .. } if to.generated.is_none() => {
                // What loses digits may still not fit.
                let conversion = Conversion::between(&from.sql_type, &to.sql_type);
                let labels = |name: &Identifier| labels::that_stay(name, &changes[number..], after);
                let misfit = misfit(&quote(&from.name), &from.sql_type, &to.sql_type, labels);
                if let Some(misfit) = misfit.filter(|_| conversion != Conversion::Keeps || is_zoned(from)) {
                    let what = format!(
                        "column {}.{} has values that do not fit {}",
                        old.name, from.name, to.sql_type
                    );
                    guards.push(refuse(old, &misfit, &what));
                }
            }
            Change::AlterEnum { .. } => {
                let dropped = change.dropped_labels();
                if dropped.is_empty() {
                    continue;
                }
                let list: Vec<_> = dropped.iter().map(|label| Sqlite.literal(label)).collect();
                let stays = |column: &Column| {
                    after.tables.get(&old.name).is_some_and(|table| table.column(&column.name).is_some())
                };
                for column in old.columns.iter().filter(|column| stays(column)) {
                    if labels::of_column(column, changes).contains(change) {
                        let place = format!("column {}.{}", old.name, column.name);
                        let what = format!("{place} has labels that are to go ({})", dropped.join(", "));
                        let test = format!("{} IN ({})", quote(&column.name), list.join(", "));
                        guards.push(refuse(old, &test, &what));
                    }
                }
            }
            _ => {}
        }
    }
    guards
}

fn is_zoned(column: &Column) -> bool {
    column.sql_type == SqlType::Timestamptz
}

/// No plain statement fails with a text of one's own, but a JSON path that is none is named in the error.
pub(super) fn refuse(table: &Table, test: &str, what: &str) -> String {
    format!(
        "SELECT CASE WHEN count(*) > 0 THEN json_extract('null', {} || count(*)) END\n    FROM {} WHERE {test}",
        Sqlite.literal(&format!("{what}; rows: ")),
        quote(&table.name)
    )
}

/// What is true of a value that does not fit the new type.
fn misfit(
    value: &str,
    from: &SqlType,
    to: &SqlType,
    labels: impl Fn(&Identifier) -> Vec<String>,
) -> Option<String> {
    use SqlType as T;
    let range = |value: &str| match to {
        T::SmallInt => Some(format!("{value} NOT BETWEEN -32768 AND 32767")),
        T::Integer => Some(format!("{value} NOT BETWEEN -2147483648 AND 2147483647")),
        // A float beyond would become the greatest of all.
        T::BigInt => Some(format!("typeof({value}) = 'real' AND abs({value}) >= 9.2e18")),
        _ => None,
    };
    match (from, to) {
        (from, to) if from.is_text() && to.is_integer() => {
            let number = format!("CAST({value} AS INTEGER)");
            let other = format!("CAST({number} AS TEXT) <> {value}");
            let range = range(&number).filter(|_| *to != T::BigInt);
            Some(range.map_or(other.clone(), |range| format!("{other} OR {range}")))
        }
        (_, to) if to.is_integer() => range(&format!("round({value})")),
        (_, T::Numeric { precision: Some(precision), scale }) => {
            let scale = scale.unwrap_or(0);
            let room = precision.saturating_sub(scale);
            Some(format!("abs(round({value}, {scale})) >= 1e{room}"))
        }
        (_, T::VarChar { max_length: Some(length) } | T::Char { length: Some(length) }) => {
            Some(format!("length({value}) > {length}"))
        }
        (_, T::Char { length: None }) => Some(format!("length({value}) > 1")),
        (from, T::Date) if from.is_text() => Some(format!("date({value}) IS NOT {value}")),
        (_, T::Enum(name)) => {
            let labels: Vec<_> = labels(name).iter().map(|label| Sqlite.literal(label)).collect();
            Some(format!("{value} NOT IN ({})", labels.join(", ")))
        }
        (T::Timestamptz, T::Timestamp) => {
            Some(format!("replace({value}, '+00:00', '') GLOB '*[+]*' OR substr({value}, 11) GLOB '*-*'"))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_guard_cannot_be_left() {
        let name = Identifier::new("it's").unwrap();
        assert_eq!(
            misfit(&quote(&name), &SqlType::Text, &SqlType::BigInt, |_| Vec::new()).unwrap(),
            "CAST(CAST(\"it's\" AS INTEGER) AS TEXT) <> \"it's\""
        );
    }
}
