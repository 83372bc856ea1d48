//! What is different on MySQL and MariaDB: each change of the schema commits, and indexes come and go with
//! foreign keys.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use diesel::connection::{InstrumentationEvent, SimpleConnection};
use diesel::prelude::*;
use fenrir_migrate::{Dialect, EmbeddedMigration, Error, Kept, Migrations, Migrator};
use fenrir_tests::cargo::CargoProject;
use fenrir_tests::command::Project;
use fenrir_tests::database::{Connected, TestDatabase};

const BINARY: &str = env!("CARGO_BIN_EXE_fenrir-under-test");

const PAGES: &str = r#"
    /// A page's "name", with a \.
    #[derive(Table)]
    #[diesel(table_name = page)]
    pub struct Page {
        pub id: i32,
        #[column(max_length = 96, unique)]
        pub name: String,
        #[column(default = sql("CURRENT_TIMESTAMP"))]
        pub created_at: NaiveDateTime,
    }
"#;

const USERS: &str = r#"
    #[derive(Table)]
    #[diesel(table_name = user)]
    pub struct User {
        pub id: i32,
        #[column(references = Page, on_delete = cascade)]
        pub page_id: i32,
    }
"#;

fn on_mysql(models: &str) -> (Project, TestDatabase) {
    let database = TestDatabase::mysql();
    let project = Project::new(BINARY, &["mysql"], models).with("DATABASE_URL", database.url());
    (project, database)
}

fn connect(database: &TestDatabase) -> MysqlConnection {
    match database.connect() {
        Connected::Mysql(connection) => connection,
        _ => panic!("not MySQL"),
    }
}

fn indexes(connected: &mut Connected, table: &str) -> Vec<String> {
    let sql = format!(
        "SELECT concat(index_name, ':', group_concat(column_name ORDER BY seq_in_index)) AS value \
         FROM information_schema.statistics WHERE table_schema = database() AND table_name = '{table}' \
         GROUP BY index_name ORDER BY index_name"
    );
    connected.texts(&sql).into_iter().flatten().collect()
}

#[test]
fn a_project_from_its_first_migration_to_nothing() {
    let (project, database) = on_mysql(PAGES);
    project.ok(&["migrate", "-m", "Create pages"]);
    let up = project.read(&format!("migrations/{}/up.sql", project.list("migrations")[0]));
    assert!(
        up.contains("ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COMMENT='A page''s \"name\", with a \\\\.'"),
        "{up}"
    );
    project.ok(&["upgrade"]);
    let mut connected = database.connect();
    connected.execute("INSERT INTO page (name) VALUES ('a'), ('b')").unwrap();
    let created = "SELECT column_default AS value FROM information_schema.columns \
                   WHERE table_schema = database() AND column_name = 'created_at'";
    assert_eq!(
        connected.texts(created)[0].as_deref().map(str::to_uppercase).unwrap(),
        "CURRENT_TIMESTAMP(6)"
    );

    project.models(&(PAGES.to_owned() + USERS));
    project.ok(&["migrate", "-m", "Create users"]);
    assert_eq!(project.json(&["current"])["pending"], 1);
    project.ok(&["upgrade"]);
    assert_eq!(indexes(&mut connected, "user"), ["PRIMARY:id", "user_page_id_fkey:page_id"]);

    // Another index in the foreign key's place, and back.
    project.models(&(PAGES.to_owned() + &USERS.replace("on_delete = cascade", "on_delete = cascade, index")));
    project.ok(&["migrate", "-m", "Index users"]);
    project.ok(&["upgrade"]);
    assert_eq!(indexes(&mut connected, "user"), ["PRIMARY:id", "user_page_id_idx:page_id"]);
    project.ok(&["downgrade"]);
    assert_eq!(indexes(&mut connected, "user"), ["PRIMARY:id", "user_page_id_fkey:page_id"]);

    project.ok(&["upgrade"]);
    project.ok(&["downgrade", "base", "--allow-data-loss"]);
    assert_eq!(project.json(&["current"])["revision"], serde_json::Value::Null);
    project.ok(&["upgrade"]);
    project.ok(&["drop-all", "--yes"]);
    let left = "SELECT table_name AS value FROM information_schema.tables WHERE table_schema = database()";
    assert_eq!(connected.texts(left), []);
}

