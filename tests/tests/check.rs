//! `fenrir check` and `fenrir schema`, on a database that was migrated and one that somebody has changed beside that.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use fenrir_migrate::Dialect;
use fenrir_tests::command::{Project, model};
use fenrir_tests::database::TestDatabase;

const BINARY: &str = env!("CARGO_BIN_EXE_fenrir-under-test");

const FIELDS: &str = "#[column(max_length = 9, unique, check = \"name <> ''\")] pub name: String, \
                      #[column(index, default = 7)] pub size: i32, pub mood: Option<Mood>";

fn models(fields: &str) -> String {
    model("Page", "", fields)
        + &model("Note", "", "#[column(references = Page, on_delete = cascade)] pub page_id: i32")
        + "#[derive(DbEnum)] pub enum Mood { Glad, Sad }"
}

fn on(dialect: Dialect) -> (Project, TestDatabase) {
    let database = TestDatabase::new(dialect);
    let project =
        Project::new(BINARY, &[dialect.name()], &models(FIELDS)).with("DATABASE_URL", database.url());
    (project, database)
}

#[test]
fn from_nothing_to_all_alike() {
    for dialect in Dialect::ALL {
        let (project, database) = on(dialect);
        let ran = project.run(&["check"]);
        assert_eq!(ran.status, 1, "{}", ran.stderr);
        assert!(ran.stdout.contains("the models have 3 changes that no migration makes"), "{}", ran.stdout);
        assert!(ran.stdout.contains("create table `page` (src/lib.rs:4)"), "{}", ran.stdout);
        project.ok(&["migrate", "-m", "First"]);
        let ran = project.run(&["check"]);
        let pending =
            if dialect == Dialect::Sqlite { "there is no database" } else { "1 migration not applied" };
        assert!(ran.status == 1 && ran.stdout.contains(pending), "{}", ran.stdout);
        if dialect == Dialect::Sqlite {
            assert!(!database.file().exists());
        }
        project.ok(&["upgrade"]);
        assert!(project.ok(&["check"]).contains("say the same"));
        let json = project.json(&["check"]);
        assert_eq!((&json["equal"], &json["exists"]), (&true.into(), &true.into()), "{json}");
    }
}

#[test]
fn what_somebody_did_is_told_in_words_with_the_model() {
    for dialect in Dialect::ALL {
        let (project, database) = on(dialect);
        project.ok(&["migrate", "-m", "First"]);
        project.ok(&["upgrade"]);
        let drop_index = match dialect {
            Dialect::Mysql => "DROP INDEX page_size_idx ON page",
            _ => "DROP INDEX page_size_idx",
        };
        let sql = format!(
            "{drop_index}; CREATE TABLE other (id integer NOT NULL PRIMARY KEY); CREATE VIEW names AS SELECT name FROM page"
        );
        database.connect().execute(&sql).unwrap();
        let ran = project.run(&["check"]);
        assert_eq!(ran.status, 1, "{}", ran.stderr);
        for told in [
            "is not as its migrations made it; what would make it so:",
            "- add index `page_size_idx` on `page` (src/lib.rs:4)",
            "- drop table `other`",
            "not managed, and left alone:",
            "view `names`",
        ] {
            assert!(ran.stdout.contains(told), "{dialect}: {told}\n{}", ran.stdout);
        }
        // What is nobody's here is left out.
        let settings =
            format!("[migrations]\ndialects = [\"{dialect}\"]\n[database]\nignore = [\"oth*\", \"names\"]\n");
        project.write("fenrir.toml", &settings);
        let ran = project.run(&["check"]);
        assert!(
            ran.status == 1 && !ran.stdout.contains("other") && !ran.stdout.contains("names"),
            "{}",
            ran.stdout
        );
        let again = match dialect {
            Dialect::Mysql => "CREATE INDEX page_size_idx ON page (size)",
            _ => "CREATE INDEX page_size_idx ON page (size)",
        };
        database.connect().execute(again).unwrap();
        assert!(project.ok(&["check"]).contains("say the same"), "{dialect}");
    }
}

