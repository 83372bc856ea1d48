//! `fenrir import` on databases: what it writes compiles, and is the schema that the database has.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;

use fenrir_migrate::Dialect;
use fenrir_migrate::introspect::Options;
use fenrir_schema::source::{CommandCfg, Models, Package};
use fenrir_schema::{Renames, Schema, diff};
use fenrir_tests::cargo::{CargoProject, workspace};
use fenrir_tests::catalog;
use fenrir_tests::command::Project;
use fenrir_tests::database::{Connected, TestDatabase};
use fenrir_tests::random::{self, Case, Random, hostile};
use serde_json::{Value, json};

const BINARY: &str = env!("CARGO_BIN_EXE_fenrir-under-test");

/// A project for the database, without models.
fn project(database: &TestDatabase) -> Project {
    let project = Project::new(BINARY, &[database.dialect().name()], "pub mod models;\n");
    project.with("DATABASE_URL", database.url())
}

/// The schema of the models in a project.
fn models(project: &Project, dialect: Dialect) -> Schema {
    let package = Package::read(project.path()).unwrap();
    let models = Models::read(&package, &[dialect], &CommandCfg::new(BTreeSet::new())).unwrap();
    let problems: Vec<_> = models.problems().iter().map(ToString::to_string).collect();
    assert!(problems.is_empty(), "{problems:?}");
    models.lowered.schema
}

/// All that the database's catalog says.
fn described(connected: &mut Connected) -> Vec<String> {
    let mut lines = catalog::describe(connected);
    if let Connected::Sqlite(_) = connected {
        lines.extend(catalog::sqlite_constraints(connected));
    }
    lines
}

fn create(connected: &mut Connected, schema: &Schema) -> Result<(), String> {
    let changes = diff(&Schema::default(), schema, &Renames::default());
    let script =
        connected.dialect().script(&Schema::default(), &changes).map_err(|error| error.to_string())?;
    let sql = script.bare_sql();
    // PostgreSQL takes no empty text.
    if sql.trim().is_empty() { Ok(()) } else { connected.execute(&sql).map_err(|error| error.to_string()) }
}

/// The schemas of random tables, and of tables that nobody would make.
fn cases(dialect: Dialect, count: u64) -> Vec<Schema> {
    let number = |name: &str| std::env::var(name).ok().map(|text| text.parse::<u64>().unwrap());
    let mut random = Random(number("FENRIR_TEST_SEED").unwrap_or(1));
    let mut schemas = Vec::new();
    for _ in 0..number("FENRIR_TEST_CASES").unwrap_or(count) {
        let (mut schema, _, _) = Case::new(&mut random).schemas();
        schema = random::held_by(schema.with_unmanaged(), dialect);
        // Diesel has no such schemas.
        let is_odd = |name: &fenrir_schema::TableName| {
            name.schema.as_ref().is_some_and(|schema| schema.as_str().contains(' '))
        };
        for table in schema.tables.values_mut() {
            table.foreign_keys.retain(|_, key| !is_odd(&key.references));
        }
        schema.tables.retain(|name, _| !is_odd(name));
        let used = schema.tables.values().flat_map(|table| &table.columns);
        let used: BTreeSet<_> = used.filter_map(|column| column.sql_type.enum_name().cloned()).collect();
        schema.enums.retain(|name, _| used.contains(name));
        schemas.push(schema);
        let hostile = hostile::schema(&mut random, dialect);
        // More columns want another feature of Diesel, which would be built for this alone.
        if hostile.tables.values().all(|table| table.columns.len() <= 32) {
            schemas.push(hostile);
        }
    }
    schemas
}