/// The statements before it stay and are recorded; the next run goes on from there.
#[test]
fn a_second_statement_that_fails_is_gone_on_with() {
    let (project, database) = on_mysql(PAGES);
    project.ok(&["migrate", "-m", "Create pages"]);
    project.ok(&["migrate", "-m", "By hand", "--empty"]);
    let name = project.list("migrations")[1].clone();
    let file = format!("migrations/{name}/up.sql");
    project.write(
        &file,
        "ALTER TABLE page ADD COLUMN x int;\nINSERT INTO page (nope) VALUES (1);\nDROP TABLE page;\n",
    );
    let said = project.fails(2, &["upgrade"]);
    assert!(said.contains(&format!("`{name}/up.sql`, line 2, failed: Unknown column 'nope'")), "{said}");
    assert!(said.contains("kept and recorded"), "{said}");
    assert!(!said.contains("nothing of it was kept"), "{said}");
    let mut connected = database.connect();
    assert_eq!(connected.count("page"), 0);
    connected.execute("SELECT x FROM page").unwrap();
    assert_eq!(project.json(&["current"])["pending"], 1);
    assert!(project.ok(&["history"]).contains("half applied"));
    // What is done stays as it is, and only what follows is mended.
    project.write(&file, "INSERT INTO page (name) VALUES ('a');\n");
    assert!(project.fails(2, &["upgrade"]).contains("was changed where it is done already, in part 1"));
    project.write(
        &file,
        "ALTER TABLE page ADD COLUMN x int;\nINSERT INTO page (name) VALUES ('a');\n-- The end.\n",
    );
    project.ok(&["upgrade"]);
    assert_eq!(connected.count("__fenrir_journal"), 0);
    assert_eq!((connected.count("page"), project.json(&["current"])["pending"].as_i64()), (1, Some(0)));
}

/// Rows alone are in one transaction with the record.
#[test]
fn a_migration_of_rows_is_whole_or_nothing() {
    let (project, database) = on_mysql(PAGES);
    project.ok(&["migrate", "-m", "Create pages"]);
    project.ok(&["upgrade"]);
    project.ok(&["migrate", "-m", "Fill", "--empty"]);
    let file = format!("migrations/{}/up.sql", project.list("migrations")[1]);
    project.write(&file, "INSERT INTO page (name) VALUES ('a');\nINSERT INTO page (name) VALUES ('a');\n");
    assert!(project.fails(2, &["upgrade"]).contains("Duplicate entry"));
    assert_eq!(database.connect().count("page"), 0);
}

#[test]
fn a_table_that_is_there_is_found_before_anything_runs() {
    let (project, database) = on_mysql(&(PAGES.to_owned() + USERS));
    project.ok(&["migrate", "-m", "Create all"]);
    database.connect().execute("CREATE TABLE user (id int)").unwrap();
    let said = project.fails(2, &["upgrade"]);
    assert!(said.contains("the table `user` is there already"), "{said}");
    assert!(
        database.connect().execute("SELECT * FROM page").is_err(),
        "it comes before users, and was not made"
    );
}

#[test]
fn what_it_cannot_have_is_refused_in_the_models() {
    let (project, _database) = on_mysql(&PAGES.replace("max_length = 96, ", ""));
    let said = project.fails(2, &["migrate", "-m", "Create pages"]);
    assert!(said.contains("src/lib.rs:8:") && said.contains("give it a `max_length`"), "{said}");
}

const UP: &str = "CREATE TABLE page (id int PRIMARY KEY);\nCREATE TABLE user (id int PRIMARY KEY);\n";

const fn migration(
    name: &'static str,
    revision: &'static str,
    parent: Option<&'static str>,
) -> EmbeddedMigration {
    EmbeddedMigration {
        name,
        revision,
        parent,
        message: "",
        up: "SELECT 1;",
        down: "SELECT 1;",
        run_in_transaction: true,
        checksum: revision,
        ..EmbeddedMigration::EMPTY
    }
}

