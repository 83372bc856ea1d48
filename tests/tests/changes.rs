//! Changes of what is there, with rows in it, by the command as a user gives it: other names, types, labels
//! and keys.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use fenrir_migrate::Dialect;
use fenrir_tests::command::{Project, migrated, model};
use fenrir_tests::database::TestDatabase;

const BINARY: &str = env!("CARGO_BIN_EXE_fenrir-under-test");

fn on(dialect: Dialect, models: &str, rows: &str) -> (Project, TestDatabase) {
    migrated(BINARY, dialect, models, rows)
}

fn some(texts: &[&str]) -> Vec<Option<String>> {
    texts.iter().map(|text| Some((*text).to_owned())).collect()
}

const TITLES: &str = "SELECT title AS value FROM page ORDER BY id";
const NAMES: &str = "SELECT name AS value FROM page ORDER BY id";
const ROWS: &str = "INSERT INTO page (name) VALUES ('a'), ('b')";

#[test]
fn a_column_is_renamed_with_what_names_it() {
    const FIELD: &str = "#[column(max_length = 9, unique, check = \"name <> ''\")] pub name: String";
    const RENAMED: &str = "#[column(max_length = 9, unique, check = \"title <> ''\", renamed_from = \"name\")] pub title: String";
    for dialect in Dialect::ALL {
        let (project, database) = on(dialect, &model("Page", "", FIELD), ROWS);
        project.models(&model("Page", "", RENAMED));
        let said = project.ok(&["migrate", "-m", "Titles"]);
        assert!(said.contains("rename column `page.name` to `title`") && !said.contains("drop"), "{said}");
        project.ok(&["upgrade"]);
        let mut connected = database.connect();
        assert_eq!(connected.texts(TITLES), some(&["a", "b"]), "{dialect}");
        for refused in ["('a')", "('')"] {
            assert!(connected.execute(&format!("INSERT INTO page (title) VALUES {refused}")).is_err());
        }
        // It does no harm that the attribute stays.
        assert!(project.ok(&["migrate", "-m", "Again"]).contains("nothing to do"), "{dialect}");
        project.ok(&["downgrade"]);
        assert_eq!(connected.texts(NAMES), some(&["a", "b"]), "{dialect}");
        assert!(connected.execute("INSERT INTO page (name) VALUES ('')").is_err());
    }
}

#[test]
fn a_table_is_renamed_with_its_keys_and_those_that_point_at_it() {
    const CHILD: &str = "#[column(references = NAME, on_delete = cascade)] pub page_id: i32";
    let child = |parent: &str| model("Note", "", &CHILD.replace("NAME", parent));
    let page = "#[column(max_length = 9, unique)] pub name: String";
    for dialect in Dialect::ALL {
        let rows =
            "INSERT INTO page (name) VALUES ('a'), ('b'); INSERT INTO note (page_id) VALUES (1), (2), (2)";
        let (project, database) = on(dialect, &(model("Page", "", page) + &child("Page")), rows);
        project.models(&(model("Article", "", page) + &child("Article")));
        let said = project.fails(1, &["migrate", "-m", "Articles", "--allow-data-loss"]);
        assert!(said.contains("`--rename page=article`"), "{said}");
        project.ok(&["migrate", "-m", "Articles", "--rename", "page=article"]);
        project.ok(&["upgrade"]);
        let mut connected = database.connect();
        assert_eq!((connected.count("article"), connected.count("note")), (2, 3), "{dialect}");
        connected.execute("INSERT INTO article (name) VALUES ('c')").unwrap();
        assert!(connected.execute("INSERT INTO note (page_id) VALUES (9)").is_err(), "{dialect}");
        project.ok(&["downgrade"]);
        connected.execute("DELETE FROM page WHERE id = 2").unwrap();
        assert_eq!((connected.count("page"), connected.count("note")), (2, 1), "{dialect}");
        // What a later migration renamed is asked about under its new name.
        project.ok(&["upgrade"]);
        let said = project.fails(1, &["downgrade", "base"]);
        assert!(said.contains("table `article`"), "{dialect}: {said}");
        project.ok(&["downgrade", "base", "--allow-data-loss"]);
    }
}

#[test]
fn two_columns_change_their_names() {
    let fields = "#[column(max_length = 9)] pub name: String, #[column(max_length = 9)] pub title: String";
    for dialect in Dialect::ALL {
        let rows = "INSERT INTO page (name, title) VALUES ('a', 'A')";
        let (project, database) = on(dialect, &model("Page", "", fields), rows);
        let swap = ["migrate", "-m", "Swap", "--rename", "page.name=title", "--rename", "page.title=name"];
        project.ok(&swap);
        project.ok(&["upgrade"]);
        assert_eq!(database.connect().texts(TITLES), some(&["a"]), "{dialect}");
        project.ok(&["downgrade"]);
        assert_eq!(database.connect().texts(TITLES), some(&["A"]), "{dialect}");
    }
}

/// A column is named by the new name of its table, also where that is another's old one.
#[test]
fn a_column_is_renamed_in_a_table_that_changes_places() {
    for dialect in Dialect::ALL {
        let before = model("Page", "", "pub name: i32") + &model("Note", "", "pub text: i32");
        let rows = "INSERT INTO page (name) VALUES (1); INSERT INTO note (text) VALUES (2)";
        let (project, database) = on(dialect, &before, rows);
        project.models(&(model("Page", "", "pub words: i32") + &model("Note", "", "pub title: i32")));
        let renames = ["page=note", "note=page", "page.text=words", "note.name=title"];
        let flags: Vec<_> = renames.iter().flat_map(|rename| ["--rename", rename]).collect();
        project.ok(&[&["migrate", "-m", "Swap"], flags.as_slice()].concat());
        project.ok(&["upgrade"]);
        let values = "SELECT CAST(title * 10 + words AS char(2)) AS value FROM note, page";
        assert_eq!(database.connect().texts(values), some(&["12"]), "{dialect}");
    }
}

