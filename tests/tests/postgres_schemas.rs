//! Tables in PostgreSQL's schemas, with rows in them.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use fenrir_migrate::Dialect;
use fenrir_tests::command::{Project, migrated, model};
use fenrir_tests::database::TestDatabase;

const BINARY: &str = env!("CARGO_BIN_EXE_fenrir-under-test");

/// Two tables of one name in two schemas, which point at each other and at a third.
const MODELS: &str = r#"
    pub mod auth {
        #[derive(Table)]
        #[diesel(table_name = user)]
        #[table(schema = "auth", index(columns(name), where = "name <> ''"))]
        pub struct Login {
            pub id: i32,
            #[column(unique, comment = "of whom")]
            pub name: String,
            #[column(references = super::User, on_delete = cascade)]
            pub user_id: i32,
            #[column(references = super::Page)]
            pub page_id: Option<i32>,
        }
    }
    #[derive(Table)]
    #[diesel(table_name = user)]
    #[table(index(columns(name), where = "name <> ''"))]
    pub struct User {
        pub id: i32,
        #[column(unique)]
        pub name: String,
        #[column(references = auth::Login)]
        pub login_id: Option<i32>,
    }
    #[derive(Table)]
    #[diesel(table_name = page)]
    #[table(schema = "Web")]
    pub struct Page { #[column(auto_increment = serial)] pub id: i32, pub title: Option<String> }
"#;

const ROWS: &str = r#"
    INSERT INTO "user" (name) VALUES ('a'), ('b');
    INSERT INTO "Web".page (title) VALUES ('first');
    INSERT INTO auth."user" (name, user_id, page_id) VALUES ('x', 1, 1), ('y', 2, NULL);
    UPDATE "user" SET login_id = 1 WHERE name = 'a';
"#;

/// What lies where: tables, sequences and indexes, and what points at what.
const PLACES: &str = r"
    SELECT relkind::text || ' ' || oid::regclass::text AS value FROM pg_class WHERE relkind IN ('r', 'S', 'i')
        AND relnamespace IN (SELECT oid FROM pg_namespace WHERE nspname !~ '^(pg_|information_schema$)')
        AND relname NOT LIKE '\_\_%'
    UNION ALL SELECT 'f ' || conrelid::regclass::text || ' ' || confrelid::regclass::text FROM pg_constraint WHERE contype = 'f'
";

fn on(models: &str, rows: &str) -> (Project, TestDatabase) {
    migrated(BINARY, Dialect::Postgres, models, rows)
}

fn places(database: &TestDatabase) -> Vec<String> {
    let mut places: Vec<_> = database.connect().texts(PLACES).into_iter().flatten().collect();
    places.sort();
    places
}

#[test]
fn tables_of_one_name_lie_in_two_schemas() {
    let (project, database) = on(MODELS, ROWS);
    assert_eq!(
        places(&database),
        [
            "S \"Web\".page_id_seq",
            "S auth.user_id_seq",
            "S user_id_seq",
            "f \"user\" auth.\"user\"",
            "f auth.\"user\" \"Web\".page",
            "f auth.\"user\" \"user\"",
            "i \"Web\".page_pkey",
            "i auth.user_name_idx",
            "i auth.user_name_key",
            "i auth.user_pkey",
            "i user_name_idx",
            "i user_name_key",
            "i user_pkey",
            "r \"Web\".page",
            "r \"user\"",
            "r auth.\"user\"",
        ]
    );
    assert!(project.ok(&["migrate", "-m", "Again"]).contains("nothing to do"));
    let up = project.newest("up.sql");
    assert_eq!(up.matches("CREATE SCHEMA IF NOT EXISTS").count(), 2, "{up}");
    assert!(up.contains("-- create schema `auth`, unless it is there; it stays when this is undone"), "{up}");
    // The tables go, and the schemas stay: others may have rights in them.
    project.ok(&["downgrade", "base", "--allow-data-loss"]);
    assert!(places(&database).is_empty());
    let schemas =
        "SELECT nspname::text AS value FROM pg_namespace WHERE nspname IN ('auth', 'Web') ORDER BY 1";
    assert_eq!(database.connect().texts(schemas).len(), 2);
    project.ok(&["upgrade"]);
    let dropped = project.ok(&["drop-all", "--yes"]);
    assert!(dropped.contains("dropped 8 things"), "{dropped}");
    assert!(places(&database).is_empty());
    project.ok(&["create-all"]);
    let again = project.fails(2, &["create-all"]);
    assert!(again.contains("table `auth.user`") && again.contains("table `user`"), "{again}");
}

#[test]
fn everything_of_a_table_changes_in_its_schema() {
    let (project, database) = on(MODELS, ROWS);
    let before = places(&database);
    let changed = MODELS
        .replace(
            "#[table(schema = \"auth\", index(columns(name), where = \"name <> ''\"))]",
            "#[table(schema = \"auth\", index(columns(name, id), name = \"by_name\"), check = \"id > 0\")]",
        )
        .replace("comment = \"of whom\"", "comment = \"whose\", renamed_from = \"name\", max_length = 50")
        .replace("pub title: Option<String>", "#[column(backfill = \"'none'\")] pub title: String")
        .replace("auto_increment = serial", "auto_increment = identity_always");
    project.models(&changed);
    project.ok(&["migrate", "-m", "Change", "--allow-data-loss"]);
    project.ok(&["upgrade"]);
    let mut connected = database.connect();
    assert!(places(&database).contains(&"i auth.by_name".to_owned()), "{:?}", places(&database));
    connected.execute("INSERT INTO \"Web\".page (title) VALUES ('second')").unwrap();
    assert_eq!(connected.texts("SELECT id::text AS value FROM \"Web\".page ORDER BY id").len(), 2);
    assert!(connected.execute("INSERT INTO \"Web\".page DEFAULT VALUES").is_err());
    assert!(
        connected.execute("INSERT INTO auth.\"user\" (name, user_id) VALUES (repeat('x', 51), 1)").is_err()
    );
    project.ok(&["downgrade", "--allow-data-loss"]);
    assert_eq!(places(&database), before);
    assert_eq!(connected.count("auth.\"user\""), 2);
}

#[test]
fn a_table_moves_between_schemas_with_all_that_is_its_own() {
    let (project, database) = on(MODELS, ROWS);
    let before = places(&database);
    // The one gets another name there, and the other takes the name that it had.
    let moved = MODELS
        .replace(
            "table_name = user)]\n        #[table(schema = \"auth\",",
            "table_name = login)]\n        #[table(renamed_from = \"auth.user\",",
        )
        .replace(
            "table_name = user)]\n    #[table(index",
            "table_name = user)]\n    #[table(schema = \"auth\", renamed_from = \"user\", index",
        )
        .replace("schema = \"Web\"", "schema = \"auth\", renamed_from = \"Web.page\"");
    project.models(&moved);
    let said = project.ok(&["migrate", "-m", "Move"]);
    assert!(said.contains("rename table `auth.user` to `login`") && !said.contains("drop"), "{said}");
    project.ok(&["upgrade"]);
    let now = places(&database);
    for place in [
        "r login",
        "r auth.\"user\"",
        "r auth.page",
        "S login_id_seq",
        "S auth.user_id_seq",
        "S auth.page_id_seq",
    ] {
        assert!(now.contains(&place.to_owned()), "{place}: {now:?}");
    }
    assert!(!now.iter().any(|place| place.contains("Web")), "{now:?}");
    let mut connected = database.connect();
    assert_eq!(
        (connected.count("login"), connected.count("auth.\"user\""), connected.count("auth.page")),
        (2, 2, 1)
    );
    connected.execute("INSERT INTO auth.page (title) VALUES ('next'); INSERT INTO login (name, user_id) VALUES ('z', 2)").unwrap();
    connected.execute("DELETE FROM auth.\"user\" WHERE name = 'b'").unwrap();
    assert_eq!(connected.count("login"), 1);
    assert!(project.ok(&["migrate", "-m", "Again"]).contains("nothing to do"));
    project.ok(&["downgrade"]);
    assert_eq!(places(&database), before);
}

#[test]
fn a_move_is_asked_about_and_can_be_said_by_an_option() {
    let (project, database) =
        on(&model("Page", "", "pub title: Option<String>"), "INSERT INTO page (title) VALUES ('a')");
    project.models(&model("Page", "#[table(schema = \"web\")]", "pub title: Option<String>"));
    let said = project.fails(1, &["migrate", "-m", "Move", "--allow-data-loss"]);
    assert!(said.contains("`--rename page=web.page`, or `#[table(renamed_from = \"page\")]`"), "{said}");
    project.ok(&["migrate", "-m", "Move", "--rename", "page=web.page"]);
    project.ok(&["upgrade"]);
    assert_eq!(database.connect().count("web.page"), 1);
    // Columns are named with the table's whole name.
    project.models(&model("Page", "#[table(schema = \"web\")]", "pub name: Option<String>"));
    let said = project.fails(1, &["migrate", "-m", "Names", "--allow-data-loss"]);
    assert!(said.contains("`--rename web.page.title=name`"), "{said}");
    project.ok(&["migrate", "-m", "Names", "--rename", "web.page.title=name"]);
    project.ok(&["upgrade"]);
    project.ok(&["downgrade", "-2"]);
    assert_eq!(database.connect().texts("SELECT title AS value FROM page"), [Some("a".to_owned())]);
}

#[test]
fn a_project_for_another_database_is_told_what_to_do() {
    let models = model("Page", "#[table(schema = \"web\")]", "pub title: Option<String>");
    for (dialects, title) in [(&["postgres", "sqlite"][..], "SQLite"), (&["mysql"], "MySQL/MariaDB")] {
        let project = Project::new(BINARY, dialects, &models);
        let said = project.fails(2, &["migrate", "-m", "First"]);
        let wanted = format!("{title} has no schemas to put `page` into, as `web`: leave `schema` out");
        assert!(said.contains(&wanted), "{said}");
    }
}
