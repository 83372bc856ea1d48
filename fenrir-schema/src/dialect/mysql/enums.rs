//! Other labels of an enum, in each column that has it.

use std::collections::{BTreeMap, BTreeSet};

use super::{Mysql, algorithm, alter as alter_table, quote, times_as_they_are};
use crate::dialect::Rules;
use crate::{Change, Column, EnumType, Schema, Script, SqlType};

/// No row has a label that goes: see `guards`. One that is renamed is there under both names for a while.
pub(super) fn alter(change: &Change, schema: &Schema, script: &mut Script) {
    let Change::AlterEnum { name, from, to, renamed } = change else { return };
    let steps = steps(renamed, from, to);
    let mut both = schema.clone();
    if let Some(definition) = both.enums.get_mut(name) {
        let there: BTreeSet<_> = from.labels.iter().map(|label| label.to_lowercase()).collect();
        let is_new = |label: &&String| !there.contains(&label.to_lowercase());
        let aside = steps.iter().flat_map(BTreeMap::values).filter(|label| !to.labels.contains(*label));
        let new = to.labels.iter().filter(is_new).chain(aside);
        *definition = EnumType { labels: from.labels.iter().chain(new).cloned().collect() };
    }
    let holds = |column: &&Column| column.sql_type == SqlType::Enum(name.clone());
    let mut statements = Vec::new();
    for table in schema.tables.values() {
        for column in table.columns.iter().filter(holds) {
            if !steps.is_empty() {
                statements.push(alter_table(&table.name, &[Mysql.modify_column(column, &both)]));
            }
            let (on, value) = (quote(&table.name), quote(&column.name));
            let times = times_as_they_are(table, &column.name);
            statements.extend(steps.iter().map(|step| update(&on, &value, step, &times)));
            let mut actions = vec![Mysql.modify_column(column, schema)];
            if steps.is_empty() {
                actions.extend(algorithm::relabelled(from, to, column, table, schema));
            }
            statements.push(alter_table(&table.name, &actions));
        }
    }
    script.push_all(change, statements);
}

/// The labels that rows get in place of others, update by update. Where one takes the name of another that
/// is renamed too, all take names that nothing has first: an update goes row by row, and a key takes no
/// label twice.
fn steps(
    renamed: &BTreeMap<String, String>,
    from: &EnumType,
    to: &EnumType,
) -> Vec<BTreeMap<String, String>> {
    // To the server labels that differ in case only are one.
    let renamed: BTreeMap<_, _> = renamed
        .iter()
        .filter(|(old, new)| old.to_lowercase() != new.to_lowercase())
        .map(|(old, new)| (old.clone(), new.clone()))
        .collect();
    if renamed.is_empty() {
        return Vec::new();
    }
    let olds: BTreeSet<_> = renamed.keys().map(|old| old.to_lowercase()).collect();
    if !renamed.values().any(|new| olds.contains(&new.to_lowercase())) {
        return vec![renamed];
    }
    let taken: BTreeSet<_> = from.labels.iter().chain(&to.labels).map(|label| label.to_lowercase()).collect();
    let free =
        (1_u64..).map(|number| format!("fenrir_aside_{number}")).filter(|label| !taken.contains(label));
    let (mut first, mut second) = (BTreeMap::new(), BTreeMap::new());
    for ((old, new), aside) in renamed.into_iter().zip(free) {
        first.insert(old, aside.clone());
        second.insert(aside, new);
    }
    vec![first, second]
}

fn update(on: &str, value: &str, labels: &BTreeMap<String, String>, times: &str) -> String {
    let literals = |(old, new): (&String, &String)| (Mysql.literal(old), Mysql.literal(new));
    let cases: Vec<_> =
        labels.iter().map(literals).map(|(old, new)| format!("WHEN {old} THEN {new}")).collect();
    let old: Vec<_> = labels.keys().map(|old| Mysql.literal(old)).collect();
    format!(
        "UPDATE {on} SET {value} = CASE {value} {} END{times} WHERE {value} IN ({})",
        cases.join(" "),
        old.join(", ")
    )
}
