//! Migrations that no transaction holds together, and what is left of them where something goes wrong.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use diesel::connection::SimpleConnection;
use diesel::{Connection, PgConnection};
use fenrir_migrate::{
    Batch, Dialect, EmbeddedMigration, Error, Event, Migrations, Migrator, OneOfMany, Progress, Several,
};
use fenrir_tests::database::{Connected, TestDatabase};

const ONE: EmbeddedMigration = EmbeddedMigration {
    name: "2026-01-01-000000_one",
    revision: "20260101000000",
    up: "CREATE TABLE page (id integer PRIMARY KEY);",
    checksum: "one",
    ..EmbeddedMigration::EMPTY
};

const TWO: EmbeddedMigration = EmbeddedMigration {
    name: "2026-01-02-000000_two",
    revision: "20260102000000",
    parent: Some("20260101000000"),
    checksum: "two",
    ..EmbeddedMigration::EMPTY
};

/// A migrator of these migrations, on every database.
fn migrator(migrations: &[EmbeddedMigration]) -> Migrator {
    let migrations: &'static [EmbeddedMigration] = migrations.to_vec().leak();
    let all = Dialect::ALL.map(|dialect| (dialect, Some(migrations))).to_vec().leak();
    Migrator::new(Box::leak(Box::new(Migrations::new("{}", all))))
}

/// Nobody can see in `CALL` whether it commits: where it did, and then failed, it is not run again.
#[test]
fn a_procedure_of_mysql_that_commits_is_not_run_twice() {
    let database = TestDatabase::mysql();
    database.migrate(&migrator(&[ONE])).unwrap();
    let mut connected = database.connect();
    connected
        .execute(
            "CREATE PROCEDURE commits() BEGIN \
             INSERT INTO page VALUES (1); CREATE TABLE other (id int); INSERT INTO nowhere VALUES (1); END",
        )
        .unwrap();
    connected
        .execute(
            "CREATE PROCEDURE fails() BEGIN INSERT INTO page VALUES (2); INSERT INTO nowhere VALUES (1); END",
        )
        .unwrap();
    connected.execute("CREATE PROCEDURE succeeds() INSERT INTO page VALUES (3)").unwrap();

    let call = |up| migrator(&[ONE, EmbeddedMigration { up, ..TWO }]);
    for _ in 0..2 {
        let error = database.migrate(&call("CALL fails();")).unwrap_err();
        assert!(matches!(&error, Error::Statement(_)), "{error}");
        assert_eq!((connected.count("page"), connected.count("__fenrir_journal")), (0, 0), "taken back");
    }
    let error = database.migrate(&call("CALL commits();")).unwrap_err();
    assert!(matches!(&error, Error::Statement(_)), "{error}");
    assert_eq!(connected.count("page"), 1, "committed");
    let error = database.migrate(&call("CALL commits();")).unwrap_err();
    assert!(matches!(&error, Error::Unclear { line: 1, .. }), "{error}");
    assert_eq!(connected.count("page"), 1);

    // As the error says.
    connected.execute("DELETE FROM __fenrir_journal").unwrap();
    assert_eq!(database.migrate(&call("CALL succeeds();")).unwrap().steps.len(), 1);
    assert_eq!((connected.count("page"), connected.count("__fenrir_journal")), (2, 0));
}

/// It would lock out the runner itself, in the middle of the file.
#[test]
fn a_file_that_locks_tables_is_refused_before_any_of_it_runs() {
    let database = TestDatabase::mysql();
    let up = "CREATE TABLE other (id int);\nLOCK TABLES page WRITE;\nINSERT INTO page VALUES (1);\nUNLOCK TABLES;\n";
    let error = database.migrate(&migrator(&[ONE, EmbeddedMigration { up, ..TWO }])).unwrap_err();
    let Error::Statement(failed) = &error else { panic!("{error}") };
    assert_eq!(failed.line, Some(2));
    assert!(error.to_string().contains("take it out"), "{error}");
    assert_eq!(
        database
            .connect()
            .count("information_schema.tables WHERE table_name = 'other' AND table_schema = database()"),
        0
    );
}

