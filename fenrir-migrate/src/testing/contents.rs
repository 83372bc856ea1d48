//! What a test's database holds when the test begins.

use std::borrow::Cow;
use std::collections::BTreeSet;

use diesel::connection::LoadConnection;
use fenrir_schema::{Dialect, Renames, Schema, TableName, diff};

use super::Error;
use crate::database::{MigratorBackend, sealed};
use crate::history::TABLES;
use crate::{Created, Migrations, Migrator, Model, Table, in_full};

/// What a test's database holds when the test begins.
///
/// ```
/// use diesel::SqliteConnection;
/// use fenrir_migrate::testing::{Contents, TestDatabase};
///
/// let database = TestDatabase::<SqliteConnection>::with(&Contents::empty());
/// let connection = database.connect();
/// ```
#[derive(Clone, Debug)]
pub struct Contents(Kind);

#[derive(Clone, Debug)]
enum Kind {
    Empty,
    Tables(&'static [(Dialect, &'static str)]),
    TablesOf(&'static Migrations),
    Models(Vec<ModelTable>),
    Migrated(&'static Migrations),
}

/// What is known of a model.
#[derive(Clone, Debug)]
struct ModelTable {
    table: fn() -> Table,
    create: &'static [(Dialect, &'static [&'static str])],
}

impl ModelTable {
    fn of<M: Model>() -> Self {
        Self { table: M::table, create: M::CREATE_TABLE_SQL }
    }
}

impl Contents {
    /// Nothing.
    #[must_use]
    pub fn empty() -> Self {
        Self(Kind::Empty)
    }

    /// The tables of the models that these migrations were embedded beside, created in one batch. No
    /// migration runs, and none is recorded.
    #[must_use]
    pub fn tables_of(migrations: &'static Migrations) -> Self {
        Self(Kind::TablesOf(migrations))
    }

    /// What these migrations make, each of which runs and is recorded.
    #[must_use]
    pub fn migrated(migrations: &'static Migrations) -> Self {
        Self(Kind::Migrated(migrations))
    }

    /// The table of one model; [`and_model`](Self::and_model) adds others.
    #[must_use]
    pub fn model<M: Model>() -> Self {
        Self(Kind::Models(vec![ModelTable::of::<M>()]))
    }

    /// The table of this model too. Those that its foreign keys point at must be among them, in any
    /// order.
    ///
    /// # Panics
    /// Where there is something else than models.
    #[must_use]
    pub fn and_model<M: Model>(mut self) -> Self {
        match &mut self.0 {
            Kind::Models(models) => models.push(ModelTable::of::<M>()),
            _ => panic!("`and_model` adds a model to those of `Contents::model`"),
        }
        self
    }

    /// What the macro has of the whole schema.
    #[doc(hidden)]
    #[must_use]
    pub fn tables(sql: &'static [(Dialect, &'static str)]) -> Self {
        Self(Kind::Tables(sql))
    }

    #[cfg(feature = "postgres")]
    pub(super) fn is_empty(&self) -> bool {
        matches!(self.0, Kind::Empty)
    }

    /// What two of them share if, and only if, they are the same in this dialect.
    pub(super) fn key(&self, dialect: Dialect) -> Result<String, Error> {
        let text = match &self.0 {
            Kind::Migrated(migrations) => {
                let all = migrations.of(dialect).unwrap_or_default();
                let mut parts: Vec<_> = all.iter().map(|migration| migration.checksum).collect();
                let unmanaged = create_unmanaged(migrations, dialect)?;
                parts.push(&unmanaged);
                parts.join(" ").into()
            }
            _ => self.sql(dialect)?,
        };
        let key = format!("{dialect} {} {text}", env!("CARGO_PKG_VERSION"));
        Ok(fenrir_schema::digest::of_this_build(&key))
    }

    /// Puts them into a database that is empty.
    pub(super) fn fill<C>(&self, connection: &mut C) -> Result<(), Error>
    where
        C: LoadConnection + 'static,
        C::Backend: MigratorBackend,
    {
        let dialect = <C::Backend as sealed::Backend>::DIALECT;
        if let Kind::Migrated(migrations) = &self.0 {
            let sql = create_unmanaged(migrations, dialect)?;
            if !sql.is_empty() {
                connection
                    .batch_execute(&sql)
                    .map_err(|error| Error::because("creating the tables that are not managed", error))?;
            }
            let result = Migrator::new(migrations).run(connection);
            return result
                .map(drop)
                .map_err(|error| Error::because("migrating a test's database", in_full(&error)));
        }
        let sql = self.sql(dialect)?;
        if sql.is_empty() {
            return Ok(());
        }
        connection
            .batch_execute(&format!("BEGIN;\n{sql}COMMIT;"))
            .map_err(|error| Error::because("creating the tables of a test's database", error))
    }

    /// The statements that create the tables, each ended by `;`.
    pub(super) fn sql(&self, dialect: Dialect) -> Result<Cow<'static, str>, Error> {
        match &self.0 {
            Kind::Empty | Kind::Migrated(_) => Ok(Cow::Borrowed("")),
            Kind::Tables(all) => of(all, dialect).map(Cow::Borrowed),
            Kind::TablesOf(migrations) => {
                if migrations.of(dialect).is_none() {
                    return Err(not_for(dialect));
                }
                create(&migrations.schema().with_unmanaged(), dialect).map(Cow::Owned)
            }
            Kind::Models(models) => create_models(models, dialect).map(Cow::Owned),
        }
    }
}

