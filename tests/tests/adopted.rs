//! A database that others made, after its baseline: what no model says of it is not lost.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use fenrir_migrate::Dialect;
use fenrir_tests::catalog;
use fenrir_tests::command::Project;
use fenrir_tests::database::TestDatabase;
use serde_json::json;

const BINARY: &str = env!("CARGO_BIN_EXE_fenrir-under-test");

/// A project whose models were imported, with a baseline.
fn adopted(dialect: Dialect, sql: &str) -> (Project, TestDatabase) {
    let database = TestDatabase::new(dialect);
    database.connect().execute(sql).unwrap();
    let project = Project::new(BINARY, &[dialect.name()], "").with("DATABASE_URL", database.url());
    project.ok(&["import", "--single-file", "src/lib.rs", "--force"]);
    project.ok(&["baseline", "-m", "What is there"]);
    (project, database)
}

/// `MODIFY` would leave a column without them.
#[test]
fn a_column_of_mysql_keeps_what_no_model_says_or_is_not_redefined() {
    let (project, database) = adopted(
        Dialect::Mysql,
        "CREATE TABLE page (id int NOT NULL PRIMARY KEY, number int CHECK (number > 3), note text, unseen int INVISIBLE DEFAULT 1, \
         touched datetime(6) NOT NULL DEFAULT current_timestamp(6) ON UPDATE current_timestamp(6), plain int, FULLTEXT words (note)); \
         INSERT INTO page (id, number, note, plain) VALUES (1, 4, 'a', 7)",
    );
    let models = project.read("src/lib.rs");
    let table = || {
        let mut lines = database.connect().texts(
            "SELECT concat_ws(' ', column_name, column_type, is_nullable, extra, column_comment) AS value \
             FROM information_schema.columns WHERE table_schema = database() AND table_name = 'page' \
             UNION ALL SELECT concat(constraint_name, check_clause) FROM information_schema.check_constraints \
             WHERE constraint_schema = database() AND table_name = 'page' \
             UNION ALL SELECT concat(index_name, index_type) FROM information_schema.statistics \
             WHERE table_schema = database() AND table_name = 'page'",
        );
        lines.sort();
        lines.into_iter().flatten().collect::<Vec<_>>().join("\n")
    };
    let before = table();
    for (from, to, column, what) in [
        ("pub number: Option<i32>", "pub number: Option<i64>", "number", "has_more_than_models_say"),
        (
            "pub touched: NaiveDateTime",
            "pub touched: Option<NaiveDateTime>",
            "touched",
            "has_more_than_models_say",
        ),
        (
            "pub unseen: Option<i32>",
            "/// Seen.\n    pub unseen: Option<i32>",
            "unseen",
            "has_more_than_models_say",
        ),
        (
            "sql_type = Text, type_name = \"text\"",
            "max_length = 9, using = \"left(note, 9)\"",
            "note",
            "has_an_index_that_models_do_not_say",
        ),
    ] {
        assert!(models.contains(from), "{models}");
        project.write("src/lib.rs", &models.replace(from, to));
        project.ok(&["migrate", "-m", "Otherwise", "--allow-data-loss"]);
        let failed = project.run(&["upgrade"]);
        assert_eq!(failed.status, 2, "{}", failed.stderr);
        assert!(failed.stderr.contains(&format!("page_{column}_{what}")), "{}", failed.stderr);
        assert_eq!(table(), before, "{column}");
        let folder = project.list("migrations").pop().unwrap();
        std::fs::remove_dir_all(project.path().join("migrations").join(folder)).unwrap();
    }
    // One without such parts is redefined.
    project.write("src/lib.rs", &models.replace("pub plain: Option<i32>", "pub plain: Option<i64>"));
    project.ok(&["migrate", "-m", "Wide"]);
    project.ok(&["upgrade"]);
    assert_eq!(table(), before.replace("plain int(11)", "plain bigint(20)"));
    project.ok(&["check"]);
}