/// The database is held against the migrations that it has, and not against those that are to come.
#[test]
fn a_database_that_is_behind_is_compared_with_what_it_has() {
    for dialect in Dialect::ALL {
        let (project, _database) = on(dialect);
        project.ok(&["migrate", "-m", "First"]);
        project.ok(&["upgrade"]);
        project.models(&models(&format!("{FIELDS}, pub more: Option<i32>")));
        project.ok(&["migrate", "-m", "More"]);
        let ran = project.run(&["check", "--format", "json"]);
        let json: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
        assert_eq!(ran.status, 1);
        assert_eq!(
            (json["pending"].as_array().unwrap().len(), &json["database"]),
            (1, &serde_json::json!([])),
            "{json}"
        );
        project.ok(&["upgrade"]);
        project.ok(&["check"]);
    }
}

/// Of one who may only read, the server is not asked what a text means: it was recorded when it was applied.
#[test]
fn a_role_that_may_only_read() {
    let size = "#[column(default = sql(\"abs(-7)\"), check = \"not (size < 0)\")] pub size: i32, ";
    let predicate = "#[table(index(columns(size), where = \"not (size = 3)\"))]";
    for (dialect, index) in [(Dialect::Postgres, predicate), (Dialect::Mysql, "")] {
        let database = TestDatabase::new(dialect);
        let name = "#[column(max_length = 9, check = \"not (name = '')\")] pub name: String";
        let project =
            Project::new(BINARY, &[dialect.name()], &model("Page", index, &format!("{size}{name}")))
                .with("DATABASE_URL", database.url());
        project.ok(&["migrate", "-m", "First"]);
        project.ok(&["upgrade"]);
        let mut connected = database.connect();
        let reader = format!("fenrir_reader_{}", std::process::id());
        let (project, drop) = match dialect {
            Dialect::Postgres => {
                let own = connected.texts("SELECT current_database()::text AS value").remove(0).unwrap();
                connected
                    .execute(&format!(
                        "CREATE ROLE {reader} LOGIN; REVOKE TEMPORARY ON DATABASE \"{own}\" FROM PUBLIC; \
                         GRANT SELECT ON ALL TABLES IN SCHEMA public TO {reader}"
                    ))
                    .unwrap();
                let url = database.url().replace("user=postgres", &format!("user={reader}"));
                assert_ne!(url, database.url());
                (project.with("DATABASE_URL", &url), format!("DROP OWNED BY {reader}; DROP ROLE {reader}"))
            }
            _ => {
                let own = connected.texts("SELECT database() AS value").remove(0).unwrap();
                connected
                    .execute(&format!(
                        "CREATE OR REPLACE USER {reader} IDENTIFIED BY 'read'; GRANT SELECT ON `{own}`.* TO {reader}"
                    ))
                    .unwrap();
                let (_, rest) = database.url().split_once('@').unwrap();
                let url = format!("mysql://{reader}:read@{rest}");
                (project.with("DATABASE_URL", &url), format!("DROP USER {reader}"))
            }
        };
        let said = project.ok(&["check"]);
        assert!(said.contains("say the same") && !said.contains("not compared"), "{said}");
        // What is not as it was recorded is not known.
        let texts = connected.texts("SELECT part AS value FROM __fenrir_expressions ORDER BY 1");
        assert!(texts.len() >= 2, "{texts:?}");
        for sql in [
            "ALTER TABLE page DROP CONSTRAINT page_size_check; \
             ALTER TABLE page ADD CONSTRAINT page_size_check CHECK (NOT (size < 1))",
            "ALTER TABLE page DROP CONSTRAINT page_size_check; \
             ALTER TABLE page ADD CONSTRAINT page_size_check CHECK (NOT (size < 0)); \
             ALTER TABLE page ALTER COLUMN size SET DEFAULT (abs(-8))",
        ] {
            connected.execute(sql).unwrap();
            let ran = project.run(&["check"]);
            assert_eq!(ran.status, 1, "{dialect}: {}{}", ran.stdout, ran.stderr);
            let is_told =
                ["not compared:", "what would make it so:"].iter().any(|told| ran.stdout.contains(told));
            assert!(is_told && ran.stdout.contains("size"), "{}", ran.stdout);
        }
        connected.execute("ALTER TABLE page ALTER COLUMN size SET DEFAULT (abs(-7))").unwrap();
        assert!(project.ok(&["check"]).contains("say the same"));
        // Without the right to read what was recorded it is as if nothing was.
        connected.execute("DELETE FROM __fenrir_expressions").unwrap();
        let ran = project.run(&["check"]);
        assert!(ran.status == 1 && ran.stdout.contains("not compared"), "{}", ran.stdout);
        connected.execute("DROP TABLE __fenrir_expressions").unwrap();
        assert_eq!(project.run(&["check"]).status, 1);
        connected.execute(&drop).unwrap();
    }
}

