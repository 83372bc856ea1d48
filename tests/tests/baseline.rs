//! `fenrir baseline`: a database that was there before, with rows in it, also one that plain Diesel has migrated.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use diesel::migration::MigrationSource;
use diesel::{Connection, MysqlConnection, PgConnection, SqliteConnection};
use diesel_migrations::{FileBasedMigrations, MigrationHarness};
use fenrir_migrate::Dialect;
use fenrir_tests::catalog;
use fenrir_tests::command::{Project, model};
use fenrir_tests::database::{Connected, TestDatabase};

const BINARY: &str = env!("CARGO_BIN_EXE_fenrir-under-test");

const ROWS: &str = "INSERT INTO page (name, mood) VALUES ('a', 'glad'), ('b', NULL); INSERT INTO note (page_id) VALUES (1), (2)";

fn models() -> String {
    let page = "#[column(max_length = 9, unique, check = \"name <> ''\")] pub name: String, \
                #[column(index, default = 7)] pub size: i32, pub mood: Option<Mood>";
    model("Page", "", page)
        + &model("Note", "", "#[column(references = Page, on_delete = cascade)] pub page_id: i32")
        + "#[derive(DbEnum)] pub enum Mood { Glad, Sad }"
}

fn project(database: &TestDatabase) -> Project {
    Project::new(BINARY, &[database.dialect().name()], &models()).with("DATABASE_URL", database.url())
}

/// The statements that somebody wrote to create the tables of the models, and to drop them.
fn sql_of_others(dialect: Dialect) -> (String, String) {
    let project = Project::new(BINARY, &[dialect.name()], &models());
    project.ok(&["migrate", "-m", "First"]);
    (project.newest("up.sql"), project.newest("down.sql"))
}

/// What a database has, but for the tables of the migrations' history.
fn described(database: &TestDatabase) -> Vec<String> {
    let lines = catalog::describe(&mut database.connect());
    lines.into_iter().filter(|line| !line.contains("__fenrir") && !line.contains("__diesel")).collect()
}

#[test]
fn what_is_there_becomes_the_first_migration() {
    for dialect in Dialect::ALL {
        let (old, new) = (TestDatabase::new(dialect), TestDatabase::new(dialect));
        old.connect().execute(&format!("{}\n{ROWS}", sql_of_others(dialect).0)).unwrap();
        let before = described(&old);
        let project = project(&old);
        let shown = project.ok(&["baseline", "-m", "What is there", "--dry-run"]);
        assert!(shown.contains("CREATE TABLE page"), "{shown}");
        assert!(project.list("migrations").is_empty());

        let said = project.ok(&["baseline", "-m", "What is there"]);
        assert!(said.contains("create table `page`") && said.contains("nothing was run"), "{said}");
        assert!(project.ok(&["check"]).contains("say the same"), "{dialect}");
        assert!(project.ok(&["migrate", "-m", "Again"]).contains("nothing to do"), "{dialect}");
        assert_eq!(described(&old), before, "{dialect}");
        assert_eq!((old.connect().count("page"), old.connect().count("note")), (2, 2), "{dialect}");

        // An empty database gets the same, and the next migration suits both.
        let url = ["--database-url", new.url()];
        project.ok(&[&["upgrade"], &url[..]].concat());
        assert_eq!(described(&new), before, "{dialect}");
        project.models(&models().replace("pub size: i32", "pub size: i32, pub title: Option<i32>"));
        project.ok(&["migrate", "-m", "Titles"]);
        project.ok(&["upgrade"]);
        project.ok(&[&["upgrade"], &url[..]].concat());
        assert_eq!(described(&new), described(&old), "{dialect}");

        // It is a migration like any other on the way back.
        let said = project.fails(1, &["downgrade", "base"]);
        assert!(said.contains("table `page`"), "{dialect}: {said}");
        assert_eq!(old.connect().count("page"), 2, "{dialect}");
    }
}

/// A project that plain Diesel has migrated up to now.
fn of_diesel(database: &TestDatabase) -> Project {
    let project = project(database);
    let (up, down) = sql_of_others(database.dialect());
    project.write("migrations/00000000000000_diesel_initial_setup/up.sql", "SELECT 1;");
    project.write("migrations/00000000000000_diesel_initial_setup/down.sql", "SELECT 1;");
    // Without a `metadata.toml`, and with names and files that only Diesel takes.
    project.write("migrations/2024-01-31-120000_Create-Pages/up.sql", &up);
    project.write("migrations/2024-01-31-120000_Create-Pages/down.sql", &down);
    project.write("migrations/2024-02-01-120000_nothing/up.sql", "SELECT 2;");
    project.write("migrations/2024-02-01-120000_nothing/metadata.toml", "run_in_transaction = true\n");
    project
}

