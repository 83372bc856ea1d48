//! Connections of diesel-async. Their databases are made through connections that are no `async` ones.

use diesel_async::AsyncConnection;
use fenrir_schema::Dialect;

use super::sealed::{Create, OpenAsync};
use super::{AsyncTestConnection, Contents, Error, Held, TestConnection};
use crate::database::url::DatabaseUrl;

async fn establish<C: AsyncConnection>(url: &DatabaseUrl) -> Result<C, Error> {
    let refused = |error: diesel::ConnectionError| {
        Error::because("connecting to a test's database", url.redact(&error.to_string()))
    };
    C::establish(url.reveal()).await.map_err(refused)
}

#[cfg(feature = "postgres")]
mod postgres {
    use diesel_async::AsyncPgConnection;

    use super::*;

    impl TestConnection for AsyncPgConnection {}
    impl AsyncTestConnection for AsyncPgConnection {}

    impl Create for AsyncPgConnection {
        const DIALECT: Dialect = Dialect::Postgres;

        fn create(contents: &Contents) -> Result<Box<dyn Held>, Error> {
            diesel::PgConnection::create(contents)
        }
    }

    impl OpenAsync for AsyncPgConnection {
        async fn open(url: &DatabaseUrl) -> Result<Self, Error> {
            establish(url).await
        }

        fn create_shared(contents: &Contents) -> Result<Box<dyn Held>, Error> {
            Ok(Box::new(Shared(super::super::postgres::shared(contents)?)))
        }
    }

    /// What stays when the test goes.
    struct Shared(DatabaseUrl);

    impl Held for Shared {
        fn url(&self) -> &DatabaseUrl {
            &self.0
        }

        fn keep(&mut self) {}
    }
}

#[cfg(feature = "mysql")]
mod mysql {
    use diesel_async::AsyncMysqlConnection;

    use super::*;

    impl TestConnection for AsyncMysqlConnection {}
    impl AsyncTestConnection for AsyncMysqlConnection {}

    impl Create for AsyncMysqlConnection {
        const DIALECT: Dialect = Dialect::Mysql;

        fn create(contents: &Contents) -> Result<Box<dyn Held>, Error> {
            let held = diesel::MysqlConnection::create(contents)?;
            Ok(Box::new(Named { url: for_this_client(held.url())?, held: Some(held) }))
        }
    }

    impl OpenAsync for AsyncMysqlConnection {
        async fn open(url: &DatabaseUrl) -> Result<Self, Error> {
            establish(url).await
        }

        fn create_shared(contents: &Contents) -> Result<Box<dyn Held>, Error> {
            let url = super::super::mysql::shared(contents)?;
            Ok(Box::new(Named { url: for_this_client(&url)?, held: None }))
        }
    }

    /// Its client has another name for the parameter with the socket's path.
    fn for_this_client(url: &DatabaseUrl) -> Result<DatabaseUrl, Error> {
        let renamed = match url.reveal().split_once('?') {
            Some((place, options)) => format!("{place}?{}", options.replacen("unix_socket=", "socket=", 1)),
            None => url.reveal().to_owned(),
        };
        DatabaseUrl::parse(&renamed)
            .map_err(|error| Error::because("the address of a test's database", error))
    }

    /// A database under the address that this client takes; without one of its own, it stays when the test
    /// goes.
    struct Named {
        url: DatabaseUrl,
        held: Option<Box<dyn Held>>,
    }

    impl Held for Named {
        fn url(&self) -> &DatabaseUrl {
            &self.url
        }

        fn keep(&mut self) {
            if let Some(held) = &mut self.held {
                held.keep();
            }
        }
    }
}

#[cfg(feature = "sqlite")]
mod sqlite {
    use diesel_async::SimpleAsyncConnection;
    use diesel_async::sync_connection_wrapper::SyncConnectionWrapper;

    use super::*;

    type AsyncSqlite = SyncConnectionWrapper<diesel::SqliteConnection>;

    impl TestConnection for AsyncSqlite {}
    impl AsyncTestConnection for AsyncSqlite {}

    /// A file: what is in memory has one connection, and that fills it.
    impl Create for AsyncSqlite {
        const DIALECT: Dialect = Dialect::Sqlite;

        fn create(contents: &Contents) -> Result<Box<dyn Held>, Error> {
            diesel::SqliteConnection::create(contents)
        }
    }

    impl OpenAsync for AsyncSqlite {
        async fn open(url: &DatabaseUrl) -> Result<Self, Error> {
            let mut connection: Self = establish(url).await?;
            connection
                .batch_execute(super::super::sqlite::SETTINGS)
                .await
                .map_err(|error| Error::because("opening a test's database", error))?;
            Ok(connection)
        }

        fn create_shared(contents: &Contents) -> Result<Box<dyn Held>, Error> {
            Self::create(contents)
        }
    }
}
