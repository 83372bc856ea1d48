//! SQLite through Diesel.

mod triggers;

use std::any::Any;

use diesel::QueryResult;
use diesel::connection::LoadConnection;
use diesel::sqlite::Sqlite;
use fenrir_schema::{Dialect, Frame, Identifier, TableName};
// Named so that the bundled library is linked.
use libsqlite3_sys as _;

use crate::database::kept_query::KeptQuery;
use crate::database::{CatalogNote, Database, Local, MigratorBackend, Row, Trigger, sealed, text_rows};

impl MigratorBackend for Sqlite {}

impl sealed::Backend for Sqlite {
    const DIALECT: Dialect = Dialect::Sqlite;

    fn rows<C>(connection: &mut C, sql: &str, binds: &[&str]) -> QueryResult<Vec<Row>>
    where
        C: LoadConnection<Backend = Self>,
    {
        text_rows!(connection, sql, binds)
    }

    fn kept_rows<C>(connection: &mut C, sql: &str) -> QueryResult<Vec<Row>>
    where
        C: LoadConnection<Backend = Self>,
    {
        text_rows!(connection, KeptQuery(sql))
    }

    fn database<'a, C>(connection: &'a mut C) -> Box<dyn Database + 'a>
    where
        C: LoadConnection<Backend = Self> + 'static,
    {
        Box::new(File(connection, None, None))
    }
}

/// A connection, the busy timeout that it had before it was ours, and what its file was when that was looked at last.
struct File<'a, C>(&'a mut C, Option<String>, Option<String>);

/// How long SQLite itself waits for another connection, in milliseconds, before the runner tries again.
const BUSY_TIMEOUT: u32 = 1_000;

impl<C: LoadConnection<Backend = Sqlite> + 'static> File<'_, C> {
    fn pragma(&mut self, name: &str) -> QueryResult<String> {
        let rows = self.rows(&format!("SELECT CAST({name} AS TEXT) FROM pragma_{name}"), &[])?;
        Ok(rows.into_iter().flatten().flatten().next().unwrap_or_else(|| "0".to_owned()))
    }
}

impl<C: LoadConnection<Backend = Sqlite> + 'static> File<'_, C> {
    fn drop_tables(&mut self, tables: &[TableName]) -> QueryResult<()> {
        self.execute("BEGIN IMMEDIATE")?;
        for table in tables {
            let sql = "SELECT m.name FROM sqlite_master m JOIN pragma_foreign_key_list(m.name) k \
                       WHERE m.type = 'table' AND lower(k.\"table\") = lower(?1)";
            for row in self.rows(sql, &[table.name.as_str()])? {
                let other = row.into_iter().next().flatten().unwrap_or_default();
                if !tables.iter().any(|table| table.name.as_str().eq_ignore_ascii_case(&other)) {
                    let message = format!("the table `{other}`, which is not ours, refers to `{table}`");
                    return Err(diesel::result::Error::QueryBuilderError(message.into()));
                }
            }
        }
        for table in tables {
            self.execute(&format!("DROP TABLE {}", Dialect::Sqlite.quote_table(table)))?;
        }
        self.execute("COMMIT")
    }
}

impl<C: LoadConnection<Backend = Sqlite> + 'static> Database for File<'_, C> {
    fn dialect(&self) -> Dialect {
        <Sqlite as sealed::Backend>::DIALECT
    }

    fn execute(&mut self, sql: &str) -> QueryResult<()> {
        self.0.batch_execute(sql)
    }

    fn rows(&mut self, sql: &str, binds: &[&str]) -> QueryResult<Vec<Row>> {
        <Sqlite as sealed::Backend>::rows(self.0, sql, binds)
    }

    fn kept_rows(&mut self, sql: &str) -> QueryResult<Vec<Row>> {
        <Sqlite as sealed::Backend>::kept_rows(self.0, sql)
    }

    fn in_transaction(&mut self) -> bool {
        super::is_in_transaction(self.0)
    }

    fn versions(&self) -> (&'static str, &'static str) {
        ("", "SELECT group_concat(version, ' ') FROM __diesel_schema_migrations")
    }

    fn lend(&mut self, act: &mut dyn FnMut(&mut dyn Any)) -> QueryResult<()> {
        super::lend(self.0, act)
    }

    /// The file's own lock is the lock. A transaction that is not immediate would take it at its first
    /// write, and fail at once where another came first.
    fn begin(&mut self, _: bool, _: &Local) -> QueryResult<()> {
        self.execute("BEGIN IMMEDIATE")
    }

