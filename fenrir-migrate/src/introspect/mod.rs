//! What a live database is: its schema, read from its own catalog, and how it differs from the models'.
//!
//! ```
//! use diesel::{Connection, SqliteConnection, connection::SimpleConnection};
//! use fenrir_migrate::introspect::{self, Options};
//!
//! let mut connection = SqliteConnection::establish(":memory:")?;
//! connection.batch_execute("CREATE TABLE page (id INTEGER NOT NULL PRIMARY KEY); CREATE VIEW v AS SELECT 1")?;
//! let live = introspect::read(&mut connection, &Options::default())?;
//! assert_eq!(live.schema.tables.len(), 1);
//! assert_eq!(live.unmanaged[0].to_string(), "view `v`");
//!
//! let comparison = introspect::compare(&mut connection, &live.schema, &live)?;
//! assert!(comparison.is_equal());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod builder;
mod compare;
mod extensions;
#[cfg(feature = "mysql")]
mod mysql;
mod others;
#[cfg(feature = "postgres")]
mod postgres;
#[cfg_attr(
    not(all(feature = "mysql", feature = "postgres")),
    allow(dead_code, reason = "not every database is asked, or all of it")
)]
mod questions;
mod record;
#[cfg(feature = "sqlite")]
mod sqlite;
#[cfg(feature = "cli")]
mod two;
mod unmanaged;

use std::collections::{BTreeMap, BTreeSet};

use diesel::connection::LoadConnection;
use fenrir_schema::{Dialect, ForeignKey, Identifier, OptionWord, Schema, TableName};

use self::questions::{Answer, Question};
pub(crate) use self::record::record;
#[cfg(feature = "cli")]
pub(crate) use self::{compare::Sides, others::at_home, two::settle, unmanaged::in_one_line};
pub use self::{
    compare::{Comparison, NotCompared},
    unmanaged::{Unmanaged, UnmanagedKind},
};
use crate::Error;
use crate::database::{Database, MigratorBackend, sealed};
use crate::history::MadeOf;

/// What is read of a database.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Options {
    /// The PostgreSQL schemas that are read beside the one in which tables are made where nothing is said
    /// (the first of `search_path`). One that is not there is read as if nothing were in it. The other databases
    /// have no schemas, and are read whole.
    pub schemas: BTreeSet<Identifier>,
    /// Whether all schemas of PostgreSQL are read, but its own and those that extensions made.
    pub all_schemas: bool,
}

impl Options {
    /// To read all schemas of PostgreSQL, but its own and those that extensions made.
    ///
    /// ```
    /// use fenrir_migrate::introspect::Options;
    ///
    /// assert!(Options::all().all_schemas);
    /// ```
    #[must_use]
    pub fn all() -> Self {
        Self { all_schemas: true, ..Self::default() }
    }

    /// To read the PostgreSQL schemas that the tables of this schema lie in.
    #[must_use]
    pub fn for_schema(schema: &Schema) -> Self {
        let schemas = schema.tables.keys().filter_map(|table| table.schema.clone()).collect();
        Self { schemas, all_schemas: false }
    }

    /// To read this PostgreSQL schema too.
    #[must_use]
    pub fn and(mut self, schema: Identifier) -> Self {
        self.schemas.insert(schema);
        self
    }
}

/// What is in a database, but for Fenrir's own tables of the migrations' history, and what extensions made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Live {
    /// What models can say: tables with all that belongs to them, and enums. A table that has no primary key
    /// has one of no columns here ([`Table::has_primary_key`](crate::Table::has_primary_key)).
    pub schema: Schema,
    /// What they cannot say, by kind, table and name.
    pub unmanaged: Vec<Unmanaged>,
    /// The PostgreSQL schema in which tables are made where nothing is said: that of the tables and enums whose
    /// names have none.
    pub home: Option<Identifier>,
    /// The PostgreSQL schemas that were read and are there.
    pub schemas: BTreeSet<String>,
    /// The collation that a table of MySQL's or MariaDB's has of which only the character set is said, by the
    /// character set: of `utf8mb4`, and of those that tables are in.
    pub collations: BTreeMap<OptionWord, OptionWord>,
    /// Whether names of tables that differ in case only are one: to MySQL and MariaDB that is a setting of the
    /// server (<https://mariadb.com/kb/en/identifier-case-sensitivity/>).
    pub folds_table_case: bool,
    /// The foreign keys to tables that were not read, or that models cannot be: the table, and the key's name.
    pub outward: Vec<(TableName, Identifier, ForeignKey)>,
    /// The tables that a migration can neither make as they are nor change, each with the reason.
    pub partial: BTreeMap<TableName, String>,
}

