//! What the compiler proves: whole Cargo projects, compiled.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use fenrir_tests::cargo::CargoProject;
use fenrir_tests::command::Project;

const BINARY: &str = env!("CARGO_BIN_EXE_fenrir-under-test");

const PAGES: &str = r#"
use diesel::prelude::*;
use fenrir_migrate::{DbEnum, Table};

pub type Title = Option<String>;

#[derive(Table, Queryable, Selectable, Insertable, Identifiable, AsChangeset, Debug, PartialEq)]
#[diesel(table_name = page)]
#[table(sqlite(strict), index(columns(title collate = "NOCASE" desc)), check(expr = "id > 0", dialects(sqlite)))]
pub struct Page {
    pub id: i32,
    #[column(max_length = 96, unique(name = "page_names", dialects(sqlite, postgres)))]
    pub name: String,
    pub title: Title,
    #[column(generated = "length(name)", stored)]
    #[diesel(skip_insertion, skip_update)]
    pub name_length: i32,
    pub state: State,
    #[column(sql_type = Jsonb, default = "{}")]
    pub settings: serde_json::Value,
    pub data: Vec<u8>,
    pub made_at: chrono::NaiveDateTime,
}

#[derive(DbEnum, Debug, Clone, Copy, PartialEq, Eq)]
pub enum State { Draft, Live }

#[derive(Table, Queryable, Selectable, Identifiable, Associations, Debug, PartialEq)]
#[diesel(table_name = user)]
#[diesel(belongs_to(Page))]
pub struct User {
    pub id: i32,
    #[column(references = Page, on_delete = cascade)]
    pub page_id: i32,
    #[column(name = "type")]
    pub kind: i64,
}

#[derive(Table, Queryable, Selectable)]
#[diesel(table_name = applied)]
#[table(name = "__diesel_schema_migrations", unmanaged)]
pub struct Version {
    #[column(primary_key)]
    pub version: String,
    pub run_on: chrono::NaiveDateTime,
}

pub static MIGRATIONS: fenrir_migrate::Migrations = fenrir_migrate::embed_migrations!();
"#;

/// Diesel's derives on the same struct, joins, enums, JSON; and both tables in one query.
const USE: &str = r#"
use diesel::prelude::*;
use project_that_works::*;

fn main() {
    let mut conn = SqliteConnection::establish(":memory:").unwrap();
    let report = fenrir_migrate::Migrator::new(&MIGRATIONS).run(&mut conn).unwrap();
    assert_eq!(report.steps.len(), 1);
    assert!(fenrir_migrate::Migrator::new(&MIGRATIONS).run(&mut conn).unwrap().steps.is_empty());
    let made_at = chrono::NaiveDateTime::default();
    let new = Page {
        id: 7, name: "a".into(), title: None, name_length: 1, state: State::Live, settings: serde_json::json!({"x": [1]}),
        data: vec![0, 255], made_at,
    };
    diesel::insert_into(page::table).values(&new).execute(&mut conn).unwrap();
    diesel::insert_into(user::table).values((user::page_id.eq(7), user::kind.eq(1_i64 << 40))).execute(&mut conn).unwrap();
    let (one, other) = user::table.inner_join(page::table).select((User::as_select(), Page::as_select()))
        .first::<(User, Page)>(&mut conn).unwrap();
    assert_eq!(other, new);
    assert_eq!(User::belonging_to(&new).count().get_result::<i64>(&mut conn).unwrap(), 1);
    assert_eq!(one.kind, 1 << 40);
    assert_eq!(page::table.filter(page::state.eq(State::Live)).count().get_result::<i64>(&mut conn).unwrap(), 1);
    diesel::update(&new).set(&Page { title: Some("t".into()), ..new_page(&new) }).execute(&mut conn).unwrap();
    assert!(Page::create_table_sql(fenrir_migrate::Dialect::Sqlite).unwrap().contains("CREATE TABLE page"));
    assert_eq!(Page::create_table_sql(fenrir_migrate::Dialect::Postgres), None);
    // A table of others is read as any other.
    let versions = applied::table.select(Version::as_select()).load(&mut conn).unwrap();
    assert_eq!((versions.len(), versions[0].version.len()), (1, 14));
    // The revision applies under Diesel's own harness too.
    use diesel::migration::MigrationSource;
    let again = MigrationSource::<diesel::sqlite::Sqlite>::migrations(&MIGRATIONS).unwrap();
    assert_eq!(again.len(), 1);
}

fn new_page(page: &Page) -> Page {
    Page { id: page.id, name: page.name.clone(), title: None, name_length: 0, state: page.state, settings: page.settings.clone(), data: vec![], made_at: page.made_at }
}
"#;

