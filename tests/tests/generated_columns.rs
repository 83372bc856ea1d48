//! Columns that the database computes from others, with rows in the tables, up and down.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use fenrir_migrate::Dialect;
use fenrir_tests::command::{Project, migrated, model};
use fenrir_tests::database::TestDatabase;

const BINARY: &str = env!("CARGO_BIN_EXE_fenrir-under-test");

fn on(dialect: Dialect, models: &str, rows: &str) -> (Project, TestDatabase) {
    migrated(BINARY, dialect, models, rows)
}

/// A page of a number and another column.
fn page(field: &str) -> String {
    model("Page", "", &format!("pub n: i32, {field}"))
}

fn generated(expression: &str, more: &str) -> String {
    page(&format!("#[column(generated = \"{expression}\", {more})] pub g: Option<i32>"))
}

/// The values of a column, in the order of the key.
fn values(database: &TestDatabase, column: &str) -> Vec<String> {
    let text = if database.dialect() == Dialect::Mysql { "char" } else { "text" };
    let sql = format!("SELECT CAST({column} AS {text}) AS value FROM page ORDER BY id");
    let values = database.connect().texts(&sql);
    values.into_iter().map(|value| value.unwrap_or_else(|| "NULL".to_owned())).collect()
}

const ROWS: &str = "INSERT INTO page (n) VALUES (1), (20)";

#[test]
fn it_is_computed_and_changed_and_dropped() {
    for dialect in Dialect::ALL {
        let (project, database) = on(dialect, &page(""), ROWS);
        project.models(&generated("n * 2", "stored"));
        assert!(project.ok(&["migrate", "-m", "Twice"]).contains("add column `page.g`"));
        project.ok(&["upgrade"]);
        assert_eq!(values(&database, "g"), ["2", "40"], "{dialect}");
        assert!(database.connect().execute("INSERT INTO page (n, g) VALUES (1, 1)").is_err(), "{dialect}");

        project.models(&generated("n * 3", "stored"));
        let said = project.ok(&["migrate", "-m", "Thrice"]);
        assert!(said.contains("change column `page.g`: computed otherwise"), "{said}");
        project.ok(&["upgrade"]);
        database.connect().execute("UPDATE page SET n = 5 WHERE n = 1").unwrap();
        assert_eq!(values(&database, "g"), ["15", "60"], "{dialect}");
        project.ok(&["downgrade"]);
        assert_eq!(values(&database, "g"), ["10", "40"], "{dialect}");
        project.ok(&["upgrade"]);

        // What it holds can be computed again.
        project.models(&page(""));
        project.ok(&["migrate", "-m", "Not at all"]);
        project.ok(&["upgrade"]);
        project.ok(&["downgrade"]);
        assert_eq!(values(&database, "g"), ["15", "60"], "{dialect}");
        assert_eq!(values(&database, "n"), ["5", "20"], "{dialect}");
        assert!(!project.newest("down.sql").contains("not brought back"), "{dialect}");
    }
}

#[test]
fn when_it_is_computed_can_change() {
    for dialect in [Dialect::Sqlite, Dialect::Mysql] {
        let (project, database) = on(dialect, &generated("n * 2", "virtual, index"), ROWS);
        for (kind, said) in [("stored", "stored"), ("virtual", "virtual")] {
            project.models(&generated("n * 2", &format!("{kind}, index")));
            let text = project.ok(&["migrate", "-m", kind]);
            assert!(text.contains(&format!("change column `page.g`: {said}")), "{text}");
            project.ok(&["upgrade"]);
            assert_eq!(values(&database, "g"), ["2", "40"], "{dialect} {kind}");
        }
        project.ok(&["downgrade", "-2"]);
        assert_eq!(values(&database, "g"), ["2", "40"], "{dialect}");
    }
}

