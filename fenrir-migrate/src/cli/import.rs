//! `fenrir import`: models of the tables that a database has.

mod output;
mod proof;
mod selection;

use std::collections::BTreeMap;
use std::path::PathBuf;

use fenrir_schema::writer::Written;
use fenrir_schema::{Change, Schema, TableName};
use serde_json::{Value, json};

use self::output::Output;
use self::selection::{Selected, Selection};
use super::arguments::{Format, Import};
use super::context::Context;
use super::outcome::{Failure, Outcome, bullets, count, say, warn};
use crate::database::Database;
use crate::introspect::{self, Comparison, Live, Options, Unmanaged, UnmanagedKind, in_one_line};

pub(super) fn run(arguments: &Import, context: &Context<'_>) -> Result<Outcome, Failure> {
    let output = Output::new(arguments);
    output.check(arguments.force)?;
    let selection = Selection::new(arguments, context.project().ok())?;
    let url = context.url()?;
    // To look must not make a file of SQLite's.
    if !url.exists() {
        return Err(Failure::error(format!("there is no database at `{url}`")));
    }
    let mut connected = context.connect(&url)?;
    let mut database = connected.database();
    let live = read(&mut *database, &selection)?;
    let Selected { schema, others } = selection.of(&live)?;
    if schema.tables.is_empty() {
        return Err(Failure::Refused(format!("`{url}` has no table to import{}", not_managed(&live))));
    }
    for pattern in selection.idle(&live) {
        warn(format!("nothing fits `--exclude {pattern}`"));
    }
    refuse_hidden(&schema, &live)?;
    let unmanaged = not_whole(&schema, &live);
    let (written, models) = proof::proven(&schema, unmanaged, url.dialect(), output.layout())?;
    let home = live.home.clone();
    let live = of_models(live, &models);
    let mut comparison = introspect::compare_on(&mut *database, &models, &live)?;
    let of_others = live.unmanaged.into_iter().filter(|one| !comparison.unmanaged.contains(one));
    let of_others: Vec<_> = of_others.filter(|one| is_of(one, models.unmanaged.tables.keys())).collect();
    comparison.unmanaged.extend(of_others);
    let others: Vec<_> = others.iter().map(|name| name.to_text()).collect();
    let missed = others.iter().filter(|name| !selection.is_ignored(name, home.as_ref())).cloned().collect();
    let mut report = Report { written, others, missed, comparison, files: Vec::new() };
    report.comparison.unmanaged.retain(|one| {
        let of = one.table.as_deref().unwrap_or(&one.name);
        selection.is_ours(of, home.as_ref())
            && selection.is_ours(&one.name, home.as_ref())
            && !report.others.iter().any(|other| other == of)
    });
    if report.written.models.is_empty() {
        let reasons =
            report.written.left_out.iter().map(|one| format!("`{}`: {}", in_one_line(&one.name), one.reason));
        return Err(Failure::Refused(format!("there is no table that a model can say:{}", bullets(reasons))));
    }
    report.files = output.write(&report.written.files, arguments.force)?;
    if !context.global.quiet {
        report.say();
    }
    let is_json = context.global.format == Format::Json;
    Ok(Outcome::new(if is_json { String::new() } else { report.text() }, report.json()))
}

/// Reads what is asked for, and the tables of other schemas that its foreign keys point at.
fn read(database: &mut dyn Database, selection: &Selection<'_>) -> Result<Live, Failure> {
    let options = selection.schemas().iter().cloned().fold(Options::default(), Options::and);
    let live = introspect::read_from(database, &options)?;
    let beyond = live.outward.iter().filter_map(|(_, _, key)| key.references.schema.clone());
    let wider = beyond.fold(options.clone(), Options::and);
    if wider == options { Ok(live) } else { Ok(introspect::read_from(database, &wider)?) }
}

/// The tables with a column that no model can have, or with a part without which it is another, each with the first of
/// them: a migration would make the table without it.
fn not_whole(schema: &Schema, live: &Live) -> BTreeMap<TableName, String> {
    let columns = live.unmanaged.iter().filter(|one| one.kind == UnmanagedKind::Column);
    let partial = live.partial.iter().filter(|(table, _)| schema.tables.contains_key(*table));
    let mut reasons: BTreeMap<_, _> =
        partial.map(|(table, reason)| (table.clone(), in_one_line(reason))).collect();
    for column in columns {
        for table in schema.tables.keys().filter(|table| is_of(column, [*table].into_iter())) {
            let about = column.about.as_deref().unwrap_or_default();
            reasons
                .entry(table.clone())
                .or_insert_with(|| format!("column `{}`: {about}", in_one_line(&column.name)));
        }
    }
    reasons
}

/// Models without keys and checks that are there would be wrong models.
fn refuse_hidden(schema: &Schema, live: &Live) -> Result<(), Failure> {
    let hidden = live.unmanaged.iter().filter(|one| one.kind == UnmanagedKind::HiddenConstraints);
    let hidden: Vec<_> =
        hidden.filter(|one| is_of(one, schema.tables.keys())).map(ToString::to_string).collect();
    if hidden.is_empty() {
        return Ok(());
    }
    Err(Failure::error(format!(
        "not all may be seen:{}\nuse a user with more rights than to read, such as `ALTER` on the tables, or leave \
         them out by `--exclude`",
        bullets(hidden)
    )))
}

