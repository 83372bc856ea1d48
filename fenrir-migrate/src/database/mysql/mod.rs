//! MySQL and MariaDB through Diesel.

mod catalog;

use std::any::Any;

use diesel::QueryResult;
use diesel::connection::LoadConnection;
use diesel::mysql::Mysql;
use fenrir_schema::{Dialect, Identifier, TableName};

use super::kept_query::KeptQuery;
use super::{CatalogNote, Database, Local, MigratorBackend, Row, sealed, text_rows};
use crate::history::FENRIR_TABLE;

impl MigratorBackend for Mysql {}

impl sealed::Backend for Mysql {
    const DIALECT: Dialect = Dialect::Mysql;

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
        Box::new(Server {
            connection,
            back: Vec::new(),
            role: None,
            is_settled: false,
            has_timeouts: false,
            is_open: false,
            last: String::new(),
            lock_name: None,
        })
    }
}

/// A connection, and what it had before it was ours.
struct Server<'a, C: LoadConnection<Backend = Mysql>> {
    connection: &'a mut C,
    /// The settings that are to be put back, each with its value as SQL has it.
    back: Vec<(&'static str, String)>,
    /// The roles that it had.
    role: Option<String>,
    is_settled: bool,
    has_timeouts: bool,
    /// Whether a transaction of ours is open.
    is_open: bool,
    /// What it ends with.
    last: String,
    /// What the lock is called that it holds, as a literal.
    lock_name: Option<String>,
}

/// What the lock is called. Locks are the server's, so the database is in the name, which has at most 64
/// characters (<https://dev.mysql.com/doc/refman/8.0/en/locking-functions.html>).
const LOCK: &str = "concat('fenrir migrations ', left(sha2(coalesce(database(), ''), 256), 40))";

/// Modes in which a text or a name of a migration would be read as another, by themselves or with what
/// they stand for (<https://mariadb.com/kb/en/sql-mode/>).
const OTHER_QUOTES: &[&str] =
    &["ANSI", "ANSI_QUOTES", "DB2", "MAXDB", "MSSQL", "NO_BACKSLASH_ESCAPES", "ORACLE", "POSTGRESQL"];

