//! What the limits are about, measured: `cargo bench -p fenrir-tests`. Nothing is asserted.
//!
//! Each figure is the least of several runs, beside what it is compared to, measured in the same run.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "it prints its figures, and fails by panicking")]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use fenrir_schema::{
    Column, Deferral, Dialect, Dialects, Expression, ForeignKey, Identifier, Index, IndexKey, IndexTarget,
    PrimaryKey, ReferentialAction, Renames, Schema, SqlType, Table, TableOptions, diff, invert,
};
use fenrir_tests::cargo::{CargoProject, workspace};
use fenrir_tests::command::Project;
use fenrir_tests::database::TestDatabase;

const BINARY: &str = env!("CARGO_BIN_EXE_fenrir-under-test");

fn main() {
    // Cargo hands over `--bench`, and perhaps a filter.
    let wanted: Vec<_> = std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    for (name, bench) in [
        ("command", command as fn()),
        ("boot", boot),
        ("build_step", build_step),
        ("check", check),
        ("diff", differences),
        ("new_tables", new_tables),
        ("introspection", introspection),
    ] {
        if wanted.is_empty() || wanted.iter().any(|filter| name.contains(filter.as_str())) {
            println!("== {name}");
            bench();
        }
    }
}

/// The least time of several runs.
fn least(runs: usize, mut run: impl FnMut()) -> Duration {
    (0..runs)
        .map(|_| {
            let start = Instant::now();
            run();
            start.elapsed()
        })
        .min()
        .unwrap_or_default()
}

fn line(what: &str, time: Duration) {
    println!("{what:<70} {:>9.1} ms", time.as_secs_f64() * 1000.0);
}

/// Tables of ten columns, each pointing at the one before it.
fn models(tables: usize) -> String {
    let mut text = String::new();
    for table in 0..tables {
        writeln!(text, "#[derive(fenrir_migrate::Table)]\n#[diesel(table_name = table_{table})]\npub struct Table{table} {{").unwrap();
        writeln!(text, "    pub id: i32,").unwrap();
        let parent = table.checked_sub(1);
        match parent {
            Some(parent) => {
                writeln!(
                    text,
                    "    #[column(references = Table{parent}, on_delete = cascade)]\n    pub parent_id: i32,"
                )
                .unwrap();
            }
            None => writeln!(text, "    pub parent_id: i32,").unwrap(),
        }
        for column in 0..4 {
            writeln!(text, "    #[column(max_length = 96)]\n    pub text_{column}: String,").unwrap();
        }
        for column in 0..4 {
            writeln!(text, "    pub number_{column}: Option<i64>,").unwrap();
        }
        writeln!(text, "}}\n").unwrap();
    }
    text
}

fn command() {
    for tables in [100, 1_000, 2_000] {
        let database = TestDatabase::sqlite();
        let project = Project::new(BINARY, &["sqlite"], &models(tables)).with("DATABASE_URL", database.url());
        let time = least(5, || drop(project.ok(&["migrate", "-m", "Create all", "--dry-run"])));
        line(&format!("fenrir migrate, from nothing, {tables} tables"), time);
        project.ok(&["migrate", "-m", "Create all"]);
        let time = least(5, || drop(project.ok(&["migrate", "-m", "Again"])));
        line(&format!("fenrir migrate, nothing changed, {tables} tables"), time);
        let edited = models(tables)
            .replace("number_3: Option<i64>", "number_3: Option<i64>,\n    pub more: Option<bool>");
        project.models(&edited);
        let time = least(5, || drop(project.ok(&["migrate", "-m", "More", "--dry-run"])));
        line(&format!("fenrir migrate, a column added to each of {tables} tables"), time);
        let time = least(1, || drop(project.ok(&["upgrade", "-q"])));
        line(&format!("fenrir upgrade, from nothing, {tables} tables"), time);
        let sql = project.read(&format!("migrations/{}/up.sql", project.list("migrations")[0]));
        project.write("whole.sql", &format!("BEGIN;\n{sql}COMMIT;\n"));
        let (file, script) = (project.path().join("by_sqlite3.db"), project.path().join("whole.sql"));
        let time = least(1, || sqlite3(&file, &format!(".read {}", script.display())));
        line("    beside it: sqlite3, the same SQL", time);
        let time = least(20, || drop(project.ok(&["current"])));
        line(&format!("fenrir current, {tables} tables"), time);
        let time = least(20, || sqlite3(&database.file(), "SELECT version FROM __diesel_schema_migrations"));
        line("    beside it: sqlite3, one query on the same file", time);
    }
}

fn sqlite3(file: &Path, command: &str) {
    let status = Command::new("sqlite3").arg(file).arg(command).stdout(Stdio::null()).status();
    assert!(status.is_ok_and(|status| status.success()), "this comparison needs the program sqlite3");
}

