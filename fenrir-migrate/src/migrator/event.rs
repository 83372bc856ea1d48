//! What happens while migrations run, for who watches.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// Which way a migration runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// It is applied.
    Up,
    /// It is reverted.
    Down,
}

/// Something that happens while migrations run: see [`Migrator::on_event`](crate::Migrator::on_event).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event<'a> {
    /// Another is in the way, and is waited for.
    Waiting {
        /// Who it is, as far as the database tells.
        holder: Option<&'a str>,
        /// For how long it has been waited.
        waited: Duration,
    },
    /// A migration begins.
    Started {
        /// Its revision id.
        revision: &'a str,
        /// The name of its folder.
        name: &'a str,
        /// What it does, in words.
        message: &'a str,
        /// Which way it runs.
        way: Way,
    },
    /// A statement of it begins.
    Statement {
        /// The name of the migration's folder.
        name: &'a str,
        /// The line of its file that the statement begins in, from 1.
        line: usize,
        /// Which statement of the file, from 1.
        number: usize,
        /// How many there are.
        count: usize,
    },
    /// A statement had to wait too long for a lock; it is tried again.
    Retrying {
        /// The name of the migration's folder.
        name: &'a str,
        /// How often it has been tried.
        attempts: u32,
        /// What the database said.
        reason: &'a str,
    },
    /// A migration is done.
    Finished {
        /// Its revision id.
        revision: &'a str,
        /// The name of its folder.
        name: &'a str,
        /// Which way it ran.
        way: Way,
        /// How long it took.
        duration: Duration,
    },
}

/// Who is told.
pub(crate) type Watcher = Arc<dyn Fn(&Event<'_>) + Send + Sync>;

/// What happens, told to who watches, if anybody does, and to `tracing`.
#[derive(Clone, Default)]
pub(crate) struct Watchers(pub(crate) Option<Watcher>);

impl Watchers {
    pub(crate) fn tell(&self, event: &Event<'_>) {
        match event {
            Event::Waiting { holder, waited } => {
                let (holder, seconds) = (holder.unwrap_or("not known"), waited.as_secs());
                tracing::info!(holder, seconds, "waiting for another that is migrating this database");
            }
            Event::Started { revision, name, way, .. } => match way {
                Way::Up => tracing::info!(revision, name, "applying a migration"),
                Way::Down => tracing::info!(revision, name, "reverting a migration"),
            },
            Event::Statement { name, line, number, count } => {
                tracing::debug!(name, line, number, count, "running a statement");
            }
            Event::Retrying { name, attempts, reason } => {
                tracing::warn!(
                    name,
                    attempts,
                    reason,
                    "a statement waited too long for a lock; trying again"
                );
            }
            Event::Finished { revision, name, way, duration } => {
                let milliseconds = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
                match way {
                    Way::Up => tracing::info!(revision, name, milliseconds, "applied a migration"),
                    Way::Down => tracing::info!(revision, name, milliseconds, "reverted a migration"),
                }
            }
        }
        if let Some(watcher) = &self.0 {
            watcher(event);
        }
    }
}

impl fmt::Debug for Watchers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "Watchers(1)" } else { "Watchers(0)" })
    }
}
