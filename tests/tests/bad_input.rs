//! What is wrong is said once, with file and place, and nothing is half-written.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use fenrir_migrate::Dialect;
use fenrir_tests::command::Project;
use fenrir_tests::database::TestDatabase;

const BINARY: &str = env!("CARGO_BIN_EXE_fenrir-under-test");

const PAGES: &str =
    "#[derive(Table)]\n#[diesel(table_name = page)]\npub struct Page {\n    pub id: i32,\n}\n";

fn migrated() -> (Project, TestDatabase, String) {
    let database = TestDatabase::new(Dialect::Sqlite);
    let project = Project::new(BINARY, &["sqlite"], PAGES).with("DATABASE_URL", database.url());
    project.ok(&["migrate", "-m", "Create pages"]);
    let name = project.list("migrations")[0].clone();
    (project, database, name)
}

#[test]
fn no_settings() {
    let project = Project::empty(BINARY);
    let said = project.fails(2, &["migrate", "-m", "x"]);
    assert!(said.contains("no `fenrir.toml`") && said.contains("fenrir init"), "{said}");
}

#[test]
fn broken_settings() {
    let (project, _database, _) = migrated();
    for (text, wanted) in [
        ("[migrations\n", "fenrir.toml:1: "),
        ("[migrations]\ndialects = [\"oracle\"]\n", "unknown dialect `oracle`"),
        ("[migrations]\ndialects = [\"sqlite\"]\n[nonsense]\n", "fenrir.toml:3: unknown field `nonsense`"),
        ("[migrations]\ndialects = [\"sqlite\"]\ndir = \"nowhere\"\n", "no folder"),
        ("[models]\npackage = \"other\"\n[migrations]\ndialects = [\"sqlite\"]\n", "no package `other`"),
    ] {
        project.write("fenrir.toml", text);
        let said = project.fails(2, &["migrate", "-m", "x"]);
        assert!(said.contains(wanted), "{text}: {said}");
    }
}

#[test]
fn broken_migrations() {
    for (file, text, wanted) in [
        ("changes.json", "{", "changes.json: EOF while parsing"),
        ("changes.json", "{\"format\": 9, \"changes\": []}", "format 9 is not known"),
        ("changes.json", "{\"format\": 1, \"changes\": [{\"explode\": {}}]}", "unknown variant `explode`"),
        ("changes.json", "{\"format\": 1, \"changes\": []}", "do not result in the schema"),
        ("metadata.toml", "run_in_transaction = ", "metadata.toml: line 1"),
        ("metadata.toml", "run_in_transaction = true\n", "no table `[fenrir]`"),
    ] {
        let (project, _database, name) = migrated();
        project.write(&format!("migrations/{name}/{file}"), text);
        let said = project.fails(2, &["migrate", "-m", "x"]);
        assert!(said.contains(wanted) && said.contains(&name), "{file}: {said}");
        assert_eq!(project.list("migrations").len(), 1);
    }
}

#[test]
fn a_missing_file_of_a_migration() {
    for (file, command) in [("metadata.toml", "upgrade"), ("up.sql", "upgrade"), ("down.sql", "upgrade")] {
        let (project, _database, name) = migrated();
        std::fs::remove_file(project.path().join("migrations").join(&name).join(file)).unwrap();
        let said = project.fails(2, &[command]);
        assert!(said.contains(file) && said.contains(&name), "{file}: {said}");
    }
}

#[test]
fn several_dialects_that_become_one() {
    let project = Project::new(BINARY, &["sqlite", "postgres"], PAGES);
    project.ok(&["migrate", "-m", "First"]);
    project.write("fenrir.toml", "[migrations]\ndialects = [\"sqlite\"]\n");
    let said = project.fails(2, &["migrate", "-m", "More"]);
    assert!(said.contains("`dialects` in `fenrir.toml` names one: name all, or move"), "{said}");
}

#[test]
fn a_folder_that_was_renamed_or_deleted() {
    let (project, _database, name) = migrated();
    project.ok(&["migrate", "-m", "Second", "--empty"]);
    let migrations = project.path().join("migrations");
    let renamed = name.replacen("20", "19", 1);
    std::fs::rename(migrations.join(&name), migrations.join(&renamed)).unwrap();
    assert!(project.fails(2, &["history"]).contains("the folder was renamed"));
    std::fs::remove_dir_all(migrations.join(&renamed)).unwrap();
    assert!(project.fails(2, &["history"]).contains("is not there: its folder was deleted or renamed"));
}

