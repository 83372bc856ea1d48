//! `fenrir migrate`: writes the next migration from what the models have and the migrations do not.

use chrono::{NaiveDateTime, TimeDelta, Utc};
use fenrir_schema::migration::History;
use fenrir_schema::{
    Change, Conversion, Dialect, Expression, Identifier, Loss, Schema, Table, diff, needs_value,
};
use serde_json::json;

use super::add_dialect;
use super::arguments::Migrate;
use super::context::Context;
use super::generate::{self, Generated, GeneratedSql};
use super::models::{self, ModelSchema};
use super::outcome::{Failure, Outcome, bullets, count};
use super::rename;

pub(super) fn run(arguments: &Migrate, context: &Context<'_>) -> Result<Outcome, Failure> {
    if let Some(dialect) = arguments.add_dialect {
        return add_dialect::run(dialect, arguments, context);
    }
    let message = arguments.message.as_deref().unwrap_or_default();
    let message = message.split_whitespace().collect::<Vec<_>>().join(" ");
    if message.is_empty() {
        return Err(Failure::error("`--message` is empty: say what the migration does"));
    }
    let project = context.project()?;
    let models = models::read(project, &arguments.features)?;
    let history = History::read(project)?;
    let before = history.schema()?;
    let mut changes = if arguments.empty {
        Vec::new()
    } else {
        let renames = rename::settle(&before, &models, arguments, context)?;
        diff(&before, &models.schema, &renames)
    };
    if changes.is_empty() && !arguments.empty {
        let text = "nothing to do: the migrations build what the models have";
        return Ok(Outcome::new(text, json!({ "written": [], "changes": [] })));
    }
    fill(&mut changes, &models)?;
    check_usings(&changes, &models.schema, &project.dialects)?;
    check_mentions(&changes, &models.schema)?;
    settle_losses(&changes, arguments, context)?;

    let mut after = before.clone();
    fenrir_schema::fold(&mut after, &changes)?;
    let head = history.head().map(|head| head.fenrir.revision.clone());
    let name = folder_name(&message, head.as_deref(), Utc::now().naive_utc())?;
    let title = generate::title(&message, head.as_deref());
    let dialects = project
        .dialects
        .iter()
        .map(|&dialect| GeneratedSql::new(dialect, &title, &before, &after, &changes))
        .collect::<Result<Vec<_>, _>>()?;
    let risks = generate::risks(&changes);
    let generated = Generated { name, message, parent: head, changes, after, risks, dialects };
    if arguments.dry_run { Ok(shown(&generated)) } else { written(&generated, context) }
}