/// One project after the other, in one test: they share a target folder, whose lock they would wait for.
#[test]
fn what_the_compiler_proves() {
    a_model_works_with_all_of_diesels_derives();
    what_is_not_in_a_migration_is_a_warning();
    names_that_mean_something_to_the_compiler();
    what_is_part_of_the_schema();
    what_plain_diesel_had_is_embedded_too();
    a_model_that_the_build_step_did_not_see_does_not_compile();
    a_wrong_schema_does_not_compile();
}

/// Writes the migration that a project lacks, with the command.
fn migrate(project: &CargoProject) {
    let status = std::process::Command::new(BINARY)
        .args(["migrate", "-q", "-m", "Create all"])
        .current_dir(project.path())
        .status()
        .unwrap();
    assert!(status.success());
}

fn a_model_works_with_all_of_diesels_derives() {
    let project = CargoProject::new("project_that_works", PAGES);
    migrate(&project);
    project.write("src/main.rs", USE);
    let ran = project.cargo(&["run", "--quiet"], &[]);
    assert!(ran.ok, "{}", ran.stderr);
    assert!(!ran.stderr.contains("warning"), "{}", ran.stderr);
}

const ADOPTED: &str = r#"
use fenrir_migrate::Table;

#[derive(Table)]
#[diesel(table_name = page)]
pub struct Page { pub id: i32, pub name: i32 }

pub static MIGRATIONS: fenrir_migrate::Migrations = fenrir_migrate::embed_migrations!();

#[test]
fn all_run() {
    use diesel::prelude::*;
    let mut conn = SqliteConnection::establish(":memory:").unwrap();
    let report = fenrir_migrate::Migrator::new(&MIGRATIONS).run(&mut conn).unwrap();
    assert_eq!(report.steps.len(), 2);
    diesel::insert_into(page::table).values(page::name.eq(7)).execute(&mut conn).unwrap();
    fenrir_migrate::testing::assert_migrations_match_models(&MIGRATIONS, &mut conn);
}
"#;

fn what_plain_diesel_had_is_embedded_too() {
    let project = CargoProject::new("project_adopted", ADOPTED);
    let toml = std::fs::read_to_string(project.path().join("Cargo.toml")).unwrap();
    project.write(
        "Cargo.toml",
        &toml.replace("features = [\"sqlite\"] }\n\n", "features = [\"sqlite\", \"test\"] }\n\n"),
    );
    let up = "CREATE TABLE page (id INTEGER NOT NULL CONSTRAINT page_pkey PRIMARY KEY AUTOINCREMENT, name INTEGER NOT NULL)";
    // Without `down.sql` and `metadata.toml`.
    project.write("migrations/2024-01-31-120000_Old/up.sql", up);
    let said = project.checks();
    assert!(said.contains("warning") && said.contains("`fenrir baseline -m"), "{said}");
    let command = |arguments: &[&str]| {
        let status = std::process::Command::new(BINARY)
            .args(["-q", "--database-url", "sqlite://old.db"])
            .args(arguments)
            .current_dir(project.path())
            .status();
        assert!(status.unwrap().success());
    };
    command(&["upgrade"]);
    command(&["baseline", "-m", "Adopt"]);
    let ran = project.cargo(&["test", "--quiet"], &[]);
    assert!(ran.ok && !ran.stderr.contains("warning"), "{}", ran.stderr);
}

/// Modules whose names are keywords, in some editions or in all, and tables that are called like attributes.
fn names_that_mean_something_to_the_compiler() {
    let models = "use fenrir_migrate::Table;\n#[derive(Table)]\n#[diesel(table_name = test_case)]\npub struct Case { pub id: i32 }\n\
                  #[derive(Table)]\n#[diesel(table_name = bench)]\npub struct Bench {\n    pub id: i32,\n    #[column(references = Case)]\n    \
                  pub case_id: i32,\n}\n#[derive(Table)]\n#[diesel(table_name = derive)]\npub struct Derive {\n    pub id: i32,\n    \
                  #[column(references = Bench)]\n    pub bench_id: i32,\n}\n";
    let project = CargoProject::new("project_names", "pub mod r#type {\n    pub mod r#gen;\n}\n");
    project.write("src/type/gen.rs", models);
    let said = project.checks();
    assert!(said.contains("create table `bench`") && !said.contains("error"), "{said}");
}

