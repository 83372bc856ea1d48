//! Which statements name `ALGORITHM=INPLACE` on MySQL and MariaDB: the server takes each of them, and those that
//! name none it would refuse with it, or on tables of some kind.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use fenrir_tests::command::{Project, model};
use fenrir_tests::database::{Connected, TestDatabase};

const BINARY: &str = env!("CARGO_BIN_EXE_fenrir-under-test");

const ONLINE: &str = "ALGORITHM=INPLACE, LOCK=NONE;";
const ROWS: &str =
    "INSERT INTO page (name, size, state, note) VALUES ('a', 1, 'old', 'x'), ('é', 2, 'new', NULL)";

fn page(attributes: &str, fields: &str) -> String {
    model("Page", attributes, fields) + "#[derive(DbEnum)] pub enum State { Old, New }\n"
}

const FIELDS: &str = "
    #[column(max_length = 9)] pub name: String, #[column(default = 1)] pub size: i32, pub state: State,
    #[column(max_length = 9)] pub note: Option<String>";

fn on(models: &str) -> (Project, TestDatabase) {
    let database = TestDatabase::mysql();
    let project = Project::new(BINARY, &["mysql"], models).with("DATABASE_URL", database.url());
    project.ok(&["migrate", "-m", "First"]);
    project.ok(&["upgrade"]);
    database.connect().execute(ROWS).unwrap();
    (project, database)
}

/// Makes the change up, down and up again; the text of both files.
fn changed(project: &Project, models: &str) -> (String, String) {
    project.models(models);
    project.ok(&["migrate", "-m", "Next", "--allow-data-loss"]);
    project.ok(&["upgrade"]);
    project.ok(&["downgrade", "--allow-data-loss"]);
    project.ok(&["upgrade"]);
    let folder = project.list("migrations").last().unwrap().clone();
    let read = |file: &str| project.read(&format!("migrations/{folder}/{file}"));
    (read("up.sql"), read("down.sql"))
}

fn rows(connected: &mut Connected) -> Vec<Option<String>> {
    let rows = "SELECT concat_ws('|', id, name, size, state, note) AS value FROM page ORDER BY id";
    connected.texts(rows)
}

fn pairs(models: &[(&str, &str)]) -> Vec<String> {
    models.iter().map(|(from, to)| FIELDS.replace(from, to)).collect()
}

/// Up and down of each touch no row; the server takes them, and the rows are as they were.
#[test]
fn what_touches_no_row_says_so_and_the_server_takes_it() {
    let (note, size) = ("pub note: Option", "pub size: i32");
    for fields in pairs(&[
        (note, "#[column(index)] pub note: Option"),
        (note, "#[column(unique)] pub note: Option"),
        (size, "/// How long it is.\npub size: i32"),
        ("default = 1", "default = 7"),
        ("#[column(default = 1)]", ""),
    ]) {
        let (project, database) = on(&page("", FIELDS));
        let before = rows(&mut database.connect());
        let (up, down) = changed(&project, &page("", &fields));
        assert_eq!((up.matches(ONLINE).count(), down.matches(ONLINE).count()), (1, 1), "{up}\n{down}");
        assert_eq!(rows(&mut database.connect()), before);
    }
}

#[test]
fn names_of_columns_and_indexes_change_without_a_row() {
    let models = |name: &str, index: &str| {
        let fields = FIELDS.replace("pub size", &format!("#[column(renamed_from = \"size\")] pub {name}"));
        page(&format!("#[table(index(columns({name}), name = \"{index}\"))]"), &fields)
    };
    let (project, database) = on(&models("size", "of_size"));
    let (up, down) = changed(&project, &models("bytes", "of_bytes"));
    for text in [&up, &down] {
        assert_eq!(text.matches(ONLINE).count(), 2, "{text}");
    }
    assert!(up.contains("RENAME COLUMN size TO bytes,") && up.contains("RENAME INDEX"), "{up}");
    assert_eq!(database.connect().count("page WHERE bytes = 2"), 1);
}

