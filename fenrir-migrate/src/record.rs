//! What a database knows of its migrations: Diesel's table of versions, and ours beside it.

use std::time::Duration;

use crate::database::Database;
use crate::revisions::{Migration, Revisions};
use crate::{Dialect, Error, Identifier};

/// Diesel's own table, which `diesel migration list` reads.
pub(crate) const DIESEL_TABLE: &str = "__diesel_schema_migrations";
/// What Fenrir knows beside that.
pub(crate) const FENRIR_TABLE: &str = "__fenrir_migrations";

/// The statements that create the two where they are not there.
pub(crate) fn create_sql(dialect: Dialect) -> String {
    CREATE.replace("ANY_TEXT", dialect.any_text())
}

const CREATE: &str = "\
CREATE TABLE IF NOT EXISTS __diesel_schema_migrations (
    version VARCHAR(50) PRIMARY KEY NOT NULL,
    run_on TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP
);
CREATE TABLE IF NOT EXISTS __fenrir_migrations (
    version VARCHAR(50) PRIMARY KEY NOT NULL,
    parent VARCHAR(50),
    checksum VARCHAR(64) NOT NULL,
    down_sql ANY_TEXT NOT NULL,
    schema_hash VARCHAR(64) NOT NULL,
    applied_at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,
    duration_ms BIGINT NOT NULL,
    fenrir_version VARCHAR(50) NOT NULL
);
";

const READ: &str = "\
SELECT d.version, f.checksum
FROM __diesel_schema_migrations d LEFT JOIN __fenrir_migrations f ON f.version = d.version
ORDER BY d.version";

/// A revision that a database has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Applied {
    pub(crate) revision: String,
    /// The checksum that it had; none where plain Diesel applied it.
    pub(crate) checksum: Option<String>,
}

/// Creates the tables where they are not there.
pub(crate) fn create(database: &mut dyn Database) -> Result<(), Error> {
    let sql = create_sql(database.dialect());
    database.execute(&sql).map_err(Error::database("creating the tables of the migrations' history"))
}

/// The revisions that a database has, in their order. Fails where the tables are not there.
pub(crate) fn read(database: &mut dyn Database) -> diesel::QueryResult<Vec<Applied>> {
    let rows = database.rows(READ, &[])?;
    Ok(rows
        .into_iter()
        .filter_map(|row| {
            let mut row = row.into_iter();
            Some(Applied { revision: row.next()??, checksum: row.next()? })
        })
        .collect())
}

/// The revisions that a database has, none where it has no history: for those who only look.
pub(crate) fn look(database: &mut dyn Database) -> Result<Vec<Applied>, Error> {
    let doing = "reading the migrations' history";
    let there = |database: &mut dyn Database, name: &str| match Identifier::new(name) {
        Ok(name) => database.has_table(&name.into()).map_err(Error::database(doing)),
        Err(_) => Ok(false),
    };
    if there(database, FENRIR_TABLE)? {
        return read(database).map_err(Error::database(doing));
    }
    if !there(database, DIESEL_TABLE)? {
        return Ok(Vec::new());
    }
    // Plain Diesel was here first.
    let rows = database
        .rows("SELECT version FROM __diesel_schema_migrations ORDER BY version", &[])
        .map_err(Error::database(doing))?;
    let versions = rows.into_iter().filter_map(|row| row.into_iter().next().flatten());
    Ok(versions.map(|revision| Applied { revision, checksum: None }).collect())
}

pub(crate) fn insert(
    database: &mut dyn Database,
    migration: &Migration,
    checksum: &str,
    duration: Duration,
) -> Result<(), Error> {
    let doing = "recording a migration";
    let one = database.placeholder(1);
    database
        .write(
            &format!("INSERT INTO __diesel_schema_migrations (version) VALUES ({one})"),
            &[migration.revision()],
        )
        .map_err(Error::database(doing))?;
    let values: Vec<_> = (1..=5).map(|number| database.placeholder(number)).collect();
    let parent = migration.parent().unwrap_or_default();
    let sql = format!(
        "INSERT INTO __fenrir_migrations \
         (version, parent, checksum, down_sql, schema_hash, duration_ms, fenrir_version) \
         VALUES ({}, NULLIF({}, ''), {}, {}, {}, {}, '{}')",
        values[0],
        values[1],
        values[2],
        values[3],
        values[4],
        duration.as_millis(),
        env!("CARGO_PKG_VERSION"),
    );
    let down = migration.down()?;
    let schema_hash = migration.schema_hash().unwrap_or_default();
    let binds = [migration.revision(), parent, checksum, &down, schema_hash];
    database.write(&sql, &binds).map_err(Error::database(doing))
}

