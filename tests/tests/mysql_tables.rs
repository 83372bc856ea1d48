//! The engine, the character set and the collation of tables on MySQL and MariaDB, with rows in them.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use fenrir_tests::command::{Project, model};
use fenrir_tests::database::{Connected, TestDatabase};

const BINARY: &str = env!("CARGO_BIN_EXE_fenrir-under-test");

const STATE: &str = "#[derive(DbEnum)] pub enum State { Old, New }\n";
const FIELDS: &str = "
    #[column(max_length = 9, unique)] pub name: String,
    #[column(default = \"it's\")] pub text: String,
    pub data: Value, pub state: State, pub bytes: Vec<u8>, #[column(max_length = 9, index)] pub code: Option<String>,";
const ROWS: &str = "INSERT INTO page (name, text, data, state, bytes, code) VALUES \
    ('é', 'été', '{\"a\": \"😀\"}', 'old', x'ff00', 'x'), ('b', 'it''s', '[1]', 'new', x'', NULL)";

fn page(options: &str) -> String {
    STATE.to_owned() + &model("Page", options, FIELDS)
}

fn on(models: &str, rows: &str) -> (Project, TestDatabase) {
    let database = TestDatabase::mysql();
    let project = Project::new(BINARY, &["mysql"], models).with("DATABASE_URL", database.url());
    project.ok(&["migrate", "-m", "First"]);
    project.ok(&["upgrade"]);
    database.connect().execute(rows).unwrap();
    (project, database)
}

fn changed(project: &Project, models: &str) -> String {
    project.models(models);
    let said = project.ok(&["migrate", "-m", "Next"]);
    project.ok(&["upgrade"]);
    assert!(project.ok(&["migrate", "-m", "Again"]).contains("nothing to do"));
    said
}

fn table(connected: &mut Connected) -> String {
    let sql = "SELECT concat(lower(engine), ' ', table_collation) AS value FROM information_schema.tables \
               WHERE table_schema = database() AND table_name = 'page'";
    connected.texts(sql).remove(0).unwrap()
}

fn columns(connected: &mut Connected) -> String {
    let sql = "SELECT group_concat(column_name, ':', collation_name ORDER BY column_name SEPARATOR ' ') AS value \
               FROM information_schema.columns WHERE table_schema = database() AND table_name = 'page'";
    connected.texts(sql).remove(0).unwrap()
}

fn rows(connected: &mut Connected) -> Vec<Option<String>> {
    connected.texts(
        "SELECT concat_ws('|', id, name, text, data, state, hex(bytes), code) AS value FROM page ORDER BY id",
    )
}

#[test]
fn a_character_set_changes_with_the_rows_and_back() {
    let (project, database) = on(&page(""), ROWS);
    let mut connected = database.connect();
    let (before, plain) = (rows(&mut connected), table(&mut connected));
    let said = changed(&project, &page("#[table(mysql(charset = \"latin1\", collate = \"latin1_bin\"))]"));
    let options = "mysql(charset = \"latin1\", collate = \"latin1_bin\")";
    assert!(said.contains(&format!("change the options of table `page`: {options}")), "{said}");
    assert_eq!(table(&mut connected), "innodb latin1_bin");
    assert_eq!(
        columns(&mut connected),
        "code:latin1_bin data:utf8mb4_bin name:latin1_bin state:latin1_bin text:latin1_bin",
        "JSON stays what it is"
    );
    assert_eq!(rows(&mut connected), before);
    // The unique constraint, the index, the default and NOT NULL are there still.
    assert!(
        connected
            .execute("INSERT INTO page (name, data, state, bytes) VALUES ('b', '1', 'old', '')")
            .is_err()
    );
    connected.execute("INSERT INTO page (name, data, state, bytes) VALUES ('B', '1', 'old', '')").unwrap();
    assert_eq!(connected.count("page WHERE text = 'it''s'"), 2);
    assert_eq!(
        connected.count(
            "information_schema.statistics WHERE table_schema = database() AND index_name = 'page_code_idx'"
        ),
        1
    );
    // To the collation of utf8mb4 `b` and `B` are one, so there is no way back yet, and nothing has changed.
    project.fails(2, &["downgrade"]);
    assert_eq!(table(&mut connected), "innodb latin1_bin");
    connected.execute("DELETE FROM page WHERE name = 'B'").unwrap();
    project.ok(&["downgrade"]);
    assert_eq!(table(&mut connected), plain);
    assert_eq!(rows(&mut connected), before);
}

