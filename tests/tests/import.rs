//! `fenrir import` on databases: what it writes compiles, and is the schema that the database has.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;

use fenrir_migrate::Dialect;
use fenrir_migrate::introspect::Options;
use fenrir_schema::source::{CommandCfg, Models, Package};
use fenrir_schema::{Identifier, Renames, Schema, diff};
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
    catalog::in_one_spelling(lines)
}

/// The same, however somebody has spelt it: SQLite keeps that.
fn described_plainly(connected: &mut Connected) -> Vec<String> {
    let is_spelling = |c: char| c.is_whitespace() || "[]\"`".contains(c);
    let mut lines = catalog::describe(connected);
    for line in &mut lines {
        *line = line.to_lowercase().replace(is_spelling, "");
    }
    lines.sort();
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
        // Of nothing there is nothing to import, which is refused.
        if !schema.tables.is_empty() {
            schemas.push(schema);
        }
        let hostile = hostile::schema(&mut random, dialect);
        // More columns want another feature of Diesel, which would be built for this alone.
        if hostile.tables.values().all(|table| table.columns.len() <= 32) {
            schemas.push(hostile);
        }
    }
    schemas
}

/// What is imported of a database, as the sources of one module.
struct Imported {
    project: Project,
    said: Value,
}

impl Imported {
    /// Imports all of a database that can be said, from these schemas.
    fn of(database: &TestDatabase, schemas: &BTreeSet<&Identifier>) -> Self {
        let project = project(database);
        let mut arguments = vec!["import", "--out", "src/models"];
        for schema in schemas.iter().map(|schema| schema.as_str()) {
            arguments.extend(["--schema", schema]);
        }
        if database.dialect() == Dialect::Postgres && !schemas.is_empty() {
            arguments.extend(["--schema", "public"]);
        }
        let said = project.json(&arguments);
        Self { project, said }
    }

    /// Nothing is left out or other than it was: not to the command, and not in a new database's catalog.
    fn is_what_is_there(
        &self,
        database: &TestDatabase,
        other: &TestDatabase,
        before: &str,
        described: fn(&mut Connected) -> Vec<String>,
    ) -> Result<(), String> {
        for key in ["left_out", "differences", "not_compared", "not_asked_for"] {
            if self.said[key] != json!([]) {
                return Err(format!("{key}: {:#}", self.said));
            }
        }
        let mut connected = database.connect();
        let read = models(&self.project, database.dialect());
        let live = connected.read(&Options::for_schema(&read)).unwrap();
        let comparison = connected.compare(&read, &live).unwrap();
        if !comparison.is_equal() {
            return Err(format!("{:?}", comparison.changes));
        }
        other.reset();
        let mut fresh = other.connect();
        if !before.is_empty() {
            fresh.execute(before).unwrap();
        }
        create(&mut fresh, &read)?;
        let (made, there) = (described(&mut fresh), described(&mut connected));
        let only = |a: &[String], b: &[String]| {
            a.iter().filter(|line| !b.contains(line)).cloned().collect::<Vec<_>>()
        };
        let (more, less) = (only(&made, &there), only(&there, &made));
        if made == there { Ok(()) } else { Err(format!("{more:#?}\n{less:#?}")) }
    }
}

/// A package of an example with many modules, each the models of one database: models of an example are nobody's
/// schema, so that there can be many of one name.
struct Batch {
    package: CargoProject,
    main: String,
}

impl Batch {
    fn new(name: &str) -> Self {
        Self {
            package: CargoProject::new(name, ""),
            main: String::from("#![allow(dead_code, unused_imports)]\n"),
        }
    }

    fn add(&mut self, module: &str, project: &Project) {
        self.main.push_str(&format!("mod {module};\n"));
        // Two models of the same text on the same line are one to the macros.
        let lines = "//\n".repeat(self.main.lines().count());
        for file in project.list("src/models") {
            let text = lines.clone() + &project.read(&format!("src/models/{file}"));
            self.package.write(&format!("examples/all/{module}/{file}"), &text);
        }
    }

    /// It compiles, without a warning.
    fn compiles(self, dialect: Dialect) {
        self.package.write("examples/all/main.rs", &(self.main + "\nfn main() {}\n"));
        on(&self.package, dialect);
        let built = self.package.cargo(&["check", "--example", "all"], &[]);
        assert!(built.ok, "{}", built.stderr);
        assert!(!built.stderr.contains("warning"), "{}", built.stderr);
    }
}

