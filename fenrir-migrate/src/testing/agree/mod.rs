//! That a project's migrations make what its models say, on a real database.

#[cfg(feature = "mysql")]
mod mysql;
#[cfg(feature = "postgres")]
mod postgres;
#[cfg(feature = "sqlite")]
mod sqlite;

use std::collections::{BTreeMap, BTreeSet};

use diesel::QueryResult;
use diesel::connection::LoadConnection;
use fenrir_schema::{Dialect, Identifier, Table, Unmanaged};

use super::Contents;
use crate::database::{Database, MigratorBackend, sealed};
use crate::{Migrations, Migrator, in_full};

/// What a database says of its own schema: each of its parts, and what it is, in the database's words.
type Description = BTreeMap<String, String>;

/// How one database is looked at.
trait Catalog {
    /// What there is, but for the tables of the migrations' history.
    fn describe(&self, database: &mut dyn Database) -> QueryResult<Description>;

    /// What there would be if these statements ran in an empty database. They run apart from what there is,
    /// and leave nothing.
    fn describe_apart(&self, database: &mut dyn Database, sql: &str) -> QueryResult<Description>;
}

/// Asserts that a project's migrations make what its models say.
///
/// It applies those that the database has not, creates the models' tables beside them, and compares
/// what the database itself tells of the two. The tables beside are gone afterwards.
///
/// ```
/// # mod my_app { pub static MIGRATIONS: fenrir_migrate::Migrations = fenrir_migrate::Migrations::new(
/// #   r#"{"tables":{}}"#, &[(fenrir_migrate::Dialect::Sqlite, Some(&[]))]); }
/// #[fenrir_migrate::test(empty)]
/// fn migrations_match_the_models(connection: &mut diesel::SqliteConnection) {
///     fenrir_migrate::testing::assert_migrations_match_models(&my_app::MIGRATIONS, connection);
/// }
/// # fn main() {}
/// ```
///
/// # Panics
/// Where they differ, with each difference; and when the migrations do not run.
#[track_caller]
pub fn assert_migrations_match_models<C>(migrations: &'static Migrations, connection: &mut C)
where
    C: LoadConnection + 'static,
    C::Backend: MigratorBackend,
{
    if let Err(error) = Migrator::new(migrations).run(connection) {
        let there = matches!(error, crate::Error::TableExists { .. });
        let text = if there {
            "the database has tables, but no history: give this test `migrations = …` with these migrations, or `empty`"
                .to_owned()
        } else {
            in_full(&error)
        };
        panic!("the migrations do not run: {text}");
    }
    let dialect = <C::Backend as sealed::Backend>::DIALECT;
    let sql = Contents::tables_of(migrations).sql(dialect).unwrap_or_else(|error| panic!("{error}"));
    let catalog = catalog(dialect);
    let mut database = <C::Backend as sealed::Backend>::database(connection);
    let look = catalog.describe(&mut *database).and_then(|migrated| {
        let modelled = catalog.describe_apart(&mut *database, &sql)?;
        Ok((migrated, modelled))
    });
    let (migrated, modelled) = look.unwrap_or_else(|error| panic!("reading the catalog: {error}"));
    let differences = differences(&migrated, &modelled, &migrations.schema().unmanaged);
    assert!(
        differences.is_empty(),
        "on {}, the migrations do not make what the models say:{}\n\
         `fenrir migrate -m \"…\"` writes what is missing; what a migration's SQL was edited to do must be undone \
         there, or be said by the models",
        dialect.title(),
        differences.concat()
    );
}

fn catalog(dialect: Dialect) -> &'static dyn Catalog {
    match dialect {
        #[cfg(feature = "mysql")]
        Dialect::Mysql => &mysql::Mysql,
        #[cfg(feature = "postgres")]
        Dialect::Postgres => &postgres::Postgres,
        #[cfg(feature = "sqlite")]
        Dialect::Sqlite => &sqlite::Sqlite,
        #[allow(unreachable_patterns, reason = "where a database's feature is off")]
        _ => unreachable!("there is no connection to what is not compiled in"),
    }
}

fn differences(migrated: &Description, modelled: &Description, unmanaged: &Unmanaged) -> Vec<String> {
    let all = migrated.keys().chain(modelled.keys());
    let parts: BTreeSet<&String> = all.filter(|part| !is_of(unmanaged, part)).collect();
    let differ = |part: &&String| migrated.get(*part) != modelled.get(*part);
    let in_words = |part: &String| match (migrated.get(part), modelled.get(part)) {
        (Some(by_migrations), Some(by_models)) => {
            format!("\n- {part}: the migrations make it {by_migrations}, the models {by_models}")
        }
        (Some(_), None) => format!("\n- {part}: only the migrations make it"),
        _ => format!("\n- {part}: only the models have it"),
    };
    parts.into_iter().filter(differ).map(in_words).collect()
}

/// Whether a part belongs to what others make: a table, what is said of it by its name, an index that the
/// model has of it, or an enum.
fn is_of(unmanaged: &Unmanaged, part: &str) -> bool {
    let (part, place) = match part.rsplit_once("` of `") {
        Some((part, place)) => (part, Some(place.trim_end_matches('`'))),
        None => (part.trim_end_matches('`'), None),
    };
    let Some((kind, name)) = part.split_once(" `") else { return false };
    let of_table = |table: &Table| {
        let is_own = || {
            let rest = name.strip_prefix(table.name.name.as_str());
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        let keys = table.uniques.keys().chain(table.indexes.keys()).chain([&table.primary_key.name]);
        let mut keys = keys.map(Identifier::as_str);
        let mut sequences =
            table.columns.iter().map(|column| Identifier::generated([&table.name.name, &column.name], "seq"));
        table.name.schema.as_ref().map(Identifier::as_str) == place
            && (is_own()
                || kind == "index" && keys.any(|key| key == name)
                || kind == "sequence" && sequences.any(|sequence| sequence.as_str() == name))
    };
    unmanaged.tables.values().any(of_table) || unmanaged.enums.keys().any(|one| one.as_str() == name)
}

/// The rows of queries with two columns: a part, and what it is.
#[cfg(any(feature = "mysql", feature = "postgres"))]
fn read(database: &mut dyn Database, queries: &[&str]) -> QueryResult<Description> {
    let mut description = Description::new();
    for sql in queries {
        for row in database.rows(sql, &[])? {
            let mut row = row.into_iter().map(Option::unwrap_or_default);
            description.insert(row.next().unwrap_or_default(), row.next().unwrap_or_default());
        }
    }
    Ok(description)
}
