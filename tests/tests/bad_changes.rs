//! Changes that cannot be, and names that somebody may have meant ill by: a clear error, or a correct result.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use fenrir_migrate::Dialect;
use fenrir_tests::command::{Project, migrated, model};
use fenrir_tests::database::TestDatabase;
use fenrir_tests::random::hostile;

const BINARY: &str = env!("CARGO_BIN_EXE_fenrir-under-test");

fn on(dialect: Dialect, models: &str, rows: &str) -> (Project, TestDatabase) {
    migrated(BINARY, dialect, models, rows)
}

/// Models that no migration is written for.
#[test]
fn models_that_cannot_be_are_refused_before_anything_is_written() {
    for (models, why) in [
        (
            model("Page", "", "pub name: i32, #[column(name = \"name\")] pub title: i32"),
            "the column `name` is that of the field `name` too",
        ),
        (
            model(
                "Page",
                "#[table(index(columns(a), name = \"i\"), index(columns(b), name = \"i\"))]",
                "pub a: i32, pub b: i32",
            ),
            "two indexes would be called `i`",
        ),
        (
            model("Page", "#[table(index(columns(a), name = \"i\"))]", "pub a: i32")
                + &model("Note", "#[table(index(columns(b), name = \"i\"))]", "pub b: i32"),
            "`i` would be the name of the index of table `note` and of the index of table `page`",
        ),
        (model("Page", "", "#[column(check = \"a > 0; DROP TABLE page\")] pub a: i32"), "`;`"),
        (
            model("Page", "", "#[column(check = \"a > (0\")] pub a: i32"),
            "the parentheses do not pair in this SQL expression",
        ),
        (
            model("Page", "", "#[column(check = \"a > 'x\")] pub a: i32"),
            "the quote ' is not closed in this SQL expression",
        ),
        (
            model("Page", "", "#[column(default = \"many\")] pub a: i32"),
            "the default of this column must be a whole number",
        ),
        (
            model("Page", "", "#[column(max_length = 3, default = \"many\")] pub a: String"),
            "the default has 4 characters, and the column takes 3",
        ),
        (
            model("Page", "", "pub a: Mood") + "#[derive(DbEnum)] pub enum Mood {}",
            "an enum in a database has at least one value",
        ),
        (model("Page", "", "pub a: Uuid"), "SQLite has no type for Uuid"),
    ] {
        let project = Project::new(BINARY, &["postgres", "sqlite"], &models);
        let said = project.fails(2, &["migrate", "-m", "First"]);
        assert!(said.contains(why) && said.contains("lib.rs:"), "{why}: {said}");
        assert!(project.list("migrations/sqlite").is_empty());
    }
}

/// What only the database can read is refused by it, with the place, and nothing of it is kept.
#[test]
fn a_check_that_the_database_does_not_read_is_refused_by_it() {
    for dialect in Dialect::ALL {
        let (project, database) =
            on(dialect, &model("Page", "", "pub a: i32"), "INSERT INTO page (a) VALUES (1)");
        project.models(&model("Page", "", "#[column(check = \"a > > 0\")] pub a: i32"));
        project.ok(&["migrate", "-m", "Check"]);
        let said = project.fails(2, &["upgrade"]);
        assert!(said.contains("_check/up.sql`, line ") && said.contains(" failed"), "{said}");
        assert!(said.contains("nothing of it was kept"), "{said}");
        let mut connected = database.connect();
        assert_eq!(connected.count("page"), 1);
        connected.execute("INSERT INTO page (a) VALUES (-1)").unwrap();
        assert!(project.ok(&["current"]).contains("First"), "{dialect}");
    }
}

