//! `fenrir upgrade` of several databases, or several schemas of one.

use std::io::Read;
use std::time::{Duration, Instant};

use fenrir_schema::project::fits;
use fenrir_schema::{Dialect, Schema};
use serde_json::{Value, json};

use super::arguments::Upgrade;
use super::check;
use super::context::Context;
use super::outcome::{Failure, Outcome, count, say, warn};
use super::{connect, upgrade};
use crate::Error;
use crate::database::connected::Connected;
use crate::database::url::DatabaseUrl;
use crate::introspect;
use crate::migrator::{Report, RunOptions, Runner, in_parallel, target_of};
use crate::revisions::Revisions;

/// One of them.
struct Target {
    /// What it is called.
    name: String,
    url: DatabaseUrl,
    /// The schema of it.
    schema: Option<String>,
}

/// What came of one.
type Answer = Result<(Report, Duration), String>;

pub(super) fn run(arguments: &Upgrade, context: &Context<'_>) -> Result<Outcome, Failure> {
    if arguments.databases.is_some() && context.global.database_url.is_some() {
        return Err(Failure::error("`--databases` names all databases: `--database-url` names another"));
    }
    let targets = match &arguments.databases {
        Some(file) => databases(file, context)?,
        None => schemas(&arguments.schemas, context)?,
    };
    let mut dialects: Vec<_> = targets.iter().map(|target| target.url.dialect()).collect();
    dialects.dedup();
    let [_] = dialects.as_slice() else {
        return Err(Failure::error(
            "the databases are of several kinds: upgrade those of each by themselves",
        ));
    };
    let revisions = context.revisions(&targets[0].url)?;
    let options = context.run_options(upgrade::progress(context))?;
    let at_head = check::built(context, &targets[0].url, &revisions, revisions.all());
    let (quiet, verbose) = (context.global.quiet, context.global.verbose);
    let act = |connected: &mut Option<Connected>, target: &Target| {
        let start = Instant::now();
        let run = Run { revisions: &revisions, at_head: at_head.as_ref(), revision: &arguments.revision };
        let mut options = options.clone();
        if !quiet {
            options.patience.watchers = upgrade::telling(verbose, Some(&target.name));
        }
        let result = migrate(connected, target, &run, options);
        if !quiet {
            match &result {
                Ok(report) if report.steps.is_empty() => {}
                Ok(report) => {
                    say("done", format_args!("{}: {}", target.name, count(report.steps.len(), "migration")));
                }
                Err(message) => say("failed", format_args!("{}: {message}", target.name)),
            }
        }
        if result.is_err() || target.schema.is_none() {
            *connected = None;
        }
        result.map(|report| (report, start.elapsed()))
    };
    let answers = in_parallel(arguments.jobs, arguments.fail_fast, &targets, || None, act);
    Ok(told(&targets, &answers))
}

/// What is run on each.
struct Run<'a> {
    revisions: &'a Revisions,
    /// What they build, where that is known.
    at_head: Option<&'a Schema>,
    /// Where to end.
    revision: &'a str,
}

fn migrate(
    connected: &mut Option<Connected>,
    target: &Target,
    run: &Run<'_>,
    mut options: RunOptions,
) -> Result<Report, String> {
    let Run { revisions, at_head, revision } = *run;
    let connected = match connected {
        Some(connected) => connected,
        None => connected.insert(target.url.connect()?),
    };
    if let Some(schema) = &target.schema {
        options.local.search_path = vec![schema.clone(), "public".to_owned()];
    }
    let local = options.local.clone();
    let mut database = connected.database();
    let report = Runner::new(&mut *database, revisions, options)
        .run(&|position, _| target_of(revisions, Some(revision), position));
    if let (Ok(report), Some(schema)) = (&report, at_head) {
        let is_at_head = revisions.chain.head().map(|head| &head.revision) == report.revision.as_ref();
        if is_at_head && !report.steps.is_empty() {
            introspect::record(&mut *database, schema, &local);
        }
    }
    report.map_err(|error| target.url.redact(&fenrir_schema::in_full(&error)))
}

