//! Constraints and indexes that some of a project's databases have: in each, only its own are made, changed
//! and dropped.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use fenrir_migrate::Dialect;
use fenrir_tests::catalog;
use fenrir_tests::command::{Project, model};
use fenrir_tests::database::TestDatabase;

const BINARY: &str = env!("CARGO_BIN_EXE_fenrir-under-test");

const FIELDS: &str =
    "#[column(max_length = 96)] pub name: String, #[column(max_length = 96)] pub code: String, pub size: i32";
const ROWS: &str = "INSERT INTO page (name, code, size) VALUES ('a', 'x', 1), ('b', 'y', 2); INSERT INTO note (page_code) VALUES ('x')";

/// A page with one of each kind, in these databases.
fn models(dialects: &str) -> String {
    let attributes = format!(
        "#[table(unique(columns(code), name = \"codes\", {dialects}), index(columns(name), name = \"names\", {dialects}), \
         check(name = \"sizes\", expr = \"size > 0\", {dialects}))]"
    );
    let note =
        format!("#[column(max_length = 96, references = Page(code), {dialects})] pub page_code: String");
    model("Page", &attributes, FIELDS) + &model("Note", "", &note)
}

/// A project on all databases, each at its first migration with rows in it.
fn on_all(models: &str) -> (Project, Vec<TestDatabase>) {
    let project = Project::new(BINARY, &["postgres", "sqlite", "mysql"], models);
    project.ok(&["migrate", "-m", "First"]);
    let databases: Vec<_> = Dialect::ALL.into_iter().map(TestDatabase::new).collect();
    for database in &databases {
        run(&project, database, &["upgrade"]);
        database.connect().execute(ROWS).unwrap();
    }
    (project, databases)
}

fn run(project: &Project, database: &TestDatabase, command: &[&str]) -> String {
    project.ok(&[command, &["--database-url", database.url()]].concat())
}

/// Which of the four are in a database, by its own catalog.
fn there(database: &TestDatabase) -> Vec<&'static str> {
    let mut connected = database.connect();
    let mut lines = catalog::describe(&mut connected);
    if database.dialect() == Dialect::Sqlite {
        lines.extend(catalog::sqlite_constraints(&mut connected));
    }
    let has = |word: &str| lines.iter().any(|line| line.contains(word));
    let key = if database.dialect() == Dialect::Sqlite { "foreign key note" } else { "note_page_code_fkey" };
    [("codes", "codes"), ("names", "names"), ("sizes", "sizes"), (key, "key")]
        .into_iter()
        .filter_map(|(word, part)| has(word).then_some(part))
        .collect()
}

const ALL: [&str; 4] = ["codes", "names", "sizes", "key"];

fn of(dialect: Dialect, databases: &[TestDatabase]) -> &TestDatabase {
    databases.iter().find(|database| database.dialect() == dialect).unwrap()
}

