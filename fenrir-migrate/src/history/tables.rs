//! The tables of the history: Diesel's own of the versions, and ours beside it.

use fenrir_schema::{Dialect, Identifier};

use super::run;
use crate::Error;
use crate::database::Database;

/// Diesel's own table, which `diesel migration list` reads.
pub(crate) const DIESEL_TABLE: &str = "__diesel_schema_migrations";
/// What Fenrir knows beside that of each version.
pub(crate) const FENRIR_TABLE: &str = "__fenrir_migrations";
/// Where a migration stands that is not done in one transaction.
pub(crate) const JOURNAL_TABLE: &str = "__fenrir_journal";
/// What tells at one look that a database has all migrations.
pub(crate) const HEAD_TABLE: &str = "__fenrir_head";
/// What the database made of the models' expressions.
pub(crate) const EXPRESSIONS_TABLE: &str = "__fenrir_expressions";

/// Those that say something of a version.
pub(super) const VERSIONED: [&str; 3] = [JOURNAL_TABLE, FENRIR_TABLE, DIESEL_TABLE];

/// All of them.
pub(crate) const TABLES: [&str; 5] =
    [EXPRESSIONS_TABLE, HEAD_TABLE, JOURNAL_TABLE, FENRIR_TABLE, DIESEL_TABLE];

/// The statements that create them where they are not there.
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
    name VARCHAR(255),
    checksum VARCHAR(64) NOT NULL,
    down_sql ANY_TEXT NOT NULL,
    down_loses ANY_TEXT,
    run_in_transaction SMALLINT,
    compatible SMALLINT,
    schema_hash VARCHAR(64) NOT NULL,
    applied_at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,
    duration_ms BIGINT NOT NULL,
    fenrir_version VARCHAR(50) NOT NULL
);
CREATE TABLE IF NOT EXISTS __fenrir_journal (
    version VARCHAR(50) NOT NULL,
    number INTEGER NOT NULL,
    direction VARCHAR(4) NOT NULL,
    hash VARCHAR(64) NOT NULL,
    state VARCHAR(6) NOT NULL,
    statement ANY_TEXT NOT NULL,
    note ANY_TEXT,
    compatible SMALLINT,
    started_at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,
    PRIMARY KEY (version, number)
);
CREATE TABLE IF NOT EXISTS __fenrir_head (
    id SMALLINT PRIMARY KEY NOT NULL,
    chain_hash VARCHAR(64)
);
INSERT INTO __fenrir_head (id, chain_hash)
    SELECT 1, NULL FROM (SELECT count(*) AS heads FROM __fenrir_head) there WHERE heads = 0;
";

/// What an older version of Fenrir did not keep, the newest first.
const ADDED: [(&str, &str, &str); 5] = [
    (JOURNAL_TABLE, "compatible", "SMALLINT"),
    (FENRIR_TABLE, "name", "VARCHAR(255)"),
    (FENRIR_TABLE, "down_loses", "ANY_TEXT"),
    (FENRIR_TABLE, "run_in_transaction", "SMALLINT"),
    (FENRIR_TABLE, "compatible", "SMALLINT"),
];

/// Which of the tables are there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Layout {
    /// None.
    None,
    /// Diesel's alone: plain Diesel was here.
    Diesel,
    /// Those of a version of Fenrir without a journal.
    Older,
    /// Those of a version of Fenrir that kept less.
    Lacking,
    /// All.
    Whole,
}

pub(super) fn layout(database: &mut dyn Database) -> Result<Layout, Error> {
    if !is_there(database, DIESEL_TABLE)? {
        Ok(Layout::None)
    } else if !is_there(database, FENRIR_TABLE)? {
        Ok(Layout::Diesel)
    } else if !is_there(database, JOURNAL_TABLE)? {
        Ok(Layout::Older)
    } else if is_whole(database)? {
        Ok(Layout::Whole)
    } else {
        Ok(Layout::Lacking)
    }
}

/// Whether the tables of the history are all there, with the newest column of those that had fewer.
pub(crate) fn is_whole(database: &mut dyn Database) -> Result<bool, Error> {
    Ok(is_there(database, HEAD_TABLE)? && has_column(database, JOURNAL_TABLE, ADDED[0].1)?)
}

fn has_column(database: &mut dyn Database, table: &str, column: &str) -> Result<bool, Error> {
    let table = Identifier::new(table).map_err(Error::catalog)?.into();
    let column = Identifier::new(column).map_err(Error::catalog)?;
    database.has_column(&table, &column).map_err(Error::database(super::READING))
}

pub(super) fn is_there(database: &mut dyn Database, table: &str) -> Result<bool, Error> {
    let name = Identifier::new(table).map_err(Error::catalog)?;
    database.has_table(&name.into()).map_err(Error::database(super::READING))
}

/// Creates the tables where they are not there, and adds to those of an older version what they lack.
pub(crate) fn create(database: &mut dyn Database) -> Result<(), Error> {
    let doing = "creating the tables of the migrations' history";
    let sql = missing_sql(database)?;
    run(database, &sql).map_err(Error::database(doing))
}

/// The statements that make what a database lacks of the history; what is there already does no harm. Each is right by
/// itself, where each commits by itself.
pub(crate) fn missing_sql(database: &mut dyn Database) -> Result<String, Error> {
    let dialect = database.dialect();
    let mut sql = String::new();
    for (table, column, sql_type) in ADDED {
        if is_there(database, table)? && !has_column(database, table, column)? {
            let sql_type = sql_type.replace("ANY_TEXT", dialect.any_text());
            sql.push_str(&format!("ALTER TABLE {table} ADD COLUMN {column} {sql_type};\n"));
        }
    }
    Ok(sql + &create_sql(dialect))
}
