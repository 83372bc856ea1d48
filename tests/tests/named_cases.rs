//! Failures of others, each of them a case here: of the system that Fenrir takes the place of, and of its peers.
//!
//! Those that are about one subject are tested with it: locks in `diesel.rs`, drops in `commands.rs`, sources
//! in `fenrir-schema`.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use fenrir_migrate::Dialect;
use fenrir_tests::catalog;
use fenrir_tests::command::{Project, migrated, model};
use fenrir_tests::database::{Connected, TestDatabase};

const BINARY: &str = env!("CARGO_BIN_EXE_fenrir-under-test");

fn on(dialect: Dialect, models: &str, rows: &str) -> (Project, TestDatabase) {
    migrated(BINARY, dialect, models, rows)
}

/// All that the database's catalog says.
fn described(database: &TestDatabase) -> Vec<String> {
    let mut connected = database.connect();
    let mut lines = catalog::describe(&mut connected);
    if let Connected::Sqlite(_) = connected {
        lines.extend(catalog::sqlite_constraints(&mut connected));
    }
    lines
}

/// A change of the models is found in these words, made with a row in the table, found no more, taken back
/// exactly, and made again.
fn is_seen(dialects: &[Dialect], before: &str, after: &str, rows: &str, words: &str) {
    for &dialect in dialects {
        let (project, database) = on(dialect, before, rows);
        let described = || described(&database);
        let first = described();
        project.models(after);
        let said = project.ok(&["migrate", "-m", "Change", "--allow-data-loss"]);
        assert!(said.contains(words), "{dialect}: {said}");
        project.ok(&["upgrade"]);
        let second = described();
        assert!(project.ok(&["migrate", "-m", "Again"]).contains("nothing to do"), "{dialect}");
        assert_ne!(first, second, "{dialect}");
        project.ok(&["downgrade", "--allow-data-loss"]);
        assert_eq!(described(), first, "{dialect}");
        project.ok(&["upgrade"]);
        assert_eq!(described(), second, "{dialect}");
    }
}

/// A field of one table becomes another.
fn field_is_seen(dialects: &[Dialect], before: &str, after: &str, words: &str) {
    let row = "INSERT INTO page (id) VALUES (1)";
    is_seen(dialects, &model("Page", "", before), &model("Page", "", after), row, words);
}

/// An attribute of a table with `name` and `code` becomes another.
fn attribute_is_seen(dialects: &[Dialect], before: &str, after: &str, words: &str) {
    let fields = "#[column(max_length = 9)] pub name: Option<String>, #[column(max_length = 9)] pub code: Option<String>";
    let row = "INSERT INTO page (name, code) VALUES ('a', 'b')";
    is_seen(dialects, &model("Page", before, fields), &model("Page", after, fields), row, words);
}

const ALL: &[Dialect] = &Dialect::ALL;
const POSTGRES: &[Dialect] = &[Dialect::Postgres];

// --- The system that Fenrir takes the place of, by the numbers of its failures.

/// 1: the first migration was generated beside a database that had the tables, and failed on an empty one.
#[test]
fn system_1_the_first_migration_builds_an_empty_database() {
    for dialect in Dialect::ALL {
        let database = TestDatabase::new(dialect);
        let models = model("Page", "", "pub name: Option<String>");
        let project = Project::new(BINARY, &[dialect.name()], &models).with("DATABASE_URL", database.url());
        project.ok(&["create-all"]);
        project.ok(&["migrate", "-m", "First"]);
        database.reset();
        project.ok(&["upgrade"]);
        assert_eq!(database.connect().count("page"), 0, "{dialect}");
    }
}

/// 2: an old migration built what the models of today say.
#[test]
fn system_2_an_old_migration_builds_what_it_built() {
    for dialect in Dialect::ALL {
        let (project, database) = on(dialect, &model("Page", "", "pub name: Option<String>"), "SELECT 1");
        let described = || described(&database);
        let mut states = vec![described()];
        for fields in ["pub name: Option<String>, pub more: Option<i32>", "pub title: Option<String>"] {
            project.models(&model("Page", "", fields));
            project.ok(&["migrate", "-m", "Next", "--allow-data-loss", "--no-renames"]);
            project.ok(&["upgrade"]);
            states.push(described());
        }
        project.ok(&["downgrade", "base", "--allow-data-loss"]);
        for state in states {
            project.ok(&["upgrade", "+1"]);
            assert_eq!(described(), state, "{dialect}");
        }
    }
}

