//! What running migrations takes, beside plain diesel_migrations and the databases' own programs, in the same run:
//! `cargo bench -p fenrir-tests --bench migrator`. Nothing is asserted.
//!
//! The servers that tests start do not write to the disk, as an application's do: `FENRIR_TEST_POSTGRES_URL` and
//! `FENRIR_TEST_MYSQL_URL` name others, and TMPDIR a folder on a disk for SQLite. Which it was is printed.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "it prints its figures, and fails by panicking")]

use std::fmt::Write as _;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use diesel::{Connection, PgConnection};
use diesel_migrations::MigrationHarness;
use fenrir_migrate::{Dialect, Migrations, Migrator, MigratorBackend, Several};
use fenrir_schema::migration::{PackedMigration, pack};
use fenrir_tests::cargo::{CargoProject, workspace};
use fenrir_tests::database::{Connected, TestDatabase};

fn main() {
    let wanted: Vec<_> = std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    for (name, bench) in [
        ("nothing_pending", nothing_pending as fn()),
        ("small", small),
        ("big", big),
        ("tenants", tenants),
        ("embedding", embedding),
    ] {
        if wanted.is_empty() || wanted.iter().any(|filter| name.contains(filter.as_str())) {
            println!("== {name}");
            bench();
        }
    }
}

/// So many migrations, each of one small table.
fn migrations(dialect: Dialect, count: usize) -> &'static Migrations {
    let up = |number| {
        format!("CREATE TABLE table_{number} (id integer PRIMARY KEY, name varchar(40) NOT NULL);\n")
    };
    embedded(dialect, (0..count).map(up))
}

/// As `embed_migrations!` puts them into a binary.
fn embedded(dialect: Dialect, ups: impl Iterator<Item = String>) -> &'static Migrations {
    let mut all: Vec<PackedMigration<'_>> = Vec::new();
    for (number, up) in ups.enumerate() {
        all.push(PackedMigration {
            name: format!("2026-01-01-{number:06}_step").into(),
            parent: all.last().map(|last| last.revision().into()),
            up: up.into(),
            down: "SELECT 1;".into(),
            ..PackedMigration::default()
        });
    }
    Box::leak(Box::new(Migrations::packed("{}", vec![(dialect, Some(&*pack(all).unwrap().leak()))].leak())))
}

/// Runs something on the connection, whichever it is.
macro_rules! on {
    ($connected:expr, $connection:ident => $act:expr) => {
        match $connected {
            Connected::Postgres($connection) => $act,
            Connected::Sqlite($connection) => $act,
            Connected::Mysql($connection) => $act,
        }
    };
}

fn fenrir(connected: &mut Connected, migrations: &'static Migrations) -> Duration {
    let migrator = Migrator::new(migrations);
    let start = Instant::now();
    on!(connected, connection => drop(migrator.run(connection).unwrap()));
    start.elapsed()
}