/// Which is done in two transactions, between which it waits for everybody who is at the table.
#[test]
fn a_partition_that_is_half_detached_is_detached() {
    let database = TestDatabase::postgres();
    let up = "CREATE TABLE page (id integer) PARTITION BY RANGE (id); \
              CREATE TABLE old PARTITION OF page FOR VALUES FROM (0) TO (10);";
    let first = EmbeddedMigration { up, ..ONE };
    let detach = EmbeddedMigration {
        up: "ALTER TABLE page DETACH PARTITION old CONCURRENTLY; INSERT INTO page SELECT 1 WHERE false;",
        run_in_transaction: false,
        ..TWO
    };
    database.migrate(&migrator(&[first])).unwrap();
    let mut holder = database.connect();
    holder.execute("BEGIN").unwrap();
    assert_eq!(holder.count("page"), 0);
    let all = migrator(&[first, detach]);
    let error =
        database.migrate(&all.clone().statement_timeout(std::time::Duration::from_millis(300))).unwrap_err();
    assert!(error.to_string().contains("statement timeout"), "{error}");
    let half = "pg_inherits WHERE inhdetachpending";
    assert_eq!(database.connect().count(half), 1);
    holder.execute("COMMIT").unwrap();
    assert_eq!(database.migrate(&all).unwrap().steps.len(), 1);
    assert_eq!(database.connect().count("pg_inherits WHERE inhparent = 'page'::regclass"), 0);
}

/// What is made for the whole server, and was when the process was killed.
#[test]
fn a_database_that_was_made_is_not_made_again() {
    let database = TestDatabase::postgres();
    let name = format!("made_{}", std::process::id());
    let up: &str = format!("CREATE DATABASE {name}; DROP DATABASE {name}; CREATE DATABASE {name};").leak();
    let made = EmbeddedMigration { up, run_in_transaction: false, ..TWO };
    database.migrate(&migrator(&[ONE])).unwrap();
    let dying = migrator(&[ONE, made]).on_event(|event| {
        if matches!(event, Event::Statement { number: 2, .. }) {
            panic!("as if it were killed");
        }
    });
    assert!(catch_unwind(AssertUnwindSafe(|| database.migrate(&dying))).is_err());
    let there = format!("pg_database WHERE datname = '{name}'");
    assert_eq!(database.connect().count(&there), 1);
    let again = database.migrate(&migrator(&[ONE, made]));
    let found = database.connect().count(&there);
    database.connect().execute(&format!("DROP DATABASE IF EXISTS {name}")).unwrap();
    assert_eq!((again.unwrap().steps.len(), found), (1, 1));
}

/// A replica of the version before boots, while one of the next is in the middle of what it may run beside.
#[test]
fn an_older_binary_boots_while_a_compatible_migration_is_half_done() {
    for compatible in [true, false] {
        let database = TestDatabase::postgres();
        let next = EmbeddedMigration {
            up: "CREATE INDEX CONCURRENTLY a ON page (id); CREATE INDEX CONCURRENTLY b ON nowhere (id);",
            run_in_transaction: false,
            compatible,
            ..TWO
        };
        database.migrate(&migrator(&[ONE, next])).unwrap_err();
        assert_eq!(database.connect().count("__fenrir_journal"), 1);
        match database.migrate(&migrator(&[ONE])) {
            Ok(report) if compatible => assert!(report.steps.is_empty()),
            Err(Error::HalfUnknown { revision, .. }) if !compatible => assert_eq!(revision, TWO.revision),
            other => panic!("compatible = {compatible}: {other:?}"),
        }
        // What is its own waits until that is done.
        let between = EmbeddedMigration {
            revision: "20260101500000",
            parent: Some(ONE.revision),
            up: "SELECT 1;",
            ..TWO
        };
        let error = database.migrate(&migrator(&[ONE, between])).unwrap_err();
        assert!(matches!(error, Error::HalfUnknown { .. }), "{error}");
    }
}

