//! Migrations inside a binary.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use fenrir_schema::migration::{
    Chain, ChainError, Head, Link, PackedMigration, PackedObject, head_of_pack, message_of, unpack,
};
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
    source: Source,
}

/// Where the migrations are, for each database: none for one whose feature is off.
#[derive(Clone, Copy, Debug)]
enum Source {
    Listed(&'static [(Dialect, Option<&'static [EmbeddedMigration]>)]),
    Packed(&'static [(Dialect, Option<&'static str>)]),
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
    /// Whether that is not known, since somebody wrote what it does.
    pub down_loses_unknown: bool,
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
        down_loses_unknown: false,
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
    /// Migrations written by hand, beside a schema as JSON.
    #[doc(hidden)]
    #[must_use]
    pub const fn new(
        schema: &'static str,
        dialects: &'static [(Dialect, Option<&'static [EmbeddedMigration]>)],
    ) -> Self {
        Self { schema, settings: "{}", source: Source::Listed(dialects) }
    }

    /// What `embed_migrations!` calls.
    #[doc(hidden)]
    #[must_use]
    pub const fn packed(schema: &'static str, dialects: &'static [(Dialect, Option<&'static str>)]) -> Self {
        Self { schema, settings: "{}", source: Source::Packed(dialects) }
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
    ///
    /// # Panics
    /// Not for what `embed_migrations!` made: the macro wrote what this reads.
    #[must_use]
    pub fn of(&self, dialect: Dialect) -> Option<&'static [EmbeddedMigration]> {
        match self.source {
            Source::Listed(all) => of(all, dialect),
            Source::Packed(all) => of(all, dialect).map(unpacked),
        }
    }

    /// What tells at one look that a database has all of them; none where it has to be looked at more closely.
    pub(crate) fn head(&self, dialect: Dialect) -> Option<Head> {
        match self.source {
            Source::Listed(all) => {
                let mut all = of(all, dialect)?.to_vec();
                all.sort_by_key(|one| one.revision);
                let functions = all.iter().filter(|one| one.function).map(|one| one.revision.to_owned());
                let head = Head::of(all.iter().map(|one| (one.revision, one.checksum)));
                head.map(|head| head.with_functions(functions))
            }
            Source::Packed(all) => head_of_pack(of(all, dialect)?).ok()?,
        }
    }

    /// The databases that there are migrations for.
    pub fn dialects(&self) -> impl Iterator<Item = Dialect> + use<> {
        let dialects: Vec<_> = match self.source {
            Source::Listed(all) => all.iter().filter(|one| one.1.is_some()).map(|one| one.0).collect(),
            Source::Packed(all) => all.iter().filter(|one| one.1.is_some()).map(|one| one.0).collect(),
        };
        dialects.into_iter()
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

fn of<T: Copy>(all: &[(Dialect, Option<T>)], dialect: Dialect) -> Option<T> {
    all.iter().find(|(one, _)| *one == dialect).and_then(|(_, migrations)| *migrations)
}

/// The migrations of a pack. Each pack is unpacked once, and stays for as long as the program runs.
fn unpacked(pack: &'static str) -> &'static [EmbeddedMigration] {
    static UNPACKED: Mutex<BTreeMap<usize, &'static [EmbeddedMigration]>> = Mutex::new(BTreeMap::new());
    let mut all = UNPACKED.lock().unwrap_or_else(PoisonError::into_inner);
    all.entry(pack.as_ptr() as usize).or_insert_with(|| {
        let migrations = unpack(pack).expect("the macro wrote this pack");
        migrations.into_iter().map(EmbeddedMigration::of_pack).collect::<Vec<_>>().leak()
    })
}

fn leak(text: Cow<'static, str>) -> &'static str {
    match text {
        Cow::Borrowed(text) => text,
        Cow::Owned(text) => text.leak(),
    }
}

impl EmbeddedMigration {
    fn of_pack(packed: PackedMigration<'static>) -> Self {
        let (revision, checksum) = (packed.revision().leak(), packed.checksum().leak());
        let message = packed.message.unwrap_or_else(|| Cow::Owned(message_of(&packed.name)));
        let objects = |all: Vec<PackedObject>| {
            let object = |one| match one {
                PackedObject::Table(name) => Created::Table(name.leak()),
                PackedObject::Enum(name) => Created::Enum(name.leak()),
            };
            &*all.into_iter().map(object).collect::<Vec<_>>().leak()
        };
        let column = |name: Option<String>| name.map(|name| &*name.leak());
        let losses = packed.down_loses.into_iter().map(|(table, name)| (&*table.leak(), column(name)));
        let renames = packed.renames.into_iter();
        let renames = renames.map(|(table, name, new)| (&*table.leak(), column(name), &*new.leak()));
        Self {
            name: leak(packed.name),
            revision,
            parent: packed.parent.map(leak),
            message: leak(message),
            up: leak(packed.up),
            down: leak(packed.down),
            run_in_transaction: !packed.alone,
            compatible: packed.compatible,
            function: packed.function,
            checksum,
            schema: packed.schema.map(leak),
            creates: objects(packed.creates),
            drops: objects(packed.drops),
            down_loses: losses.collect::<Vec<_>>().leak(),
            down_loses_unknown: packed.down_loses_unknown,
            renames: renames.collect::<Vec<_>>().leak(),
        }
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
