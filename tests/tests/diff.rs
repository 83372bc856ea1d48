//! `fenrir diff`: two schemas, wherever they are, and the SQL that turns the one into the other.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use fenrir_migrate::Dialect;
use fenrir_tests::catalog;
use fenrir_tests::command::{Project, migrated, model};
use fenrir_tests::database::TestDatabase;
use serde_json::json;

const BINARY: &str = env!("CARGO_BIN_EXE_fenrir-under-test");
const NAME: &str = "#[column(max_length = 9)] pub name: String";
const ROWS: &str = "INSERT INTO page (name) VALUES ('a'), ('b')";

/// A project at its first migration with rows, whose models have a column more.
fn one_more(dialect: Dialect) -> (Project, TestDatabase) {
    let (project, database) = migrated(BINARY, dialect, &model("Page", "", NAME), ROWS);
    project.models(&model("Page", "", &format!("{NAME}, pub size: Option<i32>")));
    (project, database)
}

/// A folder without a project, and a database that these statements made.
fn made(dialect: Dialect, sql: &str) -> (Project, TestDatabase) {
    let database = TestDatabase::new(dialect);
    database.connect().execute(sql).unwrap();
    (Project::empty(BINARY), database)
}

#[test]
fn every_source_is_compared_with_every_other() {
    for dialect in Dialect::ALL {
        let (project, database) = one_more(dialect);
        project.write("new.sql", &project.ok(&["schema", "--sql"]));
        project.write("empty.sql", "");
        let ran = project.run(&["diff", "--from", "empty.sql", "--to", "migrations", "--sql"]);
        project.write("old.sql", &ran.stdout);
        let other = TestDatabase::new(dialect);
        other.connect().execute(&project.read("new.sql")).unwrap();
        let old = ["migrations", "migrations@head", "migrations@+0", "database", database.url(), "old.sql"];
        let new = ["models", other.url(), "new.sql"];
        for (side, others) in [(&old[..], &new[..]), (&new[..], &old[..])] {
            for from in side {
                for to in side {
                    assert!(
                        project.ok(&["diff", "--from", from, "--to", to]).contains("say the same"),
                        "{from} {to}"
                    );
                }
                let change = if side == old { "add column `page.size`" } else { "drop column `page.size`" };
                for to in others {
                    let ran = project.run(&["diff", "--from", from, "--to", to]);
                    assert_eq!(ran.status, 1, "{dialect} {from} {to}: {}", ran.stderr);
                    let changes: Vec<_> =
                        ran.stdout.lines().filter(|line| line.starts_with("  - ")).collect();
                    assert!(changes.len() == 1 && changes[0].contains(change), "{from} {to}: {}", ran.stdout);
                    let has_models = [from, to].contains(&&"models");
                    assert_eq!(changes[0].contains("src/lib.rs:"), has_models, "{changes:?}");
                }
            }
        }
        let all = project.run(&["diff", "--from", "migrations@base", "--to", "models"]).stdout;
        assert!(all.contains("create table `page`"), "{all}");
    }
}

#[test]
fn the_sql_makes_the_one_of_the_other() {
    for dialect in Dialect::ALL {
        let (project, database) = one_more(dialect);
        let arguments = ["diff", "--from", "database", "--to", "models", "--sql"];
        let ran = project.run(&arguments);
        assert_eq!(ran.status, 1, "{}", ran.stderr);
        assert!(ran.stdout.contains("the models.") && ran.stdout.contains("ON_ERROR_STOP"), "{}", ran.stdout);
        let mut connected = database.connect();
        connected.execute(&ran.stdout).unwrap();
        connected.execute("UPDATE page SET size = 1").unwrap();
        assert_eq!(connected.count("page"), 2);
        project.ok(&["diff", "--from", "database", "--to", "models"]);
        assert!(project.ok(&arguments).contains("Nothing to do"));
        // The way back loses what the column holds.
        let back = ["diff", "--from", "models", "--to", "migrations", "--sql"];
        let said = project.fails(1, &back);
        assert!(said.contains("loses data") && said.contains("`--allow-data-loss`"), "{said}");
        let ran = project.run(&[&back[..], &["--allow-data-loss"]].concat());
        connected.execute(&ran.stdout).unwrap();
        assert_eq!(connected.count("page"), 2);
        project.ok(&["diff", "--from", "database", "--to", "migrations"]);
    }
}

