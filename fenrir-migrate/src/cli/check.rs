//! `fenrir check`: whether the models, the migrations and the database say the same.

use std::collections::BTreeMap;

use fenrir_schema::migration::{History, schema_after};
use fenrir_schema::project::Project;
use fenrir_schema::{Change, Renames, Schema, TableName, diff};
use serde_json::{Value, json};

use super::arguments::Check;
use super::context::Context;
use super::models::{self, ModelSchema};
use super::outcome::{Failure, Outcome, bullets, count};
use crate::database::url::DatabaseUrl;
use crate::history::{self, Applied, State};
use crate::introspect::{self, Comparison, Live, Options};
use crate::revisions::{Migration, Revisions};

/// A change that would make two of the three alike, and the model that it is of.
pub(super) struct Difference {
    pub(super) change: String,
    pub(super) place: Option<String>,
}

pub(super) fn run(arguments: &Check, context: &Context<'_>) -> Result<Outcome, Failure> {
    let url = context.url()?;
    let revisions = context.revisions(&url)?;
    let mut report = Report::default();
    let (places, others, unrecorded) = match context.embedded {
        Some(embedded) => {
            let head = revisions.all().last().and_then(|head| head.schema_hash()).map(str::to_owned);
            if head != Some(embedded.schema().hash()) {
                report.models = vec![Difference { change: UNWRITTEN.to_owned(), place: None }];
            }
            (BTreeMap::new(), embedded.schema().unmanaged, Some((embedded.schema(), Unrecorded::Migrations)))
        }
        None => {
            let project = context.project()?;
            let models = models::read(project, &arguments.features)?;
            report.models = pending(project, &models)?;
            let unrecorded = match History::read_dialect(project, url.dialect())?.as_slice() {
                [] => Some((models.schema.clone(), Unrecorded::Models)),
                [.., last] if last.fenrir.is_none() => None,
                all => Some((schema_after(all)?, Unrecorded::Migrations)),
            };
            (models.places, models.schema.unmanaged, unrecorded)
        }
    };
    // To look must not make a file of SQLite's.
    if !url.exists() {
        report.no_database = Some(format!("there is no database at `{url}` yet: `fenrir upgrade` makes it"));
        return Ok(report.outcome(&url));
    }
    let mut connected = context.connect(&url)?;
    let mut database = connected.database();
    let state = history::look(&mut *database)?;
    let applied = state.applied.clone();
    report.look_at_revisions(&revisions, &state)?;
    if !report.unknown.is_empty() {
        // What the database should be is not known here.
        return Ok(report.outcome(&url));
    }
    let Some(mut wanted) = wanted(context, &url, &revisions, &applied)? else {
        return Ok(report.outcome(&url));
    };
    let unrecorded = unrecorded.filter(|_| applied.is_empty());
    let schemas = Options::for_schema(unrecorded.as_ref().map_or(&wanted, |(schema, _)| schema));
    let mut live = introspect::read_from(&mut *database, &schemas)?;
    if let Some((schema, of)) = unrecorded {
        let is_there =
            |table| live.schema.tables.contains_key(&introspect::at_home(table, live.home.as_ref()));
        if schema.tables.keys().any(is_there) {
            (report.unrecorded, wanted) = (Some(of), schema);
        }
    }
    leave_alone(&mut wanted, others);
    if let Ok(project) = context.project() {
        ignore(&mut live, &wanted, project);
    }
    let comparison = introspect::compare_on(&mut *database, &wanted, &live)?;
    report.database = differences(&comparison.changes, &places);
    report.comparison = comparison;
    Ok(report.outcome(&url))
}

/// What a database of which nothing is recorded has tables of, and is held against.
#[derive(Clone, Copy)]
enum Unrecorded {
    /// There is no migration yet.
    Models,
    Migrations,
}

const UNWRITTEN: &str = "the models that this was built from have changes that no migration makes";

/// What the models have and no migration makes yet.
fn pending(project: &Project, models: &ModelSchema) -> Result<Vec<Difference>, Failure> {
    let before = History::read(project)?.schema()?;
    let renames = Renames::of_hints(&models.renames, &before, &models.schema);
    Ok(differences(&diff(&before, &models.schema, &renames), &models.places))
}

