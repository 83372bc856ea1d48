//! Locks that others hold: a migration waits for them a little at a time, so that those behind it go on.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use fenrir_migrate::{Dialect, EmbeddedMigration, Migrations, Migrator};

use super::Row;
use crate::database::{Connected, TestDatabase};

/// How long the lock is held, and for how long readers may have to wait for it: not to its end.
const HELD: Duration = Duration::from_secs(3);

fn migrations(dialect: Dialect) -> &'static Migrations {
    static MIGRATIONS: OnceLock<Vec<(Dialect, Migrations)>> = OnceLock::new();
    let all = MIGRATIONS.get_or_init(|| {
        let of = |dialect: Dialect| {
            let first = EmbeddedMigration {
                name: "2026-02-01-000000_first",
                revision: "20260201000000",
                up: "ALTER TABLE page ADD COLUMN more integer; ALTER TABLE page DROP COLUMN name;",
                down: "SELECT 1;",
                checksum: "20260201000000",
                ..EmbeddedMigration::EMPTY
            };
            let all: &'static [EmbeddedMigration] = vec![first].leak();
            (dialect, Migrations::new("{}", vec![(dialect, Some(all))].leak()))
        };
        Dialect::ALL.into_iter().map(of).collect()
    });
    &all.iter().find(|(one, _)| *one == dialect).unwrap().1
}

/// Migrates a table that somebody reads in a long transaction, while others read it too. Returns the row, and the
/// longest that a reader waited.
///
/// # Panics
/// When the database does not do what every database does.
#[must_use]
pub fn held_by_a_reader(dialect: Dialect, timeout: Duration, times: usize) -> (Row, Duration) {
    let mut row = Row::new(format!("a table that a long transaction reads, {}", dialect.title()));
    let mut longest = Duration::ZERO;
    let database = TestDatabase::new(dialect);
    for _ in 0..times {
        database.reset();
        database
            .connect()
            .execute("CREATE TABLE page (id integer PRIMARY KEY, name varchar(9)); INSERT INTO page VALUES (1, 'a')")
            .unwrap();
        let mut holder = database.connect();
        let begin = if dialect == Dialect::Mysql { "START TRANSACTION" } else { "BEGIN" };
        holder.execute(begin).unwrap();
        let _ = holder.count("page");
        let done = AtomicBool::new(false);
        let waited = std::thread::scope(|scope| {
            let reader = scope.spawn(|| reads(&database, &done));
            let migrating = scope.spawn(|| migrate(&database, timeout));
            std::thread::sleep(HELD);
            holder.execute("ROLLBACK").unwrap();
            let migrated = migrating.join().unwrap();
            done.store(true, Ordering::SeqCst);
            migrated.map(|()| reader.join().unwrap())
        });
        row.count(waited.and_then(|waited| {
            longest = longest.max(waited);
            let more = database.connect().count("page WHERE more IS NULL");
            if more != 1 {
                return Err(format!("{more} rows"));
            }
            if waited * 2 > HELD { Err(format!("a reader waited {waited:?}")) } else { Ok(()) }
        }));
    }
    (row, longest)
}

/// Reads on and on; how long one reading took at most.
fn reads(database: &TestDatabase, done: &AtomicBool) -> Duration {
    let mut connected = database.connect();
    let mut longest = Duration::ZERO;
    while !done.load(Ordering::SeqCst) {
        let start = Instant::now();
        let _ = connected.count("page");
        longest = longest.max(start.elapsed());
        std::thread::sleep(Duration::from_millis(5));
    }
    longest
}

fn migrate(database: &TestDatabase, timeout: Duration) -> Result<(), String> {
    let migrator = Migrator::new(migrations(database.dialect())).statement_lock_timeout(timeout);
    let report = match database.connect() {
        Connected::Postgres(mut connection) => migrator.run(&mut connection),
        Connected::Mysql(mut connection) => migrator.run(&mut connection),
        Connected::Sqlite(mut connection) => migrator.run(&mut connection),
    };
    report.map(drop).map_err(|error| error.to_string())
}