/// Only the check that MariaDB itself gives to JSON comes again with `MODIFY`.
#[test]
fn a_check_of_mysql_that_only_begins_as_that_of_json_is_not_lost() {
    let (project, database) = adopted(
        Dialect::Mysql,
        "CREATE TABLE page (id int NOT NULL PRIMARY KEY, j longtext CHECK (json_valid(j) AND json_length(j) > 0), \
         other longtext CHECK (json_valid(j)), plain json, `o``d*/d` json)",
    );
    let models = project.read("src/lib.rs");
    let checks = || {
        database.connect().texts(
            "SELECT concat(constraint_name, ' ', check_clause) AS value FROM information_schema.check_constraints \
             WHERE constraint_schema = database() ORDER BY 1",
        )
    };
    let before = checks();
    assert_eq!(before.len(), 4);
    for (field, is_kept) in [("j", false), ("other", false), ("plain", true), ("o_d_d", true)] {
        let field = format!("    pub {field}:");
        assert!(models.contains(&field), "{models}");
        project.write("src/lib.rs", &models.replace(&field, &format!("    /// Said.\n{field}")));
        project.ok(&["migrate", "-m", "Otherwise"]);
        let upgrade = project.run(&["upgrade"]);
        assert_eq!(upgrade.status == 0, is_kept, "{field} {}", upgrade.stderr);
        assert_eq!(is_kept, !upgrade.stderr.contains("has_more_than_models_say"), "{}", upgrade.stderr);
        assert_eq!(checks(), before, "{field}");
        if is_kept {
            project.ok(&["downgrade"]);
        }
        let folder = project.list("migrations").pop().unwrap();
        std::fs::remove_dir_all(project.path().join("migrations").join(folder)).unwrap();
    }
}

/// Or what is made elsewhere would count on in the database that the models were read of.
#[test]
fn a_sequence_of_mariadb_is_that_of_each_database() {
    let sequence = "CREATE SEQUENCE numbers;";
    let table = "CREATE TABLE page (id int NOT NULL PRIMARY KEY, number int DEFAULT (nextval(numbers)))";
    let (project, database) = adopted(Dialect::Mysql, &format!("{sequence} {table}"));
    let models = project.read("src/lib.rs");
    assert!(models.contains("default = sql(\"nextval(`numbers`)\")"), "{models}");
    let check = project.json(&["check"]);
    assert_eq!((&check["equal"], &check["not_compared"]), (&true.into(), &json!([])), "{check:#}");
    let fresh = TestDatabase::mysql();
    fresh.connect().execute(sequence).unwrap();
    project.ok(&["upgrade", "--database-url", fresh.url()]);
    database.connect().execute("SELECT nextval(numbers)").unwrap();
    let mut connected = fresh.connect();
    connected.execute("INSERT INTO page (id) VALUES (1)").unwrap();
    assert_eq!(connected.texts("SELECT CAST(number AS char) AS value FROM page"), [Some("1".to_owned())]);
    project.ok(&["check", "--database-url", fresh.url()]);
}

/// What few tables have: it is imported, said to be equal, and made again as it is.
#[test]
fn rare_parts_are_imported_as_they_are() {
    for (dialect, sql) in [
        (
            Dialect::Postgres,
            "CREATE TYPE mood AS ENUM ('', 'a'); CREATE TABLE page (\"A\" integer PRIMARY KEY, a integer, mood mood DEFAULT '')",
        ),
        (
            Dialect::Sqlite,
            "CREATE TABLE parent (id INTEGER NOT NULL PRIMARY KEY); \
             CREATE TABLE page (id INTEGER NOT NULL PRIMARY KEY, parent_id int REFERENCES parent (id), a real DEFAULT 1E5, \
             b INTEGER DEFAULT 0x10, c REAL DEFAULT .5, d INTEGER DEFAULT 007, e BOOLEAN DEFAULT 'yes', f REAL DEFAULT 1., \
             g INTEGER DEFAULT +5, i NUMERIC DEFAULT 1e2, j BOOLEAN DEFAULT 1, l INTEGER DEFAULT '5', n INTEGER DEFAULT -0x10, \
             o BIGINT DEFAULT 9999999999999999999)",
        ),
        (
            Dialect::Mysql,
            "CREATE TABLE page (id int NOT NULL PRIMARY KEY, mood enum('', 'a') DEFAULT '', tags set('A', 'it''s', ')') DEFAULT 'A')",
        ),
    ] {
        let (project, database) = adopted(dialect, sql);
        let check = project.json(&["check"]);
        assert_eq!((&check["equal"], &check["not_managed"]), (&true.into(), &json!([])), "{check:#}");
        let fresh = TestDatabase::new(dialect);
        project.ok(&["upgrade", "--database-url", fresh.url()]);
        let described =
            |database: &TestDatabase| catalog::in_one_spelling(catalog::describe(&mut database.connect()));
        assert_eq!(described(&fresh), described(&database), "{dialect}");
    }
}

