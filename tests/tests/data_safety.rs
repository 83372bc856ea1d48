//! Ways to lose data, or to stop half-way, that a migration must not have: each was possible once.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::{Duration, Instant};

use fenrir_migrate::{Dialect, Identifier};
use fenrir_tests::command::{Project, model};
use fenrir_tests::database::TestDatabase;

const BINARY: &str = env!("CARGO_BIN_EXE_fenrir-under-test");

fn on(dialect: Dialect, models: &str) -> (Project, TestDatabase) {
    let database = TestDatabase::new(dialect);
    let project = Project::new(BINARY, &[dialect.name()], models).with("DATABASE_URL", database.url());
    project.ok(&["migrate", "-m", "First"]);
    project.ok(&["upgrade"]);
    (project, database)
}

#[test]
fn a_backfill_reads_a_column_that_goes() {
    for dialect in Dialect::ALL {
        let (project, database) =
            on(dialect, &model("A", "", "#[column(name = \"Full Name\")] pub full: String"));
        let quoted = dialect.quote(&Identifier::new("Full Name").unwrap());
        database.connect().execute(&format!("INSERT INTO a ({quoted}) VALUES ('Ann'), ('Bob')")).unwrap();
        project.models(&model(
            "A",
            "",
            &format!("#[column(backfill = r#\"upper({quoted})\"#)] pub name: Option<String>"),
        ));
        project.ok(&["migrate", "-m", "Upper", "--allow-data-loss", "--no-renames"]);
        project.ok(&["upgrade"]);
        let names = database.connect().texts("SELECT name AS value FROM a ORDER BY id");
        assert_eq!(names, [Some("ANN".to_owned()), Some("BOB".to_owned())], "{dialect}");
    }
}

const NAMED: &str = "SELECT coalesce(name, 'NULL') AS value FROM a ORDER BY id";

#[test]
fn a_column_that_becomes_not_null_is_filled() {
    for dialect in Dialect::ALL {
        let (project, database) =
            on(dialect, &model("A", "", "#[column(max_length = 9)] pub name: Option<String>"));
        database.connect().execute("INSERT INTO a (name) VALUES ('Ann'), (NULL)").unwrap();
        let field = r#"#[column(max_length = 9, backfill = "concat('no', id)")] pub name: String"#;
        // SQLite has had `concat` since 3.44; `||` is no concatenation in MySQL.
        project.models(&model("A", "", field));
        let said = project.ok(&["migrate", "-m", "Named"]);
        assert!(said.contains("change column `a.name`: NOT NULL") && !said.contains("take care"), "{said}");
        project.ok(&["upgrade"]);
        let mut connected = database.connect();
        assert_eq!(connected.texts(NAMED), [Some("Ann".to_owned()), Some("no2".to_owned())], "{dialect}");
        assert!(connected.execute("INSERT INTO a (name) VALUES (NULL)").is_err(), "{dialect}");
        // The way back lets NULL in again, and leaves the rows as they are.
        project.ok(&["downgrade", "--allow-data-loss"]);
        assert_eq!(connected.texts(NAMED), [Some("Ann".to_owned()), Some("no2".to_owned())], "{dialect}");
        connected.execute("INSERT INTO a (name) VALUES (NULL)").unwrap();
    }
}

#[test]
fn a_column_that_becomes_not_null_without_a_backfill_fails_on_null_and_changes_nothing() {
    for dialect in Dialect::ALL {
        let fields = "#[column(max_length = 9)] pub name: ";
        let (project, database) = on(dialect, &model("A", "", &format!("{fields}Option<String>")));
        let mut connected = database.connect();
        connected.execute("INSERT INTO a (name) VALUES ('Ann'), (NULL)").unwrap();
        project.models(&model("A", "", &format!("{fields}String")));
        let said = project.ok(&["migrate", "-m", "Named"]);
        assert!(said.contains("take care:\n  - Fails where column `a.name` holds NULL."), "{said}");
        let folder = project.list("migrations").last().unwrap().clone();
        let up = project.read(&format!("migrations/{folder}/up.sql"));
        assert!(up.contains("-- Fails where column `a.name` holds NULL."), "{up}");
        project.fails(2, &["upgrade"]);
        assert_eq!(connected.texts(NAMED), [Some("Ann".to_owned()), Some("NULL".to_owned())], "{dialect}");
        connected.execute("INSERT INTO a (name) VALUES (NULL)").unwrap();
        connected.execute("DELETE FROM a WHERE name IS NULL").unwrap();
        project.ok(&["upgrade"]);
        assert!(connected.execute("INSERT INTO a (name) VALUES (NULL)").is_err(), "{dialect}");
    }
}

