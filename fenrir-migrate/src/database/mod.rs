//! The databases that run: what the engine needs of a connection, and how each of them does it.

#[cfg(feature = "cli")]
pub(crate) mod connected;
#[cfg(any(feature = "mysql", feature = "postgres", feature = "sqlite"))]
mod kept_query;
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

use std::any::Any;
use std::borrow::Cow;
use std::time::Duration;

use diesel::QueryResult;
use diesel::connection::{LoadConnection, TransactionManager};
use fenrir_schema::{Dialect, Frame, Identifier, TableName};

/// A row of texts.
pub(crate) type Row = Vec<Option<String>>;

/// What each transaction of a run is given, and is gone with it where the database can.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Local {
    pub role: Option<String>,
    pub search_path: Vec<String>,
    /// How long a statement may wait for a lock.
    pub lock_timeout: Option<Duration>,
    /// How long a statement may take.
    pub statement_timeout: Option<Duration>,
}

impl Local {
    /// Whether there must be a transaction so that names and rights are those that are meant.
    pub(crate) fn is_of_transaction(&self, dialect: Dialect) -> bool {
        dialect.undoes_ddl() && (self.role.is_some() || !self.search_path.is_empty())
    }
}

/// What a database's catalog says of what a statement is about that runs alone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CatalogNote {
    /// To be compared with what it says later; none where it cannot tell whether the statement has run.
    pub note: Option<String>,
    /// The statement that removes what an earlier try has left, and is of no use.
    pub remove: Option<String>,
    /// The statement that goes on with what an earlier try has left: it is to run and not the other.
    pub instead: Option<String>,
    /// Whether another connection is at it.
    pub is_running: bool,
}

/// What the engine needs of a database, whichever it is.
pub trait Database {
    fn dialect(&self) -> Dialect;
    /// Runs statements that return nothing.
    fn execute(&mut self, sql: &str) -> QueryResult<()>;
    /// Runs the statements that a transaction ends with: with its commit at the latest.
    fn execute_last(&mut self, sql: &str) -> QueryResult<()> {
        self.execute(sql)
    }
    /// Runs a query whose columns are texts, with texts for its placeholders.
    fn rows(&mut self, sql: &str, binds: &[&str]) -> QueryResult<Vec<Row>>;
    /// Runs a query without placeholders whose three columns are texts, and which the connection may keep prepared.
    fn kept_rows(&mut self, sql: &str) -> QueryResult<Vec<Row>>;
    /// The same of one that is asked in each transaction of a run: kept where each of these is sure to be on the same
    /// connection of the server's.
    fn repeated_rows(&mut self, sql: &str) -> QueryResult<Vec<Row>> {
        self.kept_rows(sql)
    }
    /// Whether the connection is inside a transaction that it did not open here.
    fn in_transaction(&mut self) -> bool;
    /// Lends Diesel's connection, inside the transaction that is open.
    fn lend(&mut self, act: &mut dyn FnMut(&mut dyn Any)) -> QueryResult<()>;

    /// Makes the settings that a run needs before anything; they go with this value.
    fn enter(&mut self, _: &Local) -> QueryResult<()> {
        Ok(())
    }
    /// Finds where the history lies, for all that follows, whatever a migration does to the session; and why nothing can
    /// be written there, if nothing can.
    fn settle(&mut self, _: &Local) -> QueryResult<Option<&'static str>>;
    /// A statement on the tables of the history, with their names as they are found from anywhere.
    fn at_home<'s>(&self, sql: &'s str) -> Cow<'s, str> {
        Cow::Borrowed(sql)
    }
    /// A query for all versions of the history in one text, with spaces between them; and before it what the first `SELECT`
    /// of its statement must begin with.
    fn versions(&self) -> (&'static str, &'static str);
    /// Opens a transaction with its settings, and no lock.
    fn open(&mut self, _: &Local) -> QueryResult<()> {
        Ok(())
    }
    /// Opens a transaction that no other of ours can open beside it; `history` says whether the tables
    /// of the history are there to be locked.
    fn begin(&mut self, history: bool, local: &Local) -> QueryResult<()>;
    /// Opens a transaction as [`begin`](Self::begin) does where there is a history, if a condition holds in it, and the
    /// database has a way to tell that is quicker than a query. Otherwise none is open.
    fn begin_if(&mut self, _condition: &str, _: &Local) -> QueryResult<bool> {
        Ok(false)
    }
    fn commit(&mut self) -> QueryResult<()> {
        self.execute("COMMIT")
    }
    /// After an error, when there may be no transaction or no connection any more.
    fn rollback(&mut self) {
        let _ = self.execute("ROLLBACK");
    }
    /// Makes the settings for statements outside of transactions, and returns what puts them back.
    fn enter_session(&mut self, _: &Local) -> QueryResult<String> {
        Ok(String::new())
    }
    fn leave_session(&mut self, back: &str) -> QueryResult<()> {
        if back.is_empty() { Ok(()) } else { self.execute(back) }
    }

    /// Whether the lock that outlasts transactions is held for a whole run, because no transaction holds a migration
    /// together.
    fn locks_whole_run(&self) -> bool;
    /// Tries to take that lock.
    fn try_lock(&mut self) -> QueryResult<bool>;
    /// Whether that lock is still this connection's: behind a pool that hands out a server's connections by the
    /// transaction it may be somebody else's by now. Where it is not, what was left there is tidied up.
    fn keeps_lock(&mut self) -> QueryResult<bool> {
        Ok(true)
    }
    /// Who is in the way, where it is another and the database tells.
    fn lock_holder(&mut self) -> Option<String>;
    /// Lets others.
    fn unlock(&mut self);
    /// Whether an error says that another connection is in the way for the moment.
    fn is_busy(&self, error: &diesel::result::Error) -> bool;
    /// Whether a statement had to wait too long for a lock, so that all of its transaction may be tried again.
    fn is_lock_timeout(&self, error: &diesel::result::Error) -> bool;
    /// Whether the server still answers.
    fn is_alive(&mut self) -> bool {
        self.rows("SELECT 'yes'", &[]).is_ok()
    }
    /// Whether a commit that another connection is in the way of leaves the transaction open, to be committed again.
    fn keeps_uncommitted(&self) -> bool {
        false
    }

    /// Whether another connection is at what a statement is about that runs alone.
    fn is_running(&mut self, _: &str) -> QueryResult<bool> {
        Ok(false)
    }
    /// What the catalog says of what a statement is about that runs alone.
    fn catalog_note(&mut self, statement: &str) -> QueryResult<CatalogNote>;
    /// Whether such a statement has run, from what the catalog said before it and says now; none where that does not tell.
    fn is_done(&self, before: &str, now: &str) -> Option<bool>;

    /// The schemas in which names are looked for; none where there is no such thing.
    fn search_path(&mut self) -> QueryResult<Option<String>> {
        Ok(None)
    }
    fn set_search_path(&mut self, _: &str) -> QueryResult<()> {
        Ok(())
    }

    /// Whether a table of that name is there.
    fn has_table(&mut self, name: &TableName) -> QueryResult<bool>;
    /// Whether a table has a column of that name.
    fn has_column(&mut self, table: &TableName, column: &Identifier) -> QueryResult<bool>;
    /// Whether an enum of that name is there.
    fn has_enum(&mut self, name: &Identifier) -> QueryResult<bool>;
    /// Drops tables, which may point at each other, and enums: all or none, where the database can. Fails where a table that
    /// stays points at one of them.
    fn drop_all(&mut self, tables: &[TableName], enums: &[Identifier]) -> QueryResult<()>;

    /// Makes the settings of a frame, and returns the statements that put them back as they were.
    fn enter_frame(&mut self, _: Frame) -> QueryResult<String> {
        Ok(String::new())
    }
    /// Takes off what hangs on a table that is built anew, and returns it.
    fn take_off(&mut self, _: &Identifier) -> QueryResult<Vec<Trigger>> {
        Ok(Vec::new())
    }
    /// Puts it back.
    fn put_back(&mut self, _: &Identifier, _: &[Trigger]) -> QueryResult<()> {
        Ok(())
    }
}