impl<C: LoadConnection<Backend = Mysql>> Server<'_, C> {
    /// The one value of a query.
    fn value(&mut self, sql: &str) -> QueryResult<Option<String>> {
        Ok(self.rows(sql, &[])?.into_iter().flatten().next().flatten())
    }

    /// Takes care that a migration's text means what it says, and that a value which does not fit is an
    /// error and not another value.
    fn settle_mode(&mut self) -> QueryResult<()> {
        if self.is_settled {
            return Ok(());
        }
        let sql = "SELECT @@SESSION.sql_mode, @@SESSION.lc_messages, CAST(@@SESSION.autocommit + 0 AS char)";
        let mut row = self.rows(sql, &[])?.into_iter().next().unwrap_or_default().into_iter();
        let mut next = || row.next().flatten().unwrap_or_default();
        let (modes, language, autocommit) = (next(), next(), next());
        let kept = modes.split(',').filter(|mode| !mode.is_empty() && !OTHER_QUOTES.contains(mode));
        let kept: Vec<_> = kept.chain(["STRICT_TRANS_TABLES"]).collect();
        self.set("sql_mode", &Dialect::Mysql.literal(&kept.join(",")))?;
        // Some errors are known by their texts.
        if self.set("lc_messages", "'en_US'").is_ok() {
            self.back.push(("lc_messages", Dialect::Mysql.literal(&language)));
        }
        self.back.push(("sql_mode", Dialect::Mysql.literal(&modes)));
        // Without it every query is a part of a transaction, which goes on seeing what was there when it began.
        if autocommit != "1" {
            self.execute("SET autocommit = 1")?;
            self.back.push(("autocommit", autocommit));
        }
        self.is_settled = true;
        Ok(())
    }

    fn set(&mut self, name: &str, value: &str) -> QueryResult<()> {
        self.execute(&format!("SET SESSION {name} = {value}"))
    }

    /// A number of the session's, to be put back.
    fn change(&mut self, name: &'static str, value: &str) -> QueryResult<()> {
        let before = self.value(&format!("SELECT CAST(@@SESSION.{name} AS char)"))?;
        self.set(name, value)?;
        self.back.extend(before.map(|before| (name, before)));
        Ok(())
    }

    /// Locks of tables and of rows are waited for in seconds, a day and a minute unless told otherwise
    /// (<https://mariadb.com/kb/en/server-system-variables/#lock_wait_timeout>).
    fn limit(&mut self, local: &Local) -> QueryResult<()> {
        if std::mem::replace(&mut self.has_timeouts, true) {
            return Ok(());
        }
        if let Some(timeout) = local.lock_timeout {
            let seconds = timeout.as_millis().div_ceil(1000).max(1).to_string();
            self.change("lock_wait_timeout", &seconds)?;
            self.change("innodb_lock_wait_timeout", &seconds)?;
        }
        if let Some(timeout) = local.statement_timeout {
            // MariaDB's; MySQL has one for queries alone.
            let seconds = format!("{}.{:03}", timeout.as_secs(), timeout.subsec_millis());
            if self.change("max_statement_time", &seconds).is_err() {
                self.change("max_execution_time", &timeout.as_millis().to_string())?;
            }
        }
        Ok(())
    }

    fn drop_tables(&mut self, tables: &[TableName]) -> QueryResult<()> {
        for table in tables {
            let sql = "SELECT table_name, if(table_schema = database(), NULL, table_schema) \
                       FROM information_schema.key_column_usage \
                       WHERE referenced_table_schema = database() AND referenced_table_name = ?";
            for row in self.rows(sql, &[table.name.as_str()])? {
                let mut row = row.into_iter();
                let other = row.next().flatten().unwrap_or_default();
                let schema = row.next().flatten();
                let ours = tables.iter().any(|table| table.name.as_str().eq_ignore_ascii_case(&other));
                if !ours || schema.is_some() {
                    let place = schema.map(|schema| format!(" in `{schema}`")).unwrap_or_default();
                    let message =
                        format!("the table `{other}`{place}, which is not ours, refers to `{table}`");
                    return Err(diesel::result::Error::QueryBuilderError(message.into()));
                }
            }
        }
        let names: Vec<_> = tables.iter().map(|table| Dialect::Mysql.quote_table(table)).collect();
        self.execute(&format!("DROP TABLE {}", names.join(", ")))
    }
}

/// The connection is its owner's again.
impl<C: LoadConnection<Backend = Mysql>> Drop for Server<'_, C> {
    fn drop(&mut self) {
        // Without a connection there are no settings either.
        for (name, value) in std::mem::take(&mut self.back) {
            let _ = self.set(name, &value);
        }
        if let Some(role) = self.role.take() {
            let _ = self.execute(&format!("SET ROLE {role}"));
        }
    }
}

impl<C: LoadConnection<Backend = Mysql>> Server<'_, C> {
    fn execute(&mut self, sql: &str) -> QueryResult<()> {
        // The client's library crashes on an empty text.
        if sql.trim().is_empty() {
            return Ok(());
        }
        self.connection.batch_execute(sql)
    }

    fn rows(&mut self, sql: &str, binds: &[&str]) -> QueryResult<Vec<Row>> {
        <Mysql as sealed::Backend>::rows(self.connection, sql, binds)
    }
}

impl<C: LoadConnection<Backend = Mysql> + 'static> Database for Server<'_, C> {
    fn dialect(&self) -> Dialect {
        <Mysql as sealed::Backend>::DIALECT
    }

    fn execute(&mut self, sql: &str) -> QueryResult<()> {
        Server::execute(self, sql)
    }

    fn rows(&mut self, sql: &str, binds: &[&str]) -> QueryResult<Vec<Row>> {
        Server::rows(self, sql, binds)
    }