#[test]
fn a_column_that_may_be_null_again_gets_a_value_on_the_way_back() {
    for dialect in Dialect::ALL {
        let fields = "#[column(max_length = 9, default = \"new\")] pub name: ";
        let (project, database) = on(dialect, &model("A", "", &format!("{fields}String")));
        project.models(&model("A", "", "#[column(max_length = 9)] pub name: Option<String>"));
        project.ok(&["migrate", "-m", "Nameless"]);
        project.ok(&["upgrade"]);
        let mut connected = database.connect();
        connected.execute("INSERT INTO a (name) VALUES ('Ann'), (NULL)").unwrap();
        let insert = "INSERT INTO a (id) VALUES (7)";
        connected.execute(insert).unwrap();
        assert_eq!(
            connected.texts(NAMED)[1..],
            [Some("NULL".to_owned()), Some("NULL".to_owned())],
            "{dialect}"
        );
        let folder = project.list("migrations").last().unwrap().clone();
        let down = project.read(&format!("migrations/{folder}/down.sql"));
        assert!(down.contains("-- Rows that hold NULL in column `a.name` get 'new'."), "{down}");
        project.ok(&["downgrade", "--allow-data-loss"]);
        assert_eq!(
            connected.texts(NAMED)[1..],
            [Some("new".to_owned()), Some("new".to_owned())],
            "{dialect}"
        );
        connected.execute("DELETE FROM a WHERE id = 7").unwrap();
        connected.execute(insert).unwrap();
        assert_eq!(connected.texts(NAMED)[2].as_deref(), Some("new"), "{dialect}: the default is back");
    }
}

#[test]
fn what_names_a_dropped_column_is_refused() {
    for (attributes, named) in [
        ("#[table(check(name = \"k\", expr = \"x > y\"))]", "the check `k` of `a` names the column `y`"),
        ("#[table(index(columns(x), where = \"y > 0\"))]", "the index `a_x_idx` of `a` names the column `y`"),
    ] {
        let (project, _database) = on(Dialect::Postgres, &model("A", attributes, "pub x: i32, pub y: i32"));
        project.models(&model("A", attributes, "pub x: i32"));
        let said = project.fails(2, &["migrate", "-m", "Drop y", "--allow-data-loss"]);
        assert!(said.contains(named), "{said}");
    }
    let (project, _database) = on(Dialect::Sqlite, &model("A", "", "pub x: i32"));
    project.models(&model(
        "A",
        "",
        "pub x: i32, #[column(backfill = \"x + 1\")] pub y: i32, #[column(backfill = \"y + 1\")] pub z: i32",
    ));
    let said = project.fails(2, &["migrate", "-m", "Add"]);
    assert!(said.contains("the backfill of `a.z` names the column `y`"), "{said}");
}

#[test]
fn a_rebuild_refuses_to_lose_an_index_that_is_not_ours() {
    let (project, database) = on(Dialect::Sqlite, &model("A", "", "pub x: i32"));
    database.connect().execute("CREATE UNIQUE INDEX mine ON a (x)").unwrap();
    project.models(&model("A", "#[table(check = \"x > 0\")]", "pub x: i32"));
    project.ok(&["migrate", "-m", "Check"]);
    assert!(project.fails(2, &["upgrade"]).contains("has indexes of other makers that would be lost"));
    let mut connected = database.connect();
    assert_eq!(connected.texts("SELECT name AS value FROM sqlite_master WHERE name = 'mine'").len(), 1);
    connected.execute("DROP INDEX mine").unwrap();
    drop(connected);
    project.ok(&["upgrade"]);
}

