//! STRICT and WITHOUT ROWID tables of SQLite, with rows in them and others that point at them.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use fenrir_migrate::Dialect;
use fenrir_tests::command::{Project, migrated, model};
use fenrir_tests::database::{Connected, TestDatabase};

const BINARY: &str = env!("CARGO_BIN_EXE_fenrir-under-test");

const FIELDS: &str = "
    #[column(auto_increment = false)] pub id: i32,
    #[column(max_length = 9, index)] pub name: String,
    pub size: i16, pub weight: f64, pub large: Option<i64>, pub is_new: bool, pub day: NaiveDate,
    pub data: Vec<u8>, #[column(sql_type = Jsonb)] pub tags: Value, #[column(precision = 8, scale = 2)] pub price: BigDecimal,
    pub state: State,";
const STATE: &str = "#[derive(DbEnum)] pub enum State { Old, New }\n";

fn page(options: &str, more: &str) -> String {
    format!(
        "{STATE}#[derive(Table)]\n#[diesel(table_name = page)]\n{options}\npub struct Page {{ {FIELDS} {more} }}\n{}",
        model("Note", "", "#[column(references = Page, on_delete = cascade)] pub page_id: i32")
    )
}

const ROWS: &str = "INSERT INTO page VALUES \
    (1, 'a', 1, 1.5, 9007199254740993, TRUE, '2026-11-01', x'00ff', jsonb('[1]'), 2.25, 'old'), \
    (7, 'b', -2, 2, NULL, FALSE, '2026-11-02', x'', jsonb('{}'), 3.5, 'new'); \
    INSERT INTO note (page_id) VALUES (1), (7), (7)";

fn on(models: &str) -> (Project, TestDatabase) {
    let database = TestDatabase::sqlite();
    let project = Project::new(BINARY, &["sqlite"], models).with("DATABASE_URL", database.url());
    project.ok(&["migrate", "-m", "First"]);
    project.ok(&["upgrade"]);
    (project, database)
}

fn rows(connected: &mut Connected) -> Vec<Option<String>> {
    connected.texts(
        "SELECT id || name || size || weight || coalesce(large, '') || is_new || day || hex(data) || json(tags) || price \
         || state AS value FROM page ORDER BY id",
    )
}

fn kinds(connected: &mut Connected) -> Vec<Option<String>> {
    let sql = "SELECT name || CASE WHEN strict THEN ' strict' ELSE '' END || CASE WHEN wr THEN ' without rowid' ELSE '' END \
               AS value FROM pragma_table_list WHERE name IN ('page', 'note') ORDER BY name DESC";
    connected.texts(sql)
}

fn some(texts: &[&str]) -> Vec<Option<String>> {
    texts.iter().map(|text| Some((*text).to_owned())).collect()
}

#[test]
fn each_type_has_a_place_in_a_strict_table() {
    let (_project, database) = on(&page("#[table(sqlite(strict, without_rowid))]", ""));
    let mut connected = database.connect();
    connected.execute(ROWS).unwrap();
    assert_eq!(kinds(&mut connected), some(&["page strict without rowid", "note"]));
    let types = connected.texts("SELECT group_concat(type, ' ') AS value FROM pragma_table_info('page')");
    assert_eq!(types, some(&["INTEGER TEXT INT REAL INT INT TEXT BLOB BLOB REAL TEXT"]));
    let refused = connected.execute("UPDATE page SET size = 'many'").unwrap_err().to_string();
    assert!(refused.contains("cannot store TEXT value in INT column page.size"), "{refused}");
    assert!(connected.execute("UPDATE page SET state = 'other'").is_err());
}