#[test]
fn a_character_that_would_be_lost_is_in_the_way() {
    let (project, database) = on(&page(""), &ROWS.replace("été", "été 😀"));
    let mut connected = database.connect();
    let (before, plain) = (rows(&mut connected), table(&mut connected));
    project.models(&page("#[table(mysql(charset = \"latin1\"))]"));
    let said = project.ok(&["migrate", "-m", "Latin"]);
    let risk = "Fails on MySQL/MariaDB where the new character set has not all characters of a text of table `page`, or a \
                key takes two of them for one.";
    assert!(said.contains(risk), "{said}");
    let said = project.fails(2, &["upgrade"]);
    assert!(said.contains("page_text_has_characters_that_would_be_lost"), "{said}");
    assert_eq!((rows(&mut connected), table(&mut connected)), (before, plain));
    connected.execute("UPDATE page SET text = 'été' WHERE text LIKE 'été%'").unwrap();
    project.ok(&["upgrade"]);
    assert_eq!(table(&mut connected), "innodb latin1_swedish_ci");
}

#[test]
fn texts_of_a_foreign_key_change_their_character_set_on_both_sides() {
    let note =
        "#[column(max_length = 9, references = Page(name), on_update = cascade)] pub page_name: String";
    let both = |options: &str| page(options) + &model("Note", options, note);
    let (project, database) = on(&both(""), &format!("{ROWS}; INSERT INTO note (page_name) VALUES ('é')"));
    changed(&project, &both("#[table(mysql(charset = \"latin1\"))]"));
    let mut connected = database.connect();
    connected.execute("UPDATE page SET name = 'è' WHERE name = 'é'").unwrap();
    assert_eq!(connected.texts("SELECT page_name AS value FROM note"), [Some("è".to_owned())]);
    project.ok(&["downgrade"]);
    assert!(connected.execute("INSERT INTO note (page_name) VALUES ('z')").is_err());
    assert_eq!(connected.texts("SELECT page_name AS value FROM note"), [Some("è".to_owned())]);
}

#[test]
fn an_engine_changes_with_the_rows_and_back() {
    let note = |key: &str| model("Note", "", &format!("{key} pub page_id: i32"));
    let rows_of_both = format!("{ROWS}; INSERT INTO note (page_id) VALUES (1)");
    let (project, database) = on(&(page("") + &note("#[column(references = Page)]")), &rows_of_both);
    let mut connected = database.connect();
    let before = rows(&mut connected);
    // A foreign key that goes with it goes first, and comes last on the way back.
    let said = changed(&project, &(page("#[table(mysql(engine = \"MyISAM\"))]") + &note("")));
    assert!(said.contains("mysql(engine = \"myisam\")"), "{said}");
    assert!(table(&mut connected).starts_with("myisam utf8mb4"), "{}", table(&mut connected));
    assert_eq!(rows(&mut connected), before);
    connected.execute("INSERT INTO note (page_id) VALUES (9); DELETE FROM note WHERE page_id = 9").unwrap();
    project.ok(&["downgrade"]);
    assert!(table(&mut connected).starts_with("innodb"), "{}", table(&mut connected));
    assert_eq!(rows(&mut connected), before);
    assert!(connected.execute("INSERT INTO note (page_id) VALUES (9)").is_err());
}

#[test]
fn a_table_is_created_with_its_options() {
    let options = "#[table(mysql(engine = \"InnoDB\", charset = \"utf8mb4\", collate = \"utf8mb4_bin\"))]";
    let (project, database) = on(&page(options), ROWS);
    let mut connected = database.connect();
    assert_eq!(table(&mut connected), "innodb utf8mb4_bin");
    connected
        .execute("INSERT INTO page (name, text, data, state, bytes) VALUES ('B', '', '1', 'old', '')")
        .unwrap();
    // What is so anyway is no option.
    project.models(&page("#[table(mysql(collate = \"utf8mb4_bin\"))]"));
    assert!(project.ok(&["migrate", "-m", "Same"]).contains("nothing to do"));
}
