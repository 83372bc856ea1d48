//! `assert_migrations_match_models`: that history and models agree on a real database.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::panic::{AssertUnwindSafe, catch_unwind};

use diesel::connection::SimpleConnection;
use diesel::dsl::sql;
use diesel::sql_types::Text;
use diesel::{MysqlConnection, PgConnection, RunQueryDsl, SqliteConnection};
use fenrir_migrate::testing::assert_migrations_match_models;
use fenrir_migrate::{Dialect, EmbeddedMigration, Migrations};
use fenrir_models::MIGRATIONS;
use fenrir_schema::{Renames, Schema, diff, fold};
use fenrir_tests::catalog;
use fenrir_tests::database::{Connected, TestDatabase};
use fenrir_tests::random::{self, Case};

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
                ..EmbeddedMigration::EMPTY
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
                "uniques":{"thing_name_key":{"columns":["name"]}},
                "checks":{"name_is_short":"length(name) < 9"}}}}"#,
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
                    ..EmbeddedMigration::EMPTY
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
         CONSTRAINT thing_name_key UNIQUE (name), CONSTRAINT name_is_short CHECK (length(name) < 9)) \
         ENGINE=InnoDB DEFAULT CHARSET=utf8mb4"
    );
    assert_migrations_match_models(migrations, connection);
}

/// On MariaDB the names of checks are a table's.
#[fenrir_migrate::test(empty)]
fn checks_of_one_name_are_told_apart_on_mariadb(connection: &mut MysqlConnection) {
    let version: String = diesel::select(sql::<Text>("version()")).get_result(connection).unwrap();
    if !version.contains("MariaDB") {
        return;
    }
    let migrations = on_mysql!(
        "CREATE TABLE ant (name varchar(9), CONSTRAINT name_is_short CHECK (length(name) < 5)); \
         CREATE TABLE thing (id int NOT NULL AUTO_INCREMENT, name varchar(40) NOT NULL, PRIMARY KEY (id), \
         CONSTRAINT thing_name_key UNIQUE (name), CONSTRAINT name_is_short CHECK (length(name) < 9)) \
         ENGINE=InnoDB DEFAULT CHARSET=utf8mb4; \
         CREATE TABLE zoo (name varchar(9), CONSTRAINT name_is_short CHECK (length(name) < 5))"
    );
    let said = message(|| assert_migrations_match_models(migrations, connection));
    assert!(said.contains("- check `zoo.name_is_short`: only the migrations make it"), "{said}");
    assert!(!said.contains("thing.name_is_short"), "{said}");
}

#[fenrir_migrate::test(empty)]
fn each_difference_is_told_on_mysql(connection: &mut MysqlConnection) {
    let migrations = on_mysql!(
        "CREATE TABLE thing (id int NOT NULL AUTO_INCREMENT, name varchar(50) NOT NULL DEFAULT 'x', PRIMARY KEY (id), \
         CONSTRAINT name_is_shorter CHECK (length(name) < 5)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4"
    );
    let said = message(|| assert_migrations_match_models(migrations, connection));
    for part in [
        "- check `thing.name_is_shorter`: only the migrations make it",
        "- check `thing.name_is_short`: only the models have it",
        "- column `thing.name`: the migrations make it `varchar(50) NOT NULL DEFAULT 'x'",
        "- index `thing.thing_name_key`: only the models have it",
    ] {
        assert!(said.contains(part), "{part}\nis not in\n{said}");
    }
    assert_eq!(said.matches("\n- ").count(), 4, "{said}");
}

#[test]
fn any_models_agree_with_what_they_were_migrated_to_on_sqlite() {
    let database = TestDatabase::sqlite();
    random::check(60, |case| agreement(case, &database));
}

#[test]
fn any_models_agree_with_what_they_were_migrated_to_on_postgres() {
    let database = TestDatabase::postgres();
    random::check(30, |case| agreement(case, &database));
}

#[test]
fn any_models_agree_with_what_they_were_migrated_to_on_mysql() {
    let database = TestDatabase::mysql();
    random::check(15, |case| agreement(case, &database));
}

/// Models agree with a database that was migrated to them, and not with one that has been migrated on.
fn agreement(case: &Case, database: &TestDatabase) -> Result<(), String> {
    let dialect = database.dialect();
    let (a, b, renames) = case.schemas();
    let (a, b) = (random::held_by(a, dialect), random::held_by(b, dialect));
    let renames = random::renames_held_by(renames, dialect);
    database.reset();
    let mut connected = database.connect();
    // Others have made what is left alone.
    let all = a.clone().with_unmanaged();
    migrate(&mut connected, &Schema::default(), &all, &Renames::default())?;
    agree(&mut connected, &a, dialect).map_err(|said| format!("with the first: {said}"))?;
    let described = |connected: &mut Connected| {
        let mut lines = catalog::describe(connected);
        if dialect == Dialect::Sqlite {
            lines.extend(catalog::sqlite_constraints(connected));
        }
        lines
    };
    let before = described(&mut connected);
    let b = migrate(&mut connected, &a, &b, &renames)?;
    // Not every change is one there: a generated key is an INTEGER in SQLite, whatever its size.
    let is_changed = described(&mut connected) != before;
    agree(&mut connected, &b, dialect).map_err(|said| format!("with the second: {said}"))?;
    match agree(&mut connected, &all, dialect) {
        Ok(()) if is_changed => Err("no difference between the two is seen".to_owned()),
        _ => Ok(()),
    }
}

/// Returns what is there afterwards, with what is left alone as it is.
fn migrate(
    connected: &mut Connected,
    from: &Schema,
    to: &Schema,
    renames: &Renames,
) -> Result<Schema, String> {
    let dialect = connected.dialect();
    let changes = diff(from, to, renames);
    let (changes, _) = dialect.with_stand_ins(from, &changes);
    let script = dialect.script(from, &changes).map_err(|error| error.to_string())?;
    let sql = script.to_sql(&[]);
    connected.execute(&sql).map_err(|error| format!("{error}\n{sql}"))?;
    let mut after = from.clone();
    fold(&mut after, &changes).map_err(|error| error.to_string())?;
    Ok(after)
}

fn agree(connected: &mut Connected, schema: &Schema, dialect: Dialect) -> Result<(), String> {
    let none: &'static [_] = vec![(dialect, Some(&[][..]))].leak();
    let migrations: &'static Migrations = Box::leak(Box::new(Migrations::new(schema.to_json().leak(), none)));
    let look = AssertUnwindSafe(|| match connected {
        Connected::Postgres(connection) => assert_migrations_match_models(migrations, connection),
        Connected::Sqlite(connection) => assert_migrations_match_models(migrations, connection),
        Connected::Mysql(connection) => assert_migrations_match_models(migrations, connection),
    });
    catch_unwind(look).map_err(|payload| payload.downcast_ref::<String>().unwrap().clone())
}