/// Neither a model that would make the table without it, nor an end of the whole import.
#[test]
fn a_table_that_no_model_says_whole_is_left_alone() {
    let long = "x".repeat(64);
    let database = TestDatabase::mysql();
    let sql = format!(
        "CREATE TABLE page (id int NOT NULL PRIMARY KEY, odd set('\\\\')); \
         CREATE TABLE mood (id int NOT NULL PRIMARY KEY, mood enum('{long}')); CREATE TABLE plain (id int NOT NULL PRIMARY KEY)"
    );
    database.connect().execute(&sql).unwrap();
    let project = Project::new(BINARY, &["mysql"], "").with("DATABASE_URL", database.url());
    let said = project.json(&["import", "--single-file", "src/lib.rs", "--force"]);
    assert_eq!(said["left_out"][0]["name"], "mood", "{said:#}");
    let page = &said["models"].as_array().unwrap()[0];
    assert_eq!(page["table"], "page", "{said:#}");
    assert!(page["unmanaged"].as_str().unwrap().starts_with("column `odd`: its type is set("), "{page}");
    assert!(said["not_managed"][0].as_str().unwrap().starts_with("column `odd` of `page`"), "{said:#}");
    assert!(project.read("src/lib.rs").contains("#[table(unmanaged)]\npub struct Page {"), "{said:#}");
}

/// It is dropped and made again, where the database cannot change what it is generated from, or how.
#[test]
fn a_generated_column_that_is_made_anew_takes_nothing_along() {
    let (from, to) = ("generated = \"(a * 2)\", stored", "generated = \"(a * 3)\", stored");
    let create =
        "CREATE TABLE page (id integer PRIMARY KEY, a integer, g integer GENERATED ALWAYS AS (a * 2) STORED";
    for (more, part) in [
        (", EXCLUDE USING btree (g WITH =));", "constraint page_g_excl on table page"),
        ("); CREATE INDEX more ON page (a, g) WITH (fillfactor = 40);", "index more"),
        ("); ALTER TABLE page ADD CONSTRAINT late CHECK (g > a) NOT VALID;", "constraint late on table page"),
        ("); CREATE STATISTICS told ON a, g FROM page;", "statistics object told"),
        ("); CREATE INDEX own ON page (g); COMMENT ON INDEX own IS 'of g';", "the comment on index own"),
        (
            ", CONSTRAINT own UNIQUE (g)); COMMENT ON CONSTRAINT own ON page IS 'of g';",
            "the comment on constraint own on table page",
        ),
        ("); ALTER TABLE page ALTER g SET STATISTICS 7;", "rights or settings of column g"),
        (
            ", CONSTRAINT own CHECK (g > a), CONSTRAINT one UNIQUE (a, g)); CREATE INDEX ON page ((g + 1));",
            "",
        ),
    ] {
        let (project, database) = adopted(Dialect::Postgres, &format!("{create}{more}"));
        let before = catalog::describe(&mut database.connect());
        let models = project.read("src/lib.rs");
        assert!(models.contains(from), "{models}");
        let wide = models.replace("pub g: Option<i32>", "pub g: Option<i64>");
        // In between there is nothing that both could be computed from.
        let entangled = models.replace(from, to).replace("pub a: Option<i32>", "pub a: Option<i64>");
        let is_dropped_by_itself = part.starts_with("the comment");
        let entangled = Some(entangled).filter(|_| !is_dropped_by_itself);
        for other in [models.replace(from, to), wide].into_iter().chain(entangled) {
            project.write("src/lib.rs", &other);
            project.ok(&["migrate", "-m", "Otherwise"]);
            if part.is_empty() {
                project.ok(&["upgrade"]);
                project.ok(&["downgrade"]);
            } else {
                let said = project.fails(2, &["upgrade"]);
                let wanted = "a part of table page would go and come again without what no model says of it";
                assert!(said.contains(wanted) && said.contains(part), "{part}: {said}");
            }
            assert_eq!(catalog::describe(&mut database.connect()), before, "{part}");
            let folder = project.list("migrations").pop().unwrap();
            std::fs::remove_dir_all(project.path().join("migrations").join(folder)).unwrap();
        }
    }
}

