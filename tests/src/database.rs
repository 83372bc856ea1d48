//! Databases for one test each.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

use diesel::connection::SimpleConnection;
use diesel::{Connection, PgConnection, SqliteConnection};
use fenrir_migrate::Dialect;
use tempfile::TempDir;

/// A database that is gone when this is.
pub struct TestDatabase {
    url: String,
    kind: Kind,
}

enum Kind {
    Postgres { name: String },
    Sqlite { folder: TempDir },
}

/// The server that tests make databases on.
#[must_use]
pub fn server_url() -> String {
    std::env::var("FENRIR_TEST_POSTGRES_URL")
        .unwrap_or_else(|_| "postgres://postgres@127.0.0.1:5432/postgres".to_owned())
}

fn on_server(sql: &str) {
    let url = server_url();
    let mut connection = PgConnection::establish(&url).unwrap_or_else(|error| {
        panic!("these tests need PostgreSQL: start one, or name one in FENRIR_TEST_POSTGRES_URL ({error})")
    });
    connection.batch_execute(sql).unwrap();
}

impl TestDatabase {
    /// An empty database of that kind.
    #[must_use]
    pub fn new(dialect: Dialect) -> Self {
        match dialect {
            Dialect::Postgres => Self::postgres(),
            Dialect::Sqlite => Self::sqlite(),
        }
    }

    /// An empty PostgreSQL database.
    #[must_use]
    pub fn postgres() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let nanos =
            std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().subsec_nanos();
        let name = format!("fenrir_test_{}_{number}_{nanos}", std::process::id());
        on_server(&format!("CREATE DATABASE {name}"));
        let server = server_url();
        let (base, query) =
            server.split_once('?').map_or((server.as_str(), ""), |(base, query)| (base, query));
        let base = base.rsplit_once('/').unwrap().0;
        let query = if query.is_empty() { String::new() } else { format!("?{query}") };
        Self { url: format!("{base}/{name}{query}"), kind: Kind::Postgres { name } }
    }

    /// A SQLite file that is not there yet.
    #[must_use]
    pub fn sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", folder.path().join("test.db").display());
        Self { url, kind: Kind::Sqlite { folder } }
    }

    /// Its address, as the command takes it.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The kind of database.
    #[must_use]
    pub fn dialect(&self) -> Dialect {
        match self.kind {
            Kind::Postgres { .. } => Dialect::Postgres,
            Kind::Sqlite { .. } => Dialect::Sqlite,
        }
    }

    /// SQLite's file.
    #[must_use]
    pub fn file(&self) -> PathBuf {
        match &self.kind {
            Kind::Sqlite { folder } => folder.path().join("test.db"),
            Kind::Postgres { .. } => panic!("PostgreSQL has no file"),
        }
    }

    /// Empties it, which is quicker than another one.
    pub fn reset(&self) {
        match &self.kind {
            Kind::Postgres { .. } => {
                self.connect().execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public").unwrap();
            }
            Kind::Sqlite { .. } => {
                let _ = std::fs::remove_file(self.file());
            }
        }
    }

    /// A connection to it.
    #[must_use]
    pub fn connect(&self) -> Connected {
        match &self.kind {
            Kind::Postgres { .. } => Connected::Postgres(PgConnection::establish(&self.url).unwrap()),
            Kind::Sqlite { .. } => {
                Connected::Sqlite(SqliteConnection::establish(self.file().to_str().unwrap()).unwrap())
            }
        }
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        if let Kind::Postgres { name } = &self.kind {
            on_server(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"));
        }
    }
}

/// A connection to either kind.
pub enum Connected {
    /// To PostgreSQL.
    Postgres(PgConnection),
    /// To SQLite.
    Sqlite(SqliteConnection),
}

#[derive(diesel::QueryableByName)]
struct TextRow {
    #[diesel(sql_type = diesel::sql_types::Nullable<diesel::sql_types::Text>)]
    value: Option<String>,
}

impl Connected {
    /// Runs statements.
    ///
    /// # Errors
    /// The database's.
    pub fn execute(&mut self, sql: &str) -> diesel::QueryResult<()> {
        match self {
            Self::Postgres(connection) => connection.batch_execute(sql),
            Self::Sqlite(connection) => connection.batch_execute(sql),
        }
    }

    /// The values of a query with one column, named `value`, of text.
    #[must_use]
    pub fn texts(&mut self, sql: &str) -> Vec<Option<String>> {
        use diesel::RunQueryDsl;
        let query = diesel::sql_query(sql);
        let rows: Vec<TextRow> = match self {
            Self::Postgres(connection) => query.load(connection),
            Self::Sqlite(connection) => query.load(connection),
        }
        .unwrap_or_else(|error| panic!("{sql}: {error}"));
        rows.into_iter().map(|row| row.value).collect()
    }

    /// The one number that a query counts, as `value`.
    #[must_use]
    pub fn count(&mut self, table: &str) -> i64 {
        let sql = format!("SELECT CAST(count(*) AS VARCHAR(20)) AS value FROM {table}");
        self.texts(&sql)[0].as_deref().unwrap().parse().unwrap()
    }
}