    fn kept_rows(&mut self, sql: &str) -> QueryResult<Vec<Row>> {
        <Mysql as sealed::Backend>::kept_rows(self.connection, sql)
    }

    fn in_transaction(&mut self) -> bool {
        super::is_in_transaction(self.connection)
    }

    /// MySQL ends such a text after 1,024 bytes unless it is told otherwise; MariaDB, which has a million, takes what tells
    /// it for a comment
    /// (<https://dev.mysql.com/doc/refman/8.0/en/server-system-variables.html#sysvar_group_concat_max_len>).
    fn versions(&self) -> (&'static str, &'static str) {
        (
            "/*+ SET_VAR(group_concat_max_len = 1048576) */ ",
            "SELECT group_concat(version SEPARATOR ' ') FROM __diesel_schema_migrations",
        )
    }

    fn lend(&mut self, act: &mut dyn FnMut(&mut dyn Any)) -> QueryResult<()> {
        super::lend(self.connection, act)
    }

    /// Roles are the session's.
    fn enter(&mut self, local: &Local) -> QueryResult<()> {
        if let (Some(role), None) = (&local.role, &self.role) {
            let before = self.value("SELECT current_role()")?;
            self.execute(&format!("SET ROLE `{}`", role.replace('`', "``")))?;
            let quoted = |before: String| match before.as_str() {
                "NONE" | "" => "NONE".to_owned(),
                // MySQL's list is written as it is read.
                list if list.contains('`') => list.to_owned(),
                name => format!("`{name}`"),
            };
            self.role = Some(before.map_or_else(|| "NONE".to_owned(), quoted));
        }
        Ok(())
    }

    /// Not with BEGIN: a statement that changes the schema would end that transaction, and what follows it
    /// would be committed one by one, the two halves of the record among it. With `autocommit` off, another
    /// transaction begins by itself (<https://dev.mysql.com/doc/refman/8.0/en/innodb-autocommit-commit-rollback.html>).
    fn begin(&mut self, history: bool, local: &Local) -> QueryResult<()> {
        self.settle_mode()?;
        self.limit(local)?;
        self.execute("SET autocommit = 0")?;
        self.is_open = true;
        if history {
            // `GET_LOCK` is of one server: of several that share a database, the rows tell.
            let lock = format!(
                "SELECT version, NULL, NULL FROM {FENRIR_TABLE} ORDER BY version DESC LIMIT 1 FOR UPDATE NOWAIT"
            );
            self.kept_rows(&lock)?;
        }
        Ok(())
    }

    /// In one message with the commit: Diesel sends two more for each.
    fn execute_last(&mut self, sql: &str) -> QueryResult<()> {
        self.last.push_str(sql);
        Ok(())
    }

    fn commit(&mut self) -> QueryResult<()> {
        let last = std::mem::take(&mut self.last);
        let result = self.execute(&format!("{last}COMMIT; SET autocommit = 1"));
        if result.is_ok() {
            self.is_open = false;
        } else {
            self.rollback();
        }
        result
    }

    fn rollback(&mut self) {
        self.last.clear();
        let is_open = std::mem::take(&mut self.is_open);
        let _ = self.execute(if is_open { "ROLLBACK; SET autocommit = 1" } else { "ROLLBACK" });
    }

    fn locks_whole_run(&self) -> bool {
        true
    }

    /// Tried, never waited for in the server.
    fn try_lock(&mut self) -> QueryResult<bool> {
        self.settle_mode()?;
        // Once: a migration may go to another database.
        let name = self.value(&format!("SELECT {LOCK}"))?.unwrap_or_default();
        let name = Dialect::Mysql.literal(&name);
        let is_locked =
            self.value(&format!("SELECT CAST(get_lock({name}, 0) AS char)"))?.as_deref() == Some("1");
        self.lock_name = is_locked.then_some(name);
        Ok(is_locked)
    }

