//! Locks that others hold: a migration waits for them a little at a time, so that those behind it go on.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock};
use std::time::{Duration, Instant};

use fenrir_migrate::{Dialect, EmbeddedMigration, Migrations, Migrator};

use super::Row;
use crate::database::{Connected, TestDatabase};

/// How long the lock is held, and for how long readers may have to wait for it: not to its end.
const HELD: Duration = Duration::from_secs(3);

/// How many databases are held at a time: all but nothing is done meanwhile.
const AT_ONCE: usize = 4;

/// What is in the way of what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Case {
    /// Somebody who reads the table, of one that changes it.
    Reader(Dialect),
    /// Somebody who writes to the table, of an index that PostgreSQL builds beside those who do: as long as he does.
    Concurrently,
}

impl Case {
    fn dialect(self) -> Dialect {
        match self {
            Case::Reader(dialect) => dialect,
            Case::Concurrently => Dialect::Postgres,
        }
    }

    fn title(self) -> String {
        match self {
            Case::Reader(dialect) => format!("a table that a long transaction reads, {}", dialect.title()),
            Case::Concurrently => "CONCURRENTLY, a long transaction writes, PostgreSQL".to_owned(),
        }
    }

    /// What the holder does, before he waits.
    fn hold(self, holder: &mut Connected) {
        let begin = if self.dialect() == Dialect::Mysql { "START TRANSACTION" } else { "BEGIN" };
        holder.execute(begin).unwrap();
        match self {
            Case::Reader(_) => drop(holder.count("page")),
            Case::Concurrently => holder.execute("UPDATE page SET name = 'b'").unwrap(),
        }
    }

    fn up(self) -> &'static str {
        match self {
            Case::Reader(_) => "ALTER TABLE page ADD COLUMN more integer; ALTER TABLE page DROP COLUMN name;",
            Case::Concurrently => "CREATE INDEX CONCURRENTLY page_name_idx ON page (name);",
        }
    }

    /// What holds afterwards.
    fn is_done(self, connected: &mut Connected) -> Result<(), String> {
        let found = match self {
            Case::Reader(_) => connected.count("page WHERE more IS NULL"),
            Case::Concurrently => {
                connected.count("pg_index WHERE indexrelid = to_regclass('page_name_idx') AND indisvalid")
            }
        };
        if found == 1 { Ok(()) } else { Err(format!("found {found}, and not 1")) }
    }

    fn migrations(self) -> &'static Migrations {
        static MIGRATIONS: OnceLock<Vec<(Case, Migrations)>> = OnceLock::new();
        let all = MIGRATIONS.get_or_init(|| {
            let of = |case: Case| {
                let first = EmbeddedMigration {
                    name: "2026-02-01-000000_first",
                    revision: "20260201000000",
                    up: case.up(),
                    down: "SELECT 1;",
                    run_in_transaction: case != Case::Concurrently,
                    checksum: "20260201000000",
                    ..EmbeddedMigration::EMPTY
                };
                let all: &'static [EmbeddedMigration] = vec![first].leak();
                (case, Migrations::new("{}", vec![(case.dialect(), Some(all))].leak()))
            };
            let readers = Dialect::ALL.into_iter().map(Case::Reader);
            readers.chain([Case::Concurrently]).map(of).collect()
        });
        &all.iter().find(|(one, _)| *one == self).unwrap().1
    }
}

/// Migrates a table that somebody is at in a long transaction, while others read it too. Returns the row, and the
/// longest that a reader waited.
///
/// # Panics
/// When the database does not do what every database does.
#[must_use]
pub fn held_by_others(case: Case, timeout: Duration, times: usize) -> (Row, Duration) {
    let results = Mutex::new((Row::new(case.title()), Duration::ZERO));
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                let database = TestDatabase::new(case.dialect());
                while next.fetch_add(1, Ordering::SeqCst) < times {
                    let result = once(case, &database, timeout);
                    let mut results = results.lock().unwrap();
                    if let Ok(waited) = &result {
                        results.1 = results.1.max(*waited);
                    }
                    results.0.count(result.map(drop));
                }
            });
        }
    });
    results.into_inner().unwrap()
}

fn once(case: Case, database: &TestDatabase, timeout: Duration) -> Result<Duration, String> {
    database.reset();
    database
        .connect()
        .execute(
            "CREATE TABLE page (id integer PRIMARY KEY, name varchar(9)); INSERT INTO page VALUES (1, 'a')",
        )
        .unwrap();
    let mut holder = database.connect();
    case.hold(&mut holder);
    let done = AtomicBool::new(false);
    let waited = std::thread::scope(|scope| {
        let reader = scope.spawn(|| reads(database, &done));
        let migrating = scope.spawn(|| migrate(case, database, timeout));
        std::thread::sleep(HELD);
        let was_done = migrating.is_finished();
        holder.execute("COMMIT").unwrap();
        let migrated = migrating.join().unwrap();
        done.store(true, Ordering::SeqCst);
        let waited = reader.join().unwrap();
        migrated?;
        if was_done { Err("it did not wait".to_owned()) } else { Ok(waited) }
    })?;
    case.is_done(&mut database.connect())?;
    if waited * 2 > HELD { Err(format!("a reader waited {waited:?}")) } else { Ok(waited) }
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

fn migrate(case: Case, database: &TestDatabase, timeout: Duration) -> Result<(), String> {
    let migrator = Migrator::new(case.migrations()).statement_lock_timeout(timeout);
    database.migrate(&migrator).map(drop).map_err(|error| error.to_string())
}
