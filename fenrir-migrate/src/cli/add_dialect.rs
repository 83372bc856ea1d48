//! `fenrir migrate --add-dialect`: the whole history in the words of another database, from the changes
//! that were recorded.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use fenrir_schema::migration::{History, MigrationFolder, NewMigration, write_migration};
use fenrir_schema::project::Project;
use fenrir_schema::{Change, Dialect, Identifier, Schema, TableName, fold};
use serde_json::json;
use toml_edit::{Array, DocumentMut, Item, Value};

use super::arguments::Migrate;
use super::context::Context;
use super::generate::GeneratedSql;
use super::migrate::relative;
use super::outcome::{Failure, Outcome, bullets, count};

/// One migration that was made before, with the schemas around it.
struct Past<'a> {
    folder: &'a MigrationFolder,
    changes: Vec<Change>,
    before: Schema,
    after: Schema,
}

pub(super) fn run(dialect: Dialect, arguments: &Migrate, context: &Context<'_>) -> Result<Outcome, Failure> {
    let project = context.project()?;
    if project.dialects.contains(&dialect) {
        return Err(Failure::error(format!("`{dialect}` is one of the project's dialects already")));
    }
    let history = History::read(project)?;
    let folders = history.of(project.dialects[0]);
    let past = past(folders)?;
    check(dialect, &past)?;
    // What is said of it, whatever the databases of the others say.
    let by_hand: Vec<_> = past
        .iter()
        .filter(|one| one.folder.fenrir.is_some() && is_by_hand(one))
        .map(|one| one.folder.name.clone())
        .collect();
    let mut text = format!("{} for {}", count(past.len(), "migration"), dialect.title());
    let target = project.migrations_root().join(dialect.name());
    if arguments.dry_run {
        text.push_str(&bullets(past.iter().map(|one| &one.folder.name)));
    } else {
        let moved = apply(dialect, project, &past, &target)?;
        for one in &moved {
            text.push_str(&format!("\nmoved {one}"));
        }
        text.push_str(&format!(
            "\nwrote {}\nwrote `dialects` in {}",
            relative(project, &target),
            relative(project, &project.file())
        ));
    }
    if !by_hand.is_empty() {
        text.push_str(&format!(
            "\ntake care: these hold SQL that somebody wrote, of which nothing is known here; write it for {} too:{}",
            dialect.title(),
            bullets(&by_hand)
        ));
    }
    text.push_str(&format!("\nnext: the feature `{dialect}` of fenrir-migrate and of diesel, in Cargo.toml"));
    Ok(Outcome::new(text, json!({ "dialect": dialect.name(), "migrations": past.len(), "by_hand": by_hand })))
}

fn past(folders: &[MigrationFolder]) -> Result<Vec<Past<'_>>, Failure> {
    let mut schema = Schema::default();
    let mut past = Vec::new();
    for folder in folders {
        let (before, changes) = (schema.clone(), folder.changes()?);
        fold(&mut schema, &changes)?;
        past.push(Past { folder, changes, before, after: schema.clone() });
    }
    Ok(past)
}

/// Without changes there is only what somebody wrote; and what was generated may have been edited.
fn is_by_hand(past: &Past<'_>) -> bool {
    let edited = || {
        let (up, down) = (past.folder.up().ok()?, past.folder.down().ok()?);
        let checksum = fenrir_schema::migration::checksum(past.folder.parent.as_deref(), &up, &down);
        Some(checksum != past.folder.fenrir.as_ref()?.checksum)
    };
    past.changes.is_empty() || edited().unwrap_or(true)
}

