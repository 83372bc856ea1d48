//! Other labels of an enum, in each column that has it.

use std::collections::BTreeMap;

use super::{Mysql, alter as alter_table, quote};
use crate::dialect::Rules;
use crate::{Change, Column, EnumType, Schema, Script, SqlType};

/// No row has a label that goes: see `guards`. One that is renamed is there under both names for a while.
pub(super) fn alter(change: &Change, schema: &Schema, script: &mut Script) {
    let Change::AlterEnum { name, from, to, renamed } = change else { return };
    // To the server labels that differ in case only are one.
    let renamed: BTreeMap<_, _> =
        renamed.iter().filter(|(old, new)| old.to_lowercase() != new.to_lowercase()).collect();
    let mut both = schema.clone();
    if let Some(definition) = both.enums.get_mut(name) {
        let is_new =
            |label: &&String| !from.labels.iter().any(|there| there.to_lowercase() == label.to_lowercase());
        let new: Vec<_> = to.labels.iter().filter(is_new).cloned().collect();
        *definition = EnumType { labels: from.labels.iter().cloned().chain(new).collect() };
    }
    let holds = |column: &&Column| column.sql_type == SqlType::Enum(name.clone());
    let mut statements = Vec::new();
    for table in schema.tables.values() {
        for column in table.columns.iter().filter(holds) {
            if !renamed.is_empty() {
                statements.push(alter_table(&table.name, &[Mysql.modify_column(column, &both)]));
                let (on, value) = (quote(&table.name), quote(&column.name));
                let cases: Vec<_> = renamed
                    .iter()
                    .map(|(old, new)| format!("WHEN {} THEN {}", Mysql.literal(old), Mysql.literal(new)))
                    .collect();
                let old: Vec<_> = renamed.keys().map(|old| Mysql.literal(old)).collect();
                statements.push(format!(
                    "UPDATE {on} SET {value} = CASE {value} {} END WHERE {value} IN ({})",
                    cases.join(" "),
                    old.join(", ")
                ));
            }
            statements.push(alter_table(&table.name, &[Mysql.modify_column(column, schema)]));
        }
    }
    script.push_all(change, statements);
}
