//! Running migrations by the command: what it does not know, several databases, its settings, and Ctrl-C.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use fenrir_migrate::Dialect;
use fenrir_tests::command::{Project, model};
use fenrir_tests::database::TestDatabase;

const BINARY: &str = env!("CARGO_BIN_EXE_fenrir-under-test");

fn on(dialect: Dialect) -> (Project, TestDatabase) {
    let database = TestDatabase::new(dialect);
    let project = Project::new(BINARY, &[dialect.name()], &model("Page", "", "pub size: i32"))
        .with("DATABASE_URL", database.url());
    project.ok(&["migrate", "-m", "First"]);
    (project, database)
}

/// By the SQL that the database keeps; it asks before rows are lost, of which it keeps what they are.
#[test]
fn what_is_not_known_here_is_reverted_by_what_the_database_keeps() {
    for dialect in Dialect::ALL {
        let (project, database) = on(dialect);
        project.models(&model("Page", "", "pub size: i32, pub note: Option<i32>"));
        project.ok(&["migrate", "-m", "Notes"]);
        project.ok(&["upgrade"]);
        database.connect().execute("INSERT INTO page (size, note) VALUES (1, 2)").unwrap();
        let folder = project.list("migrations").pop().unwrap();
        std::fs::remove_dir_all(project.path().join("migrations").join(folder)).unwrap();

        let said = project.fails(2, &["upgrade"]);
        assert!(said.contains("`fenrir downgrade` reverts it without either"), "{said}");
        let said = project.fails(1, &["downgrade"]);
        assert!(said.contains("this loses data:\n  - column `page.note`"), "{dialect}: {said}");
        project.ok(&["downgrade", "--allow-data-loss"]);
        let mut connected = database.connect();
        assert!(connected.execute("SELECT note FROM page").is_err());
        assert_eq!(connected.count("page"), 1);
        assert_eq!(project.json(&["current"])["pending"], 0);
    }
}

/// Of SQL that somebody wrote nothing is known; and one that is half reverted may be mended where it failed.
#[test]
fn what_somebody_wrote_is_asked_about_and_may_be_mended() {
    for dialect in Dialect::ALL {
        let (project, database) = on(dialect);
        project.ok(&["migrate", "--empty", "-m", "By hand"]);
        let folder = format!("migrations/{}", project.list("migrations").pop().unwrap());
        project
            .write(&format!("{folder}/up.sql"), "CREATE TABLE four (id int);\nCREATE TABLE five (id int);\n");
        let down = |middle: &str| {
            project.write(
                &format!("{folder}/down.sql"),
                &format!("DROP TABLE four;\n{middle}DROP TABLE five;\n"),
            );
        };
        down("DROP TABLE nowhere;\n");
        let metadata = project.read(&format!("{folder}/metadata.toml"));
        let metadata = metadata.replace("run_in_transaction = true", "run_in_transaction = false");
        project.write(&format!("{folder}/metadata.toml"), &metadata);
        project.ok(&["upgrade"]);
        let said = project.fails(1, &["downgrade"]);
        assert!(said.contains("By hand") || said.contains("by_hand"), "{dialect}: {said}");
        assert!(said.contains("this loses data"), "{dialect}: {said}");
        let said = project.fails(2, &["downgrade", "--allow-data-loss"]);
        assert!(said.contains("line 2"), "{dialect}: {said}");
        assert!(project.ok(&["history"]).contains("half reverted By hand"), "{dialect}");
        down("");
        project.ok(&["downgrade", "--allow-data-loss"]);
        assert_eq!(database.connect().count("__fenrir_journal"), 0, "{dialect}");
        assert_eq!(project.json(&["current"])["pending"], 1, "{dialect}");
    }
    let (project, _database) = on(Dialect::Sqlite);
    let said = project.fails(2, &["upgrade", "--databases", "addresses", "--jobs", "0"]);
    assert!(said.contains("a number from 1 on"), "{said}");
}

#[test]
fn schemas_are_upgraded_each_by_itself() {
    let (project, database) = on(Dialect::Postgres);
    let mut connected = database.connect();
    for schema in ["tenant_a", "tenant_b", "tenant_c", "other"] {
        connected.execute(&format!("CREATE SCHEMA {schema}")).unwrap();
    }
    connected.execute("CREATE TABLE tenant_b.page (id integer)").unwrap();
    let ran = project.run(&["upgrade", "--schemas", "tenant_*", "-q"]);
    assert_eq!(ran.status, 1, "{}", ran.stderr);
    let lines: Vec<_> = ran.stdout.lines().collect();
    assert!(lines[0].starts_with("tenant_a  applied 1  "), "{}", ran.stdout);
    assert!(lines[1].starts_with("tenant_b  failed: the table `page` is there already"), "{}", ran.stdout);
    assert_eq!(lines[3], "2 as they should be, 1 failed, 0 not tried");
    connected.execute("DROP TABLE tenant_b.page").unwrap();
    let document = project.json(&["upgrade", "--schemas", "tenant_*"]);
    assert_eq!((document["done"].as_i64(), document["failed"].as_i64()), (Some(3), Some(0)));
    assert_eq!(document["targets"][1]["applied"].as_array().unwrap().len(), 1);
    let there = "SELECT schemaname AS value FROM pg_tables WHERE tablename = 'page' ORDER BY 1";
    let schemas = ["tenant_a", "tenant_b", "tenant_c"].map(|name| Some(name.to_owned()));
    assert_eq!(connected.texts(there), schemas);
    assert!(project.fails(2, &["upgrade", "--schemas", "nobody"]).contains("has no schema `nobody`"));
}

