//! `fenrir import` as a command: what it takes, what it says, and what it leaves alone when it fails.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use fenrir_migrate::Dialect;
use fenrir_tests::command::Project;
use fenrir_tests::database::TestDatabase;
use proc_macro2::{TokenStream, TokenTree};
use serde_json::json;

const BINARY: &str = env!("CARGO_BIN_EXE_fenrir-under-test");
const TABLES: &str = "CREATE TABLE page (id integer NOT NULL PRIMARY KEY, name varchar(9) NOT NULL); \
    CREATE TABLE page_note (id integer NOT NULL PRIMARY KEY, page_id integer NOT NULL, FOREIGN KEY (page_id) REFERENCES page (id)); \
    CREATE TABLE log (line varchar(9)); \
    CREATE VIEW names AS SELECT name FROM page";

/// A project without models, and a database that others made.
fn on(dialect: Dialect, sql: &str) -> (Project, TestDatabase) {
    let database = TestDatabase::new(dialect);
    database.connect().execute(sql).unwrap();
    let project = Project::new(BINARY, &[dialect.name()], "pub mod models;\n");
    (project.with("DATABASE_URL", database.url()), database)
}

/// All the way: what was imported is what is there, and becomes the first migration.
#[test]
fn what_is_imported_is_adopted() {
    for dialect in Dialect::ALL {
        let (project, database) = on(dialect, TABLES);
        database.connect().execute("INSERT INTO page (id, name) VALUES (1, 'a')").unwrap();
        let ran = project.run(&["import", "--out", "src/models"]);
        assert_eq!(ran.status, 0, "{}", ran.stderr);
        for part in ["found 3 tables", "view `names`", "`log`", "Cargo.toml", dialect.name()] {
            assert!(ran.stderr.contains(part), "{dialect} {part}: {}", ran.stderr);
        }
        assert_eq!(project.list("src/models"), ["log.rs", "mod.rs", "page.rs", "page_note.rs"], "{dialect}");
        assert!(
            project.read("src/models/page_note.rs").contains("Page, foreign_key = page_id)"),
            "{dialect}"
        );
        assert!(project.ok(&["diff", "--from", "database", "--to", "models"]).contains("say the same"));
        project.ok(&["baseline", "-m", "What is there"]);
        assert!(project.ok(&["check"]).contains("say the same"), "{dialect}");
        let fresh = TestDatabase::new(dialect);
        project.ok(&["upgrade", "--database-url", fresh.url()]);
        project.ok(&["check", "--database-url", fresh.url()]);
        assert_eq!((database.connect().count("page"), fresh.connect().count("page")), (1, 0), "{dialect}");
    }
}

#[test]
fn a_table_without_a_primary_key_is_to_be_read_only() {
    for dialect in Dialect::ALL {
        let (project, _database) = on(dialect, TABLES);
        let said = project.json(&["import", "--tables", "log"]);
        let remark = &said["remarks"][0];
        assert_eq!(remark["table"], "log", "{said:#}");
        assert!(remark["message"].as_str().unwrap().contains("no primary key"), "{remark}");
        let source = said["source"].as_str().unwrap();
        assert!(source.contains("primary_key()") && !source.contains("Insertable"), "{source}");
    }
}

#[test]
fn tables_are_chosen_by_name() {
    for dialect in Dialect::ALL {
        let (project, _database) = on(dialect, TABLES);
        let models = |arguments: &[&str]| {
            let said = project.json(&[&["import"][..], arguments].concat());
            let models = said["models"].as_array().unwrap().clone();
            let name = |one: &serde_json::Value| one["table"].as_str().unwrap().to_owned();
            let ours = models.iter().filter(|one| one["unmanaged"].is_null()).map(name).collect::<Vec<_>>();
            let others =
                models.iter().filter(|one| !one["unmanaged"].is_null()).map(name).collect::<Vec<_>>();
            (ours.join(" "), others.join(" "), said["not_asked_for"].clone())
        };
        assert_eq!(models(&["--tables", "page*"]), ("page page_note".into(), String::new(), json!(["log"])));
        assert_eq!(
            models(&["--exclude", "page*,x"]),
            ("log".into(), String::new(), json!(["page", "page_note"]))
        );
        // What it points at is needed, and left to others.
        assert_eq!(models(&["--tables", "page_note"]), ("page_note".into(), "page".into(), json!(["log"])));
        let said = project.fails(2, &["import", "--tables", "nothing*"]);
        assert!(said.contains("no table fits `--tables nothing*`") && said.contains("`page_note`"), "{said}");
        project.write(
            "fenrir.toml",
            &format!("[migrations]\ndialects = [\"{dialect}\"]\n[database]\nignore = [\"lo*\"]\n"),
        );
        assert_eq!(models(&[]), ("page page_note".into(), String::new(), json!(["log"])));
    }
}

