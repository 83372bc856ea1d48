//! `#[fenrir_migrate::test]`: what a test is given, and that it is its own.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;

use diesel::prelude::*;
use diesel::{MysqlConnection, sql_query};
use fenrir_migrate::Dialect;
use fenrir_migrate::testing::{Contents, TestDatabase, run_in_transaction};
use fenrir_models::pages::page;
use fenrir_models::{Environment, MIGRATIONS, Page, User};

type Connected = fenrir_tests::database::Connected;

/// The values of a query with one column, named `value`.
macro_rules! values {
    ($connection:expr, $sql:expr) => {{
        #[derive(QueryableByName)]
        struct Row {
            #[diesel(sql_type = diesel::sql_types::Text)]
            value: String,
        }
        let rows: Vec<Row> = sql_query($sql).load($connection).unwrap();
        rows.into_iter().map(|row| row.value).collect::<Vec<String>>()
    }};
}

const POSTGRES_TABLES: &str = "SELECT relname::text AS value FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' ORDER BY 1";
const SQLITE_TABLES: &str =
    "SELECT name AS value FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY 1";
const FIVE: [&str; 5] = ["emailProcessorTable", "environment", "identifier", "page", "user"];

#[fenrir_migrate::test(tables_of = MIGRATIONS)]
fn the_models_tables_on_postgres(connection: &mut PgConnection) {
    assert_eq!(values!(connection, POSTGRES_TABLES), FIVE);
}

#[fenrir_migrate::test(tables_of = MIGRATIONS)]
fn the_models_tables_on_sqlite(connection: &mut SqliteConnection) -> QueryResult<()> {
    assert_eq!(values!(connection, SQLITE_TABLES), FIVE);
    assert_eq!(
        values!(connection, "SELECT CAST(foreign_keys AS TEXT) AS value FROM pragma_foreign_keys"),
        ["1"]
    );
    Ok(())
}

/// What is created in one batch is what the history makes, but for the record of it.
#[test]
fn both_ways_make_the_same_database() {
    let described = |contents: &Contents| {
        let database = TestDatabase::<PgConnection>::with(contents);
        fenrir_tests::catalog::describe(&mut Connected::Postgres(database.connect()))
    };
    assert_eq!(described(&Contents::tables_of(&MIGRATIONS)), described(&Contents::migrated(&MIGRATIONS)));
}

#[fenrir_migrate::test(migrations = MIGRATIONS)]
fn the_history_on_postgres(connection: &mut PgConnection) {
    let applied = values!(&mut *connection, "SELECT version AS value FROM __diesel_schema_migrations");
    assert_eq!(applied.len(), 1);
    assert_eq!(values!(connection, "SELECT version AS value FROM __fenrir_migrations"), applied);
}

#[fenrir_migrate::test(migrations = MIGRATIONS)]
fn the_history_on_sqlite(connection: &mut SqliteConnection) {
    assert_eq!(values!(connection, "SELECT version AS value FROM __fenrir_migrations").len(), 1);
}

/// In any order: the tables that others point at come first.
#[fenrir_migrate::test(models(User, Environment))]
fn some_models_on_postgres(connection: &mut PgConnection) {
    assert_eq!(values!(connection, POSTGRES_TABLES), ["environment", "user"]);
}

#[test]
fn a_model_whose_parent_is_missing_is_named() {
    let error = TestDatabase::<SqliteConnection>::try_with(&Contents::model::<User>()).unwrap_err();
    let said = error.to_string();
    assert!(said.contains("`user` refers to `environment`, whose model is not among"), "{said}");
}

#[test]
fn models_that_are_not_for_a_database_say_so() {
    let error = TestDatabase::<MysqlConnection>::try_with(&Contents::model::<Page>()).unwrap_err();
    let said = error.to_string();
    assert!(said.contains("not for MySQL/MariaDB: name `mysql` among the `dialects`"), "{said}");
}

