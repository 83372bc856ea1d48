//! `fenrir drop-all`: drops what is ours, and nothing else.

use std::collections::BTreeSet;

use serde_json::json;

use super::arguments::DropAll;
use super::context::Context;
use super::models;
use super::outcome::{Failure, Outcome, bullets, count};
use crate::database::Database;
use crate::database::url::DatabaseUrl;
use crate::history::{self, TABLES};
use crate::revisions::{Object, Revisions};
use crate::{Error, Identifier};

pub(super) fn run(arguments: &DropAll, context: &Context<'_>) -> Result<Outcome, Failure> {
    let url = context.url()?;
    let nothing = || Outcome::new(format!("nothing of ours is in `{url}`"), json!({ "dropped": [] }));
    if !url.exists() {
        return Ok(nothing());
    }
    let schema = models::schema(context, &arguments.features)?;
    let revisions = context.revisions(&url)?;
    let mut objects: BTreeSet<Object> = schema.tables.into_keys().map(Object::Table).collect();
    objects.extend(schema.enums.into_keys().map(Object::Enum));

    let mut connected = context.connect(&url)?;
    let mut database = connected.database();
    let database = &mut *database;
    objects.extend(built(database, &revisions)?);
    for table in TABLES {
        objects.extend(Identifier::new(table).map(|name| Object::Table(name.into())));
    }
    let there = present(database, objects)?;
    if there.is_empty() {
        return Ok(nothing());
    }
    let names: Vec<_> = there.iter().map(described).collect();
    confirm(arguments, context, &url, &names)?;

    let (mut tables, mut enums) = (Vec::new(), Vec::new());
    for object in there {
        match object {
            Object::Table(name) => tables.push(name),
            Object::Enum(name) => enums.push(name),
        }
    }
    database.drop_all(&tables, &enums).map_err(Error::database("dropping what is ours"))?;
    let text = format!("dropped {} from `{url}`", count(names.len(), "thing"));
    Ok(Outcome::new(text, json!({ "dropped": names })))
}

/// What the applied migrations have built and not dropped again: it may be more than what today's
/// models have.
fn built(database: &mut dyn Database, revisions: &Revisions) -> Result<BTreeSet<Object>, Failure> {
    let applied = history::look(database)?.applied;
    let mut built = BTreeSet::new();
    for migration in revisions.all() {
        if applied.iter().any(|one| one.revision == migration.revision()) {
            let (creates, drops) = migration.objects()?;
            for object in &drops {
                built.remove(object);
            }
            built.extend(creates);
        }
    }
    Ok(built)
}

fn present(database: &mut dyn Database, objects: BTreeSet<Object>) -> Result<Vec<Object>, Failure> {
    let mut there = Vec::new();
    for object in objects {
        let found = match &object {
            Object::Table(name) => database.has_table(name),
            Object::Enum(name) => database.has_enum(name),
        };
        if found.map_err(Error::database("looking for what is there"))? {
            there.push(object);
        }
    }
    Ok(there)
}

fn described(object: &Object) -> String {
    match object {
        Object::Table(name) => format!("table `{name}`"),
        Object::Enum(name) => format!("enum `{name}`"),
    }
}

/// The database's name must be typed: a yes is given too easily.
fn confirm(
    arguments: &DropAll,
    context: &Context<'_>,
    url: &DatabaseUrl,
    names: &[String],
) -> Result<(), Failure> {
    if arguments.yes {
        return Ok(());
    }
    let refused = |why: &str| {
        Failure::Refused(format!("this drops, with all rows, from `{url}`:{}\n{why}", bullets(names)))
    };
    if !context.can_ask() {
        return Err(refused("`--yes` does so without asking"));
    }
    let prompt = format!(
        "This drops, with all rows, from `{url}`:{}\nType the database's name, `{}`, to go on",
        bullets(names),
        url.name()
    );
    let typed: String = dialoguer::Input::new()
        .with_prompt(prompt)
        .allow_empty(true)
        .interact_text()
        .map_err(|error| Failure::error(format!("no answer: {error}")))?;
    if typed.trim() == url.name() {
        Ok(())
    } else {
        Err(refused("that was not the database's name; nothing was dropped"))
    }
}