/// What there is beside tables.
fn not_managed(live: &Live) -> String {
    match live.unmanaged.as_slice() {
        [] => String::new(),
        others => format!("; not managed:{}", bullets(others.iter().map(ToString::to_string))),
    }
}

/// Whether something belongs to one of these tables.
fn is_of<'a>(one: &Unmanaged, mut tables: impl Iterator<Item = &'a TableName>) -> bool {
    tables.any(|table| one.table.as_deref() == Some(&*table.to_text()))
}

/// What was read, without the tables and enums that have no model.
fn of_models(mut live: Live, models: &Schema) -> Live {
    live.schema
        .tables
        .retain(|name, _| models.tables.contains_key(name) || models.unmanaged.tables.contains_key(name));
    let columns = live.schema.tables.values().flat_map(|table| &table.columns);
    let used: Vec<_> = columns.filter_map(|column| column.sql_type.enum_name().cloned()).collect();
    live.schema.enums.retain(|name, _| used.contains(name));
    live
}

/// What became of the tables.
struct Report {
    written: Written,
    /// The tables that were not asked for.
    others: Vec<String>,
    /// Those of them that `check` misses in the models.
    missed: Vec<String>,
    comparison: Comparison,
    files: Vec<PathBuf>,
}

impl Report {
    fn source(&self) -> &str {
        self.written.files.first().map(|file| file.text.trim_end()).unwrap_or_default()
    }

    fn text(&self) -> String {
        match self.files.as_slice() {
            [] => self.source().to_owned(),
            [file] => format!("wrote {}", file.display()),
            files => format!(
                "wrote {}{}",
                count(files.len(), "file"),
                bullets(files.iter().map(|file| file.display()))
            ),
        }
    }

    /// What is not in the models is said, whatever form the answer has.
    fn say(&self) {
        say("found", count(self.written.models.len(), "table"));
        let list = |what: &str, lines: Vec<String>| {
            if !lines.is_empty() {
                warn(format!("{what}:{}", bullets(lines)));
            }
        };
        list(
            "not imported, and a difference to `fenrir check` unless `[database] ignore` names it",
            self.missed.iter().map(|name| format!("`{}`", in_one_line(name))).collect(),
        );
        list(
            "left out, and a difference to `fenrir check` unless `[database] ignore` names it",
            self.written
                .left_out
                .iter()
                .map(|one| format!("`{}`: {}", in_one_line(&one.name), one.reason))
                .collect(),
        );
        let unmanaged = self
            .written
            .models
            .iter()
            .filter_map(|model| Some(format!("`{}`: {}", model.table, model.unmanaged.as_ref()?)));
        list("models that say `unmanaged`, whose tables no migration makes", unmanaged.collect());
        list(
            "to know of the models",
            self.written
                .remarks
                .iter()
                .map(|remark| format!("`{}`: {}", remark.table, remark.message))
                .collect(),
        );
        list(
            "not managed, and in no model",
            self.comparison.unmanaged.iter().map(ToString::to_string).collect(),
        );
        list(
            "what the models say otherwise",
            self.comparison.changes.iter().map(Change::to_string).collect(),
        );
        list("not compared", self.comparison.not_compared.iter().map(ToString::to_string).collect());
        say(
            "needs",
            format!("in Cargo.toml, under [dependencies]:\n{}", self.written.needs.lines().join("\n")),
        );
    }

    fn json(&self) -> Value {
        let files: Vec<_> = self.files.iter().map(|file| file.display().to_string()).collect();
        let models = self.written.models.iter().map(|model| {
            json!({ "table": model.table.to_text(), "model": model.ident, "unmanaged": model.unmanaged })
        });
        let left_out =
            self.written.left_out.iter().map(|one| json!({ "name": one.name, "reason": one.reason }));
        let remarks = self.written.remarks.iter();
        let remarks = remarks.map(|one| json!({ "table": one.table.to_text(), "message": one.message }));
        let not_compared = self.comparison.not_compared.iter();
        let needs = &self.written.needs;
        json!({
            "files": files,
            "source": self.files.is_empty().then(|| self.source()),
            "models": models.collect::<Vec<_>>(),
            "not_asked_for": self.others,
            "left_out": left_out.collect::<Vec<_>>(),
            "remarks": remarks.collect::<Vec<_>>(),
            "not_managed": self.comparison.unmanaged.iter().map(ToString::to_string).collect::<Vec<_>>(),
            "differences": self.comparison.changes.iter().map(Change::to_string).collect::<Vec<_>>(),
            "not_compared": not_compared.map(|one| json!({ "part": one.part, "reason": one.reason })).collect::<Vec<_>>(),
            "needs": {
                "diesel_features": needs.diesel_features,
                "crates": needs.crates,
                "lines": needs.lines(),
            },
        })
    }
}