#[test]
fn two_heads() {
    let (project, _database, name) = migrated();
    project.ok(&["migrate", "-m", "Mine", "--empty"]);
    let mine = project.list("migrations")[1].clone();
    let (from, to) = (project.path().join("migrations").join(&mine), "2099-01-01-000000_yours");
    let metadata = project.read(&format!("migrations/{mine}/metadata.toml"));
    for file in ["up.sql", "down.sql", "changes.json"] {
        project.write(&format!("migrations/{to}/{file}"), &std::fs::read_to_string(from.join(file)).unwrap());
    }
    let revision = mine[..17].replace('-', "");
    project.write(&format!("migrations/{to}/metadata.toml"), &metadata.replace(&revision, "20990101000000"));
    let said = project.fails(2, &["upgrade"]);
    assert!(said.contains("two heads") && said.contains(&mine) && said.contains("yours"), "{said}");
    assert!(said.contains(&name[..17].replace('-', "")), "{said}");
}

#[test]
fn sources_that_do_not_read() {
    let (project, _database, _) = migrated();
    project.models(
        "mod missing;\n#[derive(Table)]\npub struct Page { pub id: usize, pub other: Unknown }\nfn f() {",
    );
    let said = project.fails(2, &["migrate", "-m", "x"]);
    assert!(said.contains("src/lib.rs:4:8: what begins here is never closed"), "{said}");
    project.models("mod missing;\n#[derive(Table)]\npub struct Page { pub id: usize, pub other: Unknown }\n");
    let said = project.fails(2, &["migrate", "-m", "x"]);
    for wanted in [
        "src/lib.rs:1:1: there is no file for the module `missing`",
        "src/lib.rs:3:27: no database has integers of this size",
        "src/lib.rs:3:45: what SQL type `Unknown` is cannot be told",
    ] {
        assert!(said.contains(wanted), "{said}");
    }
    assert_eq!(project.list("migrations").len(), 1);
}

/// A misspelt keyword is no table that was dropped.
#[test]
fn a_model_that_is_no_struct() {
    let (project, _database, _) = migrated();
    project.models(&PAGES.replace("pub struct", "pub strct"));
    let said = project.fails(2, &["migrate", "-m", "x", "--allow-data-loss"]);
    assert!(said.contains("src/lib.rs:3:1: what is derived here stands on no struct or enum"), "{said}");
}

#[test]
fn a_foreign_key_that_points_nowhere() {
    let (project, _database, _) = migrated();
    project.models(&format!(
        "{PAGES}#[derive(Table)]\npub struct User {{\n    pub id: i32,\n    #[column(references = Nobody)]\n    pub x: i32,\n    \
         #[column(references = Page)]\n    pub y: String,\n}}\n"
    ));
    let said = project.fails(2, &["migrate", "-m", "x"]);
    assert!(said.contains("src/lib.rs:9:27: there is no model `Nobody`"), "{said}");
    assert!(
        said.contains("src/lib.rs:12:12: this field is Text, and `Page.id`, which it points at, is Integer"),
        "{said}"
    );
}

#[test]
fn a_database_that_cannot_be_reached_is_named_without_its_password() {
    let (project, _database, _) = migrated();
    let project = project.with("POSTGRES_PASSWORD", "p@ss:/%#word");
    project.write("fenrir.toml", "[migrations]\ndialects = [\"postgres\"]\n");
    for url in [
        "postgres://u:p%40ss%3A%2F%25%23word@127.0.0.1:1/db",
        "postgres://u:p@ss:word@127.0.0.1:1/db",
        "postgres://u:p@ss/word@127.0.0.1:1/db",
        "postgres://u:p#ss@127.0.0.1:1/db",
        "postgres://u:p%ss@127.0.0.1:x/db",
    ] {
        let ran = project.run(&["current", "--database-url", url]);
        assert_eq!(ran.status, 2, "{url}: {}", ran.stderr);
        for part in ["p@ss", "p%40", "p#ss", "p%ss", "word@"] {
            assert!(!ran.stderr.contains(part), "{url}: {}", ran.stderr);
        }
    }
    let said = project.fails(2, &["current", "--database-url", "postgres://u:hunter2@127.0.0.1:1/db"]);
    assert!(
        said.contains("cannot connect to `postgres://u@127.0.0.1:1/db`") && said.contains("warning"),
        "{said}"
    );
}