/// Those that become more in the same number of bytes; back again nothing is sure.
#[test]
fn longer_texts_and_more_labels_touch_no_row_where_the_bytes_stay() {
    let longer = |length: u32| page("", &FIELDS.replacen("9", &length.to_string(), 1));
    let labels = |count: usize| {
        let variants: Vec<_> = (1..=count).map(|number| format!("L{number}")).collect();
        let variants = format!("Old, New, {}", variants.join(", "));
        page("", FIELDS).replace("Old, New", &variants)
    };
    for (models, next, is_named) in [
        (longer(9), longer(63), true),
        (longer(63), longer(64), false),
        (longer(64), longer(900), true),
        (labels(1), labels(253), true),
        (labels(253), labels(254), false),
        (labels(254), labels(255), true),
    ] {
        let (project, database) = on(&models);
        let before = rows(&mut database.connect());
        let (up, down) = changed(&project, &next);
        assert_eq!(up.contains(ONLINE), is_named, "{up}");
        assert!(!down.contains("ALGORITHM"), "{down}");
        assert_eq!(rows(&mut database.connect()), before);
        if !is_named {
            project.ok(&["downgrade", "--allow-data-loss"]);
            refused(&mut database.connect(), &up);
        }
    }
}

/// The last statement that alters the table, with the words that it does not have.
fn refused(connected: &mut Connected, sql: &str) {
    let statement = sql.rsplit("ALTER TABLE").next().unwrap().trim().trim_end_matches(';');
    let statement = format!("ALTER TABLE {statement}, ALGORITHM=INPLACE, LOCK=NONE");
    let error = connected.execute(&statement).unwrap_err().to_string();
    assert!(error.contains("is not supported"), "{statement}: {error}");
}

/// It is known why these name nothing.
#[test]
fn what_the_server_would_refuse_is_not_named() {
    for fields in pairs(&[
        ("pub size: i32", "pub size: i64"),
        ("pub size: i32", "#[column(check = \"size > 0\")] pub size: i32"),
        ("State", "String"),
    ]) {
        let (project, database) = on(&page("", FIELDS));
        let (up, down) = changed(
            &project,
            &page("", &fields.replace("pub state: Str", "#[column(max_length = 9)] pub state: Str")),
        );
        assert!(!up.contains("ALGORITHM") && !down.contains("ALGORITHM"), "{up}\n{down}");
        project.ok(&["downgrade", "--allow-data-loss"]);
        refused(&mut database.connect(), &up);
    }
    // Labels in another order.
    let (project, database) = on(&page("", FIELDS));
    let (up, _) = changed(&project, &page("", FIELDS).replace("Old, New", "New, Old"));
    assert!(!up.contains("ALGORITHM"), "{up}");
    project.ok(&["downgrade"]);
    refused(&mut database.connect(), &up);
}

/// A column comes at once where it can, and by another way where it cannot: no clause holds for both.
#[test]
fn a_column_comes_and_goes_on_tables_where_no_clause_would_hold() {
    let with = page("", &format!("{FIELDS}, #[column(default = 3)] pub more: i32"));
    for (attributes, forbidden) in [
        ("ALTER TABLE page ADD FULLTEXT INDEX words (note)", "LOCK=NONE"),
        ("ALTER TABLE page ROW_FORMAT=COMPRESSED", "ALGORITHM=INSTANT"),
        ("ALTER TABLE page ENGINE=MyISAM", "LOCK=NONE"),
    ] {
        let (project, database) = on(&page("", FIELDS));
        let mut connected = database.connect();
        connected.execute(attributes).unwrap();
        let clause = format!("ALTER TABLE page ADD COLUMN x int, {forbidden}");
        let error = connected.execute(&clause).unwrap_err().to_string();
        assert!(error.contains("is not supported"), "{clause}: {error}");
        let (up, down) = changed(&project, &with);
        assert!(!up.contains("ALGORITHM") && !down.contains("ALGORITHM"), "{up}\n{down}");
        assert_eq!(connected.count("page WHERE more = 3"), 2);
    }
}

