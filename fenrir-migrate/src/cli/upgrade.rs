//! `fenrir upgrade`: applies migrations.

use std::sync::Arc;

use serde_json::json;

use super::arguments::Upgrade;
use super::check;
use super::context::Context;
use super::outcome::{Failure, Outcome, bullets, count, say};
use super::several;
use crate::history::{self, State};
use crate::introspect;
use crate::migrator::{Event, Report, Runner, Target, Watchers, Way, target_of};
use crate::revisions::{Migration, Revisions};

pub(super) fn run(arguments: &Upgrade, context: &Context<'_>) -> Result<Outcome, Failure> {
    if arguments.databases.is_some() || !arguments.schemas.is_empty() {
        return several::run(arguments, context);
    }
    let url = context.url()?;
    let revisions = context.revisions(&url)?;
    if arguments.sql || arguments.dry_run {
        // Only looks, and so must not make a file of SQLite's.
        let (state, missing) = if url.exists() {
            let mut connected = context.connect(&url)?;
            let mut database = connected.database();
            (history::look(&mut *database)?, history::missing_sql(&mut *database)?)
        } else {
            (State::default(), history::create_sql(url.dialect()))
        };
        let position = state.position(&revisions, context.allowed()?)?;
        let Target::At(target) = target_of(&revisions, Some(&arguments.revision), position)? else {
            return Ok(as_list(&[]));
        };
        let pending = revisions.all()[..target].iter().filter(|one| !state.has(one.revision()));
        let pending: Vec<_> = pending.collect();
        return if arguments.sql { as_sql(&pending, &missing, url.dialect()) } else { Ok(as_list(&pending)) };
    }
    let mut connected = context.connect(&url)?;
    let mut database = connected.database();
    let options = context.run_options(progress(context))?;
    let local = options.local.clone();
    let report = Runner::new(&mut *database, &revisions, options)
        .run(&|position, _| target_of(&revisions, Some(&arguments.revision), position))?;
    let position = revisions.all().iter().position(|one| Some(one.revision()) == report.revision.as_deref());
    if let Some(last) = position.filter(|_| !report.steps.is_empty()) {
        if let Some(schema) = check::built(context, &url, &revisions, &revisions.all()[..=last]) {
            introspect::record(&mut *database, &schema, &local);
        }
    }
    Ok(told(&report, "applied", &revisions))
}

/// Says on the way what happens.
pub(super) fn progress(context: &Context<'_>) -> Watchers {
    if context.global.quiet { Watchers::default() } else { telling(context.global.verbose, None) }
}

/// What tells it, for one of several databases with its name.
pub(super) fn telling(verbose: bool, database: Option<&str>) -> Watchers {
    let of = database.map(|name| format!("{name}: ")).unwrap_or_default();
    let say = move |label: &str, message: std::fmt::Arguments<'_>| say(label, format_args!("{of}{message}"));
    Watchers(Some(Arc::new(move |event| match event {
        Event::Started { revision, message, way: Way::Up, .. } => {
            say("applying", format_args!("{revision} {message}"));
        }
        Event::Started { revision, message, way: Way::Down, .. } => {
            say("reverting", format_args!("{revision} {message}"));
        }
        Event::Waiting { holder, waited } => {
            let who = holder.unwrap_or("another process");
            say(
                "waiting",
                format_args!(
                    "for {who}, which is migrating this database or keeps it locked; {}s",
                    waited.as_secs()
                ),
            );
        }
        Event::Retrying { attempts, reason, .. } => {
            let reason = reason.lines().next().unwrap_or_default();
            say("retrying", format_args!("after {}: {reason}", count(*attempts as usize, "attempt")));
        }
        Event::Statement { line, number, count, .. } if verbose => {
            say("running", format_args!("statement {number} of {count}, line {line}"));
        }
        _ => {}
    })))
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

fn as_list(pending: &[&Migration]) -> Outcome {
    let names: Vec<_> = pending.iter().map(|migration| migration.name()).collect();
    let text = match names.len() {
        0 => "nothing to do".to_owned(),
        number => format!("would apply {}:{}", count(number, "migration"), bullets(&names)),
    };
    Outcome::new(text, json!({ "pending": names }))
}

/// The files as they are, each followed by its record, after what the history lacks.
fn as_sql(
    pending: &[&Migration],
    missing: &str,
    dialect: fenrir_schema::Dialect,
) -> Result<Outcome, Failure> {
    let mut sql = String::new();
    for migration in pending {
        if sql.is_empty() {
            sql.push_str(STOP);
            sql.push_str(missing);
        }
        let text = migration.up()?;
        sql.push_str(&script(migration, &text, &history::script_sql(migration, dialect)?));
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
