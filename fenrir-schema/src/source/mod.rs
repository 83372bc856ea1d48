//! Finding the models in a package's sources, along the modules that the compiler would follow.

mod alias;
mod attributes;
mod cfg;
mod models;
mod package;
mod skim;
mod visibility;
mod walk;

use std::fmt;
use std::path::{Path, PathBuf};

pub use cfg::{BuildScriptCfg, Cfg, CommandCfg};
pub use models::Models;
pub use package::{Package, Root, RootKind};
pub use walk::{Sources, read_sources};

/// Why sources cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// A file cannot be read.
    #[error("cannot read `{}`", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A `Cargo.toml` that does not say what is needed.
    #[error("{}: {message}", path.display())]
    Manifest {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        message: String,
    },
}

impl SourceError {
    fn manifest(path: &Path, message: &str) -> Self {
        Self::Manifest { path: path.to_owned(), message: message.to_owned() }
    }
}

/// Something wrong in a source file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SourceProblem {
    /// The file, relative to the package's folder.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    /// What is wrong.
    pub message: String,
}

impl fmt::Display for SourceProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}: {}", self.file, self.line, self.column, self.message)
    }
}

/// Whether an attribute derives something of ours, by its text.
fn derives_ours(attribute: &str) -> bool {
    attribute.starts_with('#')
        && attribute.contains("derive")
        && (attribute.contains("Table") || attribute.contains("DbEnum"))
}
