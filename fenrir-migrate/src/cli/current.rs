//! `fenrir current`: where the database is.

use serde_json::json;

use super::arguments::Current;
use super::context::Context;
use super::outcome::{Failure, Outcome, count};
use crate::history::{self, State};
use crate::introspect::in_one_line;

pub(super) fn run(arguments: &Current, context: &Context<'_>) -> Result<Outcome, Failure> {
    let url = context.url()?;
    let revisions = context.revisions(&url)?;
    // To look must not make a file of SQLite's.
    let State { applied, half, .. } = if url.exists() {
        let mut connected = context.connect(&url)?;
        history::look(&mut *connected.database())?
    } else {
        State::default()
    };
    let head = revisions.chain.head().map(|head| head.revision.as_str());
    let revision = applied.last().map(|last| last.revision.as_str());
    let migration = revisions.all().iter().find(|migration| Some(migration.revision()) == revision);
    let pending = revisions
        .all()
        .iter()
        .filter(|one| applied.iter().all(|done| done.revision != one.revision()))
        .count();
    let is_known = revision.is_none() || migration.is_some();

    let mut text = match (revision, migration) {
        (None, _) if !url.exists() => format!("base (there is no database at `{url}` yet)"),
        (None, _) => "base".to_owned(),
        (Some(revision), Some(migration)) => {
            let mark = if Some(revision) == head { " (head)" } else { "" };
            format!("{revision}{mark} {}", migration.message())
        }
        (Some(revision), None) => {
            format!(
                "{} (not among these migrations: they are older than the database, or its folder was deleted)",
                in_one_line(revision)
            )
        }
    };
    if let Some(half) = &half {
        let revision = in_one_line(&half.revision);
        text.push_str(&format!("\nhalf done: revision {revision}; `fenrir history` says which way"));
    }
    if pending > 0 {
        text.push_str(&format!("\nnot up to date: `fenrir upgrade` applies {}", count(pending, "migration")));
    }
    let up_to_date = pending == 0 && is_known && half.is_none();
    let mut outcome = Outcome::new(
        text,
        json!({
            "revision": revision,
            "message": migration.map(|migration| migration.message()),
            "head": head,
            "pending": pending,
            "known": is_known,
            "half_done": half.map(|half| half.revision),
        }),
    );
    outcome.is_no = arguments.check_heads && !up_to_date;
    Ok(outcome)
}
