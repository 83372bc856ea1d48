//! Models whose tables others make: read, pointed at, and left alone, with rows in them.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use fenrir_migrate::Dialect;
use fenrir_tests::catalog;
use fenrir_tests::command::{Project, model};
use fenrir_tests::database::TestDatabase;

const BINARY: &str = env!("CARGO_BIN_EXE_fenrir-under-test");

const MOOD: &str = "#[derive(DbEnum)] pub enum Mood { Good, Bad }\n";
const UNMANAGED: &str = "#[table(unmanaged)]";

/// An account that others make, or not, with more columns or not; and a page that points at it.
fn models(attributes: &str, more: &str) -> String {
    let account = format!("#[column(max_length = 9)] pub name: String, pub mood: Mood, {more}");
    let page = "#[column(references = Account, on_delete = cascade)] pub account_id: i32";
    MOOD.to_owned() + &model("Account", attributes, &account) + &model("Page", "", page)
}

fn project(dialect: Dialect, database: &TestDatabase, models: &str) -> Project {
    Project::new(BINARY, &[dialect.name()], models).with("DATABASE_URL", database.url())
}

/// The table as somebody else made it, who has more in it than the model knows.
fn made_by_others(database: &TestDatabase) {
    let (id, mood) = match database.dialect() {
        Dialect::Postgres => {
            ("integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY", "CREATE TYPE mood AS ENUM ('good', 'bad'); ")
        }
        Dialect::Sqlite => ("INTEGER PRIMARY KEY", ""),
        Dialect::Mysql => ("integer AUTO_INCREMENT PRIMARY KEY", ""),
    };
    let kind = if database.dialect() == Dialect::Postgres { "mood" } else { "varchar(9)" };
    let create = format!(
        "{mood}CREATE TABLE account (id {id}, name varchar(99) NOT NULL, mood {kind} NOT NULL, other integer); \
         INSERT INTO account (name, mood, other) VALUES ('a', 'good', 1), ('b', 'bad', 2)"
    );
    database.connect().execute(&create).unwrap();
}

#[test]
fn a_table_of_others_is_pointed_at_and_never_touched() {
    for dialect in Dialect::ALL {
        let database = TestDatabase::new(dialect);
        made_by_others(&database);
        let theirs = || {
            let lines = catalog::describe(&mut database.connect());
            lines.into_iter().filter(|line| line.contains("account")).filter(|line| !line.contains("page"))
        };
        let before: Vec<_> = theirs().collect();
        let project = project(dialect, &database, &models(UNMANAGED, ""));
        let said = project.ok(&["migrate", "-m", "First"]);
        assert!(said.contains("create table `page`") && !said.contains("create table `account`"), "{said}");
        assert!(!said.contains("enum"), "{said}");
        project.ok(&["upgrade"]);
        let mut connected = database.connect();
        connected.execute("INSERT INTO page (account_id) VALUES (1), (2)").unwrap();
        assert!(connected.execute("INSERT INTO page (account_id) VALUES (9)").is_err(), "{dialect}");
        // What its model says anew is no change.
        project.models(&models(UNMANAGED, "pub other: Option<i32>, pub more: Option<i32>"));
        assert!(project.ok(&["migrate", "-m", "More"]).contains("nothing to do"));
        project.models(&models(UNMANAGED, "").replace("account_id: i32", "account_id: Option<i32>"));
        let said = project.ok(&["migrate", "-m", "Optional"]);
        assert!(!said.contains("foreign key"), "it stays: {said}");
        project.ok(&["upgrade"]);
        project.ok(&["downgrade", "base", "--allow-data-loss"]);
        assert_eq!(connected.count("account"), 2);
        assert_eq!(theirs().collect::<Vec<_>>(), before, "{dialect}");
        // `create-all` and `drop-all` leave it alone too.
        project.ok(&["create-all"]);
        project.ok(&["drop-all", "--yes"]);
        assert_eq!(theirs().collect::<Vec<_>>(), before, "{dialect}");
        assert_eq!(connected.count("account"), 2);
    }
}

#[test]
fn a_table_is_let_go_and_taken_back_with_its_rows() {
    for dialect in Dialect::ALL {
        let database = TestDatabase::new(dialect);
        let project = project(dialect, &database, &models("", ""));
        project.ok(&["migrate", "-m", "First"]);
        project.ok(&["upgrade"]);
        let mut connected = database.connect();
        connected
            .execute(
                "INSERT INTO account (name, mood) VALUES ('a', 'good'), ('b', 'bad'); \
                 INSERT INTO page (account_id) VALUES (1), (2)",
            )
            .unwrap();
        let before = catalog::describe(&mut connected);
        project.models(&models(UNMANAGED, "pub unknown: Option<i32>"));
        let said = project.ok(&["migrate", "-m", "Let go"]);
        assert!(said.contains("leave table `account` alone from here on"), "{said}");
        assert!(said.contains("leave enum `mood` alone from here on"), "{said}");
        assert!(!said.contains("drop") && !said.contains("add"), "{said}");
        project.ok(&["upgrade"]);
        assert_eq!(catalog::describe(&mut connected), before, "{dialect}");
        assert!(project.ok(&["migrate", "-m", "Again"]).contains("nothing to do"));
        // What is let go is nobody's to drop.
        let fresh = TestDatabase::new(dialect);
        project.ok(&["upgrade", "--database-url", fresh.url()]);
        let said = project.fails(1, &["drop-all", "--database-url", fresh.url()]);
        assert!(said.contains("`page`") && !said.contains("`account`"), "{said}");
        // It is taken to be as it was, and what its model has beyond that is made.
        project.models(&models("", "pub size: Option<i32>"));
        let said = project.ok(&["migrate", "-m", "Take back"]);
        for part in [
            "take care of enum `mood` again, as it is",
            "take care of table `account` again, as it is",
            "add column `account.size`",
        ] {
            assert!(said.contains(part), "{part}: {said}");
        }
        for database in [&database, &fresh] {
            project.ok(&["upgrade", "--database-url", database.url()]);
            database.connect().execute("UPDATE account SET size = 1").unwrap();
        }
        assert_eq!((connected.count("account"), connected.count("page")), (2, 2));
        project.ok(&["downgrade", "-2", "--allow-data-loss"]);
        assert_eq!(catalog::describe(&mut connected), before, "{dialect}");
        assert_eq!((connected.count("account"), connected.count("page")), (2, 2));
    }
}