/// The addresses in a file, one in each line, but for empty lines and those that begin with `#`.
fn databases(file: &std::path::Path, context: &Context<'_>) -> Result<Vec<Target>, Failure> {
    let mut text = String::new();
    let read = if file.as_os_str() == "-" {
        std::io::stdin().read_to_string(&mut text).map(drop)
    } else {
        std::fs::read_to_string(file).map(|read| text = read)
    };
    read.map_err(|error| Failure::error(format!("cannot read `{}`: {error}", file.display())))?;
    let mut targets = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let wrong = |error| Failure::error(format!("{}, line {number}: {error}", file.display()));
        let url = DatabaseUrl::parse(line).map_err(wrong)?;
        url.check_dialect(context.global.dialect).map_err(wrong)?;
        if let Some(host) = url.sends_password_in_clear().filter(|_| !context.global.quiet) {
            warn(connect::in_clear(&host, &url));
        }
        targets.push(Target { name: url.to_string(), url, schema: None });
    }
    if targets.is_empty() {
        return Err(Failure::error(format!("there is no address of a database in `{}`", file.display())));
    }
    Ok(targets)
}

/// The schemas of one database that one of the patterns fits.
fn schemas(patterns: &[String], context: &Context<'_>) -> Result<Vec<Target>, Failure> {
    let url = context.url()?;
    if url.dialect() != Dialect::Postgres {
        return Err(Failure::error(
            "only a PostgreSQL database has schemas: `--databases` is for several of others",
        ));
    }
    let mut connected = context.connect(&url)?;
    let sql = "SELECT nspname FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema' ORDER BY 1";
    let rows = connected.database().rows(sql, &[]).map_err(Error::database("looking for schemas"))?;
    let found: Vec<String> = rows.into_iter().flatten().flatten().collect();
    for pattern in patterns {
        if !found.iter().any(|schema| fits(pattern, schema)) {
            return Err(Failure::error(format!("`{url}` has no schema `{pattern}`")));
        }
    }
    let wanted = found.into_iter().filter(|schema| patterns.iter().any(|pattern| fits(pattern, schema)));
    Ok(wanted.map(|schema| Target { name: schema.clone(), url: url.clone(), schema: Some(schema) }).collect())
}

fn told(targets: &[Target], answers: &[Option<Answer>]) -> Outcome {
    let width = targets.iter().map(|target| target.name.chars().count()).max().unwrap_or_default();
    let mut lines = Vec::new();
    let mut entries = Vec::new();
    let (mut done, mut failed, mut not_tried) = (0, 0, 0);
    for (target, answer) in targets.iter().zip(answers) {
        let name = &target.name;
        let (line, entry) = match answer {
            None => {
                not_tried += 1;
                ("not tried".to_owned(), json!({ "target": name, "tried": false }))
            }
            Some(Err(message)) => {
                failed += 1;
                let first = message.lines().next().unwrap_or_default();
                (format!("failed: {first}"), json!({ "target": name, "error": message }))
            }
            Some(Ok((report, time))) => {
                done += 1;
                (of_one(report, *time), entry(name, report, *time))
            }
        };
        lines.push(format!("{name:<width$}  {line}"));
        entries.push(entry);
    }
    lines.push(format!("{done} as they should be, {failed} failed, {not_tried} not tried"));
    let json = json!({ "targets": entries, "done": done, "failed": failed, "not_tried": not_tried });
    let mut outcome = Outcome::new(lines.join("\n"), json);
    outcome.is_no = failed + not_tried > 0;
    outcome
}

fn of_one(report: &Report, time: Duration) -> String {
    let revision = report.revision.as_deref().unwrap_or("base");
    match report.steps.len() {
        0 => format!("nothing to do  {revision}"),
        steps => format!("applied {steps}  {revision}  {:.2}s", time.as_secs_f64()),
    }
}

fn entry(name: &str, report: &Report, time: Duration) -> Value {
    let applied: Vec<_> = report.steps.iter().map(|step| &step.revision).collect();
    json!({ "target": name, "applied": applied, "revision": report.revision, "seconds": time.as_secs_f64() })
}
