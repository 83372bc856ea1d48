//! By what texts are compared, with rows in the tables, up and down.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use fenrir_migrate::Dialect;
use fenrir_tests::catalog;
use fenrir_tests::command::{Project, migrated, model};
use fenrir_tests::database::TestDatabase;

const BINARY: &str = env!("CARGO_BIN_EXE_fenrir-under-test");

fn on(dialect: Dialect, models: &str, rows: &str) -> (Project, TestDatabase) {
    migrated(BINARY, dialect, models, rows)
}

fn page(more: &str) -> String {
    model("Page", "", &format!("#[column(max_length = 9{more})] pub name: String"))
}

/// The collation of `page.name`, as the database has it.
fn collation(database: &TestDatabase) -> Option<String> {
    let sql = match database.dialect() {
        Dialect::Postgres => {
            "SELECT collation_name AS value FROM information_schema.columns WHERE table_name = 'page' AND column_name = 'name'"
        }
        Dialect::Sqlite => {
            "SELECT coll AS value FROM pragma_index_xinfo('sqlite_autoindex_page_1') WHERE name = 'name'"
        }
        Dialect::Mysql => {
            "SELECT collation_name AS value FROM information_schema.columns WHERE table_schema = database() AND \
             table_name = 'page' AND column_name = 'name'"
        }
    };
    database.connect().texts(sql).into_iter().next().flatten()
}

fn described(database: &TestDatabase) -> Vec<String> {
    let mut connected = database.connect();
    let mut lines = catalog::describe(&mut connected);
    if database.dialect() == Dialect::Sqlite {
        lines.extend(catalog::sqlite_constraints(&mut connected));
    }
    lines
}

/// Two collations of each database: one that knows no case, or another order, and one by bytes.
fn names(dialect: Dialect) -> (&'static str, &'static str) {
    match dialect {
        Dialect::Postgres => ("und-x-icu", "C"),
        Dialect::Sqlite => ("NOCASE", "BINARY"),
        Dialect::Mysql => ("utf8mb4_unicode_ci", "utf8mb4_bin"),
    }
}

const NAMES: &str = "SELECT name AS value FROM page ORDER BY name";

#[test]
fn a_column_has_its_own() {
    for dialect in Dialect::ALL {
        let (first, second) = names(dialect);
        let with = |name: &str| page(&format!(", unique, check = \"name <> 'x'\", collate = \"{name}\""));
        let (project, database) = on(dialect, &with(first), "INSERT INTO page (name) VALUES ('a'), ('B')");
        let sorted = |database: &TestDatabase| database.connect().texts(NAMES).concat_all();
        assert_eq!((collation(&database).as_deref(), sorted(&database).as_str()), (Some(first), "aB"));
        project.models(&with(second));
        let said = project.ok(&["migrate", "-m", "Bytes"]);
        assert!(said.contains("change column `page.name`: another collation"), "{said}");
        assert!(
            said.contains("Fails where two values of column `page.name` are the same by its new collation"),
            "{said}"
        );
        project.ok(&["upgrade"]);
        assert_eq!((collation(&database).as_deref(), sorted(&database).as_str()), (Some(second), "Ba"));
        let mut connected = database.connect();
        for refused in ["('a')", "('x')"] {
            assert!(
                connected.execute(&format!("INSERT INTO page (name) VALUES {refused}")).is_err(),
                "{dialect}"
            );
        }
        project.ok(&["downgrade"]);
        assert_eq!((collation(&database).as_deref(), sorted(&database).as_str()), (Some(first), "aB"));

        // Without one it is as the database has it.
        project.models(&page(", unique, check = \"name <> 'x'\""));
        let said = project.ok(&["migrate", "-m", "None"]);
        assert!(said.contains("no collation"), "{said}");
        project.ok(&["upgrade"]);
        let default = match dialect {
            Dialect::Postgres => None,
            Dialect::Sqlite => Some("BINARY".to_owned()),
            Dialect::Mysql => {
                let sql = "SELECT default_collate_name AS value FROM information_schema.character_sets \
                           WHERE character_set_name = 'utf8mb4'";
                database.connect().texts(sql).remove(0)
            }
        };
        assert_eq!(collation(&database), default, "{dialect}");
        assert!(project.ok(&["migrate", "-m", "Again"]).contains("nothing to do"), "{dialect}");
    }
}

trait ConcatAll {
    fn concat_all(self) -> String;
}

impl ConcatAll for Vec<Option<String>> {
    fn concat_all(self) -> String {
        self.into_iter().flatten().collect()
    }
}

#[test]
fn two_values_that_become_the_same_are_refused_and_nothing_changes() {
    for dialect in [Dialect::Sqlite, Dialect::Mysql] {
        let (no_case, bytes) = names(dialect);
        let with = |name: &str| page(&format!(", unique, collate = \"{name}\""));
        let (project, database) = on(dialect, &with(bytes), "INSERT INTO page (name) VALUES ('a'), ('A')");
        project.models(&with(no_case));
        project.ok(&["migrate", "-m", "No case"]);
        project.fails(2, &["upgrade"]);
        assert_eq!(collation(&database).as_deref(), Some(bytes), "{dialect}");
        assert_eq!(database.connect().count("page"), 2, "{dialect}");
    }
}