/// 3: foreign keys to columns that did not exist were not noticed for a month.
#[test]
fn system_3_a_foreign_key_to_a_column_that_is_not_there_is_told_without_a_database() {
    let models = model("Page", "", "")
        + &model("Note", "#[table(foreign_key(columns(page), references = Page(number)))]", "pub page: i32");
    let said = Project::new(BINARY, &["postgres"], &models).fails(2, &["migrate", "-m", "First"]);
    assert!(said.contains("`Page` has no field `number`"), "{said}");
}

/// 4: tables that were never imported were not seen, and later proposed to be dropped.
#[test]
fn system_4_a_model_that_nothing_names_is_seen() {
    let models = model("Page", "", "") + "mod deep { mod deeper { " + &model("Note", "", "") + " } }";
    let project = Project::new(BINARY, &["sqlite"], &models);
    assert!(project.ok(&["migrate", "-m", "First"]).contains("create table `note`"));
    assert!(project.ok(&["migrate", "-m", "Again"]).contains("nothing to do"));
}

/// 5: a column that is NOT NULL and has no default ran on empty tables, and failed on full ones.
#[test]
fn system_5_a_column_that_rows_have_no_value_for_is_refused_when_it_is_written() {
    let (project, _database) = on(Dialect::Postgres, &model("Page", "", ""), "SELECT 1");
    project.models(&model("Page", "", "pub name: String"));
    let said = project.fails(1, &["migrate", "-m", "Name"]);
    assert!(said.contains("`page.name`") && said.contains("#[column(backfill = \"…\")]"), "{said}");
}

/// 6: renames of a key and of a column came out as drops and additions.
#[test]
fn system_6_a_key_and_a_column_are_renamed() {
    let environment = |fields: &str| {
        format!(
            "#[derive(Table)]\n#[diesel(table_name = environment)]\npub struct Environment {{ {fields} }}\n"
        )
    };
    let user =
        model("User", "", "#[column(references = Environment, on_delete = cascade)] pub environment_id: i32");
    for dialect in Dialect::ALL {
        let before = environment("pub id: i32, #[column(max_length = 9, unique)] pub name: String") + &user;
        let users = dialect.quote(&fenrir_schema::Identifier::new("user").unwrap());
        let rows = format!(
            "INSERT INTO environment (name) VALUES ('a'), ('b'); INSERT INTO {users} (environment_id) VALUES (1), (2), (2)"
        );
        let (project, database) = on(dialect, &before, &rows);
        let renamed = "#[column(primary_key, auto_increment = identity)] pub environment_id: i32, \
                       #[column(max_length = 9, unique)] pub environment_name: String";
        project.models(&(environment(renamed) + &user));
        let said = project.fails(1, &["migrate", "-m", "Rename", "--allow-data-loss"]);
        let flags = ["environment.id=environment_id", "environment.name=environment_name"]
            .map(|flag| format!("--rename {flag}"));
        assert!(flags.iter().all(|flag| said.contains(flag)), "{said}");
        let flags: Vec<_> = flags.iter().flat_map(|flag| flag.split(' ')).collect();
        project.ok(&[&["migrate", "-m", "Rename"], flags.as_slice()].concat());
        project.ok(&["upgrade"]);
        let mut connected = database.connect();
        assert_eq!(
            connected
                .texts("SELECT environment_name AS value FROM environment ORDER BY environment_id")
                .len(),
            2
        );
        connected.execute("INSERT INTO environment (environment_name) VALUES ('c')").unwrap();
        connected.execute("DELETE FROM environment WHERE environment_id = 2").unwrap();
        assert_eq!(connected.count(&users), 1, "{dialect}");
        project.ok(&["downgrade"]);
        assert_eq!(connected.count("environment WHERE name IN ('a', 'c')"), 2, "{dialect}");
    }
}

