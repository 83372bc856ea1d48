//! The labels of an enum in the midst of changes: which values a column may have there.

use crate::{Change, Column, Identifier, Schema};

/// The labels that an enum has before these changes, which result in `after`, but for those that they drop.
pub(super) fn that_stay(enum_name: &Identifier, changes: &[&Change], after: &Schema) -> Vec<String> {
    let alters = of_enum(enum_name, changes);
    let labels = match alters.first() {
        Some(Change::AlterEnum { from, .. }) => from.labels.clone(),
        _ => {
            let name = changes.iter().fold(enum_name, |name, change| new_name(change, name));
            after.labels(name).to_vec()
        }
    };
    let stays = |label: &String| {
        let mut label = label.as_str();
        alters.iter().all(|change| {
            let stays = !change.dropped_labels().contains(&label);
            if let Change::AlterEnum { renamed, .. } = change {
                label = renamed.get(label).map_or(label, String::as_str);
            }
            stays
        })
    };
    labels.iter().filter(|label| stays(label)).cloned().collect()
}

/// The changes of the labels of the enum that a column has before these changes, up to where it gets another
/// type.
pub(super) fn of_column<'a>(column: &Column, changes: &[&'a Change]) -> Vec<&'a Change> {
    let Some(name) = column.sql_type.enum_name() else { return Vec::new() };
    let gets_another = |change: &&Change| match change {
        Change::AlterColumn { from, to, .. } => from.name == column.name && from.sql_type != to.sql_type,
        _ => false,
    };
    let until = changes.iter().position(gets_another).unwrap_or(changes.len());
    of_enum(name, &changes[..until])
}

fn of_enum<'a>(name: &Identifier, changes: &[&'a Change]) -> Vec<&'a Change> {
    let mut name = name;
    let mut alters = Vec::new();
    for change in changes {
        if matches!(change, Change::AlterEnum { name: of, .. } if of == name) {
            alters.push(*change);
        }
        name = new_name(change, name);
    }
    alters
}

fn new_name<'a>(change: &'a Change, name: &'a Identifier) -> &'a Identifier {
    match change {
        Change::RenameEnum { from, to } if from == name => to,
        _ => name,
    }
}