#[test]
fn a_table_becomes_strict_and_without_rowid_and_back_with_its_rows() {
    let (project, database) = on(&page("", ""));
    let mut connected = database.connect();
    connected.execute(ROWS).unwrap();
    let before = rows(&mut connected);
    for (options, kind) in [
        ("strict", "page strict"),
        ("strict, without_rowid", "page strict without rowid"),
        ("without_rowid", "page without rowid"),
    ] {
        project.models(&page(&format!("#[table(sqlite({options}))]"), ""));
        let said = project.ok(&["migrate", "-m", "Options"]);
        assert!(said.contains(&format!("change the options of table `page`: sqlite({options})")), "{said}");
        project.ok(&["upgrade"]);
        assert_eq!(kinds(&mut connected), some(&[kind, "note"]));
        assert_eq!(rows(&mut connected), before, "{options}");
        assert_eq!(connected.count("note"), 3);
        assert_eq!(
            connected.texts("SELECT name AS value FROM pragma_index_list('page') WHERE origin = 'c'").len(),
            1
        );
    }
    assert!(project.ok(&["migrate", "-m", "Again"]).contains("nothing to do"));
    // They stay when the table is built anew for something else.
    let more = "#[column(default = 1, check = \"more > 0\")] pub more: i32";
    project.models(&page("#[table(sqlite(without_rowid))]", more));
    project.ok(&["migrate", "-m", "More"]);
    project.ok(&["upgrade"]);
    assert_eq!(kinds(&mut connected), some(&["page without rowid", "note"]));
    assert_eq!(rows(&mut connected), before);
    connected.execute("PRAGMA foreign_keys = ON; DELETE FROM page WHERE id = 7").unwrap();
    assert_eq!(connected.count("note"), 1);
    project.ok(&["downgrade", "-4", "--allow-data-loss"]);
    assert_eq!(kinds(&mut connected), some(&["page", "note"]));
    assert_eq!(rows(&mut connected), &before[..1]);
}

#[test]
fn a_value_of_another_type_is_in_the_way_of_strict() {
    let (project, database) = on(&page("", ""));
    let mut connected = database.connect();
    connected.execute(ROWS).unwrap();
    connected.execute("UPDATE page SET size = 'many' WHERE id = 1").unwrap();
    project.models(&page("#[table(sqlite(strict))]", ""));
    let said = project.ok(&["migrate", "-m", "Strict"]);
    assert!(
        said.contains("Fails on SQLite where a value of table `page` is not of its column's type."),
        "{said}"
    );
    let said = project.fails(2, &["upgrade"]);
    assert!(said.contains("cannot store TEXT value in INT column"), "{said}");
    assert_eq!(kinds(&mut connected), some(&["page", "note"]));
    connected.execute("UPDATE page SET size = 5 WHERE id = 1").unwrap();
    project.ok(&["upgrade"]);
    assert_eq!(connected.count("page"), 2);
}

/// SQLite would round it without a word.
#[test]
fn a_number_with_more_digits_than_real_has_is_in_the_way_of_strict() {
    let (project, database) = on(&page("", ""));
    let mut connected = database.connect();
    connected.execute(ROWS).unwrap();
    connected.execute("UPDATE page SET price = 9007199254740993 WHERE id = 1").unwrap();
    project.models(&page("#[table(sqlite(strict))]", ""));
    project.ok(&["migrate", "-m", "Strict"]);
    let said = project.fails(2, &["upgrade"]);
    assert!(said.contains("column page.price has values that do not fit a strict table; rows: 1"), "{said}");
    let price = "SELECT typeof(price) || price AS value FROM page WHERE id = 1";
    assert_eq!(connected.texts(price), some(&["integer9007199254740993"]));
}

#[test]
fn a_column_is_added_to_a_strict_table() {
    let strict = "#[table(sqlite(strict))]";
    let (project, database) = on(&page(strict, ""));
    let mut connected = database.connect();
    connected.execute(ROWS).unwrap();
    project.models(&page(strict, "#[column(default = true)] pub seen: bool, pub at: Option<NaiveDateTime>"));
    project.ok(&["migrate", "-m", "More"]);
    project.ok(&["upgrade"]);
    let types =
        "SELECT group_concat(type, ' ') AS value FROM pragma_table_info('page') WHERE name IN ('seen', 'at')";
    assert_eq!(connected.texts(types), some(&["INT TEXT"]));
    assert_eq!(connected.count("page WHERE seen"), 2);
    assert_eq!(kinds(&mut connected), some(&["page strict", "note"]));
}

