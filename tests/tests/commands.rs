//! Each command, on every database, with rows in the tables.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use fenrir_migrate::{Dialect, Identifier};
use fenrir_tests::command::{Project, migrated, model};
use fenrir_tests::database::TestDatabase;

const BINARY: &str = env!("CARGO_BIN_EXE_fenrir-under-test");

const PAGES: &str = r#"
    #[derive(Table)]
    #[diesel(table_name = page)]
    pub struct Page {
        pub id: i32,
        #[column(max_length = 96, unique)]
        pub name: String,
    }
"#;

const PAGES_AND_USERS: &str = r#"
    #[derive(Table)]
    #[diesel(table_name = page)]
    pub struct Page {
        pub id: i32,
        #[column(max_length = 96, unique)]
        pub name: String,
        #[column(default = "draft", index)]
        pub state: State,
        #[column(backfill = "concat('page ', name)")]
        pub title: String,
        pub note: Option<String>,
    }

    #[derive(DbEnum)]
    pub enum State { Draft, Live }

    #[derive(Table)]
    #[diesel(table_name = user)]
    pub struct User {
        pub id: i32,
        #[column(references = Page, on_delete = cascade)]
        pub page_id: i32,
    }
"#;

/// A project on one database, with that database.
fn on(dialect: Dialect, models: &str) -> (Project, TestDatabase) {
    let database = TestDatabase::new(dialect);
    let project = Project::new(BINARY, &[dialect.name()], models).with("DATABASE_URL", database.url());
    (project, database)
}

/// The table of users, whose name is a word of PostgreSQL's.
fn users(dialect: Dialect) -> String {
    dialect.quote(&Identifier::new("user").unwrap())
}

#[test]
fn from_models_to_a_database_and_back() {
    for dialect in Dialect::ALL {
        let (project, database) = on(dialect, PAGES);
        project.ok(&["migrate", "-m", "Create pages"]);
        project.ok(&["upgrade"]);
        let mut connected = database.connect();
        connected.execute("INSERT INTO page (name) VALUES ('a'), ('b')").unwrap();

        project.models(PAGES_AND_USERS);
        let said = project.ok(&["migrate", "-m", "Add users, and more of a page"]);
        for change in ["create table `user`", "add column `page.title`", "add index `page_state_idx`"] {
            assert!(said.contains(change), "{said}");
        }
        project.ok(&["upgrade"]);
        let mut connected = database.connect();
        assert_eq!(
            connected.texts("SELECT concat(name, '/', state, '/', title) AS value FROM page ORDER BY id"),
            [Some("a/draft/page a".to_owned()), Some("b/draft/page b".to_owned())],
            "{dialect}"
        );
        let users = users(dialect);
        connected.execute(&format!("INSERT INTO {users} (page_id) VALUES (1)")).unwrap();
        assert!(
            connected.execute(&format!("INSERT INTO {users} (page_id) VALUES (9)")).is_err(),
            "{dialect}"
        );
        assert!(connected.execute("UPDATE page SET state = 'other'").is_err(), "{dialect}");
        drop(connected);

        project.ok(&["downgrade", "--allow-data-loss"]);
        let mut connected = database.connect();
        assert_eq!(connected.texts("SELECT name AS value FROM page ORDER BY id").len(), 2, "{dialect}");
        assert!(connected.execute("SELECT title FROM page").is_err(), "{dialect}");
        assert!(connected.execute(&format!("SELECT * FROM {users}")).is_err(), "{dialect}");
        drop(connected);
        project.ok(&["upgrade"]);
        project.ok(&["downgrade", "base", "--allow-data-loss"]);
        assert_eq!(project.json(&["current"])["revision"], serde_json::Value::Null);
    }
}