#[test]
fn schemas_of_postgres_are_named() {
    let (project, _database) = on(
        Dialect::Postgres,
        "CREATE SCHEMA auth; CREATE TABLE page (id integer PRIMARY KEY); CREATE TABLE auth.page (id integer PRIMARY KEY); \
         CREATE TABLE auth.note (id integer PRIMARY KEY, page_id integer REFERENCES auth.page)",
    );
    let names = |arguments: &[&str]| {
        let said = project.json(&[&["import"][..], arguments].concat());
        let models = said["models"].as_array().unwrap().clone();
        models.iter().map(|one| format!("{}={}", one["table"], one["model"])).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(names(&[]), r#""page"="Page""#);
    assert_eq!(names(&["--schema", "auth"]), r#""auth.note"="Note" "auth.page"="Page""#);
    // Two of one name have two in Rust.
    let both = names(&["--schema", "auth", "--schema", "public"]);
    assert_eq!(both, r#""page"="Page" "auth.note"="Note" "auth.page"="Page2""#);
    let said = project.fails(2, &["import", "--schema", "nowhere"]);
    assert!(said.contains("the schema `nowhere` has no table that can be read"), "{said}");
    let (project, _database) = on(Dialect::Sqlite, TABLES);
    assert!(project.fails(2, &["import", "--schema", "auth"]).contains("only PostgreSQL has schemas"));
}

/// A table of PostgreSQL is named with the schema that it lies in, or without where that is the one of the models.
#[test]
fn what_is_ignored_is_missed_by_nothing() {
    let tables = "CREATE SCHEMA auth; CREATE TABLE page (id integer PRIMARY KEY); CREATE TABLE auth.page (id integer PRIMARY KEY); \
                  CREATE TABLE \"user\" (id integer PRIMARY KEY); CREATE VIEW names AS SELECT id FROM \"user\"";
    for patterns in [r#""user", "names""#, r#""public.user", "public.n*""#] {
        let (project, _database) = on(Dialect::Postgres, tables);
        let settings = project.read("fenrir.toml");
        project.write("fenrir.toml", &format!("{settings}[database]\nignore = [{patterns}]\n"));
        let ran = project.run(&["import", "--single-file", "src/models.rs", "--tables", "public.page"]);
        assert!(ran.status == 0 && !ran.stderr.contains("unless `[database] ignore`"), "{}", ran.stderr);
        assert!(!ran.stderr.contains("names"), "{}", ran.stderr);
        project.ok(&["baseline", "-m", "What is there"]);
        let check = project.json(&["check"]);
        assert_eq!((&check["equal"], &check["not_managed"]), (&json!(true), &json!([])), "{check:#}");
        let ran = project.run(&["import", "--schema", "auth"]);
        let missed = "a difference to `fenrir check` unless `[database] ignore` names it:\n  - `page`\n";
        assert!(ran.stderr.contains(missed) && !ran.stderr.contains("`user`"), "{}", ran.stderr);
    }
}

#[test]
fn what_is_there_is_not_replaced_and_what_fails_writes_nothing() {
    let (project, _database) = on(Dialect::Sqlite, TABLES);
    project.write("src/models.rs", "// mine\n");
    let said = project.fails(1, &["import", "--single-file", "src/models.rs"]);
    assert!(said.contains("`src/models.rs` is there already: `--force` replaces it"), "{said}");
    assert_eq!(project.read("src/models.rs"), "// mine\n");
    project.ok(&["import", "--single-file", "src/models.rs", "--force"]);
    assert!(project.read("src/models.rs").contains("pub struct PageNote"));
    // One file of several is in the way.
    project.write("src/tables/page.rs", "// mine\n");
    let said = project.fails(1, &["import", "--out", "src/tables"]);
    assert!(said.contains("`src/tables/page.rs` is there already"), "{said}");
    assert_eq!(project.list("src/tables"), ["page.rs"]);
    // Nor with `--force`, where one cannot be replaced.
    project.write("src/tables/page_note.rs/kept", "mine");
    let said = project.fails(2, &["import", "--out", "src/tables", "--force"]);
    assert!(said.contains("`src/tables/page_note.rs` is a folder; nothing was written"), "{said}");
    assert_eq!(project.list("src/tables"), ["page.rs", "page_note.rs"]);
    assert_eq!(project.read("src/tables/page.rs"), "// mine\n");
    assert_eq!(project.read("src/tables/page_note.rs/kept"), "mine");
    project.write("src/file", "");
    let said = project.fails(2, &["import", "--out", "src/file/models"]);
    assert!(said.contains("src/file") && said.contains("nothing was written"), "{said}");
    assert_eq!(project.list("src"), ["file", "lib.rs", "models.rs", "tables"]);
    project.fails(2, &["import", "--out", "a", "--single-file", "b"]);
}

#[test]
fn what_cannot_be_read_is_an_error_and_nothing_is_written() {
    let project = Project::new(BINARY, &["sqlite"], "");
    let page = [b"SQLite format 3\0".to_vec(), vec![0x5a; 4080]].concat();
    std::fs::write(project.path().join("corrupt.db"), page).unwrap();
    std::fs::write(
        project.path().join("other.db"),
        "no database at all, but a text of some length\n".repeat(99),
    )
    .unwrap();
    for (url, why) in [
        ("sqlite://missing.db", "there is no database at"),
        ("sqlite://corrupt.db", "corrupt.db"),
        ("sqlite://other.db", "other.db"),
        ("postgres://me:secret@127.0.0.1:1/none", "127.0.0.1"),
        ("mysql://me:secret@127.0.0.1:1/none", "127.0.0.1"),
        ("nonsense", "it has no scheme"),
    ] {
        let said = project.fails(2, &["import", "--database-url", url, "--out", "src/models"]);
        assert!(said.contains(why) && !said.contains("secret"), "{url}: {said}");
    }
    assert!(!project.path().join("missing.db").exists() && !project.path().join("src/models").exists());
}

/// Names, comments and defaults of a database are data.
#[test]
fn nothing_of_a_database_becomes_code() {
    let odd = r##"x"; } fn main() { panic!() } // */ "#"##;
    for dialect in Dialect::ALL {
        let identifier = fenrir_schema::Identifier::new(odd).unwrap();
        let (name, text) = (dialect.quote(&identifier), dialect.literal(odd));
        let sql = format!(
            "CREATE TABLE {name} (id integer NOT NULL PRIMARY KEY, {name} varchar(96) DEFAULT {text})"
        );
        let (project, _database) = on(dialect, &sql);
        let source = project.ok(&["import"]);
        let words = words(source.parse().unwrap());
        assert!(words.contains(&"struct".to_owned()), "{source}");
        for word in ["fn", "main", "panic"] {
            assert!(!words.contains(&word.to_owned()), "{dialect} {word}: {source}");
        }
    }
}

/// The words of a source, but for those in texts and comments.
fn words(tokens: TokenStream) -> Vec<String> {
    let of = |tree| match tree {
        TokenTree::Group(group) => words(group.stream()),
        TokenTree::Ident(ident) => vec![ident.to_string()],
        TokenTree::Punct(_) | TokenTree::Literal(_) => Vec::new(),
    };
    tokens.into_iter().flat_map(of).collect()
}

#[test]
fn a_pattern_or_a_database_that_has_nothing_is_said() {
    for dialect in Dialect::ALL {
        let (project, database) = on(dialect, TABLES);
        let ran = project.run(&["import", "--exclude", "lgo"]);
        assert!(ran.status == 0 && ran.stderr.contains("nothing fits `--exclude lgo`"), "{}", ran.stderr);
        let ran = project.run(&["import", "--exclude", "names"]);
        assert!(
            !ran.stderr.contains("nothing fits") && !ran.stderr.contains("view `names`"),
            "{}",
            ran.stderr
        );
        let drop = "DROP TABLE page_note; DROP TABLE log; DROP VIEW names; DROP TABLE page; CREATE VIEW one AS SELECT 1 AS n";
        database.connect().execute(drop).unwrap();
        let said = project.fails(1, &["import"]);
        assert!(said.contains("has no table to import; not managed:\n  - view `one`"), "{said}");
    }
}

/// `information_schema` hides keys and checks from a user who may only read; MariaDB shows them with the table.
#[test]
fn who_may_only_read_imports_the_same() {
    let tables = "CREATE TABLE page (id int NOT NULL PRIMARY KEY, CONSTRAINT positive CHECK (id > 0)); \
        CREATE TABLE note (id int NOT NULL PRIMARY KEY, page_id int, FOREIGN KEY (page_id) REFERENCES page (id))";
    let (project, database) = on(Dialect::Mysql, tables);
    let mut connected = database.connect();
    let own = connected.texts("SELECT database() AS value").remove(0).unwrap();
    let user = format!("{}_i", &own[own.len().saturating_sub(20)..]).replace(['-', '.'], "_");
    let create =
        format!("CREATE OR REPLACE USER {user} IDENTIFIED BY 'read'; GRANT SELECT ON `{own}`.* TO {user}");
    connected.execute(&create).unwrap();
    let (_, rest) = database.url().split_once('@').unwrap();
    let url = format!("mysql://{user}:read@{rest}");
    let source = project.ok(&["import", "-q", "--database-url", &url]);
    assert!(source.contains("references = Page") && source.contains("`id` > 0"), "{source}");
    assert_eq!(source, project.ok(&["import", "-q"]));
    connected.execute(&format!("DROP USER {user}")).unwrap();
}

/// A name of a database can be anything: none of it moves the cursor, or begins a line of its own.
#[test]
fn what_a_database_calls_things_is_told_in_one_line() {
    let (project, database) = on(
        Dialect::Postgres,
        "CREATE DOMAIN \"d\u{1b}[31mRED\nwarning: all is lost\" AS integer; \
         CREATE TABLE page (id integer PRIMARY KEY, \"c\u{1b}[2J\" \"d\u{1b}[31mRED\nwarning: all is lost\"); \
         CREATE TABLE note (id integer PRIMARY KEY, \"f\u{1b}[2J\" integer)",
    );
    let mut connected = database.connect();
    connected
        .execute(
            "CREATE TABLE __diesel_schema_migrations (version varchar(50) PRIMARY KEY, run_on timestamp); \
             INSERT INTO __diesel_schema_migrations VALUES (E'2\u{1b}[31m\nwarning: all is lost')",
        )
        .unwrap();
    project.write("empty.sql", "");
    let diff = ["diff", "--from", "database", "--to", "empty.sql"];
    for arguments in [&["import"][..], &["import", "--tables", "note"], &diff, &["current"], &["history"]] {
        let ran = project.run(arguments);
        // The models themselves are source code, in which they are escaped.
        assert!(
            !ran.stderr.contains('\u{1b}') && !ran.stdout.contains('\u{1b}'),
            "{}{}",
            ran.stdout,
            ran.stderr
        );
        for line in ran.stderr.lines().chain(ran.stdout.lines()) {
            assert!(!line.starts_with("warning: all is lost"), "{}", ran.stderr);
        }
    }
}

/// A name that SQLite takes for any other, and everybody means the same by.
#[test]
fn a_bool_of_sqlite_is_one() {
    let sql =
        "CREATE TABLE page (id integer NOT NULL PRIMARY KEY, is_read bool, is_new BOOL NOT NULL DEFAULT 1)";
    let (project, _database) = on(Dialect::Sqlite, sql);
    project.ok(&["import", "--single-file", "src/models.rs", "-q"]);
    let source = project.read("src/models.rs");
    for field in ["pub is_read: Option<bool>", "pub is_new: bool"] {
        assert!(source.contains(field), "{source}");
    }
    assert!(project.run(&["check"]).stdout.contains("the database is as the models say"));
}
