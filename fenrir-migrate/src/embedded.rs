//! Migrations inside a binary.

use fenrir_schema::migration::{Chain, ChainError, Link};
use fenrir_schema::{Dialect, RunSettings, Schema};

/// A project's migrations, as [`embed_migrations!`](crate::embed_migrations) puts them into a binary,
/// for each database that is compiled in.
///
/// It is a [`MigrationSource`](diesel::migration::MigrationSource) too, so that Diesel's own harness
/// runs it: without the lock and the checks of a [`Migrator`](crate::Migrator).
#[derive(Clone, Copy, Debug)]
pub struct Migrations {
    schema: &'static str,
    settings: &'static str,
    dialects: &'static [(Dialect, Option<&'static [EmbeddedMigration]>)],
}

/// One migration inside a binary.
#[derive(Clone, Copy, Debug)]
pub struct EmbeddedMigration {
    /// The name of its folder.
    pub name: &'static str,
    /// Its revision id.
    pub revision: &'static str,
    /// The revision that it follows; none for the first.
    pub parent: Option<&'static str>,
    /// What it does, as it was given to `fenrir migrate -m`.
    pub message: &'static str,
    /// The text of `up.sql`.
    pub up: &'static str,
    /// The text of `down.sql`; that of plain Diesel's migration is empty where there is none.
    pub down: &'static str,
    /// Whether it runs inside a transaction that the runner opens.
    pub run_in_transaction: bool,
    /// Whether binaries that do not know this migration may run on a database that has it.
    pub compatible: bool,
    /// Whether a function of the application's is a part of it: see
    /// [`Migrator::function`](crate::Migrator::function).
    pub function: bool,
    /// The SHA-256 of its parent and its SQL.
    pub checksum: &'static str,
    /// The hash of the schema that results; none where plain Diesel's migration does not say.
    pub schema: Option<&'static str>,
    /// What it creates.
    pub creates: &'static [Created],
    /// What it drops.
    pub drops: &'static [Created],
    /// The tables, and columns of tables, that reverting it would drop.
    pub down_loses: &'static [(&'static str, Option<&'static str>)],
    /// The tables, and columns of tables, that it renames, in order, each with its new name.
    pub renames: &'static [(&'static str, Option<&'static str>, &'static str)],
}

impl EmbeddedMigration {
    /// One that does nothing and has no name, to be given what it is to have.
    pub const EMPTY: Self = Self {
        name: "",
        revision: "",
        parent: None,
        message: "",
        up: "",
        down: "",
        run_in_transaction: true,
        compatible: false,
        function: false,
        checksum: "",
        schema: None,
        creates: &[],
        drops: &[],
        down_loses: &[],
        renames: &[],
    };
}

/// What a migration creates or drops under a name of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Created {
    /// A table of that name.
    Table(&'static str),
    /// An enum of that name.
    Enum(&'static str),
}

impl Migrations {
    /// What `embed_migrations!` calls.
    #[doc(hidden)]
    #[must_use]
    pub const fn new(
        schema: &'static str,
        dialects: &'static [(Dialect, Option<&'static [EmbeddedMigration]>)],
    ) -> Self {
        Self { schema, settings: "{}", dialects }
    }

    /// With the settings of `fenrir.toml`, as JSON.
    #[doc(hidden)]
    #[must_use]
    pub const fn with_settings(self, settings: &'static str) -> Self {
        Self { settings, ..self }
    }

    /// How the migrations run, as `fenrir.toml` said when the binary was built.
    ///
    /// # Panics
    /// Not for what `embed_migrations!` made: the build step wrote the JSON that this reads.
    #[must_use]
    pub fn settings(&self) -> RunSettings {
        serde_json::from_str(self.settings).expect("the build step wrote this JSON")
    }

    /// The migrations for a database, in their order; none where the project has none for it, or its
    /// feature of `fenrir-migrate` was off.
    #[must_use]
    pub fn of(&self, dialect: Dialect) -> Option<&'static [EmbeddedMigration]> {
        self.dialects.iter().find(|(one, _)| *one == dialect).and_then(|(_, migrations)| *migrations)
    }

    /// The databases that there are migrations for.
    pub fn dialects(&self) -> impl Iterator<Item = Dialect> + use<> {
        self.dialects.iter().filter(|(_, migrations)| migrations.is_some()).map(|(dialect, _)| *dialect)
    }

    /// The schema that the models had when the binary was built.
    ///
    /// # Panics
    /// Not for what `embed_migrations!` made: the build step wrote the JSON that this reads.
    #[must_use]
    pub fn schema(&self) -> Schema {
        serde_json::from_str(self.schema).expect("the build step wrote this JSON")
    }
}

/// The order of embedded migrations.
pub(crate) fn chain(migrations: &[EmbeddedMigration]) -> Result<Chain, ChainError> {
    let links = migrations.iter().map(|migration| Link {
        revision: migration.revision.to_owned(),
        parent: migration.parent.map(str::to_owned),
        name: migration.name.to_owned(),
    });
    Chain::new(links.collect())
}
