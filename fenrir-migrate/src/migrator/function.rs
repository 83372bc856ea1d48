//! Migrations of rows that are written in Rust: functions that run in a migration's place.

use std::any::Any;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

/// Where a function of a migration is: see [`Migrator::function`](crate::Migrator::function).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Batch {
    /// What the function said that it had come to, when it ran before; none at first.
    pub cursor: Option<String>,
}

/// What a function of a migration came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Progress {
    /// All is done.
    Done,
    /// There is more to do, from here on: what the next [`Batch::cursor`] is.
    More(String),
}

/// What an application's own code fails with.
pub(crate) type BoxError = Box<dyn std::error::Error + Send + Sync>;

type Function = Arc<dyn Fn(&mut dyn Any, &Batch) -> Result<Progress, BoxError> + Send + Sync>;

/// The functions of migrations, by revision.
#[derive(Clone, Default)]
pub(crate) struct Functions(BTreeMap<String, Function>);

impl Functions {
    pub(crate) fn insert<C, E>(
        &mut self,
        revision: &str,
        function: impl Fn(&mut C, &Batch) -> Result<Progress, E> + Send + Sync + 'static,
    ) where
        C: 'static,
        E: Into<BoxError>,
    {
        let function: Function = Arc::new(move |connection, batch| {
            let Some(connection) = connection.downcast_mut::<C>() else {
                let wanted = std::any::type_name::<C>();
                return Err(
                    format!("it is for a connection of the type `{wanted}`, and this is another").into()
                );
            };
            function(connection, batch).map_err(Into::into)
        });
        self.0.insert(revision.to_owned(), function);
    }

    pub(crate) fn of(&self, revision: &str) -> Option<Function> {
        self.0.get(revision).cloned()
    }

    pub(crate) fn revisions(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }
}

impl fmt::Debug for Functions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}
