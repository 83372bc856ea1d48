//! What can go wrong with a database for a test.

use std::fmt::Display;
use std::path::Path;

/// Why a test has no database.
///
/// It never holds a password.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Error {
    message: String,
}

impl Error {
    pub(super) fn new(message: impl Into<String>) -> Self {
        Self { message: message.into() }
    }

    pub(super) fn io(doing: &str, path: &Path, error: &std::io::Error) -> Self {
        Self::new(format!("{doing} `{}`: {error}", path.display()))
    }

    pub(super) fn because(doing: &str, error: impl Display) -> Self {
        Self::new(format!("{doing}: {error}"))
    }
}