/// A rename onto a name that is taken by what goes takes that out of the way, and says that it goes.
#[test]
fn a_rename_onto_a_name_that_is_taken_loses_nothing_without_a_word() {
    let fields = |names: [&str; 2]| names.map(|name| format!("pub {name}: Option<i32>")).join(", ");
    for dialect in Dialect::ALL {
        let rows = "INSERT INTO page (name, title) VALUES (1, 2)";
        let (project, database) = on(dialect, &model("Page", "", &fields(["name", "title"])), rows);
        project.models(&model("Page", "", "pub title: Option<i32>"));
        let rename = ["migrate", "-m", "Rename", "--rename", "page.name=title"];
        let said = project.fails(1, &rename);
        assert!(said.contains("--allow-data-loss"), "{said}");
        project.ok(&[&rename[..], &["--allow-data-loss"]].concat());
        project.ok(&["upgrade"]);
        assert_eq!(database.connect().count("page WHERE title = 1"), 1, "{dialect}");
        project.ok(&["downgrade"]);
        assert_eq!(database.connect().count("page WHERE name = 1 AND title IS NULL"), 1, "{dialect}");
    }
}

/// Three columns, each of which takes the next one's name.
#[test]
fn a_chain_of_renames_in_a_circle() {
    let fields = "pub a: Option<i32>, pub b: Option<i32>, pub c: Option<i32>";
    for dialect in Dialect::ALL {
        let rows = "INSERT INTO page (a, b, c) VALUES (1, 2, 3)";
        let (project, database) = on(dialect, &model("Page", "", fields), rows);
        let flags = ["--rename", "page.a=b", "--rename", "page.b=c", "--rename", "page.c=a"];
        project.ok(&[&["migrate", "-m", "Turn"], &flags[..]].concat());
        project.ok(&["upgrade"]);
        assert_eq!(database.connect().count("page WHERE b = 1 AND c = 2 AND a = 3"), 1, "{dialect}");
        project.ok(&["downgrade"]);
        assert_eq!(database.connect().count("page WHERE a = 1 AND b = 2 AND c = 3"), 1, "{dialect}");
    }
}

/// A column is renamed, and much later another of its old name comes, while the attribute still stands.
#[test]
fn a_renamed_from_that_was_left_does_not_move_values() {
    let fields = |more: &str| format!("#[column(renamed_from = \"name\")] pub title: Option<i32>, {more}");
    for dialect in Dialect::ALL {
        let rows = "INSERT INTO page (name) VALUES (1)";
        let (project, database) = on(dialect, &model("Page", "", "pub name: Option<i32>"), rows);
        project.models(&model("Page", "", &fields("")));
        project.ok(&["migrate", "-m", "Title"]);
        project.models(&model("Page", "", &fields("pub name: Option<i32>")));
        // It has its new name by now.
        project.ok(&["migrate", "-m", "Another name"]);
        // Somebody takes the new name away, and brings it back.
        project.models(&model("Page", "", "pub name: Option<i32>"));
        project.ok(&["migrate", "-m", "Less", "--allow-data-loss", "--no-renames"]);
        project.models(&model("Page", "", &fields("pub name: Option<i32>")));
        let said = project.fails(1, &["migrate", "-m", "More"]);
        let wanted = "column `page.name` → `title`: `--rename page.name=title` says that it is so";
        assert!(said.contains(wanted), "{said}");
        project.ok(&["migrate", "-m", "More", "--rename", "page.name=title"]);
        project.ok(&["upgrade"]);
        assert_eq!(database.connect().count("page"), 1, "{dialect}");
    }
}

#[test]
fn a_column_that_is_taken_for_a_table_is_named() {
    let (project, _database) = on(Dialect::Sqlite, &model("Page", "", "pub name: Option<i32>"), "SELECT 1");
    project.models(&model("Page", "", "pub title: Option<i32>"));
    let said = project.fails(2, &["migrate", "-m", "Title", "--rename", "name=title"]);
    let wanted = "there is no table or enum `name` in the migrations; for a column write `page.name=title`";
    assert!(said.contains(wanted), "{said}");
}

fn hostile_names() -> Vec<String> {
    let signs = hostile::SIGNS.iter().copied().chain(["fenrir_number", "{fenrir}"]);
    let mut names: Vec<String> = signs.map(str::to_owned).collect();
    names.extend((61..=65).map(|bytes| "n".repeat(bytes)));
    names.extend((60..=62).map(|bytes| "n".repeat(bytes) + "é"));
    names
}