/// What is imported of each schema is that schema, makes the same database, and compiles with all others.
fn round_trip(dialect: Dialect, count: u64) {
    let (database, other) = (TestDatabase::new(dialect), TestDatabase::new(dialect));
    let mut batch = Batch::new(&format!("imported-{dialect}"));
    let (mut done, mut skipped) = (0, Vec::new());
    for (number, mut schema) in cases(dialect, count).into_iter().enumerate() {
        database.reset();
        let mut connected = database.connect();
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
        let schemas = schema.tables.keys().filter_map(|table| table.schema.as_ref()).collect();
        let imported = Imported::of(&database, &schemas);
        let all = imported.said["models"].as_array().unwrap();
        assert!(all.iter().all(|model| model["unmanaged"] == Value::Null), "{:#}", imported.said);
        assert_eq!(imported.said["not_managed"], json!([]), "{number}");
        if let Err(why) = imported.is_what_is_there(&database, &other, "", described) {
            panic!("{number}: {why}\n{}", schema.canonical_json());
        }
        batch.add(&format!("case_{number}"), &imported.project);
        done += 1;
    }
    assert!(done > 3 * skipped.len() / 2, "{done} done, and not {skipped:#?}");
    for (name, sql, before) in named(dialect) {
        database.reset();
        database.connect().execute(&sql).unwrap();
        let imported = Imported::of(&database, &BTreeSet::new());
        let found = imported.is_what_is_there(&database, &other, before, described_plainly);
        found.unwrap_or_else(|why| panic!("{name}: {why}"));
        batch.add(name, &imported.project);
    }
    batch.compiles(dialect);
}

/// Databases that somebody could have: a name, the statements, and what a new database needs before its tables.
fn named(dialect: Dialect) -> Vec<(&'static str, String, &'static str)> {
    let sample = |name: &str| std::fs::read_to_string(workspace().join("tests/samples").join(name)).unwrap();
    // Attributes of the compiler have these names.
    let attributes = "CREATE TABLE test_case (id integer NOT NULL PRIMARY KEY); \
         CREATE TABLE bench (id integer NOT NULL PRIMARY KEY, test integer, FOREIGN KEY (test) REFERENCES test_case (id)); \
         CREATE TABLE derive (id integer NOT NULL PRIMARY KEY, cfg integer, FOREIGN KEY (cfg) REFERENCES bench (id))";
    // Each of two points at the other, and one at itself.
    let circle = "CREATE TABLE a (id integer NOT NULL PRIMARY KEY, b_id integer, a_id integer, FOREIGN KEY (a_id) REFERENCES a (id)); \
         CREATE TABLE b (id integer NOT NULL PRIMARY KEY, a_id integer, FOREIGN KEY (a_id) REFERENCES a (id))";
    let circle = match dialect {
        Dialect::Sqlite => circle.replace(
            "(a_id) REFERENCES a (id));",
            "(a_id) REFERENCES a (id), FOREIGN KEY (b_id) REFERENCES b (id));",
        ),
        _ => format!("{circle}; ALTER TABLE a ADD CONSTRAINT back FOREIGN KEY (b_id) REFERENCES b (id)"),
    };
    // What would have one name in Rust.
    let alike = r#"CREATE TABLE "userId" (id integer NOT NULL PRIMARY KEY, "userName" integer, user_name integer, "user-name" integer);
         CREATE TABLE user_id (id integer NOT NULL PRIMARY KEY, "type" integer, type_ integer, "self" integer);
         CREATE TABLE "user id" (line text)"#;
    let alike = if dialect == Dialect::Mysql { alike.replace('"', "`") } else { alike.to_owned() };
    let mut all =
        vec![("attributes", attributes.to_owned(), ""), ("circle", circle, ""), ("alike", alike, "")];
    match dialect {
        Dialect::Sqlite => {
            all.push(("music", sample("music.sqlite.sql"), "CREATE VIEW [Titles] AS SELECT 1"));
            // Types that SQLite alone knows, of columns that hold keys.
            let other_types = "CREATE TABLE parent (id INTEGER NOT NULL PRIMARY KEY); \
                CREATE TABLE child (id INTEGER NOT NULL PRIMARY KEY, parent_id INT NOT NULL REFERENCES parent (id)); \
                CREATE TABLE other (id INTEGER NOT NULL PRIMARY KEY, parent_id TINYINT REFERENCES parent (id))";
            all.push(("other_types", other_types.to_owned(), ""));
        }
        Dialect::Postgres => all.push(("rentals", sample("rentals.postgres.sql"), BEFORE_RENTALS)),
        // It names indexes after columns, and checks by number, in each table.
        Dialect::Mysql => all.push((
            "named_by_mariadb",
            "CREATE TABLE a (id int NOT NULL PRIMARY KEY, size int, x int, INDEX (size), UNIQUE (x), CHECK (x > size)); \
             CREATE TABLE b (id int NOT NULL PRIMARY KEY, size int, x int, INDEX (size), UNIQUE (x), CHECK (x > 1))"
                .to_owned(),
            "",
        )),
    }
    all
}

/// What the tables of the sample need, and no model says.
const BEFORE_RENTALS: &str = "CREATE DOMAIN year AS integer CONSTRAINT year_check CHECK (VALUE >= 1901 AND VALUE <= 2155); \
    CREATE SEQUENCE actor_actor_id_seq; \
    CREATE TABLE payment (payment_id integer NOT NULL, amount numeric(5,2) NOT NULL, \
        payment_date timestamp with time zone NOT NULL, PRIMARY KEY (payment_date, payment_id)) PARTITION BY RANGE (payment_date); \
    CREATE TABLE payment_p2026_01 PARTITION OF payment FOR VALUES FROM ('2026-01-01 00:00:00+00') TO ('2026-02-01 00:00:00+00')";

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
