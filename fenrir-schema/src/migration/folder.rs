//! Reading the folders of migrations.

use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::{Chain, ChainError, Link};
use crate::{Change, FoldError, Schema, digest, fold};

/// A migration's folder, with its `metadata.toml` read; its other files are read when asked for.
#[derive(Clone, Debug)]
pub struct MigrationFolder {
    /// Where it lies.
    pub path: PathBuf,
    /// Its name: date, `_`, and what it does.
    pub name: String,
    /// Whether its SQL runs inside a transaction that the runner opens.
    pub run_in_transaction: bool,
    /// What Fenrir knows of it.
    pub fenrir: FenrirMetadata,
}

/// `metadata.toml`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Metadata {
    /// Diesel's own key. Diesel takes a file without it for `false`, so it is always there.
    pub run_in_transaction: bool,
    /// Ours; Diesel passes over it.
    pub fenrir: Option<FenrirMetadata>,
}

/// The table `[fenrir]` of `metadata.toml`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FenrirMetadata {
    /// The revision id, as the folder's name has it too: so a renamed folder is noticed.
    pub revision: String,
    /// The revision that it follows; none for the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<String>,
    /// What it does, as it was given to `fenrir migrate -m`.
    pub message: String,
    /// The [`checksum`] of the SQL as it was generated.
    pub checksum: String,
    /// The hash of the schema that results.
    pub schema: String,
}

/// `changes.json`.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ChangesFile {
    pub(super) format: u32,
    pub(super) changes: Vec<Change>,
}

/// The format of `changes.json` that this version writes and reads.
pub(super) const CHANGES_FORMAT: u32 = 1;

/// Why migrations cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum MigrationError {
    /// The folder of migrations is not there.
    #[error("there is no folder `{}` for migrations: `fenrir init` makes it", .0.display())]
    NoFolder(PathBuf),
    /// A file or folder cannot be read.
    #[error("cannot read `{}`", path.display())]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A file or folder cannot be written.
    #[error("cannot write `{}`; nothing was changed", path.display())]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A file that does not hold what it should.
    #[error("{}: {message}", path.display())]
    Broken {
        /// The file or folder.
        path: PathBuf,
        /// What is wrong, and where.
        message: String,
    },
    /// Migrations that are not one chain.
    #[error("{}: {source}", path.display())]
    Chain {
        /// The folder of migrations.
        path: PathBuf,
        /// What is wrong.
        source: ChainError,
    },
    /// Changes that do not fit what the migrations before them made.
    #[error("{}: {source}: a migration before it was changed or lost", path.display())]
    Fold {
        /// The file of changes.
        path: PathBuf,
        /// What does not fit.
        source: FoldError,
    },
}

impl MigrationError {
    pub(super) fn broken(path: &Path, message: impl Into<String>) -> Self {
        Self::Broken { path: path.to_owned(), message: message.into() }
    }
}

/// The SHA-256 of a migration: its parent and its SQL, with line ends as LF, so that a checkout on
/// another system has the same.
#[must_use]
pub fn checksum(parent: Option<&str>, up: &str, down: &str) -> String {
    let text =
        [parent.unwrap_or_default(), &up.replace("\r\n", "\n"), &down.replace("\r\n", "\n")].join("\0");
    digest::sha256_hex(text.as_bytes())
}

/// Reads all migrations of one dialect, in their order. Of each only `metadata.toml` is read.
///
/// # Errors
/// When the folder is not there, or anything in it is not as it should be.
pub fn read_all(folder: &Path) -> Result<Vec<MigrationFolder>, MigrationError> {
    let read_error = |source| MigrationError::Read { path: folder.to_owned(), source };
    if !folder.is_dir() {
        return Err(MigrationError::NoFolder(folder.to_owned()));
    }
    let mut migrations = Vec::new();
    for entry in fs::read_dir(folder).map_err(read_error)? {
        let entry = entry.map_err(read_error)?;
        let file_type = entry.file_type().map_err(read_error)?;
        let path = entry.path();
        let Ok(name) = entry.file_name().into_string() else {
            return Err(MigrationError::broken(&path, "the name of a migration must be UTF-8"));
        };
        // Diesel passes over these two as well.
        if name.starts_with('.') || file_type.is_file() {
            continue;
        }
        if !file_type.is_dir() {
            return Err(MigrationError::broken(&path, "a migration must be a folder, not a link to one"));
        }
        migrations.push(read(path, name)?);
    }
    let links = migrations.iter().map(MigrationFolder::link).collect();
    let chain =
        Chain::new(links).map_err(|source| MigrationError::Chain { path: folder.to_owned(), source })?;
    migrations.sort_by_key(|migration| chain.position(&migration.fenrir.revision));
    Ok(migrations)
}