#[test]
fn the_answer_as_json() {
    let (project, database) = one_more(Dialect::Sqlite);
    let ran = project.run(&["diff", "--from", "migrations", "--to", "models", "--format", "json"]);
    let said: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    let change = json!({ "change": "add column `page.size`", "place": "src/lib.rs:4" });
    assert_eq!(said["equal"], false);
    assert_eq!(said["changes"], json!([change]), "{said:#}");
    assert_eq!(said["sql"], json!(null));
    database.connect().execute("CREATE VIEW names AS SELECT name FROM page").unwrap();
    let said = project.json(&["diff", "--from", "migrations", "--to", "database", "--sql"]);
    assert_eq!((&said["equal"], &said["changes"]), (&json!(true), &json!([])));
    assert_eq!(said["not_managed"], json!(["view `names`"]));
}

#[test]
fn likely_renames_stop_it_and_are_listed_the_likeliest_first() {
    for dialect in Dialect::ALL {
        let (id, other) = match dialect {
            Dialect::Sqlite => {
                ("id integer NOT NULL PRIMARY KEY AUTOINCREMENT", "environment_id text NOT NULL PRIMARY KEY")
            }
            Dialect::Postgres => ("id serial PRIMARY KEY", "environment_id varchar(36) NOT NULL PRIMARY KEY"),
            Dialect::Mysql => (
                "id int NOT NULL AUTO_INCREMENT PRIMARY KEY",
                "environment_id varchar(36) NOT NULL PRIMARY KEY",
            ),
        };
        let (folder, first) =
            made(dialect, &format!("CREATE TABLE environment ({id}, name varchar(96), url varchar(96))"));
        first.connect().execute("INSERT INTO environment (name, url) VALUES ('a', 'b'), ('c', 'd')").unwrap();
        let (_, second) = made(
            dialect,
            &format!(
                "CREATE TABLE environment ({other}, base_url varchar(96), environment_name varchar(96))"
            ),
        );
        let both = ["diff", "--from", first.url(), "--to", second.url()];
        let said = folder.fails(1, &both);
        let flags: Vec<_> = said.lines().filter_map(|line| line.split("`--rename ").nth(1)).collect();
        let wanted = [
            "environment.id=environment_id`",
            "environment.name=environment_name`",
            "environment.name=environment_id`",
            "environment.name=base_url`",
            "environment.url=base_url`",
            "environment.url=environment_id`",
            "environment.url=environment_name`",
        ];
        assert_eq!(flags, wanted, "{dialect}: {said}");
        let renamed = [
            "--rename",
            "environment.id=environment_id",
            "--rename=environment.name=environment_name",
            "--rename=environment.url=base_url",
        ];
        let ran = folder.run(&[&both[..], &renamed, &["--sql", "--allow-data-loss"]].concat());
        assert_eq!(ran.status, 1, "{}", ran.stderr);
        let mut connected = first.connect();
        connected.execute(&ran.stdout).unwrap();
        let values =
            "SELECT environment_id || environment_name || base_url AS value FROM environment ORDER BY 1";
        let values = if dialect == Dialect::Mysql {
            "SELECT concat(environment_id, environment_name, base_url) AS value FROM environment ORDER BY 1"
        } else {
            values
        };
        assert_eq!(connected.texts(values), [Some("1ab".to_owned()), Some("2cd".to_owned())], "{dialect}");
        folder.ok(&both);
        assert_eq!(catalog::describe(&mut connected).len(), catalog::describe(&mut second.connect()).len());
    }
}