fn of<T: Copy>(all: &[(Dialect, T)], dialect: Dialect) -> Result<T, Error> {
    let found = all.iter().find(|(one, _)| *one == dialect);
    found.map(|(_, value)| *value).ok_or_else(|| not_for(dialect))
}

fn not_for(dialect: Dialect) -> Error {
    Error::new(format!(
        "these models are not for {}: name `{dialect}` among the `dialects` of their `fenrir.toml`",
        dialect.title()
    ))
}

fn create(schema: &Schema, dialect: Dialect) -> Result<String, Error> {
    let empty = Schema::default();
    let changes = diff(&empty, schema, &Renames::default());
    let script = dialect.script(&empty, &changes);
    let script = script.map_err(|error| Error::because("creating the models' tables", in_full(&error)))?;
    Ok(script.bare_sql())
}

/// The tables of others that migrations count on: those that they make themselves are none. A foreign key to
/// a table that is not there yet is left out.
fn create_unmanaged(migrations: &Migrations, dialect: Dialect) -> Result<String, Error> {
    let mut schema =
        Schema { unmanaged: migrations.schema().unmanaged, ..Schema::default() }.with_unmanaged();
    let all = migrations.of(dialect).unwrap_or_default();
    let made = || all.iter().flat_map(|migration| migration.creates);
    schema.tables.retain(|name, _| {
        let text = name.to_text();
        // Those of the history are made by whoever keeps it.
        let is_history = TABLES.contains(&text.as_str());
        !is_history && !made().any(|made| matches!(made, Created::Table(made) if *made == text))
    });
    schema
        .enums
        .retain(|name, _| !made().any(|made| matches!(made, Created::Enum(made) if *made == name.as_str())));
    let there: BTreeSet<_> = schema.tables.keys().cloned().collect();
    for table in schema.tables.values_mut() {
        table.foreign_keys.retain(|_, key| there.contains(&key.references));
    }
    create(&schema, dialect)
}

/// The models' tables, each after those that it points at; an enum that two of them have once.
fn create_models(models: &[ModelTable], dialect: Dialect) -> Result<String, Error> {
    let mut schema = Schema::default();
    for model in models {
        let table = (model.table)();
        schema.tables.insert(table.name.clone(), table);
    }
    for table in schema.tables.values() {
        let keys = table.foreign_keys.values();
        if let Some(missing) = keys.map(|key| &key.references).find(|name| !schema.tables.contains_key(name))
        {
            return Err(Error::new(format!(
                "the table `{}` refers to `{missing}`, whose model is not among those of this test: add that to `models(…)`",
                table.name
            )));
        }
    }
    let names: BTreeSet<&TableName> = schema.tables.keys().collect();
    let mut seen = BTreeSet::new();
    let mut sql = String::new();
    for name in schema.creation_order(&names) {
        let model = models.iter().find(|model| (model.table)().name == *name);
        let statements = model.map_or(Ok(&[][..]), |model| of(model.create, dialect))?;
        for statement in statements.iter().filter(|statement| seen.insert(**statement)) {
            sql.push_str(statement);
            sql.push_str(";\n");
        }
    }
    Ok(sql)
}