#[test]
fn a_file_that_is_no_database_is_named() {
    let (project, database, _) = migrated();
    let whole = vec![b'x'; 4096];
    let broken = [b"SQLite format 3\0".as_slice(), &[7; 5000]].concat();
    for bytes in [whole, broken] {
        std::fs::write(database.file(), &bytes).unwrap();
        for command in
            [&["check"][..], &["upgrade"], &["current"], &["baseline", "-m", "x"], &["stamp", "head"]]
        {
            let said = project.fails(if command[0] == "baseline" { 1 } else { 2 }, command);
            let named = said.contains("cannot be read as a SQLite database") && said.contains("sqlite://");
            assert!(named || command[0] == "baseline", "{command:?}: {said}");
        }
        assert_eq!(std::fs::read(database.file()).unwrap(), bytes);
    }
}

#[test]
fn the_parts_of_an_address_from_the_environment() {
    let project = Project::new(BINARY, &["postgres"], PAGES);
    assert!(project.fails(2, &["current"]).contains("no database is named"));
    let project = project.with("POSTGRES_USER", "fenrir");
    assert!(project.fails(2, &["current"]).contains("`DB_HOST` is not set"));
    let project = project.with("DB_HOST", "127.0.0.1").with("POSTGRES_DB", "fenrir").with("DB_PORT", "no");
    assert!(project.fails(2, &["current"]).contains("`DB_PORT` is no port"));
    let project = project.with("DB_PORT", "1").with("POSTGRES_PASSWORD", "p@ss:/%#word");
    let said = project.fails(2, &["current"]);
    assert!(said.contains("postgres://fenrir@127.0.0.1:1/fenrir") && !said.contains("p@ss"), "{said}");
    let project = project.with("DATABASE_TYPE", "oracle");
    assert!(project.fails(2, &["current"]).contains("`DATABASE_TYPE` takes"));
    let project = project.with("DATABASE_URL", "");
    assert!(project.fails(2, &["current"]).contains("`DATABASE_URL` is set, but empty"));
}

#[test]
fn a_password_with_everything_in_it_connects() {
    let server = TestDatabase::postgres();
    let mut connected = server.connect();
    let role = format!("fenrir_role_{}", std::process::id());
    connected.execute(&format!("CREATE ROLE {role} LOGIN PASSWORD 'p@:/%#w'")).unwrap();
    let address = server.url().split_once("://").unwrap().1;
    let (address, query) = address.split_once('?').unwrap_or((address, ""));
    let (host, name) = address.rsplit_once('@').map_or(address, |(_, host)| host).split_once('/').unwrap();
    // A server that was started for the tests is on a socket, which the query has.
    let host = if host.is_empty() { "localhost" } else { host };
    let query = query.split('&').filter(|part| !part.starts_with("user=")).collect::<Vec<_>>().join("&");
    let project = Project::new(BINARY, &["postgres"], PAGES)
        .with("DATABASE_URL", &format!("postgres://{role}:p%40%3A%2F%25%23w@{host}/{name}?{query}"));
    let ran = project.run(&["current"]);
    connected.execute(&format!("DROP ROLE {role}")).unwrap();
    assert_eq!((ran.status, ran.stdout.as_str()), (0, "base\n"), "{}", ran.stderr);
}

#[test]
fn a_dotenv_file() {
    let database = TestDatabase::sqlite();
    let project = Project::new(BINARY, &["sqlite"], PAGES);
    project.write(".env", &format!("DATABASE_URL={}\n", database.url()));
    assert!(project.ok(&["current"]).starts_with("base"));
    project.write(".env", "this is s3cret\n");
    let said = project.fails(2, &["current"]);
    assert!(said.contains("`.env`") && !said.contains("s3cret"), "{said}");
}