#[test]
fn without_renames_what_goes_is_lost_and_must_be_allowed() {
    let table =
        |column: &str| format!("CREATE TABLE page (id integer NOT NULL PRIMARY KEY, {column} varchar(9))");
    for dialect in Dialect::ALL {
        let (folder, first) = made(dialect, &table("name"));
        let (_, second) = made(dialect, &table("title"));
        let both = ["diff", "--from", first.url(), "--to", second.url(), "--no-renames"];
        let listed = folder.run(&both);
        assert_eq!(listed.status, 1, "{}", listed.stderr);
        assert!(
            listed.stdout.contains("drop column `page.name`")
                && listed.stdout.contains("add column `page.title`")
        );
        let said = folder.fails(1, &[&both[..], &["--sql"]].concat());
        assert!(said.contains("column `page.name`") && said.contains("`--allow-data-loss`"), "{said}");
        let ran = folder.run(&[&both[..], &["--sql", "--allow-data-loss"]].concat());
        first.connect().execute(&ran.stdout).unwrap();
        folder.ok(&both);
    }
}

#[test]
fn what_rows_get_is_said_by_options() {
    for dialect in Dialect::ALL {
        let (folder, first) =
            made(dialect, "CREATE TABLE page (id integer NOT NULL PRIMARY KEY, kind varchar(9))");
        first.connect().execute("INSERT INTO page (id, kind) VALUES (1, '7'), (2, NULL)").unwrap();
        let (_, second) = made(
            dialect,
            "CREATE TABLE page (id integer NOT NULL PRIMARY KEY, kind varchar(9) NOT NULL, size integer NOT NULL)",
        );
        let both = ["diff", "--from", first.url(), "--to", second.url(), "--sql"];
        let said = folder.fails(1, &both);
        assert!(said.contains("`page.size`") && said.contains("--backfill TABLE.COLUMN=SQL"), "{said}");
        for (option, why) in [
            ("--backfill=page.nothing=1", "there is no column `page.nothing` in"),
            ("--backfill=page.size", "takes `TABLE.COLUMN=SQL`"),
            ("--backfill=page.size=1; DROP TABLE page", "`;`"),
            ("--backfill=page.id=1", "is neither added nor made NOT NULL"),
            ("--using=page.id=1", "is not of another type"),
        ] {
            let said = folder.fails(2, &[&both[..], &["--backfill=page.size=1", option]].concat());
            assert!(said.contains(why), "{option}: {said}");
        }
        let filled = ["--backfill=page.size=id + 1", "--backfill", "page.kind='none'"];
        let ran = folder.run(&[&both[..], &filled].concat());
        assert_eq!(ran.status, 1, "{}", ran.stderr);
        let mut connected = first.connect();
        connected.execute(&ran.stdout).unwrap();
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(connected.texts("SELECT kind AS value FROM page ORDER BY id"), [some("7"), some("none")]);
        let sizes = "SELECT CAST(size AS CHAR(1)) AS value FROM page ORDER BY id";
        assert_eq!(connected.texts(sizes), [some("2"), some("3")], "{dialect}");
        folder.ok(&both);
    }
}

#[test]
fn a_file_is_read_as_the_database_s_own_program_reads_it() {
    let dump = "SET not_a_setting_yet = 1;
\\set ON_ERROR_STOP on
CREATE TABLE page (id integer PRIMARY KEY, name text);
ALTER TABLE page OWNER TO nobody_here;
COPY page (id, name) FROM stdin;
1\ta;b
2\t'
\\.

CREATE FUNCTION f() RETURNS text LANGUAGE sql AS $$ SELECT ';' $$;
GRANT ALL ON page TO nobody_here;
";
    let folder = Project::empty(BINARY);
    folder.write("dump.sql", dump);
    folder.write("plain.sql", "CREATE TABLE page (id integer PRIMARY KEY, name text)");
    let both = ["diff", "--dialect", "postgres", "--from", "dump.sql", "--to", "plain.sql"];
    let ran = folder.run(&both);
    assert_eq!(ran.status, 0, "{}{}", ran.stdout, ran.stderr);
    assert!(ran.stdout.contains("say the same") && ran.stdout.contains("function `f"), "{}", ran.stdout);
    let trigger = "CREATE TABLE page (id INTEGER NOT NULL PRIMARY KEY, name TEXT);
CREATE TRIGGER t AFTER INSERT ON page BEGIN UPDATE page SET name = ';'; END;
";
    folder.write("dump.sql", trigger);
    folder.write("plain.sql", "CREATE TABLE page (id INTEGER NOT NULL PRIMARY KEY, name TEXT)");
    let said = folder.ok(&["diff", "--dialect", "sqlite", "--from", "dump.sql", "--to", "plain.sql"]);
    assert!(said.contains("trigger `t`"), "{said}");
}