/// A trigger of SQLite's, which goes with its table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trigger {
    pub name: String,
    pub sql: String,
}

/// Lends a connection whose transaction Diesel does not know of: what it opens meanwhile lies within that.
#[cfg(any(feature = "mysql", feature = "postgres", feature = "sqlite"))]
pub(crate) fn lend<C: diesel::Connection + 'static>(
    connection: &mut C,
    act: &mut dyn FnMut(&mut dyn Any),
) -> QueryResult<()> {
    use diesel::connection::TransactionDepthChange::{DecreaseDepth, IncreaseDepth};
    use diesel::connection::TransactionManagerStatus;
    use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
    let change = |connection: &mut C, change| match C::TransactionManager::transaction_manager_status_mut(
        connection,
    ) {
        TransactionManagerStatus::Valid(status) => status.change_transaction_depth(change),
        TransactionManagerStatus::InError => Err(diesel::result::Error::BrokenTransactionManager),
    };
    change(connection, IncreaseDepth)?;
    let acted = catch_unwind(AssertUnwindSafe(|| act(connection)));
    let mut depth = 0;
    while is_in_transaction(connection) {
        change(connection, DecreaseDepth)?;
        depth += 1;
    }
    if let Err(panic) = acted {
        resume_unwind(panic);
    }
    match depth {
        1 => Ok(()),
        0 => Err(diesel::result::Error::QueryBuilderError("it ended the transaction".into())),
        _ => Err(diesel::result::Error::QueryBuilderError("it left a transaction open".into())),
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

        fn kept_rows<C>(connection: &mut C, sql: &str) -> QueryResult<Vec<Row>>
        where
            C: LoadConnection<Backend = Self>;

        fn database<'a, C>(connection: &'a mut C) -> Box<dyn Database + 'a>
        where
            C: LoadConnection<Backend = Self> + 'static;
    }
}

/// Implements [`sealed::Backend::rows`], alike for each backend; only a concrete backend can say that
/// its texts are read into strings.
#[cfg(any(feature = "mysql", feature = "postgres", feature = "sqlite"))]
macro_rules! text_rows {
    ($connection:expr, $sql:expr, $binds:expr) => {{
        let mut query = diesel::sql_query($sql).into_boxed();
        for bind in $binds {
            query = query.bind::<diesel::sql_types::Text, _>((*bind).to_owned());
        }
        $crate::database::text_rows!($connection, query)
    }};
    ($connection:expr, $query:expr) => {{
        use diesel::row::{Field, Row as _};
        use diesel::sql_types::Text;

        let query = $query;
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

/// How long to wait before all of a migration is tried again that had to wait for a lock: longer each time.
pub(crate) fn backoff(attempt: u32) -> Duration {
    pause(attempt) * 2_u32.saturating_pow(attempt.min(5))
}

pub(crate) fn is_in_transaction<C: diesel::Connection>(connection: &mut C) -> bool {
    let status = C::TransactionManager::transaction_manager_status_mut(connection);
    !matches!(status.transaction_depth(), Ok(None))
}