#[test]
fn one_that_is_so_no_more_keeps_what_it_holds() {
    for dialect in Dialect::ALL {
        let kinds: &[&str] = if dialect == Dialect::Postgres { &["stored"] } else { &["stored", "virtual"] };
        for kind in kinds {
            let (project, database) = on(dialect, &generated("n * 2", kind), ROWS);
            project.models(&page("#[column(default = 7)] pub g: i64"));
            let said = project.ok(&["migrate", "-m", "Plain"]);
            assert!(said.contains("change column `page.g`: no longer computed"), "{said}");
            assert!(said.contains("Integer → BigInt, another default, NOT NULL"), "{said}");
            project.ok(&["upgrade"]);
            let mut connected = database.connect();
            connected.execute("UPDATE page SET n = 9; INSERT INTO page (n, g) VALUES (3, 5)").unwrap();
            assert_eq!(values(&database, "g"), ["2", "40", "5"], "{dialect} {kind}");
            // What it holds by then was never its own before.
            assert!(project.fails(1, &["downgrade"]).contains("column `page.g`"), "{dialect} {kind}");
            project.ok(&["downgrade", "--allow-data-loss"]);
            assert_eq!(values(&database, "g"), ["18", "18", "6"], "{dialect} {kind}");
        }
    }
}

#[test]
fn a_plain_one_that_becomes_so_loses_its_values() {
    for dialect in Dialect::ALL {
        let rows = "INSERT INTO page (n, g) VALUES (1, 'a'), (20, 'b')";
        let text = page("#[column(max_length = 9, unique)] pub g: String");
        let (project, database) = on(dialect, &text, rows);
        project.models(&generated("n * 2", "stored, unique"));
        let said = project.fails(1, &["migrate", "-m", "Computed"]);
        assert!(said.contains("column `page.g`, whose values become what is generated"), "{said}");
        project.ok(&["migrate", "-m", "Computed", "--allow-data-loss"]);
        let down = project.newest("down.sql");
        assert!(down.contains("The values of column `page.g` become ''"), "{down}");
        assert!(down.contains("The old values of column `page.g` are not brought back."), "{down}");
        project.ok(&["upgrade"]);
        assert_eq!(values(&database, "g"), ["2", "40"], "{dialect}");
        // Two of them are not unique, and nothing changes.
        project.fails(2, &["downgrade"]);
        if dialect.undoes_ddl() {
            assert_eq!(values(&database, "g"), ["2", "40"], "{dialect}");
            database.connect().execute("DELETE FROM page WHERE n = 20").unwrap();
            project.ok(&["downgrade"]);
            assert_eq!(values(&database, "g"), [""], "{dialect}");
        }
    }
}

/// A page whose generated column has everything that can hang on it.
fn entwined(n: &str, expression: &str) -> String {
    let attributes = "#[table(check(name = \"page_g\", expr = \"g > n\"), index(columns(g desc, n), name = \"page_gn\"), \
                      unique(columns(g, id), name = \"page_gid\"))]";
    let fields = format!("{n}, #[column(generated = \"{expression}\", stored, unique)] pub g: Option<i32>");
    let note = "#[column(references = Page(g))] pub page: Option<i32>";
    let other = "pub m: i32, #[column(generated = \"m * 2\", stored, references = Page(g), on_delete = cascade)] pub of: Option<i32>";
    [model("Page", attributes, &fields), model("Note", "", note), model("Other", "", other)].concat()
}

const ENTWINED: &str = "INSERT INTO page (n) VALUES (1), (20); INSERT INTO note (page) VALUES (2), (40); \
                        INSERT INTO other (m) VALUES (1), (20)";

