//! A package in a temporary folder.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use fenrir_schema::Dialect;
use fenrir_schema::source::{CommandCfg, Models, Package};
use tempfile::TempDir;

/// A model that needs nothing else.
pub(crate) const PAGE: &str = "#[derive(Table)]\npub struct Page {\n    pub id: i32,\n}\n";

/// The databases of a test that names none; what MySQL lacks beside them is another file's.
const PORTABLE: [Dialect; 2] = [Dialect::Postgres, Dialect::Sqlite];

/// A package that is written file by file, and read.
pub(crate) struct TestPackage {
    folder: TempDir,
    dialects: Vec<Dialect>,
    features: BTreeSet<String>,
}

impl TestPackage {
    /// With nothing but a `Cargo.toml` that calls it `shop`.
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let new = Self { folder, dialects: PORTABLE.to_vec(), features: BTreeSet::new() };
        new.file("Cargo.toml", "[package]\nname = \"shop\"\n")
    }

    /// With this as `src/lib.rs`.
    pub(crate) fn lib(text: &str) -> Self {
        Self::new().file("src/lib.rs", text)
    }

    pub(crate) fn file(self, path: &str, text: &str) -> Self {
        let path = self.folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
        self
    }

    pub(crate) fn dialects(mut self, dialects: &[Dialect]) -> Self {
        self.dialects = dialects.to_vec();
        self
    }

    pub(crate) fn feature(mut self, name: &str) -> Self {
        self.features.insert(name.to_owned());
        self
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn read(&self) -> Models {
        let package = Package::read(self.folder()).unwrap();
        Models::read(&package, &self.dialects, &CommandCfg::new(self.features.clone())).unwrap()
    }

    pub(crate) fn problems(&self) -> Vec<String> {
        self.read().problems().iter().map(ToString::to_string).collect()
    }

    /// The names of the schema's tables; nothing may be wrong.
    pub(crate) fn tables(&self) -> Vec<String> {
        let models = self.read();
        assert_eq!(models.problems(), []);
        models.lowered.schema.tables.keys().map(ToString::to_string).collect()
    }

    /// The type of a column, as it is in messages; nothing may be wrong.
    pub(crate) fn column(&self, table: &str, column: &str) -> String {
        let models = self.read();
        assert_eq!(models.problems(), []);
        let table = models.lowered.schema.tables.values().find(|one| one.name.to_text() == table).unwrap();
        let column = table.columns.iter().find(|one| one.name.as_str() == column).unwrap();
        format!("{}{}", column.sql_type, if column.nullable { "?" } else { "" })
    }

    /// Where each model was seen: its path, with whether it is of the schema.
    pub(crate) fn models(&self) -> Vec<String> {
        let models = self.read();
        assert_eq!(models.problems(), []);
        let facts = models.lowered.facts.iter().zip(&models.sources.definitions.models);
        let mut seen: Vec<_> = facts
            .map(|(facts, found)| {
                let suffix = if facts.managed { "" } else { " (not managed)" };
                format!("{}::{}{suffix}", facts.module_path, found.model.ident)
            })
            .collect();
        seen.sort();
        seen
    }
}

/// Expects these problems, one at each `§` of the source, which is `src/lib.rs`.
pub(crate) fn refused(source: &str, messages: &[&str]) {
    refused_by(&PORTABLE, source, messages);
}

/// As [`refused`], where the project has these databases.
pub(crate) fn refused_by(dialects: &[Dialect], source: &str, messages: &[&str]) {
    let places = source.match_indices('§').map(|(at, _)| {
        let line = source[..at].lines().count().max(1);
        let before = source[..at].rsplit('\n').next().unwrap_or_default();
        let line = if source[..at].ends_with('\n') { line + 1 } else { line };
        (line, 1 + before.chars().filter(|c| *c != '§').count())
    });
    let mut places: Vec<_> = places.collect();
    places.resize(messages.len(), (0, 0));
    let expected: Vec<_> = places
        .iter()
        .zip(messages)
        .map(|((line, column), message)| format!("src/lib.rs:{line}:{column}: {message}"))
        .collect();
    let problems = TestPackage::lib(&source.replace('§', "")).dialects(dialects).problems();
    assert_eq!(problems, expected, "{source}");
}
