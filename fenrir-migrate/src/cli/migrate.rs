//! `fenrir migrate`: writes the next migration from what the models have and the migrations do not.

use std::path::Path;

use chrono::{NaiveDateTime, TimeDelta, Utc};
use fenrir_schema::migration::History;
use fenrir_schema::project::Project;
use fenrir_schema::{Dialect, diff};
use serde_json::json;

use super::add_dialect;
use super::arguments::Migrate;
use super::changes::{self, Fillings};
use super::context::Context;
use super::generate::{self, Generated, GeneratedSql};
use super::models;
use super::outcome::{Failure, Outcome, bullets, count};
use super::rename::{self, Between};

pub(super) fn run(arguments: &Migrate, context: &Context<'_>) -> Result<Outcome, Failure> {
    if let Some(dialect) = arguments.add_dialect {
        return add_dialect::run(dialect, arguments, context);
    }
    let message = one_line(arguments.message.as_deref().unwrap_or_default())?;
    let project = context.project()?;
    let models = models::read(project, &arguments.features)?;
    let history = History::read(project)?;
    let before = history.schema()?;
    let mut changes = if arguments.empty {
        Vec::new()
    } else {
        let between = Between {
            before: (&before, "the migrations"),
            after: (&models.schema, "the models"),
            hints: &models.renames,
            is_models: true,
            enums_follow: false,
        };
        let renames = rename::settle(&between, &arguments.renamed, context)?;
        diff(&before, &models.schema, &renames)
    };
    if changes.is_empty() && !arguments.empty {
        let text = "nothing to do: the migrations build what the models have";
        return Ok(Outcome::new(text, json!({ "written": [], "changes": [] })));
    }
    let fillings = Fillings { backfills: &models.backfills, usings: &models.usings, are_models: true };
    changes::fill(&mut changes, &fillings)?;
    changes::check(&changes, &models.schema, &project.dialects)?;
    changes::settle_losses(&changes, arguments.allow_data_loss, context)?;

    let mut after = before.clone();
    fenrir_schema::fold(&mut after, &changes)?;
    let head = history.head().map(|head| head.revision.clone());
    let name = folder_name(&message, head.as_deref(), Utc::now().naive_utc())?;
    let sql =
        |&dialect: &Dialect| GeneratedSql::new(dialect, &message, head.as_deref(), &before, &after, &changes);
    let dialects = project.dialects.iter().map(sql).collect::<Result<Vec<_>, _>>()?;
    let risks = generate::risks(&changes);
    let generated = Generated { name, message, changes, after, risks, dialects };
    if arguments.dry_run { Ok(shown(&generated)) } else { written(&generated, context) }
}

/// A message as it stands in files: on one line.
pub(super) fn one_line(message: &str) -> Result<String, Failure> {
    let message = message.split_whitespace().collect::<Vec<_>>().join(" ");
    if message.is_empty() {
        return Err(Failure::error("`--message` is empty: say what the migration does"));
    }
    Ok(message)
}

/// Diesel's form: the date, and what is left of the message. The dates of a chain rise, whatever the
/// clock says.
pub(super) fn folder_name(message: &str, head: Option<&str>, now: NaiveDateTime) -> Result<String, Failure> {
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

/// A path as it is seen from the project's folder.
pub(super) fn relative(project: &Project, path: &Path) -> String {
    path.strip_prefix(&project.root).unwrap_or(path).display().to_string()
}

pub(super) fn change_list(generated: &Generated) -> Vec<String> {
    generated.changes.iter().map(ToString::to_string).collect()
}

pub(super) fn shown(generated: &Generated) -> Outcome {
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
    let folders: Vec<_> = folders.iter().map(|folder| relative(project, folder)).collect();
    let changes = change_list(generated);
    let mut text = format!("{}{}", count(changes.len(), "change"), bullets(&changes));
    if !generated.risks.is_empty() {
        text.push_str(&format!("\ntake care:{}", bullets(&generated.risks)));
    }
    for folder in &folders {
        text.push_str(&format!("\nwrote {folder}"));
    }
    text.push_str("\nreview it, then `fenrir upgrade` applies it");
    Ok(Outcome::new(
        text,
        json!({
            "revision": generated.revision(),
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
