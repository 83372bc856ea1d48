//! PostgreSQL through Diesel.

mod catalog;

use std::any::Any;
use std::borrow::Cow;

use diesel::QueryResult;
use diesel::connection::LoadConnection;
use diesel::pg::Pg;
use diesel::result::DatabaseErrorKind;
use fenrir_schema::{Dialect, Identifier, TableName};

use super::kept_query::KeptQuery;
use super::{CatalogNote, Database, Local, MigratorBackend, Row, sealed, text_rows};
use crate::history::{FENRIR_TABLE, TABLES as ALL_TABLES};

impl MigratorBackend for Pg {}

impl sealed::Backend for Pg {
    const DIALECT: Dialect = Dialect::Postgres;

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
        Box::new(Postgres { connection, locked_by: None, home: None, last: String::new() })
    }
}

struct Postgres<'a, C> {
    connection: &'a mut C,
    /// The server's process that took the lock: behind a pool, it may be another one that works for us later.
    locked_by: Option<String>,
    /// The schema that is migrated, where a setting names it.
    home: Option<String>,
    /// What the transaction ends with.
    last: String,
}

/// The settings of a transaction, each for itself.
fn settings(local: &Local, scope: &str) -> String {
    let mut sql = String::new();
    let mut set = |setting: String| sql.push_str(&format!(" SET {scope}{setting};"));
    if let Some(role) = &local.role {
        set(format!("ROLE {}", quoted(role)));
    }
    if !local.search_path.is_empty() {
        let schemas: Vec<_> = local.search_path.iter().map(|schema| quoted(schema)).collect();
        set(format!("search_path = {}", schemas.join(", ")));
    }
    // 0 is for ever (https://www.postgresql.org/docs/current/runtime-config-client.html).
    if let Some(timeout) = local.lock_timeout {
        set(format!("lock_timeout = {}", timeout.as_millis().max(1)));
    }
    if let Some(timeout) = local.statement_timeout {
        set(format!("statement_timeout = {}", timeout.as_millis().max(1)));
    }
    sql
}

/// A name that somebody gave, whatever its length.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// The schema that a table lies in; empty for the one in which tables are made by themselves.
fn place<'t>(table: &'t TableName, home: &'t Option<String>) -> &'t str {
    table.schema.as_ref().map(Identifier::as_str).or(home.as_deref()).unwrap_or_default()
}

/// What the server's log says where a migration finds that another process has gone on meanwhile.
const ANOTHER: &str = "fenrir: another process has migrated this database meanwhile, found at ";

/// What the lock is called.
const LOCK_NAME: &str = "fenrir migrations";

/// What the lock is called under which the tables of the history are made: one that a pool has kept for itself is not
/// in its way.
const CREATION_LOCK_NAME: &str = "fenrir history";

impl<C: LoadConnection<Backend = Pg> + 'static> Database for Postgres<'_, C> {
    fn dialect(&self) -> Dialect {
        <Pg as sealed::Backend>::DIALECT
    }

    fn execute(&mut self, sql: &str) -> QueryResult<()> {
        self.connection.batch_execute(sql)
    }

    fn rows(&mut self, sql: &str, binds: &[&str]) -> QueryResult<Vec<Row>> {
        <Pg as sealed::Backend>::rows(self.connection, sql, binds)
    }

    fn kept_rows(&mut self, sql: &str) -> QueryResult<Vec<Row>> {
        <Pg as sealed::Backend>::kept_rows(self.connection, sql)
    }

    /// A pool may give each transaction another connection, which knows nothing of what was prepared on the one before.
    fn repeated_rows(&mut self, sql: &str) -> QueryResult<Vec<Row>> {
        self.rows(sql, &[])
    }

    fn in_transaction(&mut self) -> bool {
        super::is_in_transaction(self.connection)
    }

    fn versions(&self) -> (&'static str, &'static str) {
        ("", "SELECT string_agg(version, ' ') FROM __diesel_schema_migrations")
    }

    fn lend(&mut self, act: &mut dyn FnMut(&mut dyn Any)) -> QueryResult<()> {
        super::lend(self.connection, act)
    }

    fn enter(&mut self, local: &Local) -> QueryResult<()> {
        self.home = local.search_path.first().cloned();
        Ok(())
    }