/// What no model says would go with the old table.
#[test]
fn a_table_with_what_no_model_says_is_not_built_anew() {
    let table = model("Page", "", "pub name: Option<String>");
    let other = model("Page", "", "#[column(backfill = \"'x'\")] pub name: String");
    for more in [
        "ALTER TABLE page ADD COLUMN flags \"set('x','y')\" DEFAULT 'x'",
        UNIQUE,
        CONFLICT,
        DESCENDING,
        POINTING,
    ] {
        let (project, database) =
            migrated(BINARY, Dialect::Sqlite, &table, "INSERT INTO page (name) VALUES ('a')");
        database.connect().execute(more).unwrap();
        project.models(&other);
        project.ok(&["migrate", "-m", "Names"]);
        let said = project.fails(2, &["upgrade"]);
        assert!(said.contains("table page would be built anew without what no model says of it"), "{said}");
        assert_eq!(database.connect().count("page"), 1);
    }
}

/// The same table, whose key is in another order.
const DESCENDING: &str = "DROP TABLE page; CREATE TABLE page (id INTEGER NOT NULL CONSTRAINT page_pkey PRIMARY KEY DESC, name TEXT); \
    INSERT INTO page VALUES (1, 'a')";
/// The same table, which points at another.
const POINTING: &str = "DROP TABLE page; \
    CREATE TABLE page (id INTEGER NOT NULL CONSTRAINT page_pkey PRIMARY KEY AUTOINCREMENT, name TEXT REFERENCES nowhere (id)); \
    PRAGMA foreign_keys = off; INSERT INTO page VALUES (1, 'a')";

/// The same table, whose key takes the place of another row's.
const CONFLICT: &str = "ALTER TABLE page RENAME TO old; \
    CREATE TABLE page (id INTEGER NOT NULL CONSTRAINT page_pkey PRIMARY KEY ON CONFLICT REPLACE AUTOINCREMENT, name TEXT); \
    INSERT INTO page SELECT id, name FROM old; DROP TABLE old";

/// The same table, with a unique constraint.
const UNIQUE: &str = "ALTER TABLE page RENAME TO old; \
    CREATE TABLE page (id INTEGER NOT NULL CONSTRAINT page_pkey PRIMARY KEY AUTOINCREMENT, name TEXT UNIQUE ON CONFLICT REPLACE); \
    INSERT INTO page SELECT id, name FROM old; DROP TABLE old";

/// The collation that stands beside a key's column, and not its own, is what the key compares by.
#[test]
fn a_key_that_compares_otherwise_is_told_and_kept() {
    let sql = "CREATE TABLE page (id INTEGER NOT NULL PRIMARY KEY, x INTEGER, y TEXT COLLATE NOCASE, z TEXT, \
               CONSTRAINT uq UNIQUE (x, y COLLATE BINARY), CONSTRAINT same UNIQUE (y COLLATE nocase), CONSTRAINT other UNIQUE (z COLLATE NOCASE))";
    let database = TestDatabase::sqlite();
    database.connect().execute(sql).unwrap();
    let project = Project::new(BINARY, &["sqlite"], "").with("DATABASE_URL", database.url());
    let said = project.json(&["import", "--single-file", "src/lib.rs", "--force"]);
    let told = [
        "unique constraint `other` of `page`: z COLLATE NOCASE",
        "unique constraint `uq` of `page`: y COLLATE BINARY",
    ];
    assert_eq!(said["not_managed"], serde_json::json!(told), "{said:#}");
    let models = project.read("src/lib.rs");
    assert!(models.contains("name = \"same\"") && !models.contains("name = \"uq\""), "{models}");
    // Such a table is left alone, unless somebody means it.
    let unmanaged = "#[table(unmanaged)]\n";
    assert!(models.contains(unmanaged), "{models}");
    let meant = models.replace(unmanaged, "").replace("unique(name", "collate = \"NOCASE\", unique(name");
    project.write("src/lib.rs", &meant);
    project.ok(&["baseline", "-m", "What is there"]);
    project.write(
        "src/lib.rs",
        &project.read("src/lib.rs").replace("pub x:", "#[column(check = \"x > 0\")]\n    pub x:"),
    );
    project.ok(&["migrate", "-m", "Check"]);
    let said = project.fails(2, &["upgrade"]);
    assert!(said.contains("without what no model says of it"), "{said}");
}