#[test]
fn a_rename_that_cannot_be_says_why() {
    let (project, _database) = on(Dialect::Sqlite, &model("Page", "", "pub name: String"), ROWS);
    project.models(&model("Page", "", "pub title: String"));
    for (rename, why) in [
        ("page", "write `old=new`"),
        ("pages=article", "there is no table or enum `pages` in the migrations"),
        ("page=article", "there is no table or enum `article` in the models"),
        ("page.nam=title", "has no column `nam`: there are `id`, `name`"),
        ("page.name=titel", "has no column `titel`: there are `id`, `title`"),
        ("book.name=title", "there is no table `book` in the models"),
    ] {
        let said = project.fails(2, &["migrate", "-m", "Rename", "--rename", rename]);
        assert!(said.contains(why), "{rename}: {said}");
    }
    let twice = ["migrate", "-m", "Twice", "--rename", "page.name=title", "--rename", "page.name=id"];
    assert!(project.fails(2, &twice).contains("`name` is renamed twice"));
    assert_eq!(project.list("migrations").len(), 1);
}

#[test]
fn what_does_not_fit_a_narrower_type_is_refused_and_nothing_changes() {
    let field = |length| format!("#[column(max_length = {length})] pub name: String");
    for dialect in Dialect::ALL {
        let rows = "INSERT INTO page (name) VALUES ('abc'), ('abcdef')";
        let (project, database) = on(dialect, &model("Page", "", &field(9)), rows);
        project.models(&model("Page", "", &field(4)));
        let said = project.ok(&["migrate", "-m", "Shorter"]);
        let risk = "Fails where a value of column `page.name` does not fit VarChar(4).";
        assert!(said.contains(risk) && project.newest("up.sql").contains(risk), "{said}");
        let said = project.fails(2, &["upgrade"]);
        let told = match dialect {
            Dialect::Mysql => "page_name_does_not_fit",
            _ => "column page.name has values that do not fit VarChar(4); rows: 1",
        };
        assert!(said.contains(told), "{said}");
        let mut connected = database.connect();
        assert_eq!(connected.texts(NAMES), some(&["abc", "abcdef"]), "{dialect}");
        connected.execute("UPDATE page SET name = 'abcd' WHERE name = 'abcdef'").unwrap();
        project.ok(&["upgrade"]);
        assert_eq!(connected.texts(NAMES), some(&["abc", "abcd"]), "{dialect}");
    }
}

#[test]
fn texts_become_numbers_where_they_are_some() {
    for dialect in Dialect::ALL {
        let rows = "INSERT INTO page (name) VALUES ('12'), ('007')";
        let (project, database) =
            on(dialect, &model("Page", "", "#[column(max_length = 9)] pub name: String"), rows);
        project.models(&model("Page", "", "pub name: i32"));
        project.ok(&["migrate", "-m", "Numbers"]);
        project.fails(2, &["upgrade"]);
        let mut connected = database.connect();
        assert_eq!(connected.texts(NAMES), some(&["12", "007"]), "{dialect}");
        connected.execute("UPDATE page SET name = '13' WHERE name = '007'").unwrap();
        project.ok(&["upgrade"]);
        assert_eq!(
            connected.texts("SELECT concat(name + 1, '') AS value FROM page ORDER BY id"),
            some(&["13", "14"])
        );
        project.ok(&["downgrade"]);
        assert_eq!(connected.texts(NAMES), some(&["12", "13"]), "{dialect}");
    }
}

#[test]
fn what_would_lose_digits_must_be_allowed() {
    for dialect in Dialect::ALL {
        let rows = "INSERT INTO page (size) VALUES (1.25), (2.75)";
        let (project, database) = on(dialect, &model("Page", "", "pub size: f64"), rows);
        project.models(&model("Page", "", "pub size: i32"));
        let said = project.fails(1, &["migrate", "-m", "Whole"]);
        assert!(said.contains("column `page.size`, whose values become Integer"), "{said}");
        project.ok(&["migrate", "-m", "Whole", "--allow-data-loss"]);
        assert!(project.newest("up.sql").contains("-- Loses data: column `page.size`"));
        project.ok(&["upgrade"]);
        let sizes = database.connect().texts("SELECT concat(size, '') AS value FROM page ORDER BY id");
        assert_eq!(sizes, some(&["1", "3"]), "{dialect}");
    }
}

#[test]
fn a_conversion_that_is_not_known_must_be_said() {
    for dialect in Dialect::ALL {
        let rows = "INSERT INTO page (name) VALUES ('yes'), ('no')";
        let unique = "#[table(index(columns(name)), check = \"name <> 'x'\")]";
        let (project, database) =
            on(dialect, &model("Page", unique, "#[column(max_length = 9)] pub name: String"), rows);
        let index = "#[table(index(columns(name)))]";
        project.models(&model("Page", index, "pub name: bool"));
        let said = project.fails(1, &["migrate", "-m", "Flags", "--allow-data-loss"]);
        assert!(said.contains("`page.name`: VarChar(9) → Bool") && said.contains("using"), "{said}");
        project.models(&model("Page", index, "#[column(using = \"name = 'yes'\")] pub name: bool"));
        project.ok(&["migrate", "-m", "Flags", "--allow-data-loss"]);
        project.ok(&["upgrade"]);
        let flags = "SELECT CASE WHEN name THEN 'T' ELSE 'F' END AS value FROM page ORDER BY id";
        assert_eq!(database.connect().texts(flags), some(&["T", "F"]), "{dialect}");
        // There is no way back for the values, and the head says so.
        let folder = project.list("migrations").last().unwrap().clone();
        let down = project.read(&format!("migrations/{folder}/down.sql"));
        assert!(down.contains("The values of column `page.name` become ''."), "{down}");
        project.ok(&["downgrade", "--allow-data-loss"]);
    }
}

