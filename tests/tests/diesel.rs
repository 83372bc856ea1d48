//! The folders are Diesel's: its own harness runs them, and neither notices the other.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use diesel::migration::MigrationSource;
use diesel::{Connection, PgConnection, SqliteConnection};
use diesel_migrations::{FileBasedMigrations, MigrationHarness};
use fenrir_migrate::{Dialect, Identifier, Migrator};
use fenrir_tests::cargo::workspace;
use fenrir_tests::catalog;
use fenrir_tests::command::Project;
use fenrir_tests::database::{Connected, TestDatabase};

const BINARY: &str = env!("CARGO_BIN_EXE_fenrir-under-test");

/// The databases of Fenrir's own models.
const BOTH: [Dialect; 2] = [Dialect::Postgres, Dialect::Sqlite];

const FIRST: &str = r#"
    #[derive(Table)]
    #[diesel(table_name = page)]
    pub struct Page { pub id: i32, #[column(max_length = 96)] pub name: String }
    #[derive(Table)]
    #[diesel(table_name = user)]
    pub struct User { pub id: i32, #[column(references = Page, on_delete = cascade)] pub page_id: i32 }
"#;

/// A project with a migration that rebuilds a table of SQLite that others point at.
fn project(database: &TestDatabase) -> Project {
    let project =
        Project::new(BINARY, &[database.dialect().name()], FIRST).with("DATABASE_URL", database.url());
    project.ok(&["migrate", "-m", "Create all"]);
    project.models(
        &FIRST.replace("pub name: String", "pub name: String, #[column(unique)] pub code: Option<i32>"),
    );
    project.ok(&["migrate", "-m", "Add a code"]);
    project
}

/// `diesel migration list`, `run`, `redo` and `revert`.
fn with_the_harness<C>(connection: &mut C, folder: &std::path::Path, fill: &str)
where
    C: Connection + MigrationHarness<C::Backend>,
{
    let source = || FileBasedMigrations::from_path(folder).unwrap();
    assert_eq!(connection.pending_migrations(source()).unwrap().len(), 2);
    connection.run_next_migration(source()).unwrap();
    connection.batch_execute(fill).unwrap();
    connection.run_pending_migrations(source()).unwrap();
    assert_eq!(connection.applied_migrations().unwrap().len(), 2);
    // Redo.
    connection.revert_last_migration(source()).unwrap();
    connection.run_pending_migrations(source()).unwrap();
    assert!(!connection.has_pending_migration(source()).unwrap());
}

/// The table of users, whose name is a word of PostgreSQL's.
fn users(dialect: Dialect) -> String {
    dialect.quote(&Identifier::new("user").unwrap())
}

#[test]
fn plain_diesel_runs_and_redoes_the_folders() {
    for dialect in Dialect::ALL {
        let database = TestDatabase::new(dialect);
        let project = project(&database);
        let folder = project.path().join("migrations");
        let users = users(dialect);
        let fill = format!(
            "INSERT INTO page (name) VALUES ('a'), ('b'); INSERT INTO {users} (page_id) VALUES (1), (2)"
        );
        match database.connect() {
            Connected::Postgres(mut connection) => with_the_harness(&mut connection, &folder, &fill),
            Connected::Sqlite(mut connection) => with_the_harness(&mut connection, &folder, &fill),
            Connected::Mysql(mut connection) => with_the_harness(&mut connection, &folder, &fill),
        }
        let mut connected = database.connect();
        assert_eq!((connected.count("page"), connected.count(&users)), (2, 2), "{dialect}: no row is lost");
        let by_diesel = catalog::describe(&mut connected);
        drop(connected);
        // Ours sees what Diesel applied, and goes on from there.
        assert!(project.ok(&["upgrade"]).contains("nothing to do"));
        assert_eq!(project.json(&["current"])["pending"], 0);
        project.ok(&["downgrade", "base", "--allow-data-loss"]);
        project.ok(&["upgrade"]);
        // And Diesel what ours applied.
        let source = FileBasedMigrations::from_path(&folder).unwrap();
        let pending = match database.connect() {
            Connected::Postgres(mut connection) => connection.has_pending_migration(source),
            Connected::Sqlite(mut connection) => connection.has_pending_migration(source),
            Connected::Mysql(mut connection) => connection.has_pending_migration(source),
        };
        assert!(!pending.unwrap());
        assert_eq!(catalog::describe(&mut database.connect()), by_diesel, "{dialect}");
    }
}

/// `MIGRATIONS` is a source of Diesel's.
#[test]
fn embedded_migrations_are_a_source_for_diesel() {
    let database = TestDatabase::sqlite();
    let mut connection = SqliteConnection::establish(database.file().to_str().unwrap()).unwrap();
    connection.run_pending_migrations(fenrir_models::MIGRATIONS).unwrap();
    let report = Migrator::new(&fenrir_models::MIGRATIONS).run(&mut connection).unwrap();
    assert!(report.steps.is_empty());
    connection.revert_all_migrations(fenrir_models::MIGRATIONS).unwrap();
}

/// The real models: what `pg_dump` and SQLite's catalog say after the migrations of this workspace.
#[test]
fn fenrirs_own_migrations_build_its_five_tables() {
    for dialect in BOTH {
        let database = TestDatabase::new(dialect);
        match database.connect() {
            Connected::Postgres(mut connection) => migrated(&mut connection),
            Connected::Sqlite(mut connection) => migrated(&mut connection),
            Connected::Mysql(_) => unreachable!("not one of both"),
        }
        let described = catalog::describe(&mut database.connect()).join("\n");
        let expected = workspace().join(format!("tests/tests/expected/five_tables_{dialect}.txt"));
        if std::env::var_os("FENRIR_TEST_BLESS").is_some() {
            std::fs::write(&expected, &described).unwrap();
        }
        let expected = std::fs::read_to_string(expected).unwrap();
        assert_eq!(described, expected.trim_end(), "{dialect}: FENRIR_TEST_BLESS=1 writes what is there");
    }
}

fn migrated<C>(connection: &mut C)
where
    C: diesel::connection::LoadConnection + 'static,
    C::Backend: fenrir_migrate::MigratorBackend,
{
    let report = Migrator::new(&fenrir_models::MIGRATIONS).run(connection).unwrap();
    assert!(!report.steps.is_empty());
    assert_eq!(report.revision.as_deref(), report.steps.last().map(|step| step.revision.as_str()));
    assert!(Migrator::new(&fenrir_models::MIGRATIONS).run(connection).unwrap().steps.is_empty());
}

/// Many processes boot at once: one migrates, the others find nothing to do.
#[test]
fn boots_at_once_all_succeed() {
    for dialect in BOTH {
        let database = TestDatabase::new(dialect);
        let applied: usize = std::thread::scope(|scope| {
            let boots: Vec<_> = (0..8)
                .map(|_| {
                    scope.spawn(|| match database.connect() {
                        Connected::Postgres(mut connection) => boot(&mut connection),
                        Connected::Sqlite(mut connection) => boot(&mut connection),
                        Connected::Mysql(_) => unreachable!("not one of both"),
                    })
                })
                .collect();
            boots.into_iter().map(|boot| boot.join().unwrap()).sum()
        });
        let all = MigrationSource::<diesel::sqlite::Sqlite>::migrations(&fenrir_models::MIGRATIONS).unwrap();
        assert_eq!(applied, all.len(), "{dialect}: each revision once");
    }
}

fn boot<C>(connection: &mut C) -> usize
where
    C: diesel::connection::LoadConnection + 'static,
    C::Backend: fenrir_migrate::MigratorBackend,
{
    Migrator::new(&fenrir_models::MIGRATIONS).run(connection).unwrap().steps.len()
}

#[test]
fn a_migrator_does_not_run_inside_a_transaction() {
    let database = TestDatabase::postgres();
    let mut connection = PgConnection::establish(database.url()).unwrap();
    connection.begin_test_transaction().unwrap();
    let error = Migrator::new(&fenrir_models::MIGRATIONS).run(&mut connection).unwrap_err();
    assert!(matches!(error, fenrir_migrate::Error::InTransaction), "{error}");
}

/// Nothing pending costs one query, and takes no lock.
#[test]
fn a_boot_with_nothing_pending_is_one_query() {
    use diesel::connection::InstrumentationEvent;
    use std::sync::{Arc, Mutex};

    for dialect in BOTH {
        let database = TestDatabase::new(dialect);
        let queries = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&queries);
        let record = move |event: InstrumentationEvent<'_>| {
            if let InstrumentationEvent::StartQuery { query, .. } = event {
                seen.lock().unwrap().push(query.to_string());
            }
        };
        match database.connect() {
            Connected::Postgres(mut connection) => {
                boot(&mut connection);
                connection.set_instrumentation(record);
                assert_eq!(boot(&mut connection), 0);
            }
            Connected::Sqlite(mut connection) => {
                boot(&mut connection);
                connection.set_instrumentation(record);
                assert_eq!(boot(&mut connection), 0);
            }
            Connected::Mysql(_) => unreachable!("not one of both"),
        }
        let queries = queries.lock().unwrap();
        assert_eq!(queries.len(), 1, "{dialect}: {queries:?}");
    }
}