/// A function that panics leaves no transaction and no lock behind, on a connection that lives on.
#[test]
fn a_function_that_panics_leaves_nothing() {
    for dialect in Dialect::ALL {
        for run_in_transaction in [true, false] {
            let database = TestDatabase::new(dialect);
            let up = "INSERT INTO page VALUES (1);";
            let two = EmbeddedMigration { up, function: true, run_in_transaction, ..TWO };
            let panicking = Arc::new(AtomicBool::new(true));
            let dies = Arc::clone(&panicking);
            let run = move |connection: &mut dyn SimpleConnection| {
                connection.batch_execute("INSERT INTO page VALUES (2)")?;
                assert!(!dies.load(Ordering::SeqCst), "it panics");
                Ok::<_, diesel::result::Error>(Progress::Done)
            };
            let run = Arc::new(Mutex::new(run));
            /// Runs twice on one connection, of which the first panics.
            macro_rules! twice {
                ($connection:expr, $type:ty) => {{
                    let mut connection = $connection;
                    let run = Arc::clone(&run);
                    let all = migrator(&[ONE, two]).function(
                        TWO.revision,
                        move |connection: &mut $type, _: &Batch| {
                            connection.transaction(|connection| {
                                (run.lock().unwrap_or_else(std::sync::PoisonError::into_inner))(connection)
                            })
                        },
                    );
                    let first = catch_unwind(AssertUnwindSafe(|| all.run(&mut connection)));
                    assert!(first.is_err(), "{dialect}");
                    panicking.store(false, Ordering::SeqCst);
                    // Another may, at once, and so may this one.
                    let waiting = all.clone().lock_timeout(std::time::Duration::ZERO);
                    assert_eq!(database.migrate(&waiting).unwrap().steps.len(), 1, "{dialect}");
                    assert!(all.run(&mut connection).unwrap().steps.is_empty(), "{dialect}");
                }};
            }
            match database.connect() {
                Connected::Postgres(connection) => twice!(connection, PgConnection),
                Connected::Sqlite(connection) => twice!(connection, diesel::SqliteConnection),
                Connected::Mysql(connection) => twice!(connection, diesel::MysqlConnection),
            }
            assert_eq!(database.connect().count("page"), 2, "{dialect}");
        }
    }
}

/// What panics in one of several is that one's failure.
#[test]
fn one_of_several_that_panics_is_one_that_failed() {
    let database = TestDatabase::postgres();
    let mut connected = database.connect();
    let schemas = ["a", "b", "c"];
    for schema in schemas {
        connected.execute(&format!("CREATE SCHEMA {schema}")).unwrap();
    }
    connected.execute("CREATE TABLE b.page (id integer)").unwrap();
    let connect = || PgConnection::establish(database.url());
    let is_first = AtomicBool::new(true);
    let panics = migrator(&[ONE]).before_each(move |_| {
        assert!(!is_first.swap(false, Ordering::SeqCst), "the first of them");
        Ok::<_, Error>(())
    });
    let results = Several::new().at_once(1).run_schemas(&panics, &schemas, connect);
    let kinds: Vec<_> = results
        .iter()
        .map(|(_, one)| match one {
            OneOfMany::Done(_) => "done",
            OneOfMany::Failed(Error::Panicked { message }) if message.contains("the first") => "panicked",
            OneOfMany::Failed(_) => "failed",
            OneOfMany::NotTried => "not tried",
        })
        .collect();
    assert_eq!(kinds, ["panicked", "failed", "done"]);
}

/// What was read before a part that is done is not read again: it may be something else by now.
#[test]
fn what_a_session_had_read_is_not_read_again() {
    let database = TestDatabase::mysql();
    let before = "INSERT INTO page (id) VALUES (1);\n";
    let after = "INSERT INTO page (id) VALUES (2);\nALTER TABLE page ADD COLUMN old integer;\nCREATE INDEX x ON nowhere (id);\n\
                 UPDATE page SET old = 1 WHERE id <= @newest;\n";
    for read in [
        "SET @other = 1, @newest = (SELECT max(id) FROM page);\n",
        "SELECT max(id) INTO @newest FROM page;\n",
    ] {
        database.reset();
        let with = |made: &str, after: &str| {
            let up: &'static str =
                format!("{before}ALTER TABLE page ADD COLUMN new integer;\n{made}{after}").leak();
            migrator(&[ONE, EmbeddedMigration { up, ..TWO }])
        };
        let error = database.migrate(&with(read, after)).unwrap_err();
        assert!(error.to_string().contains("nowhere"), "{error}");
        let mended = after.replace("nowhere", "page");
        let error = database.migrate(&with(read, &mended)).unwrap_err();
        assert!(matches!(&error, Error::SessionLost { line: 3, .. }), "{error}");
        assert_eq!(database.migrate(&with("SET @newest = 1;\n", &mended)).unwrap().steps.len(), 1);
        assert_eq!(database.connect().count("page WHERE old = 1"), 1, "{read}");
    }
}

