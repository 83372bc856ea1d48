//! Columns that become others on MySQL and MariaDB, where each step commits: those in indexes that foreign keys
//! need, and labels of enums in keys.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use fenrir_tests::command::{Project, model};
use fenrir_tests::database::{Connected, TestDatabase};

const BINARY: &str = env!("CARGO_BIN_EXE_fenrir-under-test");

fn on(models: &str, rows: &str) -> (Project, TestDatabase) {
    let database = TestDatabase::mysql();
    let project = Project::new(BINARY, &["mysql"], models).with("DATABASE_URL", database.url());
    project.ok(&["migrate", "-m", "First"]);
    project.ok(&["upgrade"]);
    database.connect().execute(rows).unwrap();
    (project, database)
}

fn some(texts: &[&str]) -> Vec<Option<String>> {
    texts.iter().map(|text| Some((*text).to_owned())).collect()
}

/// Its columns in their order, and its indexes.
fn shape(connected: &mut Connected, table: &str) -> (String, String) {
    let columns = format!(
        "SELECT group_concat(column_name, ' ', data_type ORDER BY ordinal_position SEPARATOR ', ') AS value \
         FROM information_schema.columns WHERE table_schema = database() AND table_name = '{table}'"
    );
    let indexes = format!(
        "SELECT group_concat(index_name, ' ', seq_in_index, ' ', column_name ORDER BY index_name, seq_in_index SEPARATOR ', ') \
         AS value FROM information_schema.statistics WHERE table_schema = database() AND table_name = '{table}'"
    );
    (connected.texts(&columns).remove(0).unwrap(), connected.texts(&indexes).remove(0).unwrap())
}

const USING: &str = "using = \"CAST(substr(code, 2) AS signed)\"";

/// A page's owner has no index but the one that begins with it and goes on with the code.
fn pages(code: &str, note: &str) -> String {
    model("Owner", "", "")
        + &model(
            "Page",
            "#[table(index(columns(owner_id, code)), unique(columns(code, size)), check(name = \"not_empty\", expr = \"code <> '0'\"))]",
            &format!(
                "#[column(references = Owner, on_delete = cascade)] pub owner_id: i32, {code}, pub size: i32"
            ),
        )
        + &model("Note", "#[table(index(columns(page_code, rank)))]", &format!("{note}, pub rank: i32"))
}

fn texts() -> String {
    pages(
        "#[column(max_length = 9, unique)] pub code: String",
        "#[column(max_length = 9, references = Page(code))] pub page_code: String",
    )
}

fn numbers() -> String {
    pages(
        &format!("#[column(unique, {USING})] pub code: i32"),
        &format!(
            "#[column(references = Page(code), {})] pub page_code: i32",
            USING.replace("code,", "page_code,")
        ),
    )
}

const ROWS: &str = "INSERT INTO owner VALUES (1), (2); \
    INSERT INTO page (owner_id, code, size) VALUES (1, 'p10', 1), (1, 'p20', 1), (2, 'p30', 2); \
    INSERT INTO note (page_code, `rank`) VALUES ('p30', 1), ('p10', 2)";

#[test]
fn a_column_is_converted_in_its_place_with_the_indexes_that_foreign_keys_need() {
    let (project, database) = on(&texts(), ROWS);
    let mut connected = database.connect();
    let (columns, indexes) = shape(&mut connected, "page");
    assert_eq!(columns, "id int, owner_id int, code varchar, size int");
    assert!(!indexes.contains("fkey"), "the key has the index of the models: {indexes}");
    project.models(&numbers());
    project.ok(&["migrate", "-m", "Numbers", "--allow-data-loss"]);
    project.ok(&["upgrade"]);
    assert_eq!(
        shape(&mut connected, "page"),
        ("id int, owner_id int, code int, size int".to_owned(), indexes.clone())
    );
    assert_eq!(shape(&mut connected, "note").0, "id int, page_code int, rank int");
    let codes = "SELECT concat_ws(' ', id, owner_id, code, size) AS value FROM page ORDER BY id";
    assert_eq!(connected.texts(codes), some(&["1 1 10 1", "2 1 20 1", "3 2 30 2"]));
    let notes = "SELECT concat_ws(' ', id, page_code) AS value FROM note ORDER BY id";
    assert_eq!(connected.texts(notes), some(&["1 30", "2 10"]));
    // Every key and check is there.
    for refused in [
        "INSERT INTO page (owner_id, code, size) VALUES (1, 10, 9)",
        "INSERT INTO page (owner_id, code, size) VALUES (9, 40, 1)",
        "INSERT INTO page (owner_id, code, size) VALUES (1, 0, 1)",
        "INSERT INTO page (owner_id, code, size) VALUES (1, NULL, 1)",
        "INSERT INTO note (page_code, `rank`) VALUES (99, 1)",
    ] {
        assert!(connected.execute(refused).is_err(), "{refused}");
    }
    assert!(project.ok(&["migrate", "-m", "Again"]).contains("nothing to do"));
    project.ok(&["downgrade", "--allow-data-loss"]);
    assert_eq!(shape(&mut connected, "page"), (columns, indexes));
    connected.execute("DELETE FROM note; DELETE FROM owner WHERE id = 1").unwrap();
    assert_eq!(connected.count("page"), 1);
}

