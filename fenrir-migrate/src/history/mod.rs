//! What a database knows of its migrations.

mod expressions;
mod head;
mod journal;
mod recorded;
mod state;
mod tables;

use std::time::Duration;

use fenrir_schema::Dialect;

use self::tables::{Layout, VERSIONED};
use crate::Error;
use crate::database::{Database, Row};
use crate::revisions::{Migration, Revisions};

pub(crate) use self::expressions::{MadeOf, read_expressions, write_expressions};
pub(crate) use self::head::{is_at, set_head};
pub(crate) use self::journal::{Entry, Journal};
pub(crate) use self::recorded::{Recorded, recorded};
pub(crate) use self::state::{Allowed, Direction, State};
pub(crate) use self::tables::{
    DIESEL_TABLE, FENRIR_TABLE, HEAD_TABLE, JOURNAL_TABLE, TABLES, create, create_sql, is_whole, missing_sql,
};

/// What is being done when it cannot be read.
pub(crate) const READING: &str = "reading the migrations' history";

/// The versions; what is half done; and what is known of versions that plain Diesel has reverted since, in one query. What
/// was done since is not half done, whatever the journal says.
const READ: &str = "\
SELECT d.version, f.checksum, CASE WHEN f.compatible = 1 THEN 'yes' END, NULL
FROM __diesel_schema_migrations d LEFT JOIN __fenrir_migrations f ON f.version = d.version
UNION ALL
SELECT j.version, NULL, CASE WHEN max(j.compatible) = 1 THEN 'yes' END, j.direction FROM __fenrir_journal j
WHERE (j.direction = 'up') <> EXISTS (SELECT 1 FROM __diesel_schema_migrations d WHERE d.version = j.version)
GROUP BY j.version, j.direction
UNION ALL
SELECT f.version, NULL, NULL, 'gone' FROM __fenrir_migrations f
WHERE NOT EXISTS (SELECT 1 FROM __diesel_schema_migrations d WHERE d.version = f.version)
ORDER BY 1";

/// The same of tables that lack a column.
const READ_LACKING: &str = "\
SELECT d.version, f.checksum, CASE WHEN f.compatible = 1 THEN 'yes' END, NULL
FROM __diesel_schema_migrations d LEFT JOIN __fenrir_migrations f ON f.version = d.version
UNION ALL
SELECT j.version, NULL, NULL, j.direction FROM __fenrir_journal j
WHERE (j.direction = 'up') <> EXISTS (SELECT 1 FROM __diesel_schema_migrations d WHERE d.version = j.version)
GROUP BY j.version, j.direction
ORDER BY 1";

const READ_OLDER: &str = "\
SELECT d.version, f.checksum, NULL, NULL
FROM __diesel_schema_migrations d LEFT JOIN __fenrir_migrations f ON f.version = d.version
ORDER BY 1";

const READ_DIESEL: &str = "SELECT version, NULL, NULL, NULL FROM __diesel_schema_migrations ORDER BY 1";

/// A revision that a database has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Applied {
    pub(crate) revision: String,
    /// The checksum that it had; none where plain Diesel applied it.
    pub(crate) checksum: Option<String>,
    /// Whether binaries that do not know it may run on a database that has it.
    pub(crate) compatible: bool,
}

/// Runs a query on the tables of the history, wherever those lie.
fn query(database: &mut dyn Database, sql: &str) -> diesel::QueryResult<Vec<Row>> {
    let sql = database.at_home(sql).into_owned();
    database.rows(&sql, &[])
}

/// Runs statements on the tables of the history, wherever those lie.
fn run(database: &mut dyn Database, sql: &str) -> diesel::QueryResult<()> {
    let sql = database.at_home(sql).into_owned();
    database.execute(&sql)
}

/// The same at the end of a transaction.
fn run_last(database: &mut dyn Database, sql: &str) -> diesel::QueryResult<()> {
    let sql = database.at_home(sql).into_owned();
    database.execute_last(&sql)
}

/// The history. Fails where the tables are not there.
pub(crate) fn read(database: &mut dyn Database) -> diesel::QueryResult<State> {
    query(database, READ).map(State::of_rows)
}