const STATES: &str = "SELECT concat(state, '') AS value FROM page ORDER BY id";

fn states(variants: &str) -> String {
    model("Page", "", "#[column(default = \"open\")] pub state: State")
        + &format!("#[derive(DbEnum)]\npub enum State {{ {variants} }}\n")
}

#[test]
fn labels_are_added_renamed_and_moved() {
    for dialect in Dialect::ALL {
        let rows = "INSERT INTO page (state) VALUES ('open'), ('shut')";
        let (project, database) = on(dialect, &states("Open, Shut"), rows);
        project.models(&states("New, Closed, Open"));
        let said = project.fails(1, &["migrate", "-m", "States"]);
        assert!(
            said.contains("label \"shut\" of enum `state` → `closed`: `--rename state.shut=closed`"),
            "{said}"
        );
        project.models(&states("New, #[db_enum(renamed_from = \"shut\")] Closed, Open"));
        let said = project.ok(&["migrate", "-m", "States"]);
        assert!(said.contains("rename \"shut\" to \"closed\", add \"new\""), "{said}");
        project.ok(&["upgrade"]);
        let mut connected = database.connect();
        assert_eq!(connected.texts(STATES), some(&["open", "closed"]), "{dialect}");
        connected.execute("INSERT INTO page (state) VALUES ('new')").unwrap();
        assert!(connected.execute("INSERT INTO page (state) VALUES ('shut')").is_err(), "{dialect}");
        assert!(project.ok(&["migrate", "-m", "Again"]).contains("nothing to do"), "{dialect}");
        // What the old labels have no name for is in the way.
        project.fails(2, &["downgrade", "--allow-data-loss"]);
        assert_eq!(connected.texts(STATES), some(&["open", "closed", "new"]), "{dialect}");
        connected.execute("DELETE FROM page WHERE state = 'new'").unwrap();
        project.ok(&["downgrade", "--allow-data-loss"]);
        assert_eq!(connected.texts(STATES), some(&["open", "shut"]), "{dialect}");
    }
}

#[test]
fn a_label_that_rows_have_does_not_go() {
    for dialect in Dialect::ALL {
        let rows = "INSERT INTO page (state) VALUES ('open'), ('shut'), ('shut')";
        let (project, database) = on(dialect, &states("Open, Shut"), rows);
        project.models(&states("Open"));
        let said = project.ok(&["migrate", "-m", "One state"]);
        assert!(said.contains("Fails where a row has \"shut\" of enum `state`."), "{said}");
        let said = project.fails(2, &["upgrade"]);
        let told = match dialect {
            Dialect::Mysql => "page_state_has_a_label_that_goes",
            _ => "column page.state has labels that are to go (shut); rows: 2",
        };
        assert!(said.contains(told), "{said}");
        let mut connected = database.connect();
        assert_eq!(connected.texts(STATES), some(&["open", "shut", "shut"]), "{dialect}");
        connected.execute("UPDATE page SET state = 'open'").unwrap();
        project.ok(&["upgrade"]);
        assert!(connected.execute("INSERT INTO page (state) VALUES ('shut')").is_err(), "{dialect}");
    }
}

#[test]
fn keys_change_and_are_generated_or_not() {
    let plain = "#[derive(Table)]\n#[diesel(table_name = page, primary_key(KEY))]\npub struct Page { ID pub id: i32, pub place: i32 }";
    let with = |key: &str, id: &str| plain.replace("KEY", key).replace("ID", id);
    for dialect in Dialect::ALL {
        let rows = "INSERT INTO page (id, place) VALUES (0, 1), (5, 1)";
        let (project, database) = on(dialect, &with("id", "#[column(auto_increment = false)]"), rows);
        project.models(&with("id, place", "#[column(auto_increment = false)]"));
        project.ok(&["migrate", "-m", "Places"]);
        project.ok(&["upgrade"]);
        let mut connected = database.connect();
        connected.execute("INSERT INTO page (id, place) VALUES (5, 2)").unwrap();
        assert!(connected.execute("INSERT INTO page (id, place) VALUES (5, 2)").is_err(), "{dialect}");
        // Two rows have what is to be the key alone.
        project.fails(2, &["downgrade"]);
        connected.execute("DELETE FROM page WHERE place = 2").unwrap();
        project.models(&with("id", ""));
        project.ok(&["migrate", "-m", "Generated"]);
        project.ok(&["upgrade"]);
        connected.execute("INSERT INTO page (place) VALUES (3)").unwrap();
        let ids = connected.texts("SELECT concat(id, '') AS value FROM page ORDER BY id");
        assert_eq!(ids, some(&["0", "5", "6"]), "{dialect}");
        project.ok(&["downgrade", "base", "--allow-data-loss"]);
    }
}

