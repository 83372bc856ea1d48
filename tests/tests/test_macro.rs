//! `#[fenrir_migrate::test]` in a package of its own, whose build step reads the models.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use fenrir_tests::cargo::{CargoProject, workspace};

const LIBRARY: &str = r#"
use diesel::prelude::*;
use fenrir_migrate::{DbEnum, Table};

#[derive(Table)]
#[diesel(table_name = page)]
pub struct Page {
    pub id: i32,
    #[column(max_length = 96, unique)]
    pub name: String,
    pub state: State,
}

#[derive(DbEnum, Debug, Clone, Copy, PartialEq, Eq)]
pub enum State { Draft, Live }

#[derive(Table)]
#[diesel(table_name = user)]
pub struct User {
    pub id: i32,
    #[column(references = Page)]
    pub page_id: i32,
    pub state: State,
}

pub static MIGRATIONS: fenrir_migrate::Migrations = fenrir_migrate::embed_migrations!();

pub fn add(connection: &mut SqliteConnection, name: &str) -> QueryResult<usize> {
    diesel::insert_into(page::table).values((page::name.eq(name), page::state.eq(State::Live))).execute(connection)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn home(connection: &mut SqliteConnection) -> QueryResult<usize> {
        add(connection, "Home")
    }

    #[fenrir_migrate::test(seed = home)]
    fn all_of_the_schema(connection: &mut SqliteConnection) -> QueryResult<()> {
        assert!(add(connection, "Home").is_err());
        diesel::insert_into(user::table).values((user::page_id.eq(1), user::state.eq(State::Draft))).execute(connection)?;
        // Foreign keys are on.
        assert!(diesel::delete(page::table).execute(connection).is_err());
        Ok(())
    }

    #[fenrir_migrate::test(seed = |connection: &mut SqliteConnection| home(connection))]
    fn in_a_file(database: &fenrir_migrate::testing::TestDatabase<SqliteConnection>) {
        assert_eq!(page::table.count().get_result::<i64>(&mut database.connect()), Ok(1));
    }

    #[fenrir_migrate::test(models(User, Page), transaction)]
    fn an_enum_that_two_models_have(connection: &mut SqliteConnection) {
        home(connection).unwrap();
    }

    #[fenrir_migrate::test(empty)]
    #[should_panic(expected = "only the models have it")]
    fn models_without_migrations(connection: &mut SqliteConnection) {
        fenrir_migrate::testing::assert_migrations_match_models(&MIGRATIONS, connection);
    }
}
"#;

const INTEGRATION: &str = r#"
use diesel::prelude::*;

#[fenrir_migrate::test]
fn from_outside(connection: &mut SqliteConnection) {
    assert_eq!(with_tests::add(connection, "Home"), Ok(1));
}

#[fenrir_migrate::test]
fn a_test_that_fails(connection: &mut SqliteConnection) -> QueryResult<()> {
    with_tests::add(connection, "Home")?;
    with_tests::add(connection, "Home")?;
    Ok(())
}
"#;

fn project(library: &str) -> CargoProject {
    let project = CargoProject::new("with-tests", library);
    let manifest = std::fs::read_to_string(project.path().join("Cargo.toml")).unwrap();
    let fenrir = workspace().join("fenrir-migrate");
    let for_tests = format!(
        "[dev-dependencies]\nfenrir-migrate = {{ path = \"{}\", default-features = false, features = [\"sqlite\", \"test\"] }}\n\n\
         [build-dependencies]",
        fenrir.display()
    );
    project.write("Cargo.toml", &manifest.replace("[build-dependencies]", &for_tests));
    project
}

#[test]
fn a_package_with_a_build_step() {
    let project = project(LIBRARY);
    project.write("tests/integration.rs", INTEGRATION);
    let ran = project.cargo(&["test", "--no-fail-fast"], &[("FENRIR_PENDING", "allow")]);
    assert!(ran.stderr.contains("test result: ok. 4 passed; 0 failed"), "{}", ran.stderr);
    assert!(ran.stderr.contains("test result: FAILED. 1 passed; 1 failed"), "{}", ran.stderr);
    assert!(ran.stderr.contains("UNIQUE constraint failed: page.name"), "{}", ran.stderr);

    // With the wrong types, each is named.
    let wrong = r"
        #[fenrir_migrate::test]
        fn no_connection(_: &mut String) {}

        #[fenrir_migrate::test]
        fn no_outcome(_: &mut diesel::SqliteConnection) -> i32 {
            7
        }

        #[fenrir_migrate::test]
        fn a_database_of_another_kind(_: &fenrir_migrate::testing::TestDatabase<Vec<u8>>) {}

        #[fenrir_migrate::test]
        async fn not_async(_: &mut diesel::SqliteConnection) {}
    ";
    project.write("tests/integration.rs", wrong);
    let said = project.cargo(&["test", "--no-run"], &[("FENRIR_PENDING", "allow")]).stderr;
    for part in [
        "error[E0277]: `String` is no connection that a test can be given",
        "error[E0277]: a test returns nothing, or a `Result`, and no `i32`",
        "error[E0277]: `Vec<u8>` is no connection that a test can be given",
        "error: an `async` test needs the feature `async` of `fenrir-migrate`",
    ] {
        assert!(said.contains(part), "{part}\nis not in\n{said}");
    }
}
