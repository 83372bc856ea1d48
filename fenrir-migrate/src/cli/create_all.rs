//! `fenrir create-all`: the tables straight from the models.

use fenrir_schema::{Renames, Schema, diff};
use serde_json::json;

use super::arguments::CreateAll;
use super::context::Context;
use super::outcome::{Failure, Outcome, bullets, count};
use super::{models, upgrade};
use crate::Error;
use crate::database::Database;
use crate::history::{self, State};
use crate::introspect;
use crate::migrator::Exclusive;
use crate::revisions::Revisions;

pub(super) fn run(arguments: &CreateAll, context: &Context<'_>) -> Result<Outcome, Failure> {
    let url = context.url()?;
    let schema = models::schema(context, &arguments.features)?;
    let revisions = if arguments.stamp { Some(stampable(context, &url, &schema)?) } else { None };
    let script =
        url.dialect().script(&Schema::default(), &diff(&Schema::default(), &schema, &Renames::default()))?;

    let mut connected = context.connect(&url)?;
    let mut database = connected.database();
    let database = &mut *database;
    let options = context.run_options(upgrade::progress(context))?;
    let local = options.local.clone();
    let mut exclusive = Exclusive::new(&mut *database, options.patience, options.local);
    exclusive.begin(false)?;
    let result = create(exclusive.database, &schema, &script.bare_sql(), revisions.as_ref());
    exclusive.finish(result)?;
    drop(exclusive);
    if revisions.is_some() {
        introspect::record(database, &schema, &local);
    }
    let tables: Vec<_> = schema.tables.keys().map(ToString::to_string).collect();
    let stamped =
        revisions.as_ref().and_then(|revisions| revisions.chain.head()).map(|head| head.revision.clone());
    let mut text = format!("created {} in `{url}`", count(tables.len(), "table"));
    match &stamped {
        Some(revision) => text.push_str(&format!(", and recorded revision {revision}")),
        None => text.push_str("; no migration is recorded (`--stamp` does so)"),
    }
    Ok(Outcome::new(text, json!({ "created": tables, "revision": stamped })))
}

/// The migrations to record: only those that build the same schema.
fn stampable(
    context: &Context<'_>,
    url: &crate::database::url::DatabaseUrl,
    schema: &Schema,
) -> Result<Revisions, Failure> {
    let revisions = context.revisions(url)?;
    let head = revisions.all().last().and_then(|head| head.schema_hash()).map(str::to_owned);
    if head != Some(schema.hash()) {
        return Err(Failure::Refused(
            "`--stamp` records the head, but the models have changes that no migration makes yet: `fenrir migrate -m \
             \"…\"` writes one"
                .to_owned(),
        ));
    }
    Ok(revisions)
}

fn create(
    database: &mut dyn Database,
    schema: &Schema,
    sql: &str,
    revisions: Option<&Revisions>,
) -> Result<(), Failure> {
    let mut there = Vec::new();
    for table in schema.tables.keys() {
        if database.has_table(table).map_err(Error::database("looking for tables"))? {
            there.push(format!("table `{table}`"));
        }
    }
    for name in schema.enums.keys() {
        if database.has_enum(name).map_err(Error::database("looking for enums"))? {
            there.push(format!("enum `{name}`"));
        }
    }
    refuse_missing(database, schema)?;
    if !there.is_empty() {
        return Err(Failure::error(format!(
            "already there:{}\n`create-all` is for an empty database: `fenrir upgrade` brings one with migrations up to \
             date, `fenrir drop-all` empties one that holds nothing of worth",
            bullets(there)
        )));
    }
    if !sql.is_empty() {
        let doing = if database.dialect().undoes_ddl() {
            "creating the tables"
        } else {
            "creating the tables (those before it are kept: `fenrir drop-all` drops them)"
        };
        database.execute(sql).map_err(Error::database(doing))?;
    }
    if let Some(revisions) = revisions {
        history::create(database)?;
        history::stamp(database, &mut State::default(), revisions, revisions.len())?;
    }
    Ok(())
}

/// What a foreign key points at that others make must be there.
fn refuse_missing(database: &mut dyn Database, schema: &Schema) -> Result<(), Failure> {
    for table in schema.of(database.dialect()).tables.values() {
        let pointed = table.foreign_keys.values().map(|key| &key.references);
        for name in pointed.filter(|name| schema.unmanaged.tables.contains_key(*name)) {
            if !database.has_table(name).map_err(Error::database("looking for tables"))? {
                return Err(Failure::error(format!(
                    "table `{}` refers to `{name}`, which is unmanaged and not in the database: whoever makes it must do \
                     so first",
                    table.name
                )));
            }
        }
    }
    Ok(())
}