fn read(path: PathBuf, name: String) -> Result<MigrationFolder, MigrationError> {
    if !name.bytes().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'_' || c == b'-') {
        let message = "the name of a migration has lower-case letters, digits, `_` and `-` only";
        return Err(MigrationError::broken(&path, message));
    }
    let file = path.join("metadata.toml");
    let text = read_file(&file)?;
    let metadata: Metadata = toml::from_str(&text).map_err(|error| {
        let line = error.span().map_or(1, |span| 1 + text[..span.start].matches('\n').count());
        MigrationError::broken(&file, format!("line {line}: {}", error.message()))
    })?;
    let Some(fenrir) = metadata.fenrir else {
        let message = "no table `[fenrir]`: this migration was not written by `fenrir migrate`, and adopting \
                       those of Diesel is not supported yet (`fenrir migrate --empty` writes one for SQL of \
                       your own)";
        return Err(MigrationError::broken(&file, message));
    };
    let revision = name.split('_').next().unwrap_or_default().replace('-', "");
    if revision != fenrir.revision {
        let message = format!(
            "the folder was renamed: its name says revision {revision}, `metadata.toml` says {}",
            fenrir.revision
        );
        return Err(MigrationError::broken(&path, message));
    }
    Ok(MigrationFolder { path, name, run_in_transaction: metadata.run_in_transaction, fenrir })
}

fn read_file(path: &Path) -> Result<String, MigrationError> {
    fs::read_to_string(path).map_err(|source| MigrationError::Read { path: path.to_owned(), source })
}

impl MigrationFolder {
    /// The text of `up.sql`.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn up(&self) -> Result<String, MigrationError> {
        read_file(&self.path.join("up.sql"))
    }

    /// The text of `down.sql`.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn down(&self) -> Result<String, MigrationError> {
        read_file(&self.path.join("down.sql"))
    }

    /// What `changes.json` says that it changes.
    ///
    /// # Errors
    /// When it cannot be read, or is of a format that this version does not know.
    pub fn changes(&self) -> Result<Vec<Change>, MigrationError> {
        let path = self.path.join("changes.json");
        let text = read_file(&path)?;
        let file: ChangesFile =
            serde_json::from_str(&text).map_err(|error| MigrationError::broken(&path, error.to_string()))?;
        if file.format != CHANGES_FORMAT {
            let message = format!(
                "format {} is not known to this version of Fenrir, which writes {CHANGES_FORMAT}: a newer \
                 version wrote it",
                file.format
            );
            return Err(MigrationError::broken(&path, message));
        }
        Ok(file.changes)
    }

    /// What the order of migrations needs of it.
    #[must_use]
    pub fn link(&self) -> Link {
        Link {
            revision: self.fenrir.revision.clone(),
            parent: self.fenrir.parent.clone(),
            name: self.name.clone(),
        }
    }
}

/// The schema that migrations build, one after the other, each checked against the hash that was
/// recorded when it was written.
///
/// # Errors
/// When one cannot be read, does not fit, or does not result in what was recorded.
pub fn schema_after(migrations: &[MigrationFolder]) -> Result<Schema, MigrationError> {
    let mut schema = Schema::default();
    for migration in migrations {
        let path = migration.path.join("changes.json");
        let changes = migration.changes()?;
        fold(&mut schema, &changes).map_err(|source| MigrationError::Fold { path: path.clone(), source })?;
        if schema.hash() != migration.fenrir.schema {
            let message = "the changes do not result in the schema that `metadata.toml` records: the file was \
                           edited, or a migration before it was";
            return Err(MigrationError::broken(&path, message));
        }
    }
    Ok(schema)
}