static TWO: Migrations = Migrations::new(
    "{}",
    &[(
        Dialect::Mysql,
        Some(&[
            EmbeddedMigration { up: UP, ..migration("first", "20260101000000", None) },
            migration("second", "20260102000000", Some("20260101000000")),
        ]),
    )],
);

/// As it is generated, for a default of `it's \ "one"`.
const QUOTED: &str =
    r#"CREATE TABLE page (id int PRIMARY KEY, name varchar(96) NOT NULL DEFAULT 'it''s \\ "one"');"#;

static WITH_QUOTES: Migrations = Migrations::new(
    "{}",
    &[(
        Dialect::Mysql,
        Some(&[EmbeddedMigration { up: QUOTED, ..migration("first", "20260101000000", None) }]),
    )],
);

static FAILING: Migrations = Migrations::new(
    "{}",
    &[(
        Dialect::Mysql,
        Some(&[EmbeddedMigration {
            up: "SELECT 1; SELECT 2; SELECT nope;",
            ..migration("first", "20260101000000", None)
        }]),
    )],
);

/// Many processes boot at once: one migrates, the others find nothing to do.
#[test]
fn boots_at_once_all_succeed() {
    let database = TestDatabase::mysql();
    let applied: usize = std::thread::scope(|scope| {
        let boots: Vec<_> = (0..8)
            .map(|_| scope.spawn(|| Migrator::new(&TWO).run(&mut connect(&database)).unwrap().steps.len()))
            .collect();
        boots.into_iter().map(|boot| boot.join().unwrap()).sum()
    });
    assert_eq!(applied, 2, "each revision once");
}

#[test]
fn a_boot_with_nothing_pending_is_one_query() {
    let database = TestDatabase::mysql();
    let mut connection = connect(&database);
    Migrator::new(&TWO).run(&mut connection).unwrap();
    let queries = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&queries);
    connection.set_instrumentation(move |event: InstrumentationEvent<'_>| {
        if let InstrumentationEvent::StartQuery { query, .. } = event {
            seen.lock().unwrap().push(query.to_string());
        }
    });
    assert!(Migrator::new(&TWO).run(&mut connection).unwrap().steps.is_empty());
    let queries = queries.lock().unwrap();
    assert_eq!(queries.len(), 1, "{queries:?}");
}

#[test]
fn the_lock_is_of_the_database_and_says_who_has_it() {
    let (database, other) = (TestDatabase::mysql(), TestDatabase::mysql());
    let mut holder = database.connect();
    holder
        .execute("SELECT get_lock(concat('fenrir migrations ', left(sha2(database(), 256), 40)), 0)")
        .unwrap();
    let id = holder.texts("SELECT CAST(connection_id() AS char) AS value")[0].clone().unwrap();
    let migrator = Migrator::new(&TWO).lock_timeout(Duration::from_millis(100));
    let error = migrator.run(&mut connect(&database)).unwrap_err();
    assert!(
        matches!(&error, Error::Locked { holder: Some(who), .. } if who.starts_with(&format!("connection {id}"))),
        "{error}"
    );
    migrator.run(&mut connect(&other)).unwrap();
    drop(holder);
}

/// A migrator leaves a connection as it found it, also where it fails.
#[test]
fn the_settings_of_a_session_are_put_back() {
    let database = TestDatabase::mysql();
    let settings = "SELECT concat_ws(' ', @@session.sql_mode, @@session.autocommit, @@session.foreign_key_checks, \
                    coalesce(is_used_lock(concat('fenrir migrations ', left(sha2(database(), 256), 40))), 'free')) AS value";
    let mut connected = database.connect();
    connected.execute("SET SESSION sql_mode = 'ANSI_QUOTES'").unwrap();
    let before = connected.texts(settings);
    let Connected::Mysql(connection) = &mut connected else { panic!("not MySQL") };
    let error = Migrator::new(&FAILING).run(connection).unwrap_err();
    assert!(matches!(&error, Error::Statement(statement) if statement.kept == Kept::Nothing), "{error}");
    assert!(error.to_string().contains("nope"), "the third statement's own error: {error}");
    Migrator::new(&TWO).run(connection).unwrap();
    connection.batch_execute("SELECT 1").unwrap();
    assert_eq!(connected.texts(settings), before);
}