#[test]
fn databases_of_a_file_are_upgraded_each_by_itself() {
    let (project, _) = on(Dialect::Sqlite);
    let file = |name: &str| project.path().join(name).display().to_string();
    project.write("addresses", &format!("# Ours\n\nsqlite://{}\nsqlite://{}\n", file("a.db"), file("b.db")));
    project.write(
        "b.db",
        "no database at all, but long enough to be taken for a header of one, and more than that",
    );
    let ran = project.run(&["upgrade", "--databases", "addresses", "--jobs", "1"]);
    assert_eq!(ran.status, 1, "{}", ran.stderr);
    assert!(
        ran.stdout.contains("a.db  applied 1") && ran.stdout.contains("b.db  failed: "),
        "{}",
        ran.stdout
    );
    project.write("addresses", "postgres://u:hunter2@h:x/d\n");
    let said = project.fails(2, &["upgrade", "--databases", "addresses"]);
    assert!(said.contains("addresses, line 1: ") && !said.contains("hunter2"), "{said}");
}

/// A script that is printed is right for the tables that are there, and what follows it finds at one look what it did.
#[test]
fn scripts_are_right_for_tables_of_an_older_version() {
    for dialect in Dialect::ALL {
        let (project, database) = on(dialect);
        project.ok(&["upgrade"]);
        project.models(&model("Page", "", "pub size: i32, pub note: Option<i32>"));
        project.ok(&["migrate", "-m", "Notes"]);
        let mut connected = database.connect();
        let older = || {
            let sql = "DROP TABLE __fenrir_head; ALTER TABLE __fenrir_journal DROP COLUMN compatible";
            database.connect().execute(sql).unwrap();
        };
        older();
        connected.execute(&project.ok(&["upgrade", "--sql"])).unwrap();
        assert_eq!(project.json(&["current"])["pending"], 0, "{dialect}");
        assert!(project.ok(&["upgrade"]).contains("nothing to do"), "{dialect}");
        older();
        database.connect().execute(&project.ok(&["downgrade", "--sql", "--allow-data-loss"])).unwrap();
        assert_eq!(project.json(&["current"])["pending"], 1, "{dialect}");
        project.ok(&["upgrade"]);
        project.ok(&["stamp", "base"]);
        project.ok(&["stamp", "head"]);
        let head = connected.texts("SELECT chain_hash AS value FROM __fenrir_head");
        assert!(matches!(&head[..], [Some(_)]), "{dialect}: {head:?}");
    }
}

#[test]
fn settings_come_from_the_environment_and_the_file() {
    let (project, _database) = on(Dialect::Sqlite);
    let project = project.with("FENRIR_LOCK_TIMEOUT", "ten minutes");
    let said = project.fails(2, &["upgrade"]);
    assert!(said.contains("`FENRIR_LOCK_TIMEOUT` takes a time such as `500ms`, `30s` or `10m`"), "{said}");
    let project = project.with("FENRIR_LOCK_TIMEOUT", "10m");
    project.write("fenrir.toml", "[migrations]\ndialects = [\"sqlite\"]\n[migrator]\nverify = \"often\"\n");
    let said = project.fails(2, &["upgrade"]);
    assert!(said.contains("fenrir.toml:4: "), "{said}");
    project.write("fenrir.toml", "[migrations]\ndialects = [\"sqlite\"]\n[migrator]\nallow_ahead = true\n");
    project.ok(&["migrate", "-m", "By hand", "--empty"]);
    project.ok(&["upgrade"]);
    let folder = project.list("migrations").pop().unwrap();
    std::fs::remove_dir_all(project.path().join("migrations").join(folder)).unwrap();
    assert!(project.ok(&["upgrade"]).contains("nothing to do"));
}

/// The command has no functions, and so does not leave one out.
#[test]
fn a_migration_with_a_function_is_the_applications() {
    let (project, _database) = on(Dialect::Sqlite);
    project.ok(&["migrate", "-m", "Titles", "--empty"]);
    let folder = project.list("migrations").pop().unwrap();
    let file = format!("migrations/{folder}/metadata.toml");
    let metadata = project.read(&file).replace("[fenrir]\n", "[fenrir]\nfunction = true\n");
    project.write(&file, &metadata);
    let said = project.fails(2, &["upgrade"]);
    assert!(said.contains("has a part that is written in Rust"), "{said}");
    assert_eq!(project.json(&["current"])["pending"], 1);
}

/// The first stops it after the statement that runs; what was open is taken back.
#[test]
fn ctrl_c_leaves_a_clean_state() {
    let (project, database) = on(Dialect::Postgres);
    project.ok(&["migrate", "-m", "Slow", "--empty"]);
    let folder = project.list("migrations").pop().unwrap();
    let slow =
        "INSERT INTO page (size) VALUES (1);\nSELECT pg_sleep(2);\nINSERT INTO page (size) VALUES (2);\n";
    project.write(&format!("migrations/{folder}/up.sql"), slow);
    let child = Command::new(BINARY)
        .arg("upgrade")
        .current_dir(project.path())
        .env("DATABASE_URL", database.url())
        .stdin(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut connected = database.connect();
    let sleeping = "SELECT count(*)::text AS value FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'SELECT pg_sleep%'";
    let start = Instant::now();
    while connected.texts(sleeping) != [Some("1".to_owned())] {
        assert!(start.elapsed() < Duration::from_secs(60), "it never came to it");
        std::thread::sleep(Duration::from_millis(20));
    }
    let status = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(status.success());
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("stopping after the statement") && said.contains("stopped, as asked"), "{said}");
    assert_eq!(connected.count("page"), 0);
    assert_eq!(project.json(&["current"])["pending"], 1);
}