#[test]
fn a_table_of_others_that_becomes_ours_is_created_where_it_is_not() {
    for dialect in Dialect::ALL {
        let (theirs, fresh) = (TestDatabase::new(dialect), TestDatabase::new(dialect));
        made_by_others(&theirs);
        let project = project(dialect, &theirs, &model("Other", "", ""));
        project.ok(&["migrate", "-m", "First"]);
        project.ok(&["upgrade"]);
        project.models(&(model("Other", "", "") + &models("", "").replace("pub mood: Mood,", "")));
        project.ok(&["migrate", "-m", "Ours"]);
        let said = project.fails(2, &["upgrade"]);
        assert!(said.contains("`account`"), "{dialect}: {said}");
        assert_eq!(theirs.connect().count("account"), 2);
        project.ok(&["upgrade", "--database-url", fresh.url()]);
        assert_eq!(fresh.connect().count("account"), 0);
    }
}

#[test]
fn what_is_not_there_is_missed_before_anything_is_made() {
    for dialect in Dialect::ALL {
        let database = TestDatabase::new(dialect);
        let project = project(dialect, &database, &models(UNMANAGED, ""));
        let said = project.fails(2, &["create-all"]);
        let wanted = "table `page` refers to `account`, which is unmanaged and not in the database";
        assert!(said.contains(wanted), "{said}");
    }
}

#[test]
fn a_label_stands_in_for_null_though_the_enum_was_let_go() {
    let page = |field: &str| model("Page", "", field);
    let account = |attributes: &str| MOOD.to_owned() + &model("Account", attributes, "pub mood: Mood");
    for dialect in Dialect::ALL {
        let database = TestDatabase::new(dialect);
        let project = project(dialect, &database, &(account("") + &page("pub mood: Mood")));
        project.ok(&["migrate", "-m", "First"]);
        project.ok(&["upgrade"]);
        let text = "#[column(sql_type = Text)] pub mood: Option<String>";
        project.models(&(account(UNMANAGED) + &page(text)));
        project.ok(&["migrate", "-m", "Let go", "--allow-data-loss"]);
        project.ok(&["upgrade"]);
        let mut connected = database.connect();
        connected.execute("INSERT INTO page (mood) VALUES (NULL), ('bad')").unwrap();
        project.ok(&["downgrade", "--allow-data-loss"]);
        let moods = connected.texts("SELECT CAST(mood AS CHAR(4)) AS value FROM page ORDER BY id");
        let moods: Vec<_> = moods.iter().flatten().map(|mood| mood.trim_end()).collect();
        assert_eq!(moods, ["good", "bad"], "{dialect}");
    }
}

#[test]
fn a_column_that_was_an_enum_while_its_table_was_let_go_is_one_again() {
    let account = |attributes: &str, field: &str| model("Account", attributes, field);
    for dialect in Dialect::ALL {
        let database = TestDatabase::new(dialect);
        let project = project(dialect, &database, &(MOOD.to_owned() + &account("", "pub mood: Mood")));
        project.ok(&["migrate", "-m", "First"]);
        project.models(&(MOOD.to_owned() + &account(UNMANAGED, "pub mood: Mood")));
        project.ok(&["migrate", "-m", "Let go"]);
        project.ok(&["upgrade"]);
        let mut connected = database.connect();
        let before = catalog::describe(&mut connected);
        connected.execute("INSERT INTO account (mood) VALUES ('good'), ('bad')").unwrap();
        project.models(&account("", "#[column(sql_type = Text)] pub mood: String"));
        project.ok(&["migrate", "-m", "Take back, as texts"]);
        project.ok(&["upgrade"]);
        project.ok(&["downgrade", "--allow-data-loss"]);
        assert_eq!(catalog::describe(&mut connected), before, "{dialect}");
        assert_eq!(connected.count("account"), 2);
        connected.execute("INSERT INTO account (mood) VALUES ('neither')").unwrap_err();
    }
}

#[test]
fn a_table_of_others_is_no_difference_to_check() {
    for dialect in Dialect::ALL {
        let database = TestDatabase::new(dialect);
        made_by_others(&database);
        let project = project(dialect, &database, &models(UNMANAGED, ""));
        project.ok(&["migrate", "-m", "First"]);
        project.ok(&["upgrade"]);
        assert!(project.ok(&["check"]).contains("say the same"), "{dialect}");
        project.ok(&["diff", "--from", "database", "--to", "migrations"]);
        project.ok(&["diff", "--from", "migrations", "--to", "models"]);
    }
}