fn diesel(connected: &mut Connected, migrations: &'static Migrations) -> Duration {
    fn run<C>(connection: &mut C, migrations: &'static Migrations)
    where
        C: MigrationHarness<C::Backend> + Connection,
        C::Backend: MigratorBackend,
    {
        connection.run_pending_migrations(*migrations).unwrap();
    }
    let start = Instant::now();
    on!(connected, connection => run(connection, migrations));
    start.elapsed()
}

fn figures(what: &str, ours: Duration, beside: &str, theirs: Duration) {
    let milliseconds = |time: Duration| time.as_secs_f64() * 1000.0;
    println!(
        "{what:<68} {:>9.2} ms   {beside} {:>9.2} ms   {:.2} times",
        milliseconds(ours),
        milliseconds(theirs),
        ours.as_secs_f64() / theirs.as_secs_f64()
    );
}

/// The middle of several runs, in turns: what else the machine does falls on both.
fn in_turns(
    runs: usize,
    mut ours: impl FnMut() -> Duration,
    mut theirs: impl FnMut() -> Duration,
) -> [Duration; 2] {
    let mut times = [Vec::new(), Vec::new()];
    for _ in 0..runs {
        times[0].push(ours());
        times[1].push(theirs());
    }
    times.map(|mut times| {
        times.sort();
        times[times.len() / 2]
    })
}

fn nothing_pending() {
    for dialect in Dialect::ALL {
        for count in [10, 100, 1_000] {
            let all = migrations(dialect, count);
            let database = TestDatabase::new(dialect);
            fenrir(&mut database.connect(), all);
            let (mut a, mut b) = (database.connect(), database.connect());
            // What a boot does: neither the server nor the client has seen the queries before.
            let first = in_turns(
                100,
                || fenrir(&mut database.connect(), all),
                || diesel(&mut database.connect(), all),
            );
            let again = in_turns(300, || fenrir(&mut a, all), || diesel(&mut b, all));
            for (which, [ours, theirs]) in [("a new connection", first), ("the same again", again)] {
                let what = format!("nothing pending, {count} applied, {}, {which}", dialect.title());
                figures(&what, ours, "diesel", theirs);
            }
        }
    }
}

/// Whether what is committed is on a disk.
fn durability(database: &TestDatabase) -> String {
    let sql = match database.dialect() {
        Dialect::Postgres => "SELECT 'fsync ' || current_setting('fsync') AS value",
        Dialect::Mysql => {
            "SELECT concat('innodb_flush_log_at_trx_commit ', @@innodb_flush_log_at_trx_commit) AS value"
        }
        Dialect::Sqlite => return format!("in {}", std::env::temp_dir().display()),
    };
    database.connect().texts(sql).into_iter().flatten().collect()
}

fn small() {
    for dialect in Dialect::ALL {
        let all = migrations(dialect, 1_000);
        let database = TestDatabase::new(dialect);
        let fresh = |run: &dyn Fn(&mut Connected) -> Duration| {
            database.reset();
            run(&mut database.connect())
        };
        let [ours, theirs] = in_turns(
            3,
            || fresh(&|connected| fenrir(connected, all)),
            || fresh(&|connected| diesel(connected, all)),
        );
        let what = format!("1,000 small migrations, {}, {}", dialect.title(), durability(&database));
        figures(&what, ours, "diesel", theirs);
    }
}

fn big() {
    let mut up = String::new();
    for table in 0..500 {
        writeln!(
            up,
            "CREATE TABLE big_{table} (id integer PRIMARY KEY, name varchar(40) NOT NULL, size bigint);"
        )
        .unwrap();
        for row in 0..20 {
            writeln!(up, "INSERT INTO big_{table} VALUES ({row}, 'row {row} of {table}', {row});").unwrap();
        }
    }
    for dialect in [Dialect::Postgres, Dialect::Sqlite] {
        let all = embedded(dialect, std::iter::once(up.clone()));
        let database = TestDatabase::new(dialect);
        let folder = tempfile::tempdir().unwrap();
        let script = folder.path().join("big.sql");
        std::fs::write(&script, format!("BEGIN;\n{up}COMMIT;\n")).unwrap();
        let [ours, theirs] = in_turns(
            5,
            || {
                database.reset();
                fenrir(&mut database.connect(), all)
            },
            || {
                database.reset();
                let mut command = match dialect {
                    Dialect::Postgres => {
                        let mut command = Command::new("psql");
                        command
                            .args(["-q", "-v", "ON_ERROR_STOP=1", "-d", database.url(), "-f"])
                            .arg(&script);
                        command
                    }
                    _ => {
                        let mut command = Command::new("sqlite3");
                        command.arg(database.file()).arg(format!(".read {}", script.display()));
                        command
                    }
                };
                let start = Instant::now();
                assert!(command.stdout(Stdio::null()).status().unwrap().success());
                start.elapsed()
            },
        );
        figures(
            &format!("one migration of 10,500 statements, {}", dialect.title()),
            ours,
            "its program",
            theirs,
        );
    }
}

fn tenants() {
    let all = migrations(Dialect::Postgres, 3);
    let database = TestDatabase::postgres();
    let schemas: Vec<_> = (0..1_000).map(|number| format!("tenant_{number:04}")).collect();
    let mut connected = database.connect();
    for schema in &schemas {
        connected.execute(&format!("CREATE SCHEMA {schema}")).unwrap();
    }
    let migrator = Migrator::new(all);
    for what in ["from empty, 3 migrations each", "nothing pending"] {
        let start = Instant::now();
        let results =
            Several::new().run_schemas(&migrator, &schemas, || PgConnection::establish(database.url()));
        assert!(results.iter().all(|(_, one)| one.is_done()));
        println!(
            "1,000 tenant schemas, four at a time, {what:<32} {:>9.0} ms",
            start.elapsed().as_secs_f64() * 1000.0
        );
    }
    // Not all of them fit into one transaction's locks.
    for schemas in schemas.chunks(20) {
        connected.execute(&format!("DROP SCHEMA {} CASCADE", schemas.join(", "))).unwrap();
    }
}

/// How much a binary grows by a thousand migrations.
fn embedding() {
    let size = |count: usize| {
        let project = CargoProject::new(
            "bench_embedding",
            "pub static MIGRATIONS: fenrir_migrate::Migrations = fenrir_migrate::embed_migrations!();\n",
        );
        project.write(
            "src/main.rs",
            "fn main() {\n    let all = bench_embedding::MIGRATIONS.of(fenrir_migrate::Dialect::Sqlite).unwrap_or_default();\n    \
             std::process::exit(all.iter().map(|one| one.up.len() + one.down.len() + one.checksum.len()).sum::<usize>() as i32 & 1);\n}\n",
        );
        let mut text = 0;
        for number in 0..count {
            let up = format!(
                "-- Step {number}\n{}",
                "CREATE TABLE IF NOT EXISTS page (id integer PRIMARY KEY, name text);\n".repeat(8)
            );
            let down = "DROP TABLE IF EXISTS page;\n";
            let folder = format!("migrations/2026-01-01-{number:06}_step");
            project.write(&format!("{folder}/up.sql"), &up);
            project.write(&format!("{folder}/down.sql"), down);
            text += up.len() + down.len();
        }
        let built = project.cargo(
            &["build", "--release"],
            &[("CARGO_PROFILE_RELEASE_STRIP", "symbols"), ("FENRIR_PENDING", "allow")],
        );
        assert!(built.ok, "{}", built.stderr);
        let binary = workspace().join("target/e2e/release/bench_embedding");
        (usize::try_from(std::fs::metadata(binary).unwrap().len()).unwrap(), text)
    };
    let ((empty, _), (full, text)) = (size(0), size(1_000));
    let grown = full - empty;
    println!(
        "1,000 migrations of {} bytes each: the binary grows by {grown} bytes, {:.3} times their own size",
        text / 1_000,
        grown as f64 / text as f64
    );
}