/// 7: an integer key became a text by dropping fifteen tables with CASCADE.
#[test]
fn system_7_a_key_changes_its_type_with_what_points_at_it() {
    let models = |ty: &str, attributes: &str| {
        let page =
            format!("#[column(auto_increment = false)] {attributes} pub id: {ty}, pub title: Option<String>");
        let note =
            format!("{attributes} #[column(references = Page, on_delete = cascade)] pub page_id: {ty}");
        format!("#[derive(Table)]\n#[diesel(table_name = page)]\npub struct Page {{ {page} }}\n")
            + &model("Note", "", &note)
            + &model("Link", "", &note)
    };
    for dialect in Dialect::ALL {
        let rows = "INSERT INTO page (id, title) VALUES (1, 'a'), (20, 'b'); \
                    INSERT INTO note (page_id) VALUES (1), (20); INSERT INTO link (page_id) VALUES (20)";
        let (project, database) = on(dialect, &models("i32", ""), rows);
        project.models(
            &models("String", "#[column(max_length = 36)]").replace("#[column(auto_increment = false)]", ""),
        );
        let said = project.ok(&["migrate", "-m", "Texts"]);
        assert!(!said.contains("drop table") && !said.contains("drop column"), "{said}");
        project.ok(&["upgrade"]);
        let mut connected = database.connect();
        connected
            .execute("INSERT INTO page (id) VALUES ('new'); INSERT INTO note (page_id) VALUES ('new')")
            .unwrap();
        assert_eq!(
            (connected.count("page"), connected.count("note"), connected.count("link")),
            (3, 3, 1),
            "{dialect}"
        );
        assert!(connected.execute("INSERT INTO note (page_id) VALUES ('other')").is_err(), "{dialect}");
        connected.execute("DELETE FROM page WHERE id = 'new'").unwrap();
        project.ok(&["downgrade"]);
        assert_eq!(connected.count("note WHERE page_id = 20"), 1, "{dialect}");
        assert!(connected.execute("INSERT INTO note (page_id) VALUES (3)").is_err(), "{dialect}");
    }
}

/// 8: constraints without names could not be dropped, and downgrades had never been run.
#[test]
fn system_8_every_constraint_has_a_name_by_which_it_is_dropped() {
    let fields = "#[column(unique, max_length = 9)] pub name: String, #[column(check = \"size > 0\")] pub size: i32, \
                  #[column(references = Page)] pub parent_id: Option<i32>, #[column(index)] pub code: Option<i32>";
    let plain = "#[column(max_length = 9)] pub name: String, pub size: i32, pub parent_id: Option<i32>, pub code: Option<i32>";
    let row = "INSERT INTO page (name, size) VALUES ('a', 1)";
    is_seen(
        ALL,
        &model("Page", "", fields),
        &model("Page", "", plain),
        row,
        "drop check `page_size_check` of `page`",
    );
}

/// 9: `check` saw no difference between varchar and varchar(96), and none in defaults.
#[test]
fn system_9_a_length_and_a_default_are_seen() {
    let (before, after) =
        ("pub name: Option<String>", "#[column(max_length = 96, default = \"x\")] pub name: Option<String>");
    field_is_seen(ALL, before, after, "change column `page.name`: Text → VarChar(96), another default");
}

/// 10: a unique constraint of the primary key was a difference at each generation.
#[test]
fn system_10_the_primary_key_is_unique_already() {
    let models = model("Page", "#[table(unique(columns(id)))]", "");
    let said = Project::new(BINARY, &["postgres"], &models).fails(2, &["migrate", "-m", "First"]);
    assert!(said.contains("the primary key is unique already"), "{said}");
}

/// 16: without changes an empty revision was written, and success reported.
#[test]
fn system_16_without_changes_nothing_is_written() {
    let (project, _database) = on(Dialect::Sqlite, &model("Page", "", ""), "SELECT 1");
    assert!(project.ok(&["migrate", "-m", "Nothing"]).contains("nothing to do"));
    assert_eq!(project.list("migrations").len(), 1);
}