    fn lock_holder(&mut self) -> Option<String> {
        let id = self.value(&format!("SELECT CAST(is_used_lock({LOCK}) AS char)")).ok()??;
        // Of others one may see nothing.
        let sql = "SELECT concat(' of ', user, '@', host) FROM information_schema.processlist WHERE id = ?";
        let whose = self.rows(sql, &[&id]).ok().and_then(|rows| rows.into_iter().flatten().next().flatten());
        Some(format!("connection {id}{}", whose.unwrap_or_default()))
    }

    fn unlock(&mut self) {
        // Without a connection there is no lock either.
        if let Some(name) = self.lock_name.take() {
            let _ = self.value(&format!("SELECT CAST(release_lock({name}) AS char)"));
        }
    }

    fn is_busy(&self, error: &diesel::result::Error) -> bool {
        self.is_lock_timeout(error)
    }

    /// Diesel does not hand on the numbers (1205, 1213 and MySQL's 3572); the texts are English, as
    /// [`Server::settle_mode`] has asked for.
    fn is_lock_timeout(&self, error: &diesel::result::Error) -> bool {
        let diesel::result::Error::DatabaseError(_, information) = error else { return false };
        let message = information.message();
        message.starts_with("Lock wait timeout exceeded")
            || message.starts_with("Deadlock found")
            || message.contains("NOWAIT is set")
    }

    fn settle(&mut self, _: &Local) -> QueryResult<Option<&'static str>> {
        let value = self.value("SELECT CAST(@@GLOBAL.read_only AS char)")?;
        // MariaDB 12 has words for it.
        Ok(match value.as_deref() {
            None | Some("0" | "OFF") => None,
            Some(_) => Some("its server is read-only (`read_only`), as replicas are"),
        })
    }

    fn catalog_note(&mut self, statement: &str) -> QueryResult<CatalogNote> {
        catalog::note(self, statement)
    }

    fn is_done(&self, before: &str, now: &str) -> Option<bool> {
        catalog::is_done(before, now)
    }

    /// Names of tables differ in case where the server's files do, whatever `information_schema` makes of it
    /// (<https://dev.mysql.com/doc/refman/8.0/en/identifier-case-sensitivity.html>).
    fn has_table(&mut self, name: &TableName) -> QueryResult<bool> {
        let sql = "SELECT 'yes' FROM information_schema.tables \
                   WHERE table_schema = database() AND table_name = ? AND \
                   (@@lower_case_table_names <> 0 OR CAST(table_name AS binary) = CAST(? AS binary))";
        if !self.rows(sql, &[name.name.as_str(), name.name.as_str()])?.is_empty() {
            return Ok(true);
        }
        // What this user has no right to is not in that list; the server's refusal is the one thing that tells.
        match self.rows(&format!("SELECT 1 FROM {} LIMIT 0", Dialect::Mysql.quote_table(name)), &[]) {
            Err(error) if error.to_string().contains("denied") => Err(error),
            _ => Ok(false),
        }
    }

    fn has_column(&mut self, table: &TableName, column: &Identifier) -> QueryResult<bool> {
        let sql = "SELECT 'yes' FROM information_schema.columns \
                   WHERE table_schema = database() AND table_name = ? AND column_name = ? AND \
                   (@@lower_case_table_names <> 0 OR CAST(table_name AS binary) = CAST(? AS binary))";
        Ok(!self.rows(sql, &[table.name.as_str(), column.as_str(), table.name.as_str()])?.is_empty())
    }

    /// An enum is a part of each column that has it.
    fn has_enum(&mut self, _: &Identifier) -> QueryResult<bool> {
        Ok(false)
    }

    /// Foreign keys between them are no hindrance where they are not looked at; so who else points at them
    /// is looked at first.
    fn drop_all(&mut self, tables: &[TableName], _: &[Identifier]) -> QueryResult<()> {
        let checks = self.value("SELECT CAST(@@SESSION.foreign_key_checks AS char)")?;
        self.execute("SET foreign_key_checks = 0")?;
        let result = self.drop_tables(tables);
        self.execute(&format!("SET foreign_key_checks = {}", checks.as_deref().unwrap_or("1")))?;
        result
    }
}
