//! `fenrir baseline`: the first migration of a database that is there already, recorded as applied.

use std::fs;
use std::path::PathBuf;

use chrono::Utc;
use fenrir_schema::migration::{History, MigrationFolder};
use fenrir_schema::project::Project;
use fenrir_schema::{Dialect, Renames, Schema, diff};
use serde_json::json;

use super::arguments::Baseline;
use super::context::Context;
use super::generate::{Generated, GeneratedSql};
use super::migrate::{change_list, folder_name, one_line, relative, shown};
use super::models::{self, ModelSchema};
use super::outcome::{Failure, Outcome, bullets, count};
use super::{check, generate, upgrade};
use crate::Error;
use crate::database::Database;
use crate::database::url::DatabaseUrl;
use crate::history::{self, Allowed};
use crate::introspect::{self, Comparison, Options};
use crate::migrator::Exclusive;
use crate::revisions::Revisions;

pub(super) fn run(arguments: &Baseline, context: &Context<'_>) -> Result<Outcome, Failure> {
    let message = one_line(&arguments.message)?;
    let project = context.project()?;
    let history = History::read(project)?;
    if let Some(first) = history.first() {
        return Err(Failure::Refused(format!(
            "there are migrations already, of which `{}` is the first: a baseline would be before it. In a database \
             that is as they make it, `fenrir stamp` records them",
            first.name
        )));
    }
    let url = context.url()?;
    if !project.dialects.contains(&url.dialect()) {
        return Err(Failure::error(format!(
            "`{}` names no dialect `{}`",
            project.file().display(),
            url.dialect()
        )));
    }
    if !url.exists() {
        return Err(Failure::error(format!(
            "there is no database at `{url}`: a baseline is of one that is there, and `fenrir migrate` writes the first \
             migration where there is none"
        )));
    }
    let models = models::read(project, &arguments.features)?;
    let mut connected = context.connect(&url)?;
    let mut database = connected.database();
    check_applied(&mut *database, history.of(url.dialect()), &url)?;
    let comparison = compare(&mut *database, &models, project)?;
    refuse_differences(&comparison, &models, &url)?;
    let generated = generate(&message, &history, &models.schema, project)?;
    if arguments.dry_run {
        return Ok(shown(&generated));
    }
    let folders = written(&generated, &mut *database, context, &url)?;
    let folders: Vec<_> = folders.iter().map(|folder| relative(project, folder)).collect();
    Ok(told(&generated, &folders, &comparison, &models.schema, &url))
}

/// That the database has the migrations that plain Diesel has here, and no others.
fn check_applied(
    database: &mut dyn Database,
    of_diesel: &[MigrationFolder],
    url: &DatabaseUrl,
) -> Result<(), Failure> {
    let applied = history::look(database)?.applied;
    let unknown: Vec<_> = applied
        .iter()
        .map(|one| &one.revision)
        .filter(|revision| !of_diesel.iter().any(|folder| folder.revision == **revision))
        .collect();
    if !unknown.is_empty() {
        return Err(Failure::Refused(format!(
            "`{url}` has migrations that are not among the project's:{}\nbring their folders here, or, if they are no more, \
             let `fenrir stamp base --purge` forget them",
            bullets(unknown)
        )));
    }
    let is_pending = |folder: &&MigrationFolder| !applied.iter().any(|one| one.revision == folder.revision);
    let pending: Vec<_> = of_diesel.iter().filter(is_pending).map(|folder| &folder.name).collect();
    if pending.is_empty() {
        return Ok(());
    }
    Err(Failure::Refused(format!(
        "{} not applied to `{url}`:{}\n`fenrir upgrade` applies them, as `diesel migration run` does",
        count(pending.len(), "migration"),
        bullets(pending)
    )))
}

fn compare(
    database: &mut dyn Database,
    models: &ModelSchema,
    project: &Project,
) -> Result<Comparison, Failure> {
    let mut live = introspect::read_from(database, &Options::for_schema(&models.schema))?;
    check::ignore(&mut live, &models.schema, project);
    Ok(introspect::compare_on(database, &models.schema, &live)?)
}

/// What the models do not say as it is would be changed by the next migration, or never noticed.
fn refuse_differences(
    comparison: &Comparison,
    models: &ModelSchema,
    url: &DatabaseUrl,
) -> Result<(), Failure> {
    if comparison.changes.is_empty() {
        return Ok(());
    }
    let changes = check::differences(&comparison.changes, &models.places);
    Err(Failure::Refused(format!(
        "the models do not say what is in `{url}`; what would make it as they say:{}\na baseline records what is there: \
         `fenrir import` writes models of it, `ignore` under `[database]` in `fenrir.toml` names tables that are not \
         yours, and what is to change is for the migration after it",
        bullets(changes.iter().map(check::Difference::text))
    )))
}