    fn settle(&mut self, local: &Local) -> QueryResult<Option<&'static str>> {
        self.open(local)?;
        // Where there is a history already, it is that one.
        let sql = "SELECT coalesce((SELECT n.nspname::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
                   WHERE c.oid = to_regclass('__diesel_schema_migrations')), current_schema()), CASE WHEN pg_is_in_recovery() THEN 'standby' \
                   WHEN current_setting('transaction_read_only') = 'on' THEN 'read only' END";
        let rows = self.rows(sql, &[]);
        self.rollback();
        let mut row = rows?.into_iter().next().unwrap_or_default().into_iter();
        let mut next = || row.next().flatten();
        let (home, why) = (next(), next());
        self.home = self.home.take().or(home);
        Ok(match why.as_deref() {
            None => None,
            Some("standby") => Some("it is a standby, which takes what its primary has"),
            Some(_) => Some("its transactions are read-only (`default_transaction_read_only`)"),
        })
    }

    fn at_home<'s>(&self, sql: &'s str) -> Cow<'s, str> {
        match &self.home {
            None => Cow::Borrowed(sql),
            Some(home) => {
                let home = quoted(home);
                let all = ALL_TABLES.iter();
                Cow::Owned(
                    all.fold(sql.to_owned(), |sql, table| sql.replace(table, &format!("{home}.{table}"))),
                )
            }
        }
    }

    fn open(&mut self, local: &Local) -> QueryResult<()> {
        let result = self.execute(&format!("BEGIN;{}", settings(local, "LOCAL ")));
        if result.is_err() {
            self.rollback();
        }
        result
    }

    /// The table's lock goes with the transaction, and so is right also behind a pool that hands out connections by
    /// the transaction; and so is the lock under which the tables are made. Neither is waited for in the server.
    fn begin(&mut self, history: bool, local: &Local) -> QueryResult<()> {
        if !history {
            self.open(local)?;
            let sql = format!("SELECT pg_try_advisory_xact_lock({})::text", self.key());
            let rows = self.rows(&sql, &[CREATION_LOCK_NAME])?;
            return if is_true(&rows) { Ok(()) } else { Err(self.busy()) };
        }
        self.begin_with_history("", local)
    }

    /// In one message with the commit.
    fn execute_last(&mut self, sql: &str) -> QueryResult<()> {
        self.last.push_str(sql);
        Ok(())
    }

    fn commit(&mut self) -> QueryResult<()> {
        let last = std::mem::take(&mut self.last);
        let result = self.execute(&format!("{last}COMMIT"));
        if result.is_err() {
            self.rollback();
        }
        result
    }

    fn rollback(&mut self) {
        self.last.clear();
        let _ = self.execute("ROLLBACK");
    }

    /// In one message with what opens it: a condition that does not hold is an error of it.
    fn begin_if(&mut self, condition: &str, local: &Local) -> QueryResult<bool> {
        let check = format!(
            "SELECT CASE WHEN {condition} THEN 0 ELSE CAST('{ANOTHER}' || clock_timestamp() AS integer) END"
        );
        match self.begin_with_history(&check, local) {
            Ok(()) => Ok(true),
            Err(error) if error.to_string().contains(ANOTHER) => Ok(false),
            Err(error) => Err(error),
        }
    }

    fn enter_session(&mut self, local: &Local) -> QueryResult<String> {
        let sql = "SELECT format('SET ROLE %s; SET search_path = %s; SET lock_timeout = %L; SET statement_timeout = %L', \
                   CASE current_setting('role') WHEN 'none' THEN 'NONE' ELSE quote_ident(current_setting('role')) END, \
                   coalesce(nullif(current_setting('search_path'), ''), '\"\"'), current_setting('lock_timeout'), \
                   current_setting('statement_timeout'))";
        let rows = self.at_once(sql, &[])?;
        let back = rows.into_iter().flatten().flatten().next().unwrap_or_default();
        // An index that is built concurrently and does not get its lock in time is left INVALID.
        let local = Local { lock_timeout: None, ..local.clone() };
        self.execute(&format!("{}; SET lock_timeout = 0", settings(&local, "").trim_end_matches(';')))?;
        Ok(back)
    }

    /// Only what no transaction holds together needs it.
    fn locks_whole_run(&self) -> bool {
        false
    }

    /// Tried, never waited for in the server: a session that waits there holds a snapshot, and
    /// CREATE INDEX CONCURRENTLY of the holder would wait for that in turn.
    fn try_lock(&mut self) -> QueryResult<bool> {
        let sql = format!("SELECT pg_try_advisory_lock({})::text, pg_backend_pid()::text", self.key());
        let rows = self.at_once(&sql, &[LOCK_NAME])?;
        let is_locked = is_true(&rows);
        if is_locked {
            self.locked_by = rows.into_iter().flatten().nth(1).flatten();
        }
        Ok(is_locked)
    }

    fn keeps_lock(&mut self) -> QueryResult<bool> {
        let sql = format!("SELECT (l.pid = pg_backend_pid())::text FROM {}", self.held());
        let rows = self.at_once(&sql, &[LOCK_NAME])?;
        let is_ours = is_true(&rows);
        if !is_ours {
            self.end_holder();
        }
        Ok(is_ours)
    }

    fn lock_holder(&mut self) -> Option<String> {
        let history = self.at_home(FENRIR_TABLE).replace('\'', "''");
        let sql = format!(
            "SELECT 'process ' || a.pid || coalesce(', ' || nullif(a.application_name, ''), '') \
             || coalesce(' at ' || host(a.client_addr), '') \
             FROM pg_stat_activity a WHERE a.pid <> pg_backend_pid() AND (a.pid IN (SELECT l.pid FROM {}) \
             OR a.pid IN (SELECT l.pid FROM pg_locks l WHERE l.granted AND l.relation = to_regclass('{history}') \
             AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database()) \
             AND l.mode ~ '^(RowExclusive|Share|Exclusive|AccessExclusive)'))",
            self.held()
        );
        self.at_once(&sql, &[LOCK_NAME]).ok()?.into_iter().next()?.into_iter().next()?
    }

    fn unlock(&mut self) {
        // Without a connection there is no lock either.
        let sql = format!("SELECT pg_advisory_unlock({})::text", self.key());
        let unlocked = self.at_once(&sql, &[LOCK_NAME]);
        if unlocked.is_ok_and(|rows| !is_true(&rows)) {
            self.end_holder();
        }
        self.locked_by = None;
    }

    /// As [`Database::begin`] says that another is in the way.
    fn is_busy(&self, error: &diesel::result::Error) -> bool {
        matches!(error, diesel::result::Error::RollbackTransaction)
    }

    /// Diesel does not hand on the codes; the texts are those of the server, where it speaks English.
    fn is_lock_timeout(&self, error: &diesel::result::Error) -> bool {
        let diesel::result::Error::DatabaseError(kind, information) = error else { return false };
        let message = information.message();
        matches!(kind, DatabaseErrorKind::SerializationFailure)
            || message == "canceling statement due to lock timeout"
            || message == "deadlock detected"
    }

    fn is_running(&mut self, statement: &str) -> QueryResult<bool> {
        Ok(catalog::note(self, statement)?.is_running)
    }

    fn catalog_note(&mut self, statement: &str) -> QueryResult<CatalogNote> {
        catalog::note(self, statement)
    }

    fn is_done(&self, before: &str, now: &str) -> Option<bool> {
        Some(catalog::is_done(before, now))
    }

    fn search_path(&mut self) -> QueryResult<Option<String>> {
        let rows = self.rows("SELECT current_setting('search_path')", &[])?;
        Ok(rows.into_iter().flatten().next().flatten())
    }

    fn set_search_path(&mut self, path: &str) -> QueryResult<()> {
        self.rows("SELECT set_config('search_path', $1, false)", &[path]).map(drop)
    }

    fn has_table(&mut self, name: &TableName) -> QueryResult<bool> {
        let home = self.home.clone();
        let sql = "SELECT 'yes' FROM pg_class WHERE relname = $1 AND relkind IN ('r', 'p', 'v', 'm', 'f') \
                   AND relnamespace = (SELECT oid FROM pg_namespace \
                   WHERE nspname = coalesce(nullif($2, ''), current_schema()))";
        Ok(!self.rows(sql, &[name.name.as_str(), place(name, &home)])?.is_empty())
    }

    fn has_column(&mut self, table: &TableName, column: &Identifier) -> QueryResult<bool> {
        let home = self.home.clone();
        let sql = "SELECT 'yes' FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid \
                   WHERE c.relname = $1 AND a.attname = $2 AND a.attnum > 0 AND NOT a.attisdropped \
                   AND c.relnamespace = (SELECT oid FROM pg_namespace \
                   WHERE nspname = coalesce(nullif($3, ''), current_schema()))";
        Ok(!self.rows(sql, &[table.name.as_str(), column.as_str(), place(table, &home)])?.is_empty())
    }

    fn has_enum(&mut self, name: &Identifier) -> QueryResult<bool> {
        let sql = "SELECT 'yes' FROM pg_type WHERE typname = $1 AND typtype = 'e' \
                   AND typnamespace = quote_ident(current_schema())::regnamespace";
        Ok(!self.rows(sql, &[name.as_str()])?.is_empty())
    }

    /// The tables in one statement, so that foreign keys between them are no hindrance; without
    /// CASCADE, so that nothing else goes.
    fn drop_all(&mut self, tables: &[TableName], enums: &[Identifier]) -> QueryResult<()> {
        let tables: Vec<_> = tables.iter().map(|name| Dialect::Postgres.quote_table(name)).collect();
        let enums: Vec<_> = enums.iter().map(|name| Dialect::Postgres.quote(name)).collect();
        let mut sql = String::from("BEGIN;");
        for (kind, names) in [("TABLE", tables), ("TYPE", enums)] {
            if !names.is_empty() {
                sql.push_str(&format!(" DROP {kind} {};", names.join(", ")));
            }
        }
        sql.push_str(" COMMIT");
        let result = self.execute(&sql);
        if result.is_err() {
            self.rollback();
        }
        result
    }
}