/// A migration of a thousand new tables, run by the command and by the database's own program, in one
/// transaction each; in turns, so that what else the machine does falls on both.
fn new_tables() {
    for dialect in Dialect::ALL {
        let database = TestDatabase::new(dialect);
        let project =
            Project::new(BINARY, &[dialect.name()], &models(1_000)).with("DATABASE_URL", database.url());
        project.ok(&["migrate", "-m", "Create all"]);
        let up = format!("migrations/{}/up.sql", project.list("migrations")[0]);
        project.write("whole.sql", &format!("BEGIN;\n{}COMMIT;\n", project.read(&up)));
        let script = project.path().join("whole.sql");
        let mut times = [Duration::MAX; 2];
        for _ in 0..5 {
            database.reset();
            times[0] = times[0].min(least(1, || drop(project.ok(&["upgrade", "-q"]))));
            database.reset();
            times[1] = times[1].min(least(1, || run_by_its_own(&database, &script)));
        }
        line(&format!("fenrir upgrade, 1,000 new tables, {}", dialect.title()), times[0]);
        line("    beside it: the same SQL by the database's own program", times[1]);
        println!("    {:.2} times", times[0].as_secs_f64() / times[1].as_secs_f64());
    }
}

fn run_by_its_own(database: &TestDatabase, script: &Path) {
    let mut command = match database {
        TestDatabase::Sqlite(_) => return sqlite3(&database.file(), &format!(".read {}", script.display())),
        TestDatabase::Postgres(_) => {
            let mut command = Command::new("psql");
            command.args(["-q", "-v", "ON_ERROR_STOP=1", "-d", database.url(), "-f"]).arg(script);
            command
        }
        TestDatabase::Mysql(_) => {
            let url = url::Url::parse(database.url()).unwrap();
            let mut command = Command::new("mariadb");
            command
                .args(["--user", url.username(), "--host", url.host_str().unwrap()])
                .args(["--port", &url.port().unwrap_or(3306).to_string()])
                .args(
                    url.query_pairs()
                        .find(|(key, _)| key == "unix_socket")
                        .map(|(_, path)| format!("--socket={path}")),
                )
                .arg(&url.path()[1..])
                .stdin(std::fs::File::open(script).unwrap());
            command
        }
    };
    let status = command.stdout(Stdio::null()).status();
    assert!(status.is_ok_and(|status| status.success()), "this comparison needs {command:?}");
}

fn boot() {
    use diesel::{Connection, PgConnection, SqliteConnection};
    use diesel_migrations::MigrationHarness;
    use fenrir_migrate::Migrator;
    use fenrir_models::MIGRATIONS;

    let database = TestDatabase::sqlite();
    let mut connection = SqliteConnection::establish(database.file().to_str().unwrap()).unwrap();
    Migrator::new(&MIGRATIONS).run(&mut connection).unwrap();
    let time = least(200, || drop(Migrator::new(&MIGRATIONS).run(&mut connection).unwrap()));
    line("boot with nothing pending, SQLite", time);
    let time = least(200, || drop(connection.run_pending_migrations(MIGRATIONS).unwrap()));
    line("    beside it: diesel_migrations", time);

    let database = TestDatabase::postgres();
    let mut connection = PgConnection::establish(database.url()).unwrap();
    Migrator::new(&MIGRATIONS).run(&mut connection).unwrap();
    let time = least(200, || drop(Migrator::new(&MIGRATIONS).run(&mut connection).unwrap()));
    line("boot with nothing pending, PostgreSQL", time);
    let time = least(200, || drop(connection.run_pending_migrations(MIGRATIONS).unwrap()));
    line("    beside it: diesel_migrations", time);
}

/// Other code: functions, as long as asked for.
fn other_code(lines: usize) -> String {
    let mut text = String::new();
    for number in 0..lines / 10 {
        writeln!(
            text,
            "/// Adds things up, \"as they are\".\npub fn function_{number}(values: &[i64]) -> Result<String, std::fmt::Error> {{\n    \
             let mut sum = 0_i64;\n    for (index, value) in values.iter().enumerate().filter(|(_, value)| **value > {number}) {{\n        \
             // The first counts twice.\n        sum += if index == 0 {{ value * 2 }} else {{ *value }};\n    }}\n    \
             let text = format!(\"{{sum}} in '{{{{}}}}' {{}}\", 'x');\n    Ok(text)\n}}"
        )
        .unwrap();
    }
    text
}