/// A model all of whose names are the same hostile one; the enum's label too.
fn models_of(name: &str, more: &str) -> String {
    format!(
        "#[derive(Table)]\n#[diesel(table_name = page)]\n#[table(name = {name:?}, index(columns(plain, hostile)), \
         comment = {name:?})]\n\
         pub struct Page {{ pub id: i32, #[column(name = {name:?}, unique, max_length = 70, default = {name:?})] \
         pub hostile: String, pub plain: i32, pub mood: Option<Mood>, {more} }}\n\
         #[derive(DbEnum)] pub enum Mood {{ #[db_enum(rename = {name:?})] Hostile, Other }}\n\
         #[derive(Table)]\n#[diesel(table_name = note)]\npub struct Note {{ pub id: i32, \
         #[column(references = Page, on_delete = cascade, name = {name:?})] pub page_id: i32 }}\n"
    )
}

/// Whatever a name is, it is a name in every statement, of a creation and of the changes after it, or it is
/// refused before a migration is written.
#[test]
fn hostile_names_round_trip_or_are_refused() {
    let (mut done, mut refused) = (0, 0);
    for dialect in Dialect::ALL {
        let database = TestDatabase::new(dialect);
        for name in hostile_names() {
            database.reset();
            let project = Project::new(BINARY, &[dialect.name()], &models_of(&name, ""))
                .with("DATABASE_URL", database.url());
            let ran = project.run(&["migrate", "-m", "First"]);
            assert!(!ran.stderr.contains("panicked"), "{name:?}: {}", ran.stderr);
            if ran.status != 0 {
                assert!(ran.stderr.contains("lib.rs:"), "{dialect}, {name:?}: {}", ran.stderr);
                assert!(project.list("migrations").is_empty());
                refused += 1;
                continue;
            }
            project.ok(&["upgrade"]);
            let mut connected = database.connect();
            let quote = |name: &str| dialect.quote(&fenrir_schema::Identifier::new(name).unwrap());
            let (table, literal) = (quote(&name), dialect.literal(&name));
            connected
                .execute(&format!(
                    "INSERT INTO {table} (plain, mood) VALUES (1, {literal}); INSERT INTO note ({table}) VALUES (1)"
                ))
                .unwrap_or_else(|error| panic!("{dialect}, {name:?}: {error}"));
            assert_eq!(
                connected.count(&format!("{table} WHERE {table} = {literal}")),
                1,
                "{dialect}, {name:?}"
            );
            // A rebuild in SQLite, a fill, and a column that is renamed, each with these names around it.
            let changed =
                models_of(&name, "#[column(backfill = \"plain + 1\", check = \"more > 0\")] pub more: i64,")
                    .replace("pub plain: i32", "#[column(renamed_from = \"plain\")] pub simple: i64")
                    .replace("columns(plain,", "columns(simple,")
                    .replace("backfill = \"plain + 1\"", "backfill = \"simple + 1\"");
            project.models(&changed);
            project.ok(&["migrate", "-m", "Second"]);
            project.ok(&["upgrade"]);
            assert_eq!(
                connected.count(&format!("{table} WHERE simple = 1 AND more = 2")),
                1,
                "{dialect}, {name:?}"
            );
            assert!(project.ok(&["migrate", "-m", "Third"]).contains("nothing to do"), "{dialect}, {name:?}");
            project.ok(&["downgrade", "--allow-data-loss"]);
            assert_eq!(connected.count("note"), 1, "{dialect}, {name:?}");
            project.ok(&["downgrade", "--allow-data-loss"]);
            project.ok(&["upgrade"]);
            done += 1;
        }
    }
    // Most names are names everywhere.
    assert!(done > 2 * refused, "{done} done, {refused} refused");
    println!("{done} round trips, {refused} refused");
}