/// How many versions there are, and the newest; and which is half done.
const MARK: &str = "\
SELECT CAST(count(*) AS CHAR(20)), max(version), NULL FROM __diesel_schema_migrations
UNION ALL
SELECT NULL, min(j.version), NULL FROM __fenrir_journal j
WHERE (j.direction = 'up') <> EXISTS (SELECT 1 FROM __diesel_schema_migrations d WHERE d.version = j.version)";

/// The condition that holds where a database is where it was when it was read, and nothing is half done or left of
/// that: mostly so, and asked for in little time. None where it cannot hold.
pub(crate) fn still_sql(database: &dyn Database, state: &State) -> Option<String> {
    if state.half.is_some() {
        return None;
    }
    let newest = state.newest().map(|newest| database.dialect().literal(newest));
    let sql = format!(
        "(SELECT count(*) = {}{} FROM {DIESEL_TABLE}) AND NOT EXISTS (SELECT 1 FROM {JOURNAL_TABLE})",
        state.applied.len(),
        newest.map(|newest| format!(" AND max(version) = {newest}")).unwrap_or_default()
    );
    Some(database.at_home(&sql).into_owned())
}

/// Whether a database is where it was when it was read.
pub(crate) fn is_still(database: &mut dyn Database, state: &State) -> Result<bool, Error> {
    let half = state.half.as_ref().map(|half| half.revision.clone());
    Ok(mark(database)? == (state.applied.len(), state.newest().map(str::to_owned), half))
}

/// The same, but for the migration that is being done part by part: whether anything of that is in the journal. None where
/// the database has gone on.
pub(crate) fn is_still_but_for(
    database: &mut dyn Database,
    state: &State,
    journal: &Journal,
) -> Result<Option<bool>, Error> {
    let (count, newest, half) = mark(database)?;
    let is_begun = half.is_some();
    let is_ours = half.is_none_or(|half| half == journal.revision);
    let is_still = (count, newest) == (state.applied.len(), state.newest().map(str::to_owned));
    Ok((is_ours && is_still).then_some(is_begun))
}

fn mark(database: &mut dyn Database) -> Result<(usize, Option<String>, Option<String>), Error> {
    let sql = database.at_home(MARK).into_owned();
    let rows = database.repeated_rows(&sql).map_err(Error::database(READING))?;
    let mut half = None;
    let mut versions = (0, None);
    for row in rows {
        let mut row = row.into_iter();
        match (row.next().flatten(), row.next().flatten()) {
            (Some(count), newest) => versions = (count.trim().parse().unwrap_or_default(), newest),
            (None, version) => half = version,
        }
    }
    Ok((versions.0, versions.1, half))
}

/// The history, for those who only look: nothing where there are no tables of one.
pub(crate) fn look(database: &mut dyn Database) -> Result<State, Error> {
    Ok(look_at_any(database)?.unwrap_or_default())
}

/// The history, of tables of whatever version, or of plain Diesel's; none where there are none.
pub(crate) fn look_at_any(database: &mut dyn Database) -> Result<Option<State>, Error> {
    let sql = match tables::layout(database)? {
        Layout::None => return Ok(None),
        Layout::Diesel => READ_DIESEL,
        Layout::Older => READ_OLDER,
        Layout::Lacking => READ_LACKING,
        Layout::Whole => READ,
    };
    query(database, sql).map(State::of_rows).map(Some).map_err(Error::database(READING))
}

/// Records a migration as applied, on a database that is where `state` says. The head is found with the last of a run: until
/// then it is of versions that the database had, and so of no use.
pub(crate) fn insert(
    database: &mut dyn Database,
    state: &State,
    revisions: &Revisions,
    migration: &Migration,
    is_last: bool,
    duration: Duration,
) -> Result<(), Error> {
    let dialect = database.dialect();
    let mut sql = String::new();
    // Plain Diesel reverts a migration without what Fenrir knows of it.
    if state.is_gone(migration.revision()) {
        sql.push_str(&forget_sql(migration.revision(), dialect));
    }
    sql.push_str(&insert_sql(migration, dialect, duration)?);
    if is_last {
        let chain = state.chain_hash_after(revisions, migration, Direction::Up)?;
        sql.push_str(&head::set_sql(chain, dialect));
    }
    run_last(database, &sql).map_err(Error::database("recording a migration"))
}

