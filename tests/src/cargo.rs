//! Whole Cargo projects in temporary folders, over one shared target folder.

use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

/// A package that depends on this workspace's crates.
pub struct CargoProject {
    folder: TempDir,
    name: String,
}

/// What Cargo said.
pub struct Built {
    /// Whether it succeeded.
    pub ok: bool,
    /// Standard error.
    pub stderr: String,
}

/// The workspace's folder.
#[must_use]
pub fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

impl CargoProject {
    /// A package on SQLite with this library. The name must differ from test to test: the target
    /// folder is shared.
    #[must_use]
    pub fn new(name: &str, library: &str) -> Self {
        let project = Self { folder: tempfile::tempdir().unwrap(), name: name.to_owned() };
        let fenrir = workspace().join("fenrir-migrate");
        let fenrir = fenrir.display();
        project.write(
            "Cargo.toml",
            &format!(
                "[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n[features]\nextra = []\n\n\
                 [dependencies]\ndiesel = {{ version = \"2.3\", default-features = false, features = [\"sqlite\", \"chrono\", \"serde_json\"] }}\n\
                 chrono = {{ version = \"0.4\", default-features = false }}\n\
                 serde_json = {{ version = \"1\", default-features = false }}\n\
                 fenrir-migrate = {{ path = \"{fenrir}\", default-features = false, features = [\"sqlite\"] }}\n\n\
                 [build-dependencies]\n\
                 fenrir-migrate = {{ path = \"{fenrir}\", default-features = false, features = [\"build\"] }}\n\n[workspace]\n"
            ),
        );
        // The same versions as the workspace's, so that nothing need be fetched.
        std::fs::copy(workspace().join("Cargo.lock"), project.path().join("Cargo.lock")).unwrap();
        project.write("build.rs", "fn main() {\n    fenrir_migrate::build::snapshot();\n}\n");
        project.write("fenrir.toml", "[migrations]\ndialects = [\"sqlite\"]\n");
        project.write("migrations/.keep", "");
        project.write("src/lib.rs", library);
        project
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

    /// Runs Cargo.
    #[must_use]
    pub fn cargo(&self, arguments: &[&str], environment: &[(&str, &str)]) -> Built {
        let output = Command::new(env!("CARGO"))
            .args(arguments)
            .arg("--offline")
            .current_dir(self.path())
            .env("CARGO_TARGET_DIR", workspace().join("target").join("e2e"))
            .env("CARGO_TERM_COLOR", "never")
            .env_remove("RUSTFLAGS")
            .envs(environment.iter().copied())
            .output()
            .unwrap();
        let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
        Built {
            ok: output.status.success(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned() + &stdout,
        }
    }

    /// `cargo check`, which must succeed; returns what it said.
    pub fn checks(&self) -> String {
        let built = self.cargo(&["check"], &[]);
        assert!(built.ok, "{}", built.stderr);
        built.stderr
    }

    /// `cargo check`, which must fail; returns what it said.
    pub fn is_refused(&self) -> String {
        let built = self.cargo(&["check"], &[]);
        assert!(!built.ok, "it compiled\n{}", built.stderr);
        built.stderr
    }

    /// The snapshot of the schema, as the last build left it.
    #[must_use]
    pub fn snapshot(&self) -> String {
        let build = workspace().join("target/e2e/debug/build");
        let newest = std::fs::read_dir(build)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| {
                path.file_name().unwrap().to_str().unwrap().starts_with(&format!("{}-", self.name))
            })
            .map(|path| path.join("out/fenrir/schema.json"))
            .filter(|path| path.is_file())
            .max_by_key(|path| std::fs::metadata(path).unwrap().modified().unwrap())
            .expect("a snapshot");
        std::fs::read_to_string(newest).unwrap()
    }
}