/// A migration of MySQL's that is killed before a statement, and what others did meanwhile.
fn killed_before(database: &TestDatabase, up: &str, statement: usize) -> EmbeddedMigration {
    let up: &'static str = up.to_owned().leak();
    let two = EmbeddedMigration { up, ..TWO };
    let dying = migrator(&[ONE, two]).on_event(move |event| {
        if matches!(event, Event::Statement { number, .. } if *number == statement) {
            panic!("as if it were killed");
        }
    });
    assert!(catch_unwind(AssertUnwindSafe(|| database.migrate(&dying))).is_err());
    assert_eq!(database.connect().count("__fenrir_journal WHERE state = 'begun'"), 1);
    two
}

/// Where a statement that had begun stands is told by what it makes, and not by what others have made.
#[test]
fn what_another_changed_meanwhile_is_not_taken_for_the_statement() {
    let database = TestDatabase::mysql();
    let up = "ALTER TABLE page ADD COLUMN c INT; INSERT INTO page VALUES (1, 1);";
    for (meanwhile, is_clear) in [
        ("DO 0", true),
        ("ALTER TABLE page ADD COLUMN c INT", true),
        ("CREATE INDEX helps ON page (id)", false),
    ] {
        database.reset();
        database.migrate(&migrator(&[ONE])).unwrap();
        let two = killed_before(&database, up, 1);
        database.connect().execute(meanwhile).unwrap();
        match database.migrate(&migrator(&[ONE, two])) {
            Ok(report) if is_clear => assert_eq!(report.steps.len(), 1),
            Err(Error::Unclear { line: 1, .. }) if !is_clear => {}
            other => panic!("{meanwhile}: {other:?}"),
        }
        if is_clear {
            assert_eq!(database.connect().count("page WHERE c = 1"), 1, "{meanwhile}");
        }
    }
}

/// Names in capitals are names, also without quotes.
#[test]
fn names_of_any_letters_are_found_again() {
    let database = TestDatabase::mysql();
    for name in ["Page", "1page", "rank_of", "Groups"] {
        database.reset();
        let first =
            EmbeddedMigration { up: format!("CREATE TABLE `{name}` (id int PRIMARY KEY);").leak(), ..ONE };
        database.migrate(&migrator(&[first])).unwrap();
        let up: &'static str = format!("ALTER TABLE {name} ADD COLUMN c INT;").leak();
        let two = EmbeddedMigration { up, ..TWO };
        let dying = migrator(&[first, two]).on_event(|event| {
            assert!(!matches!(event, Event::Statement { .. }), "as if it were killed");
        });
        assert!(catch_unwind(AssertUnwindSafe(|| database.migrate(&dying))).is_err());
        // It happened, and was not recorded.
        database.connect().execute(up).unwrap();
        assert_eq!(database.migrate(&migrator(&[first, two])).unwrap().steps.len(), 1, "{name}");
    }
}

/// What a statement has removed is not asked for again by a guard before it.
#[test]
fn what_stands_before_a_statement_that_is_done_is_over() {
    let database = TestDatabase::mysql();
    let first = "CREATE TABLE page (id integer PRIMARY KEY, old integer);";
    let one = EmbeddedMigration { up: first, ..ONE };
    database.migrate(&migrator(&[one])).unwrap();
    let up = "SET @rows = (SELECT count(*) FROM page WHERE old IS NULL); ALTER TABLE page DROP COLUMN old;";
    let two = EmbeddedMigration { up, ..TWO };
    let dying = migrator(&[one, two]).on_event(|event| {
        assert!(!matches!(event, Event::Statement { number: 2, .. }), "as if it were killed");
    });
    assert!(catch_unwind(AssertUnwindSafe(|| database.migrate(&dying))).is_err());
    database.connect().execute("ALTER TABLE page DROP COLUMN old").unwrap();
    assert_eq!(database.migrate(&migrator(&[one, two])).unwrap().steps.len(), 1);
}