/// The history of one database, in the words of the two others: the same schema by another way.
#[test]
fn a_dialect_is_added_with_the_whole_history() {
    let child = "#[column(references = Page, on_delete = cascade)] pub page_id: i32";
    let first = "#[column(max_length = 9, unique)] pub name: String";
    let then = "#[column(max_length = 20, unique, renamed_from = \"name\")] pub title: String, pub size: Option<i64>";
    for (from, to) in [
        (Dialect::Sqlite, Dialect::Postgres),
        (Dialect::Postgres, Dialect::Mysql),
        (Dialect::Mysql, Dialect::Sqlite),
    ] {
        let (project, _database) =
            on(from, &model("Page", "", first), "INSERT INTO page (name) VALUES ('a')");
        project.models(&(model("Page", "", then) + &model("Note", "", child)));
        project.ok(&["migrate", "-m", "Titles"]);
        project.ok(&["migrate", "-m", "By hand", "--empty"]);
        let names = project.list("migrations");
        let said = project.ok(&["migrate", "--add-dialect", to.name()]);
        assert!(said.contains("3 migrations") && said.contains("somebody wrote"), "{said}");
        assert!(said.contains("_by_hand") && !said.contains("_first\n  -"), "{said}");
        for dialect in [from, to] {
            assert_eq!(project.list(&format!("migrations/{dialect}")), names);
        }
        assert!(project.ok(&["migrate", "-m", "Again"]).contains("nothing to do"));
        let database = TestDatabase::new(to);
        let added = project.with("DATABASE_URL", database.url());
        added.ok(&["upgrade"]);
        let mut connected = database.connect();
        connected.execute("INSERT INTO page (title, size) VALUES ('a', 1)").unwrap();
        connected.execute("INSERT INTO note (page_id) VALUES (1)").unwrap();
        assert!(connected.execute("INSERT INTO page (title) VALUES ('a')").is_err(), "{to}");
        added.ok(&["downgrade", "base", "--allow-data-loss"]);
        assert!(added.fails(2, &["migrate", "--add-dialect", to.name()]).contains("already"), "{to}");
    }
}

#[test]
fn a_dialect_that_lacks_something_is_not_added() {
    let (project, _database) = on(Dialect::Sqlite, &model("Page", "", "pub name: String"), "SELECT 1");
    project.models(&model("Page", "", "#[column(unique)] pub name: String"));
    project.ok(&["migrate", "-m", "Unique"]);
    let before = (project.list("migrations"), project.read("fenrir.toml"));
    let said = project.fails(1, &["migrate", "--add-dialect", "mysql"]);
    let folder = &before.0[1];
    assert!(said.contains("`page`: MySQL/MariaDB indexes no text of any length"), "{said}");
    assert!(
        said.contains(&format!("(since `{folder}`)")) && said.contains(&format!("from `{folder}` on")),
        "{said}"
    );
    assert_eq!((project.list("migrations"), project.read("fenrir.toml")), before);
    assert!(project.fails(2, &["migrate"]).contains("--message"));
}

/// What only PostgreSQL's indexes have, as its own catalog tells.
#[test]
fn indexes_of_postgres_have_methods_included_columns_and_an_order_of_null() {
    let fields = "pub tags: Vec<String>, pub size: Option<i32>, pub name: String";
    let indexes = "#[table(index(columns(tags), method = gin), index(columns(size desc nulls_last, name nulls_first), \
                   include(tags), name = \"by_size\"), index(columns(name nulls_last), method = btree))]";
    let (project, database) = on(Dialect::Postgres, &model("Page", indexes, fields), "SELECT 1");
    let mut connected = database.connect();
    let defined = "SELECT split_part(indexdef, ' USING ', 2) AS value FROM pg_indexes \
                   WHERE tablename = 'page' AND indexname <> 'page_pkey' ORDER BY indexname";
    assert_eq!(
        connected.texts(defined),
        some(&[
            "btree (size DESC NULLS LAST, name NULLS FIRST) INCLUDE (tags)",
            "btree (name)",
            "gin (tags)",
        ])
    );
    project.models(&model("Page", &indexes.replace("include(tags)", "include(id)"), fields));
    project.ok(&["migrate", "-m", "Include"]);
    project.ok(&["upgrade"]);
    assert!(connected.texts(defined)[0].as_ref().unwrap().ends_with("INCLUDE (id)"));
    for (dialect, refused) in [(Dialect::Sqlite, "SQLite has"), (Dialect::Mysql, "MySQL/MariaDB has")] {
        let fields = fields.replace("Vec<String>", "i32").replace("name: String", "name: i32");
        let project = Project::new(BINARY, &[dialect.name()], &model("Page", indexes, &fields));
        let said = project.fails(2, &["migrate", "-m", "Indexes"]);
        for what in ["no indexes by `gin`", "no indexes that hold other columns", "one place for NULL"] {
            assert!(said.contains(&format!("{refused} {what}")), "{said}");
        }
    }
}

/// A label of digits is a number to MySQL, and one of another case the same: neither becomes another.
#[test]
fn values_are_compared_character_by_character() {
    let digits = |variants: &str| {
        model("Page", "", "pub state: State")
            + &format!("#[derive(DbEnum)]\npub enum State {{ {variants} }}\n")
    };
    let (one, two, three) =
        ("#[db_enum(rename = \"1\")] A", "#[db_enum(rename = \"2\")] B", "#[db_enum(rename = \"3\")] C");
    for dialect in Dialect::ALL {
        let rows = "INSERT INTO page (state) VALUES ('1'), ('2'), ('3')";
        let (project, database) = on(dialect, &digits(&format!("{one}, {two}, {three}")), rows);
        project.models(&digits(&format!("{one}, {three}")));
        project.ok(&["migrate", "-m", "Two"]);
        project.fails(2, &["upgrade"]);
        assert_eq!(database.connect().texts(STATES), some(&["1", "2", "3"]), "{dialect}");

        let text = model("Page", "", "#[column(max_length = 9)] pub state: String");
        let rows = "INSERT INTO page (state) VALUES ('open'), ('OPEN'), ('1')";
        let (project, database) = on(dialect, &text, rows);
        project.models(&digits("Open, Shut"));
        project.ok(&["migrate", "-m", "Labels"]);
        project.fails(2, &["upgrade"]);
        let mut connected = database.connect();
        assert_eq!(connected.texts(STATES), some(&["open", "OPEN", "1"]), "{dialect}");
        connected.execute("DELETE FROM page WHERE id > 1").unwrap();
        project.ok(&["upgrade"]);
        assert_eq!(connected.texts(STATES), some(&["open"]), "{dialect}");
    }
}