#[test]
fn nothing_changed_writes_nothing() {
    let (project, _database) = on(Dialect::Sqlite, PAGES);
    project.ok(&["migrate", "-m", "Create pages"]);
    let before = project.list("migrations");
    let said = project.ok(&["migrate", "-m", "Again"]);
    assert!(said.contains("nothing to do"), "{said}");
    assert_eq!(project.list("migrations"), before);
    assert_eq!(project.json(&["migrate", "-m", "Again"])["written"], serde_json::json!([]));
}

#[test]
fn a_dry_run_writes_nothing() {
    let (project, _database) = on(Dialect::Sqlite, PAGES);
    assert!(project.ok(&["migrate", "-m", "Create pages", "--dry-run"]).contains("CREATE TABLE page"));
    assert!(project.list("migrations").is_empty());
}

/// What a run that was killed left behind is gone with the next, and was never read.
#[test]
fn a_half_written_migration_is_nobodys() {
    let (project, _database) = on(Dialect::Sqlite, PAGES);
    project.write("migrations/.fenrir-writing-2026-01-01-000000_x/up.sql", "CREATE");
    assert!(project.ok(&["history"]).contains("no migrations"));
    project.ok(&["migrate", "-m", "Create pages"]);
    assert_eq!(project.list("migrations").len(), 1);
}

#[test]
fn two_dialects_get_a_folder_each_with_one_revision() {
    let project = Project::new(BINARY, &["postgres", "sqlite"], PAGES);
    project.ok(&["migrate", "-m", "Create pages"]);
    assert_eq!(project.list("migrations/postgres"), project.list("migrations/sqlite"));
    let name = &project.list("migrations/postgres")[0];
    assert!(
        project
            .read(&format!("migrations/postgres/{name}/up.sql"))
            .contains("GENERATED BY DEFAULT AS IDENTITY")
    );
    assert!(project.read(&format!("migrations/sqlite/{name}/up.sql")).contains("AUTOINCREMENT"));
    let metadata = project.read(&format!("migrations/sqlite/{name}/metadata.toml"));
    assert!(metadata.starts_with("run_in_transaction = true\n"), "{metadata}");
}

#[test]
fn what_is_dropped_must_be_said() {
    for dialect in Dialect::ALL {
        let (project, database) = on(dialect, PAGES_AND_USERS);
        project.ok(&["migrate", "-m", "Create all"]);
        project.ok(&["upgrade"]);
        project.models(PAGES);
        let said = project.fails(1, &["migrate", "-m", "Drop much"]);
        for lost in ["table `user`", "column `page.title`", "--allow-data-loss"] {
            assert!(said.contains(lost), "{said}");
        }
        assert_eq!(project.list("migrations").len(), 1);
        project.ok(&["migrate", "-m", "Drop much", "--allow-data-loss"]);
        database.connect().execute("INSERT INTO page (name, title) VALUES ('a', 't')").unwrap();
        project.ok(&["upgrade"]);
        assert_eq!(database.connect().count("page"), 1);
        // The way back stands in for what is lost, and says so.
        let down = project.read(&format!("migrations/{}/down.sql", project.list("migrations")[1]));
        assert!(down.contains("column `page.title` are not brought back: its rows get ''"), "{down}");
        project.ok(&["downgrade"]);
        assert_eq!(
            database.connect().texts("SELECT concat(name, title, state) AS value FROM page"),
            [Some("adraft".to_owned())],
            "{dialect}"
        );
    }
}

/// An enum that goes with its column and comes back with it: its first label stands in.
#[test]
fn an_enum_comes_back_with_its_column() {
    for dialect in Dialect::ALL {
        let with_state = PAGES.replace("pub name: String,", "pub name: String,\n pub state: State,")
            + "#[derive(DbEnum)] pub enum State { Draft, Live }";
        let (project, database) = on(dialect, &with_state);
        project.ok(&["migrate", "-m", "Create"]);
        project.models(PAGES);
        project.ok(&["migrate", "-m", "Drop", "--allow-data-loss"]);
        project.ok(&["upgrade"]);
        database.connect().execute("INSERT INTO page (name) VALUES ('a')").unwrap();
        project.ok(&["downgrade"]);
        let states = database.connect().texts("SELECT concat(state, '') AS value FROM page");
        assert_eq!(states, [Some("draft".to_owned())], "{dialect}");
    }
}

