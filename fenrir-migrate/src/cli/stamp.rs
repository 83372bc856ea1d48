//! `fenrir stamp`: records a revision without running anything.

use serde_json::json;

use super::arguments::Stamp;
use super::context::Context;
use super::outcome::{Failure, Outcome};
use super::upgrade;
use crate::Error;
use crate::database::Database;
use crate::history::{self, Allowed, JOURNAL_TABLE, State};
use crate::migrator::Exclusive;
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
    let options = context.run_options(upgrade::progress(context))?;
    let allowed = options.allowed;
    let mut exclusive = Exclusive::new(&mut *database, options.patience, options.local);
    let position = exclusive.change_history(|database| stamp(database, &revisions, arguments, allowed))?;
    let revision = position.checked_sub(1).map(|index| revisions.all()[index].revision());
    let text = match revision {
        Some(revision) => format!("recorded revision {revision}; nothing was run"),
        None => "recorded that no migration is applied; nothing was run".to_owned(),
    };
    Ok(Outcome::new(text, json!({ "revision": revision })))
}

fn stamp(
    database: &mut dyn Database,
    revisions: &Revisions,
    arguments: &Stamp,
    allowed: Allowed,
) -> Result<usize, Failure> {
    let mut state = history::read(database).map_err(Error::database(history::READING))?;
    if arguments.purge {
        history::purge(database)?;
        state = State::default();
    }
    let current = state.position(revisions, allowed)?;
    let target = revisions.chain.resolve(&arguments.revision, current)?;
    history::stamp(database, &mut state, revisions, target)?;
    // What was half done is what it is now said to be.
    let forgetting = Error::database("forgetting what is half done");
    database.execute(&format!("DELETE FROM {JOURNAL_TABLE}")).map_err(forgetting)?;
    Ok(target)
}
