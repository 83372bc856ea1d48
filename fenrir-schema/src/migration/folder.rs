//! Reading the folders of migrations.

use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::{Chain, ChainError, Link};
use crate::{Change, Dialect, FoldError, Loss, Schema, digest, fold};

/// A migration's folder, with its `metadata.toml` read; its other files are read when asked for.
#[derive(Clone, Debug)]
pub struct MigrationFolder {
    /// Where it lies.
    pub path: PathBuf,
    /// Its name: date, `_`, and what it does.
    pub name: String,
    /// Its revision id: the digits of its date, as Diesel has them.
    pub revision: String,
    /// The revision that it follows; none for the first.
    pub parent: Option<String>,
    /// Whether its SQL runs inside a transaction that the runner opens.
    pub run_in_transaction: bool,
    /// What Fenrir knows of it; none where it was written for plain Diesel, before Fenrir was there.
    pub fenrir: Option<FenrirMetadata>,
}

/// `metadata.toml`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Metadata {
    /// Diesel's own key. Diesel takes a file without it for `false`, so it is always there in those that Fenrir
    /// writes.
    #[serde(default)]
    pub run_in_transaction: bool,
    /// Ours; Diesel passes over it.
    pub fenrir: Option<FenrirMetadata>,
}

impl Default for Metadata {
    /// What Diesel does where there is no such file.
    fn default() -> Self {
        Self { run_in_transaction: true, fenrir: None }
    }
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
    /// Whether the migrations before it, which plain Diesel has, have made its changes: then its own SQL does
    /// nothing, and it is there to say what they made.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub adopts: bool,
    /// Whether binaries that do not know this migration may run on a database that has it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub compatible: bool,
    /// Whether a function of the application's is a part of it, without which it must not run.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub function: bool,
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
    /// The newest migration is one of plain Diesel's: what the migrations make is not known.
    #[error(
        "{}: this is a migration of Diesel's own, and no migration of Fenrir's follows it, so it is not known what \
         schema there is: `fenrir baseline -m \"…\"` reads that from a database",
        .0.display()
    )]
    NoBaseline(PathBuf),
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

/// The revision id that the name of a migration's folder has, as Diesel reads it: what stands before the first `_`, without
/// its dashes.
///
/// ```
/// assert_eq!(fenrir_schema::migration::revision_of("2026-11-23-060146_first"), "20261123060146");
/// ```
#[must_use]
pub fn revision_of(name: &str) -> String {
    name.split('_').next().unwrap_or_default().replace('-', "")
}

/// What the name of a migration's folder says that it does.
///
/// ```
/// assert_eq!(fenrir_schema::migration::message_of("2026-11-23-060146_add_a_title"), "add a title");
/// ```
#[must_use]
pub fn message_of(name: &str) -> String {
    name.split_once('_').map_or("", |(_, rest)| rest).replace('_', " ")
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
    follow_one_another(&mut migrations)?;
    let links = migrations.iter().map(MigrationFolder::link).collect();
    let chain =
        Chain::new(links).map_err(|source| MigrationError::Chain { path: folder.to_owned(), source })?;
    migrations.sort_by_key(|migration| chain.position(&migration.revision));
    Ok(migrations)
}

/// Those that plain Diesel has come before all others, in the order in which it runs them.
fn follow_one_another(migrations: &mut [MigrationFolder]) -> Result<(), MigrationError> {
    let of_fenrir = migrations.iter().filter(|migration| migration.fenrir.is_some());
    let first = of_fenrir.min_by(|a, b| a.revision.cmp(&b.revision)).cloned();
    let mut of_diesel: Vec<_> = migrations.iter_mut().filter(|one| one.fenrir.is_none()).collect();
    of_diesel.sort_by(|a, b| a.revision.cmp(&b.revision));
    let mut parent = None;
    for migration in &mut of_diesel {
        migration.parent = parent.replace(migration.revision.clone());
    }
    let (Some(first), Some(last)) = (first, of_diesel.last()) else { return Ok(()) };
    if first.parent.as_ref() == Some(&last.revision) {
        return Ok(());
    }
    let later = of_diesel.iter().find(|one| Some(&one.revision) > first.parent.as_ref()).unwrap_or(last);
    let message = format!(
        "this migration was not written by `fenrir migrate`, and `{}`, which was, does not follow it: what it does \
         to the schema is not known (`fenrir migrate --empty` writes one for SQL of your own)",
        first.name
    );
    Err(MigrationError::broken(&later.path, message))
}