/// The statements that record a migration, of whatever database: of its head nothing is known afterwards.
pub(crate) fn script_sql(migration: &Migration, dialect: Dialect) -> Result<String, Error> {
    let forget = forget_sql(migration.revision(), dialect);
    Ok(forget + &insert_sql(migration, dialect, Duration::ZERO)? + &head::set_sql(None, dialect))
}

fn forget_sql(revision: &str, dialect: Dialect) -> String {
    format!("DELETE FROM {FENRIR_TABLE} WHERE version = {};\n", dialect.literal(revision))
}

fn insert_sql(migration: &Migration, dialect: Dialect, duration: Duration) -> Result<String, Error> {
    let literal = |text: &str| dialect.literal(text);
    let revision = literal(migration.revision());
    // Of plain Diesel's nothing is known.
    let losses = match migration.down_loses()? {
        Some(losses) => literal(&serde_json::to_string(&losses).map_err(Error::catalog)?),
        None => "NULL".to_owned(),
    };
    Ok(format!(
        "INSERT INTO {DIESEL_TABLE} (version) VALUES ({revision});\n\
         INSERT INTO {FENRIR_TABLE} (version, parent, name, checksum, down_sql, down_loses, run_in_transaction, \
         compatible, schema_hash, duration_ms, fenrir_version)\n    \
         VALUES ({revision}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {});\n",
        migration.parent().map_or_else(|| "NULL".to_owned(), literal),
        literal(migration.name()),
        literal(&migration.checksum()?),
        literal(&migration.down()?),
        losses,
        u8::from(migration.run_in_transaction()),
        u8::from(migration.is_compatible()),
        literal(migration.schema_hash().unwrap_or_default()),
        duration.as_millis(),
        literal(env!("CARGO_PKG_VERSION")),
    ))
}

/// Records that so many migrations are applied, and those behind them are not.
#[cfg(feature = "cli")]
pub(crate) fn stamp(
    database: &mut dyn Database,
    state: &mut State,
    revisions: &Revisions,
    target: usize,
) -> Result<(), Error> {
    let (applied, not) = revisions.all().split_at(target);
    for migration in not.iter().rev() {
        if state.has(migration.revision()) {
            delete(database, state, revisions, migration)?;
            state.went(migration, Direction::Down)?;
        }
    }
    for migration in applied {
        if !state.has(migration.revision()) {
            insert(database, state, revisions, migration, true, Duration::ZERO)?;
            state.went(migration, Direction::Up)?;
        }
    }
    Ok(())
}

/// Forgets a migration, also where it is half done, of a database that is where `state` says.
pub(crate) fn delete(
    database: &mut dyn Database,
    state: &State,
    revisions: &Revisions,
    migration: &Migration,
) -> Result<(), Error> {
    let chain = state.chain_hash_after(revisions, migration, Direction::Down)?;
    let sql = delete_sql(migration.revision(), chain, database.dialect());
    run_last(database, &sql).map_err(Error::database("recording a revert"))
}

/// Forgets all that is recorded.
#[cfg(feature = "cli")]
pub(crate) fn purge(database: &mut dyn Database) -> Result<(), Error> {
    let forgotten = VERSIONED.map(|table| format!("DELETE FROM {table};\n")).concat();
    let sql = forgotten + &head::set_sql(None, database.dialect());
    run(database, &sql).map_err(Error::database("forgetting the history"))
}

/// The statements that [`delete`] runs; `chain` is the hash of all that are applied then, where that is certain.
pub(crate) fn delete_sql(revision: &str, chain: Option<&str>, dialect: Dialect) -> String {
    let revision = dialect.literal(revision);
    let deleted =
        VERSIONED.map(|table| format!("DELETE FROM {table} WHERE version = {revision};\n")).concat();
    deleted + &head::set_sql(chain, dialect)
}

/// The migrations whose SQL is not what was applied.
pub(crate) fn edited<'a>(revisions: &'a Revisions, state: &State) -> Result<Vec<&'a str>, Error> {
    let mut edited = Vec::new();
    for migration in revisions.all() {
        if let Some(applied) = state.find(migration.revision()) {
            if applied.is_edited(migration)? {
                edited.push(migration.name());
            }
        }
    }
    Ok(edited)
}

impl Applied {
    pub(crate) fn is_edited(&self, migration: &Migration) -> Result<bool, Error> {
        match &self.checksum {
            Some(checksum) => Ok(migration.checksum()? != *checksum),
            None => Ok(false),
        }
    }
}