fn what_is_not_in_a_migration_is_a_warning() {
    let project = CargoProject::new("project_pending", PAGES);
    let said = project.checks();
    for wanted in ["not in a migration yet: create table `page`; `fenrir migrate -m", "create table `user`"] {
        assert!(said.contains(wanted), "{said}");
    }
    let denied = project.cargo(&["check"], &[("FENRIR_PENDING", "deny")]);
    assert!(
        !denied.ok && denied.stderr.contains("error: project_pending@0.1.0: not in a migration yet"),
        "{}",
        denied.stderr
    );
    let wrong = project.cargo(&["check"], &[("FENRIR_PENDING", "perhaps")]);
    assert!(!wrong.ok && wrong.stderr.contains("takes `allow`, `warn` or `deny`"), "{}", wrong.stderr);
    project.checks();

    // Nothing changed: nothing runs again.
    let again = project.cargo(&["check", "-v"], &[]);
    assert!(again.stderr.contains("Fresh project_pending"), "{}", again.stderr);
    // What no model depends on: the build step does not run again.
    project.write("README.md", "x");
    project.write("src/not_reached.rs", "not even Rust {");
    assert!(project.cargo(&["check", "-v"], &[]).stderr.contains("Fresh project_pending"));
    // A migration is noticed, and is all that was missing.
    migrate(&project);
    let said = project.checks();
    assert!(!said.contains("Fresh project_pending") && !said.contains("not in a migration"), "{said}");
    // A source is noticed.
    let first = project.snapshot();
    project
        .write("src/lib.rs", &PAGES.replace("pub kind: i64,", "pub kind: i64,\n    pub more: Option<i64>,"));
    assert!(project.checks().contains("not in a migration yet: add column `user.more`"));
    assert_ne!(project.snapshot(), first);
    // A removed model is noticed.
    let without =
        PAGES.split("#[derive(Table, Queryable, Selectable, Identifiable, Associations").next().unwrap();
    project.write("src/lib.rs", &format!("{without}pub static MIGRATIONS: fenrir_migrate::Migrations = fenrir_migrate::embed_migrations!();"));
    assert!(project.checks().contains("not in a migration yet: drop table `user`"));
    // And the same models are the same bytes again.
    project.write("src/lib.rs", PAGES);
    project.checks();
    assert_eq!(project.snapshot(), first);
    // So are they on another machine, as far as another folder is one.
    let elsewhere = CargoProject::new("project_elsewhere", PAGES);
    elsewhere.checks();
    assert_eq!(elsewhere.snapshot(), first);
    // And for the command, which reads the same sources.
    assert!(
        Project::new(BINARY, &["sqlite"], PAGES)
            .ok(&["migrate", "-m", "x", "--dry-run"])
            .contains("CREATE TABLE user")
    );
}

fn what_is_part_of_the_schema() {
    let library = r#"
        pub mod inner;
        #[cfg(feature = "extra")]
        pub mod extra;
        #[cfg(test)]
        mod tests {
            #[derive(fenrir_migrate::Table)]
            #[diesel(table_name = only_in_tests)]
            pub struct OnlyInTests { pub id: i32 }
            #[test]
            fn local() {
                #[derive(fenrir_migrate::Table)]
                #[diesel(table_name = local)]
                pub struct Local { pub id: i32 }
                assert!(Local::create_table_sql(fenrir_migrate::Dialect::Sqlite).is_some());
                assert!(OnlyInTests::create_table_sql(fenrir_migrate::Dialect::Sqlite).is_some());
            }
        }
        pub static MIGRATIONS: fenrir_migrate::Migrations = fenrir_migrate::embed_migrations!();
    "#;
    let model = |name: &str, module: &str| {
        format!(
            "#[derive(fenrir_migrate::Table)] #[diesel(table_name = {module})] pub struct {name} {{ pub id: i32 }}\n"
        )
    };
    let project = CargoProject::new("project_parts", library);
    project.write("src/inner/mod.rs", &(model("Inner", "inner_table") + "mod deep;"));
    project.write("src/inner/deep.rs", &model("Deep", "deep_table"));
    project.write("src/extra.rs", &model("Extra", "extra_table"));
    project.write("src/not_reached.rs", &model("NotReached", "not_reached"));
    project.write(
        "tests/integration.rs",
        &(model("InTest", "in_test") + "#[test] fn t() { let _ = InTest { id: 1 }.id; }"),
    );
    project.checks();
    let snapshot = project.snapshot();
    for there in ["inner_table", "deep_table"] {
        assert!(snapshot.contains(there), "{snapshot}");
    }
    for absent in ["only_in_tests", "local", "extra_table", "not_reached", "in_test"] {
        assert!(!snapshot.contains(absent), "{absent}: {snapshot}");
    }
    // They compile all the same where they are.
    let tested = project.cargo(&["test", "--quiet"], &[]);
    assert!(tested.ok, "{}", tested.stderr);
    assert!(!project.snapshot().contains("only_in_tests"));
    let with_feature = project.cargo(&["check", "--features", "extra"], &[]);
    assert!(
        with_feature.ok && with_feature.stderr.contains("create table `extra_table`"),
        "{}",
        with_feature.stderr
    );
}