/// As the tables of models are, whatever the server's own default.
#[test]
fn a_file_that_names_no_character_set_has_that_of_models() {
    let (project, _database) = one_more(Dialect::Mysql);
    project.models(&model("Page", "", "#[column(max_length = 5)] pub name: String"));
    project
        .write("page.sql", "CREATE TABLE page (id int PRIMARY KEY AUTO_INCREMENT, name varchar(5) NOT NULL)");
    let said = project.ok(&["diff", "--from", "models", "--to", "page.sql"]);
    assert!(said.contains("say the same"), "{said}");
}

/// Nobody would come back to drop it.
#[cfg(unix)]
#[test]
fn ctrl_c_drops_the_database_of_a_file() {
    let database = TestDatabase::postgres();
    let mut connected = database.connect();
    let folder = Project::empty(BINARY);
    folder.write("slow.sql", "CREATE TABLE page (id integer PRIMARY KEY); SELECT pg_sleep(60.625);");
    let mut command = std::process::Command::new(BINARY);
    command.args(["diff", "--dialect=postgres", "--from=slow.sql", "--to=slow.sql"]);
    let mut running = command.current_dir(folder.path()).spawn().unwrap();
    let mut until = |what: &dyn Fn(&[Option<String>]) -> bool, sql: &str| {
        let start = std::time::Instant::now();
        loop {
            let texts = connected.texts(sql);
            if what(&texts) {
                return texts;
            }
            assert!(start.elapsed().as_secs() < 60, "{texts:?}: {sql}");
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
    };
    let sleeping =
        "SELECT datname::text AS value FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep(60.625)%'";
    let name = until(&|texts| !texts.is_empty(), sleeping).remove(0).unwrap();
    std::process::Command::new("kill").args(["-INT", &running.id().to_string()]).status().unwrap();
    assert_eq!(running.wait().unwrap().code(), Some(130));
    let there = format!("SELECT datname::text AS value FROM pg_database WHERE datname = '{name}'");
    until(&|texts| texts.is_empty(), &there);
}

/// Nothing is run of what might do something in another database.
#[test]
fn what_no_schema_has_is_refused_with_its_place() {
    let other = TestDatabase::mysql();
    let mut connected = other.connect();
    connected.execute("CREATE TABLE page (id int); INSERT INTO page VALUES (1)").unwrap();
    let name = connected.texts("SELECT database() AS value").remove(0).unwrap();
    let folder = Project::empty(BINARY);
    folder.write("ok.sql", "CREATE TABLE page (id int);");
    for statement in [
        "PREPARE s FROM 'DROP TABLE there.page'",
        "EXECUTE IMMEDIATE 'DROP TABLE there.page'",
        "CALL p()",
        "BEGIN NOT ATOMIC DROP TABLE there.page; END",
        "IF 1 THEN DROP TABLE there.page; END IF",
        "SET STATEMENT max_statement_time = 9 FOR DROP TABLE there.page",
        "/*!DROP*/ /*!TABLE*/ there.page",
        "ANALYZE DELETE FROM there.page",
        "SELECT 1 INTO OUTFILE '/tmp/fenrir-of-nobody'",
        "SET GLOBAL max_connections = 99",
        "KILL 1",
        "CREATE TABLE copied LIKE there.page",
        "CREATE TABLE copied AS SELECT * FROM there.page",
        "SET @a = p()",
    ] {
        let text = statement.replace("there", &name);
        folder.write("bad.sql", &format!("CREATE TABLE page (id int);\n\n{text};\n"));
        let said = folder.fails(2, &["diff", "--dialect=mysql", "--from=bad.sql", "--to=ok.sql"]);
        assert!(said.contains("bad.sql:3: `") && said.contains("cannot be loaded: "), "{statement}: {said}");
        assert_eq!(connected.count("page"), 1, "{statement}");
    }
}

#[test]
fn what_cannot_be_read_is_named_with_its_place() {
    let (folder, database) = made(Dialect::Sqlite, "CREATE TABLE page (id INTEGER PRIMARY KEY)");
    folder.write("ok.sql", "CREATE TABLE page (id integer PRIMARY KEY);");
    folder
        .write("bad.sql", "CREATE TABLE page (id integer PRIMARY KEY);\n\nCREATE TABEL note (id integer);\n");
    folder.write("other.sql", "CREATE DATABASE elsewhere;\n");
    folder.write("told.sql", "SELECT 1;\n.headers on\n");
    std::fs::write(folder.path().join("bytes.sql"), b"SELECT 1;\n\xff\xfe").unwrap();
    std::fs::write(folder.path().join("broken.db"), vec![7_u8; 4096]).unwrap();
    let cases: [(&[&str], &str); 13] = [
        (&["--dialect=postgres", "--from=bad.sql", "--to=ok.sql"], "bad.sql:3: "),
        (&["--dialect=sqlite", "--from=bad.sql", "--to=ok.sql"], "bad.sql:3: "),
        (&["--dialect=mysql", "--from=bad.sql", "--to=ok.sql"], "bad.sql:3: "),
        (
            &["--dialect=postgres", "--from=other.sql", "--to=ok.sql"],
            "other.sql:1: `CREATE DATABASE elsewhere",
        ),
        (&["--dialect=sqlite", "--from=told.sql", "--to=ok.sql"], "told.sql:2: `.headers on"),
        (&["--dialect=sqlite", "--from=bytes.sql", "--to=ok.sql"], "bytes.sql:2: it is not UTF-8"),
        (&["--dialect=sqlite", "--from=missing.sql", "--to=ok.sql"], "cannot read `missing.sql`"),
        (&["--from=ok.sql", "--to=bad.sql"], "say it with `--dialect`"),
        (&["--dialect=sqlite", "--from=missing.db", "--to=ok.sql"], "there is no database at"),
        (&["--dialect=sqlite", "--from=broken.db", "--to=ok.sql"], "broken.db"),
        (&["--dialect=sqlite", "--from=models", "--to=ok.sql"], "no `fenrir.toml` in"),
        (&["--from=postgres://me:secret@127.0.0.1:1/none", "--to=ok.sql"], "127.0.0.1"),
        (
            &["--from=mysql://me:secret@127.0.0.1:1/none", "--to=postgres://me:secret@127.0.0.1:1/none"],
            "only schemas of one kind",
        ),
    ];
    for (arguments, why) in cases {
        let said = folder.fails(2, &[&["diff"][..], arguments].concat());
        assert!(said.contains(why) && !said.contains("secret"), "{arguments:?}: {said}");
    }
    let said = folder.fails(2, &["diff", "--from", database.url(), "--to", "ok.sql", "--schema", "auth"]);
    assert!(said.contains("`--schema` is for PostgreSQL"), "{said}");
    assert!(!folder.path().join("missing.db").exists());
    let (project, _database) = one_more(Dialect::Sqlite);
    let said = project.fails(2, &["diff", "--from", "migrations@20010101", "--to", "models"]);
    assert!(said.contains("20010101"), "{said}");
    let said = project.fails(2, &["diff", "--from", "models", "--to", "postgres://127.0.0.1:1/none"]);
    assert!(said.contains("are for `sqlite` only"), "{said}");
}

/// No model can say them, and still two that differ are not the same.
#[test]
fn checks_of_a_column_are_told_apart() {
    let cases = [
        (Dialect::Mysql, "CREATE TABLE t (id int NOT NULL PRIMARY KEY, a int CHECK (a > 0))"),
        (
            Dialect::Postgres,
            "CREATE TABLE t (id int NOT NULL PRIMARY KEY, a int CONSTRAINT a CHECK (a > 0) NO INHERIT)",
        ),
    ];
    for (dialect, sql) in cases {
        let (project, a) = made(dialect, sql);
        let b = TestDatabase::new(dialect);
        b.connect().execute(&sql.replace("a > 0", "a > 1")).unwrap();
        let ran = project.run(&["diff", "--from", a.url(), "--to", b.url()]);
        assert_eq!(ran.status, 1, "{}{}", ran.stdout, ran.stderr);
        for told in ["not compared:\n  - the check `a` of `t`: ", "> 0", "> 1"] {
            assert!(ran.stdout.contains(told), "{dialect}: {}", ran.stdout);
        }
        assert!(!ran.stdout.contains("say the same"), "{}", ran.stdout);
        let c = TestDatabase::new(dialect);
        c.connect().execute("CREATE TABLE t (id int NOT NULL PRIMARY KEY, a int)").unwrap();
        let ran = project.run(&["diff", "--from", a.url(), "--to", c.url()]);
        assert!(ran.status == 1 && ran.stdout.contains("only the first has it"), "{}", ran.stdout);
        let again = TestDatabase::new(dialect);
        again.connect().execute(sql).unwrap();
        assert!(project.ok(&["diff", "--from", a.url(), "--to", again.url()]).contains("say the same"));
    }
}

/// What lies in other schemas has no say, the first of `search_path` among them.
#[test]
fn named_schemas_alone_are_compared() {
    let auth = "CREATE SCHEMA auth; CREATE TYPE mood AS ENUM ('a'); CREATE TABLE x (id int PRIMARY KEY); \
                CREATE TABLE auth.x (id int PRIMARY KEY, mood mood, of_x int CONSTRAINT of_x REFERENCES public.x (id))";
    let (project, a) = made(Dialect::Postgres, auth);
    let more = "CREATE TABLE pub (id int); CREATE TYPE other AS ENUM ('b'); CREATE VIEW v AS SELECT 1; CREATE SCHEMA more; \
                CREATE TABLE more.y (id int); CREATE VIEW more.v AS SELECT 1; CREATE VIEW auth.seen AS SELECT 1";
    a.connect().execute(more).unwrap();
    let b = TestDatabase::new(Dialect::Postgres);
    b.connect().execute(auth).unwrap();
    for (from, to) in [(&a, &b), (&b, &a)] {
        let diff = ["diff", "--from", from.url(), "--to", to.url()];
        let said = project.ok(&[&diff[..], &["--schema", "auth"]].concat());
        assert!(said.contains("say the same") && said.contains("view `auth.seen`"), "{said}");
        assert!(!said.contains("`v`") && !said.contains("more"), "{said}");
        for schemas in
            [&["--schema", "public"][..], &["--schema", "more"], &["--schema", "auth", "--schema", "public"]]
        {
            let ran = project.run(&[&diff[..], schemas].concat());
            assert_eq!(ran.status, 1, "{schemas:?} {}{}", ran.stdout, ran.stderr);
            assert_eq!(ran.stdout.contains("`more.y`"), schemas.contains(&"more"), "{}", ran.stdout);
            assert_eq!(ran.stdout.contains("`pub`"), schemas.contains(&"public"), "{}", ran.stdout);
            assert_eq!(ran.stdout.contains("enum `other`"), schemas.contains(&"public"), "{}", ran.stdout);
        }
        let said = project.fails(2, &[&diff[..], &["--schema", "nope"]].concat());
        assert!(said.contains("`--schema nope`: neither `postgres"), "{said}");
    }
    // A foreign key of what is compared is compared wherever it points at.
    let key = "ALTER TABLE auth.x DROP CONSTRAINT of_x, \
               ADD CONSTRAINT of_x FOREIGN KEY (of_x) REFERENCES public.x (id) ON DELETE CASCADE";
    b.connect().execute(key).unwrap();
    let ran = project.run(&["diff", "--from", a.url(), "--to", b.url(), "--schema", "auth", "--sql"]);
    assert!(ran.status == 1 && ran.stdout.contains("ON DELETE CASCADE"), "{}{}", ran.stdout, ran.stderr);
    a.connect().execute(&ran.stdout).unwrap();
    project.ok(&["diff", "--from", a.url(), "--to", b.url(), "--schema", "auth"]);
}