/// It is one of the history's tables: no difference, and gone with them.
#[test]
fn what_is_recorded_of_expressions_is_of_the_history() {
    for dialect in Dialect::ALL {
        let (project, database) = on(dialect);
        project.ok(&["migrate", "-m", "First"]);
        project.ok(&["create-all", "--stamp"]);
        project.ok(&["check"]);
        project.ok(&["drop-all", "--yes"]);
        let tables = match dialect {
            Dialect::Postgres => "SELECT relname::text AS value FROM pg_class WHERE relname LIKE '\\_\\_%'",
            Dialect::Sqlite => {
                "SELECT name AS value FROM sqlite_master WHERE name LIKE '\\_\\_%' ESCAPE '\\'"
            }
            Dialect::Mysql => {
                "SELECT table_name AS value FROM information_schema.tables WHERE table_schema = database() \
                 AND table_name LIKE '\\_\\_%'"
            }
        };
        assert_eq!(database.connect().texts(tables), [None; 0], "{dialect}");
    }
}

/// The SQL makes what the migrations make, and the JSON is what the migrations record.
#[test]
fn the_schema_is_printed_as_json_and_as_sql() {
    for dialect in Dialect::ALL {
        let (project, database) = on(dialect);
        let sql = project.ok(&["schema", "--sql"]);
        assert!(sql.starts_with("-- The schema of the models, for"), "{sql}");
        database.connect().execute(&sql).unwrap();
        project.ok(&["migrate", "-m", "First"]);
        project.ok(&["stamp", "head"]);
        assert!(project.ok(&["check"]).contains("say the same"), "{dialect}");
        let schema: fenrir_schema::Schema = serde_json::from_str(&project.ok(&["schema"])).unwrap();
        let folder = project.list("migrations").remove(0);
        let recorded = project.read(&format!("migrations/{folder}/metadata.toml"));
        assert!(recorded.contains(&schema.hash()), "{recorded}");
        assert_eq!(
            project.json(&["schema"]),
            serde_json::from_str::<serde_json::Value>(&schema.to_json()).unwrap()
        );
    }
    let project = Project::new(BINARY, &["postgres", "sqlite"], &models(FIELDS));
    let said = project.fails(2, &["schema", "--sql"]);
    assert!(
        said.contains(
            "the models are for several databases: name one of `postgres`, `sqlite` with `--dialect`"
        ),
        "{said}"
    );
    let said = project.fails(2, &["schema", "--sql", "--dialect", "mysql"]);
    assert!(said.contains("the models are not for `mysql`: name one of"), "{said}");
    assert!(project.ok(&["schema", "--sql", "--dialect", "sqlite"]).contains("AUTOINCREMENT"));
}

