//! Stopping a run from outside it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Stops a run of migrations: between two statements, two tries or two looks at a lock. What is open is taken back.
///
/// A statement that runs is not broken off: no connection of Diesel's can be told to.
///
/// ```
/// # static MIGRATIONS: fenrir_migrate::Migrations = fenrir_migrate::Migrations::new("", &[]);
/// use fenrir_migrate::{Cancellation, Migrator};
///
/// let cancellation = Cancellation::new();
/// let migrator = Migrator::new(&MIGRATIONS).cancellation(&cancellation);
/// // Somewhere else, on SIGTERM:
/// cancellation.cancel();
/// assert!(cancellation.is_cancelled());
/// # let _ = migrator;
/// ```
#[derive(Clone, Debug, Default)]
pub struct Cancellation {
    asked: Arc<AtomicBool>,
    /// Of what this is a part of.
    parent: Option<Arc<AtomicBool>>,
}

/// How often a pause looks whether it is to end.
const LOOK: Duration = Duration::from_millis(50);

impl Cancellation {
    /// One that nobody has asked for yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Asks every run that it was given to to stop.
    pub fn cancel(&self) {
        self.asked.store(true, Ordering::SeqCst);
    }

    /// Whether it was asked for.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        let is_asked = |flag: &Arc<AtomicBool>| flag.load(Ordering::SeqCst);
        is_asked(&self.asked) || self.parent.as_ref().is_some_and(is_asked)
    }

    /// One that is asked for where this is, and can be by itself.
    #[cfg(feature = "async")]
    pub(crate) fn child(&self) -> Self {
        // Of a child's child, the nearest counts: no run is of more than two.
        Self { asked: Arc::default(), parent: Some(Arc::clone(&self.asked)) }
    }

    /// Waits so long, or until it is asked for.
    pub(crate) fn pause(&self, time: Duration) {
        let end = Instant::now() + time;
        while !self.is_cancelled() {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return;
            }
            std::thread::sleep(left.min(LOOK));
        }
    }
}
