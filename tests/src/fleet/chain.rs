//! The migrations that a fleet boots with, and what a database is that has them all, each once.

use std::sync::OnceLock;

use diesel::connection::SimpleConnection;
use fenrir_migrate::{Batch, Dialect, EmbeddedMigration, Migrations, Migrator, Progress};

use crate::database::Connected;

/// What a migration does: its SQL, and whether it runs in a transaction.
type Part = (&'static str, bool);

const POSTGRES: &[Part] = &[
    (
        "CREATE TABLE done (version text NOT NULL);
         CREATE TABLE page (id integer PRIMARY KEY, name text NOT NULL, size integer NOT NULL);
         INSERT INTO done VALUES ('1');",
        true,
    ),
    (
        "INSERT INTO page SELECT n, 'page ' || n, n FROM generate_series(1, 2000) n;
         INSERT INTO done VALUES ('2');",
        true,
    ),
    (
        "SET statement_timeout = 0;
         CREATE INDEX CONCURRENTLY page_name_idx ON page (name);
         INSERT INTO done VALUES ('3');
         CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS page_size_key ON page (size);",
        false,
    ),
    (
        "ALTER TABLE page ADD COLUMN title text;
         UPDATE page SET title = name WHERE id < 500;
         SELECT pg_sleep(0.02);
         INSERT INTO done VALUES ('4');",
        true,
    ),
    (
        "DROP INDEX CONCURRENTLY page_name_idx;
         BEGIN;
         INSERT INTO done VALUES ('5');
         ALTER TABLE page ADD COLUMN more integer;
         COMMIT;
         UPDATE page SET more = coalesce(more, 0) + 1;",
        false,
    ),
    ("ALTER TABLE page RENAME COLUMN title TO heading; INSERT INTO done VALUES ('6');", true),
];

const MYSQL: &[Part] = &[
    (
        "CREATE TABLE done (version varchar(9) NOT NULL);
         CREATE TABLE page (id int PRIMARY KEY, name varchar(40) NOT NULL, size int NOT NULL);
         INSERT INTO done VALUES ('1');",
        true,
    ),
    (
        "INSERT INTO page SELECT seq.n, concat('page ', seq.n), seq.n FROM (WITH RECURSIVE s AS
           (SELECT 1 AS n UNION ALL SELECT n + 1 FROM s WHERE n < 900) SELECT n FROM s) seq;
         INSERT INTO done VALUES ('2');",
        true,
    ),
    (
        "CREATE INDEX page_name_idx ON page (name);
         INSERT INTO done VALUES ('3');
         CREATE UNIQUE INDEX page_size_key ON page (size);",
        true,
    ),
    (
        "SET @before = (SELECT count(*) FROM page);
         ALTER TABLE page ADD COLUMN title varchar(40);
         UPDATE page SET title = name WHERE id < 500;
         DO sleep(0.02);
         INSERT INTO done VALUES ('4');
         ALTER TABLE page MODIFY COLUMN title varchar(60) NULL;",
        true,
    ),
    (
        "DROP INDEX page_name_idx ON page;
         BEGIN;
         INSERT INTO done VALUES ('5');
         COMMIT;
         ALTER TABLE page ADD COLUMN more int;
         UPDATE page SET more = coalesce(more, 0) + 1;",
        false,
    ),
    ("ALTER TABLE page CHANGE COLUMN title heading varchar(60) NULL; INSERT INTO done VALUES ('6');", true),
];

const SQLITE: &[Part] = &[
    (
        "CREATE TABLE done (version text NOT NULL);
         CREATE TABLE page (id integer PRIMARY KEY, name text NOT NULL, size integer NOT NULL);
         INSERT INTO done VALUES ('1');",
        true,
    ),
    (
        "INSERT INTO page WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < 2000)
           SELECT n, 'page ' || n, n FROM s;
         INSERT INTO done VALUES ('2');",
        true,
    ),
    (
        "PRAGMA cache_size = 100;
         CREATE INDEX page_name_idx ON page (name);
         INSERT INTO done VALUES ('3');
         VACUUM;
         CREATE UNIQUE INDEX page_size_key ON page (size);",
        false,
    ),
    (
        "ALTER TABLE page ADD COLUMN title text;
         UPDATE page SET title = name WHERE id < 500;
         INSERT INTO done VALUES ('4');",
        true,
    ),
    (
        "DROP INDEX page_name_idx;
         BEGIN;
         INSERT INTO done VALUES ('5');
         ALTER TABLE page ADD COLUMN more integer;
         COMMIT;
         UPDATE page SET more = coalesce(more, 0) + 1;",
        false,
    ),
    ("ALTER TABLE page RENAME COLUMN title TO heading; INSERT INTO done VALUES ('6');", true),
];

/// With a function each: batch by batch, and in one transaction.
const WITH_FUNCTIONS: &[Part] = &[
    ("ALTER TABLE page ADD COLUMN counted integer NOT NULL DEFAULT 0;", false),
    ("INSERT INTO done VALUES ('8');", true),
];

/// The revisions of those, and what their functions add to each row.
const FUNCTIONS: [(&str, u32, Option<&str>); 2] =
    [("20260107000000", 1, Some("INSERT INTO done VALUES ('7')")), ("20260108000000", 10, None)];

fn parts(dialect: Dialect) -> impl Iterator<Item = &'static Part> {
    let parts = match dialect {
        Dialect::Postgres => POSTGRES,
        Dialect::Mysql => MYSQL,
        Dialect::Sqlite => SQLITE,
    };
    parts.iter().chain(WITH_FUNCTIONS)
}