/// Where there is no migration yet, it is not the migrations that a database is held against.
#[test]
fn before_a_baseline_the_models_are_compared() {
    for dialect in Dialect::ALL {
        let (project, database) = on(dialect);
        project.ok(&["migrate", "-m", "First"]);
        project.ok(&["upgrade"]);
        let mut connected = database.connect();
        connected.execute("DROP TABLE __fenrir_migrations; DROP TABLE __diesel_schema_migrations").unwrap();
        std::fs::remove_dir_all(project.path().join("migrations")).unwrap();
        std::fs::create_dir(project.path().join("migrations")).unwrap();
        let ran = project.run(&["check"]);
        assert_eq!(ran.status, 1, "{}", ran.stderr);
        assert!(
            ran.stdout
                .contains("and the database is as the models say: `fenrir baseline -m \"…\"` records that"),
            "{}",
            ran.stdout
        );
        assert!(!ran.stdout.contains("create table") && !ran.stdout.contains("drop table"), "{}", ran.stdout);
        connected.execute("ALTER TABLE note ADD more integer").unwrap();
        let ran = project.run(&["check"]);
        let told =
            "is not as the models say; what would make it so:\n  - drop column `note.more` (src/lib.rs:";
        assert!(ran.status == 1 && ran.stdout.contains(told), "{}", ran.stdout);
    }
}

/// A copy of a database that was adopted is told apart from one that is not as it.
#[test]
fn before_a_stamp_the_migrations_are_compared() {
    for dialect in Dialect::ALL {
        let (project, database) = on(dialect);
        project.ok(&["migrate", "-m", "First"]);
        project.ok(&["upgrade"]);
        let mut connected = database.connect();
        connected.execute("DROP TABLE __fenrir_migrations; DROP TABLE __diesel_schema_migrations").unwrap();
        let ran = project.run(&["check"]);
        let told = "and the database is as the migrations make it: `fenrir stamp head` records that";
        assert!(
            ran.status == 1 && ran.stdout.contains(told) && !ran.stdout.contains("not applied"),
            "{}",
            ran.stdout
        );
        connected.execute("ALTER TABLE note ADD more integer").unwrap();
        let ran = project.run(&["check"]);
        let told = "is not as the migrations make it; what would make it so:\n  - drop column `note.more` (src/lib.rs:";
        assert!(ran.status == 1 && ran.stdout.contains(told), "{}", ran.stdout);
    }
}

#[test]
fn a_migration_that_was_edited_is_told() {
    let (project, _database) = on(Dialect::Sqlite);
    project.ok(&["migrate", "-m", "First"]);
    project.ok(&["upgrade"]);
    let down = format!("migrations/{}/down.sql", project.list("migrations")[0]);
    project.write(&down, &format!("{}-- more\n", project.read(&down)));
    let ran = project.run(&["check"]);
    assert!(ran.status == 1 && ran.stdout.contains("changed after they were applied"), "{}", ran.stdout);
    assert!(ran.stdout.contains("_first"), "{}", ran.stdout);
}

/// To a user without a right to it, MySQL's list of tables does not have the history.
#[test]
fn a_history_that_may_not_be_seen_is_not_taken_for_none() {
    let (project, database) = on(Dialect::Mysql);
    project.ok(&["migrate", "-m", "First"]);
    project.ok(&["upgrade"]);
    let mut connected = database.connect();
    let own = connected.texts("SELECT database() AS value").remove(0).unwrap();
    let user = format!("{}_h", &own[own.len().saturating_sub(20)..]).replace(['-', '.'], "_");
    let create =
        format!("CREATE OR REPLACE USER {user} IDENTIFIED BY 'read'; GRANT SELECT ON `{own}`.page TO {user}");
    connected.execute(&create).unwrap();
    let (_, rest) = database.url().split_once('@').unwrap();
    for command in ["check", "current"] {
        let said =
            project.fails(2, &[command, "-q", "--database-url", &format!("mysql://{user}:read@{rest}")]);
        assert!(said.contains("denied") && said.contains("__diesel_schema_migrations"), "{said}");
    }
    connected.execute(&format!("DROP USER {user}")).unwrap();
}