pub(super) fn differences(changes: &[Change], places: &BTreeMap<TableName, String>) -> Vec<Difference> {
    let of = |change: &Change| Difference {
        change: change.to_string(),
        place: change.table().and_then(|table| places.get(table)).cloned(),
    };
    changes.iter().map(of).collect()
}

/// What the migrations that are applied build; none where this binary does not know it.
fn wanted(
    context: &Context<'_>,
    url: &DatabaseUrl,
    revisions: &Revisions,
    applied: &[Applied],
) -> Result<Option<Schema>, Failure> {
    if let Some(embedded) = context.embedded {
        let is_whole = applied.len() == revisions.all().len();
        let head = revisions.all().last().and_then(|head| head.schema_hash()).map(str::to_owned);
        let schema = embedded.schema();
        return Ok((is_whole && head == Some(schema.hash())).then_some(schema));
    }
    let folders = History::read_dialect(context.project()?, url.dialect())?;
    let done = |revision: &str| applied.iter().any(|one| one.revision == revision);
    let until = folders.iter().take_while(|folder| done(&folder.revision)).count();
    // What plain Diesel's migrations build is said by what follows them.
    if folders[..until].last().is_some_and(|last| last.fenrir.is_none()) {
        return Ok(None);
    }
    Ok(Some(schema_after(&folders[..until])?))
}

/// What these migrations build, where that is known here.
pub(super) fn built(
    context: &Context<'_>,
    url: &DatabaseUrl,
    revisions: &Revisions,
    applied: &[Migration],
) -> Option<Schema> {
    let applied = applied.iter().map(|one| Applied {
        revision: one.revision().to_owned(),
        checksum: None,
        compatible: false,
    });
    // What is wrong here is told by what it matters to.
    wanted(context, url, revisions, &applied.collect::<Vec<_>>()).ok().flatten()
}

/// Gives the migrations' schema the tables that the models leave alone: no migration says of them.
pub(super) fn leave_alone(wanted: &mut Schema, others: fenrir_schema::Unmanaged) {
    let Schema { tables, unmanaged, .. } = wanted;
    unmanaged.tables.extend(others.tables.into_iter().filter(|(name, _)| !tables.contains_key(name)));
    unmanaged.enums.extend(others.enums);
}

/// Leaves out what `fenrir.toml` says is nobody's here.
pub(super) fn ignore(live: &mut Live, wanted: &Schema, project: &Project) {
    let is_ours =
        |name: &TableName| wanted.tables.contains_key(name) || wanted.unmanaged.tables.contains_key(name);
    let home = live.home.clone();
    let is_ignored = |name: &str| project.ignores(name, home.as_ref());
    live.schema.tables.retain(|name, _| is_ours(name) || !is_ignored(&name.to_text()));
    let used: Vec<_> = live
        .schema
        .tables
        .values()
        .flat_map(|table| &table.columns)
        .filter_map(|column| column.sql_type.enum_name().cloned())
        .collect();
    live.schema.enums.retain(|name, _| {
        wanted.enums.contains_key(name) || used.contains(name) || !is_ignored(name.as_str())
    });
    live.unmanaged.retain(|one| {
        let of = one.table.as_deref().unwrap_or(&one.name);
        !is_ignored(of) && !is_ignored(&one.name)
    });
}

/// What was found, from the models to the database.
#[derive(Default)]
struct Report {
    models: Vec<Difference>,
    /// The migrations that are not applied.
    pending: Vec<String>,
    /// The revisions that are applied and that no migration here has.
    unknown: Vec<String>,
    database: Vec<Difference>,
    comparison: Comparison,
    no_database: Option<String>,
    unrecorded: Option<Unrecorded>,
    /// The migrations whose SQL is not what was applied.
    edited: Vec<String>,
}

impl Report {
    fn look_at_revisions(&mut self, revisions: &Revisions, state: &State) -> Result<(), Failure> {
        let pending = revisions.all().iter().filter(|one| !state.has(one.revision()));
        self.pending = pending.map(|one| one.name().to_owned()).collect();
        let is_here = |revision: &str| revisions.all().iter().any(|one| one.revision() == revision);
        let unknown = state.applied.iter().filter(|one| !is_here(&one.revision));
        self.unknown = unknown.map(|one| one.revision.clone()).collect();
        self.edited = history::edited(revisions, state)?.into_iter().map(str::to_owned).collect();
        Ok(())
    }