/// All that hangs on it is there: two rows of one value, a value that the check refuses, and notes of no page.
fn assert_entwined(database: &TestDatabase, columns: &str) {
    let mut connected = database.connect();
    for refused in [
        format!("INSERT INTO page ({columns}) VALUES (20)"),
        format!("INSERT INTO page ({columns}) VALUES (-5)"),
        "INSERT INTO note (page) VALUES (9)".to_owned(),
        "INSERT INTO other (m) VALUES (9)".to_owned(),
    ] {
        assert!(connected.execute(&refused).is_err(), "{}: {refused}", database.dialect());
    }
    let index = match database.dialect() {
        Dialect::Postgres => "SELECT indexdef AS value FROM pg_indexes WHERE indexname = 'page_gn'",
        Dialect::Sqlite => "SELECT sql AS value FROM sqlite_master WHERE name = 'page_gn'",
        Dialect::Mysql => {
            "SELECT index_name AS value FROM information_schema.statistics WHERE table_schema = database() AND \
             index_name = 'page_gn' AND seq_in_index = 1"
        }
    };
    assert_eq!(connected.texts(index).len(), 1, "{}", database.dialect());
    assert_eq!((connected.count("note"), connected.count("other")), (2, 2), "{}", database.dialect());
}

#[test]
fn what_it_is_computed_from_becomes_another() {
    for dialect in Dialect::ALL {
        let (project, database) = on(dialect, &entwined("pub n: i32", "n * 2"), ENTWINED);
        assert_entwined(&database, "n");
        project.models(&entwined("pub n: i64", "n * 2"));
        project.ok(&["migrate", "-m", "Wider"]);
        project.ok(&["upgrade"]);
        assert_entwined(&database, "n");
        project.ok(&["downgrade"]);
        assert_entwined(&database, "n");
        assert_eq!(values(&database, "g"), ["2", "40"], "{dialect}");
    }
}

#[test]
fn what_it_is_computed_from_is_renamed() {
    const RENAMED: &str = "#[column(renamed_from = \"n\")] pub number: i32";
    // No database but one has this name without quotes, so the expression has to be written anew.
    const RESERVED: &str = "#[column(renamed_from = \"n\", name = \"order\")] pub number: i32";
    let checked = |models: String, name: &str| {
        models.replace("g > n", &format!("g > {name}")).replace("(g desc, n)", "(g desc, number)")
    };
    for dialect in Dialect::ALL {
        let quoted = match dialect {
            Dialect::Mysql => "`order`",
            _ => "\\\"order\\\"",
        };
        for (field, name) in [(RENAMED, "number"), (RESERVED, quoted)] {
            let (project, database) = on(dialect, &entwined("pub n: i32", "n * 2"), ENTWINED);
            project.models(&checked(entwined(field, &format!("{name} * 2")), name));
            let said = project.ok(&["migrate", "-m", "Number"]);
            assert!(said.contains("rename column `page.n`"), "{said}");
            project.ok(&["upgrade"]);
            assert_entwined(&database, &name.replace('\\', ""));
            assert_eq!(values(&database, "g"), ["2", "40"], "{dialect}");
            project.ok(&["downgrade"]);
            assert_entwined(&database, "n");
        }
    }
}

/// Neither expression fits what is there in between.
#[test]
fn it_is_computed_otherwise_from_what_becomes_another() {
    for dialect in Dialect::ALL {
        let (project, database) = on(dialect, &generated("n - 1", "stored, unique"), ROWS);
        project.models(
            &generated("CASE WHEN n = 'x' THEN -1 ELSE length(n) END", "stored, unique")
                .replace("pub n: i32", "#[column(max_length = 11)] pub n: String"),
        );
        project.ok(&["migrate", "-m", "Lengths"]);
        project.ok(&["upgrade"]);
        assert_eq!(values(&database, "g"), ["1", "2"], "{dialect}");
        assert!(database.connect().execute("INSERT INTO page (n) VALUES ('ab')").is_err(), "{dialect}");
        project.ok(&["downgrade"]);
        assert_eq!(values(&database, "g"), ["0", "19"], "{dialect}");
        assert!(database.connect().execute("INSERT INTO page (n) VALUES (20)").is_err(), "{dialect}");
    }
}

