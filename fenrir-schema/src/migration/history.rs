//! A project's migrations: the same revisions for each of its dialects.

use std::collections::BTreeMap;
use std::fs;

use super::{Chain, MigrationError, MigrationFolder, read_all, schema_after};
use crate::project::Project;
use crate::{Dialect, Schema};

/// The migrations of a project, by dialect.
#[derive(Debug)]
pub struct History {
    migrations: BTreeMap<Dialect, Vec<MigrationFolder>>,
}

impl History {
    /// Reads the migrations of all of a project's dialects.
    ///
    /// # Errors
    /// When they cannot be read, or the dialects do not have the same ones.
    pub fn read(project: &Project) -> Result<History, MigrationError> {
        let mut migrations = BTreeMap::new();
        for &dialect in &project.dialects {
            migrations.insert(dialect, History::read_dialect(project, dialect)?);
        }
        let history = History { migrations };
        history.check_alike(project)?;
        Ok(history)
    }

    /// Reads the migrations of one of a project's dialects.
    ///
    /// # Errors
    /// When they cannot be read; and where migrations lie straight in the folder that has a folder for
    /// each dialect, since they would be forgotten.
    pub fn read_dialect(project: &Project, dialect: Dialect) -> Result<Vec<MigrationFolder>, MigrationError> {
        let (root, folder) = (project.migrations_root(), project.migrations_of(dialect));
        if folder != root {
            for entry in fs::read_dir(&root).into_iter().flatten().flatten() {
                if entry.path().join("up.sql").exists() {
                    let message = "with several dialects, each has a folder of its own here: this migration, from when \
                                   there was one, must move into that dialect's folder";
                    return Err(MigrationError::broken(&entry.path(), message));
                }
            }
        }
        read_all(&folder)
    }

    /// Each revision does the same everywhere, in the words of that database.
    fn check_alike(&self, project: &Project) -> Result<(), MigrationError> {
        let Some((first, rest)) = project.dialects.split_first() else { return Ok(()) };
        for other in rest {
            let (a, b) = (self.of(*first), self.of(*other));
            for (there, missing, dialect) in [(a, b, *other), (b, a, *first)] {
                let lost = there
                    .iter()
                    .find(|one| one.fenrir.is_some() && missing.iter().all(|other| other.name != one.name));
                if let Some(lost) = lost {
                    let message = format!(
                        "no migration `{}`, which `{}` is: bring the folder back",
                        lost.name,
                        lost.path.display()
                    );
                    return Err(MigrationError::broken(&project.migrations_of(dialect), message));
                }
            }
            // What plain Diesel had before is of one database alone, and so is what the first follows.
            for (number, (a, b)) in of_fenrir(a).zip(of_fenrir(b)).enumerate() {
                if a.schema_hash() != b.schema_hash() || number > 0 && a.parent != b.parent {
                    let message = format!("differs from `{}` in its parent or its schema", a.path.display());
                    return Err(MigrationError::broken(&b.path.join("metadata.toml"), message));
                }
            }
        }
        Ok(())
    }

    /// The migrations of one dialect, in their order.
    #[must_use]
    pub fn of(&self, dialect: Dialect) -> &[MigrationFolder] {
        self.migrations.get(&dialect).map(Vec::as_slice).unwrap_or_default()
    }

    /// The migrations of any dialect: all are alike but for their SQL.
    fn any(&self) -> &[MigrationFolder] {
        self.migrations.values().next().map(Vec::as_slice).unwrap_or_default()
    }

    /// The first migration that is Fenrir's own.
    #[must_use]
    pub fn first(&self) -> Option<&MigrationFolder> {
        self.migrations.values().find_map(|all| of_fenrir(all).next())
    }

    /// The newest migration.
    #[must_use]
    pub fn head(&self) -> Option<&MigrationFolder> {
        self.any().last()
    }

    /// The order of the revisions.
    ///
    /// # Errors
    /// None in practice: reading has checked it.
    pub fn chain(&self) -> Result<Chain, MigrationError> {
        let links = self.any().iter().map(MigrationFolder::link).collect();
        Chain::new(links).map_err(|source| MigrationError::Chain { path: self.folder(), source })
    }

    fn folder(&self) -> std::path::PathBuf {
        self.any().first().and_then(|one| one.path.parent()).map_or_else(Default::default, ToOwned::to_owned)
    }

    /// The schema that all migrations build: the fold of their changes, checked in each dialect's folder.
    ///
    /// # Errors
    /// When a file cannot be read or does not fit.
    pub fn schema(&self) -> Result<Schema, MigrationError> {
        if let Some(last) =
            self.migrations.values().filter_map(|all| all.last()).find(|last| last.fenrir.is_none())
        {
            return Err(MigrationError::NoBaseline(last.path.clone()));
        }
        let mut folders = self.migrations.values();
        let Some(first) = folders.next() else { return Ok(Schema::default()) };
        let schema = schema_after(first)?;
        // The same changes make the same schema: they need not be folded again.
        for other in folders {
            for (a, b) in of_fenrir(first).zip(of_fenrir(other)) {
                let (a, b) = (a.path.join("changes.json"), b.path.join("changes.json"));
                let read = |path: &std::path::PathBuf| {
                    fs::read_to_string(path)
                        .map(|text| text.replace("\r\n", "\n"))
                        .map_err(|source| MigrationError::Read { path: path.clone(), source })
                };
                if read(&a)? != read(&b)? {
                    let message = format!("differs from `{}`: one of them was edited", a.display());
                    return Err(MigrationError::broken(&b, message));
                }
            }
        }
        Ok(schema)
    }
}

/// Without those that plain Diesel had before.
fn of_fenrir(all: &[MigrationFolder]) -> impl Iterator<Item = &MigrationFolder> {
    all.iter().filter(|one| one.fenrir.is_some())
}