fn run_with_diesel(database: &TestDatabase, folder: &std::path::Path) {
    fn run<C: Connection + MigrationHarness<C::Backend>>(mut connection: C, folder: &std::path::Path)
    where
        FileBasedMigrations: MigrationSource<C::Backend>,
    {
        let source = FileBasedMigrations::from_path(folder).unwrap();
        connection.run_pending_migrations(source).unwrap();
    }
    let file = database.url().trim_start_matches("sqlite://");
    match database.dialect() {
        Dialect::Postgres => run(PgConnection::establish(database.url()).unwrap(), folder),
        Dialect::Sqlite => run(SqliteConnection::establish(file).unwrap(), folder),
        Dialect::Mysql => run(MysqlConnection::establish(database.url()).unwrap(), folder),
    }
}

/// Diesel's own record.
fn recorded(connected: &mut Connected) -> Vec<Option<String>> {
    connected.texts(
        "SELECT CONCAT(version, ' ', run_on) AS value FROM __diesel_schema_migrations ORDER BY version",
    )
}

#[test]
fn a_project_of_diesels_goes_on() {
    for dialect in Dialect::ALL {
        let (old, new, plain) =
            (TestDatabase::new(dialect), TestDatabase::new(dialect), TestDatabase::new(dialect));
        let project = of_diesel(&old);
        let folder = project.path().join("migrations");
        run_with_diesel(&old, &folder);
        let mut connected = old.connect();
        connected.execute(ROWS).unwrap();
        let before = described(&old);
        let history = recorded(&mut connected);
        let said = project.fails(2, &["migrate", "-m", "Too early"]);
        assert!(said.contains("`fenrir baseline -m \"…\"` reads that from a database"), "{said}");
        assert!(project.ok(&["history"]).contains("20240131120000"), "{dialect}");

        let files = project.list("migrations");
        let said = project.ok(&["baseline", "-m", "Adopt"]);
        assert!(said.contains("`fenrir upgrade` records it"), "{said}");
        assert_eq!(recorded(&mut connected)[..3], history, "{dialect}");
        assert_eq!(recorded(&mut connected).len(), 4, "{dialect}");
        assert_eq!(project.list("migrations")[..3], files, "{dialect}");
        assert_eq!(described(&old), before, "{dialect}");
        assert!(!project.newest("up.sql").contains("CREATE"), "{}", project.newest("up.sql"));
        assert!(project.ok(&["check"]).contains("say the same"), "{dialect}");
        assert!(project.ok(&["migrate", "-m", "Again"]).contains("nothing to do"), "{dialect}");

        project.models(&models().replace("pub size: i32", "pub size: i32, pub title: Option<i32>"));
        project.ok(&["migrate", "-m", "Titles"]);
        project.ok(&["upgrade"]);
        let url = ["--database-url", new.url()];
        project.ok(&[&["upgrade"], &url[..]].concat());
        run_with_diesel(&plain, &folder);
        assert_eq!(described(&new), described(&old), "{dialect}");
        assert_eq!(described(&plain), described(&old), "{dialect}");
        assert_eq!((connected.count("page"), connected.count("note")), (2, 2), "{dialect}");

        // Back over the baseline nothing is lost; before it, what is lost is not known.
        project.ok(&["downgrade", "-2", "--allow-data-loss"]);
        assert_eq!(described(&old), before, "{dialect}");
        let said = project.fails(1, &["downgrade"]);
        assert!(said.contains("whatever `2024-02-01-120000_nothing` drops"), "{said}");
        let said = project.fails(2, &["downgrade", "--allow-data-loss"]);
        assert!(said.contains("`2024-02-01-120000_nothing` has no `down.sql`"), "{said}");
        project.write("migrations/2024-02-01-120000_nothing/down.sql", "SELECT 2;");
        project.ok(&["downgrade", "base", "--allow-data-loss"]);
        assert!(described(&old).iter().all(|line| !line.contains("page")), "{:?}", described(&old));
    }
}

/// Before any is reverted: it would be in the way of those before it only.
#[test]
fn a_migration_that_cannot_be_reverted_is_named_before_any_is() {
    for dialect in Dialect::ALL {
        let database = TestDatabase::new(dialect);
        let project = of_diesel(&database);
        run_with_diesel(&database, &project.path().join("migrations"));
        project.ok(&["baseline", "-m", "Adopt"]);
        project.models(&models().replace("pub size: i32", "pub size: i32, pub title: Option<i32>"));
        project.ok(&["migrate", "-m", "Titles"]);
        project.ok(&["upgrade"]);
        let before = (described(&database), recorded(&mut database.connect()));
        let said = project.fails(2, &["downgrade", "base", "--allow-data-loss"]);
        assert!(said.contains("`2024-02-01-120000_nothing` has no `down.sql`"), "{said}");
        assert_eq!((described(&database), recorded(&mut database.connect())), before, "{dialect}");
    }
}

