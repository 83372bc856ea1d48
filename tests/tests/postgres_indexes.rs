//! What of indexes and unique constraints only PostgreSQL has, on a table with rows, as its catalog tells it.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use fenrir_migrate::Dialect;
use fenrir_tests::command::{Project, migrated, model};
use fenrir_tests::database::{Connected, TestDatabase};

const BINARY: &str = env!("CARGO_BIN_EXE_fenrir-under-test");

const NAME: &str = "#[column(max_length = 96)] pub name: Option<String>";
const ROWS: &str = "INSERT INTO page (name) VALUES ('Ab'), ('aB'), (NULL)";

/// A project at its first migration, and its database with rows.
fn on(models: &str) -> (Project, TestDatabase) {
    migrated(BINARY, Dialect::Postgres, models, ROWS)
}

fn changed(project: &Project, models: &str) -> String {
    project.models(models);
    let said = project.ok(&["migrate", "-m", "Next"]);
    project.ok(&["upgrade"]);
    assert!(project.ok(&["migrate", "-m", "Again"]).contains("nothing to do"));
    said
}

fn definitions(connected: &mut Connected) -> Vec<String> {
    let indexes = "SELECT regexp_replace(indexdef, '^CREATE (.*)INDEX (.*) ON public.page USING ', '\\1\\2: ') AS value \
                   FROM pg_indexes WHERE tablename = 'page' AND indexname <> 'page_pkey' ORDER BY indexname";
    connected.texts(indexes).into_iter().flatten().collect()
}

fn constraints(connected: &mut Connected) -> Vec<String> {
    let sql = "SELECT conname || ': ' || pg_get_constraintdef(oid) AS value FROM pg_constraint \
               WHERE conrelid = 'page'::regclass AND contype = 'u' ORDER BY conname";
    connected.texts(sql).into_iter().flatten().collect()
}

#[test]
fn operator_classes_and_collations_of_keys() {
    let (project, database) = on(&model("Page", "", NAME));
    let attributes = "#[table(
        index(columns(name opclass = text_pattern_ops desc nulls_last, id)),
        index(columns(name collate = \"C\"), name = \"by_code\"),
        index(expr = \"lower(name)\" collate = \"C\" opclass = varchar_pattern_ops desc, name = \"by_lower\"),
    )]";
    changed(&project, &model("Page", attributes, NAME));
    let mut connected = database.connect();
    assert_eq!(
        definitions(&mut connected),
        [
            "by_code: btree (name COLLATE \"C\")",
            "by_lower: btree (lower((name)::text) COLLATE \"C\" varchar_pattern_ops DESC)",
            "page_name_id_idx: btree (name text_pattern_ops DESC NULLS LAST, id)",
        ]
    );
    project.ok(&["downgrade"]);
    assert_eq!(definitions(&mut connected), [""; 0]);
    assert_eq!(connected.count("page"), 3);
}

#[test]
fn an_operator_class_of_an_extension() {
    let (project, database) = on(&model("Page", "", NAME));
    let field = "#[column(max_length = 96, index(method = gin, opclass = gin_trgm_ops, extension = \"pg_trgm\"))] pub name: Option<String>";
    changed(&project, &model("Page", "", field));
    let mut connected = database.connect();
    assert_eq!(definitions(&mut connected), ["page_name_idx: gin (name gin_trgm_ops)"]);
    // The extension stays, and the index is another's no more.
    project.ok(&["downgrade"]);
    let extensions = "SELECT extname::text AS value FROM pg_extension WHERE extname = 'pg_trgm'";
    assert_eq!(connected.texts(extensions).len(), 1);
    project.ok(&["upgrade"]);
}

#[test]
fn two_nulls_are_the_same_where_the_model_says_so() {
    let (project, database) = on(&model("Page", "", NAME));
    let unique = "#[column(max_length = 96, unique(nulls_not_distinct))] pub name: Option<String>";
    let index =
        "#[table(index(columns(name), expr = \"id * 0\", unique, nulls_not_distinct, name = \"both\"))]";
    let said = changed(&project, &model("Page", index, unique));
    assert!(said.contains("add unique constraint `page_name_key` on `page` (`name`)"), "{said}");
    let mut connected = database.connect();
    assert_eq!(constraints(&mut connected), ["page_name_key: UNIQUE NULLS NOT DISTINCT (name)"]);
    let both = "UNIQUE \"both\": btree (name, ((id * 0))) NULLS NOT DISTINCT";
    assert!(definitions(&mut connected).contains(&both.to_owned()), "{:?}", definitions(&mut connected));
    assert!(connected.execute("INSERT INTO page (name) VALUES (NULL)").is_err());
    // With plain ones in their place, any number of them.
    changed(&project, &model("Page", "", "#[column(max_length = 96, unique)] pub name: Option<String>"));
    connected.execute("INSERT INTO page (name) VALUES (NULL)").unwrap();
    // Now there are two, and nothing of the way back is made.
    let before = connected.count("page");
    project.fails(2, &["downgrade"]);
    assert_eq!((connected.count("page"), constraints(&mut connected).len()), (before, 1));
    assert_eq!(constraints(&mut connected), ["page_name_key: UNIQUE (name)"]);
}

#[test]
fn a_deferred_unique_constraint_lets_rows_change_their_values() {
    let page = |deferral: &str, more: &str| {
        let field = format!("#[column(unique({deferral}))] pub place: Option<i32>, {NAME}, {more}");
        model("Page", "", &field)
    };
    let (project, database) = on(&page("name = \"places\"", ""));
    let mut connected = database.connect();
    connected.execute("UPDATE page SET place = id").unwrap();
    let swap = "UPDATE page SET place = 3 - place WHERE place < 3";
    assert!(connected.execute(swap).is_err());
    changed(&project, &page("name = \"places\", initially_deferred", ""));
    assert_eq!(constraints(&mut connected), ["places: UNIQUE (place) DEFERRABLE INITIALLY DEFERRED"]);
    connected.execute(swap).unwrap();
    assert!(connected.execute("UPDATE page SET place = 1").is_err(), "at the end it must hold");
    // What is filled in one migration is checked before the table is altered again.
    let filled = page("name = \"places\", deferrable", "#[column(backfill = \"id\")] pub size: i32");
    let deferred_and_filled = filled.replace("deferrable", "initially_deferred");
    changed(&project, &deferred_and_filled);
    changed(&project, &filled);
    assert_eq!(constraints(&mut connected), ["places: UNIQUE (place) DEFERRABLE"]);
    project.ok(&["downgrade"]);
    project.ok(&["downgrade", "--allow-data-loss"]);
    project.ok(&["downgrade"]);
    assert_eq!(constraints(&mut connected), ["places: UNIQUE (place)"]);
    assert_eq!(connected.count("page WHERE place + id = 3"), 2);
}