#[test]
fn labels_change_their_names_among_themselves_and_do_not_become_one() {
    for dialect in Dialect::ALL {
        let rows = "INSERT INTO page (state) VALUES ('open'), ('shut')";
        let (project, database) = on(dialect, &states("Open, Shut"), rows);
        let one = ["migrate", "-m", "One", "--rename", "state.open=shut"];
        assert!(project.fails(2, &one).contains("is another label of it"), "{dialect}");
        project.ok(&["migrate", "-m", "Swap", "--rename", "state.open=shut", "--rename", "state.shut=open"]);
        project.ok(&["upgrade"]);
        assert_eq!(database.connect().texts(STATES), some(&["shut", "open"]), "{dialect}");
        project.ok(&["downgrade"]);
        assert_eq!(database.connect().texts(STATES), some(&["open", "shut"]), "{dialect}");
    }
}

/// All of them have the new labels, and no name that is no more.
#[test]
fn what_fills_a_column_reads_the_others_by_their_new_names() {
    for dialect in Dialect::ALL {
        let rows = "INSERT INTO page (state) VALUES ('open'), ('shut')";
        let (project, database) = on(dialect, &states("Open, Shut"), rows);
        let renamed = states("#[db_enum(renamed_from = \"shut\")] Closed, Open");
        let field = "#[column(backfill = \"CASE WHEN state = 'closed' THEN 7 ELSE 0 END\")] pub code: i32, ";
        project.models(&renamed.replace("#[column(default", &format!("{field}#[column(default")));
        project.ok(&["migrate", "-m", "Codes"]);
        project.ok(&["upgrade"]);
        let codes = database.connect().texts("SELECT concat(code, '') AS value FROM page ORDER BY id");
        assert_eq!(codes, some(&["0", "7"]), "{dialect}");

        let fields = "pub a: i32, pub b: i32";
        let (project, _database) = on(dialect, &model("Page", "", fields), "SELECT 1");
        let renamed = "#[column(renamed_from = \"a\")] pub c: i32, #[column(using = \"a + 1\")] pub b: i64";
        project.models(&model("Page", "", renamed));
        let said = project.fails(2, &["migrate", "-m", "Old name", "--allow-data-loss"]);
        assert!(said.contains("names the column `a`, which is renamed: use its new name"), "{said}");
        let both = "#[column(using = \"a / 10\")] pub a: i64, #[column(using = \"a + b\")] pub b: i64";
        project.models(&model("Page", "", both));
        let said = project.fails(2, &["migrate", "-m", "Both", "--allow-data-loss"]);
        assert!(said.contains("names the column `a`, which is changed with it"), "{said}");
        assert_eq!(project.list("migrations").len(), 1);
    }
}

/// A check and an index of some rows mean the new type, as they do where the table is made anew.
#[test]
fn what_names_a_column_follows_its_type() {
    for dialect in [Dialect::Postgres, Dialect::Sqlite] {
        let attributes =
            "#[table(check = \"v > '5'\", index(columns(id), where = \"v > '5'\", name = \"large\"))]";
        let field = "#[column(max_length = 9)] pub v: String";
        let (project, database) =
            on(dialect, &model("Page", attributes, field), "INSERT INTO page (v) VALUES ('7')");
        project.models(&model("Page", attributes, "pub v: i32"));
        project.ok(&["migrate", "-m", "Numbers"]);
        project.ok(&["upgrade"]);
        if dialect == Dialect::Postgres {
            let mut connected = database.connect();
            connected.execute("INSERT INTO page (v) VALUES (10)").unwrap();
            let wanted = "SELECT pg_get_constraintdef(oid) AS value FROM pg_constraint \
                          WHERE contype = 'c' AND conrelid = 'page'::regclass";
            assert_eq!(connected.texts(wanted), some(&["CHECK ((v > 5))"]));
        }
    }
}

#[test]
fn two_tables_change_their_names_with_their_keys() {
    for dialect in Dialect::ALL {
        let models =
            model("Page", "", "#[column(unique)] pub size: i32") + &model("Note", "", "pub size: i32");
        let rows = "INSERT INTO page (size) VALUES (1); INSERT INTO note (size) VALUES (2), (3)";
        let (project, database) = on(dialect, &models, rows);
        project.models(
            &(model("Note", "", "#[column(unique)] pub size: i32") + &model("Page", "", "pub size: i32")),
        );
        project.ok(&["migrate", "-m", "Swap", "--rename", "page=note", "--rename", "note=page"]);
        project.ok(&["upgrade"]);
        let mut connected = database.connect();
        assert_eq!((connected.count("page"), connected.count("note")), (2, 1), "{dialect}");
        project.ok(&["downgrade"]);
        assert_eq!((connected.count("page"), connected.count("note")), (1, 2), "{dialect}");
    }
}

#[test]
fn a_column_leaves_the_key_and_may_be_null() {
    let plain = "#[derive(Table)]\n#[diesel(table_name = page, primary_key(KEY))]\n\
                 pub struct Page { #[column(auto_increment = false)] pub id: i32, pub place: PLACE }";
    let with = |key: &str, place: &str| plain.replace("KEY", key).replace("PLACE", place);
    for dialect in Dialect::ALL {
        let rows = "INSERT INTO page (id, place) VALUES (1, 1), (2, 1)";
        let (project, database) = on(dialect, &with("id, place", "i32"), rows);
        project.models(&with("id", "Option<i32>"));
        project.ok(&["migrate", "-m", "Free"]);
        project.ok(&["upgrade"]);
        let mut connected = database.connect();
        connected.execute("INSERT INTO page (id) VALUES (3)").unwrap();
        connected.execute("DELETE FROM page WHERE id = 3").unwrap();
        project.ok(&["downgrade", "--allow-data-loss"]);
        assert!(connected.execute("INSERT INTO page (id) VALUES (4)").is_err(), "{dialect}");
    }
}