impl Live {
    /// Whether two names are those of one table here.
    fn is_one_table(&self, a: &str, b: &str) -> bool {
        a == b || self.folds_table_case && a.eq_ignore_ascii_case(b)
    }
}

/// How one database is read.
trait Introspection {
    fn read(&self, database: &mut dyn Database, options: &Options) -> Result<Live, Error>;

    /// Whether expressions that differ in their words mean the same, as far as the database tells. Nothing of
    /// what is done for it stays.
    fn ask(
        &self,
        database: &mut dyn Database,
        questions: &[Question<'_>],
        live: &Live,
    ) -> Result<Vec<Answer>, Error>;

    /// Whether it gives back expressions in words of its own.
    fn rewrites(&self) -> bool;

    /// What was recorded of that; nothing where it may not be read.
    fn recorded(&self, database: &mut dyn Database) -> Vec<MadeOf>;
}

/// Reads what is in a database.
///
/// It changes nothing. PostgreSQL and SQLite are read as they are at one moment; a transaction that is open
/// stays so.
///
/// # Errors
/// When the database cannot be read, or `search_path` has no schema that is there.
pub fn read<C>(connection: &mut C, options: &Options) -> Result<Live, Error>
where
    C: LoadConnection + 'static,
    C::Backend: MigratorBackend,
{
    read_from(&mut *<C::Backend as sealed::Backend>::database(connection), options)
}

/// How the live database differs from the wanted schema.
///
/// What can be said in more than one way in the database counts as one ([`Schema::normal_form`]). Expressions
/// that differ in their words are given to the database, which tells whether they are the same to it, in
/// temporary tables that are gone afterwards; where it does not, they are *not compared*, and neither equal
/// nor different.
///
/// # Errors
/// When the database fails to answer.
pub fn compare<C>(connection: &mut C, wanted: &Schema, live: &Live) -> Result<Comparison, Error>
where
    C: LoadConnection + 'static,
    C::Backend: MigratorBackend,
{
    compare_on(&mut *<C::Backend as sealed::Backend>::database(connection), wanted, live)
}

pub(crate) fn read_from(database: &mut dyn Database, options: &Options) -> Result<Live, Error> {
    let mut live = introspection(database.dialect()).read(database, options)?;
    live.unmanaged.sort();
    Ok(live)
}

pub(crate) fn compare_on(
    database: &mut dyn Database,
    wanted: &Schema,
    live: &Live,
) -> Result<Comparison, Error> {
    compare::compare(database.dialect(), wanted, live, |questions| record::ask(database, questions, live))
}

fn introspection(dialect: Dialect) -> &'static dyn Introspection {
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

/// The rows of a query with one column, which is JSON.
#[cfg(any(feature = "mysql", feature = "postgres", feature = "sqlite"))]
fn load<T: serde::de::DeserializeOwned>(
    database: &mut dyn Database,
    sql: &str,
    binds: &[&str],
) -> Result<Vec<T>, Error> {
    let rows = database.rows(sql, binds).map_err(Error::database(READING))?;
    let texts = rows.into_iter().map(|row| row.into_iter().next().flatten().unwrap_or_default());
    texts.map(|text| serde_json::from_str(&text).map_err(Error::catalog)).collect()
}

/// What is being done when a database fails.
const READING: &str = "reading the database's schema";

#[cfg(all(test, any(feature = "mysql", feature = "postgres", feature = "sqlite")))]
mod tests {
    use crate::{Error, in_full};

    #[test]
    fn an_odd_catalog_is_an_error_that_says_what_is_odd() {
        let error = serde_json::from_str::<u32>("{}").map_err(Error::catalog).unwrap_err();
        assert_eq!(
            in_full(&error),
            "the database's catalog is not as expected: invalid type: map, expected u32 at line 1 column 0"
        );
    }
}