/// What is imported of each schema is that schema, makes the same database, and compiles with all others.
fn round_trip(dialect: Dialect, count: u64) {
    let (database, other) = (TestDatabase::new(dialect), TestDatabase::new(dialect));
    let package = CargoProject::new(&format!("imported-{dialect}"), "");
    let mut main = String::from("#![allow(dead_code)]\n");
    let (mut done, mut skipped) = (0, Vec::new());
    for (number, schema) in cases(dialect, count).into_iter().enumerate() {
        database.reset();
        let mut connected = database.connect();
        let mut schema = schema;
        if let Err(error) = create(&mut connected, &schema) {
            // Not every type can be in an index.
            skipped.push(error);
            database.reset();
            connected = database.connect();
            for table in schema.tables.values_mut() {
                table.indexes.clear();
                table.uniques.clear();
            }
            if let Err(error) = create(&mut connected, &schema) {
                skipped.push(error);
                continue;
            }
        }
        let project = project(&database);
        let schemas: BTreeSet<_> = schema.tables.keys().filter_map(|table| table.schema.as_ref()).collect();
        let mut arguments = vec!["import", "--out", "src/models"];
        for schema in schemas.iter().map(|schema| schema.as_str()) {
            arguments.extend(["--schema", schema]);
        }
        if dialect == Dialect::Postgres && !schemas.is_empty() {
            arguments.extend(["--schema", "public"]);
        }
        let said = project.json(&arguments);
        for key in ["left_out", "differences", "not_compared", "not_managed", "not_asked_for"] {
            assert_eq!(said[key], json!([]), "{number}: {key}\n{}", schema.canonical_json());
        }
        assert!(
            said["models"].as_array().unwrap().iter().all(|model| model["unmanaged"] == Value::Null),
            "{said:#}"
        );

        let read = models(&project, dialect);
        let live = connected.read(&Options::for_schema(&read)).unwrap();
        let comparison = connected.compare(&read, &live).unwrap();
        assert!(comparison.is_equal(), "{number}: {:?}", comparison.changes);
        other.reset();
        let mut fresh = other.connect();
        create(&mut fresh, &read).unwrap();
        let (made, there) = (described(&mut fresh), described(&mut connected));
        let only = |a: &[String], b: &[String]| {
            a.iter().filter(|line| !b.contains(line)).cloned().collect::<Vec<_>>()
        };
        let (more, less) = (only(&made, &there), only(&there, &made));
        assert!(made == there, "{number}: {more:#?}\n{less:#?}\n{}", schema.canonical_json());

        main.push_str(&format!("mod case_{number};\n"));
        for file in project.list("src/models") {
            package.write(
                &format!("examples/all/case_{number}/{file}"),
                &project.read(&format!("src/models/{file}")),
            );
        }
        done += 1;
    }
    assert!(done > 3 * skipped.len() / 2, "{done} done, and not {skipped:#?}");
    // Models of an example are nobody's schema, so that there can be many of one name.
    package.write("examples/all/main.rs", &(main + "\nfn main() {}\n"));
    on(&package, dialect);
    let built = package.cargo(&["check", "--example", "all"], &[]);
    assert!(built.ok, "{}", built.stderr);
    assert!(!built.stderr.contains("warning"), "{}", built.stderr);
}

/// The package on that database, with the crates of the types that fields have, as `types.rs` has it.
fn on(package: &CargoProject, dialect: Dialect) {
    let manifest = std::fs::read_to_string(package.path().join("Cargo.toml")).unwrap();
    let manifest = manifest
        .replace("\"sqlite\"", &format!("\"{dialect}\""))
        .replace(
            "\"serde_json\"",
            "\"serde_json\", \"numeric\", \"uuid\", \"ipnet-address\", \"32-column-tables\"",
        )
        .replace(
            "\n[build-dependencies]",
            &format!(
                "bigdecimal = \"0.4\"\nipnet = \"2.5\"\nuuid = {{ version = \"1\", default-features = false }}\n\n\
                 [dev-dependencies]\nfenrir-migrate = {{ path = \"{}\", default-features = false, features = [\"{dialect}\", \"test\"] }}\n\n\
                 [build-dependencies]",
                workspace().join("fenrir-migrate").display()
            ),
        );
    package.write("Cargo.toml", &manifest);
    package.write("fenrir.toml", &format!("[migrations]\ndialects = [\"{dialect}\"]\n"));
}

#[test]
fn round_trip_import_on_sqlite() {
    round_trip(Dialect::Sqlite, 12);
}

#[test]
fn round_trip_import_on_postgres() {
    round_trip(Dialect::Postgres, 12);
}

#[test]
fn round_trip_import_on_mysql() {
    round_trip(Dialect::Mysql, 8);
}