/// A foreign key is dropped before, and added again after: MySQL and MariaDB want both ends alike.
#[test]
fn both_ends_of_a_foreign_key_change_together() {
    for dialect in Dialect::ALL {
        let (first, second) = names(dialect);
        let models = |name: &str| {
            page(&format!(", unique, collate = \"{name}\""))
                + &model(
                    "Note",
                    "",
                    &format!(
                        "#[column(max_length = 9, references = Page(name), collate = \"{name}\")] pub page: String"
                    ),
                )
        };
        let rows = "INSERT INTO page (name) VALUES ('a'), ('b'); INSERT INTO note (page) VALUES ('a')";
        let (project, database) = on(dialect, &models(first), rows);
        project.models(&models(second));
        project.ok(&["migrate", "-m", "Bytes"]);
        for step in ["upgrade", "downgrade"] {
            project.ok(&[step]);
            let mut connected = database.connect();
            assert!(connected.execute("INSERT INTO note (page) VALUES ('z')").is_err(), "{dialect}");
            assert_eq!(connected.count("note"), 1, "{dialect}");
        }
    }
}

/// What is generated from it is computed, and compared, by the new one.
#[test]
fn what_is_generated_from_it_follows() {
    for dialect in Dialect::ALL {
        let (first, second) = names(dialect);
        let models = |name: &str| {
            let own = format!("#[column(max_length = 9, collate = \"{name}\")] pub name: String");
            let upper = "#[column(generated = \"upper(name)\", stored, max_length = 9, index)] pub loud: Option<String>";
            model("Page", "", &format!("{own}, {upper}"))
        };
        let (project, database) = on(dialect, &models(first), "INSERT INTO page (name) VALUES ('a')");
        project.models(&models(second));
        project.ok(&["migrate", "-m", "Bytes"]);
        for step in ["upgrade", "downgrade"] {
            project.ok(&[step]);
            let loud = database.connect().texts("SELECT loud AS value FROM page");
            assert_eq!(loud, [Some("A".to_owned())], "{dialect}");
        }
    }
}

/// In a project of several databases each has its own, and only the one that changes does anything.
#[test]
fn each_database_has_its_own() {
    let models = |sqlite: &str| {
        model(
            "Page",
            "",
            &format!(
                "#[column(max_length = 9, collate(postgres = \"C\", sqlite = \"{sqlite}\"))] pub name: String"
            ),
        )
    };
    let project = Project::new(BINARY, &["postgres", "sqlite"], &models("NOCASE"));
    project.ok(&["migrate", "-m", "First"]);
    let read = |number: usize, dialect: &str| {
        let folder = project.list(&format!("migrations/{dialect}"))[number].clone();
        project.read(&format!("migrations/{dialect}/{folder}/up.sql"))
    };
    assert!(
        read(0, "postgres").contains("name varchar(9) COLLATE \"C\" NOT NULL"),
        "{}",
        read(0, "postgres")
    );
    assert!(
        read(0, "sqlite").contains("name VARCHAR(9) COLLATE \"NOCASE\" NOT NULL"),
        "{}",
        read(0, "sqlite")
    );
    project.models(&models("RTRIM"));
    project.ok(&["migrate", "-m", "Second"]);
    assert!(read(1, "postgres").contains("Nothing to do in this database."), "{}", read(1, "postgres"));
    assert!(read(1, "sqlite").contains("COLLATE \"RTRIM\""), "{}", read(1, "sqlite"));
    assert!(project.ok(&["migrate", "-m", "Again"]).contains("nothing to do"));
}

#[test]
fn a_column_that_is_filled_has_its_collation_up_and_down() {
    for (dialect, name) in
        [(Dialect::Postgres, "C"), (Dialect::Sqlite, "NOCASE"), (Dialect::Mysql, "utf8mb4_bin")]
    {
        let column = |ty: &str| {
            let field =
                format!("#[column(max_length = 9, collate = \"{name}\", backfill = \"'x'\")] pub t: {ty}");
            model("Page", "", &format!("pub size: i32, {field}"))
        };
        for ty in ["String", "Option<String>"] {
            let (project, database) =
                on(dialect, &model("Page", "", "pub size: i32"), "INSERT INTO page (size) VALUES (1)");
            project.models(&column(ty));
            project.ok(&["migrate", "-m", "Text"]);
            project.ok(&["upgrade"]);
            let described = || described(&database);
            let filled = described();
            assert!(filled.iter().any(|line| line.contains(name)), "{dialect}: {filled:?}");
            project.models(&model("Page", "", "pub size: i32"));
            project.ok(&["migrate", "-m", "Less", "--allow-data-loss"]);
            project.ok(&["upgrade"]);
            project.ok(&["downgrade"]);
            assert_eq!(described(), filled, "{dialect}");
        }
    }
}
