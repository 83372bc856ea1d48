//! Running the command in a project: a test is a sentence.

use std::path::Path;
use std::process::{Command, Output, Stdio};

use fenrir_migrate::Dialect;
use tempfile::TempDir;

use crate::database::TestDatabase;

/// A project in a temporary folder, with models and settings, but never compiled: the command reads
/// its sources.
pub struct Project {
    folder: TempDir,
    environment: Vec<(String, String)>,
    binary: &'static str,
}

/// What a run of the command came to.
pub struct Ran {
    /// The exit status.
    pub status: i32,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

impl Project {
    /// A project for these dialects (`"sqlite"`, `"postgres"`), with these models.
    #[must_use]
    pub fn new(binary: &'static str, dialects: &[&str], models: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let project = Self { folder, environment: Vec::new(), binary };
        project
            .write("Cargo.toml", "[package]\nname = \"project\"\nversion = \"0.1.0\"\nedition = \"2024\"\n");
        let names: Vec<_> = dialects.iter().map(|dialect| format!("\"{dialect}\"")).collect();
        project.write("fenrir.toml", &format!("[migrations]\ndialects = [{}]\n", names.join(", ")));
        match dialects {
            [_] => project.make("migrations"),
            several => several.iter().for_each(|dialect| project.make(&format!("migrations/{dialect}"))),
        }
        project.models(models);
        project
    }

    /// An empty folder.
    #[must_use]
    pub fn empty(binary: &'static str) -> Self {
        Self { folder: tempfile::tempdir().unwrap(), environment: Vec::new(), binary }
    }

    /// Replaces the models.
    pub fn models(&self, models: &str) {
        self.write("src/lib.rs", models);
    }

    /// Its folder.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Writes a file.
    pub fn write(&self, path: &str, text: &str) {
        crate::write_file(self.path(), path, text);
    }

    /// Reads a file.
    #[must_use]
    pub fn read(&self, path: &str) -> String {
        std::fs::read_to_string(self.path().join(path)).unwrap()
    }

    fn make(&self, folder: &str) {
        std::fs::create_dir_all(self.path().join(folder)).unwrap();
    }

    /// The names in a folder, sorted.
    #[must_use]
    pub fn list(&self, folder: &str) -> Vec<String> {
        let entries = std::fs::read_dir(self.path().join(folder)).unwrap();
        let mut names: Vec<_> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    /// Sets a variable for the runs that follow.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// A file of the newest migration.
    #[must_use]
    pub fn newest(&self, file: &str) -> String {
        let folder = self.list("migrations").pop().unwrap();
        self.read(&format!("migrations/{folder}/{file}"))
    }

    /// Runs the command.
    pub fn run(&self, arguments: &[&str]) -> Ran {
        let Output { status, stdout, stderr } = self.command(arguments).output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Ran { status: status.code().unwrap_or(-1), stdout: text(stdout), stderr: text(stderr) }
    }

    /// The command, to be started.
    #[must_use]
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(self.binary);
        command.args(arguments).current_dir(self.path()).stdin(Stdio::null());
        for name in [
            "DATABASE_URL",
            "DATABASE_TYPE",
            "POSTGRES_USER",
            "POSTGRES_PASSWORD",
            "POSTGRES_DB",
            "DB_HOST",
            "DB_PORT",
        ] {
            command.env_remove(name);
        }
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command
    }

    /// Runs the command, which must be done with status 0; returns standard output.
    pub fn ok(&self, arguments: &[&str]) -> String {
        let ran = self.run(arguments);
        assert_eq!(ran.status, 0, "{arguments:?}\n{}{}", ran.stdout, ran.stderr);
        ran.stdout
    }

    /// Runs the command, which must end with that status; returns standard error.
    pub fn fails(&self, status: i32, arguments: &[&str]) -> String {
        let ran = self.run(arguments);
        assert_eq!(ran.status, status, "{arguments:?}\n{}{}", ran.stdout, ran.stderr);
        assert!(!ran.stderr.contains("panicked"), "{}", ran.stderr);
        ran.stderr
    }

    /// Runs the command with `--format json`; returns the document.
    pub fn json(&self, arguments: &[&str]) -> serde_json::Value {
        let arguments = [arguments, &["--format", "json"]].concat();
        serde_json::from_str(&self.ok(&arguments)).unwrap()
    }
}

/// A project at its first migration, and its database with these rows.
#[must_use]
pub fn migrated(binary: &'static str, dialect: Dialect, models: &str, rows: &str) -> (Project, TestDatabase) {
    let database = TestDatabase::new(dialect);
    let project = Project::new(binary, &[dialect.name()], models).with("DATABASE_URL", database.url());
    project.ok(&["migrate", "-m", "First"]);
    project.ok(&["upgrade"]);
    database.connect().execute(rows).unwrap();
    (project, database)
}

/// The source of a model with an `id`, and a table of its name in lower case.
#[must_use]
pub fn model(name: &str, attributes: &str, fields: &str) -> String {
    let table = name.to_lowercase();
    format!(
        "#[derive(Table)]\n#[diesel(table_name = {table})]\n{attributes}\npub struct {name} {{ pub id: i32, {fields} }}\n"
    )
}
