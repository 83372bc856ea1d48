//! Tables that Fenrir leaves alone, since others make them, and how one becomes such a table and back.

use crate::diff::apply;
use crate::{Change, Column, Schema};

/// What is left alone from here on, or no more: nothing is done to it, and what else differs is a change of
/// its own.
pub(crate) fn hand_over(schema: &mut Schema, to: &Schema, changes: &mut Vec<Change>) {
    let unmanaged = schema.unmanaged.clone();
    for (name, definition) in unmanaged.enums {
        if to.enums.contains_key(&name) && !schema.enums.contains_key(&name) {
            apply(schema, Change::AdoptEnum { name, definition }, changes);
        }
    }
    for (name, table) in unmanaged.tables {
        if to.tables.contains_key(&name) && !schema.tables.contains_key(&name) {
            apply(schema, Change::AdoptTable { table }, changes);
        }
    }
    for (name, table) in schema.tables.clone() {
        if to.unmanaged.tables.contains_key(&name) && !to.tables.contains_key(&name) {
            apply(schema, Change::ReleaseTable { table }, changes);
        }
    }
    for (name, definition) in schema.enums.clone() {
        let holds = |column: &Column| column.sql_type.enum_name() == Some(&name);
        let is_used = schema.unmanaged.tables.values().any(|table| table.columns.iter().any(holds));
        if is_used && !to.enums.contains_key(&name) {
            apply(schema, Change::ReleaseEnum { name, definition }, changes);
        }
    }
}