fn a_model_that_the_build_step_did_not_see_does_not_compile() {
    const END: &str =
        "pub static MIGRATIONS: fenrir_migrate::Migrations = fenrir_migrate::embed_migrations!();";
    let project = CargoProject::new(
        "project_unseen",
        &format!(
            "macro_rules! model {{ ($name:ident) => {{\n    #[derive(fenrir_migrate::Table)]\n    pub struct $name {{ pub id: i32 }}\n}} }}\n\
             model!(Made);\n{END}"
        ),
    );
    let said = project.is_refused();
    assert!(
        said.contains("the build step did not see this model")
            && said.contains("a struct that a macro makes"),
        "{said}"
    );
    // One that looks like another that was seen, elsewhere.
    project.write(
        "src/lib.rs",
        &format!(
            "macro_rules! model {{ ($name:ident) => {{ #[derive(fenrir_migrate::Table)] pub struct $name {{ pub id: i32 }} }} }}\n\
             #[derive(fenrir_migrate::Table)] pub struct Made {{ pub id: i32 }}\npub mod inner {{ model!(Made); }}\n{END}"
        ),
    );
    let said = project.is_refused();
    assert!(said.contains("the build step did not see this model"), "{said}");
    // Inside a function.
    project.write("src/lib.rs", &format!("pub fn f() {{\n    #[derive(fenrir_migrate::Table)]\n    pub struct Local {{ pub id: i32 }}\n}}\n{END}"));
    assert!(project.is_refused().contains("the build step did not see this model"));
    // Without a build step.
    let without = CargoProject::new(
        "project_without_build",
        "#[derive(fenrir_migrate::Table)] pub struct Page { pub id: i32 }",
    );
    std::fs::remove_file(without.path().join("build.rs")).unwrap();
    assert!(without.is_refused().contains("this package has no build step that reads its models"));
    // Models in another package than `fenrir.toml` says.
    let other = CargoProject::new(
        "project_other",
        "#[derive(fenrir_migrate::Table)] pub struct Page { pub id: i32 }",
    );
    other.write("fenrir.toml", "[models]\npackage = \"models\"\n[migrations]\ndialects = [\"sqlite\"]\n");
    assert!(other.is_refused().contains("says that the models are in the package `models`"));
}

fn a_wrong_schema_does_not_compile() {
    const END: &str =
        "pub static MIGRATIONS: fenrir_migrate::Migrations = fenrir_migrate::embed_migrations!();";
    let project = CargoProject::new("project_wrong", "");
    for (models, wanted) in [
        (
            "#[derive(Table)]\npub struct User {\n    pub id: i32,\n    #[column(references = Nobody)]\n    pub page_id: i32,\n}",
            &["there is no model `Nobody` in this package", "src/lib.rs:5:27"][..],
        ),
        (
            "#[derive(Table)]\npub struct Page { pub id: i64 }\n#[derive(Table)]\npub struct User {\n    pub id: i32,\n    #[column(references = Page)]\n    pub page_id: i32,\n    #[column(references = Page(nope))]\n    pub other_id: i64,\n}",
            &[
                "this field is Integer, and `Page.id`, which it points at, is BigInt",
                "src/lib.rs:8:18",
                "`Page` has no field `nope`",
                "src/lib.rs:9:32",
            ],
        ),
        (
            "#[derive(Table)]\n#[table(name = \"same\")]\npub struct Page { pub id: i32 }\n#[derive(Table)]\n#[table(name = \"Same\")]\npub struct User { pub id: i32 }",
            &[
                "`Same` would be the name of the table `Same` of `User` and of the table `same` of `Page`",
                "src/lib.rs:6:16",
            ],
        ),
        (
            "#[derive(Table)]\n#[table(name = \"a_name_that_is_longer_than_the_sixty_three_bytes_that_databases_keep\")]\npub struct Page { pub id: i32 }",
            &["has 68 bytes; at most 63", "src/lib.rs:3:16"],
        ),
        (
            "#[derive(Table)]\npub struct Page { pub id: i32, pub key: uuid::Uuid }",
            &["SQLite has no type for Uuid", "max_length = 36"],
        ),
        (
            "pub struct Wrapper(String);\n#[derive(Table)]\npub struct Page { pub id: i32, pub name: Wrapper }",
            &["the trait bound `Wrapper: ", "FromSql"],
        ),
        (
            "pub mod a { #[derive(fenrir_migrate::Table)] pub struct Page { pub id: i32 } }\npub mod b { pub struct Page; }\nuse b::Page;\n#[derive(Table)]\npub struct User {\n    pub id: i32,\n    #[column(references = Page)]\n    pub page_id: i32,\n}",
            &["mismatched types", "src/lib.rs:8:27"],
        ),
    ] {
        project.write("src/lib.rs", &format!("use fenrir_migrate::Table;\n{models}\n{END}"));
        let said = project.is_refused();
        for wanted in wanted {
            assert!(said.contains(wanted), "{models}\n{said}");
        }
        assert!(!said.contains("panicked"), "{said}");
    }
}
