//! PostgreSQL through Diesel.

use diesel::QueryResult;
use diesel::connection::LoadConnection;
use diesel::pg::Pg;
use fenrir_schema::{Dialect, Frame, Identifier, TableName};

use super::{Database, MigratorBackend, Row, sealed, text_rows};

impl MigratorBackend for Pg {}

impl sealed::Backend for Pg {
    const DIALECT: Dialect = Dialect::Postgres;

    fn rows<C>(connection: &mut C, sql: &str, binds: &[&str]) -> QueryResult<Vec<Row>>
    where
        C: LoadConnection<Backend = Self>,
    {
        text_rows!(connection, sql, binds)
    }

    fn database<'a, C>(connection: &'a mut C) -> Box<dyn Database + 'a>
    where
        C: LoadConnection<Backend = Self>,
    {
        Box::new(Postgres(connection))
    }
}

struct Postgres<'a, C>(&'a mut C);

/// The schema that a table lies in; empty for the one in which tables are made by themselves.
fn place(table: &TableName) -> &str {
    table.schema.as_ref().map_or("", Identifier::as_str)
}

/// What the lock is called.
const LOCK_NAME: &str = "fenrir migrations";

/// The key of the advisory lock: one for each schema, so that tenants of one database do not wait for
/// each other.
const KEY: &str = "hashtextextended($1 || ' ' || coalesce(current_schema(), ''), 0)";

impl<C: LoadConnection<Backend = Pg>> Database for Postgres<'_, C> {
    fn dialect(&self) -> Dialect {
        <Pg as sealed::Backend>::DIALECT
    }

    fn execute(&mut self, sql: &str) -> QueryResult<()> {
        self.0.batch_execute(sql)
    }

    fn rows(&mut self, sql: &str, binds: &[&str]) -> QueryResult<Vec<Row>> {
        <Pg as sealed::Backend>::rows(self.0, sql, binds)
    }

    fn in_transaction(&mut self) -> bool {
        super::is_in_transaction(self.0)
    }

    fn placeholder(&self, number: usize) -> String {
        format!("${number}")
    }

    /// The table's lock holds even where the advisory lock does not, as behind a pool that hands
    /// out connections by the transaction.
    fn begin(&mut self, history: bool) -> QueryResult<()> {
        self.execute("BEGIN")?;
        if history {
            // Never waited for in the server. Diesel does not tell why it failed; the runner tries again
            // for as long as it may, and what is really wrong shows in the statements that follow.
            let lock = "LOCK TABLE __fenrir_migrations IN SHARE ROW EXCLUSIVE MODE NOWAIT";
            if self.execute(lock).is_err() {
                self.rollback();
                return Err(diesel::result::Error::RollbackTransaction);
            }
        }
        Ok(())
    }

    /// Tried, never waited for in the server: a session that waits there holds a snapshot, and
    /// CREATE INDEX CONCURRENTLY of the holder would wait for that in turn.
    fn try_lock(&mut self) -> QueryResult<bool> {
        let rows = self.rows(&format!("SELECT pg_try_advisory_lock({KEY})::text"), &[LOCK_NAME])?;
        Ok(rows.first().and_then(|row| row.first()) == Some(&Some("true".to_owned())))
    }

    fn lock_holder(&mut self) -> Option<String> {
        // A key of 64 bits is kept in two halves
        // (https://www.postgresql.org/docs/current/view-pg-locks.html).
        let sql = format!(
            "SELECT 'process ' || a.pid || coalesce(', ' || nullif(a.application_name, ''), '') \
             FROM pg_locks l JOIN pg_stat_activity a USING (pid) \
             WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1 \
             AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database()) \
             AND ((l.classid::bigint << 32) | l.objid::bigint) = {KEY}"
        );
        self.rows(&sql, &[LOCK_NAME]).ok()?.into_iter().next()?.into_iter().next()?
    }

    fn unlock(&mut self) {
        // Without a connection there is no lock either.
        let _ = self.rows(&format!("SELECT pg_advisory_unlock({KEY})::text"), &[LOCK_NAME]);
    }

    /// As [`Database::begin`] says that the history is locked.
    fn is_busy(&self, error: &diesel::result::Error) -> bool {
        matches!(error, diesel::result::Error::RollbackTransaction)
    }

    fn has_table(&mut self, name: &TableName) -> QueryResult<bool> {
        let sql = "SELECT 'yes' FROM pg_class WHERE relname = $1 AND relkind IN ('r', 'p', 'v', 'm', 'f') \
                   AND relnamespace = (SELECT oid FROM pg_namespace \
                   WHERE nspname = coalesce(nullif($2, ''), current_schema()))";
        Ok(!self.rows(sql, &[name.name.as_str(), place(name)])?.is_empty())
    }

    fn has_column(&mut self, table: &TableName, column: &Identifier) -> QueryResult<bool> {
        let sql = "SELECT 'yes' FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid \
                   WHERE c.relname = $1 AND a.attname = $2 AND a.attnum > 0 AND NOT a.attisdropped \
                   AND c.relnamespace = (SELECT oid FROM pg_namespace \
                   WHERE nspname = coalesce(nullif($3, ''), current_schema()))";
        Ok(!self.rows(sql, &[table.name.as_str(), column.as_str(), place(table)])?.is_empty())
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

    fn enter_frame(&mut self, _: Frame) -> QueryResult<String> {
        Ok(String::new())
    }
}