impl<C: LoadConnection<Backend = Pg> + 'static> Postgres<'_, C> {
    fn begin_with_history(&mut self, check: &str, local: &Local) -> QueryResult<()> {
        let lock = format!("LOCK TABLE {} IN SHARE ROW EXCLUSIVE MODE NOWAIT", self.at_home(FENRIR_TABLE));
        match self.execute(&format!("BEGIN;{} {lock}; {check}", settings(local, "LOCAL "))) {
            Ok(()) => Ok(()),
            Err(error) => {
                self.rollback();
                if error.to_string().contains(ANOTHER) {
                    return Err(error);
                }
                // Diesel does not tell why it failed.
                Err(self.why_not_locked(local)?.unwrap_or(error))
            }
        }
    }

    /// The key of the advisory lock: one for each schema, so that tenants of one database do not wait for each other.
    fn key(&self) -> String {
        let home = self.home.as_ref().map(|home| Dialect::Postgres.literal(home));
        let home = home.as_deref().unwrap_or("coalesce(current_schema(), '')");
        format!("hashtextextended($1 || ' ' || {home}, 0)")
    }

    /// Who holds the lock. A key of 64 bits is kept in two halves
    /// (<https://www.postgresql.org/docs/current/view-pg-locks.html>).
    fn held(&self) -> String {
        format!(
            "(SELECT pid FROM pg_locks WHERE granted AND locktype = 'advisory' AND objsubid = 1 \
             AND database = (SELECT oid FROM pg_database WHERE datname = current_database()) \
             AND ((classid::bigint << 32) | objid::bigint) = {}) l",
            self.key()
        )
    }

