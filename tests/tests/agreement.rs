//! `assert_migrations_match_models`: that history and models agree on a real database.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::panic::{AssertUnwindSafe, catch_unwind};

use diesel::connection::SimpleConnection;
use diesel::{MysqlConnection, PgConnection, SqliteConnection};
use fenrir_migrate::testing::assert_migrations_match_models;
use fenrir_migrate::{Dialect, EmbeddedMigration, Migrations};
use fenrir_models::MIGRATIONS;
use fenrir_tests::catalog;
use fenrir_tests::database::Connected;

#[fenrir_migrate::test(empty)]
fn fenrirs_own_agree_on_postgres(connection: &mut PgConnection) {
    assert_migrations_match_models(&MIGRATIONS, connection);
}

#[fenrir_migrate::test(empty)]
fn fenrirs_own_agree_on_sqlite(connection: &mut SqliteConnection) {
    assert_migrations_match_models(&MIGRATIONS, connection);
}

/// It changes nothing.
#[fenrir_migrate::test(migrations = MIGRATIONS)]
fn what_is_there_stays(database: &fenrir_migrate::testing::TestDatabase<PgConnection>) {
    let described = || catalog::describe(&mut Connected::Postgres(database.connect()));
    let before = described();
    assert_migrations_match_models(&MIGRATIONS, &mut database.connect());
    assert_eq!(described(), before);
}

fn message(look: impl FnOnce()) -> String {
    let payload = catch_unwind(AssertUnwindSafe(look)).expect_err("they agree");
    payload.downcast_ref::<String>().unwrap().clone()
}

/// What somebody did beside the migrations, and what is missing: each difference by itself, and all of them.
#[fenrir_migrate::test(migrations = MIGRATIONS)]
fn each_difference_is_told_on_postgres(connection: &mut PgConnection) {
    connection
        .batch_execute(
            "ALTER TABLE page DROP CONSTRAINT page_page_name_key; \
             ALTER TABLE environment ALTER COLUMN status TYPE text; \
             ALTER TABLE environment ALTER COLUMN url SET DEFAULT 'x'; \
             ALTER TABLE environment ALTER COLUMN name DROP NOT NULL; \
             CREATE INDEX by_hand ON environment (status); \
             CREATE TABLE other (id integer); \
             CREATE VIEW names AS SELECT name FROM environment; \
             COMMENT ON COLUMN page.page_url IS 'it''s'",
        )
        .unwrap();
    let said = message(|| assert_migrations_match_models(&MIGRATIONS, connection));
    for part in [
        "on PostgreSQL, the migrations do not make what the models say:",
        "- column `environment.status`: the migrations make it `text NOT NULL` commented",
        "- column `environment.url`: the migrations make it `character varying(512) NOT NULL DEFAULT 'x'::character varying`",
        "- column `environment.name`: the migrations make it `character varying(96)` commented",
        "- constraint `page.page_page_name_key`: only the models have it",
        "- index `page_page_name_key`: only the models have it",
        "- index `by_hand`: only the migrations make it",
        "- table `other`: only the migrations make it",
        "- column `other.id`: only the migrations make it",
        "- view `names`: only the migrations make it",
        "commented 'it''s'",
    ] {
        assert!(said.contains(part), "{part}\nis not in\n{said}");
    }
    assert_eq!(said.matches("\n- ").count(), 10, "{said}");
}

#[fenrir_migrate::test(migrations = MIGRATIONS)]
fn each_difference_is_told_on_sqlite(connection: &mut SqliteConnection) {
    connection
        .batch_execute(
            "CREATE INDEX by_hand ON environment (status); \
             ALTER TABLE page ADD COLUMN extra TEXT DEFAULT 'a,b'; \
             ALTER TABLE environment RENAME COLUMN users TO people; \
             CREATE TRIGGER t AFTER INSERT ON page BEGIN SELECT 1; END",
        )
        .unwrap();
    let said = message(|| assert_migrations_match_models(&MIGRATIONS, connection));
    for part in [
        "on SQLite, the migrations do not make what the models say:",
        "- column `page.extra`: only the migrations make it",
        "- column `environment.people`: only the migrations make it",
        "- column `environment.users`: only the models have it",
        "- index `by_hand`: only the migrations make it",
        "- trigger `t`: only the migrations make it",
    ] {
        assert!(said.contains(part), "{part}\nis not in\n{said}");
    }
    assert_eq!(said.matches("\n- ").count(), 5, "{said}");
}