#[test]
fn each_is_where_the_model_says() {
    let (project, databases) = on_all(&models("dialects(postgres, sqlite)"));
    for database in &databases {
        let wanted = if database.dialect() == Dialect::Mysql { &[][..] } else { &ALL };
        assert_eq!(there(database), wanted, "{}", database.dialect());
    }
    // In another set, one database gains them, one keeps them and one loses them, and none of them its rows.
    project.models(&models("dialects(sqlite, mysql)"));
    let said = project.ok(&["migrate", "-m", "Elsewhere"]);
    assert!(
        said.contains("drop index `names` of `page`") && said.contains("add index `names` on `page`"),
        "{said}"
    );
    let folder = project.list("migrations/sqlite").pop().unwrap();
    let up = |dialect| project.read(&format!("migrations/{dialect}/{folder}/up.sql"));
    assert!(up("sqlite").contains("Nothing to do in this database."), "{}", up("sqlite"));
    assert!(!up("sqlite").contains("Fails where"), "{}", up("sqlite"));
    assert!(!up("postgres").contains("ADD") && !up("mysql").contains("DROP INDEX names"), "{}", up("mysql"));
    for database in &databases {
        run(&project, database, &["upgrade"]);
        let wanted = if database.dialect() == Dialect::Postgres { &[][..] } else { &ALL };
        assert_eq!(there(database), wanted, "{}", database.dialect());
        assert_eq!(database.connect().count("page"), 2);
    }
    assert!(project.ok(&["migrate", "-m", "Again"]).contains("nothing to do"));
    // What is there is the same as what is created from the models.
    for database in &databases {
        let before = catalog::describe(&mut database.connect());
        let fresh = TestDatabase::new(database.dialect());
        run(&project, &fresh, &["create-all"]);
        assert_eq!(catalog::describe(&mut fresh.connect()), before, "{}", database.dialect());
        run(&project, database, &["downgrade"]);
        let wanted = if database.dialect() == Dialect::Mysql { &[][..] } else { &ALL };
        assert_eq!(there(database), wanted, "{}", database.dialect());
        assert_eq!(database.connect().count("note"), 1);
    }
}

#[test]
fn what_has_another_name_is_renamed_where_it_is() {
    let (project, databases) = on_all(&models("dialects(sqlite)"));
    let renamed = ["codes", "names", "sizes"].into_iter();
    let renamed =
        renamed.fold(models("dialects(sqlite)"), |text, name| text.replace(name, &format!("new_{name}")));
    project.models(&renamed);
    project.ok(&["migrate", "-m", "Names"]);
    for database in &databases {
        run(&project, database, &["upgrade"]);
    }
    let lines = catalog::describe(&mut of(Dialect::Sqlite, &databases).connect()).join("\n");
    assert!(lines.contains("new_names"), "{lines}");
    assert_eq!(there(of(Dialect::Postgres, &databases)), [""; 0]);
    for database in &databases {
        run(&project, database, &["downgrade"]);
    }
    assert_eq!(there(of(Dialect::Sqlite, &databases)), ALL);
}

/// The column that a foreign key of one database has may change its type in all of them.
#[test]
fn a_foreign_key_is_in_the_way_where_it_is() {
    let (project, databases) = on_all(&models("dialects(postgres, mysql)"));
    project.models(&models("dialects(postgres, mysql)").replace("max_length = 96", "max_length = 200"));
    project.ok(&["migrate", "-m", "Longer"]);
    for database in &databases {
        run(&project, database, &["upgrade"]);
        let wanted = if database.dialect() == Dialect::Sqlite { &[][..] } else { &ALL };
        assert_eq!(there(database), wanted, "{}", database.dialect());
        let orphan = database.connect().execute("INSERT INTO note (page_code) VALUES ('z')");
        assert_eq!(orphan.is_ok(), database.dialect() == Dialect::Sqlite);
    }
}

/// Migrations of before have a check as its text alone.
#[test]
fn a_check_that_is_everywhere_is_kept_as_its_text() {
    let project = Project::new(
        BINARY,
        &["sqlite"],
        &model("Page", "", "#[column(check = \"size > 0\")] pub size: i32"),
    );
    project.ok(&["migrate", "-m", "First"]);
    let folder = project.list("migrations").pop().unwrap();
    let changes = project.read(&format!("migrations/{folder}/changes.json"));
    assert!(changes.contains("\"page_size_check\": \"size > 0\""), "{changes}");
    assert!(project.ok(&["migrate", "-m", "Again"]).contains("nothing to do"));
}

#[test]
fn another_database_gets_what_is_not_of_others_alone() {
    let project = Project::new(BINARY, &["sqlite"], &models("dialects(sqlite)"));
    project.ok(&["migrate", "-m", "First"]);
    project.ok(&["migrate", "--add-dialect", "postgres"]);
    let database = TestDatabase::postgres();
    run(&project, &database, &["upgrade"]);
    assert_eq!(there(&database), [""; 0]);
}
