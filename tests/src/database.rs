//! Databases of any kind, for tests that run on all of them.

use std::path::{Path, PathBuf};

use diesel::connection::SimpleConnection;
use diesel::{MysqlConnection, PgConnection, SqliteConnection};
use fenrir_migrate::introspect::{self, Comparison, Live, Options};
use fenrir_migrate::{Dialect, Error, Migrator, Report, Schema, testing};

/// A database that is gone when this is.
pub enum TestDatabase {
    /// On PostgreSQL.
    Postgres(testing::TestDatabase<PgConnection>),
    /// In SQLite's file.
    Sqlite(testing::TestDatabase<SqliteConnection>),
    /// On MySQL or MariaDB.
    Mysql(testing::TestDatabase<MysqlConnection>),
}

impl TestDatabase {
    /// An empty database of that kind.
    #[must_use]
    pub fn new(dialect: Dialect) -> Self {
        match dialect {
            Dialect::Postgres => Self::postgres(),
            Dialect::Sqlite => Self::sqlite(),
            Dialect::Mysql => Self::mysql(),
        }
    }

    /// An empty PostgreSQL database.
    #[must_use]
    pub fn postgres() -> Self {
        Self::Postgres(testing::TestDatabase::postgres())
    }

    /// An empty MySQL or MariaDB database.
    #[must_use]
    pub fn mysql() -> Self {
        Self::Mysql(testing::TestDatabase::mysql())
    }

    /// A SQLite file that is not there yet.
    #[must_use]
    pub fn sqlite() -> Self {
        let database = Self::Sqlite(testing::TestDatabase::sqlite());
        database.reset();
        database
    }

    /// Its address, as the command takes it.
    #[must_use]
    pub fn url(&self) -> &str {
        match self {
            Self::Postgres(database) => database.url(),
            Self::Sqlite(database) => database.url(),
            Self::Mysql(database) => database.url(),
        }
    }

    /// The kind of database.
    #[must_use]
    pub fn dialect(&self) -> Dialect {
        match self {
            Self::Postgres(_) => Dialect::Postgres,
            Self::Sqlite(_) => Dialect::Sqlite,
            Self::Mysql(_) => Dialect::Mysql,
        }
    }

    /// SQLite's file.
    #[must_use]
    pub fn file(&self) -> PathBuf {
        match self {
            Self::Sqlite(database) => Path::new(database.url()).to_owned(),
            Self::Postgres(_) | Self::Mysql(_) => panic!("only SQLite has a file"),
        }
    }

    /// Empties it, which is quicker than another one.
    pub fn reset(&self) {
        match self {
            Self::Postgres(_) => {
                let mut connected = self.connect();
                let schemas = "SELECT quote_ident(nspname) AS value FROM pg_namespace \
                               WHERE nspname !~ '^(pg_|information_schema$)'";
                let schemas: Vec<_> = connected.texts(schemas).into_iter().flatten().collect();
                let drop = format!("DROP SCHEMA {} CASCADE; CREATE SCHEMA public", schemas.join(", "));
                connected.execute(&drop).unwrap();
            }
            Self::Sqlite(_) => {
                let _ = std::fs::remove_file(self.file());
            }
            Self::Mysql(_) => {
                let mut connected = self.connect();
                let name = connected.texts("SELECT database() AS value").remove(0).unwrap();
                connected.execute(&format!("DROP DATABASE {name}; CREATE DATABASE {name}")).unwrap();
            }
        }
    }

    /// A connection to it.
    #[must_use]
    pub fn connect(&self) -> Connected {
        match self {
            Self::Postgres(database) => Connected::Postgres(database.connect()),
            Self::Sqlite(database) => Connected::Sqlite(database.connect()),
            Self::Mysql(database) => Connected::Mysql(database.connect()),
        }
    }
}

impl TestDatabase {
    /// Runs migrations on it, over a connection of their own.
    ///
    /// # Errors
    /// When they fail.
    pub fn migrate(&self, migrator: &Migrator) -> Result<Report, Error> {
        match self.connect() {
            Connected::Postgres(mut connection) => migrator.run(&mut connection),
            Connected::Sqlite(mut connection) => migrator.run(&mut connection),
            Connected::Mysql(mut connection) => migrator.run(&mut connection),
        }
    }
}

/// A connection to any kind.
pub enum Connected {
    /// To PostgreSQL.
    Postgres(PgConnection),
    /// To SQLite.
    Sqlite(SqliteConnection),
    /// To MySQL or MariaDB.
    Mysql(MysqlConnection),
}

#[derive(diesel::QueryableByName)]
struct TextRow {
    #[diesel(sql_type = diesel::sql_types::Nullable<diesel::sql_types::Text>)]
    value: Option<String>,
}

impl Connected {
    /// The kind of database.
    #[must_use]
    pub fn dialect(&self) -> Dialect {
        match self {
            Self::Postgres(_) => Dialect::Postgres,
            Self::Sqlite(_) => Dialect::Sqlite,
            Self::Mysql(_) => Dialect::Mysql,
        }
    }

    /// Runs statements.
    ///
    /// # Errors
    /// The database's.
    pub fn execute(&mut self, sql: &str) -> diesel::QueryResult<()> {
        match self {
            Self::Postgres(connection) => connection.batch_execute(sql),
            Self::Sqlite(connection) => connection.batch_execute(sql),
            Self::Mysql(connection) => connection.batch_execute(sql),
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
            Self::Mysql(connection) => query.load(connection),
        }
        .unwrap_or_else(|error| panic!("{sql}: {error}"));
        rows.into_iter().map(|row| row.value).collect()
    }

    /// What is in the database.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn read(&mut self, options: &Options) -> Result<Live, Error> {
        match self {
            Self::Postgres(connection) => introspect::read(connection, options),
            Self::Sqlite(connection) => introspect::read(connection, options),
            Self::Mysql(connection) => introspect::read(connection, options),
        }
    }

    /// How what was read differs from a schema.
    ///
    /// # Errors
    /// When the database cannot tell.
    pub fn compare(&mut self, wanted: &Schema, live: &Live) -> Result<Comparison, Error> {
        match self {
            Self::Postgres(connection) => introspect::compare(connection, wanted, live),
            Self::Sqlite(connection) => introspect::compare(connection, wanted, live),
            Self::Mysql(connection) => introspect::compare(connection, wanted, live),
        }
    }

    /// The one number that a query counts, as `value`.
    #[must_use]
    pub fn count(&mut self, table: &str) -> i64 {
        let text = if matches!(self, Self::Mysql(_)) { "CHAR(20)" } else { "VARCHAR(20)" };
        let sql = format!("SELECT CAST(count(*) AS {text}) AS value FROM {table}");
        self.texts(&sql)[0].as_deref().unwrap().parse().unwrap()
    }
}