/// On MySQL and MariaDB another column takes the place of the one that is converted.
#[test]
fn what_it_is_computed_from_is_converted_by_an_expression() {
    for dialect in Dialect::ALL {
        let (project, database) = on(dialect, &entwined("pub n: i32", "n * 2"), ENTWINED);
        project.models(&entwined("#[column(using = \"n + 0\")] pub n: i64", "n * 2"));
        project.ok(&["migrate", "-m", "Wider", "--allow-data-loss"]);
        project.ok(&["upgrade"]);
        assert_entwined(&database, "n");
        assert_eq!(values(&database, "g"), ["2", "40"], "{dialect}");
    }
}

#[test]
fn what_it_is_computed_from_cannot_go() {
    let (project, _database) =
        on(Dialect::Sqlite, &page("pub m: i32, #[column(generated = \"m + n\", virtual)] pub g: i32"), "");
    project.models(&page("#[column(generated = \"m + n\", virtual)] pub g: i32"));
    let said = project.fails(2, &["migrate", "-m", "Without", "--allow-data-loss"]);
    assert!(
        said.contains("the generated column `g` of `page` names the column `m`, which is dropped"),
        "{said}"
    );
    // With it, it can.
    project.models(&page(""));
    project.ok(&["migrate", "-m", "Without", "--allow-data-loss"]);
    project.ok(&["upgrade"]);
    project.ok(&["downgrade"]);
}

/// It is computed when all others are there.
#[test]
fn nothing_is_filled_from_one_that_comes() {
    let (project, _database) = on(Dialect::Sqlite, &page("pub m: Option<i32>"), "");
    project.models(&page(
        "#[column(backfill = \"g\")] pub m: i32, #[column(generated = \"n * 2\", stored)] pub g: Option<i32>",
    ));
    let said = project.fails(2, &["migrate", "-m", "Filled"]);
    assert!(said.contains("what fills `page.m` names the column `g`, which is changed with it"), "{said}");
}

#[test]
fn both_it_and_what_it_is_computed_from_come_and_go() {
    for dialect in Dialect::ALL {
        let (project, database) = on(dialect, &page(""), ROWS);
        // In the models it stands before.
        let more =
            "#[column(generated = \"m * 2\", stored)] pub g: Option<i32>, #[column(default = 4)] pub m: i32";
        project.models(&page(more));
        project.ok(&["migrate", "-m", "Both"]);
        project.ok(&["upgrade"]);
        assert_eq!(values(&database, "g"), ["8", "8"], "{dialect}");
        project.ok(&["downgrade", "--allow-data-loss"]);
        project.ok(&["upgrade"]);
        project.models(&page(""));
        project.ok(&["migrate", "-m", "Neither", "--allow-data-loss"]);
        project.ok(&["upgrade"]);
        project.ok(&["downgrade"]);
        assert_eq!(values(&database, "g"), ["8", "8"], "{dialect}");
    }
}

#[test]
fn it_is_computed_from_another_column_and_the_first_goes() {
    for dialect in Dialect::ALL {
        let (project, database) = on(dialect, &generated("n * 2", "stored, index"), ROWS);
        project.models(&model(
            "Page",
            "",
            "#[column(backfill = \"n + 1\")] pub m: i32, \
             #[column(generated = \"m * 2\", stored, index)] pub g: Option<i32>",
        ));
        project.ok(&["migrate", "-m", "Other", "--allow-data-loss", "--no-renames"]);
        project.ok(&["upgrade"]);
        assert_eq!(values(&database, "g"), ["4", "42"], "{dialect}");
        project.ok(&["downgrade", "--allow-data-loss"]);
        assert_eq!(values(&database, "g"), ["0", "0"], "{dialect}");
    }
}

