//! Writing a migration: all of its folders, or none.

use std::fs;
use std::path::{Path, PathBuf};

use super::MigrationError;
use super::folder::{CHANGES_FORMAT, ChangesFile, FenrirMetadata, Metadata, checksum, revision_of};
use crate::{Change, Schema, Script};

/// A migration of one dialect, before it is on disk.
pub struct NewMigration<'a> {
    /// The folder of the dialect's migrations.
    pub folder: &'a Path,
    /// The revision that it follows there; none for the first.
    pub parent: Option<&'a str>,
    /// Whether migrations of plain Diesel's have made its changes there.
    pub adopts: bool,
    /// What it does to the database.
    pub up: &'a Script,
    /// What takes it back.
    pub down: &'a Script,
    /// The comment lines at the head of `up.sql`.
    pub up_header: &'a [String],
    /// The comment lines at the head of `down.sql`.
    pub down_header: &'a [String],
}

/// Writes one revision's folder for each dialect, and returns the folders.
///
/// Each is written under a name that nothing reads, and only when all are complete do they get their
/// names.
///
/// # Errors
/// When anything cannot be written; then nothing of it stays.
pub fn write_migration(
    name: &str,
    message: &str,
    changes: &[Change],
    result: &Schema,
    migrations: &[NewMigration<'_>],
) -> Result<Vec<PathBuf>, MigrationError> {
    let mut pending = Pending::default();
    for migration in migrations {
        let up = migration.up.to_sql(migration.up_header);
        let down = migration.down.to_sql(migration.down_header);
        let metadata = Metadata {
            // A frame opens its own transaction, for the way up or the way down.
            run_in_transaction: migration.up.frame.is_none() && migration.down.frame.is_none(),
            fenrir: Some(FenrirMetadata {
                revision: revision_of(name),
                parent: migration.parent.map(str::to_owned),
                message: message.to_owned(),
                checksum: checksum(migration.parent, &up, &down),
                schema: result.hash(),
                adopts: migration.adopts,
                compatible: false,
                function: false,
            }),
        };
        let changes = ChangesFile { format: CHANGES_FORMAT, changes: changes.to_vec() };
        let folder = migration.folder.join(format!("{WRITING}{name}"));
        pending.temporary.push((folder.clone(), migration.folder.join(name)));
        let broken = |error: &dyn std::fmt::Display| MigrationError::broken(&folder, error.to_string());
        let files = [
            ("up.sql", up),
            ("down.sql", down),
            ("changes.json", serde_json::to_string_pretty(&changes).map_err(|error| broken(&error))? + "\n"),
            ("metadata.toml", toml::to_string(&metadata).map_err(|error| broken(&error))?),
        ];
        write_files(&folder, &files)?;
    }
    pending.name_all()
}

fn write_files(folder: &Path, files: &[(&str, String)]) -> Result<(), MigrationError> {
    let error = |path: &Path| {
        let path = path.to_owned();
        move |source| MigrationError::Write { path, source }
    };
    clear_stale(folder.parent().unwrap_or(folder));
    fs::create_dir_all(folder).map_err(error(folder))?;
    for (name, text) in files {
        let path = folder.join(name);
        fs::write(&path, text).map_err(error(&path))?;
    }
    Ok(())
}

/// Removes what a run that was killed left half-written: nothing reads it, and nobody wants it.
fn clear_stale(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.file_name().to_string_lossy().starts_with(WRITING) {
            // Best effort: in the way of nothing but itself.
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

/// The beginning of the names of folders that are being written.
const WRITING: &str = ".fenrir-writing-";

/// Folders that are to be named, and go away when they are not.
#[derive(Default)]
struct Pending {
    temporary: Vec<(PathBuf, PathBuf)>,
    named: Vec<PathBuf>,
}

impl Pending {
    fn name_all(mut self) -> Result<Vec<PathBuf>, MigrationError> {
        for (from, to) in &self.temporary {
            fs::rename(from, to).map_err(|source| MigrationError::Write { path: to.clone(), source })?;
            self.named.push(to.clone());
        }
        self.temporary.clear();
        Ok(std::mem::take(&mut self.named))
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        for folder in self.named.iter().chain(self.temporary.iter().map(|(from, _)| from)) {
            // Best effort: the error that led here is the one to tell.
            let _ = fs::remove_dir_all(folder);
        }
    }
}