/// An orphan that goes does not make room for another.
#[test]
fn a_rebuild_refuses_new_orphans_whatever_there_were_before() {
    let tables = |child: &str| model("Par", "", "pub n: i32") + &model("Child", "", child);
    let (project, database) =
        on(Dialect::Sqlite, &tables("#[column(references = Par)] pub c1: Option<i32>, pub c2: Option<i32>"));
    let mut connected = database.connect();
    connected.execute("PRAGMA foreign_keys = OFF; INSERT INTO child (c1, c2) VALUES (77, 88)").unwrap();
    drop(connected);
    project.models(&tables("#[column(references = Par)] pub c2: Option<i32>"));
    project.ok(&["migrate", "-m", "Move the key", "--allow-data-loss"]);
    assert!(project.fails(2, &["upgrade"]).contains("rows would be left without the row that they refer to"));
    assert_eq!(
        database.connect().texts("SELECT CAST(c1 AS TEXT) AS value FROM child"),
        [Some("77".to_owned())]
    );
}

#[test]
fn a_table_that_points_at_itself_is_dropped_with_its_rows() {
    for dialect in Dialect::ALL {
        let tree =
            model("Tree", "", "#[column(references = Tree, on_delete = restrict)] pub up: Option<i32>");
        let (project, database) = on(dialect, &tree);
        database.connect().execute("INSERT INTO tree (up) VALUES (NULL), (1), (2)").unwrap();
        project.ok(&["downgrade", "--allow-data-loss"]);
    }
}

#[test]
fn an_index_name_moves_from_one_rebuilt_table_to_another() {
    for dialect in Dialect::ALL {
        let index = "index(columns(x), name = \"ix\")";
        let (a, b) = ("pub x: i32", "pub x: i32");
        let (project, _database) =
            on(dialect, &(model("A", "", a) + &model("B", &format!("#[table({index})]"), b)));
        project.models(
            &(model("A", &format!("#[table({index}, check = \"x > 0\")]"), a)
                + &model("B", "#[table(check = \"x > 0\")]", b)),
        );
        project.ok(&["migrate", "-m", "Move"]);
        project.ok(&["upgrade"]);
        project.ok(&["downgrade"]);
    }
}

/// The key goes before what it rests on, and comes after it.
#[test]
fn a_unique_constraint_changes_under_a_foreign_key() {
    let tables = |unique: &str| {
        model("B", &format!("#[table({unique})]"), "pub p: i32, pub q: i32")
            + &model(
                "A",
                "#[table(foreign_key(columns(x, y), references = B(p, q)))]",
                "pub x: i32, pub y: i32",
            )
    };
    for dialect in Dialect::ALL {
        let (project, database) = on(dialect, &tables("unique(columns(p, q), name = \"b_pq\")"));
        let mut connected = database.connect();
        connected.execute("INSERT INTO b (p, q) VALUES (1, 2); INSERT INTO a (x, y) VALUES (1, 2)").unwrap();
        // Another name, and another constraint of that name.
        for unique in [
            "unique(columns(p, q), name = \"b_2\")",
            "unique(columns(p, q), name = \"b_2\"), unique(columns(q))",
        ] {
            project.models(&tables(unique));
            project.ok(&["migrate", "-m", "Unique"]);
            project.ok(&["upgrade"]);
            assert!(connected.execute("INSERT INTO a (x, y) VALUES (2, 2)").is_err(), "{dialect}");
            assert!(connected.execute("INSERT INTO b (p, q) VALUES (1, 2)").is_err(), "{dialect}");
        }
        project.ok(&["downgrade", "-2"]);
        assert!(connected.execute("INSERT INTO a (x, y) VALUES (2, 2)").is_err(), "{dialect}");
        assert_eq!((connected.count("a"), connected.count("b")), (1, 1), "{dialect}");
    }
}

/// A reader holds the file for a while: the commit waits for it.
#[test]
fn a_commit_waits_for_readers() {
    let (project, database) = on(Dialect::Sqlite, &model("A", "", "pub x: i32"));
    project.models(&model("A", "", "pub x: i32, pub y: Option<i32>"));
    project.ok(&["migrate", "-m", "Add y"]);
    let mut reader = database.connect();
    reader.execute("BEGIN; SELECT * FROM a").unwrap();
    std::thread::scope(|scope| {
        let upgrade = scope.spawn(|| {
            let start = Instant::now();
            project.ok(&["upgrade"]);
            start.elapsed()
        });
        std::thread::sleep(Duration::from_millis(1_500));
        reader.execute("COMMIT").unwrap();
        assert!(upgrade.join().unwrap() > Duration::from_millis(1_000));
    });
}