/// What is generated has no values that a rename would keep.
#[test]
fn one_that_goes_while_another_comes_is_no_rename() {
    let (project, database) = on(Dialect::Sqlite, &generated("n * 2", "stored"), ROWS);
    project.models(&page("#[column(generated = \"n * 3\", stored)] pub h: Option<i32>"));
    let said = project.ok(&["migrate", "-m", "Other"]);
    assert!(said.contains("drop column `page.g`") && said.contains("add column `page.h`"), "{said}");
    project.ok(&["upgrade"]);
    assert_eq!(values(&database, "h"), ["3", "60"]);
    // It is one where that is said.
    project
        .models(&page("#[column(generated = \"n * 3\", stored, renamed_from = \"h\")] pub i: Option<i32>"));
    assert!(project.ok(&["migrate", "-m", "Rename"]).contains("rename column `page.h` to `i`"));
    project.ok(&["upgrade"]);
    assert_eq!(values(&database, "i"), ["3", "60"]);
}

#[test]
fn one_that_may_not_be_null_fails_where_it_would_be() {
    for dialect in [Dialect::Postgres, Dialect::Sqlite] {
        let models = |field: &str| model("Page", "", &format!("pub n: Option<i32>, {field}"));
        let (project, database) = on(dialect, &models(""), "INSERT INTO page (n) VALUES (1), (NULL)");
        project.models(&models("#[column(generated = \"n * 2\", stored)] pub g: i32"));
        let said = project.ok(&["migrate", "-m", "Twice"]);
        let risk = "Fails where what column `page.g` is generated from gives NULL.";
        assert!(said.contains(risk) && project.newest("up.sql").contains(risk), "{said}");
        project.fails(2, &["upgrade"]);
        assert_eq!(values(&database, "n"), ["1", "NULL"], "{dialect}");
        database.connect().execute("UPDATE page SET n = 2 WHERE n IS NULL").unwrap();
        project.ok(&["upgrade"]);
        assert_eq!(values(&database, "g"), ["2", "4"], "{dialect}");
    }
}

/// What a rebuild of the table copies is the rest.
#[test]
fn it_is_there_after_a_rebuild() {
    let fields = |n: &str| {
        format!(
            "pub n: {n}, #[column(max_length = 9)] pub name: String, \
             #[column(generated = \"n * 2\", stored)] pub s: Option<i32>, \
             #[column(generated = \"name || '!'\", virtual, unique, collate = \"NOCASE\")] pub v: Option<String>"
        )
    };
    let rows = "INSERT INTO page (n, name) VALUES (1, 'a'), (20, 'b')";
    let (project, database) = on(Dialect::Sqlite, &model("Page", "", &fields("i32")), rows);
    let table = "SELECT name || ' ' || hidden AS value FROM pragma_table_xinfo('page') WHERE hidden > 0";
    let before = database.connect().texts(table);
    project.models(&model("Page", "", &fields("i64")));
    project.ok(&["migrate", "-m", "Wider"]);
    project.ok(&["upgrade"]);
    assert_eq!(database.connect().texts(table), before);
    assert_eq!(values(&database, "s"), ["2", "40"]);
    assert_eq!(values(&database, "v"), ["a!", "b!"]);
    assert!(database.connect().execute("INSERT INTO page (n, name) VALUES (3, 'A')").is_err());
}

#[test]
fn it_keeps_its_values_where_what_it_is_computed_from_gets_a_name_in_quotes() {
    for dialect in Dialect::ALL {
        let (project, database) =
            on(dialect, &generated("CASE WHEN n IS NULL THEN 0 ELSE n + 1 END", "stored"), ROWS);
        let after = "#[column(name = \"a number\", renamed_from = \"n\")] pub n: i32, pub g: Option<i32>";
        project.models(&model("Page", "", after));
        let said = project.ok(&["migrate", "-m", "Plain"]);
        assert!(!said.contains("drop column"), "{dialect}: {said}");
        project.ok(&["upgrade"]);
        assert_eq!(values(&database, "g"), ["2", "21"], "{dialect}");
        database.connect().execute("UPDATE page SET g = 7 WHERE id = 1").unwrap();
        project.ok(&["downgrade", "--allow-data-loss"]);
        assert_eq!(values(&database, "g"), ["2", "21"], "{dialect}");
    }
}