    fn is_equal(&self) -> bool {
        self.models.is_empty()
            && self.pending.is_empty()
            && self.unknown.is_empty()
            && self.edited.is_empty()
            && self.database.is_empty()
            && self.comparison.not_compared.is_empty()
            && self.no_database.is_none()
    }

    fn outcome(self, url: &DatabaseUrl) -> Outcome {
        let mut outcome = Outcome::new(self.text(url), self.json());
        outcome.is_no = !self.is_equal();
        outcome
    }

    fn text(&self, url: &DatabaseUrl) -> String {
        let mut parts = Vec::new();
        let mut part = |what: String, list: Vec<String>| {
            if !list.is_empty() {
                parts.push(format!("{what}:{}", bullets(list)));
            }
        };
        let placed = |list: &[Difference]| list.iter().map(Difference::text).collect::<Vec<_>>();
        // With nothing recorded all would be listed, whatever is there.
        let unwritten = match self.unrecorded {
            Some(Unrecorded::Models) => &[],
            _ => self.models.as_slice(),
        };
        part(
            format!(
                "the models have {} that no migration makes (`fenrir migrate -m \"…\"` writes it)",
                count(unwritten.len(), "change")
            ),
            placed(unwritten),
        );
        part(
            format!("{} not applied (`fenrir upgrade` does so)", count(self.pending.len(), "migration")),
            if self.unrecorded.is_none() { self.pending.clone() } else { Vec::new() },
        );
        part("changed after they were applied, which the next run refuses".to_owned(), self.edited.clone());
        part(
            "revisions of the database that are not among these migrations".to_owned(),
            self.unknown.clone(),
        );
        let origin = match self.unrecorded {
            Some(Unrecorded::Models) => "the models say",
            Some(Unrecorded::Migrations) => "the migrations make it",
            None => "its migrations made it",
        };
        part(format!("`{url}` is not as {origin}; what would make it so"), placed(&self.database));
        let texts = |list: &[introspect::NotCompared]| list.iter().map(ToString::to_string).collect();
        part("not compared".to_owned(), texts(&self.comparison.not_compared));
        part(
            "not managed, and left alone".to_owned(),
            self.comparison.unmanaged.iter().map(ToString::to_string).collect(),
        );
        parts.extend(self.no_database.clone());
        if let Some(unrecorded) = self.unrecorded {
            let (what, command) = match unrecorded {
                Unrecorded::Models => ("there is no migration yet".to_owned(), "fenrir baseline -m \"…\""),
                Unrecorded::Migrations => {
                    (format!("no migration is recorded in `{url}`"), "fenrir stamp head")
                }
            };
            let is_so = self.database.is_empty() && self.comparison.not_compared.is_empty();
            parts.insert(
                0,
                match is_so {
                    true => format!("{what}, and the database is as {origin}: `{command}` records that"),
                    false => format!("{what}; once the database is as {origin}, `{command}` records that"),
                },
            );
        }
        if self.is_equal() {
            parts.insert(0, format!("the models, the migrations and `{url}` say the same"));
        }
        parts.join("\n")
    }

    fn json(&self) -> Value {
        let placed = |list: &[Difference]| {
            list.iter().map(|one| json!({ "change": one.change, "place": one.place })).collect::<Vec<_>>()
        };
        let not_compared = self.comparison.not_compared.iter();
        json!({
            "equal": self.is_equal(),
            "models": placed(&self.models),
            "pending": self.pending,
            "unknown": self.unknown,
            "edited": self.edited,
            "database": placed(&self.database),
            "not_compared": not_compared.map(|one| json!({ "part": one.part, "reason": one.reason })).collect::<Vec<_>>(),
            "not_managed": self.comparison.unmanaged.iter().map(ToString::to_string).collect::<Vec<_>>(),
            "exists": self.no_database.is_none(),
        })
    }
}

impl Difference {
    pub(super) fn text(&self) -> String {
        match &self.place {
            Some(place) => format!("{} ({place})", self.change),
            None => self.change.clone(),
        }
    }
}