// --- Alembic 1.20: what it does not see.

#[test]
fn alembic_does_not_see_an_indexs_predicate() {
    let (before, after) = ("name IS NOT NULL", "code IS NOT NULL");
    let index = |predicate: &str| format!("#[table(index(columns(name), where = \"{predicate}\"))]");
    let dialects = [Dialect::Postgres, Dialect::Sqlite];
    attribute_is_seen(&dialects, &index(before), &index(after), "add index `page_name_idx` on `page`");
}

#[test]
fn alembic_does_not_see_an_indexs_method() {
    let (before, after) = ("#[table(index(columns(name)))]", "#[table(index(columns(name), method = hash))]");
    attribute_is_seen(POSTGRES, before, after, "add index `page_name_idx` on `page`");
}

#[test]
fn alembic_does_not_see_included_columns() {
    let (before, after) = ("#[table(index(columns(name)))]", "#[table(index(columns(name), include(code)))]");
    attribute_is_seen(POSTGRES, before, after, "add index `page_name_idx` on `page`");
}

#[test]
fn alembic_does_not_see_an_operator_class() {
    let (before, after) =
        ("#[table(index(columns(name)))]", "#[table(index(columns(name opclass = varchar_pattern_ops)))]");
    attribute_is_seen(POSTGRES, before, after, "add index `page_name_idx` on `page`");
}

#[test]
fn alembic_does_not_see_a_checks_text() {
    let check = |text: &str| format!("#[table(check = \"{text}\")]");
    attribute_is_seen(ALL, &check("name <> ''"), &check("name <> 'x'"), "add check `page_check` on `page`");
}

#[test]
fn alembic_does_not_see_a_primary_key() {
    let fields = "#[column(auto_increment = false)] pub id: i32, #[column(max_length = 9)] pub code: String";
    let of = |key: &str| {
        format!(
            "#[derive(Table)]\n#[diesel(table_name = page)]\n#[table(primary_key({key}))]\npub struct Page {{ {fields} }}\n"
        )
    };
    let row = "INSERT INTO page (id, code) VALUES (1, 'a')";
    is_seen(ALL, &of("id"), &of("id, code"), row, "change the primary key of `page` to `id`, `code`");
}

#[test]
fn alembic_does_not_see_an_enums_values() {
    let of = |labels: &str| {
        model("Page", "", "pub mood: Option<Mood>")
            + &format!("#[derive(DbEnum)] pub enum Mood {{ {labels} }}")
    };
    let row = "INSERT INTO page (mood) VALUES ('glad')";
    is_seen(ALL, &of("Glad, Sad"), &of("Glad, Sad, Calm"), row, "change enum `mood`: add \"calm\"");
}

#[test]
fn alembic_does_not_see_sequences() {
    let of = |kind: &str| {
        format!(
            "#[derive(Table)]\n#[diesel(table_name = page)]\npub struct Page {{ #[column(auto_increment = {kind})] pub id: i32, \
             pub name: Option<i32> }}\n"
        )
    };
    let row = "INSERT INTO page (name) VALUES (1)";
    is_seen(ALL, &of("serial"), &of("false"), row, "change column `page.id`: no longer generated");
}

#[test]
fn alembic_does_not_see_a_generated_columns_expression() {
    let of = |text: &str| {
        format!("pub size: Option<i32>, #[column(generated = \"{text}\", stored)] pub twice: Option<i32>")
    };
    field_is_seen(ALL, &of("size * 2"), &of("size + size + 1"), "column `page.twice`");
}

#[test]
fn alembic_does_not_see_a_deferrable_unique() {
    let (before, after) =
        ("#[table(unique(columns(name)))]", "#[table(unique(columns(name), initially_deferred))]");
    attribute_is_seen(POSTGRES, before, after, "add unique constraint `page_name_key` on `page`");
}