/// A label that goes takes another type.
#[test]
fn an_enum_of_postgres_with_a_comment_is_not_made_anew() {
    let create = "CREATE TYPE mood AS ENUM ('good', 'bad', 'odd'); CREATE TABLE page (id integer PRIMARY KEY, mood mood)";
    for (more, is_kept) in [
        ("; COMMENT ON TYPE mood IS 'a'", true),
        ("; GRANT USAGE ON TYPE mood TO pg_monitor", true),
        ("", false),
    ] {
        let (project, _database) = adopted(Dialect::Postgres, &format!("{create}{more}"));
        let models = project.read("src/lib.rs");
        assert!(models.contains("    Odd,\n"), "{models}");
        project.write("src/lib.rs", &models.replace("    Odd,\n", ""));
        project.ok(&["migrate", "-m", "Less", "--allow-data-loss"]);
        let upgrade = project.run(&["upgrade"]);
        let is_refused =
            upgrade.stderr.contains("the enum mood would be made anew without what no model says of it");
        assert_eq!((is_refused, upgrade.status == 0), (is_kept, !is_kept), "{more}: {}", upgrade.stderr);
    }
}

/// `MODIFY` does not make a stored column of a virtual one, nor may a column change its name from which one is generated.
#[test]
fn a_generated_column_of_mysql_that_is_made_anew_takes_no_index_along() {
    let create = "CREATE TABLE page (id int NOT NULL PRIMARY KEY, a varchar(9), g varchar(9) AS (concat(a, 'x')) VIRTUAL";
    for (more, is_kept) in [
        (", INDEX part (g (2)))", true),
        (", INDEX own (g) COMMENT 'of g')", true),
        (", INDEX own (g) IGNORED)", true),
        (", INDEX own (g), UNIQUE one (a, g))", false),
    ] {
        let (project, database) = adopted(Dialect::Mysql, &format!("{create}{more}"));
        let before = catalog::describe(&mut database.connect());
        let models = project.read("src/lib.rs");
        let renamed = models.replace("(`a`,'x')", "(`b`,'x')").replace(
            "    #[column(max_length = 9)]\n    pub a:",
            "    #[column(max_length = 9, renamed_from = \"a\")]\n    pub b:",
        );
        let renamed = renamed.replace("columns(a,", "columns(b,");
        for other in [models.replace(" virtual", " stored"), renamed] {
            assert_ne!(other, models);
            project.write("src/lib.rs", &other);
            project.ok(&["migrate", "-m", "Otherwise"]);
            let upgrade = project.run(&["upgrade"]);
            let is_refused = upgrade.stderr.contains("page_g_has_an_index_that_models_do_not_say");
            assert_eq!((is_refused, upgrade.status == 0), (is_kept, !is_kept), "{more}: {}", upgrade.stderr);
            if !is_kept {
                project.ok(&["downgrade"]);
            }
            assert_eq!(catalog::describe(&mut database.connect()), before, "{more}");
            let folder = project.list("migrations").pop().unwrap();
            std::fs::remove_dir_all(project.path().join("migrations").join(folder)).unwrap();
        }
    }
}