fn generate(
    message: &str,
    history: &History,
    schema: &Schema,
    project: &Project,
) -> Result<Generated, Failure> {
    let changes = diff(&Schema::default(), schema, &Renames::default());
    if changes.is_empty() {
        return Err(Failure::Refused(nothing_to_record(schema)));
    }
    let last = |dialect: &Dialect| history.of(*dialect).last().map(|folder| folder.revision.as_str());
    let newest = project.dialects.iter().filter_map(last).max();
    let name = folder_name(message, newest, Utc::now().naive_utc())?;
    let sql = |&dialect: &Dialect| match last(&dialect) {
        Some(parent) => Ok(GeneratedSql::adopting(dialect, message, parent)),
        None => GeneratedSql::new(dialect, message, None, &Schema::default(), schema, &changes),
    };
    let dialects = project.dialects.iter().map(sql).collect::<Result<_, _>>()?;
    let (message, after, risks) = (message.to_owned(), schema.clone(), generate::risks(&changes));
    Ok(Generated { name, message, changes, after, risks, dialects })
}

/// No table is managed, on either side: what differs was refused.
fn nothing_to_record(schema: &Schema) -> String {
    let unmanaged = &schema.unmanaged.tables;
    if unmanaged.is_empty() {
        return "there is nothing to record: the models have no table, and the database has none that models can be of and \
                `[database] ignore` does not name"
            .to_owned();
    }
    let named: Vec<_> = unmanaged.keys().map(|table| format!("`{table}`")).collect();
    format!(
        "there is nothing to record: no model is of a table that migrations make; `unmanaged` {}:{}",
        if named.len() == 1 { "is" } else { "are" },
        bullets(named)
    )
}

/// Folders that go away unless they are kept.
struct Written(Vec<PathBuf>);

impl Drop for Written {
    fn drop(&mut self) {
        for folder in &self.0 {
            // Best effort: the error that led here is the one to tell.
            let _ = fs::remove_dir_all(folder);
        }
    }
}

/// Writes the folders and records the migration: both, or neither.
fn written(
    generated: &Generated,
    database: &mut dyn Database,
    context: &Context<'_>,
    url: &DatabaseUrl,
) -> Result<Vec<PathBuf>, Failure> {
    let options = context.run_options(upgrade::progress(context))?;
    let local = options.local.clone();
    let recorded =
        Exclusive::new(&mut *database, options.patience, options.local).change_history(|database| {
            let folders = Written(generated.write(context.project()?)?);
            record(database, &context.revisions(url)?)?;
            Ok::<_, Failure>(folders)
        });
    let folders = recorded.map(|mut folders| std::mem::take(&mut folders.0))?;
    introspect::record(database, &generated.after, &local);
    Ok(folders)
}

fn record(database: &mut dyn Database, revisions: &Revisions) -> Result<(), Failure> {
    let mut state = history::read(database).map_err(Error::database(history::READING))?;
    state.position(revisions, Allowed::default())?;
    Ok(history::stamp(database, &mut state, revisions, revisions.len())?)
}

fn told(
    generated: &Generated,
    folders: &[String],
    comparison: &Comparison,
    models: &Schema,
    url: &DatabaseUrl,
) -> Outcome {
    let adopts = generated.dialects.iter().any(|sql| sql.dialect == url.dialect() && sql.adopts);
    let changes = change_list(generated);
    let revision = generated.revision();
    let not_compared: Vec<_> = comparison.not_compared.iter().map(ToString::to_string).collect();
    let unmanaged: Vec<_> = comparison.unmanaged.iter().map(ToString::to_string).collect();
    let mut text = format!("{}{}", count(changes.len(), "change"), bullets(&changes));
    for folder in folders {
        text.push_str(&format!("\nwrote {folder}"));
    }
    text.push_str(&format!("\nrecorded revision {revision} in `{url}`; nothing was run"));
    if !not_compared.is_empty() {
        text.push_str(&format!("\nnot compared, and taken as the models say:{}", bullets(&not_compared)));
    }
    let others =
        models.unmanaged.tables.keys().map(|table| format!("table `{table}`, whose model says `unmanaged`"));
    let left_out: Vec<_> = others.chain(unmanaged.iter().cloned()).collect();
    if !left_out.is_empty() {
        let what = if adopts {
            "not managed: an empty database gets of these what the migrations before make"
        } else {
            "not managed, and so not in the migration: an empty database gets these only if you write them into its \
             `up.sql`"
        };
        text.push_str(&format!("\n{what}:{}", bullets(&left_out)));
    }
    text.push_str(if adopts {
        "\nevery other database with the same migrations: `fenrir upgrade` records it there, and runs nothing"
    } else {
        "\nevery other database that is like it: `fenrir stamp head` records it there"
    });
    Outcome::new(
        text,
        json!({
            "revision": revision,
            "name": generated.name,
            "changes": changes,
            "written": folders,
            "not_compared": not_compared,
            "not_managed": left_out,
        }),
    )
}
