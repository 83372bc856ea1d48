//! `fenrir diff`: how two schemas differ, and the SQL that turns the one into the other.

mod compare;
mod report;
mod schemas;
mod side;
mod source;
mod sql_file;

use fenrir_schema::{Dialect, Identifier, Schema};

use self::compare::{Found, Two};
use self::report::Report;
use self::side::{Read, Said};
use self::source::Source;
use super::arguments::Diff;
use super::changes::{self, Fillings};
use super::check;
use super::context::Context;
use super::generate;
use super::outcome::{Failure, Outcome};
use crate::introspect::Options;

pub(super) fn run(arguments: &Diff, context: &Context<'_>) -> Result<Outcome, Failure> {
    let from = Source::parse("--from", &arguments.from, context)?;
    let to = Source::parse("--to", &arguments.to, context)?;
    let dialect = source::dialect(&from, &to, context)?;
    let two = read((&from, &to), dialect, arguments, context)?;
    let names = (from.to_string(), to.to_string());
    let is_models = matches!(to, Source::Models);
    let mut found =
        compare::compare(two, dialect, (&names.0, &names.1), is_models, &arguments.renamed, context)?;
    let sql = if arguments.sql {
        Some(sql(&mut found, dialect, &names, is_models, arguments, context)?)
    } else {
        None
    };
    let changes = dialect.own_changes(&found.before, &found.changes);
    let report = Report {
        from: names.0,
        to: names.1,
        dialect,
        changes: check::differences(&changes, &found.places),
        not_compared: found.not_compared,
        not_managed: found.not_managed,
        sql,
    };
    Ok(report.outcome())
}

/// Reads both sides: first what needs no database, since that says what is read of one.
fn read(
    (from, to): (&Source, &Source),
    dialect: Dialect,
    arguments: &Diff,
    context: &Context<'_>,
) -> Result<Two, Failure> {
    let schemas = schemas(&arguments.schema, dialect)?;
    let said = |source| Said::of(source, dialect, &arguments.features, context);
    let read = |source: &Source, options: &Options| Read::of(source, dialect, options, context);
    let beside = |schema: &Schema| schemas.iter().cloned().fold(Options::for_schema(schema), Options::and);
    let read_beside = |source: &Source, said: &Said| -> Result<Read, Failure> {
        let mut read = read(source, &beside(&said.schema))?;
        schemas::check_there(&schemas, &read.live, source)?;
        if let Ok(project) = context.project() {
            check::ignore(&mut read.live, &said.schema, project);
        }
        Ok(read)
    };
    Ok(match (said(from)?, said(to)?) {
        (Some(from), Some(to)) => Two::Said(from, to),
        (Some(said), None) => Two::ToRead(read_beside(to, &said)?, said),
        (None, Some(said)) => Two::ToSaid(read_beside(from, &said)?, said),
        (None, None) => {
            let (mut a, mut b) = (read(from, &Options::all())?, read(to, &Options::all())?);
            if !schemas.is_empty() {
                let names = (from.to_string(), to.to_string());
                schemas::keep(&schemas, (&mut a.live, &names.0), (&mut b.live, &names.1))?;
            }
            Two::Read(a, b)
        }
    })
}

/// The names that `--schema` gives.
fn schemas(names: &[String], dialect: Dialect) -> Result<Vec<Identifier>, Failure> {
    if !names.is_empty() && dialect != Dialect::Postgres {
        return Err(Failure::error(format!(
            "`--schema` is for PostgreSQL: {} has no schemas",
            dialect.title()
        )));
    }
    let name = |name: &String| {
        Identifier::new(name.as_str()).map_err(|error| Failure::error(format!("`--schema`: {error}")))
    };
    names.iter().map(name).collect()
}

/// The SQL, once all is said that it needs.
fn sql(
    found: &mut Found,
    dialect: Dialect,
    (from, to): &(String, String),
    is_models: bool,
    arguments: &Diff,
    context: &Context<'_>,
) -> Result<String, Failure> {
    let said = compare::fillings(found, arguments, to)?;
    let fillings = Fillings { backfills: &said.backfills, usings: &said.usings, are_models: is_models };
    changes::fill(&mut found.changes, &fillings)?;
    compare::refuse_unused(&found.changes, arguments)?;
    changes::check(&found.changes, &found.after, &[dialect])?;
    let own = dialect.own_changes(&found.before, &found.changes);
    changes::settle_losses(&own, arguments.allow_data_loss, context)?;
    let script = dialect.script(&found.before, &found.changes)?;
    let title = [format!("From {from} to {to}.")];
    let mut header = generate::up_header(&title, &own);
    header.extend(found.not_compared.iter().map(|one| format!("Not compared: {one}.")));
    header.extend(found.not_managed.iter().map(|one| format!("Not managed, and left alone: {one}.")));
    Ok(report::as_sql(&script, &header))
}