/// PostgreSQL's lock on the history is tried again and again, not waited for in the server.
#[test]
fn a_held_history_is_waited_for_outside_the_server() {
    let (project, database) = on(Dialect::Postgres, &model("A", "", "pub x: i32"));
    project.models(&model("A", "", "pub x: i32, pub y: Option<i32>"));
    project.ok(&["migrate", "-m", "Add y"]);
    let mut holder = database.connect();
    holder.execute("BEGIN; LOCK TABLE __fenrir_migrations IN ROW EXCLUSIVE MODE").unwrap();
    std::thread::scope(|scope| {
        let upgrade = scope.spawn(|| project.ok(&["upgrade"]));
        for _ in 0..10 {
            std::thread::sleep(Duration::from_millis(50));
            let waiting = "SELECT CAST(count(*) AS varchar) AS value FROM pg_locks WHERE NOT granted";
            assert_eq!(holder.texts(waiting), [Some("0".to_owned())]);
        }
        holder.execute("COMMIT").unwrap();
        upgrade.join().unwrap();
    });
}

#[test]
fn a_rebuild_with_other_line_ends_is_still_whole() {
    let (project, database) = on(Dialect::Sqlite, &model("A", "", "pub x: i32"));
    project.models(&model("A", "#[table(check = \"x > 0\")]", "pub x: i32"));
    project.ok(&["migrate", "-m", "Check"]);
    let path = format!("migrations/{}/up.sql", project.list("migrations")[1]);
    project.write(&path, &project.read(&path).replace('\n', "\r\n"));
    database.connect().execute("INSERT INTO a (x) VALUES (-1)").unwrap();
    let said = project.fails(2, &["upgrade"]);
    assert!(said.contains("nothing of it was kept"), "{said}");
    database.connect().execute("DELETE FROM a").unwrap();
    project.ok(&["upgrade"]);
}

/// From one dialect to two: what was there is not forgotten.
#[test]
fn migrations_of_one_dialect_are_not_forgotten_with_two() {
    let (project, _database) = on(Dialect::Sqlite, &model("A", "", "pub x: i32"));
    project.write("fenrir.toml", "[migrations]\ndialects = [\"postgres\", \"sqlite\"]\n");
    project.ok(&["init"]);
    let said = project.fails(2, &["migrate", "-m", "Again"]);
    assert!(said.contains("must move into that dialect's folder"), "{said}");
}

#[test]
fn a_revision_that_is_no_more_can_be_replaced() {
    for dialect in Dialect::ALL {
        let (project, _database) = on(dialect, &model("A", "", "pub x: i32"));
        project.ok(&["migrate", "-m", "Lost", "--empty"]);
        project.ok(&["upgrade"]);
        std::fs::remove_dir_all(project.path().join("migrations").join(&project.list("migrations")[1]))
            .unwrap();
        assert!(project.fails(2, &["stamp", "head"]).contains("`fenrir downgrade` reverts it"));
        project.ok(&["stamp", "head", "--purge"]);
        assert_eq!(project.json(&["current"])["pending"], 0);
    }
}

#[test]
fn upgrade_does_not_go_back() {
    let (project, _database) = on(Dialect::Sqlite, &model("A", "", "pub x: i32"));
    assert!(project.fails(2, &["upgrade", "base"]).contains("`fenrir downgrade base` goes back there"));
    assert!(project.ok(&["upgrade", "first"]).contains("nothing to do"));
}

#[test]
fn names_that_are_the_databases_or_ours_are_refused() {
    for name in ["__fenrir_migrations", "sqlite_things", "fenrir_guard"] {
        let project = Project::new(
            BINARY,
            &["sqlite"],
            &model("A", &format!("#[table(name = \"{name}\")]"), "pub x: i32"),
        );
        assert!(project.fails(2, &["migrate", "-m", "x"]).contains("own use"));
    }
}

