//! What a build leaves behind for the macros of the same build: in `OUT_DIR`, never among the sources.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::{Dialect, RunSettings, Schema};

/// The environment variable by which the build step tells the crate where its snapshot is.
pub const VARIABLE: &str = "FENRIR_SNAPSHOT";

/// What `embed_migrations!` needs to know of the package.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SnapshotProject {
    /// The project's dialects, each with the folder of its migrations.
    pub migrations: BTreeMap<Dialect, PathBuf>,
    /// The models of the schema.
    pub models: Vec<SnapshotModel>,
    /// Why the schema may not be whole: no migrations are embedded beside it then.
    pub problems: Vec<String>,
    /// How migrations run, as `fenrir.toml` says.
    #[serde(default)]
    pub migrator: RunSettings,
}

/// A model of the schema, as a crate can check it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SnapshotModel {
    /// The crate that it is in, as `CARGO_CRATE_NAME` has it.
    pub crate_name: String,
    /// Whether that is the package's library.
    pub is_library: bool,
    /// Its path in that crate, without the crate.
    pub path: String,
    /// Whether any module of its crate can name it.
    pub nameable: bool,
    /// Whether any crate can name it.
    pub public: bool,
    /// The hash of what its derive was told.
    pub fingerprint: String,
}

/// A snapshot's folder.
#[derive(Clone, Debug)]
pub struct Snapshot {
    folder: PathBuf,
}

impl Snapshot {
    /// The snapshot in this folder, whether it is there yet or not.
    #[must_use]
    pub fn at(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// The snapshot of the package that is being compiled, if its build script makes one.
    #[must_use]
    pub fn of_this_build() -> Option<Self> {
        std::env::var_os(VARIABLE).map(|folder| Self::at(folder.into()))
    }

    /// The file of the schema.
    #[must_use]
    pub fn schema_file(&self) -> PathBuf {
        self.folder.join("schema.json")
    }

    /// The file of the statements that create the whole schema in a database of that dialect.
    #[must_use]
    pub fn create_file(&self, dialect: Dialect) -> PathBuf {
        self.folder.join(format!("create.{dialect}.sql"))
    }

    /// What the package is.
    ///
    /// # Errors
    /// When the file cannot be read, or holds something else.
    pub fn project(&self) -> io::Result<SnapshotProject> {
        read(&self.folder.join("project.json"))
    }

    /// What is known of models with that name and content; none where there is no such model.
    ///
    /// # Errors
    /// When the file cannot be read, or holds something else.
    pub fn facts<T: DeserializeOwned>(&self, file_name: &str) -> io::Result<Vec<T>> {
        match read(&self.folder.join("models").join(file_name)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
            other => other,
        }
    }

    /// Writes all of it, in place of what was there: the schema and the statements that create it in
    /// each dialect, the project, and the facts, which are JSON already, by the name of their file.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub fn write(
        &self,
        schema: &Schema,
        create: &BTreeMap<Dialect, String>,
        project: &SnapshotProject,
        facts: &BTreeMap<String, Vec<String>>,
    ) -> io::Result<()> {
        let models = self.folder.join("models");
        match fs::remove_dir_all(&models) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        fs::create_dir_all(&models)?;
        fs::write(self.schema_file(), schema.to_json())?;
        for (dialect, sql) in create {
            fs::write(self.create_file(*dialect), sql)?;
        }
        fs::write(self.folder.join("project.json"), serde_json::to_vec(project)?)?;
        for (name, facts) in facts {
            fs::write(models.join(name), format!("[{}]", facts.join(",")))?;
        }
        Ok(())
    }
}

fn read<T: DeserializeOwned>(path: &Path) -> io::Result<T> {
    Ok(serde_json::from_slice(&fs::read(path)?)?)
}