/// A migrator of all of them, with their functions.
pub fn migrator<C: SimpleConnection + 'static>() -> Migrator {
    let mut migrator = Migrator::new(migrations());
    for (revision, by, last) in FUNCTIONS {
        let function = move |connection: &mut C, batch: &Batch| count(connection, batch, by, last);
        migrator = migrator.function(revision, function);
    }
    migrator
}

/// Counts some rows more; with the last of them, runs another statement.
fn count<C: SimpleConnection>(
    connection: &mut C,
    batch: &Batch,
    by: u32,
    last: Option<&str>,
) -> diesel::QueryResult<Progress> {
    let from: u32 = batch.cursor.as_deref().and_then(|cursor| cursor.parse().ok()).unwrap_or_default();
    let to = from + 500;
    connection.batch_execute(&format!(
        "UPDATE page SET counted = counted + {by} WHERE id > {from} AND id <= {to}"
    ))?;
    if to < 2000 {
        return Ok(Progress::More(to.to_string()));
    }
    last.map_or(Ok(()), |sql| connection.batch_execute(sql))?;
    Ok(Progress::Done)
}

/// The migrations, for every database.
pub fn migrations() -> &'static Migrations {
    static MIGRATIONS: OnceLock<Migrations> = OnceLock::new();
    MIGRATIONS.get_or_init(|| {
        let all: Vec<_> = Dialect::ALL.into_iter().map(|dialect| (dialect, Some(of(dialect)))).collect();
        Migrations::new("{}", all.leak())
    })
}

/// Those of them that plain Diesel can run: its own way of running a file has no statement that runs alone.
pub fn plain() -> &'static Migrations {
    static MIGRATIONS: OnceLock<Migrations> = OnceLock::new();
    MIGRATIONS.get_or_init(|| {
        let plain = |dialect| {
            let all = of(dialect).iter().copied();
            let all = all.filter(|migration| migration.run_in_transaction && !migration.function);
            (dialect, Some(&*all.collect::<Vec<_>>().leak()))
        };
        Migrations::new("{}", Dialect::ALL.map(plain).to_vec().leak())
    })
}

fn of(dialect: Dialect) -> &'static [EmbeddedMigration] {
    let mut all: Vec<EmbeddedMigration> = Vec::new();
    for (number, (up, run_in_transaction)) in (1..).zip(parts(dialect)) {
        let name: &'static str = format!("2026-01-0{number}-000000_step").leak();
        let revision: &'static str = format!("2026010{number}000000").leak();
        all.push(EmbeddedMigration {
            name,
            revision,
            parent: all.last().map(|last| last.revision),
            up,
            down: "SELECT 1;",
            run_in_transaction: *run_in_transaction,
            checksum: revision,
            function: FUNCTIONS.iter().any(|(one, ..)| *one == revision),
            ..EmbeddedMigration::EMPTY
        });
    }
    all.leak()
}

/// Whether a database has all of them, each once, and nothing beside.
///
/// # Errors
/// With what is otherwise, by the database's own word.
pub fn is_whole(connected: &mut Connected) -> Result<(), String> {
    let dialect = connected.dialect();
    let count = parts(dialect).count();
    let expected: Vec<_> = (1..=count).map(|number| Some(number.to_string())).collect();
    let found = connected.texts("SELECT version AS value FROM done ORDER BY version");
    equal("each migration's rows once", &found, &expected)?;
    let expected: Vec<_> = (1..=count).map(|number| Some(format!("2026010{number}000000"))).collect();
    for table in ["__diesel_schema_migrations", "__fenrir_migrations"] {
        let found = connected.texts(&format!("SELECT version AS value FROM {table} ORDER BY version"));
        equal(table, &found, &expected)?;
    }
    let left = connected.texts("SELECT statement AS value FROM __fenrir_journal ORDER BY version, number");
    equal("__fenrir_journal", &left, &Vec::new())?;
    let rows = if dialect == Dialect::Mysql { 900 } else { 2000 };
    equal("rows", &connected.count("page"), &rows)?;
    equal("rows with a heading", &connected.count("page WHERE heading IS NOT NULL"), &499)?;
    equal("rows that each function saw once", &connected.count("page WHERE counted = 11"), &rows)?;
    equal("rows that were counted once", &connected.count("page WHERE more = 1"), &rows)?;
    let indexes = match dialect {
        Dialect::Postgres => {
            "SELECT c.relname || CASE WHEN i.indisvalid AND i.indisready THEN '' ELSE ' INVALID' END AS value \
             FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid WHERE i.indrelid = 'page'::regclass \
             AND NOT i.indisprimary"
        }
        Dialect::Mysql => {
            "SELECT DISTINCT index_name AS value FROM information_schema.statistics \
             WHERE table_schema = database() AND table_name = 'page' AND index_name <> 'PRIMARY'"
        }
        Dialect::Sqlite => {
            "SELECT name AS value FROM sqlite_master WHERE type = 'index' AND tbl_name = 'page'"
        }
    };
    equal("indexes", &connected.texts(indexes), &vec![Some("page_size_key".to_owned())])
}

fn equal<T: PartialEq + std::fmt::Debug>(what: &str, found: &T, expected: &T) -> Result<(), String> {
    if found == expected { Ok(()) } else { Err(format!("{what}: {found:?}, not {expected:?}")) }
}