/// What an extension makes is its own matter: the models name only the extension.
#[fenrir_migrate::test(empty)]
fn what_extensions_make_is_no_difference(connection: &mut PgConnection) {
    static MIGRATIONS: Migrations = Migrations::new(
        r#"{"tables":{"thing":{"name":"thing","columns":[
            {"name":"id","sql_type":"Integer"},
            {"name":"names","sql_type":{"Array":"Citext"}},
            {"name":"buffer","sql_type":{"Custom":{"name":"public.hstore","extension":"hstore"}}},
            {"name":"page","sql_type":{"Custom":{"name":"oid","extension":"pg_buffercache"}}}],
            "primary_key":{"name":"thing_pkey","columns":["id"]}}}}"#,
        &[(
            Dialect::Postgres,
            Some(&[EmbeddedMigration {
                name: "2026-11-23-000000_first",
                revision: "20261123000000",
                parent: None,
                message: "first",
                up: "CREATE EXTENSION citext; CREATE EXTENSION hstore; CREATE EXTENSION pg_buffercache; \
                     CREATE TABLE thing (id integer NOT NULL, names citext[] NOT NULL, buffer hstore NOT NULL, \
                     page oid NOT NULL, CONSTRAINT thing_pkey PRIMARY KEY (id));",
                down: "DROP TABLE thing;",
                run_in_transaction: true,
                checksum: "",
                schema: "",
                creates: &[],
                drops: &[],
                down_loses: &[],
            }]),
        )],
    );
    assert_migrations_match_models(&MIGRATIONS, connection);
}

/// A project on MySQL, by hand: its schema, and one migration.
macro_rules! on_mysql {
    ($up:literal) => {{
        static MIGRATIONS: Migrations = Migrations::new(
            r#"{"tables":{"thing":{"name":"thing","columns":[
                {"name":"id","sql_type":"Integer","nullable":false,"auto_increment":"Identity"},
                {"name":"name","sql_type":{"VarChar":{"max_length":40}},"nullable":false}],
                "primary_key":{"name":"thing_pkey","columns":["id"]},
                "uniques":{"thing_name_key":{"columns":["name"]}}}}}"#,
            &[(
                Dialect::Mysql,
                Some(&[EmbeddedMigration {
                    name: "2026-11-23-000000_first",
                    revision: "20261123000000",
                    parent: None,
                    message: "first",
                    up: $up,
                    down: "DROP TABLE thing;",
                    run_in_transaction: true,
                    checksum: "",
                    schema: "",
                    creates: &[],
                    drops: &[],
                    down_loses: &[],
                }]),
            )],
        );
        &MIGRATIONS
    }};
}

#[fenrir_migrate::test(empty)]
fn a_history_agrees_on_mysql(connection: &mut MysqlConnection) {
    let migrations = on_mysql!(
        "CREATE TABLE thing (id int NOT NULL AUTO_INCREMENT, name varchar(40) NOT NULL, PRIMARY KEY (id), \
         CONSTRAINT thing_name_key UNIQUE (name)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4"
    );
    assert_migrations_match_models(migrations, connection);
}

#[fenrir_migrate::test(empty)]
fn each_difference_is_told_on_mysql(connection: &mut MysqlConnection) {
    let migrations = on_mysql!(
        "CREATE TABLE thing (id int NOT NULL AUTO_INCREMENT, name varchar(50) NOT NULL DEFAULT 'x', PRIMARY KEY (id), \
         CONSTRAINT name_is_short CHECK (length(name) < 9)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4"
    );
    let said = message(|| assert_migrations_match_models(migrations, connection));
    for part in [
        "- check `thing.name_is_short`: only the migrations make it",
        "- column `thing.name`: the migrations make it `varchar(50) NOT NULL DEFAULT 'x'",
        "- index `thing.thing_name_key`: only the models have it",
    ] {
        assert!(said.contains(part), "{part}\nis not in\n{said}");
    }
    assert_eq!(said.matches("\n- ").count(), 3, "{said}");
}