/// What the build script itself takes, in a debug build: its own run, timed by Cargo's child.
fn build_step() {
    let mut library = String::new();
    for file in 0..100 {
        writeln!(library, "pub mod code_{file};").unwrap();
    }
    library.push_str("pub mod models;\n");
    let project = CargoProject::new("bench_build_step", &library);
    for file in 0..100 {
        project.write(&format!("src/code_{file}.rs"), &other_code(500));
    }
    project.write("src/models.rs", &models(100));
    project.checks();
    let script =
        newest(&workspace().join("target/e2e/debug/build"), "bench_build_step-", "build-script-build");
    let out = tempfile::tempdir().unwrap();
    let time = least(10, || {
        let status = Command::new(&script)
            .current_dir(project.path())
            .env("CARGO_MANIFEST_DIR", project.path())
            .env("OUT_DIR", out.path())
            .stdout(Stdio::null())
            .status();
        assert!(status.unwrap().success());
    });
    line("the build step, debug build, 100 models among 50,000 lines", time);
    let time = least(10, || {
        let mut bytes = 0;
        for file in 0..100 {
            bytes += std::fs::read(project.path().join(format!("src/code_{file}.rs"))).unwrap().len();
        }
        assert!(bytes > 1_000_000);
    });
    line("    beside it: reading those files (release build)", time);
}

fn newest(folder: &Path, prefix: &str, file: &str) -> std::path::PathBuf {
    std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.file_name().unwrap().to_string_lossy().starts_with(prefix))
        .map(|path| path.join(file))
        .filter(|path| path.is_file())
        .max_by_key(|path| std::fs::metadata(path).unwrap().modified().unwrap())
        .expect("a build script")
}

/// `cargo check` of 100 tables that derive `Table`, and of the same written by hand.
fn check() {
    let derived = CargoProject::new("bench_derived", &models(100));
    let written = CargoProject::new("bench_written", &by_hand(100));
    std::fs::remove_file(written.path().join("build.rs")).unwrap();
    for project in [&derived, &written] {
        project.checks();
    }
    // In turns, so that what else the machine does falls on both.
    let mut times = [Duration::MAX; 2];
    for _ in 0..5 {
        for (time, project) in times.iter_mut().zip([&derived, &written]) {
            let library = std::fs::read_to_string(project.path().join("src/lib.rs")).unwrap();
            project.write("src/lib.rs", &(library + "\n"));
            *time = (*time).min(cpu_time(project));
        }
    }
    line("cargo check, CPU time, 100 models of 10 columns deriving Table", times[0]);
    line("    beside it: the same table!, joinable! and pairs by hand", times[1]);
    println!("    {:.2} times", times[0].as_secs_f64() / times[1].as_secs_f64());
}

fn by_hand(tables: usize) -> String {
    let mut text = String::new();
    for table in 0..tables {
        writeln!(text, "diesel::table! {{\n    table_{table} (id) {{\n        id -> Integer,\n        parent_id -> Integer,").unwrap();
        for column in 0..4 {
            writeln!(text, "        #[max_length = 96]\n        text_{column} -> VarChar,").unwrap();
        }
        for column in 0..4 {
            writeln!(text, "        number_{column} -> Nullable<BigInt>,").unwrap();
        }
        writeln!(text, "    }}\n}}").unwrap();
        if let Some(parent) = table.checked_sub(1) {
            writeln!(text, "diesel::joinable!(table_{table} -> table_{parent} (parent_id));").unwrap();
            writeln!(text, "diesel::allow_tables_to_appear_in_same_query!(table_{table}, table_{parent});")
                .unwrap();
        }
        writeln!(text, "pub struct Table{table} {{\n    pub id: i32,\n    pub parent_id: i32,").unwrap();
        for column in 0..4 {
            writeln!(text, "    pub text_{column}: String,").unwrap();
        }
        for column in 0..4 {
            writeln!(text, "    pub number_{column}: Option<i64>,").unwrap();
        }
        writeln!(text, "}}").unwrap();
    }
    text
}

/// The CPU time of all processes of one `cargo check`, as the shell counts it.
fn cpu_time(project: &CargoProject) -> Duration {
    let output = Command::new("bash")
        .args(["-c", "\"$CARGO\" check --quiet --offline >/dev/null 2>&1; times"])
        .current_dir(project.path())
        .env("CARGO", env!("CARGO"))
        .env("CARGO_TARGET_DIR", workspace().join("target").join("e2e"))
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    // The second line is that of the children: `0m1.234s 0m0.567s`.
    let seconds: f64 = text
        .lines()
        .nth(1)
        .unwrap()
        .split_whitespace()
        .map(|part| {
            let (minutes, seconds) = part.trim_end_matches('s').split_once('m').unwrap();
            minutes.parse::<f64>().unwrap() * 60.0 + seconds.parse::<f64>().unwrap()
        })
        .sum();
    Duration::from_secs_f64(seconds)
}

