//! A connection to whichever database a URL names.

#[cfg(any(feature = "mysql", feature = "postgres", feature = "sqlite"))]
use {super::sealed, diesel::Connection, fenrir_schema::Dialect};

use super::Database;
use super::url::DatabaseUrl;

impl DatabaseUrl {
    /// Connects. An error says where to, and what the database said, without the password.
    pub(crate) fn connect(&self) -> Result<Connected, String> {
        let explain = |error: diesel::ConnectionError| {
            format!("cannot connect to `{self}`: {}", self.redact(&error.to_string()))
        };
        match self.dialect() {
            #[cfg(feature = "postgres")]
            Dialect::Postgres => diesel::PgConnection::establish(self.reveal())
                .map(|connection| Connected::Postgres(Box::new(connection)))
                .map_err(explain),
            #[cfg(feature = "sqlite")]
            Dialect::Sqlite => {
                let connection = diesel::SqliteConnection::establish(self.reveal()).map_err(explain)?;
                let mut connected = Connected::Sqlite(Box::new(connection));
                connected.be_patient();
                self.look_into(&mut connected)?;
                Ok(connected)
            }
            #[cfg(feature = "mysql")]
            Dialect::Mysql => diesel::MysqlConnection::establish(self.reveal())
                .map(|connection| Connected::Mysql(Box::new(connection)))
                .map_err(explain),
            #[allow(unreachable_patterns, reason = "where a database's feature is off")]
            other => {
                let _ = explain;
                Err(format!(
                    "this command was built without {}: turn on the feature `{other}`",
                    other.title()
                ))
            }
        }
    }
}

#[cfg(feature = "sqlite")]
impl DatabaseUrl {
    /// SQLite opens any file, and reads it only when it is asked for something.
    fn look_into(&self, connected: &mut Connected) -> Result<(), String> {
        let mut database = connected.database();
        match database.execute("SELECT count(*) FROM sqlite_master") {
            Err(error) if !database.is_busy(&error) => {
                Err(format!("`{self}` cannot be read as a SQLite database: {error}"))
            }
            _ => Ok(()),
        }
    }
}

#[cfg(feature = "sqlite")]
impl Connected {
    /// Whoever writes holds the whole file for a moment, and SQLite waits for nobody by itself
    /// (<https://www.sqlite.org/pragma.html#pragma_busy_timeout>).
    fn be_patient(&mut self) {
        // Without it a command fails sooner, and says why.
        let _ = self.database().execute("PRAGMA busy_timeout = 5000");
    }
}

/// An open connection.
pub(crate) enum Connected {
    #[cfg(feature = "postgres")]
    Postgres(Box<diesel::PgConnection>),
    #[cfg(feature = "sqlite")]
    Sqlite(Box<diesel::SqliteConnection>),
    #[cfg(feature = "mysql")]
    Mysql(Box<diesel::MysqlConnection>),
}

impl Connected {
    pub(crate) fn database(&mut self) -> Box<dyn Database + '_> {
        match self {
            #[cfg(feature = "postgres")]
            Connected::Postgres(connection) => {
                <diesel::pg::Pg as sealed::Backend>::database(connection.as_mut())
            }
            #[cfg(feature = "sqlite")]
            Connected::Sqlite(connection) => {
                <diesel::sqlite::Sqlite as sealed::Backend>::database(connection.as_mut())
            }
            #[cfg(feature = "mysql")]
            Connected::Mysql(connection) => {
                <diesel::mysql::Mysql as sealed::Backend>::database(connection.as_mut())
            }
            #[allow(
                unreachable_patterns,
                reason = "where no database's feature is on, there is no connection"
            )]
            _ => unreachable!("there is no such connection"),
        }
    }
}