#[test]
fn a_column_that_rows_have_no_value_for_is_refused() {
    let (project, _database) = on(Dialect::Sqlite, PAGES);
    project.ok(&["migrate", "-m", "Create pages"]);
    project.models(&PAGES.replace("pub id: i32,", "pub id: i32,\n pub url: String,"));
    let said = project.fails(1, &["migrate", "-m", "Add url"]);
    for way_out in ["`page.url`", "backfill", "default", "Option"] {
        assert!(said.contains(way_out), "{said}");
    }
    assert_eq!(project.list("migrations").len(), 1);
}

#[test]
fn a_rename_is_never_guessed() {
    let (project, _database) = on(Dialect::Sqlite, PAGES);
    project.ok(&["migrate", "-m", "Create pages"]);
    project.models(&PAGES.replace(
        "#[column(max_length = 96, unique)]\n        pub name: String",
        "#[column(max_length = 96, backfill = \"''\")]\n        pub page_name: String",
    ));
    let said = project.fails(1, &["migrate", "-m", "Rename", "--allow-data-loss"]);
    for part in [
        "column `page.name` → `page_name`: `--rename page.name=page_name`, or `#[column(renamed_from = \"name\")]`",
        "--no-renames",
    ] {
        assert!(said.contains(part), "{said}");
    }
    assert_eq!(project.list("migrations").len(), 1);
    project.ok(&["migrate", "-m", "Drop and add", "--allow-data-loss", "--no-renames"]);
}