    /// Where no other connection has committed since it was asked last, all is as it was
    /// (<https://www.sqlite.org/pragma.html#pragma_data_version>).
    fn begin_if(&mut self, condition: &str, local: &Local) -> QueryResult<bool> {
        self.begin(true, local)?;
        let rows = self.rows("PRAGMA data_version", &[])?;
        let version = rows.into_iter().flatten().next().flatten();
        if version.is_some() && version == self.2 {
            return Ok(true);
        }
        let sql = format!("SELECT CASE WHEN {condition} THEN 'yes' END");
        let holds = self.rows(&sql, &[])?.into_iter().flatten().any(|one| one.is_some());
        if holds {
            self.2 = version;
        } else {
            self.rollback();
        }
        Ok(holds)
    }

    /// Each of its transactions is alone; this is for the time that one waits.
    fn locks_whole_run(&self) -> bool {
        true
    }

    fn try_lock(&mut self) -> QueryResult<bool> {
        // As a statement: as a table it would read the schema, which another may have locked.
        let rows = self.rows("PRAGMA busy_timeout", &[])?;
        self.1 = rows.into_iter().flatten().flatten().next();
        self.execute(&format!("PRAGMA busy_timeout = {BUSY_TIMEOUT}"))?;
        Ok(true)
    }

    fn lock_holder(&mut self) -> Option<String> {
        None
    }

    fn unlock(&mut self) {
        if let Some(before) = self.1.take() {
            let _ = self.execute(&format!("PRAGMA busy_timeout = {before}"));
        }
    }

    /// Diesel has no kind for it; the text is SQLite's own, for SQLITE_BUSY and SQLITE_LOCKED
    /// (<https://www.sqlite.org/rescode.html#busy>).
    fn is_busy(&self, error: &diesel::result::Error) -> bool {
        matches!(error, diesel::result::Error::DatabaseError(_, information)
            if matches!(information.message(), "database is locked" | "database table is locked"))
    }

    fn is_lock_timeout(&self, error: &diesel::result::Error) -> bool {
        self.is_busy(error)
    }

    /// What cannot be written SQLite says itself, and at once.
    fn settle(&mut self, _: &Local) -> QueryResult<Option<&'static str>> {
        Ok(None)
    }

    fn keeps_uncommitted(&self) -> bool {
        true
    }

    /// What cannot be part of a transaction here, such as `VACUUM`, may run as often as one likes.
    fn catalog_note(&mut self, _: &str) -> QueryResult<CatalogNote> {
        Ok(CatalogNote { note: Some(String::new()), ..CatalogNote::default() })
    }

    fn is_done(&self, _: &str, _: &str) -> Option<bool> {
        Some(false)
    }

    fn has_table(&mut self, name: &TableName) -> QueryResult<bool> {
        let sql =
            "SELECT 'yes' FROM sqlite_master WHERE type IN ('table', 'view') AND lower(name) = lower(?1)";
        Ok(!self.rows(sql, &[name.name.as_str()])?.is_empty())
    }

    fn has_column(&mut self, table: &TableName, column: &Identifier) -> QueryResult<bool> {
        let sql = "SELECT 'yes' FROM pragma_table_xinfo(?1) WHERE lower(name) = lower(?2)";
        Ok(!self.rows(sql, &[table.name.as_str(), column.as_str()])?.is_empty())
    }

    /// An enum is a check on each column that has it.
    fn has_enum(&mut self, _: &Identifier) -> QueryResult<bool> {
        Ok(false)
    }

    /// With foreign keys off, since dropping a table would first delete its rows, one by one, and with
    /// them those of tables that point at it. So who points at it is looked at first.
    fn drop_all(&mut self, tables: &[TableName], _: &[Identifier]) -> QueryResult<()> {
        let keys = self.pragma("foreign_keys")?;
        self.execute("PRAGMA foreign_keys = OFF")?;
        let result = self.drop_tables(tables);
        if result.is_err() {
            self.rollback();
        }
        self.execute(&format!("PRAGMA foreign_keys = {keys}"))?;
        result
    }

    fn take_off(&mut self, table: &Identifier) -> QueryResult<Vec<Trigger>> {
        triggers::take_off(self, table)
    }

    fn put_back(&mut self, table: &Identifier, triggers: &[Trigger]) -> QueryResult<()> {
        if triggers.is_empty() { Ok(()) } else { triggers::put_back(self, table, triggers) }
    }

    fn enter_frame(&mut self, frame: Frame) -> QueryResult<String> {
        let (keys, legacy) = (self.pragma("foreign_keys")?, self.pragma("legacy_alter_table")?);
        self.execute(frame.set)?;
        let back = format!("PRAGMA foreign_keys = {keys}; PRAGMA legacy_alter_table = {legacy};");
        if self.pragma("foreign_keys")? != "0" {
            // A rebuild would delete rows of others, and say that all is well.
            self.execute(&back)?;
            return Err(diesel::result::Error::QueryBuilderError(
                "foreign keys could not be turned off, as rebuilding a table needs".into(),
            ));
        }
        Ok(back)
    }
}