/// Gives each new column what its model says for the rows that exist.
fn fill(changes: &mut [Change], models: &ModelSchema) -> Result<(), Failure> {
    let (mut without, mut unknown) = (Vec::new(), Vec::new());
    for change in changes {
        if let Change::AddColumn { table, column, backfill } = change {
            *backfill = models.backfills.get(&(table.clone(), column.name.clone())).cloned();
            if backfill.is_none() && needs_value(column) {
                without.push(format!("`{table}.{}`", column.name));
            }
        } else if let Change::AlterColumn { table, from, to, using, backfill } = change {
            let place = (table.clone(), to.name.clone());
            if from.nullable && !to.nullable {
                *backfill = models.backfills.get(&place).cloned();
            }
            if from.sql_type != to.sql_type {
                *using = models.usings.get(&place).cloned();
                if using.is_none() && Conversion::between(&from.sql_type, &to.sql_type) == Conversion::Unknown
                {
                    unknown.push(format!("`{table}.{}`: {} → {}", to.name, from.sql_type, to.sql_type));
                }
            }
        }
    }
    if !unknown.is_empty() {
        return Err(Failure::Refused(format!(
            "no conversion is known from the old type to the new one of {}:{}\nsay how a value is converted with \
             `#[column(using = \"…\")]`, an SQL expression of the old columns",
            count(unknown.len(), "column"),
            bullets(unknown)
        )));
    }
    if without.is_empty() {
        return Ok(());
    }
    Err(Failure::Refused(format!(
        "{} cannot be added as NOT NULL, since rows that exist would have no value for it:{}\nsay what they get with \
         `#[column(backfill = \"…\")]`, an SQL expression; or give it a default with `#[column(default = …)]`; or let it \
         be NULL, as `Option<…>`",
        count(without.len(), "column"),
        bullets(without)
    )))
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
                for (what, expression) in after.tables.get(table).into_iter().flat_map(Table::expressions) {
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

/// All that is written of a table's columns, in its model and for this migration.
fn expressions<'a>(
    name: &'a Identifier,
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

fn settle_losses(changes: &[Change], arguments: &Migrate, context: &Context<'_>) -> Result<(), Failure> {
    let losses: Vec<Loss> = changes.iter().filter_map(Change::loses).collect();
    if arguments.allow_data_loss || losses.is_empty() {
        return Ok(());
    }
    let list = bullets(&losses);
    if context.can_ask() && context.ask(&format!("This loses data:{list}\nGo on?"))? {
        return Ok(());
    }
    Err(Failure::Refused(format!("this loses data:{list}\n`--allow-data-loss` does so without asking")))
}

/// Diesel's form: the date, and what is left of the message. The dates of a chain rise, whatever the
/// clock says.
fn folder_name(message: &str, head: Option<&str>, now: NaiveDateTime) -> Result<String, Failure> {
    let date = |text: &str| NaiveDateTime::parse_from_str(text, "%Y%m%d%H%M%S");
    let time = match head {
        Some(head) if *head >= *now.format("%Y%m%d%H%M%S").to_string() => {
            let head_date = date(head).map_err(|_| {
                Failure::error(format!("the head's revision {head} is no date, so none can follow it"))
            })?;
            head_date + TimeDelta::seconds(1)
        }
        _ => now,
    };
    let mut slug = String::new();
    for c in message.to_lowercase().chars() {
        if c.is_ascii_alphanumeric() {
            slug.push(c);
        } else if !slug.ends_with('_') && !slug.is_empty() {
            slug.push('_');
        }
    }
    slug.truncate(60);
    let slug = slug.trim_end_matches('_');
    let slug = if slug.is_empty() { "migration" } else { slug };
    Ok(format!("{}_{slug}", time.format("%Y-%m-%d-%H%M%S")))
}

fn change_list(generated: &Generated) -> Vec<String> {
    generated.changes.iter().map(ToString::to_string).collect()
}

fn shown(generated: &Generated) -> Outcome {
    let mut text = String::new();
    let mut sql = serde_json::Map::new();
    for one in &generated.dialects {
        let (up, down) = (one.up.to_sql(&one.up_header), one.down.to_sql(&one.down_header));
        for (file, content) in [("up.sql", &up), ("down.sql", &down)] {
            text.push_str(&format!("-- {}: {}/{file}\n{content}\n", one.dialect, generated.name));
        }
        sql.insert(one.dialect.to_string(), json!({ "up": up, "down": down }));
    }
    Outcome::new(
        text.trim_end(),
        json!({
            "name": generated.name,
            "changes": change_list(generated),
            "risks": generated.risks,
            "sql": sql,
        }),
    )
}

fn written(generated: &Generated, context: &Context<'_>) -> Result<Outcome, Failure> {
    let project = context.project()?;
    let folders = generated.write(project)?;
    let folders: Vec<_> = folders
        .iter()
        .map(|folder| folder.strip_prefix(&project.root).unwrap_or(folder).display().to_string())
        .collect();
    let changes = change_list(generated);
    let mut text = format!("{}{}", count(changes.len(), "change"), bullets(&changes));
    if !generated.risks.is_empty() {
        text.push_str(&format!("\ntake care:{}", bullets(&generated.risks)));
    }
    for folder in &folders {
        text.push_str(&format!("\nwrote {folder}"));
    }
    text.push_str("\nreview it, then `fenrir upgrade` applies it");
    let revision = generated.name.split('_').next().unwrap_or_default().replace('-', "");
    Ok(Outcome::new(
        text,
        json!({
            "revision": revision,
            "name": generated.name,
            "changes": changes,
            "risks": generated.risks,
            "written": folders,
        }),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> NaiveDateTime {
        NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S").unwrap()
    }

    #[test]
    fn a_folder_is_named_after_date_and_message() {
        let name = folder_name("Add new_field to pages!", None, at("2026-11-23 09:15:00")).unwrap();
        assert_eq!(name, "2026-11-23-091500_add_new_field_to_pages");
    }

    #[test]
    fn dates_rise_whatever_the_clock_says() {
        let name = folder_name("x", Some("20261123091500"), at("2026-11-23 09:15:00")).unwrap();
        assert_eq!(name, "2026-11-23-091501_x");
        let name = folder_name("x", Some("20301231235959"), at("2026-11-23 09:15:00")).unwrap();
        assert_eq!(name, "2031-01-01-000000_x");
    }

    #[test]
    fn a_message_without_letters_still_has_a_folder() {
        let name = folder_name("日本語 …", None, at("2026-11-23 09:15:00")).unwrap();
        assert_eq!(name, "2026-11-23-091500_migration");
    }
}
