//! `fenrir history`: what migrations there are, and which of them are applied.

use serde_json::json;

use super::context::Context;
use super::outcome::{Failure, Outcome, warn};
use crate::database::url::DatabaseUrl;
use crate::history::{self, Direction, State};
use crate::introspect::in_one_line;
use crate::revisions::Revisions;

pub(super) fn run(context: &Context<'_>) -> Result<Outcome, Failure> {
    let url = context.find_url()?;
    let (revisions, state) = match &url {
        Some(url) => {
            let revisions = context.revisions(url)?;
            // The list is of use without the database too.
            let state = look(context, url).map_err(|failure| match failure {
                Failure::Error(message) | Failure::Refused(message) => {
                    warn(format!("what is applied is not known: {message}"))
                }
            });
            (revisions, state.ok())
        }
        None => (without_database(context)?, None),
    };
    let head = revisions.chain.head().map(|head| head.revision.clone());
    let is_applied = |revision: &str| state.as_ref().map(|state| state.has(revision));
    let mut lines = Vec::new();
    let mut entries = Vec::new();
    // The newest first, as in every log.
    for migration in revisions.all().iter().rev() {
        let revision = migration.revision();
        let half =
            state.as_ref().and_then(|state| state.half.as_ref()).filter(|half| half.revision == revision);
        let word = match (half.map(|half| half.direction), is_applied(revision)) {
            (Some(Direction::Up), _) => "half applied",
            (Some(Direction::Down), _) => "half reverted",
            (None, Some(true)) => "applied",
            (None, Some(false)) => "pending",
            (None, None) => "",
        };
        let mark = if head.as_deref() == Some(revision) { " (head)" } else { "" };
        let edited = if migration.is_edited()? { " (edited)" } else { "" };
        lines.push(format!("{revision}{mark} {word:<7} {}{edited}", migration.message()));
        entries.push(json!({
            "revision": revision,
            "name": migration.name(),
            "parent": migration.parent(),
            "message": migration.message(),
            "applied": is_applied(revision),
            "half_done": half.is_some(),
            "edited": migration.is_edited()?,
        }));
    }
    for one in state.iter().flat_map(|state| &state.applied) {
        if revisions.chain.position(&one.revision).is_none() {
            lines
                .insert(0, format!("{} applied, but not among these migrations", in_one_line(&one.revision)));
            entries.insert(0, json!({ "revision": one.revision, "name": null, "parent": null, "message": null, "applied": true }));
        }
    }
    let text = if lines.is_empty() { "no migrations".to_owned() } else { lines.join("\n") };
    Ok(Outcome::new(text, json!({ "migrations": entries })))
}

fn look(context: &Context<'_>, url: &DatabaseUrl) -> Result<State, Failure> {
    // To look must not make a file of SQLite's.
    if !url.exists() {
        return Ok(State::default());
    }
    let mut connected = context.connect(url)?;
    Ok(history::look(&mut *connected.database())?)
}

/// The migrations of any dialect: all have the same.
fn without_database(context: &Context<'_>) -> Result<Revisions, Failure> {
    if let Some(embedded) = context.embedded {
        let any = embedded.dialects().find_map(|dialect| embedded.of(dialect)).unwrap_or_default();
        return Ok(Revisions::embedded(any)?);
    }
    let project = context.project()?;
    let dialect = context.global.dialect.or(project.dialects.first().copied());
    let folder = dialect.map_or_else(|| project.migrations_root(), |dialect| project.migrations_of(dialect));
    Ok(Revisions::folders(fenrir_schema::migration::read_all(&folder)?)?)
}