/// The old values are there for as long as the new ones do not fit.
#[test]
fn values_that_do_not_fit_a_key_leave_the_column_as_it_was() {
    let (project, database) = on(&texts(), ROWS);
    project.models(&numbers().replace("substr(code, 2)", "substr(code, 3)"));
    project.ok(&["migrate", "-m", "Numbers", "--allow-data-loss"]);
    let said = project.fails(2, &["upgrade"]);
    assert!(said.contains("Duplicate entry") || said.contains("CONSTRAINT `not_empty`"), "{said}");
    let codes = database.connect().texts("SELECT code AS value FROM page ORDER BY id");
    assert_eq!(codes, some(&["p10", "p20", "p30"]));
}

fn states(variants: &str) -> String {
    model("Page", "", "#[column(unique)] pub state: State")
        + &model("Note", "", "#[column(references = Page(state))] pub page_state: State")
        + &format!("#[derive(DbEnum)]\npub enum State {{ {variants} }}\n")
}

const STATES: &str = "SELECT state AS value FROM page ORDER BY id";
const OF_NOTES: &str = "SELECT page_state AS value FROM note ORDER BY id";

/// Row by row, one has the other's label before that has its own.
#[test]
fn labels_change_their_names_among_themselves_where_each_is_there_once() {
    let rows = "INSERT INTO page (state) VALUES ('open'), ('shut'), ('lost'); \
                INSERT INTO note (page_state) VALUES ('shut'), ('open')";
    let (project, database) = on(&states("Open, Shut, Lost"), rows);
    let mut connected = database.connect();
    let swap = ["--rename", "state.open=shut", "--rename", "state.shut=open"];
    project.ok(&[&["migrate", "-m", "Swap"], &swap[..]].concat());
    project.ok(&["upgrade"]);
    assert_eq!(connected.texts(STATES), some(&["shut", "open", "lost"]));
    assert_eq!(connected.texts(OF_NOTES), some(&["open", "shut"]));
    project.ok(&["downgrade"]);
    assert_eq!(connected.texts(STATES), some(&["open", "shut", "lost"]));
    project.ok(&["upgrade"]);

    // A chain: each takes the name of the next, and the last a new one.
    project.models(&states("Shut, Lost, Gone"));
    let chain = ["--rename", "state.open=shut", "--rename", "state.shut=lost", "--rename", "state.lost=gone"];
    project.ok(&[&["migrate", "-m", "Chain"], &chain[..]].concat());
    project.ok(&["upgrade"]);
    assert_eq!(connected.texts(STATES), some(&["lost", "shut", "gone"]));
    assert_eq!(connected.texts(OF_NOTES), some(&["shut", "lost"]));
    let labels = "SELECT column_type AS value FROM information_schema.columns \
                  WHERE table_schema = database() AND column_type LIKE 'enum%' AND column_name = 'state'";
    assert_eq!(connected.texts(labels), some(&["enum('shut','lost','gone')"]));
    assert!(connected.execute("INSERT INTO page (state) VALUES ('gone')").is_err());
    project.ok(&["downgrade"]);
    assert_eq!(connected.texts(STATES), some(&["shut", "open", "lost"]));
}