#[test]
fn features_of_optional_dependencies_count() {
    let project = Project::new(
        BINARY,
        &["sqlite"],
        &("#[cfg(feature = \"uuid\")]\n".to_owned()
            + &model("A", "", "pub x: i32")
            + &model("B", "", "pub x: i32")),
    );
    let manifest = "[package]\nname = \"project\"\nversion = \"0.1.0\"\n[dependencies]\nuuid = { version = \"1\", optional = true }\n";
    project.write("Cargo.toml", manifest);
    let plan = |arguments: &[&str]| project.ok(&[&["migrate", "-m", "x", "--dry-run"], arguments].concat());
    assert!(!plan(&[]).contains("TABLE a"));
    assert!(plan(&["--features", "uuid"]).contains("TABLE a"));
    project.write("Cargo.toml", &(manifest.to_owned() + "[features]\ndefault = [\"uuid/v4\"]\n"));
    assert!(plan(&[]).contains("TABLE a"));
}

/// Each column takes the other's name, and a check of both stands with the same words: it says another thing
/// of each row than before.
#[test]
fn a_check_of_columns_that_change_their_names_is_the_one_that_was_written() {
    const FIELDS: &str = "pub from: i32, pub to: i32";
    for dialect in Dialect::ALL {
        let quote = |name: &str| dialect.quote(&Identifier::new(name).unwrap());
        let (from, to) = (quote("from"), quote("to"));
        let models = model(
            "Span",
            &format!("#[table(check(name = \"c\", expr = {:?}))]", format!("{from} < {to}")),
            FIELDS,
        );
        let (project, database) = on(dialect, &models);
        let mut connected = database.connect();
        connected.execute(&format!("INSERT INTO span ({from}, {to}) VALUES (1, 2)")).unwrap();
        project.ok(&["migrate", "-m", "Swap", "--rename", "span.from=to", "--rename", "span.to=from"]);
        // The row is not as the check says by then.
        let said = project.fails(2, &["upgrade"]);
        assert!(said.contains("failed"), "{said}");
        if dialect != Dialect::Mysql {
            connected.execute("DELETE FROM span").unwrap();
            project.ok(&["upgrade"]);
            connected.execute(&format!("INSERT INTO span ({from}, {to}) VALUES (1, 2)")).unwrap();
            assert!(
                connected.execute(&format!("INSERT INTO span ({from}, {to}) VALUES (2, 1)")).is_err(),
                "{dialect}"
            );
        }
    }
}

/// With foreign keys on, SQLite would delete or empty the rows of a table that nobody spoke of.
#[test]
fn a_table_that_others_point_at_is_not_dropped() {
    for dialect in Dialect::ALL {
        let team = model("Team", "", "pub size: i32");
        let (project, database) = on(dialect, &(team + &model("Page", "", "")));
        let mut connected = database.connect();
        let key = match dialect {
            Dialect::Mysql => "team_id int, FOREIGN KEY (team_id) REFERENCES team (id) ON DELETE CASCADE",
            _ => "team_id integer REFERENCES team (id) ON DELETE CASCADE",
        };
        connected.execute("INSERT INTO team (size) VALUES (1)").unwrap();
        connected.execute(&format!("CREATE TABLE account (id integer PRIMARY KEY, {key})")).unwrap();
        connected.execute("INSERT INTO account (id, team_id) VALUES (1, 1)").unwrap();
        project.models(&model("Page", "", ""));
        project.ok(&["migrate", "-m", "Less", "--allow-data-loss"]);
        let said = project.fails(2, &["upgrade"]);
        let told = match dialect {
            Dialect::Sqlite => "failed: the table `team`, which is to go, is referred to by account; nothing",
            Dialect::Postgres => "depends on table team",
            Dialect::Mysql => "a foreign key constraint fails",
        };
        assert!(said.replace('\n', "; ").contains(told), "{said}");
        assert_eq!((connected.count("account"), connected.count("team")), (1, 1), "{dialect}");
        connected.execute("DROP TABLE account").unwrap();
        project.ok(&["upgrade"]);
    }
}

