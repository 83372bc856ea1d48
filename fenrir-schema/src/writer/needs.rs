//! What the package of the models depends on.

use std::collections::{BTreeMap, BTreeSet};

use crate::Dialect;

/// What `Cargo.toml` must have for the models to compile.
///
/// ```
/// use fenrir_schema::{Dialect, Schema, writer};
///
/// let needs = writer::write(&Schema::default(), Dialect::Sqlite, &writer::Options::default()).needs;
/// assert_eq!(needs.lines()[0], r#"diesel = { version = "2.3", features = ["sqlite"] }"#);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Needs {
    /// The database, after which the features of Diesel and Fenrir are named.
    pub dialect: Dialect,
    /// The features of Diesel beside its database's and the default ones.
    pub diesel_features: BTreeSet<&'static str>,
    /// The other crates whose types fields have, with their versions.
    pub crates: BTreeMap<&'static str, &'static str>,
}

impl Needs {
    pub(super) fn new(dialect: Dialect) -> Self {
        Self { dialect, diesel_features: BTreeSet::new(), crates: BTreeMap::new() }
    }

    /// Adds a crate, with the feature of Diesel by which its types are read and written.
    pub(super) fn add(&mut self, feature: &'static str, name: &'static str, version: &'static str) {
        self.diesel_features.insert(feature);
        self.crates.insert(name, version);
    }

    /// A table of so many columns, for which Diesel may want more than it compiles by itself.
    pub(super) fn columns(&mut self, count: usize) {
        match count {
            0..=32 => {}
            33..=64 => drop(self.diesel_features.insert("64-column-tables")),
            _ => drop(self.diesel_features.insert("128-column-tables")),
        }
    }

    /// The lines that stand under `[dependencies]`.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        let features = std::iter::once(self.dialect.name()).chain(self.diesel_features.iter().copied());
        let features: Vec<_> = features.map(|feature| format!("\"{feature}\"")).collect();
        let mut lines = vec![
            format!("diesel = {{ version = \"2.3\", features = [{}] }}", features.join(", ")),
            format!(
                "fenrir-migrate = {{ version = \"{}\", default-features = false, features = [\"{}\"] }}",
                env!("CARGO_PKG_VERSION").rsplit_once('.').map_or("0.1", |(minor, _)| minor),
                self.dialect.name()
            ),
        ];
        lines.extend(self.crates.iter().map(|(name, version)| format!("{name} = \"{version}\"")));
        lines.sort();
        lines
    }
}
