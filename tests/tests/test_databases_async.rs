//! `#[fenrir_migrate::test]` on `async` functions.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use diesel::connection::SimpleConnection;
use diesel::dsl::sql;
use diesel::query_builder::SqlQuery;
use diesel::sql_types::Text;
use diesel::{QueryDsl, QueryResult, SqliteConnection, sql_query};
use diesel_async::sync_connection_wrapper::SyncConnectionWrapper;
use diesel_async::{AsyncMysqlConnection, AsyncPgConnection, RunQueryDsl};
use fenrir_migrate::Dialect;
use fenrir_migrate::testing::{Contents, TestDatabase, async_run_in_transaction};
use fenrir_models::MIGRATIONS;
use fenrir_models::pages::page;

fn insert_page() -> SqlQuery {
    sql_query(
        "INSERT INTO page (id, page_name, page_url, identifiers, environments, created_at, updated_at) \
         VALUES (1, 'login', '/', '{}', '[]', '2026-11-23', '2026-11-23')",
    )
}

#[fenrir_migrate::test(tables_of = MIGRATIONS, seed = async_page)]
async fn asynchronous_on_postgres(connection: &mut AsyncPgConnection) -> QueryResult<()> {
    assert_eq!(page::table.count().get_result::<i64>(connection).await?, 1);
    Ok(())
}

async fn async_page(connection: &mut AsyncPgConnection) -> QueryResult<usize> {
    insert_page().execute(connection).await
}

#[fenrir_migrate::test(tables_of = MIGRATIONS, seed = async_page, transaction)]
async fn asynchronous_in_a_transaction(connection: &mut AsyncPgConnection) {
    assert_eq!(page::table.count().get_result::<i64>(connection).await.unwrap(), 1);
}

/// As the tests of others do with what was not used for a while.
#[test]
fn a_shared_database_that_was_dropped_is_made_again() {
    let contents = Contents::tables(&[(Dialect::Postgres, "CREATE TABLE only_here (id integer);")]);
    let database = || {
        async_run_in_transaction::<AsyncPgConnection, Result<String, String>>(
            &contents,
            |_| Box::pin(async {}),
            |connection| {
                Box::pin(async {
                    let name = diesel::select(sql::<Text>("current_database()::text"));
                    name.get_result(connection).await.map_err(|error| error.to_string())
                })
            },
        )
    };
    let name = database().unwrap();
    let other = TestDatabase::<diesel::PgConnection>::postgres();
    other.connect().batch_execute(&format!("DROP DATABASE {name}")).unwrap();
    assert_eq!(database().unwrap(), name);
}

#[fenrir_migrate::test(tables_of = MIGRATIONS)]
async fn asynchronous_with_a_database(database: &TestDatabase<AsyncPgConnection>) {
    let (mut first, mut second) = (database.connect().await, database.connect().await);
    insert_page().execute(&mut first).await.unwrap();
    assert_eq!(page::table.count().get_result::<i64>(&mut second).await.unwrap(), 1);
}

#[fenrir_migrate::test(migrations = MIGRATIONS)]
async fn asynchronous_on_sqlite(connection: &mut SyncConnectionWrapper<SqliteConnection>) {
    assert_eq!(insert_page().execute(connection).await.unwrap(), 1);
}

#[fenrir_migrate::test(empty)]
async fn asynchronous_on_mysql(connection: &mut AsyncMysqlConnection) {
    sql_query("CREATE TABLE thing (id integer)").execute(connection).await.unwrap();
    assert_eq!(sql_query("INSERT INTO thing VALUES (1), (2)").execute(connection).await.unwrap(), 2);
}
