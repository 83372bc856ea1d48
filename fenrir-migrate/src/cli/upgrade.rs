//! `fenrir upgrade`: applies migrations.

use serde_json::json;

use super::arguments::Upgrade;
use super::context::Context;
use super::outcome::{Failure, Outcome, bullets, count, say};
use crate::database::Database;
use crate::exclusive::LOCK_TIMEOUT;
use crate::migrator::{Report, Runner, Target};
use crate::record;
use crate::revisions::{Migration, Revisions};

pub(super) fn run(arguments: &Upgrade, context: &Context<'_>) -> Result<Outcome, Failure> {
    let url = context.url()?;
    let revisions = context.revisions(&url)?;
    if arguments.sql || arguments.dry_run {
        // Only looks, and so must not make a file of SQLite's.
        let position = if url.exists() {
            let mut connected = context.connect(&url)?;
            let applied = record::look(&mut *connected.database())?;
            record::position(&revisions, &applied)?
        } else {
            0
        };
        let target = forward(&revisions, &arguments.revision, position)?;
        let pending = &revisions.all()[position..target];
        return if arguments.sql { as_sql(pending, url.dialect()) } else { Ok(as_list(pending)) };
    }
    let mut connected = context.connect(&url)?;
    let mut database = connected.database();
    let mut tell = progress(context, "applying");
    let mut runner = Runner::new(&mut *database, &revisions, LOCK_TIMEOUT);
    runner.on_step = Some(&mut tell);
    let report =
        runner.run(&|position, _| forward(&revisions, &arguments.revision, position).map(Target::At))?;
    Ok(told(&report, "applied", &revisions))
}

/// The position of a revision that is not behind the database: to go back is another command.
fn forward(revisions: &Revisions, revision: &str, position: usize) -> Result<usize, crate::Error> {
    let target = revisions.chain.resolve(revision, position)?;
    if target < position { Err(crate::Error::Behind { revision: revision.to_owned() }) } else { Ok(target) }
}

pub(super) fn progress(context: &Context<'_>, verb: &'static str) -> impl FnMut(&Migration) + use<> {
    let quiet = context.global.quiet;
    move |migration| {
        if !quiet {
            say(verb, format_args!("{} {}", migration.revision(), migration.message()));
        }
    }
}

/// What a run did, in a line.
pub(super) fn told(report: &Report, verb: &str, revisions: &Revisions) -> Outcome {
    let revision = report.revision.as_deref();
    let at = match revision {
        Some(revision) if revisions.chain.head().is_some_and(|head| head.revision == revision) => {
            format!("{revision} (head)")
        }
        Some(revision) => revision.to_owned(),
        None => "base".to_owned(),
    };
    let text = match report.steps.len() {
        0 => format!("nothing to do: the database is at {at}"),
        steps => format!("{verb} {}; the database is at {at}", count(steps, "migration")),
    };
    let steps: Vec<_> = report
        .steps
        .iter()
        .map(|step| json!({ "revision": step.revision, "name": step.name, "seconds": step.duration.as_secs_f64() }))
        .collect();
    Outcome::new(text, json!({ verb: steps, "revision": revision }))
}

fn as_list(pending: &[Migration]) -> Outcome {
    let names: Vec<_> = pending.iter().map(Migration::name).collect();
    let text = match names.len() {
        0 => "nothing to do".to_owned(),
        number => format!("would apply {}:{}", count(number, "migration"), bullets(&names)),
    };
    Outcome::new(text, json!({ "pending": names }))
}

/// The files as they are, each followed by its record.
fn as_sql(pending: &[Migration], dialect: fenrir_schema::Dialect) -> Result<Outcome, Failure> {
    let mut sql = String::new();
    for migration in pending {
        if sql.is_empty() {
            sql.push_str(STOP);
            sql.push_str(&record::create_sql(dialect));
        }
        let text = migration.up()?;
        sql.push_str(&script(migration, &text, &record::insert_sql(migration, dialect)?));
    }
    Ok(Outcome::new(sql.trim_end().to_owned(), json!({ "sql": sql })))
}

/// The programs go on after an error unless they are told not to.
pub(super) const STOP: &str = "\
-- Run this so that it stops at the first error: `psql -v ON_ERROR_STOP=1`, `sqlite3 -bail`, `mysql` without
-- `--force`. Otherwise what follows a migration that failed would be run and recorded all the same.
";

/// One migration's SQL and its record, in one transaction where the file opens none itself.
pub(super) fn script(migration: &Migration, text: &str, record: &str) -> String {
    let name = migration.name();
    if migration.run_in_transaction() {
        format!("\n-- {name}\nBEGIN;\n{}\n{record}COMMIT;\n", text.trim_end())
    } else {
        format!("\n-- {name}\n{}\n{record}", text.trim_end())
    }
}

/// Where a database is, without changing it.
pub(super) fn look(database: &mut dyn Database, revisions: &Revisions) -> Result<usize, Failure> {
    let applied = record::look(database)?;
    Ok(record::position(revisions, &applied)?)
}