/// A text means the same, whatever the session's settings.
#[test]
fn quotes_and_backslashes_in_every_sql_mode() {
    let database = TestDatabase::mysql();
    let mut connected = database.connect();
    connected.execute("SET SESSION sql_mode = 'ANSI,NO_BACKSLASH_ESCAPES'").unwrap();
    let Connected::Mysql(connection) = &mut connected else { panic!("not MySQL") };
    Migrator::new(&WITH_QUOTES).run(connection).unwrap();
    connected.execute("INSERT INTO page (id) VALUES (1)").unwrap();
    assert_eq!(connected.texts("SELECT name AS value FROM page"), [Some(r#"it's \ "one""#.to_owned())]);
}

const MODELS: &str = r#"
    use chrono::{NaiveDate, NaiveDateTime, NaiveTime};
    use diesel::prelude::*;
    use fenrir_migrate::{DbEnum, Table};

    #[derive(Table, Queryable, Selectable, Insertable, Debug, PartialEq)]
    #[diesel(table_name = thing)]
    pub struct Thing {
        #[column(auto_increment = false)]
        pub id: i64,
        pub yes: bool,
        pub small: i16,
        pub int: i32,
        pub single: f32,
        pub double: f64,
        pub text: String,
        #[column(max_length = 96, unique)]
        pub name: String,
        pub bytes: Vec<u8>,
        pub day: NaiveDate,
        pub time: NaiveTime,
        pub moment: NaiveDateTime,
        pub json: serde_json::Value,
        #[column(default = "b")]
        pub kind: Kind,
        pub maybe: Option<Kind>,
    }

    #[derive(DbEnum, Debug, Clone, Copy, PartialEq)]
    pub enum Kind { A, B }

    pub static MIGRATIONS: fenrir_migrate::Migrations = fenrir_migrate::embed_migrations!();
"#;

const MAIN: &str = r#"
    use chrono::NaiveDate;
    use diesel::connection::SimpleConnection;
    use diesel::prelude::*;
    use on_mysql::{Kind, Thing, thing};

    fn main() {
        let mut connection = MysqlConnection::establish(&std::env::var("DATABASE_URL").unwrap()).unwrap();
        let report = fenrir_migrate::Migrator::new(&on_mysql::MIGRATIONS).run(&mut connection).unwrap();
        assert!(report.steps.is_empty());
        let sql = Thing::create_table_sql(fenrir_migrate::Dialect::Mysql).unwrap();
        connection.batch_execute(&sql).unwrap();
        let day = NaiveDate::from_ymd_opt(2039, 1, 31).unwrap();
        let moment = day.and_hms_micro_opt(23, 59, 59, 999_999).unwrap();
        let thing = Thing {
            id: 1 << 40,
            yes: true,
            small: -3,
            int: 1 << 30,
            single: 0.5,
            double: 0.1,
            text: r"é \ 'x' ".repeat(10_000),
            name: "日本語 😀".to_owned(),
            bytes: vec![0, 255, 39, 92],
            day,
            time: moment.time(),
            moment,
            json: serde_json::json!({ "a": [1, "😀"] }),
            kind: Kind::A,
            maybe: None,
        };
        diesel::insert_into(thing::table).values(&thing).execute(&mut connection).unwrap();
        let found = thing::table.filter(thing::kind.eq(Kind::A)).select(Thing::as_select());
        assert_eq!(found.load(&mut connection).unwrap(), [thing]);
    }
"#;

/// What the derive says of the types is right: Diesel compiles them, and reads what it wrote.
#[test]
fn diesel_reads_what_it_writes() {
    let project = CargoProject::new("on-mysql", MODELS);
    let manifest = std::fs::read_to_string(project.path().join("Cargo.toml")).unwrap();
    project.write("Cargo.toml", &manifest.replace("\"sqlite\"", "\"mysql\""));
    project.write("fenrir.toml", "[migrations]\ndialects = [\"mysql\"]\n");
    project.write("src/main.rs", MAIN);
    let database = TestDatabase::mysql();
    let built = project.cargo(&["run"], &[("DATABASE_URL", database.url())]);
    assert!(built.ok, "{}", built.stderr);
}