/// Where a database keeps such a name at all, it is read without it: a model does not say it.
#[test]
fn a_check_that_names_its_own_table_is_imported_without_that() {
    for dialect in Dialect::ALL {
        let sql = "CREATE TABLE page (id integer NOT NULL PRIMARY KEY, a integer, number integer, CONSTRAINT more CHECK (page.a > 0 AND page.a < 9))";
        let (project, database) = adopted(dialect, sql);
        let models = project.read("src/lib.rs");
        assert!(models.contains("more") && !models.contains("page.a"), "{models}");
        assert!(!models.contains("unmanaged"), "{models}");
        let check = project.json(&["check"]);
        assert_eq!((&check["equal"], &check["not_compared"]), (&true.into(), &json!([])), "{check:#}");
        project.write("src/lib.rs", &models.replace("pub number: Option<i32>", "pub number: Option<i64>"));
        project.ok(&["migrate", "-m", "Wide"]);
        project.ok(&["upgrade"]);
        project.ok(&["check"]);
        database.connect().execute("INSERT INTO page VALUES (1, 0, 1)").unwrap_err();
    }
}

/// Before any name has changed: what a change of the schema has committed stays.
#[test]
fn a_column_of_mysql_is_looked_at_before_names_change() {
    let (project, database) = adopted(
        Dialect::Mysql,
        "CREATE TABLE page (id int NOT NULL PRIMARY KEY, plain int, number int CHECK (number > 3))",
    );
    let models = project.read("src/lib.rs").replace("table_name = page", "table_name = article");
    let models = models.replace(
        "pub number: Option<i32>",
        "#[column(renamed_from = \"number\")]\n    pub size: Option<i64>",
    );
    project.write("src/lib.rs", &models.replace("#[diesel", "#[table(renamed_from = \"page\")]\n#[diesel"));
    let before = catalog::describe(&mut database.connect());
    project.ok(&["migrate", "-m", "Otherwise"]);
    let said = project.fails(2, &["upgrade"]);
    assert!(said.contains("page_number_has_more_than_models_say"), "{said}");
    assert_eq!(catalog::describe(&mut database.connect()), before);
}

/// To fill a column is no change of a row to whoever reads when it was changed.
#[test]
fn rows_of_mysql_keep_when_they_were_changed() {
    let (project, database) = adopted(
        Dialect::Mysql,
        "CREATE TABLE page (id int NOT NULL PRIMARY KEY, name varchar(9) NOT NULL, \
         changed datetime NOT NULL DEFAULT current_timestamp() ON UPDATE current_timestamp(), \
         seen timestamp(6) NULL DEFAULT NULL ON UPDATE current_timestamp(6)); \
         INSERT INTO page VALUES (1, 'a', '2001-01-01', '2001-01-02')",
    );
    let models = project.read("src/lib.rs");
    let times = || {
        let sql = "SELECT CAST(concat(changed, ' ', seen) AS char) AS value FROM page";
        database.connect().texts(sql)
    };
    let before = times();
    let with = |fields: &str| models.replace("\n}\n", &format!("\n    {fields}\n}}\n"));
    let up = "#[column(max_length = 9, backfill = \"upper(name)\")] pub up: String,";
    project.write("src/lib.rs", &with(&format!("{up} pub number: Option<i32>,")));
    project.ok(&["migrate", "-m", "More"]);
    project.ok(&["upgrade"]);
    assert_eq!(times(), before);
    let number = "#[column(using = \"id\", max_length = 3)] pub number: Option<String>,";
    project.write("src/lib.rs", &with(&format!("{up} {number}")));
    project.ok(&["migrate", "-m", "Using", "--allow-data-loss"]);
    project.ok(&["upgrade"]);
    assert_eq!(times(), before);
}

/// What lists do not tell of tables is found, and what they tell of indexes.
#[test]
fn odd_tables_and_indexes_of_mariadb_are_not_taken_for_plain_ones() {
    let database = TestDatabase::mysql();
    let sql = "CREATE TABLE room (id int, s date, e date, PERIOD FOR booked (s, e), UNIQUE taken (id, booked WITHOUT OVERLAPS)); \
               CREATE TABLE page (id int NOT NULL PRIMARY KEY, a int, b int, CONSTRAINT plain CHECK (a < b), \
               KEY unused (a) IGNORED, KEY told (b) COMMENT 'of b')";
    database.connect().execute(sql).unwrap();
    let project = Project::new(BINARY, &["mysql"], "").with("DATABASE_URL", database.url());
    let said = project.json(&["import", "--single-file", "src/lib.rs", "--force"]);
    let told = [
        "table `room`: it has a period",
        "index `unused` of `page`: IGNORED",
        "comment on `told` of `page`: of b",
    ];
    assert_eq!(said["not_managed"], json!(told), "{said:#}");
    let models = project.read("src/lib.rs");
    assert!(models.contains("plain") && models.contains("told") && !models.contains("unused"), "{models}");
}