/// SQLite computes in floats, which have not all digits of a whole number.
#[test]
fn whole_numbers_keep_their_digits() {
    let number = |precision| {
        format!("#[column(sql_type = Numeric, precision = {precision}, scale = 0)] pub size: String")
    };
    for dialect in Dialect::ALL {
        let rows = "INSERT INTO page (size) VALUES (123456789012345678)";
        let (project, database) = on(dialect, &model("Page", "", &number(18)), rows);
        project.models(&model("Page", "", &number(20)));
        project.ok(&["migrate", "-m", "More"]);
        project.ok(&["upgrade"]);
        let sizes = "SELECT concat(size, '') AS value FROM page";
        assert_eq!(database.connect().texts(sizes), some(&["123456789012345678"]), "{dialect}");
    }
}

/// Whatever a column is called.
#[test]
fn a_label_goes_from_a_column_called_number() {
    let models = |variants: &str| {
        model("Page", "", "pub number: State")
            + &format!("#[derive(DbEnum)]\npub enum State {{ {variants} }}\n")
    };
    for dialect in Dialect::ALL {
        let rows = "INSERT INTO page (number) VALUES ('open')";
        let (project, _database) = on(dialect, &models("Open, Shut"), rows);
        project.models(&models("Open"));
        project.ok(&["migrate", "-m", "One"]);
        project.ok(&["upgrade"]);
    }
}

/// What a deferred foreign key still has to look at is in the way of nothing.
#[test]
fn rows_are_filled_under_a_deferred_foreign_key() {
    let parent = "#[column(references = Page, initially_deferred)] pub page_id: Option<i32>";
    for dialect in [Dialect::Postgres, Dialect::Sqlite] {
        let fields = format!("{parent}, pub size: Option<i32>");
        let rows = "INSERT INTO page (page_id, size) VALUES (1, NULL), (1, 5)";
        let (project, database) = on(dialect, &model("Page", "", &fields), rows);
        let filled = format!(
            "{parent}, #[column(backfill = \"7\")] pub size: i64, #[column(backfill = \"8\")] pub more: i32"
        );
        project.models(
            &model("Page", "", &filled)
                .replace("pub id: i32", "pub id: i64")
                .replace("Option<i32>", "Option<i64>"),
        );
        project.ok(&["migrate", "-m", "Fill"]);
        project.ok(&["upgrade"]);
        let sizes = "SELECT concat(size, ' ', more) AS value FROM page ORDER BY id";
        assert_eq!(database.connect().texts(sizes), some(&["7 8", "5 8"]), "{dialect}");
        project.ok(&["downgrade", "--allow-data-loss"]);
    }
}

/// A column that goes is in the way of nothing, whatever it holds.
#[test]
fn a_label_goes_with_the_column_that_has_it() {
    let note = model("Note", "", "pub state: State");
    let models =
        |page: &str, labels: &str| format!("{page}{note}#[derive(DbEnum)]\npub enum State {{ {labels} }}\n");
    for dialect in Dialect::ALL {
        let with = models(&model("Page", "", "pub size: i32, pub state: State"), "Open, Shut");
        let rows =
            "INSERT INTO page (size, state) VALUES (1, 'shut'); INSERT INTO note (state) VALUES ('open')";
        let (project, database) = on(dialect, &with, rows);
        project.models(&models(&model("Page", "", "pub size: i32"), "Open"));
        project.ok(&["migrate", "-m", "Open only", "--allow-data-loss"]);
        project.ok(&["upgrade"]);
        let mut connected = database.connect();
        assert_eq!((connected.count("page"), connected.count("note")), (1, 1), "{dialect}");
        assert!(connected.execute("INSERT INTO note (state) VALUES ('shut')").is_err(), "{dialect}");
        project.ok(&["downgrade", "--allow-data-loss"]);
        connected.execute("INSERT INTO note (state) VALUES ('shut')").unwrap();
    }
}

/// MySQL has no way to it, and says so before anything is written; the others convert the key.
#[test]
fn a_key_is_converted_by_an_expression() {
    let key = |field: &str| {
        format!(
            "#[derive(Table)]\n#[diesel(table_name = page)]\npub struct Page {{ {field}, pub size: i32 }}\n"
        )
    };
    for dialect in Dialect::ALL {
        let before = key("#[column(auto_increment = false)] pub id: i32");
        let (project, database) = on(dialect, &before, "INSERT INTO page (id, size) VALUES (3, 1)");
        project.models(&key("#[column(auto_increment = false, using = \"id * 10\")] pub id: i64"));
        let migrate = ["migrate", "-m", "Tens", "--allow-data-loss"];
        if !dialect.converts_keys() {
            assert!(
                project.fails(2, &migrate).contains("`using` cannot be given for `page.id` on MySQL/MariaDB")
            );
            assert_eq!(project.list("migrations").len(), 1);
            continue;
        }
        project.ok(&migrate);
        project.ok(&["upgrade"]);
        let ids = database.connect().texts("SELECT concat(id, '') AS value FROM page");
        assert_eq!(ids, some(&["30"]), "{dialect}");
    }
}

#[test]
fn values_move_out_of_a_table_that_goes() {
    let author = model("Author", "", "#[column(max_length = 9)] pub name: String");
    let pointing = "#[column(references = Author)] pub author_id: i32";
    let filled = "#[column(max_length = 9, backfill = \"(SELECT name FROM author WHERE author.id = page.author_id)\")] \
                  pub author_name: String";
    for dialect in Dialect::ALL {
        let rows =
            "INSERT INTO author (name) VALUES ('a'), ('b'); INSERT INTO page (author_id) VALUES (2), (1)";
        let (project, database) = on(dialect, &(author.clone() + &model("Page", "", pointing)), rows);
        project.models(&model("Page", "", filled));
        project.ok(&["migrate", "-m", "Move", "--allow-data-loss", "--no-renames"]);
        project.ok(&["upgrade"]);
        let authors = "SELECT author_name AS value FROM page ORDER BY id";
        assert_eq!(database.connect().texts(authors), some(&["b", "a"]), "{dialect}");
        // Nothing is left that they could point at.
        database.connect().execute("DELETE FROM page").unwrap();
        project.ok(&["downgrade", "--allow-data-loss"]);
        assert_eq!(database.connect().count("author"), 0, "{dialect}");
        assert!(database.connect().execute("INSERT INTO page (author_id) VALUES (1)").is_err(), "{dialect}");
    }
}