/// However it is written; and where those words are something else, nothing is in the way. What is in the way is listed.
#[test]
fn on_conflict_is_found_and_told_as_sqlite_reads_it() {
    for (definition, told) in [
        ("b int DEFAULT 3 NOT NULL on  conflict replace", Some("column `b` of `page`: ON CONFLICT REPLACE")),
        ("b int NOT NULL ON/*('*/CONFLICT\n-- '\nfail", Some("column `b` of `page`: ON CONFLICT FAIL")),
        ("b int NULL ON CONFLICT FAIL", Some("column `b` of `page`: ON CONFLICT FAIL")),
        ("b int, CHECK (b > 0)ON\tCONFLICT ignore", Some("check `page_check` of `page`: ON CONFLICT IGNORE")),
        ("b int NOT NULL ON CONFLICT ABORT", None),
        ("b text DEFAULT 'on conflict ignore', [on conflict fail] int, on_conflict int", None),
        ("b int /* on conflict ignore */ NOT NULL -- on conflict ignore\n", None),
    ] {
        let database = TestDatabase::sqlite();
        let sql =
            format!("CREATE TABLE page (id INTEGER NOT NULL PRIMARY KEY, number INTEGER, {definition})");
        database.connect().execute(&sql).unwrap();
        let project = Project::new(BINARY, &["sqlite"], "").with("DATABASE_URL", database.url());
        project.ok(&["import", "--single-file", "src/lib.rs", "--force"]);
        project.ok(&["baseline", "-m", "What is there"]);
        let listed = project.json(&["check"])["not_managed"].clone();
        assert_eq!(listed, told.map_or(serde_json::json!([]), |told| serde_json::json!([told])), "{sql}");
        let models = project.read("src/lib.rs");
        project.write("src/lib.rs", &models.replace("pub number: Option<i32>", "pub number: Option<i64>"));
        project.ok(&["migrate", "-m", "Wide"]);
        let upgrade = project.run(&["upgrade"]);
        let is_refused =
            upgrade.stderr.contains("without what no model says of it, see `fenrir check`: ON CONFLICT");
        assert_eq!(
            (is_refused, upgrade.status == 0),
            (told.is_some(), told.is_none()),
            "{sql}: {}",
            upgrade.stderr
        );
    }
}

/// Made without it, the table would take rows that this one does not.
#[test]
fn a_table_with_a_unique_constraint_that_no_model_says_is_left_alone() {
    let database = TestDatabase::sqlite();
    let sql = "CREATE TABLE page (id INTEGER NOT NULL PRIMARY KEY, a text UNIQUE ON CONFLICT IGNORE)";
    database.connect().execute(sql).unwrap();
    let project = Project::new(BINARY, &["sqlite"], "").with("DATABASE_URL", database.url());
    let said = project.json(&["import", "--single-file", "src/lib.rs", "--force"]);
    let reason = "unique constraint `page_a_key`: ON CONFLICT IGNORE";
    assert_eq!(said["models"][0]["unmanaged"], reason, "{said:#}");
    let listed = "unique constraint `page_a_key` of `page`: ON CONFLICT IGNORE";
    assert_eq!(said["not_managed"], serde_json::json!([listed]), "{said:#}");
    assert!(project.read("src/lib.rs").contains("#[table(unmanaged)]\npub struct Page {"));
}

/// A foreign key that SQLite makes, and cannot check, is in the way of all that checks them.
#[test]
fn a_foreign_key_to_what_is_no_key_is_named_where_it_is_in_the_way() {
    let table = model("Page", "", "pub name: Option<String>");
    let (project, database) =
        migrated(BINARY, Dialect::Sqlite, &table, "INSERT INTO page (name) VALUES ('a')");
    let other = "CREATE TABLE two (a INTEGER, b TEXT, PRIMARY KEY (a, b)); CREATE TABLE odd (id INTEGER, c INTEGER REFERENCES two)";
    database.connect().execute(other).unwrap();
    project.models(&model("Page", "", "#[column(backfill = \"'x'\")] pub name: String"));
    project.ok(&["migrate", "-m", "Names"]);
    let said = project.fails(2, &["upgrade"]);
    assert!(
        said.contains("foreign key mismatch - \"odd\"") && said.contains("hint: where a table is built anew"),
        "{said}"
    );
    database.connect().execute("DROP TABLE odd").unwrap();
    project.ok(&["upgrade"]);
}