/// What the database cannot have, at any time.
fn check(dialect: Dialect, past: &[Past<'_>]) -> Result<(), Failure> {
    // Each with the first migration that has it.
    let mut lacks: BTreeMap<String, &str> = BTreeMap::new();
    for one in past {
        let mut lack = |what: String| {
            lacks.entry(what).or_insert(&one.folder.name);
        };
        let after = one.after.of(dialect);
        for table in one.after.tables.values() {
            for column in table.columns.iter().filter(|column| !dialect.holds(&column.sql_type)) {
                let (title, sql_type) = (dialect.title(), &column.sql_type);
                lack(format!("`{}.{}`: {title} has no type {sql_type}", table.name, column.name));
            }
            for one in dialect.lacks(table, &after) {
                lack(format!("`{}`: {}", table.name, one.message));
            }
        }
        if !dialect.names_indexes_by_table() {
            let mut held: BTreeMap<&Identifier, &TableName> = BTreeMap::new();
            for table in one.after.tables.values() {
                for index in table.indexes.keys().chain(table.uniques.keys()) {
                    if let Some(other) = held.insert(index, &table.name) {
                        lack(format!(
                            "`{index}` is the name of an index of `{other}` and of one of `{}`",
                            table.name
                        ));
                    }
                }
            }
        }
        for (name, definition) in &one.after.enums {
            if let Some(why) = dialect.lacks_labels(definition) {
                lack(format!("enum `{name}`: {why}"));
            }
        }
    }
    let Some(first) = lacks.values().min() else { return Ok(()) };
    Err(Failure::Refused(format!(
        "the history has what {} cannot have:{}\nit has to be another history: where these migrations are applied nowhere yet, \
         delete the folders from `{first}` on, change the models, and write them anew with `fenrir migrate`",
        dialect.title(),
        bullets(lacks.iter().map(|(what, folder)| format!("{what} (since `{folder}`)")))
    )))
}

/// Writes the folders beside the others, and returns those that had to make room.
fn apply(
    dialect: Dialect,
    project: &Project,
    past: &[Past<'_>],
    target: &Path,
) -> Result<Vec<String>, Failure> {
    if target.exists() {
        return Err(Failure::error(format!("`{}` is there already: move it away", target.display())));
    }
    let settings = with_dialect(dialect, project)?;
    // Under a name that nothing reads, until all are there.
    let writing = project.migrations_root().join(format!(".fenrir-writing-{dialect}"));
    let written = write_all(dialect, past, &writing);
    if written.is_err() && writing.exists() {
        // Best effort: the error that led here is the one to tell.
        let _ = fs::remove_dir_all(&writing);
    }
    written?;
    fs::create_dir_all(&writing)?;
    let mut moved = Vec::new();
    if let [only] = project.dialects.as_slice() {
        let folder = project.migrations_root().join(only.name());
        fs::create_dir_all(&folder)?;
        for one in past {
            let to = folder.join(&one.folder.name);
            fs::rename(&one.folder.path, &to)?;
            moved.push(relative(project, &to));
        }
    }
    fs::rename(&writing, target)?;
    fs::write(project.file(), settings)?;
    Ok(moved)
}

fn write_all(dialect: Dialect, past: &[Past<'_>], folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let mut written: Vec<PathBuf> = Vec::new();
    for one in past {
        // What plain Diesel had is of one database; what it made is made here by the first that says so.
        if one.folder.fenrir.is_none() {
            continue;
        }
        let message = one.folder.message();
        let parent = written.last().and(one.folder.parent.as_deref());
        let sql = GeneratedSql::new(dialect, &message, parent, &one.before, &one.after, &one.changes)?;
        let new = NewMigration {
            folder,
            parent,
            adopts: false,
            up: &sql.up,
            down: &sql.down,
            up_header: &sql.up_header,
            down_header: &sql.down_header,
        };
        written.extend(write_migration(&one.folder.name, &message, &one.changes, &one.after, &[new])?);
    }
    Ok(written)
}

/// The text of `fenrir.toml`, with everything else as it is.
fn with_dialect(dialect: Dialect, project: &Project) -> Result<String, Failure> {
    let path = project.file();
    let broken = || Failure::error(format!("`{}`: no list `dialects` under `[migrations]`", path.display()));
    let mut settings: DocumentMut = fs::read_to_string(&path)?.parse().map_err(|_| broken())?;
    let list = settings
        .get_mut("migrations")
        .and_then(|migrations| migrations.get_mut("dialects"))
        .and_then(Item::as_value_mut)
        .and_then(Value::as_array_mut);
    let list: &mut Array = list.ok_or_else(broken)?;
    list.push(dialect.name());
    Ok(settings.to_string())
}
