//! The databases that run: what the engine needs of a connection, and how each of them does it.

#[cfg(feature = "cli")]
pub(crate) mod connected;
#[cfg(feature = "mysql")]
mod mysql;
#[cfg(feature = "postgres")]
mod postgres;
#[cfg(feature = "sqlite")]
mod sqlite;
#[cfg(any(feature = "cli", feature = "test"))]
#[cfg_attr(not(feature = "cli"), allow(dead_code, reason = "the command alone uses some of it"))]
#[allow(unreachable_pub, reason = "a sealed trait of `testing` has it in its signatures")]
pub(crate) mod url;

use std::time::Duration;

use diesel::QueryResult;
use diesel::connection::{LoadConnection, TransactionManager};
use fenrir_schema::{Dialect, Frame, Identifier, TableName};

/// A row of texts.
pub(crate) type Row = Vec<Option<String>>;

/// What the engine needs of a database, whichever it is.
pub trait Database {
    fn dialect(&self) -> Dialect;
    /// Runs statements that return nothing.
    fn execute(&mut self, sql: &str) -> QueryResult<()>;
    /// Runs a query whose columns are texts, with texts for its placeholders.
    fn rows(&mut self, sql: &str, binds: &[&str]) -> QueryResult<Vec<Row>>;
    /// Runs a statement that changes rows, with texts for its placeholders.
    fn write(&mut self, sql: &str, binds: &[&str]) -> QueryResult<()> {
        self.rows(sql, binds).map(drop)
    }
    /// Whether the connection is inside a transaction that it did not open here.
    fn in_transaction(&mut self) -> bool;
    /// How a query names its `number`th placeholder, from 1.
    fn placeholder(&self, number: usize) -> String;
    /// Opens a transaction that no other of ours can open beside it; `history` says whether the tables
    /// of the history are there to be locked.
    fn begin(&mut self, history: bool) -> QueryResult<()>;
    /// Tries to become the one that migrates this database.
    fn try_lock(&mut self) -> QueryResult<bool>;
    /// Who is, where it is another and the database tells.
    fn lock_holder(&mut self) -> Option<String>;
    /// Lets others.
    fn unlock(&mut self);
    /// Whether an error says that another connection is in the way for the moment.
    fn is_busy(&self, error: &diesel::result::Error) -> bool;
    /// Whether a table of that name is there.
    fn has_table(&mut self, name: &TableName) -> QueryResult<bool>;
    /// Whether a table has a column of that name.
    fn has_column(&mut self, table: &TableName, column: &Identifier) -> QueryResult<bool>;
    /// Whether an enum of that name is there.
    fn has_enum(&mut self, name: &Identifier) -> QueryResult<bool>;
    /// Drops tables, which may point at each other, and enums: all or none, where the database can. Fails where a table that
    /// stays points at one of them.
    fn drop_all(&mut self, tables: &[TableName], enums: &[Identifier]) -> QueryResult<()>;
    /// Runs statements that stand in a frame, and keeps what hangs on the tables that they build anew.
    fn execute_framed(&mut self, sql: &str) -> QueryResult<()> {
        self.execute(sql)
    }
    /// Makes the settings of a frame, and returns the statements that put them back as they were.
    fn enter_frame(&mut self, frame: Frame) -> QueryResult<String>;

    fn commit(&mut self) -> QueryResult<()> {
        self.execute("COMMIT")
    }

    /// After an error, when there may be no transaction or no connection any more.
    fn rollback(&mut self) {
        let _ = self.execute("ROLLBACK");
    }
}

/// The backends of Diesel that a [`Migrator`](crate::Migrator) works on: those whose feature is on.
pub trait MigratorBackend: sealed::Backend {}

pub(crate) mod sealed {
    use super::{Database, LoadConnection, QueryResult, Row};

    pub trait Backend: diesel::backend::Backend + Sized {
        const DIALECT: fenrir_schema::Dialect;

        fn rows<C>(connection: &mut C, sql: &str, binds: &[&str]) -> QueryResult<Vec<Row>>
        where
            C: LoadConnection<Backend = Self>;

        fn database<'a, C>(connection: &'a mut C) -> Box<dyn Database + 'a>
        where
            C: LoadConnection<Backend = Self>;
    }
}

/// Implements [`sealed::Backend::rows`], alike for each backend; only a concrete backend can say that
/// its texts are read into strings.
#[cfg(any(feature = "mysql", feature = "postgres", feature = "sqlite"))]
macro_rules! text_rows {
    ($connection:expr, $sql:expr, $binds:expr) => {{
        use diesel::row::{Field, Row as _};
        use diesel::sql_types::Text;

        let mut query = diesel::sql_query($sql).into_boxed();
        for bind in $binds {
            query = query.bind::<Text, _>((*bind).to_owned());
        }
        let cursor = diesel::connection::LoadConnection::load($connection, query)?;
        let mut rows = Vec::new();
        for row in cursor {
            let row = row?;
            let mut texts = Vec::with_capacity(row.field_count());
            for index in 0..row.field_count() {
                let field = row.get(index).ok_or(diesel::result::Error::NotFound)?;
                let text = match field.value() {
                    None => None,
                    Some(value) => Some(
                        <String as diesel::deserialize::FromSql<Text, Self>>::from_sql(value)
                            .map_err(diesel::result::Error::DeserializationError)?,
                    ),
                };
                texts.push(text);
            }
            rows.push(texts);
        }
        Ok(rows)
    }};
}
#[cfg(any(feature = "mysql", feature = "postgres", feature = "sqlite"))]
pub(crate) use text_rows;

/// How long to wait before a try that failed is made again: short at first, and never the same for
/// two processes that failed at once.
pub(crate) fn pause(attempt: u32) -> Duration {
    use std::hash::{BuildHasher, Hasher};
    let jitter = std::hash::RandomState::new().build_hasher().finish() % 50;
    Duration::from_millis(u64::from(attempt.min(9) + 1) * 20 + jitter)
}

pub(crate) fn is_in_transaction<C: diesel::Connection>(connection: &mut C) -> bool {
    let status = C::TransactionManager::transaction_manager_status_mut(connection);
    !matches!(status.transaction_depth(), Ok(None))
}
