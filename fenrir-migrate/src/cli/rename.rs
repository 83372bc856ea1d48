//! What looks like a rename: never taken for one, and never passed over.

use fenrir_schema::{Change, Column, Table};

/// A dropped thing and an added one that are alike but for their names.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Suspect {
    pub(super) old: String,
    pub(super) new: String,
}

/// Pairs each dropped column with an added one of its table and type, and each dropped table with a
/// created one that has most of its columns.
pub(super) fn suspects(changes: &[Change]) -> Vec<Suspect> {
    let mut suspects = Vec::new();
    let mut taken = Vec::new();
    for dropped in changes {
        let alike = changes
            .iter()
            .enumerate()
            .find(|(index, added)| !taken.contains(index) && is_alike(dropped, added));
        if let Some((index, added)) = alike {
            taken.push(index);
            if let (Some(old), Some(new)) = (name(dropped), name(added)) {
                suspects.push(Suspect { old, new });
            }
        }
    }
    suspects
}

fn is_alike(dropped: &Change, added: &Change) -> bool {
    match (dropped, added) {
        (Change::DropColumn { table: a, column: old }, Change::AddColumn { table: b, column: new, .. }) => {
            a == b && same_column(old, new)
        }
        (Change::DropTable { table: old }, Change::CreateTable { table: new }) => same_table(old, new),
        _ => false,
    }
}

fn same_column(old: &Column, new: &Column) -> bool {
    std::mem::discriminant(&old.sql_type) == std::mem::discriminant(&new.sql_type)
}

/// At least half of the columns of both, by name and type.
fn same_table(old: &Table, new: &Table) -> bool {
    let shared = old
        .columns
        .iter()
        .filter(|column| new.column(&column.name).is_some_and(|other| same_column(column, other)))
        .count();
    shared * 2 >= old.columns.len().max(new.columns.len())
}

fn name(change: &Change) -> Option<String> {
    match change {
        Change::DropColumn { table, column } | Change::AddColumn { table, column, .. } => {
            Some(format!("{table}.{}", column.name))
        }
        Change::DropTable { table } | Change::CreateTable { table } => Some(table.name.to_string()),
        _ => None,
    }
}