#[test]
fn a_generated_key_takes_the_place_of_another_and_gives_it_back() {
    let of = |fields: &str| {
        format!("#[derive(Table)]\n#[diesel(table_name = page)]\npub struct Page {{ {fields} }}\n")
    };
    let by_code =
        of("#[column(max_length = 9, primary_key)] pub code: String, #[column(index)] pub number: i32");
    let by_id = of("pub id: i32, #[column(max_length = 9, unique)] pub code: String, pub number: i32");
    let codes = "SELECT code AS value FROM page ORDER BY code";
    for dialect in Dialect::ALL {
        let rows = "INSERT INTO page (code, number) VALUES ('a', 1), ('b', 2), ('c', 3)";
        let (project, database) = on(dialect, &by_code, rows);
        project.models(&by_id);
        project.ok(&["migrate", "-m", "Numbered"]);
        project.ok(&["upgrade"]);
        let mut connected = database.connect();
        let text = if dialect == Dialect::Mysql { "char" } else { "text" };
        let ids = format!("SELECT cast(id AS {text}) AS value FROM page ORDER BY id");
        assert_eq!(connected.texts(&ids), some(&["1", "2", "3"]), "{dialect}");
        connected.execute("INSERT INTO page (code, number) VALUES ('d', 4)").unwrap();
        assert_eq!(connected.texts(&ids), some(&["1", "2", "3", "4"]), "{dialect}");
        // And backwards: the numbers are others, and each row has one.
        project.ok(&["downgrade", "--allow-data-loss"]);
        assert_eq!(connected.texts(codes), some(&["a", "b", "c", "d"]), "{dialect}");
        assert!(connected.execute("INSERT INTO page (code, number) VALUES ('a', 1)").is_err(), "{dialect}");

        // The other way round, in another database.
        let rows = "INSERT INTO page (code, number) VALUES ('a', 1), ('b', 2), ('c', 3)";
        let (project, database) = on(dialect, &by_id, rows);
        project.models(&by_code);
        project.ok(&["migrate", "-m", "By code", "--allow-data-loss"]);
        project.ok(&["upgrade"]);
        project.ok(&["downgrade"]);
        let mut connected = database.connect();
        assert_eq!(connected.texts(&ids).len(), 3, "{dialect}");
        connected.execute("INSERT INTO page (code, number) VALUES ('d', 4)").unwrap();
        assert_eq!(connected.texts(codes).len(), 4, "{dialect}");
    }
}

#[test]
fn a_key_that_was_given_comes_back_with_numbers() {
    let of = |fields: &str| {
        format!("#[derive(Table)]\n#[diesel(table_name = page)]\npub struct Page {{ {fields} }}\n")
    };
    let given =
        of("#[column(auto_increment = false)] pub id: i32, #[column(max_length = 9)] pub code: String");
    let by_code = of("#[column(max_length = 9, primary_key)] pub code: String");
    for dialect in Dialect::ALL {
        let rows = "INSERT INTO page (id, code) VALUES (7, 'a'), (8, 'b'), (9, 'c')";
        let (project, database) = on(dialect, &given, rows);
        project.models(&by_code);
        project.ok(&["migrate", "-m", "By code", "--allow-data-loss"]);
        project.ok(&["upgrade"]);
        project.ok(&["downgrade"]);
        assert_eq!(database.connect().count("page WHERE id > 0"), 3, "{dialect}");
    }
}

#[test]
fn a_name_changes_in_case_only() {
    let of = |table: &str, column: &str| {
        format!(
            "#[derive(Table)]\n#[diesel(table_name = page)]\n#[table(name = \"{table}\")]\npub struct Page {{ pub id: i32, \
             #[column(name = \"{column}\", unique, max_length = 9)] pub name: String }}\n"
        ) + &model("Note", "", "#[column(references = Page, on_delete = cascade)] pub page_id: i32")
    };
    for dialect in Dialect::ALL {
        let rows = "INSERT INTO page (name) VALUES ('a'); INSERT INTO note (page_id) VALUES (1)";
        let (project, database) = on(dialect, &of("page", "name"), rows);
        project.models(&of("Page", "Name"));
        project.ok(&["migrate", "-m", "Case", "--rename", "page=Page", "--rename", "Page.name=Name"]);
        project.ok(&["upgrade"]);
        let quote = |name: &str| dialect.quote(&fenrir_migrate::Identifier::new(name).unwrap());
        let (table, column) = (quote("Page"), quote("Name"));
        let mut connected = database.connect();
        assert_eq!(connected.count(&format!("{table} WHERE {column} = 'a'")), 1, "{dialect}");
        assert_eq!(connected.count("note"), 1, "{dialect}");
        assert!(project.ok(&["migrate", "-m", "Again"]).contains("nothing to do"), "{dialect}");
        project.ok(&["downgrade"]);
        assert_eq!(connected.texts(NAMES), some(&["a"]), "{dialect}");
        connected.execute("DELETE FROM page").unwrap();
        assert_eq!(connected.count("note"), 0, "{dialect}");
    }
}

