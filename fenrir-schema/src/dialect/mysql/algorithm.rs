//! Which `ALTER TABLE`s name the algorithm that the server is to use, so that it refuses rather than copies
//! the table, and holds up who writes to it, in silence.
//!
//! Named is what both servers do without touching a row, or by building an index only
//! (<https://dev.mysql.com/doc/refman/8.0/en/innodb-online-ddl-operations.html>,
//! <https://mariadb.com/kb/en/innodb-online-ddl-operations-with-the-inplace-alter-algorithm/>). It is
//! `INPLACE` always: to MariaDB that is `INSTANT` where it can be, and MySQL does not extend a text, nor
//! renames a column before 8.0.28, as `INSTANT`.
//!
//! A column that is added or dropped names none. With `INSTANT` it would fail at the limit of row versions, in
//! a compressed table, and in one with a full-text index; with `INPLACE` MySQL would build the table anew where
//! it need not; with `LOCK=NONE` it would fail where a table with a full-text index has to be built anew. And
//! without them neither server copies the table where it can do otherwise.

use super::options;
use crate::change::ConstraintKind;
use crate::{Change, Column, DefaultValue, EnumType, ForeignKey, ReferentialAction, Schema, SqlType, Table};

const IN_PLACE: &str = "ALGORITHM=INPLACE";
const WITHOUT_LOCK: &str = "ALGORITHM=INPLACE, LOCK=NONE";

/// What the `ALTER TABLE` of a change ends in; `schema` is the one with it made.
pub(super) fn of(change: &Change, schema: &Schema) -> Option<String> {
    let table = schema.tables.get(change.table()?)?;
    match change {
        Change::AddUnique { .. }
        | Change::DropUnique { .. }
        | Change::RenameConstraint { kind: ConstraintKind::Unique, .. }
        | Change::AddIndex { .. }
        | Change::DropIndex { .. }
        | Change::RenameIndex { .. } => in_place(table, schema),
        // It may be the one that forbids `LOCK=NONE`.
        Change::DropForeignKey { .. } => in_place_with_lock(table),
        Change::SetColumnComment { column, .. } => {
            let column = table.column(column)?;
            modified(column, column, table, schema)
        }
        _ => None,
    }
}

/// What an `ALTER TABLE` ends in that touches no row; `table` is as it is before it or after it.
pub(super) fn in_place(table: &Table, schema: &Schema) -> Option<String> {
    let with_lock = in_place_with_lock(table)?;
    Some(if has_actions(table, schema) { with_lock } else { WITHOUT_LOCK.to_owned() })
}

/// The same with the weakest lock that the server can do it with.
fn in_place_with_lock(table: &Table) -> Option<String> {
    // Other engines copy, and of the user's own types nothing is known.
    let is_known =
        |column: &Column| column.generated.is_none() && !matches!(column.sql_type, SqlType::Custom { .. });
    let is_light = options::is_innodb(table) && table.columns.iter().all(is_known);
    is_light.then(|| IN_PLACE.to_owned())
}

/// Whether a foreign key of the table, or one that points at it, changes rows by itself: MySQL documents that
/// `LOCK=NONE` is refused there (<https://dev.mysql.com/doc/refman/8.0/en/innodb-online-ddl-limitations.html>).
fn has_actions(table: &Table, schema: &Schema) -> bool {
    let acts = |key: &ForeignKey| {
        [key.on_delete, key.on_update]
            .iter()
            .any(|action| !matches!(action, ReferentialAction::NoAction | ReferentialAction::Restrict))
    };
    let mut pointing = schema.tables.values().flat_map(|other| other.foreign_keys.values());
    table.foreign_keys.values().any(acts) || pointing.any(|key| key.references == table.name && acts(key))
}

/// What `MODIFY COLUMN` ends in, where it makes `to` of `from`.
pub(super) fn modified(from: &Column, to: &Column, table: &Table, schema: &Schema) -> Option<String> {
    let same = Column { default: to.default.clone(), comment: to.comment.clone(), ..from.clone() };
    let grown = Column { sql_type: to.sql_type.clone(), ..same.clone() };
    let is_light = same == *to || grown == *to && grows(from, to, table);
    let is_light = is_light && is_plain(from, table) && is_plain(to, table);
    is_light.then(|| in_place(table, schema)).flatten()
}

/// What `MODIFY COLUMN` ends in, where it gives an enum other labels: new ones behind those that are there, as
/// long as a value takes one byte or two as before
/// (<https://dev.mysql.com/doc/refman/8.0/en/storage-requirements.html#data-types-storage-reqs-strings>).
pub(super) fn relabelled(
    from: &EnumType,
    to: &EnumType,
    column: &Column,
    table: &Table,
    schema: &Schema,
) -> Option<String> {
    let is_small = |definition: &EnumType| definition.labels.len() <= 255;
    let is_light =
        to.labels.starts_with(&from.labels) && is_small(from) == is_small(to) && is_plain(column, table);
    is_light.then(|| in_place(table, schema)).flatten()
}

/// Whether its definition says no more than both servers see to be what it was: MariaDB keeps a check with
/// JSON, MySQL looks at a check again where a column of it is modified, and an expression is not compared.
fn is_plain(column: &Column, table: &Table) -> bool {
    let is_long = matches!(column.sql_type, SqlType::Text | SqlType::VarChar { max_length: None });
    column.sql_type != SqlType::Json
        && column.generated.is_none()
        && !matches!(column.default, Some(DefaultValue::Expression(_)))
        // A text without a length has its default as an expression.
        && !(is_long && column.default.is_some())
        && !table.checks.values().any(|check| check.expression.mentions(&column.name))
}

/// Whether a text may be longer, and its length still takes one byte or two as before.
fn grows(from: &Column, to: &Column, table: &Table) -> bool {
    let (SqlType::VarChar { max_length: Some(old) }, SqlType::VarChar { max_length: Some(new) }, true) =
        (&from.sql_type, &to.sql_type, to.collations.is_empty())
    else {
        return false;
    };
    let is_short = |length: u32| u64::from(length) * options::character_bytes(table) <= 255;
    new > old && is_short(*old) == is_short(*new)
}
