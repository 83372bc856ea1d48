//! `fenrir.toml`: which package holds the models, where the migrations lie, and for which databases.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use serde::Deserialize;

use crate::{Dialect, Identifier, RunSettings, UnknownDialect};

/// The name of the file that a project is set up in.
pub const FILE_NAME: &str = "fenrir.toml";

/// What `fenrir.toml` says, with the folder that it lies in.
#[derive(Clone, Debug)]
pub struct Project {
    /// The folder of `fenrir.toml`.
    pub root: PathBuf,
    /// The file that was read.
    pub file: PathBuf,
    /// The package whose sources hold the models; without it, the package in [`Project::root`].
    pub package: Option<String>,
    /// The folder of the migrations, relative to [`Project::root`] or absolute.
    pub migrations: PathBuf,
    /// The databases that migrations are written for: at least one, none twice.
    pub dialects: Vec<Dialect>,
    /// The database that the command works on when nothing else names one.
    pub url: Option<Secret>,
    /// The names, with `*` for any text, of what is in the database and nobody's here: see
    /// [`Project::ignores`].
    pub ignore: Vec<String>,
    /// How migrations run.
    pub migrator: RunSettings,
}

/// A text that must not be shown, such as a URL with a password in it.
#[derive(Clone, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// Hides a text.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text. Whoever asks for it must not print it.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// Why a project's settings cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ProjectError {
    /// No `fenrir.toml` in the folder or above it.
    #[error("no `fenrir.toml` in `{}` or in a folder above it: `fenrir init` writes one", .0.display())]
    NotFound(PathBuf),
    /// The file is there, but cannot be read.
    #[error("cannot read `{}`", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The file is not TOML, or holds what it should not.
    #[error("{}:{line}: {message}", path.display())]
    Parse {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What is wrong. Never the line itself, which may hold a password.
        message: String,
    },
    /// A dialect that there is not, none, or one twice.
    #[error("{}: `dialects`: {message}", path.display())]
    Dialects {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        message: String,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    models: Models,
    #[serde(default)]
    migrations: Migrations,
    #[serde(default)]
    database: Database,
    #[serde(default)]
    migrator: RunSettings,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Models {
    package: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Migrations {
    dir: Option<PathBuf>,
    dialects: Option<Vec<String>>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Database {
    url: Option<Secret>,
    #[serde(default)]
    ignore: Vec<String>,
}

impl Project {
    /// Reads the `fenrir.toml` of the folder, or of the nearest folder above it that has one.
    ///
    /// # Errors
    /// When there is none, or it cannot be used.
    pub fn find(folder: &Path) -> Result<Project, ProjectError> {
        let folder =
            folder.canonicalize().map_err(|source| ProjectError::Read { path: folder.to_owned(), source })?;
        folder
            .ancestors()
            .map(|above| above.join(FILE_NAME))
            .find(|path| path.is_file())
            .map_or_else(|| Err(ProjectError::NotFound(folder.clone())), |path| Project::read(&path))
    }

    /// Reads one file.
    ///
    /// # Errors
    /// When it cannot be read or used.
    pub fn read(path: &Path) -> Result<Project, ProjectError> {
        let text = fs::read_to_string(path)
            .map_err(|source| ProjectError::Read { path: path.to_owned(), source })?;
        let file: File = toml::from_str(&text).map_err(|error| ProjectError::Parse {
            path: path.to_owned(),
            line: error.span().map_or(1, |span| 1 + text[..span.start.min(text.len())].matches('\n').count()),
            message: with_key(&text, error.span(), without_values(error.message())),
        })?;
        let dialects_error = |message: String| ProjectError::Dialects { path: path.to_owned(), message };
        let dialects = dialects(&file.migrations.dialects.unwrap_or_default()).map_err(dialects_error)?;
        Ok(Project {
            root: path.parent().map_or_else(PathBuf::new, Path::to_owned),
            file: path.to_owned(),
            package: file.models.package,
            migrations: file.migrations.dir.unwrap_or_else(|| PathBuf::from("migrations")),
            dialects,
            url: file.database.url,
            ignore: file.database.ignore,
            migrator: file.migrator,
        })
    }

    /// Whether a thing of this name in the database is nobody's here: `[database] ignore` names it, or has a
    /// pattern in which each `*` stands for any text. `home` is the schema of PostgreSQL that names without one are of.
    #[must_use]
    pub fn ignores(&self, name: &str, home: Option<&Identifier>) -> bool {
        self.ignore.iter().any(|pattern| fits_at_home(pattern, name, home))
    }

    /// The file that was read.
    #[must_use]
    pub fn file(&self) -> PathBuf {
        self.file.clone()
    }

    /// The folder that holds the migrations, or a folder of them for each dialect.
    #[must_use]
    pub fn migrations_root(&self) -> PathBuf {
        self.root.join(&self.migrations)
    }

    /// The folder of one dialect's migrations: with one dialect, they lie where Diesel has them.
    #[must_use]
    pub fn migrations_of(&self, dialect: Dialect) -> PathBuf {
        match self.dialects.as_slice() {
            [_] => self.migrations_root(),
            _ => self.migrations_root().join(dialect.name()),
        }
    }
}

/// Whether a name is that of a pattern, in which each `*` stands for any text.
///
/// ```
/// use fenrir_schema::project::fits;
///
/// assert!(fits("pg_stat_*", "pg_stat_statements"));
/// assert!(!fits("page", "pages"));
/// ```
#[must_use]
pub fn fits(pattern: &str, name: &str) -> bool {
    let Some((start, rest)) = pattern.split_once('*') else { return pattern == name };
    let Some(mut name) = name.strip_prefix(start) else { return false };
    let mut parts: Vec<_> = rest.split('*').collect();
    let end = parts.pop().unwrap_or_default();
    for part in parts {
        match name.find(part) {
            Some(at) => name = &name[at + part.len()..],
            None => return false,
        }
    }
    name.ends_with(end)
}

/// Whether a pattern fits the name of a thing in a database, which it may have with the schema of PostgreSQL that names
/// without one are of.
///
/// ```
/// use fenrir_schema::{Identifier, project::fits_at_home};
///
/// let public = Identifier::new("public")?;
/// assert!(fits_at_home("public.p*", "page", Some(&public)) && fits_at_home("p*", "page", Some(&public)));
/// assert!(!fits_at_home("public.p*", "auth.page", Some(&public)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub fn fits_at_home(pattern: &str, name: &str, home: Option<&Identifier>) -> bool {
    let has_schema = name.contains('.');
    let in_full = home.filter(|_| !has_schema).map(|home| format!("{home}.{name}"));
    fits(pattern, name) || in_full.is_some_and(|in_full| fits(pattern, &in_full))
}

/// What is wrong, without what was found: that may be a URL in the wrong place.
fn without_values(message: &str) -> String {
    match message.split_once(", expected ") {
        Some((found, expected)) if found.starts_with("invalid") => format!("expected {expected}"),
        _ if message.contains("://") || message.contains('@') => "this does not belong here".to_owned(),
        _ => message.to_owned(),
    }
}

/// What is wrong with the value of a key, with the key.
fn with_key(text: &str, span: Option<std::ops::Range<usize>>, message: String) -> String {
    let line = span.and_then(|span| text.get(..span.start)).and_then(|before| before.lines().last());
    let key = line.and_then(|line| line.split_once('=')).map(|(key, _)| key.trim());
    let is_key =
        |key: &&str| !key.is_empty() && key.chars().all(|c| c.is_ascii_alphanumeric() || "_-.".contains(c));
    match key.filter(is_key) {
        Some(key) if message.starts_with("expected ") => format!("`{key}`: {message}"),
        _ => message,
    }
}

fn dialects(names: &[String]) -> Result<Vec<Dialect>, String> {
    let mut dialects = Vec::new();
    for name in names {
        let dialect = Dialect::from_str(name).map_err(|error: UnknownDialect| error.to_string())?;
        if dialects.contains(&dialect) {
            return Err(format!("`{dialect}` is named twice"));
        }
        dialects.push(dialect);
    }
    if dialects.is_empty() {
        return Err("name at least one under `[migrations]`, such as `dialects = [\"postgres\"]`".to_owned());
    }
    dialects.sort();
    Ok(dialects)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Project, ProjectError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(FILE_NAME);
        fs::write(&path, text).unwrap();
        Project::read(&path)
    }

    #[test]
    fn one_dialect_lies_straight_in_migrations() {
        let project = read("[migrations]\ndialects = [\"sqlite\"]").unwrap();
        assert_eq!(project.migrations_of(Dialect::Sqlite), project.root.join("migrations"));
    }

    #[test]
    fn what_is_nobodys_is_named_by_patterns() {
        let project =
            read("[migrations]\ndialects = [\"sqlite\"]\n[database]\nignore = [\"spatial\", \"pg_stat_*\", \"*_a*b\"]").unwrap();
        for (name, ignored) in [
            ("spatial", true),
            ("spatial_ref", false),
            ("pg_stat_", true),
            ("pg_stat_all", true),
            ("pg_sta", false),
            ("x_a_y_b", true),
            ("_ab", true),
            ("_a", false),
            ("x_ab_", false),
        ] {
            assert_eq!(project.ignores(name, None), ignored, "{name}");
        }
    }

    #[test]
    fn several_dialects_have_a_folder_each() {
        let project = read("[migrations]\ndialects = [\"sqlite\", \"postgres\"]").unwrap();
        assert_eq!(project.migrations_of(Dialect::Sqlite), project.root.join("migrations/sqlite"));
        assert_eq!(project.dialects, [Dialect::Postgres, Dialect::Sqlite]);
    }

    #[test]
    fn a_broken_file_names_the_line_and_not_the_password() {
        let error =
            read("[migrations]\ndialects = [\"sqlite\"]\n[database]\nurl = \"postgres://u:hunter2@h/d")
                .unwrap_err()
                .to_string();
        assert!(error.contains("fenrir.toml:4:"), "{error}");
        assert!(!error.contains("hunter2"), "{error}");
    }

    #[test]
    fn an_address_in_the_wrong_place_is_not_shown() {
        for text in [
            "database = \"postgres://u:hunter2@h/d\"",
            "[migrations]\ndialects = \"postgres://u:hunter2@h/d\"",
            "[migrations]\ndialects = [\"postgres://u:hunter2@h/d\"]",
            "\"postgres://u:hunter2@h/d\" = 1",
        ] {
            let error = crate::in_full(&read(text).unwrap_err());
            assert!(!error.contains("hunter2"), "{text}: {error}");
        }
    }

    #[test]
    fn wrong_settings_are_errors() {
        for (text, wanted) in [
            ("[migrations]\ndialects = [\"oracle\"]", "unknown dialect `oracle`"),
            ("[migrations]\ndialects = [\"mysql\", \"mariadb\"]", "`mysql` is named twice"),
            ("[migrations]\ndialects = [\"sqlite\", \"sqlite\"]", "`sqlite` is named twice"),
            ("[migrations]\n", "name at least one"),
            ("[migration]\n", "unknown field `migration`"),
        ] {
            let error = read(text).unwrap_err().to_string();
            assert!(error.contains(wanted), "{text}: {error}");
        }
    }
}