    /// A query outside of transactions, in one: behind a pool, its parts would reach different connections.
    fn at_once(&mut self, sql: &str, binds: &[&str]) -> QueryResult<Vec<Row>> {
        self.execute("BEGIN")?;
        let rows = self.rows(sql, binds);
        self.rollback();
        rows
    }

    /// A pool has taken away the connection that has our lock, which would keep out everybody for as long as the pool
    /// keeps it. It is ended in a moment when nobody else uses it.
    fn end_holder(&mut self) {
        let Some(pid) = self.locked_by.take() else { return };
        let sql = format!(
            "SELECT CASE WHEN l.pid = pg_backend_pid() THEN pg_advisory_unlock({})::text \
             WHEN a.state = 'idle' THEN pg_terminate_backend(l.pid)::text END FROM {} \
             JOIN pg_stat_activity a ON a.pid = l.pid WHERE l.pid::text = $2",
            self.key(),
            self.held()
        );
        for _ in 0..TRIES_TO_END {
            match self.at_once(&sql, &[LOCK_NAME, &pid]) {
                // Somebody's statement runs there.
                Ok(rows) if rows.first().is_some_and(|row| row == &[None]) => {}
                _ => return,
            }
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
    }

    /// What the runner takes for somebody who is in the way.
    fn busy(&mut self) -> diesel::result::Error {
        self.rollback();
        diesel::result::Error::RollbackTransaction
    }

    /// Why the history could not be locked, where it is not what the server said.
    fn why_not_locked(&mut self, local: &Local) -> QueryResult<Option<diesel::result::Error>> {
        self.open(local)?;
        let history = self.at_home(FENRIR_TABLE).replace('\'', "''");
        let sql = format!(
            "SELECT (to_regclass('{history}') IS NOT NULL)::text, \
             (current_setting('transaction_read_only') = 'off' \
             AND has_table_privilege(to_regclass('{history}'), 'UPDATE'))::text"
        );
        let rows = self.rows(&sql, &[]);
        self.rollback();
        Ok(match rows?.into_iter().next().unwrap_or_default().as_slice() {
            [Some(there), Some(may)] if there == "true" && may == "true" => {
                Some(diesel::result::Error::RollbackTransaction)
            }
            _ => None,
        })
    }
}

/// How often a connection is looked at that is to be ended.
const TRIES_TO_END: usize = 100;

fn is_true(rows: &[Row]) -> bool {
    rows.first().and_then(|row| row.first()) == Some(&Some("true".to_owned()))
}