#[test]
fn an_address_of_another_kind() {
    let project = Project::new(BINARY, &["sqlite"], PAGES);
    for (url, wanted) in [
        ("mysql://h/d", "for which"),
        ("oracle://h/d", "the scheme `oracle` is not known"),
        ("localhost", "it has no scheme"),
        ("postgres://h/d", "for which"),
    ] {
        let said = project.fails(2, &["current", "--database-url", url]);
        assert!(said.contains(wanted), "{url}: {said}");
    }
    let said = project.fails(2, &["current", "--database-url", "sqlite://x.db", "--dialect", "postgres"]);
    assert!(said.contains("`--dialect` says postgres"), "{said}");
}

/// Root may write anywhere; there a file in the way does the same.
#[test]
fn a_folder_that_cannot_be_written() {
    let (project, _database, _) = migrated();
    project.models(&PAGES.replace("pub id: i32,", "pub id: i32,\n    pub note: Option<String>,"));
    let migrations = project.path().join("migrations");
    let before = project.list("migrations");
    let mut permissions = std::fs::metadata(&migrations).unwrap().permissions();
    permissions.set_readonly(true);
    std::fs::set_permissions(&migrations, permissions.clone()).unwrap();
    let ran = project.run(&["migrate", "-m", "Add a note"]);
    #[expect(clippy::permissions_set_readonly_false, reason = "the folder is this test's own")]
    permissions.set_readonly(false);
    std::fs::set_permissions(&migrations, permissions).unwrap();
    if ran.status == 0 {
        // Root. Then two dialects, one of whose folders is a file.
        assert_eq!(project.list("migrations").len(), 2);
        let project = Project::new(BINARY, &["postgres", "sqlite"], PAGES);
        std::fs::remove_dir(project.path().join("migrations/sqlite")).unwrap();
        project.write("migrations/sqlite", "");
        assert!(project.fails(2, &["migrate", "-m", "x"]).contains("migrations/sqlite"));
        assert!(project.list("migrations/postgres").is_empty());
    } else {
        assert_eq!(ran.status, 2, "{}", ran.stderr);
        assert!(
            ran.stderr.contains("cannot write") && ran.stderr.contains("nothing was changed"),
            "{}",
            ran.stderr
        );
        assert_eq!(project.list("migrations"), before);
    }
}

#[test]
fn init_sets_up_and_changes_nothing_that_is_there() {
    let project = Project::empty(BINARY);
    project
        .write("Cargo.toml", "# mine\n[package]\nname = \"new\"\nversion = \"0.1.0\"\nedition = \"2024\"\n");
    assert!(project.fails(2, &["init"]).contains("which database?"));
    project.ok(&["init", "--dialect", "sqlite"]);
    let manifest = project.read("Cargo.toml");
    assert!(manifest.starts_with("# mine\n[package]"), "{manifest}");
    for wanted in ["[build-dependencies]", "features = [\"build\"]", "diesel = "] {
        assert!(manifest.contains(wanted), "{manifest}");
    }
    assert!(project.read("build.rs").contains("fenrir_migrate::build::snapshot();"));
    assert!(project.read("fenrir.toml").contains("dialects = [\"sqlite\"]"));
    let files = ["Cargo.toml", "build.rs", "fenrir.toml"].map(|file| project.read(file));
    project.ok(&["init", "--dialect", "sqlite"]);
    assert_eq!(files, ["Cargo.toml", "build.rs", "fenrir.toml"].map(|file| project.read(file)));
    // And then the daily use.
    project.write("src/lib.rs", PAGES);
    project.ok(&["migrate", "-m", "Create pages"]);
    project.ok(&["upgrade", "--database-url", "sqlite://app.db"]);
    assert!(project.path().join("app.db").exists());
}

#[test]
fn init_in_a_workspace() {
    let project = Project::empty(BINARY);
    project.write("Cargo.toml", "[workspace]\nmembers = [\"models\"]\n");
    project.write(
        "models/Cargo.toml",
        "[package]\nname = \"models\"\nversion = \"0.1.0\"\nedition = \"2024\"\n",
    );
    project.write("models/src/lib.rs", PAGES);
    assert!(project.fails(2, &["init", "--dialect", "sqlite"]).contains("fenrir init --package"));
    project.ok(&["init", "--dialect", "sqlite", "--package", "models"]);
    assert!(project.read("fenrir.toml").contains("package = \"models\""));
    assert!(project.read("models/build.rs").contains("snapshot"));
    project.ok(&["init"]);
    project.ok(&["migrate", "-m", "Create pages"]);
}
