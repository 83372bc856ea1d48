//! What must be known of changes before SQL is made of them: what rows get, whether they can be made, what they lose.

use std::collections::BTreeMap;

use fenrir_schema::{
    Change, Conversion, Dialect, Expression, Identifier, Loss, Schema, Table, TableName, needs_value,
};

use super::context::Context;
use super::outcome::{Failure, bullets, count};

/// What is said of the rows that exist.
pub(super) struct Fillings<'a> {
    /// What a new column gets, and one that may not hold NULL any more where it does.
    pub(super) backfills: &'a BTreeMap<(TableName, Identifier), Expression>,
    /// How values become those of another type.
    pub(super) usings: &'a BTreeMap<(TableName, Identifier), Expression>,
    /// Whether the models say it, by attributes, or else options.
    pub(super) are_models: bool,
}

/// Gives each new column what is said for the rows that exist.
pub(super) fn fill(changes: &mut [Change], fillings: &Fillings<'_>) -> Result<(), Failure> {
    let (mut without, mut unknown) = (Vec::new(), Vec::new());
    for change in changes {
        if let Change::AddColumn { table, column, backfill } = change {
            *backfill = fillings.backfills.get(&(table.clone(), column.name.clone())).cloned();
            if backfill.is_none() && needs_value(column) {
                without.push(format!("`{table}.{}`", column.name));
            }
        } else if let Change::AlterColumn { table, from, to, using, backfill } = change {
            if to.generated.is_some() {
                continue;
            }
            let place = (table.clone(), to.name.clone());
            if from.nullable && !to.nullable {
                *backfill = fillings.backfills.get(&place).cloned();
            }
            if from.sql_type != to.sql_type {
                *using = fillings.usings.get(&place).cloned();
                if using.is_none() && Conversion::between(&from.sql_type, &to.sql_type) == Conversion::Unknown
                {
                    unknown.push(format!("`{table}.{}`: {} → {}", to.name, from.sql_type, to.sql_type));
                }
            }
        }
    }
    if !unknown.is_empty() {
        let using =
            if fillings.are_models { "#[column(using = \"…\")]" } else { "--using TABLE.COLUMN=SQL" };
        return Err(Failure::Refused(format!(
            "no conversion is known from the old type to the new one of {}:{}\nsay how a value is converted with \
             `{using}`, an SQL expression of the old columns",
            count(unknown.len(), "column"),
            bullets(unknown)
        )));
    }
    if without.is_empty() {
        return Ok(());
    }
    let say = if fillings.are_models {
        "say what they get with `#[column(backfill = \"…\")]`, an SQL expression; or give it a default with \
         `#[column(default = …)]`; or let it be NULL, as `Option<…>`"
    } else {
        "say what they get with `--backfill TABLE.COLUMN=SQL`, an SQL expression"
    };
    Err(Failure::Refused(format!(
        "{} cannot be added as NOT NULL, since rows that exist would have no value for it:{}\n{say}",
        count(without.len(), "column"),
        bullets(without)
    )))
}

/// Whether changes can be made as they are said.
pub(super) fn check(changes: &[Change], after: &Schema, dialects: &[Dialect]) -> Result<(), Failure> {
    check_usings(changes, after, dialects)?;
    check_mentions(changes, after)?;
    check_order(changes)?;
    check_enums_of_others(changes, after, dialects)
}

/// A column of a primary key cannot be replaced by another where that is how values are converted.
fn check_usings(changes: &[Change], after: &Schema, dialects: &[Dialect]) -> Result<(), Failure> {
    let replaced = changes.iter().filter_map(|change| match change {
        Change::AlterColumn { table, to, using: Some(_), .. } => Some((table, &to.name)),
        _ => None,
    });
    let Some(dialect) = dialects.iter().find(|dialect| !dialect.converts_keys()) else { return Ok(()) };
    for (table, column) in replaced {
        if after.tables.get(table).is_some_and(|table| table.primary_key.columns.contains(column)) {
            return Err(Failure::error(format!(
                "`using` cannot be given for `{table}.{column}` on {}: it is part of the primary key",
                dialect.title()
            )));
        }
    }
    Ok(())
}

