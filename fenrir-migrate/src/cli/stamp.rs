//! `fenrir stamp`: records a revision without running anything.

use std::time::Duration;

use serde_json::json;

use super::arguments::Stamp;
use super::context::Context;
use super::outcome::{Failure, Outcome};
use crate::Error;
use crate::database::Database;
use crate::exclusive::{Exclusive, LOCK_TIMEOUT};
use crate::record;
use crate::revisions::Revisions;

pub(super) fn run(arguments: &Stamp, context: &Context<'_>) -> Result<Outcome, Failure> {
    let url = context.url()?;
    let revisions = context.revisions(&url)?;
    if !url.exists() {
        // To record something must not make a file of SQLite's.
        return Err(Failure::error(format!("there is no database at `{url}`: `fenrir upgrade` makes one")));
    }
    let mut connected = context.connect(&url)?;
    let mut database = connected.database();
    let mut exclusive = Exclusive::new(&mut *database, LOCK_TIMEOUT);
    let position = exclusive.change_history(|database| stamp(database, &revisions, arguments))?;
    let revision = position.checked_sub(1).map(|index| revisions.all()[index].revision());
    let text = match revision {
        Some(revision) => format!("recorded revision {revision}; nothing was run"),
        None => "recorded that no migration is applied; nothing was run".to_owned(),
    };
    Ok(Outcome::new(text, json!({ "revision": revision })))
}

fn stamp(database: &mut dyn Database, revisions: &Revisions, arguments: &Stamp) -> Result<usize, Failure> {
    let revision = &arguments.revision;
    let mut applied = record::read(database).map_err(Error::database("reading the migrations' history"))?;
    if arguments.purge {
        for one in applied.drain(..) {
            record::delete(database, &one.revision)?;
        }
    }
    let current = record::position(revisions, &applied)?;
    let target = revisions.chain.resolve(revision, current)?;
    for migration in &revisions.all()[target.min(current)..current] {
        record::delete(database, migration.revision())?;
    }
    for migration in &revisions.all()[current.min(target)..target] {
        record::insert(database, migration, &migration.checksum()?, Duration::ZERO)?;
    }
    Ok(target)
}