#[test]
fn what_is_not_as_it_should_be_is_said_and_nothing_is_written() {
    let refused = |project: &Project, database: &TestDatabase, what: &str| {
        let files = project.list("migrations");
        let said = project.fails(1, &["baseline", "-m", "Adopt"]);
        assert!(said.contains(what), "{said}");
        assert_eq!(project.list("migrations"), files);
        assert!(!described_whole(database).contains("__fenrir_migrations"));
        said
    };
    for dialect in Dialect::ALL {
        let database = TestDatabase::new(dialect);
        let plain = project(&database);
        database.connect().execute("CREATE TABLE other (id integer NOT NULL PRIMARY KEY)").unwrap();
        let said = refused(&plain, &database, "the models do not say what is in");
        assert!(
            said.contains("create table `page` (src/lib.rs:") && said.contains("drop table `other`"),
            "{said}"
        );
        database.connect().execute(&sql_of_others(dialect).0).unwrap();
        refused(&plain, &database, "drop table `other`");
        let settings = plain.read("fenrir.toml") + "\n[database]\nignore = [\"oth*\"]\n";
        plain.write("fenrir.toml", &settings);
        plain.ok(&["baseline", "-m", "Adopt"]);
        let said = plain.fails(1, &["baseline", "-m", "Again"]);
        assert!(said.contains("there are migrations already"), "{said}");

        let database = TestDatabase::new(dialect);
        let diesels = of_diesel(&database);
        database.connect().execute(&sql_of_others(dialect).0).unwrap();
        let said = refused(&diesels, &database, "3 migrations not applied");
        assert!(said.contains("2024-01-31-120000_Create-Pages"), "{said}");
        diesels.ok(&["stamp", "head"]);
        std::fs::remove_dir_all(diesels.path().join("migrations/2024-02-01-120000_nothing")).unwrap();
        let said = diesels.fails(1, &["baseline", "-m", "Adopt"]);
        assert!(said.contains("20240201120000") && said.contains("not among the project's"), "{said}");

        // One that came later is not known.
        diesels.ok(&["stamp", "head", "--purge"]);
        diesels.ok(&["baseline", "-m", "Adopt"]);
        for late in ["2999-01-01-000000_late", "2024-01-31-120001_between"] {
            diesels.write(&format!("migrations/{late}/up.sql"), "SELECT 1;");
            let said = diesels.fails(2, &["migrate", "-m", "More"]);
            assert!(said.contains(late) && said.contains("was not written by `fenrir migrate`"), "{said}");
            std::fs::remove_dir_all(diesels.path().join("migrations").join(late)).unwrap();
        }
    }
}

fn described_whole(database: &TestDatabase) -> String {
    if database.dialect() == Dialect::Sqlite && !database.file().exists() {
        return String::new();
    }
    catalog::describe(&mut database.connect()).join("\n")
}

#[test]
fn there_must_be_a_database_and_something_in_it() {
    let database = TestDatabase::sqlite();
    let project = project(&database);
    let said = project.fails(2, &["baseline", "-m", "Adopt"]);
    assert!(said.contains("there is no database at"), "{said}");
    assert!(!database.file().exists());
    project.models("");
    database.connect().execute("CREATE VIEW empty_one AS SELECT 1").unwrap();
    let said = project.fails(1, &["baseline", "-m", "Adopt"]);
    assert!(
        said.contains("the models have no table, and the database has none that models can be of"),
        "{said}"
    );
    project.models(&models().replace("#[derive(Table)]", "#[derive(Table)]\n#[table(unmanaged)]"));
    let said = project.fails(1, &["baseline", "-m", "Adopt"]);
    assert!(said.contains("`unmanaged` are:\n  - `note`\n  - `page`"), "{said}");
    let said = project.fails(2, &["baseline", "-m", " "]);
    assert!(said.contains("`--message` is empty"), "{said}");
}

#[test]
fn what_cannot_be_recorded_is_not_written() {
    let database = TestDatabase::postgres();
    database.connect().execute(&sql_of_others(Dialect::Postgres).0).unwrap();
    // Somebody else's table where the history would be.
    database.connect().execute("CREATE TABLE __fenrir_migrations (version integer)").unwrap();
    let project = project(&database);
    project.fails(2, &["baseline", "-m", "Adopt"]);
    assert!(project.list("migrations").is_empty());
}

#[test]
fn a_dialect_that_is_added_has_what_plain_diesel_made() {
    let database = TestDatabase::sqlite();
    let project = of_diesel(&database);
    run_with_diesel(&database, &project.path().join("migrations"));
    project.ok(&["baseline", "-m", "Adopt"]);
    project.ok(&["migrate", "--add-dialect", "postgres"]);
    let other = TestDatabase::postgres();
    project.ok(&["upgrade", "--database-url", other.url()]);
    assert!(described(&other).iter().any(|line| line.contains("page")));
    assert!(project.ok(&["check", "--database-url", other.url()]).contains("say the same"));
    assert!(project.ok(&["check"]).contains("say the same"));
    assert!(project.ok(&["migrate", "-m", "Again"]).contains("nothing to do"));
}