#[fenrir_migrate::test(empty)]
fn nothing_on_mysql(connection: &mut MysqlConnection) {
    let tables = values!(
        &mut *connection,
        "SELECT table_name AS value FROM information_schema.tables WHERE table_schema = database()"
    );
    assert!(tables.is_empty(), "{tables:?}");
    let name = values!(connection, "SELECT database() AS value");
    assert!(name[0].starts_with("fenrir_test_"), "{name:?}");
}

fn one_page(connection: &mut PgConnection) -> QueryResult<usize> {
    insert_page().execute(connection)
}

fn insert_page() -> diesel::query_builder::SqlQuery {
    sql_query(
        "INSERT INTO page (id, page_name, page_url, identifiers, environments, created_at, updated_at) \
         VALUES (1, 'login', '/', '{}', '[]', '2026-11-23', '2026-11-23')",
    )
}

#[fenrir_migrate::test(tables_of = MIGRATIONS, seed = one_page)]
fn a_seed_is_there(connection: &mut PgConnection) {
    assert_eq!(page::table.count().get_result::<i64>(connection).unwrap(), 1);
}

#[fenrir_migrate::test(tables_of = MIGRATIONS, seed = |connection: &mut PgConnection| {
    one_page(&mut *connection).and_then(|_| one_page(connection))
})]
#[should_panic(expected = "seeding the test's database failed")]
fn a_seed_that_fails_is_told(_: &mut PgConnection) {}

#[fenrir_migrate::test(tables_of = MIGRATIONS, seed = one_page)]
fn several_connections(database: &TestDatabase<PgConnection>) {
    let (mut first, mut second) = (database.connect(), database.connect());
    diesel::delete(page::table).execute(&mut first).unwrap();
    assert_eq!(page::table.count().get_result::<i64>(&mut second).unwrap(), 0);
    assert!(database.url().contains("fenrir_test_"));
    assert!(format!("{database:?}").starts_with("TestDatabase(DatabaseUrl(postgres://"), "{database:?}");
}

/// Each of these inserts what only one of them could if they shared a database.
mod each_test_is_alone {
    use super::*;

    #[fenrir_migrate::test(tables_of = MIGRATIONS)]
    fn first(connection: &mut PgConnection) {
        assert_eq!(one_page(connection).unwrap(), 1);
    }

    #[fenrir_migrate::test(tables_of = MIGRATIONS)]
    fn second(connection: &mut PgConnection) {
        assert_eq!(one_page(connection).unwrap(), 1);
    }

    #[fenrir_migrate::test(tables_of = MIGRATIONS, transaction)]
    fn in_a_transaction(connection: &mut PgConnection) {
        assert_eq!(one_page(connection).unwrap(), 1);
    }

    #[fenrir_migrate::test(tables_of = MIGRATIONS, transaction)]
    fn in_another_transaction(connection: &mut PgConnection) {
        assert_eq!(one_page(connection).unwrap(), 1);
        // And what a test opens of its own inside it is rolled back too.
        let inner = connection.transaction(|connection| diesel::delete(page::table).execute(connection));
        assert_eq!(inner, Ok(1));
    }

    #[fenrir_migrate::test(tables_of = MIGRATIONS, transaction)]
    #[should_panic(expected = "with a row")]
    fn in_a_transaction_that_panics(connection: &mut PgConnection) {
        assert_eq!(one_page(connection).unwrap(), 1);
        panic!("with a row");
    }

    #[fenrir_migrate::test(tables_of = MIGRATIONS, transaction)]
    fn in_a_transaction_on_sqlite(connection: &mut SqliteConnection) {
        assert_eq!(insert_page().execute(connection).unwrap(), 1);
    }

    #[fenrir_migrate::test(tables_of = MIGRATIONS, transaction)]
    fn in_another_transaction_on_sqlite(connection: &mut SqliteConnection) {
        assert_eq!(insert_page().execute(connection).unwrap(), 1);
    }