fn read(path: PathBuf, name: String) -> Result<MigrationFolder, MigrationError> {
    let file = path.join("metadata.toml");
    // Diesel does without it.
    let text = if file.exists() { Some(read_file(&file)?) } else { None };
    let metadata = text.map_or(Ok(Metadata::default()), |text| {
        toml::from_str(&text).map_err(|error| {
            let line = error.span().map_or(1, |span| 1 + text[..span.start].matches('\n').count());
            MigrationError::broken(&file, format!("line {line}: {}", error.message()))
        })
    })?;
    let revision = revision_of(&name);
    let mut parent = None;
    if let Some(fenrir) = &metadata.fenrir {
        if !name.bytes().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'_' || c == b'-') {
            let message = "the name of a migration has lower-case letters, digits, `_` and `-` only";
            return Err(MigrationError::broken(&path, message));
        }
        if revision != fenrir.revision {
            let message = format!(
                "the folder was renamed: its name says revision {revision}, `metadata.toml` says {}",
                fenrir.revision
            );
            return Err(MigrationError::broken(&path, message));
        }
        parent.clone_from(&fenrir.parent);
    } else if path.join("changes.json").exists() {
        let message = "no table `[fenrir]`, though `fenrir migrate` wrote `changes.json` beside it: bring the file back";
        return Err(MigrationError::broken(&file, message));
    } else if !path.join("up.sql").exists() {
        return Err(MigrationError::broken(&path, no_migration(&name)));
    }
    let Metadata { run_in_transaction, fenrir } = metadata;
    Ok(MigrationFolder { path, name, revision, parent, run_in_transaction, fenrir })
}

fn no_migration(name: &str) -> String {
    match name.parse::<Dialect>() {
        Ok(dialect) => format!(
            "the migrations for {} lie in a folder of their own, as they do where there are several dialects, but \
             `dialects` in `fenrir.toml` names one: name all, or move the folders of that one up and the others away",
            dialect.title()
        ),
        Err(_) => "neither `metadata.toml` nor `up.sql` is there: this is no migration".to_owned(),
    }
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

    /// The text of `down.sql`; that of plain Diesel's migration is empty where there is none.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn down(&self) -> Result<String, MigrationError> {
        let file = self.path.join("down.sql");
        if self.fenrir.is_none() && !file.exists() { Ok(String::new()) } else { read_file(&file) }
    }

    /// What it does, in words: as it was given to `fenrir migrate -m`, or what the name says.
    #[must_use]
    pub fn message(&self) -> String {
        let of_name = || message_of(&self.name);
        self.fenrir.as_ref().map_or_else(of_name, |fenrir| fenrir.message.clone())
    }

    /// The hash of the schema that results; none where that is not known.
    #[must_use]
    pub fn schema_hash(&self) -> Option<&str> {
        self.fenrir.as_ref().map(|fenrir| fenrir.schema.as_str())
    }

    /// What its SQL changes in the schema, as far as that is known: nothing where plain Diesel wrote it, or
    /// where it says what migrations of plain Diesel's made.
    ///
    /// # Errors
    /// See [`MigrationFolder::changes`].
    pub fn changes_made(&self) -> Result<Vec<Change>, MigrationError> {
        match &self.fenrir {
            Some(fenrir) if !fenrir.adopts => self.changes(),
            _ => Ok(Vec::new()),
        }
    }

    /// What reverting it would take from a database that holds rows; none where that is not known, since somebody wrote
    /// what it does.
    ///
    /// # Errors
    /// When its files cannot be read.
    pub fn down_loses(&self) -> Result<Option<Vec<Loss>>, MigrationError> {
        let Some(fenrir) = &self.fenrir else { return Ok(None) };
        let down = self.down()?;
        let is_as_generated = checksum(self.parent.as_deref(), &self.up()?, &down) == fenrir.checksum;
        if !is_as_generated && may_lose(&down) {
            return Ok(None);
        }
        Ok(Some(self.changes_made()?.iter().filter_map(|change| change.inverse().loses()).collect()))
    }

    /// What `changes.json` says that it changes: nothing where plain Diesel wrote it.
    ///
    /// # Errors
    /// When it cannot be read, or is of a format that this version does not know.
    pub fn changes(&self) -> Result<Vec<Change>, MigrationError> {
        if self.fenrir.is_none() {
            return Ok(Vec::new());
        }
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
        Link { revision: self.revision.clone(), parent: self.parent.clone(), name: self.name.clone() }
    }
}

/// Whether SQL has a word of those statements that take rows or values from a table, or may.
fn may_lose(sql: &str) -> bool {
    const WORDS: [&str; 9] =
        ["alter", "call", "delete", "do", "drop", "execute", "replace", "truncate", "update"];
    let lines = sql.lines().filter(|line| !line.trim_start().starts_with("--"));
    let mut words = lines.flat_map(|line| line.split(|c: char| !c.is_ascii_alphabetic()));
    words.any(|word| WORDS.contains(&word.to_ascii_lowercase().as_str()))
}

/// The schema that migrations build, one after the other, each checked against the hash that was
/// recorded when it was written.
///
/// # Errors
/// When one cannot be read, does not fit, or does not result in what was recorded; and where the last is plain
/// Diesel's, so that it is not known what they build.
pub fn schema_after(migrations: &[MigrationFolder]) -> Result<Schema, MigrationError> {
    if let Some(last) = migrations.last().filter(|last| last.fenrir.is_none()) {
        return Err(MigrationError::NoBaseline(last.path.clone()));
    }
    let mut schema = Schema::default();
    for migration in migrations {
        let Some(recorded) = migration.schema_hash() else { continue };
        let path = migration.path.join("changes.json");
        let changes = migration.changes()?;
        fold(&mut schema, &changes).map_err(|source| MigrationError::Fold { path: path.clone(), source })?;
        if schema.hash() != recorded {
            let message = "the changes do not result in the schema that `metadata.toml` records: the file was \
                           edited, or a migration before it was";
            return Err(MigrationError::broken(&path, message));
        }
    }
    Ok(schema)
}