/// What a procedure commits is its own, and not what stands beside it.
#[test]
fn a_procedure_shares_its_part_with_nothing() {
    let database = TestDatabase::mysql();
    database.migrate(&migrator(&[ONE])).unwrap();
    let mut connected = database.connect();
    connected
        .execute("CREATE PROCEDURE commits() BEGIN CREATE TABLE other (id int); INSERT INTO nowhere VALUES (1); END")
        .unwrap();
    let all =
        migrator(&[ONE, EmbeddedMigration { up: "INSERT INTO page VALUES (1);\nCALL commits();\n", ..TWO }]);
    let error = database.migrate(&all).unwrap_err();
    assert!(error.to_string().contains("it commits where what it runs does"), "{error}");
    let error = database.migrate(&all).unwrap_err();
    assert!(matches!(&error, Error::Unclear { line: 2, .. }), "{error}");
    // As the error says: it was not done, and may run now.
    connected.execute("DELETE FROM __fenrir_journal ORDER BY number DESC LIMIT 1").unwrap();
    connected.execute("DROP TABLE other; DROP PROCEDURE commits; CREATE PROCEDURE commits() DO 0").unwrap();
    assert_eq!(database.migrate(&all).unwrap().steps.len(), 1);
    assert_eq!(connected.count("page"), 1);
}

/// Where each query is a part of a transaction, what others do meanwhile is seen all the same.
#[test]
fn a_connection_without_autocommit_sees_what_others_did() {
    let database = TestDatabase::mysql();
    database.migrate(&migrator(&[ONE])).unwrap();
    let two = EmbeddedMigration { up: "INSERT INTO page VALUES (1); CREATE TABLE other (id int);", ..TWO };
    let Connected::Mysql(mut connection) = database.connect() else { unreachable!("it is MySQL's") };
    connection.batch_execute("SET autocommit = 0; SELECT version FROM __diesel_schema_migrations").unwrap();
    assert_eq!(database.migrate(&migrator(&[ONE, two])).unwrap().steps.len(), 1);
    assert!(migrator(&[ONE, two]).run(&mut connection).unwrap().steps.is_empty());
    assert_eq!(database.connect().count("page"), 1);
    let mut connected = Connected::Mysql(connection);
    assert_eq!(connected.texts("SELECT CAST(@@autocommit + 0 AS char) AS value"), [Some("0".to_owned())]);
}

/// What failed at the end of a file may be taken out: what is done is all of it then, and is recorded.
#[test]
fn the_last_statement_that_failed_may_be_taken_out() {
    for dialect in Dialect::ALL {
        let database = TestDatabase::new(dialect);
        let with = |up| EmbeddedMigration { up, run_in_transaction: false, ..TWO };
        let three = EmbeddedMigration {
            revision: "20260103000000",
            parent: Some(TWO.revision),
            up: "SELECT 1;",
            ..TWO
        };
        let whole =
            "CREATE TABLE other (id int);\nINSERT INTO other VALUES (1);\nINSERT INTO nowhere VALUES (1);\n";
        let mended = "CREATE TABLE other (id int);\nINSERT INTO other VALUES (1);\n";
        let error = database.migrate(&migrator(&[ONE, with(whole)])).unwrap_err();
        assert!(matches!(&error, Error::Statement(failed) if failed.line == Some(3)), "{error}");
        let all = migrator(&[ONE, with(mended), three]);
        assert_eq!(database.migrate(&all).unwrap().steps.len(), 2, "{dialect}");
        assert!(database.migrate(&all).unwrap().steps.is_empty(), "{dialect}");
        let mut connected = database.connect();
        assert_eq!((connected.count("other"), connected.count("__fenrir_journal")), (1, 0), "{dialect}");
    }
}