/// Indexes made by hand, compressed rows, and rows that a column was added to at once, do not forbid what is named.
#[test]
fn what_is_named_holds_on_tables_of_every_kind() {
    for odd in [
        "ALTER TABLE page ADD FULLTEXT INDEX words (note)",
        "ALTER TABLE page ROW_FORMAT=COMPRESSED",
        "ALTER TABLE page ROW_FORMAT=REDUNDANT",
        "ALTER TABLE page ADD COLUMN x int NOT NULL DEFAULT 3, ALGORITHM=INSTANT",
        "ALTER TABLE page ADD COLUMN x int AS (size * 2) VIRTUAL",
        "ALTER TABLE page PARTITION BY HASH (id) PARTITIONS 3",
    ] {
        let (project, database) = on(&page("", FIELDS));
        let mut connected = database.connect();
        connected.execute(odd).unwrap();
        let before = rows(&mut connected);
        let fields = FIELDS
            .replacen("9", "20", 1)
            .replace("default = 1", "default = 7")
            .replace("pub note", "#[column(index)] pub note");
        let (up, down) = changed(&project, &page("", &fields).replace("Old, New", "Old, New, Newest"));
        assert_eq!((up.matches(ONLINE).count(), down.matches(ONLINE).count()), (4, 2), "{up}\n{down}");
        assert_eq!(rows(&mut connected), before, "{odd}");
    }
}

#[test]
fn other_engines_and_computed_columns_name_nothing() {
    for (attributes, fields) in [
        ("#[table(mysql(engine = \"MyISAM\"))]", FIELDS.to_owned()),
        ("", format!("{FIELDS}, #[column(generated = \"size * 2\", virtual)] pub twice: Option<i32>")),
    ] {
        let (project, database) = on(&page(attributes, &fields));
        let before = rows(&mut database.connect());
        let next =
            fields.replace("pub note", "#[column(index)] pub note").replace("default = 1", "default = 7");
        let (up, _) = changed(&project, &page(attributes, &next));
        assert!(!up.contains("ALGORITHM") && up.contains("ADD INDEX"), "{up}");
        assert_eq!(rows(&mut database.connect()), before);
    }
}

/// MySQL refuses `LOCK=NONE` where a foreign key changes rows by itself.
#[test]
fn a_foreign_key_that_acts_leaves_the_lock_to_the_server() {
    let note = |key: &str, index: &str| {
        let fields = format!("#[column(references = Page{key})] pub page_id: i32, {index} pub rank: i32");
        page("", FIELDS) + &model("Note", "", &fields)
    };
    for (key, is_named) in [("", true), (", on_delete = cascade", false)] {
        let (project, database) = on(&note(key, ""));
        database.connect().execute("INSERT INTO note (page_id, `rank`) VALUES (1, 2), (2, 1)").unwrap();
        let (up, down) = changed(&project, &note(key, "#[column(index)]"));
        for text in [&up, &down] {
            assert_eq!(
                (text.contains(ONLINE), text.contains("ALGORITHM=INPLACE")),
                (is_named, true),
                "{text}"
            );
        }
        let without = note(key, "").replace("#[column(references = Page)]", "");
        let without = without.replace("#[column(references = Page, on_delete = cascade)]", "");
        let (up, down) = changed(&project, &without);
        assert!(up.contains("DROP INDEX note_page_id_fkey,\n    ALGORITHM=INPLACE;"), "{up}");
        assert!(!down.contains("FOREIGN KEY (page_id) REFERENCES page (id),\n    ALGORITHM"), "{down}");
        assert_eq!(database.connect().count("note"), 2);
    }
}