#[test]
fn alembic_does_not_see_that_a_length_goes() {
    field_is_seen(
        &[Dialect::Postgres, Dialect::Sqlite],
        "#[column(max_length = 50)] pub name: Option<String>",
        "#[column(sql_type = VarChar)] pub name: Option<String>",
        "change column `page.name`: VarChar(50) → VarChar",
    );
}

#[test]
fn alembic_does_not_see_a_precision() {
    let of = |precision: u32| {
        format!("#[column(precision = {precision}, scale = 2)] pub price: Option<BigDecimal>")
    };
    field_is_seen(ALL, &of(8), &of(12), "change column `page.price`: Numeric(8, 2) → Numeric(12, 2)");
}

#[test]
fn alembic_does_not_see_a_collation() {
    for (dialect, collation) in
        [(Dialect::Postgres, "C"), (Dialect::Sqlite, "NOCASE"), (Dialect::Mysql, "utf8mb4_bin")]
    {
        let after = format!("#[column(max_length = 9, collate = \"{collation}\")] pub name: Option<String>");
        let before = "#[column(max_length = 9)] pub name: Option<String>";
        field_is_seen(&[dialect], before, &after, "change column `page.name`");
    }
}

/// Its batch mode drops checks, triggers and views, and fails with foreign keys on.
#[test]
fn alembic_loses_what_a_rebuilt_table_has() {
    const FIELDS: &str = "#[column(check = \"name <> ''\")] pub name: String, pub size: i32";
    let child = model("Note", "", "#[column(references = Page, on_delete = cascade)] pub page_id: i32");
    let (project, database) = on(
        Dialect::Sqlite,
        &(model("Page", "", FIELDS) + &child),
        "INSERT INTO page (name, size) VALUES ('a', 1); INSERT INTO note (page_id) VALUES (1); \
         CREATE VIEW names AS SELECT name FROM page",
    );
    project.models(&(model("Page", "", &FIELDS.replace("size: i32", "size: i64")) + &child));
    project.ok(&["migrate", "-m", "Rebuild"]);
    project.ok(&["upgrade"]);
    let mut connected = database.connect();
    assert_eq!((connected.count("page"), connected.count("note"), connected.count("names")), (1, 1, 1));
    assert!(connected.execute("INSERT INTO page (name, size) VALUES ('', 1)").is_err());
    connected
        .execute("CREATE TRIGGER loud AFTER INSERT ON page BEGIN UPDATE page SET size = size + 1 WHERE id = NEW.id; END")
        .unwrap();
    project.ok(&["downgrade"]);
    connected.execute("INSERT INTO page (name, size) VALUES ('b', 1)").unwrap();
    assert_eq!(connected.count("page WHERE name = 'b' AND size = 2"), 1);
    // What a trigger names must be there.
    project
        .models(&(model("Page", "", "#[column(check = \"name <> ''\")] pub name: Option<String>") + &child));
    project.ok(&["migrate", "-m", "Less", "--allow-data-loss"]);
    let said = project.fails(2, &["upgrade"]);
    let wanted = "what the triggers of `page` say (`loud`) does not fit it any more: no such column: size; drop them first";
    assert!(said.contains(wanted) && said.contains("nothing of it was kept"), "{said}");
    assert_eq!(connected.count("sqlite_master WHERE name = 'loud'"), 1);
    assert_eq!((connected.count("page"), connected.count("note")), (2, 1));
}

// --- The peers in Rust.

/// butane: an alias of a type cannot be resolved; a model under `cfg(test)` gets into production.
#[test]
fn butane_does_not_know_an_alias_and_takes_a_model_of_tests() {
    let models = "pub type Email = String;\n#[cfg(test)]\nmod tests { ".to_owned()
        + &model("Fixture", "", "")
        + " }\n"
        + &model("User", "", "pub email: Email");
    let project = Project::new(BINARY, &["sqlite"], &models);
    let said = project.ok(&["migrate", "-m", "First", "--dry-run"]);
    assert!(said.contains("email TEXT NOT NULL") && !said.contains("fixture"), "{said}");
}