/// A fill comes before what it reads goes, or is refused.
#[test]
fn what_is_filled_from_what_goes_first_is_refused() {
    let of = |labels: &str, field: &str| {
        model("Page", "", field)
            + &model("Note", "", "pub mood: Option<Mood>")
            + &format!("#[derive(DbEnum)] pub enum Mood {{ {labels} }}")
    };
    let (project, _database) = on(Dialect::Postgres, &of("A, B", "pub m: Option<Mood>"));
    project.models(&of("A", "#[column(backfill = \"m = 'b'\")] pub v: bool"));
    let said = project.fails(2, &["migrate", "-m", "Less", "--allow-data-loss", "--no-renames"]);
    let wanted =
        "what fills `page.v` reads the column `page.m`, which goes before it: make two migrations of them";
    assert!(said.contains(wanted), "{said}");
}

#[test]
fn the_labels_of_a_table_of_others_stay() {
    let of = |labels: &str| {
        model("Account", "#[table(unmanaged)]", "pub mood: Option<Mood>")
            + &model("Page", "", "pub mood: Option<Mood>")
            + &format!("#[derive(DbEnum)] pub enum Mood {{ {labels} }}")
    };
    for (dialect, labels) in
        [(Dialect::Postgres, "A"), (Dialect::Sqlite, "A, B, C"), (Dialect::Mysql, "B, A")]
    {
        let (project, _database) = on(dialect, &of("A, B"));
        project.models(&of(labels));
        let said = project.fails(2, &["migrate", "-m", "Labels", "--allow-data-loss"]);
        assert!(
            said.contains(
                "the table `account`, which is `unmanaged`, has it too: give its model an enum of its own"
            ),
            "{said}"
        );
    }
    let (project, _database) = on(Dialect::Postgres, &of("A, B"));
    project.models(&of("A, B, C"));
    project.ok(&["migrate", "-m", "Labels"]);
}

/// What is looked at before anything changes has the name that it has by then.
#[test]
fn a_guard_knows_a_column_by_its_new_name() {
    for dialect in Dialect::ALL {
        let before = "#[column(max_length = 9, check = \"A <> ''\")] pub a: String";
        let after = "#[column(max_length = 4, check = \"a2 <> ''\", renamed_from = \"a\")] pub a2: String";
        let (project, database) = on(dialect, &model("Page", "", before));
        let mut connected = database.connect();
        connected.execute("INSERT INTO page (a) VALUES ('abcd')").unwrap();
        project.models(&model("Page", "", after));
        project.ok(&["migrate", "-m", "Shorter"]);
        project.ok(&["upgrade"]);
        assert_eq!(connected.count("page WHERE a2 = 'abcd'"), 1, "{dialect}");
        project.ok(&["downgrade"]);
        assert!(connected.execute("INSERT INTO page (a) VALUES ('')").is_err(), "{dialect}");
    }
}

/// What is written into the history while it is read to be run would be lost, or run twice.
#[test]
fn a_stamp_waits_for_whoever_migrates() {
    for dialect in Dialect::ALL {
        let (project, database) = on(dialect, &model("A", "", "pub x: i32"));
        let mut holder = database.connect();
        let name = "concat('fenrir migrations ', left(sha2(database(), 256), 40))";
        let (hold, release) = match dialect {
            Dialect::Postgres => (
                "BEGIN; LOCK TABLE __fenrir_migrations IN ROW EXCLUSIVE MODE".to_owned(),
                "COMMIT".to_owned(),
            ),
            Dialect::Sqlite => ("BEGIN IMMEDIATE".to_owned(), "COMMIT".to_owned()),
            Dialect::Mysql => (format!("DO get_lock({name}, 0)"), format!("DO release_lock({name})")),
        };
        holder.execute(&hold).unwrap();
        std::thread::scope(|scope| {
            let stamp = scope.spawn(|| project.ok(&["stamp", "base"]));
            std::thread::sleep(Duration::from_millis(400));
            assert!(!stamp.is_finished(), "{dialect}");
            holder.execute(&release).unwrap();
            assert!(stamp.join().unwrap().contains("no migration is applied"), "{dialect}");
        });
    }
}