    #[fenrir_migrate::test(empty, transaction)]
    fn in_a_transaction_on_mysql(connection: &mut MysqlConnection) {
        let depth = values!(connection, "SELECT CAST(@@in_transaction AS CHAR) AS value");
        assert_eq!(depth, ["1"]);
    }
}

/// Many at once, all with the same contents, and each with its own database.
#[test]
fn thirty_two_at_once() {
    let names = Mutex::new(BTreeSet::new());
    std::thread::scope(|scope| {
        for _ in 0..32 {
            scope.spawn(|| {
                let database = TestDatabase::<PgConnection>::with(&Contents::tables_of(&MIGRATIONS));
                let mut connection = database.connect();
                assert_eq!(one_page(&mut connection).unwrap(), 1);
                let name = values!(&mut connection, "SELECT current_database()::text AS value").remove(0);
                assert!(names.lock().unwrap().insert(name));
            });
        }
    });
    assert_eq!(names.lock().unwrap().len(), 32);
}

fn is_there(name: &str) -> bool {
    let other = TestDatabase::postgres();
    let sql = format!("SELECT datname::text AS value FROM pg_database WHERE datname = '{name}'");
    !values!(&mut other.connect(), sql).is_empty()
}

#[test]
fn a_database_is_gone_with_its_test_also_with_a_connection_left_open() {
    let database = TestDatabase::postgres();
    let mut left_open = database.connect();
    let name = values!(&mut left_open, "SELECT current_database()::text AS value").remove(0);
    sql_query("BEGIN").execute(&mut left_open).unwrap();
    sql_query("CREATE TABLE locked (id integer)").execute(&mut left_open).unwrap();
    assert!(is_there(&name));
    drop(database);
    assert!(!is_there(&name));
}

#[test]
fn a_database_is_gone_with_a_test_that_panics() {
    let mut name = String::new();
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        let database = TestDatabase::postgres();
        name = values!(&mut database.connect(), "SELECT current_database()::text AS value").remove(0);
        panic!("on purpose");
    }));
    assert!(outcome.is_err() && !name.is_empty() && !is_there(&name));
}

#[test]
fn a_mysql_database_is_gone_with_its_test_also_with_a_connection_left_open() {
    let database = TestDatabase::mysql();
    let mut left_open = database.connect();
    let name = values!(&mut left_open, "SELECT database() AS value").remove(0);
    sql_query("CREATE TABLE thing (id integer)").execute(&mut left_open).unwrap();
    sql_query("BEGIN").execute(&mut left_open).unwrap();
    sql_query("INSERT INTO thing VALUES (1)").execute(&mut left_open).unwrap();
    drop(database);
    let sql =
        format!("SELECT schema_name AS value FROM information_schema.schemata WHERE schema_name = '{name}'");
    assert!(values!(&mut TestDatabase::mysql().connect(), sql).is_empty());
}

/// A second test is told the same as the first, and not that the database is there.
#[test]
fn a_database_that_cannot_be_filled_is_dropped() {
    let broken =
        || Contents::tables(&[(Dialect::Mysql, "CREATE TABLE thing (id integer); CREATE NONSENSE;")]);
    for _ in 0..2 {
        let own = TestDatabase::<MysqlConnection>::try_with(&broken()).unwrap_err().to_string();
        assert!(own.contains("NONSENSE"), "{own}");
        let shared = catch_unwind(|| run_in_transaction::<MysqlConnection, ()>(&broken(), |_| {}, |_| {}));
        let said = shared.unwrap_err().downcast::<String>().unwrap();
        assert!(said.contains("NONSENSE"), "{said}");
    }
}

#[test]
fn a_file_is_gone_with_its_test() {
    let database = TestDatabase::sqlite();
    let (first, second) = (database.connect(), database.connect());
    let file = std::path::PathBuf::from(database.url());
    assert!(file.is_file());
    drop((first, second, database));
    assert!(!file.exists() && !file.parent().unwrap().exists());
}
