//! What an application does before and after each migration.

use std::fmt;
use std::sync::Arc;

use super::event::Way;
use super::function::BoxError;

/// A migration that is about to run, or has run: see [`Migrator::before_each`](crate::Migrator::before_each).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Upcoming<'a> {
    /// Its revision id.
    pub revision: &'a str,
    /// The name of its folder.
    pub name: &'a str,
    /// What it does, in words.
    pub message: &'a str,
    /// Which way it runs.
    pub way: Way,
}

type Hook = Arc<dyn Fn(&Upcoming<'_>) -> Result<(), BoxError> + Send + Sync>;

/// What runs before and after each migration.
#[derive(Clone, Default)]
pub(crate) struct Hooks {
    pub(crate) before: Option<Hook>,
    pub(crate) after: Option<Hook>,
}

impl Hooks {
    pub(crate) fn of<E: Into<BoxError>>(
        hook: impl Fn(&Upcoming<'_>) -> Result<(), E> + Send + Sync + 'static,
    ) -> Option<Hook> {
        Some(Arc::new(move |upcoming| hook(upcoming).map_err(Into::into)))
    }
}

impl fmt::Debug for Hooks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hooks")
            .field("before", &self.before.is_some())
            .field("after", &self.after.is_some())
            .finish()
    }
}