/// butane: a model that is removed is not noticed.
#[test]
fn butane_does_not_notice_that_a_model_is_removed() {
    let (project, _database) =
        on(Dialect::Sqlite, &(model("Page", "", "") + &model("Note", "", "pub a: i32")), "SELECT 1");
    project.models(&model("Page", "", ""));
    let said = project.fails(1, &["migrate", "-m", "Less"]);
    assert!(said.contains("table `note`") && said.contains("--allow-data-loss"), "{said}");
}

/// cot panics at a change of a column, and rorm drops the column and creates it.
#[test]
fn cot_panics_and_rorm_drops_where_a_column_changes() {
    let fields = |attributes: &str, ty: &str| format!("{attributes} pub size: {ty}");
    for dialect in Dialect::ALL {
        let rows = "INSERT INTO page (size) VALUES (1), (2)";
        let (project, database) = on(dialect, &model("Page", "", &fields("", "i32")), rows);
        project.models(&model("Page", "", &fields("#[column(default = 7, index)]", "Option<i64>")));
        let said = project.ok(&["migrate", "-m", "Change"]);
        assert!(said.contains("change column `page.size`") && !said.contains("drop"), "{said}");
        project.ok(&["upgrade"]);
        assert_eq!(database.connect().count("page WHERE size IN (1, 2)"), 2, "{dialect}");
    }
}

/// toasty: foreign keys are turned off where that has no effect, and a table's other indexes go.
#[test]
fn toasty_drops_the_other_indexes_of_a_rebuilt_table() {
    let before = "#[column(unique)] pub code: i32, #[column(index)] pub size: i32, pub name: String";
    let after = before.replace("pub name: String", "pub name: Option<String>");
    let child = model("Note", "", "#[column(references = Page, on_delete = cascade)] pub page_id: i32");
    let rows =
        "INSERT INTO page (code, size, name) VALUES (1, 1, 'a'); INSERT INTO note (page_id) VALUES (1)";
    let (before, after) = (model("Page", "", before) + &child, model("Page", "", &after) + &child);
    is_seen(ALL, &before, &after, rows, "change column `page.name`: NULL allowed");
}

/// sea-orm: a composite unique constraint is dropped on the second run, and a unique constraint as an index.
#[test]
fn sea_orm_drops_a_composite_unique_constraint_on_the_second_run() {
    let both = "#[table(unique(columns(name, code)))]";
    let words = "add unique constraint `page_name_code_key` on `page` (`name`, `code`)";
    attribute_is_seen(ALL, "", both, words);
    attribute_is_seen(ALL, both, "", "drop unique constraint `page_name_code_key` of `page`");
}

// --- Others.

/// drizzle-kit: a migration that is older than the newest applied is passed over in silence.
#[test]
fn drizzle_passes_over_an_older_migration() {
    let (project, _database) = on(Dialect::Sqlite, &model("Page", "", ""), "SELECT 1");
    let folder = project.list("migrations").remove(0);
    std::fs::rename(
        project.path().join("migrations").join(&folder),
        project.path().join("migrations").join(format!("2099-01-01-000000{}", &folder[17..])),
    )
    .unwrap();
    let said = project.fails(2, &["upgrade"]);
    assert!(said.contains("20990101000000"), "{said}");
}

/// Prisma: renames lose data, and partial indexes are a difference for ever.
#[test]
fn prisma_loops_over_a_partial_index() {
    let index = "#[table(index(columns(name), where = \"code <> 'it''s'\"))]";
    attribute_is_seen(
        &[Dialect::Postgres, Dialect::Sqlite],
        "",
        index,
        "add index `page_name_idx` on `page`",
    );
}

/// Tables of a circle of foreign keys are created, and dropped, in an order that works.
#[test]
fn atlas_creates_the_tables_of_a_circle_first() {
    let circle = model("Page", "", "#[column(references = Note)] pub note_id: Option<i32>")
        + &model("Note", "", "#[column(references = Page)] pub page_id: Option<i32>");
    let rows = "INSERT INTO other (name) VALUES (1)";
    let other = model("Other", "", "pub name: Option<i32>");
    is_seen(ALL, &other, &(other.clone() + &circle), rows, "create table `note`");
}