/// Every primary key has one name there, and no statement takes it.
#[test]
fn a_primary_key_of_mysql_changes_by_what_diff_prints() {
    let [old, new] = [Dialect::Mysql, Dialect::Mysql].map(TestDatabase::new);
    old.connect().execute("CREATE TABLE page (a int NOT NULL, b int NOT NULL, PRIMARY KEY (a, b))").unwrap();
    new.connect().execute("CREATE TABLE page (a int NOT NULL, b int NOT NULL, PRIMARY KEY (b, a))").unwrap();
    let project = Project::empty(BINARY);
    let sql = project.run(&["diff", "--from", old.url(), "--to", new.url(), "--sql"]);
    old.connect().execute(&sql.stdout).unwrap();
    project.ok(&["diff", "--from", old.url(), "--to", new.url()]);
}

/// What an extension brings is made before what needs it, or told where it is not known what does.
#[test]
fn extensions_of_postgres_are_said_or_told() {
    let (project, database) = adopted(
        Dialect::Postgres,
        "CREATE EXTENSION pg_trgm; CREATE EXTENSION btree_gist; CREATE EXTENSION pgcrypto; \
         CREATE SCHEMA away; CREATE EXTENSION cube SCHEMA away; CREATE DOMAIN public.\"varchar\" AS text; \
         CREATE TABLE page (id integer PRIMARY KEY, name text DEFAULT crypt('a', 'bcdefghijk'), own public.\"varchar\", data xml); \
         CREATE INDEX by_parts ON page USING gin (name gin_trgm_ops); CREATE INDEX by_id ON page USING gist (id)",
    );
    let models = project.read("src/lib.rs");
    for part in [
        "extension = \"pg_trgm\"",
        "extension = \"btree_gist\"",
        "public.\\\"varchar\\\"",
        "pub data: Option<self::types::XmlValue>",
    ] {
        assert!(models.contains(part), "{part}: {models}");
    }
    let told = project.json(&["check"])["not_managed"].clone();
    assert_eq!(told, json!(["domain `varchar`", "extension `away.cube`", "extension `pgcrypto`"]));
    let fresh = TestDatabase::postgres();
    fresh.connect().execute("CREATE EXTENSION pgcrypto; CREATE DOMAIN public.\"varchar\" AS text").unwrap();
    project.ok(&["upgrade", "--database-url", fresh.url()]);
    assert_eq!(catalog::describe(&mut fresh.connect()), catalog::describe(&mut database.connect()));
}

#[test]
fn what_a_migration_of_postgres_would_not_make_again_is_told() {
    let database = TestDatabase::postgres();
    let sql = "CREATE DOMAIN \"d\"\"q\" AS integer; \
               CREATE TABLE page (id integer PRIMARY KEY, name text COMPRESSION pglz, odd \"d\"\"q\"); \
               CREATE TABLE note (id integer PRIMARY KEY, page_id integer REFERENCES page); ALTER TABLE note DISABLE TRIGGER ALL";
    database.connect().execute(sql).unwrap();
    let project = Project::new(BINARY, &["postgres"], "").with("DATABASE_URL", database.url());
    let said = project.json(&["import", "--single-file", "src/lib.rs", "--force"]);
    let unmanaged: Vec<_> =
        said["models"].as_array().unwrap().iter().map(|model| !model["unmanaged"].is_null()).collect();
    assert_eq!(unmanaged, [false, true], "{said:#}");
    let told = said["not_managed"].to_string();
    for part in [
        "foreign key `note_page_id_fkey` of `note`: its triggers are disabled",
        "column `name` of `page`: COMPRESSION pglz",
        "column `odd` of `page`: its type is",
    ] {
        assert!(told.contains(part), "{part}: {said:#}");
    }
}