#[test]
fn circular_foreign_keys_are_created_and_dropped() {
    const CIRCLE: &str = r#"
        #[derive(Table)]
        #[diesel(table_name = a)]
        pub struct A { pub id: i32, #[column(references = B)] pub b_id: Option<i32> }
        #[derive(Table)]
        #[diesel(table_name = b)]
        pub struct B { pub id: i32, #[column(references = A)] pub a_id: Option<i32> }
    "#;
    for dialect in Dialect::ALL {
        let (project, database) = on(dialect, CIRCLE);
        project.ok(&["migrate", "-m", "Create a circle"]);
        project.ok(&["upgrade"]);
        let mut connected = database.connect();
        connected.execute("INSERT INTO a (b_id) VALUES (NULL)").unwrap();
        connected.execute("INSERT INTO b (a_id) VALUES (1)").unwrap();
        connected.execute("UPDATE a SET b_id = 1").unwrap();
        assert!(connected.execute("UPDATE a SET b_id = 7").is_err());
        drop(connected);
        project.ok(&["downgrade", "--allow-data-loss"]);
        project.ok(&["upgrade"]);
        project.ok(&["drop-all", "--yes"]);
    }
}

#[test]
fn a_rebuild_keeps_the_rows_of_children_and_the_highest_key() {
    let (project, database) = on(Dialect::Sqlite, PAGES_AND_USERS);
    project.ok(&["migrate", "-m", "Create all"]);
    project.ok(&["upgrade"]);
    let mut connected = database.connect();
    connected.execute("INSERT INTO page (name, title) VALUES ('a', 't'), ('b', 't'), ('c', 't')").unwrap();
    connected.execute("INSERT INTO user (page_id) VALUES (1), (2)").unwrap();
    connected.execute("DELETE FROM page WHERE name = 'c'").unwrap();
    drop(connected);
    // A unique column cannot be added by ALTER TABLE.
    project.models(
        &PAGES_AND_USERS.replace("pub note", "#[column(unique)]\n pub code: Option<i32>,\n pub note"),
    );
    project.ok(&["migrate", "-m", "Add a code"]);
    let up = project.read(&format!("migrations/{}/up.sql", project.list("migrations")[1]));
    assert!(up.contains("PRAGMA foreign_keys = OFF"), "{up}");
    project.ok(&["upgrade"]);
    let mut connected = database.connect();
    assert_eq!((connected.count("page"), connected.count("user")), (2, 2));
    connected.execute("INSERT INTO page (name, title) VALUES ('d', 't')").unwrap();
    assert_eq!(connected.texts("SELECT CAST(max(id) AS TEXT) AS value FROM page"), [Some("4".to_owned())]);
    assert_eq!(
        connected.texts("SELECT CAST(foreign_keys AS TEXT) AS value FROM pragma_foreign_keys"),
        [Some("1".to_owned())]
    );
}

/// The file by itself fails where a trigger would be lost, and changes nothing; the command keeps it.
#[test]
fn a_rebuild_does_not_lose_a_trigger() {
    let (project, database) = on(Dialect::Sqlite, PAGES);
    project.ok(&["migrate", "-m", "Create pages"]);
    project.ok(&["upgrade"]);
    let trigger = "CREATE TRIGGER kept AFTER INSERT ON page BEGIN SELECT 1; END";
    database.connect().execute(trigger).unwrap();
    project.models(&PAGES.replace("pub id: i32,", "pub id: i32, #[column(unique)] pub code: Option<i32>,"));
    project.ok(&["migrate", "-m", "Add a code"]);
    let triggers =
        || database.connect().texts("SELECT name AS value FROM sqlite_master WHERE type = 'trigger'").len();
    let file = project.read(&format!("migrations/{}/up.sql", project.list("migrations")[1]));
    let said = database.connect().execute(&file).unwrap_err().to_string();
    assert!(said.contains("has triggers that would be lost"), "{said}");
    assert_eq!((triggers(), &project.json(&["current"])["pending"]), (1, &1.into()));
    project.ok(&["upgrade"]);
    assert_eq!((triggers(), &project.json(&["current"])["pending"]), (1, &0.into()));
}

#[test]
fn an_empty_migration_is_for_sql_of_ones_own() {
    for dialect in Dialect::ALL {
        let (project, database) = on(dialect, PAGES);
        project.ok(&["migrate", "-m", "Create pages"]);
        project.ok(&["migrate", "-m", "Fill pages", "--empty"]);
        let name = project.list("migrations")[1].clone();
        project.write(&format!("migrations/{name}/up.sql"), "INSERT INTO page (name) VALUES ('first');\n");
        project.write(&format!("migrations/{name}/down.sql"), "DELETE FROM page;\n");
        project.ok(&["upgrade"]);
        assert_eq!(database.connect().count("page"), 1);
        // What somebody wrote may take rows.
        assert!(project.fails(1, &["downgrade"]).contains("of which that is not known"));
        project.ok(&["downgrade", "--allow-data-loss"]);
        assert_eq!(database.connect().count("page"), 0);
    }
}

#[test]
fn a_migration_that_fails_leaves_nothing() {
    for dialect in Dialect::ALL {
        let (project, database) = on(dialect, PAGES);
        project.ok(&["migrate", "-m", "Create pages"]);
        project.ok(&["migrate", "-m", "Fill pages", "--empty"]);
        let name = project.list("migrations")[1].clone();
        let bad = "INSERT INTO page (name) VALUES ('first');\nINSERT INTO page (nope) VALUES (1);\n";
        project.write(&format!("migrations/{name}/up.sql"), bad);
        let said = project.fails(2, &["upgrade"]);
        assert!(
            said.contains(&format!("`{name}/up.sql`, line 2, failed")) && said.contains("nope"),
            "{said}"
        );
        assert!(said.contains("nothing of it was kept") && said.contains("applied before it"), "{said}");
        assert_eq!(database.connect().count("page"), 0, "{dialect}");
        assert_eq!(project.json(&["current"])["pending"], 1);
    }
}

#[test]
fn every_way_to_name_a_revision() {
    for dialect in Dialect::ALL {
        let (project, _database) = on(dialect, PAGES);
        project.ok(&["migrate", "-m", "Create pages"]);
        project.ok(&["migrate", "-m", "Second step", "--empty"]);
        project.ok(&["migrate", "-m", "Third step", "--empty"]);
        let ids: Vec<String> =
            project.list("migrations").iter().map(|name| name[..17].replace('-', "")).collect();
        let at = |revision: &serde_json::Value| project.json(&["current"])["revision"] == *revision;
        for (command, revision, expected) in [
            ("upgrade", "+1", Some(&ids[0])),
            ("upgrade", "second", Some(&ids[1])),
            ("upgrade", "head", Some(&ids[2])),
            ("downgrade", "-1", Some(&ids[1])),
            ("downgrade", "-2", None),
            ("upgrade", ids[1].as_str(), Some(&ids[1])),
            ("downgrade", "base", None),
            ("upgrade", "head-1", Some(&ids[1])),
            ("upgrade", "third", Some(&ids[2])),
            ("downgrade", "create_pages", Some(&ids[0])),
        ] {
            project.ok(&[command, revision]);
            assert!(at(&serde_json::json!(expected)), "{command} {revision}");
        }
        assert!(project.fails(2, &["upgrade", "step"]).contains("could be"));
        assert!(project.fails(2, &["upgrade", "abc123"]).contains("there is no revision `abc123`"));
        assert!(project.fails(2, &["upgrade", "+9"]).contains("goes past the head"));
        assert!(project.fails(2, &["downgrade", "third"]).contains("is ahead of the database"));
    }
}

#[test]
fn drop_all_leaves_nothing_of_ours_so_that_upgrade_builds_all_again() {
    for dialect in Dialect::ALL {
        let (project, database) = on(dialect, PAGES_AND_USERS);
        project.ok(&["migrate", "-m", "Create all"]);
        project.ok(&["upgrade"]);
        let mut connected = database.connect();
        connected.execute("CREATE TABLE not_ours (id INTEGER PRIMARY KEY)").unwrap();
        connected.execute("INSERT INTO page (name, title) VALUES ('a', 't')").unwrap();
        connected.execute(&format!("INSERT INTO {} (page_id) VALUES (1)", users(dialect))).unwrap();
        drop(connected);
        // A table that the models have no more, but that is there.
        project.models(PAGES);
        let said = project.fails(1, &["drop-all"]);
        assert!(said.contains("table `user`") && said.contains("--yes"), "{said}");
        project.ok(&["drop-all", "--yes"]);
        let mut connected = database.connect();
        let left = match dialect {
            Dialect::Postgres => connected.texts(
                "SELECT relname::text AS value FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' \
                 UNION ALL SELECT typname::text FROM pg_type WHERE typtype = 'e'",
            ),
            Dialect::Sqlite => connected.texts("SELECT name AS value FROM sqlite_master WHERE name NOT LIKE 'sqlite%'"),
            Dialect::Mysql => {
                connected.texts("SELECT table_name AS value FROM information_schema.tables WHERE table_schema = database()")
            }
        };
        assert_eq!(left, [Some("not_ours".to_owned())], "{dialect}");
        drop(connected);
        project.ok(&["upgrade"]);
        assert_eq!(database.connect().count(&users(dialect)), 0);
    }
}

#[test]
fn drop_all_does_not_touch_what_others_refer_to() {
    for dialect in Dialect::ALL {
        let (project, database) = on(dialect, PAGES);
        project.ok(&["create-all"]);
        database
            .connect()
            .execute("CREATE TABLE theirs (id INTEGER, FOREIGN KEY (id) REFERENCES page (id))")
            .unwrap();
        let said = project.fails(2, &["drop-all", "--yes"]);
        assert!(said.contains("theirs") || said.contains("depend"), "{said}");
        assert_eq!(database.connect().count("page"), 0, "it is still there");
    }
}

#[test]
fn create_all_and_stamp() {
    for dialect in Dialect::ALL {
        let (project, database) = on(dialect, PAGES_AND_USERS);
        project.ok(&["migrate", "-m", "Create all"]);
        project.ok(&["create-all"]);
        assert_eq!(database.connect().count("page"), 0);
        // The guide's third error: a table already exists.
        let said = project.fails(2, &["upgrade"]);
        assert!(
            said.contains("the table `page` is there already") && said.contains("fenrir stamp head"),
            "{said}"
        );
        assert!(project.fails(2, &["create-all"]).contains("already there"));
        project.ok(&["stamp", "head"]);
        assert!(project.ok(&["upgrade"]).contains("nothing to do"));
        project.ok(&["drop-all", "--yes"]);
        project.ok(&["create-all", "--stamp"]);
        assert_eq!(project.json(&["current"])["pending"], 0);
        project.ok(&["stamp", "base"]);
        assert_eq!(project.json(&["current"])["pending"], 1);
        project.models(PAGES);
        assert!(project.fails(1, &["create-all", "--stamp"]).contains("fenrir migrate"));
    }
}

/// The guide's first error: the target database is not up to date.
#[test]
fn a_database_that_is_not_up_to_date_says_what_to_do() {
    let (project, database) = on(Dialect::Sqlite, PAGES);
    project.ok(&["migrate", "-m", "Create pages"]);
    let ran = project.run(&["current", "--check-heads"]);
    assert_eq!(ran.status, 1);
    assert!(ran.stdout.contains("not up to date: `fenrir upgrade` applies 1 migration"), "{}", ran.stdout);
    assert!(!database.file().exists(), "to look makes no file");
    project.ok(&["upgrade"]);
    project.ok(&["current", "--check-heads"]);
}

/// The guide's second error, from the other side: a database at a revision that is no more.
#[test]
fn a_revision_that_is_no_more_is_shown_and_named() {
    for dialect in Dialect::ALL {
        let (project, _database) = on(dialect, PAGES);
        project.ok(&["migrate", "-m", "Create pages"]);
        project.ok(&["migrate", "-m", "Lost", "--empty"]);
        project.ok(&["upgrade"]);
        let lost = project.list("migrations")[1].clone();
        std::fs::remove_dir_all(project.path().join("migrations").join(&lost)).unwrap();
        let revision = lost[..17].replace('-', "");
        assert!(project.ok(&["current"]).contains(&format!("{revision} (not among these migrations")));
        assert!(project.ok(&["history"]).contains("not among these migrations"));
        let said = project.fails(2, &["upgrade"]);
        assert!(said.contains(&revision) && said.contains("bring the folder back"), "{said}");
    }
}

#[test]
fn an_edited_migration_may_be_applied_but_not_edited_after() {
    for dialect in Dialect::ALL {
        let (project, _database) = on(dialect, PAGES);
        project.ok(&["migrate", "-m", "Create pages"]);
        let path = format!("migrations/{}/up.sql", project.list("migrations")[0]);
        assert!(!project.ok(&["history"]).contains("(edited)"));
        project.write(&path, &(project.read(&path) + "\n-- reviewed\n"));
        assert!(project.ok(&["history"]).contains("(edited)"));
        project.ok(&["upgrade"]);
        // A checkout with other line ends is no edit.
        project.write(&path, &project.read(&path).replace('\n', "\r\n"));
        project.ok(&["upgrade"]);
        project.write(&path, &(project.read(&path) + "-- edited\n"));
        let said = project.fails(2, &["upgrade"]);
        assert!(said.contains("was changed after it was applied"), "{said}");
    }
}

#[test]
fn downgrade_asks_before_rows_are_lost() {
    for dialect in Dialect::ALL {
        let (project, database) = on(dialect, PAGES);
        project.ok(&["migrate", "-m", "Create pages"]);
        project.ok(&["upgrade"]);
        // Nothing is lost of an empty table.
        project.ok(&["downgrade"]);
        project.ok(&["upgrade"]);
        database.connect().execute("INSERT INTO page (name) VALUES ('a')").unwrap();
        let said = project.fails(1, &["downgrade"]);
        assert!(said.contains("table `page`") && said.contains("--allow-data-loss"), "{said}");
        assert_eq!(database.connect().count("page"), 1);
        project.ok(&["downgrade", "--allow-data-loss"]);
        assert!(project.ok(&["downgrade"]).contains("nothing to do"));
    }
}

/// What `--sql` prints does the same as running.
#[test]
fn printed_sql_runs() {
    for dialect in Dialect::ALL {
        let (project, database) = on(dialect, PAGES);
        project.ok(&["migrate", "-m", "Create pages"]);
        project
            .models(&PAGES.replace("pub id: i32,", "pub id: i32, #[column(unique)] pub code: Option<i32>,"));
        project.ok(&["migrate", "-m", "Add a code"]);
        let sql = project.ok(&["upgrade", "--sql"]);
        assert_eq!(project.json(&["current"])["revision"], serde_json::Value::Null, "nothing ran");
        database.connect().execute(&sql).unwrap();
        assert_eq!(project.json(&["current"])["pending"], 0);
        assert!(project.ok(&["upgrade"]).contains("nothing to do"));
        let sql = project.ok(&["downgrade", "base", "--sql"]);
        database.connect().execute(&sql).unwrap();
        assert_eq!(project.json(&["current"])["revision"], serde_json::Value::Null);
    }
}

#[test]
fn json_is_one_document_and_nothing_else() {
    let (project, _database) = on(Dialect::Sqlite, PAGES);
    assert_eq!(project.json(&["migrate", "-m", "Create pages"])["changes"][0], "create table `page`");
    let applied = project.json(&["upgrade"]);
    assert_eq!(applied["applied"].as_array().unwrap().len(), 1);
    let history = project.json(&["history"]);
    assert_eq!(history["migrations"][0]["message"], "Create pages");
    assert_eq!(history["migrations"][0]["applied"], true);
    project.json(&["downgrade"]);
    project.json(&["create-all"]);
    project.json(&["drop-all", "--yes"]);
    project.json(&["stamp", "head"]);
    let ran = project.run(&["upgrade", "nope", "--format", "json"]);
    assert_eq!(ran.status, 2);
    let document: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    assert!(document["error"].as_str().unwrap().contains("nope"));
}

#[test]
fn help_is_a_command_and_colours_are_for_terminals() {
    let project = Project::empty(BINARY);
    for arguments in [&["--help"][..], &["help"], &["migrate", "--help"], &["--version"]] {
        let said = project.ok(arguments);
        assert!(!said.is_empty() && !said.contains('\u{1b}'));
    }
    assert!(!project.fails(2, &["current"]).contains('\u{1b}'));
    assert!(project.fails(2, &["current", "--color", "always"]).contains('\u{1b}'));
}

/// Another process that writes holds a SQLite file for a moment.
#[test]
fn a_file_that_somebody_holds_is_waited_for() {
    let (project, database) =
        migrated(BINARY, Dialect::Sqlite, &model("Page", "", "pub name: String"), "SELECT 1");
    for arguments in [
        &["check"][..],
        &["current"],
        &["history"],
        &["import"],
        &["diff", "--from", "database", "--to", "models"],
    ] {
        let mut other = database.connect();
        other.execute("BEGIN EXCLUSIVE").unwrap();
        let holding = std::thread::spawn(move || {
            std::thread::sleep(std::time::Duration::from_millis(700));
            other.execute("COMMIT").unwrap();
        });
        let ran = project.run(arguments);
        holding.join().unwrap();
        assert_eq!(ran.status, 0, "{arguments:?}: {}{}", ran.stdout, ran.stderr);
        assert!(!ran.stderr.contains("warning"), "{arguments:?}: {}", ran.stderr);
    }
}