/// The difference of two schemas, and its SQL, up and down, for each database: an edit in every tenth table.
fn differences() {
    for count in [1_000, 10_000] {
        let before = schema(count);
        let mut after = before.clone();
        for (number, table) in after.tables.values_mut().enumerate().filter(|(number, _)| number % 10 == 0) {
            match number / 10 % 4 {
                0 => table.columns[2].sql_type = SqlType::Text,
                1 => table.columns.push(column("more", SqlType::Bool, true)),
                2 => drop(table.columns.pop()),
                _ => table.indexes.clear(),
            }
        }
        let renames = Renames::default();
        let time = least(5, || drop(diff(&before, &after, &renames)));
        line(&format!("diff, {count} tables of 10 columns, an edit in every tenth"), time);
        let changes = diff(&before, &after, &renames);
        for dialect in Dialect::ALL {
            let time = least(5, || {
                dialect.script(&before, &changes).unwrap();
                dialect.script(&after, &invert(&changes)).unwrap();
            });
            line(&format!("    and its SQL, up and down, for {}", dialect.title()), time);
        }
    }
}

/// Reading databases of 1,000 tables, and comparing them with their models: where the words of expressions are
/// those that the database told, and where each has to be asked for.
fn introspection() {
    use fenrir_migrate::introspect::Options;
    let mut wanted = schema(1_000);
    for table in wanted.tables.values_mut() {
        let check = Expression::new("id > 0 AND text_0 <> ''").unwrap();
        table.checks.insert(Identifier::generated([&table.name.name], "check"), check.into());
    }
    for dialect in Dialect::ALL {
        let mut wanted = wanted.clone();
        if dialect == Dialect::Mysql {
            // It checks no generated column; and names are its database's.
            wanted.tables.values_mut().for_each(|table| table.checks.clear());
        }
        let database = TestDatabase::new(dialect);
        let mut connected = database.connect();
        // One after the other: a transaction of PostgreSQL's does not hold that many locks.
        let changes = diff(&Schema::default(), &wanted, &Renames::default());
        let script = dialect.script(&Schema::default(), &changes).unwrap();
        for statement in &script.statements {
            connected.execute(&statement.sql).unwrap();
        }
        let options = Options::default();
        let time = least(5, || drop(connected.read(&options).unwrap()));
        line(&format!("reading 1,000 tables of 10 columns, {}", dialect.title()), time);
        let live = connected.read(&options).unwrap();
        let same = live.schema.clone();
        let time = least(5, || assert!(connected.compare(&same, &live).unwrap().is_equal()));
        line("    and comparing, in the same words", time);
        let time = least(3, || assert!(connected.compare(&wanted, &live).unwrap().is_equal()));
        line("    and comparing, in the models' words", time);
    }
}

fn column(name: &str, sql_type: SqlType, nullable: bool) -> Column {
    let (name, default, auto_increment, comment) = (Identifier::new(name).unwrap(), None, None, None);
    let (generated, collations) = (None, Default::default());
    Column { name, sql_type, nullable, default, auto_increment, generated, collations, comment }
}

/// Tables of ten columns with an index, each pointing at the one before it.
fn schema(tables: usize) -> Schema {
    let mut schema = Schema::default();
    let name = |number: usize| Identifier::new(format!("table_{number:05}")).unwrap();
    let id = Identifier::new("id").unwrap();
    for number in 0..tables {
        let mut columns = vec![
            column("id", SqlType::Integer, false),
            column("parent_id", SqlType::Integer, true),
            column("text_0", SqlType::VarChar { max_length: Some(96) }, false),
        ];
        columns.extend((1..8).map(|number| column(&format!("number_{number}"), SqlType::BigInt, true)));
        let parent = Identifier::new("parent_id").unwrap();
        let key = ForeignKey {
            columns: vec![parent.clone()],
            references: name(number.saturating_sub(1)).into(),
            referenced_columns: vec![id.clone()],
            on_delete: ReferentialAction::Cascade,
            on_update: ReferentialAction::NoAction,
            deferral: Deferral::NotDeferrable,
            dialects: Dialects::default(),
        };
        let keys = vec![IndexKey::new(IndexTarget::Column(parent.clone()))];
        let index = Index { keys, ..Index::default() };
        let table = Table {
            name: name(number).into(),
            columns,
            primary_key: PrimaryKey {
                name: Identifier::generated([&name(number)], "pkey"),
                columns: vec![id.clone()],
            },
            uniques: BTreeMap::new(),
            checks: BTreeMap::new(),
            foreign_keys: [(Identifier::generated([&name(number), &parent], "fkey"), key)].into(),
            indexes: [(Identifier::generated([&name(number), &parent], "idx"), index)].into(),
            options: TableOptions::default(),
            comment: None,
        };
        schema.tables.insert(table.name.clone(), table);
    }
    schema
}