/// An expression that names a column which goes, or one that is only coming: PostgreSQL would drop a check
/// or an index with the column and say nothing, and no database reads what is not filled yet.
fn check_mentions(changes: &[Change], after: &Schema) -> Result<(), Failure> {
    let mut wrong = Vec::new();
    for change in changes {
        match change {
            Change::DropColumn { table, column } => {
                // One that is generated may come again.
                let gone = after.tables.get(table).filter(|table| table.column(&column.name).is_none());
                for (what, expression) in gone.into_iter().flat_map(Table::expressions) {
                    if expression.mentions(&column.name) {
                        wrong.push(format!(
                            "{what} of `{table}` names the column `{}`, which is dropped",
                            column.name
                        ));
                    }
                }
            }
            Change::AddColumn { table, column, backfill: Some(backfill) } => {
                let added = changes.iter().filter_map(|other| match other {
                    Change::AddColumn { table: there, column, .. } if there == table => Some(&column.name),
                    _ => None,
                });
                for name in added.filter(|name| backfill.mentions(name)) {
                    wrong.push(format!(
                        "the backfill of `{table}.{}` names the column `{name}`, which is added with it",
                        column.name
                    ));
                }
            }
            Change::AlterEnum { name, renamed, .. } => {
                let gone = change.dropped_labels().into_iter().map(|label| (label, "goes"));
                let renamed = renamed.keys().map(|label| (label.as_str(), "is renamed"));
                for (label, becomes) in gone.chain(renamed) {
                    let has = |table: &&Table| {
                        table.columns.iter().any(|column| column.sql_type.enum_name() == Some(name))
                    };
                    let literal = format!("'{}'", label.replace('\'', "''"));
                    for table in after.tables.values().filter(has) {
                        for (what, expression) in table.expressions() {
                            if expression.as_str().contains(&literal) {
                                wrong.push(format!(
                                    "{what} of `{}` names the label {label:?} of the enum `{name}`, which {becomes}",
                                    table.name
                                ));
                            }
                        }
                    }
                }
            }
            Change::RenameColumn { table, from, .. }
                if after.tables.get(table).is_some_and(|there| there.column(from).is_none()) =>
            {
                for (what, expression) in expressions(table, changes, after) {
                    if expression.mentions(from) {
                        wrong.push(format!("{what} of `{table}` names the column `{from}`, which is renamed: use its new name"));
                    }
                }
            }
            Change::AlterColumn { table, to, using, backfill, .. } => {
                // One would read what the other has written, or not, as the database does it.
                let others = changes.iter().filter_map(|other| match other {
                    Change::AlterColumn { table: there, from, to: other, using, backfill }
                        if there == table
                            && other.name != to.name
                            && (using.is_some() || backfill.is_some() || from.sql_type != other.sql_type) =>
                    {
                        Some(&other.name)
                    }
                    // It comes when all the others are there.
                    Change::AddColumn { table: there, column, .. }
                        if there == table && column.generated.is_some() =>
                    {
                        Some(&column.name)
                    }
                    _ => None,
                });
                for name in others {
                    if [using, backfill].into_iter().flatten().any(|expression| expression.mentions(name)) {
                        wrong.push(format!(
                            "what fills `{table}.{}` names the column `{name}`, which is changed with it: make two \
                             migrations of them",
                            to.name
                        ));
                    }
                }
            }
            _ => {}
        }
    }
    if wrong.is_empty() { Ok(()) } else { Err(Failure::error(wrong.join("\n"))) }
}

/// What fills a column must still be there: what is in the way of an enum's change goes before columns are filled.
fn check_order(changes: &[Change]) -> Result<(), Failure> {
    let mut wrong = Vec::new();
    for (number, change) in changes.iter().enumerate() {
        let (table, column, using, backfill) = match change {
            Change::AddColumn { table, column, backfill } => (table, column, &None, backfill),
            Change::AlterColumn { table, to, using, backfill, .. } => (table, to, using, backfill),
            _ => continue,
        };
        for expression in [using, backfill].into_iter().flatten() {
            for gone in &changes[..number] {
                let what = match gone {
                    Change::DropColumn { table: of, column: gone }
                        if of == table && expression.mentions(&gone.name) =>
                    {
                        format!("column `{of}.{}`", gone.name)
                    }
                    Change::DropTable { table: gone } if expression.mentions(&gone.name.name) => {
                        format!("table `{}`", gone.name)
                    }
                    _ => continue,
                };
                wrong.push(format!(
                    "what fills `{table}.{}` reads the {what}, which goes before it: make two migrations of them",
                    column.name
                ));
            }
        }
    }
    if wrong.is_empty() { Ok(()) } else { Err(Failure::error(wrong.join("\n"))) }
}

/// Labels that the table of others has too: there they stay as they are, and its rows with them.
fn check_enums_of_others(changes: &[Change], after: &Schema, dialects: &[Dialect]) -> Result<(), Failure> {
    let mut wrong = Vec::new();
    for change in changes {
        let Change::AlterEnum { name, from, to, .. } = change else { continue };
        let mut rest = to.labels.iter();
        let only_adds = from.labels.iter().all(|label| rest.any(|there| there == label));
        if only_adds && dialects.iter().all(|dialect| dialect.names_enums()) {
            continue;
        }
        for table in after.unmanaged.tables.values() {
            if table.columns.iter().any(|column| column.sql_type.enum_name() == Some(name)) {
                wrong.push(format!(
                    "the labels of the enum `{name}` change, and the table `{}`, which is `unmanaged`, has it too: give its model \
                     an enum of its own",
                    table.name
                ));
            }
        }
    }
    if wrong.is_empty() { Ok(()) } else { Err(Failure::error(wrong.join("\n"))) }
}

/// All that is written of a table's columns, in its model and for this migration.
fn expressions<'a>(
    name: &'a TableName,
    changes: &'a [Change],
    after: &'a Schema,
) -> impl Iterator<Item = (String, &'a Expression)> {
    let kept = after.tables.get(name).into_iter().flat_map(Table::expressions);
    let filling = changes.iter().flat_map(move |change| {
        let (column, using, backfill) = match change {
            Change::AddColumn { table, column, backfill } if table == name => (column, &None, backfill),
            Change::AlterColumn { table, to, using, backfill, .. } if table == name => (to, using, backfill),
            _ => return Vec::new(),
        };
        let of = |what: &str| format!("the {what} of column `{}`", column.name);
        let using = using.as_ref().map(|using| (of("conversion"), using));
        using.into_iter().chain(backfill.as_ref().map(|backfill| (of("backfill"), backfill))).collect()
    });
    kept.chain(filling)
}

/// What is lost must be asked for.
pub(super) fn settle_losses(changes: &[Change], allowed: bool, context: &Context<'_>) -> Result<(), Failure> {
    let losses: Vec<Loss> = changes.iter().filter_map(Change::loses).collect();
    if allowed || losses.is_empty() {
        return Ok(());
    }
    let list = bullets(&losses);
    if context.can_ask() && context.ask(&format!("This loses data:{list}\nGo on?"))? {
        return Ok(());
    }
    Err(Failure::Refused(format!("this loses data:{list}\n`--allow-data-loss` does so without asking")))
}