#[test]
fn a_table_and_an_enum_change_their_names() {
    let of = |table: &str, name: &str| {
        format!(
            "#[derive(Table)]\n#[diesel(table_name = page)]\n#[table(name = \"{table}\")]\npub struct Page {{ pub id: i32, \
             pub mood: Option<Mood> }}\n#[derive(DbEnum)] #[db_enum(name = \"{name}\")] pub enum Mood {{ Glad, Sad }}\n"
        )
    };
    for dialect in Dialect::ALL {
        let (project, database) = on(dialect, &of("page", "mood"), "INSERT INTO page (mood) VALUES ('sad')");
        project.models(&of("mood", "page"));
        project.ok(&["migrate", "-m", "Swap", "--rename", "page=mood", "--rename", "mood=page"]);
        project.ok(&["upgrade"]);
        assert_eq!(database.connect().count("mood WHERE mood = 'sad'"), 1, "{dialect}");
        project.ok(&["downgrade"]);
        assert_eq!(database.connect().count("page WHERE mood = 'sad'"), 1, "{dialect}");
        // One takes the name of the other, which goes.
        let none = model("Page", "#[table(name = \"page\")]", "pub size: Option<i32>");
        project.models(&none);
        project.ok(&["migrate", "-m", "Less", "--rename", "mood=page", "--no-renames", "--allow-data-loss"]);
        project.ok(&["upgrade"]);
        assert_eq!(database.connect().count("page"), 1, "{dialect}");
        project.ok(&["downgrade"]);
        assert_eq!(database.connect().count("mood WHERE mood IS NULL"), 1, "{dialect}");
    }
}

#[test]
fn an_index_that_names_a_label_which_goes_or_is_renamed_is_refused() {
    let of = |labels: &str, predicate: &str| {
        model("Page", &format!("#[table(index(columns(id), where = \"{predicate}\"))]"), "pub mood: Mood")
            + &format!("#[derive(DbEnum)] pub enum Mood {{ {labels} }}")
    };
    for dialect in [Dialect::Postgres, Dialect::Sqlite] {
        let (project, database) =
            on(dialect, &of("Glad, Sad", "mood <> 'sad'"), "INSERT INTO page (mood) VALUES ('sad')");
        for (labels, why) in
            [("Glad", "goes"), ("Glad, #[db_enum(renamed_from = \"sad\")] Blue", "is renamed")]
        {
            project.models(&of(labels, "mood <> 'sad'"));
            let said = project.fails(2, &["migrate", "-m", "Labels", "--allow-data-loss"]);
            let wanted = format!(
                "the index `page_id_idx` of `page` names the label \"sad\" of the enum `mood`, which {why}"
            );
            assert!(said.contains(&wanted), "{said}");
        }
        project.models(&of("Glad, #[db_enum(renamed_from = \"sad\")] Blue", "mood <> 'blue'"));
        project.ok(&["migrate", "-m", "Labels"]);
        project.ok(&["upgrade"]);
        assert_eq!(database.connect().count("page WHERE mood = 'blue'"), 1, "{dialect}");
        project.ok(&["downgrade"]);
        assert_eq!(database.connect().count("page WHERE mood = 'sad'"), 1, "{dialect}");
    }
}

#[test]
fn a_label_is_renamed_while_a_column_that_has_it_becomes_text() {
    let before = "#[derive(DbEnum)] pub enum State { Busy, Idle }".to_owned()
        + &model("Page", "", "pub old: State, pub name: State")
        + &model("Note", "", "pub name: State");
    let after = "#[derive(DbEnum)] pub enum State { #[db_enum(renamed_from = \"busy\")] Active, Idle }"
        .to_owned()
        + &model("Page", "", "pub old: State, pub name: String")
        + &model("Note", "", "pub name: String");
    for dialect in Dialect::ALL {
        let rows = "INSERT INTO page (old, name) VALUES ('busy', 'busy'), ('idle', 'idle'); \
                    INSERT INTO note (name) VALUES ('busy'), ('idle')";
        let (project, database) = on(dialect, &before, rows);
        let mut connected = database.connect();
        project.models(&after);
        project.ok(&["migrate", "-m", "Text", "--allow-data-loss"]);
        project.ok(&["upgrade"]);
        let text = |old: &str| format!("SELECT CAST({old} AS CHAR(20)) AS value FROM page ORDER BY id");
        let trimmed = |values: Vec<Option<String>>| -> Vec<_> {
            values.into_iter().flatten().map(|value| value.trim_end().to_owned()).collect()
        };
        assert_eq!(trimmed(connected.texts(&text("old"))), ["active", "idle"], "{dialect}");
        project.ok(&["downgrade", "--allow-data-loss"]);
        for column in ["old", "name"] {
            assert_eq!(trimmed(connected.texts(&text(column))), ["busy", "idle"], "{dialect} {column}");
        }
        let of_note = text("name").replace("page", "note");
        assert_eq!(trimmed(connected.texts(&of_note)), ["busy", "idle"], "{dialect}");
    }
}

#[test]
fn the_way_back_looks_at_rows_before_it_gives_a_column_its_old_name() {
    let before =
        "#[derive(DbEnum)] pub enum State { Busy, Idle }".to_owned() + &model("Page", "", "pub state: State");
    let after = model("Page", "", "#[column(renamed_from = \"state\")] pub title: String");
    for dialect in Dialect::ALL {
        let (project, database) = on(dialect, &before, "INSERT INTO page (state) VALUES ('busy')");
        project.models(&after);
        project.ok(&["migrate", "-m", "Text", "--allow-data-loss"]);
        project.ok(&["upgrade"]);
        let mut connected = database.connect();
        // MySQL would take it for the second label.
        connected.execute("INSERT INTO page (title) VALUES ('2')").unwrap();
        project.fails(2, &["downgrade", "--allow-data-loss"]);
        assert_eq!(connected.texts(TITLES), some(&["busy", "2"]), "{dialect}");
        connected.execute("DELETE FROM page WHERE title = '2'").unwrap();
        project.ok(&["downgrade", "--allow-data-loss"]);
        assert_eq!(connected.count("page"), 1, "{dialect}");
    }
}