pub(crate) fn delete(database: &mut dyn Database, revision: &str) -> Result<(), Error> {
    for table in [DIESEL_TABLE, FENRIR_TABLE] {
        let sql = format!("DELETE FROM {table} WHERE version = {}", database.placeholder(1));
        database.write(&sql, &[revision]).map_err(Error::database("recording a revert"))?;
    }
    Ok(())
}

/// The statements that [`insert`] runs, for a script.
pub(crate) fn insert_sql(migration: &Migration, dialect: Dialect) -> Result<String, Error> {
    let literal = |text: &str| dialect.literal(text);
    let revision = literal(migration.revision());
    Ok(format!(
        "INSERT INTO __diesel_schema_migrations (version) VALUES ({revision});\n\
         INSERT INTO __fenrir_migrations (version, parent, checksum, down_sql, schema_hash, duration_ms, fenrir_version)\n    \
         VALUES ({revision}, {}, {}, {}, {}, 0, {});\n",
        migration.parent().map_or_else(|| "NULL".to_owned(), literal),
        literal(&migration.checksum()?),
        literal(&migration.down()?),
        literal(migration.schema_hash().unwrap_or_default()),
        literal(env!("CARGO_PKG_VERSION")),
    ))
}

/// The statements that [`delete`] runs, for a script.
pub(crate) fn delete_sql(revision: &str, dialect: Dialect) -> String {
    let revision = dialect.literal(revision);
    [DIESEL_TABLE, FENRIR_TABLE]
        .map(|table| format!("DELETE FROM {table} WHERE version = {revision};\n"))
        .concat()
}

/// How many of the migrations a database has: the first so many, each with the text that it had.
pub(crate) fn position(revisions: &Revisions, applied: &[Applied]) -> Result<usize, Error> {
    if let Some(unknown) = applied.iter().rev().find(|one| revisions.chain.position(&one.revision).is_none())
    {
        return Err(Error::UnknownRevision { revision: unknown.revision.clone() });
    }
    for (migration, one) in revisions.all().iter().zip(applied) {
        if migration.revision() != one.revision {
            let later = revisions.all().iter().find(|later| later.revision() == one.revision);
            return Err(Error::OutOfOrder {
                missing: migration.name().to_owned(),
                applied: later.map_or(one.revision.as_str(), |later| later.name()).to_owned(),
            });
        }
    }
    Ok(applied.len())
}

/// That the SQL of applied migrations is what was applied.
pub(crate) fn check_texts(revisions: &Revisions, applied: &[Applied]) -> Result<(), Error> {
    for (migration, one) in revisions.all().iter().zip(applied) {
        if is_edited(migration, one)? {
            return Err(Error::Edited { name: migration.name().to_owned() });
        }
    }
    Ok(())
}

fn is_edited(migration: &Migration, applied: &Applied) -> Result<bool, Error> {
    match &applied.checksum {
        Some(checksum) => Ok(migration.checksum()? != *checksum),
        None => Ok(false),
    }
}

/// The migrations whose SQL is not what was applied.
pub(crate) fn edited<'a>(revisions: &'a Revisions, applied: &[Applied]) -> Result<Vec<&'a str>, Error> {
    let mut edited = Vec::new();
    for migration in revisions.all() {
        if let Some(one) = applied.iter().find(|one| one.revision == migration.revision()) {
            if is_edited(migration, one)? {
                edited.push(migration.name());
            }
        }
    }
    Ok(edited)
}
