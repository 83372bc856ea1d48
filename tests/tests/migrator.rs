//! The migrator's settings, hooks, functions and refusals, on real databases.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use diesel::connection::{InstrumentationEvent, SimpleConnection};
use diesel::{Connection, PgConnection, RunQueryDsl, SqliteConnection, sql_query};
use fenrir_migrate::{
    Batch, Cancellation, Dialect, EmbeddedMigration, Error, Event, Kept, Migrations, Migrator, OneOfMany,
    Progress, Report, Several, Verify, Way,
};
use fenrir_tests::database::{Connected, TestDatabase};

const ONE: EmbeddedMigration = EmbeddedMigration {
    name: "2026-01-01-000000_one",
    revision: "20260101000000",
    message: "one",
    up: "CREATE TABLE page (id integer PRIMARY KEY);",
    down: "DROP TABLE page;",
    checksum: "one",
    ..EmbeddedMigration::EMPTY
};
const TWO: EmbeddedMigration = EmbeddedMigration {
    name: "2026-01-02-000000_two",
    revision: "20260102000000",
    parent: Some("20260101000000"),
    message: "two",
    up: "INSERT INTO page VALUES (2);",
    down: "DELETE FROM page WHERE id = 2;",
    checksum: "two",
    ..EmbeddedMigration::EMPTY
};
const THREE: EmbeddedMigration = EmbeddedMigration {
    name: "2026-01-03-000000_three",
    revision: "20260103000000",
    parent: Some("20260102000000"),
    message: "three",
    up: "INSERT INTO page VALUES (3);",
    down: "DELETE FROM page WHERE id = 3;",
    checksum: "three",
    ..EmbeddedMigration::EMPTY
};

/// These migrations, for every database.
fn embedded(migrations: &[EmbeddedMigration]) -> &'static Migrations {
    with_schema("{}", migrations)
}

fn with_schema(schema: &'static str, migrations: &[EmbeddedMigration]) -> &'static Migrations {
    let migrations: &'static [EmbeddedMigration] = migrations.to_vec().leak();
    let all = Dialect::ALL.map(|dialect| (dialect, Some(migrations))).to_vec().leak();
    Box::leak(Box::new(Migrations::new(schema, all)))
}

fn run(migrator: &Migrator, database: &TestDatabase) -> Result<Report, Error> {
    database.migrate(migrator)
}

fn applied(database: &TestDatabase) -> Vec<String> {
    let sql = "SELECT version AS value FROM __diesel_schema_migrations ORDER BY version";
    database.connect().texts(sql).into_iter().flatten().collect()
}

fn revisions(migrations: &[EmbeddedMigration]) -> Vec<String> {
    migrations.iter().map(|one| one.revision.to_owned()).collect()
}

/// The line, the statement, and where in it; nothing is kept, and what came before stays.
#[test]
fn an_error_names_the_statement_and_its_line() {
    for dialect in Dialect::ALL {
        let database = TestDatabase::new(dialect);
        let up = "-- A comment; with a semicolon.\nINSERT INTO page VALUES (9);\n\nINSERT INTO page\n    (nope) VALUES (1);\n";
        let migrations = embedded(&[ONE, EmbeddedMigration { up, ..TWO }]);
        let error = run(&Migrator::new(migrations), &database).unwrap_err();
        let Error::Statement(failed) = &error else { panic!("{error}") };
        assert_eq!((failed.line, failed.kept), (Some(4), Kept::Nothing), "{dialect}");
        assert_eq!(failed.statement.as_deref(), Some("INSERT INTO page\n    (nope) VALUES (1)"));
        assert_eq!(failed.applied, [ONE.name]);
        let text = error.to_string();
        assert!(text.contains("`2026-01-02-000000_two/up.sql`, line 4, failed: "), "{text}");
        if dialect == Dialect::Postgres {
            assert_eq!(failed.place(), Some((5, 6)));
            assert!(text.contains("\n5 |     (nope) VALUES (1)\n  |      ^"), "{text}");
        }
        assert_eq!(applied(&database), [ONE.revision]);
        assert_eq!(database.connect().count("page"), 0);
    }
}

/// Each has an error of its own, and a setting.
#[test]
fn histories_that_do_not_fit_are_told_apart() {
    for dialect in Dialect::ALL {
        let database = TestDatabase::new(dialect);
        run(&Migrator::new(embedded(&[ONE, TWO, THREE])), &database).unwrap();

        let older = Migrator::new(embedded(&[ONE, TWO]));
        let error = run(&older, &database).unwrap_err();
        assert!(matches!(&error, Error::Ahead { revision } if revision == THREE.revision), "{error}");
        let report = run(&older.allow_ahead(true), &database).unwrap();
        assert_eq!((report.steps.len(), report.revision.as_deref()), (0, Some(THREE.revision)));

        let without = EmbeddedMigration { parent: Some(ONE.revision), ..THREE };
        let removed = Migrator::new(embedded(&[ONE, without]));
        let error = run(&removed, &database).unwrap_err();
        assert!(matches!(&error, Error::Removed { revision } if revision == TWO.revision), "{error}");
        assert!(run(&removed.allow_out_of_order(true), &database).unwrap().steps.is_empty());

        let edited = Migrator::new(embedded(&[ONE, EmbeddedMigration { checksum: "other", ..TWO }, THREE]));
        let error = run(&edited, &database).unwrap_err();
        assert!(matches!(&error, Error::Edited { name } if name == TWO.name), "{error}");
        assert!(run(&edited.allow_edited(true), &database).unwrap().steps.is_empty());

        // One that came in between is applied, where that is allowed.
        database.reset();
        run(&Migrator::new(embedded(&[ONE, without])), &database).unwrap();
        let all = Migrator::new(embedded(&[ONE, TWO, THREE]));
        let error = run(&all, &database).unwrap_err();
        assert!(matches!(&error, Error::OutOfOrder { missing, .. } if missing == TWO.name), "{error}");
        let report = run(&all.allow_out_of_order(true), &database).unwrap();
        assert_eq!(report.steps.iter().map(|step| step.name.as_str()).collect::<Vec<_>>(), [TWO.name]);
        assert_eq!(applied(&database), revisions(&[ONE, TWO, THREE]));
    }
}

/// What a run says, and how many queries it took.
fn counted(migrator: &Migrator, database: &TestDatabase) -> (Result<usize, Error>, usize) {
    let queries = Arc::new(AtomicUsize::new(0));
    let seen = Arc::clone(&queries);
    let count = move |event: InstrumentationEvent<'_>| {
        if let InstrumentationEvent::StartQuery { .. } = event {
            seen.fetch_add(1, Ordering::Relaxed);
        }
    };
    let report = match database.connect() {
        Connected::Postgres(mut connection) => {
            connection.set_instrumentation(count);
            migrator.run(&mut connection)
        }
        Connected::Sqlite(mut connection) => {
            connection.set_instrumentation(count);
            migrator.run(&mut connection)
        }
        Connected::Mysql(mut connection) => {
            connection.set_instrumentation(count);
            migrator.run(&mut connection)
        }
    };
    (report.map(|report| report.steps.len()), queries.load(Ordering::Relaxed))
}

/// One query tells that nothing is pending, and is not taken in by what only looks like it.
#[test]
fn one_query_tells_whether_all_is_as_it_should_be() {
    for dialect in Dialect::ALL {
        let database = TestDatabase::new(dialect);
        let migrator = Migrator::new(embedded(&[ONE, TWO, THREE]));
        run(&migrator, &database).unwrap();
        assert!(matches!(counted(&migrator, &database), (Ok(0), 1)), "{dialect}");
        let mut connected = database.connect();

        // As many, and the same newest; but not the same.
        let other = "20260101500000";
        let set = |from: &str, to: &str| {
            format!("UPDATE __diesel_schema_migrations SET version = '{to}' WHERE version = '{from}'")
        };
        connected.execute(&set(TWO.revision, other)).unwrap();
        let error = run(&migrator, &database).unwrap_err();
        assert!(matches!(&error, Error::Removed { revision } if revision == other), "{dialect}: {error}");
        connected.execute(&set(other, TWO.revision)).unwrap();
        assert!(matches!(counted(&migrator, &database), (Ok(0), 1)), "{dialect}");

        // Another text, of the first and of the last.
        let first = EmbeddedMigration { checksum: "other", ..ONE };
        let last = EmbeddedMigration { checksum: "other", ..THREE };
        for (edited, name) in [([first, TWO, THREE], ONE.name), ([ONE, TWO, last], THREE.name)] {
            let error = run(&Migrator::new(embedded(&edited)), &database).unwrap_err();
            assert!(matches!(&error, Error::Edited { name: edited } if edited == name), "{error}");
        }

        // One that is half done, as its first part is recorded.
        let half = "UPDATE __fenrir_head SET chain_hash = NULL; INSERT INTO __fenrir_journal (version, number, direction, hash, state, statement) \
                    VALUES ('20260103000000', 1, 'down', 'x', 'done', 'x')";
        connected.execute(half).unwrap();
        let error = run(&migrator, &database).unwrap_err();
        assert!(matches!(&error, Error::HalfDone { .. }), "{dialect}: {error}");
    }
}

/// What was let pass when it was applied is not forgotten with the next migration.
#[test]
fn an_edited_migration_stays_edited() {
    for dialect in Dialect::ALL {
        let database = TestDatabase::new(dialect);
        run(&Migrator::new(embedded(&[ONE, TWO])), &database).unwrap();
        let edited = Migrator::new(embedded(&[ONE, EmbeddedMigration { checksum: "other", ..TWO }, THREE]));
        assert_eq!(run(&edited.clone().allow_edited(true), &database).unwrap().steps.len(), 1, "{dialect}");
        let error = run(&edited, &database).unwrap_err();
        assert!(matches!(&error, Error::Edited { name } if name == TWO.name), "{error}");
        let as_applied = Migrator::new(embedded(&[ONE, TWO, THREE]));
        // As it was applied all is well, which the second boot finds at one look.
        assert!(run(&as_applied, &database).unwrap().steps.is_empty());
        assert!(matches!(counted(&as_applied, &database), (Ok(0), 1)), "{dialect}");
    }
}

/// A database whose changes are published has a key for each row, or takes none.
#[test]
fn a_publication_of_all_tables_is_no_hindrance() {
    let database = TestDatabase::postgres();
    database.connect().execute("CREATE PUBLICATION everything FOR ALL TABLES").unwrap();
    assert_eq!(run(&Migrator::new(embedded(&[ONE, TWO])), &database).unwrap().steps.len(), 2);
}

/// On a server that writes nothing, what plain Diesel has applied is enough to boot.
#[test]
fn what_plain_diesel_has_applied_is_booted_on_where_nothing_can_be_written() {
    let database = TestDatabase::postgres();
    database
        .connect()
        .execute(&format!(
            "CREATE TABLE __diesel_schema_migrations (version varchar(50) PRIMARY KEY, run_on timestamp); \
             INSERT INTO __diesel_schema_migrations VALUES ('{}')",
            ONE.revision
        ))
        .unwrap();
    let mut connection = PgConnection::establish(database.url()).unwrap();
    connection.batch_execute("SET default_transaction_read_only = on").unwrap();
    assert!(Migrator::new(embedded(&[ONE])).run(&mut connection).unwrap().steps.is_empty());
    let error = Migrator::new(embedded(&[ONE, TWO])).run(&mut connection).unwrap_err();
    assert!(matches!(error, Error::ReadOnly { .. }), "{error}");
}

#[test]
fn a_role_that_is_not_there_is_named() {
    let database = TestDatabase::postgres();
    let mut connection = PgConnection::establish(database.url()).unwrap();
    for migrations in [&[ONE][..], &[ONE, TWO]] {
        let migrator = Migrator::new(embedded(migrations));
        let error = migrator.clone().role("nobody_at_all").run(&mut connection).unwrap_err();
        assert!(error.to_string().contains("role \"nobody_at_all\" does not exist"), "{error}");
        // Nothing is left open.
        assert_eq!(migrator.run(&mut connection).unwrap().steps.len(), 1);
    }
}

/// Whoever is at the tables of an older version is waited for, as for anything.
#[test]
fn an_older_history_that_somebody_reads_is_waited_for() {
    let database = TestDatabase::postgres();
    run(&Migrator::new(embedded(&[ONE])), &database).unwrap();
    let mut holder = database.connect();
    holder.execute("DROP TABLE __fenrir_head; ALTER TABLE __fenrir_journal DROP COLUMN compatible").unwrap();
    holder.execute("BEGIN").unwrap();
    assert_eq!(holder.count("__fenrir_journal"), 0);
    let migrator = Migrator::new(embedded(&[ONE, TWO])).statement_lock_timeout(Duration::from_millis(100));
    std::thread::scope(|scope| {
        let migrating = scope.spawn(|| run(&migrator, &database));
        std::thread::sleep(Duration::from_millis(600));
        assert!(!migrating.is_finished());
        holder.execute("COMMIT").unwrap();
        assert_eq!(migrating.join().unwrap().unwrap().steps.len(), 1);
    });
}

/// An older binary may run where all that it does not know is compatible.
#[test]
fn a_database_that_is_ahead_by_what_is_compatible_is_booted_on() {
    for dialect in Dialect::ALL {
        let database = TestDatabase::new(dialect);
        let compatible = EmbeddedMigration { compatible: true, ..TWO };
        run(&Migrator::new(embedded(&[ONE, compatible])), &database).unwrap();
        let older = Migrator::new(embedded(&[ONE]));
        assert!(run(&older, &database).unwrap().steps.is_empty());
        run(&Migrator::new(embedded(&[ONE, compatible, THREE])), &database).unwrap();
        assert!(matches!(run(&older, &database), Err(Error::Ahead { .. })), "the third is not");
        assert_eq!(applied(&database), revisions(&[ONE, TWO, THREE]), "nothing was reverted");
    }
}

#[test]
fn a_target_is_where_it_ends() {
    let database = TestDatabase::sqlite();
    let migrations = embedded(&[ONE, TWO, THREE]);
    let mut connection = SqliteConnection::establish(database.file().to_str().unwrap()).unwrap();
    assert_eq!(Migrator::new(migrations).pending(&mut connection).unwrap(), [ONE.name, TWO.name, THREE.name]);
    run(&Migrator::new(migrations).target("two"), &database).unwrap();
    assert_eq!(Migrator::new(migrations).pending(&mut connection).unwrap(), [THREE.name]);
    let error = run(&Migrator::new(migrations).target("one"), &database).unwrap_err();
    assert!(matches!(error, Error::Behind { .. }), "{error}");
    assert_eq!(applied(&database), revisions(&[ONE, TWO]));
}

#[test]
fn what_happens_is_told_and_hooks_run() {
    for dialect in Dialect::ALL {
        let database = TestDatabase::new(dialect);
        let told = Arc::new(Mutex::new(Vec::new()));
        let (events, before, after) = (Arc::clone(&told), Arc::clone(&told), Arc::clone(&told));
        let migrator = Migrator::new(embedded(&[ONE, TWO]))
            .on_event(move |event| {
                let text = match event {
                    Event::Started { name, way: Way::Up, .. } => format!("started {name}"),
                    Event::Statement { line, number, count, .. } => {
                        format!("statement {number} of {count}, line {line}")
                    }
                    Event::Finished { name, .. } => format!("finished {name}"),
                    _ => return,
                };
                events.lock().unwrap().push(text);
            })
            .before_each(move |upcoming| {
                before.lock().unwrap().push(format!("before {}", upcoming.message));
                Ok::<_, std::fmt::Error>(())
            })
            .after_each(move |upcoming| {
                after.lock().unwrap().push(format!("after {}", upcoming.revision));
                if upcoming.revision == ONE.revision { Err("not today") } else { Ok(()) }
            });
        let error = run(&migrator, &database).unwrap_err();
        assert_eq!(
            error.to_string(),
            "what is done after each migration failed at `2026-01-01-000000_one`: not today"
        );
        let expected = [
            "before one",
            "started 2026-01-01-000000_one",
            "statement 1 of 1, line 1",
            "finished 2026-01-01-000000_one",
            "after 20260101000000",
        ];
        assert_eq!(*told.lock().unwrap(), expected, "{dialect}");
        assert_eq!(applied(&database), [ONE.revision], "it had run");
        let refuses = Migrator::new(embedded(&[ONE, TWO])).before_each(|_| Err("no"));
        assert!(matches!(run(&refuses, &database), Err(Error::Hook { when: "before", .. })));
        assert_eq!(applied(&database), [ONE.revision], "it did not run");
    }
}

#[test]
fn a_run_is_stopped_from_outside() {
    for dialect in Dialect::ALL {
        let database = TestDatabase::new(dialect);
        let cancellation = Cancellation::new();
        let asked = cancellation.clone();
        let up = "INSERT INTO page VALUES (2); INSERT INTO page VALUES (4);";
        let migrator = Migrator::new(embedded(&[ONE, EmbeddedMigration { up, ..TWO }]))
            .cancellation(&cancellation)
            .on_event(move |event| {
                if matches!(event, Event::Statement { name, number: 1, .. } if *name == TWO.name) {
                    asked.cancel();
                }
            });
        assert!(matches!(run(&migrator, &database), Err(Error::Cancelled)));
        assert_eq!(applied(&database), [ONE.revision]);
        assert_eq!(database.connect().count("page"), 0, "{dialect}: what was open was taken back");
        run(&Migrator::new(embedded(&[ONE, EmbeddedMigration { up, ..TWO }])), &database).unwrap();
        assert_eq!(database.connect().count("page"), 2);
    }
}

/// In the migration's place, in its transaction: with its SQL and its record, or not at all.
#[test]
fn a_function_is_a_part_of_its_migration() {
    let two = EmbeddedMigration { function: true, ..TWO };
    let migrations = embedded(&[ONE, two, THREE]);
    let database = TestDatabase::postgres();
    let error = run(&Migrator::new(migrations), &database).unwrap_err();
    assert!(matches!(&error, Error::NoFunction { name } if name == TWO.name), "{error}");
    let insert = |fails: bool| {
        Migrator::new(migrations).function(
            TWO.revision,
            move |connection: &mut PgConnection, batch: &Batch| {
                // A transaction of its own lies within the one that is there.
                connection.transaction(|connection| {
                    sql_query("INSERT INTO page VALUES (20)").execute(connection).map(drop)
                })?;
                if fails {
                    return Err::<_, Box<dyn std::error::Error + Send + Sync>>("not yet".into());
                }
                Ok(if batch.cursor.is_none() {
                    Progress::More("again".to_owned())
                } else {
                    sql_query("UPDATE page SET id = 21 WHERE id = 20").execute(connection)?;
                    Progress::Done
                })
            },
        )
    };
    let error = run(&insert(true), &database).unwrap_err();
    assert_eq!(error.to_string(), "the function of `2026-01-02-000000_two` failed: not yet");
    assert_eq!(database.connect().count("page"), 0);
    // The second batch finds the first one's row in its way: all of it is one transaction.
    let error = run(&insert(false), &database).unwrap_err();
    assert!(error.to_string().contains("duplicate key"), "{error}");
    assert_eq!((database.connect().count("page"), applied(&database)), (0, revisions(&[ONE])));

    let elsewhere = Migrator::new(migrations)
        .function(TWO.revision, |_: &mut SqliteConnection, _| Ok::<_, String>(Progress::Done));
    assert!(run(&elsewhere, &database).unwrap_err().to_string().contains("for a connection of the type"));
    let unasked = Migrator::new(migrations)
        .function(THREE.revision, |_: &mut PgConnection, _| Ok::<_, String>(Progress::Done));
    let error = run(&unasked, &database).unwrap_err();
    assert!(error.to_string().contains("does not say `function = true`"), "{error}");
}

/// Where the migration is in no transaction, each batch is one, and the next run goes on from the last.
#[test]
fn a_function_goes_on_from_its_last_batch() {
    for dialect in Dialect::ALL {
        let two = EmbeddedMigration { function: true, run_in_transaction: false, ..TWO };
        let migrations = embedded(&[ONE, two, THREE]);
        let database = TestDatabase::new(dialect);
        let migrator = |fails_at: u32| {
            fn batch<C: Connection>(
                connection: &mut C,
                batch: &Batch,
                fails_at: u32,
            ) -> Result<Progress, Box<dyn std::error::Error + Send + Sync>> {
                let number: u32 = batch.cursor.as_deref().unwrap_or("10").parse()?;
                connection.batch_execute(&format!("INSERT INTO page VALUES ({number})"))?;
                if number == fails_at {
                    return Err("the power went off".into());
                }
                Ok(if number < 15 { Progress::More((number + 1).to_string()) } else { Progress::Done })
            }
            let migrator = Migrator::new(migrations);
            match dialect {
                Dialect::Postgres => migrator
                    .function(TWO.revision, move |c: &mut PgConnection, b: &Batch| batch(c, b, fails_at)),
                Dialect::Sqlite => migrator
                    .function(TWO.revision, move |c: &mut SqliteConnection, b: &Batch| batch(c, b, fails_at)),
                Dialect::Mysql => migrator
                    .function(TWO.revision, move |c: &mut diesel::MysqlConnection, b: &Batch| {
                        batch(c, b, fails_at)
                    }),
            }
        };
        assert!(matches!(run(&migrator(13), &database), Err(Error::Function { .. })));
        assert_eq!(database.connect().count("page"), 4, "{dialect}: its row, and those of three batches");
        let report = run(&migrator(0), &database).unwrap();
        assert_eq!(report.steps.len(), 2);
        assert_eq!(database.connect().count("page"), 8);
        assert_eq!(database.connect().count("__fenrir_journal"), 0);
    }
}

#[test]
fn what_differs_after_a_run_is_an_error_where_it_is_looked_for() {
    const SCHEMA: &str = r#"{"tables":{"page":{"name":"page","columns":[
        {"name":"id","sql_type":"Integer","nullable":false}],"primary_key":{"name":"page_pkey","columns":["id"]}}}}"#;
    let database = TestDatabase::postgres();
    let migrator = Migrator::new(with_schema(SCHEMA, &[ONE])).verify(Verify::Fail);
    run(&migrator, &database).unwrap();
    database.connect().execute("CREATE TABLE of_others (id integer)").unwrap();
    run(&migrator, &database).unwrap();
    database.connect().execute("ALTER TABLE page ADD COLUMN more text").unwrap();
    let error = run(&migrator, &database).unwrap_err();
    assert_eq!(error.to_string(), "the database is not as the models say: drop column `page.more`",);
    run(&migrator.verify(Verify::Warn), &database).unwrap();
}

/// With the rights of a role, in a schema: both are gone afterwards.
#[test]
fn a_role_and_a_search_path_are_of_the_run() {
    let database = TestDatabase::postgres();
    let mut connected = database.connect();
    let own = connected.texts("SELECT current_database() AS value").remove(0).unwrap();
    let role = format!("{own}_migrates");
    connected
        .execute(&format!(
            "CREATE SCHEMA tenant; CREATE ROLE \"{role}\"; GRANT CREATE, USAGE ON SCHEMA tenant TO \"{role}\""
        ))
        .unwrap();
    let concurrently = EmbeddedMigration {
        up: "CREATE INDEX CONCURRENTLY page_idx ON page (id); INSERT INTO page VALUES (7);",
        run_in_transaction: false,
        ..TWO
    };
    let migrator =
        Migrator::new(embedded(&[ONE, concurrently])).role(&role).search_path(["tenant", "public"]);
    let settings =
        "SELECT current_setting('search_path') || current_user || current_setting('lock_timeout') AS value";
    let before = connected.texts(settings);
    let Connected::Postgres(connection) = &mut connected else { unreachable!() };
    migrator.run(connection).unwrap();
    assert!(migrator.run(connection).unwrap().steps.is_empty());
    assert_eq!(connected.texts(settings), before);
    let owner = "SELECT tableowner AS value FROM pg_tables WHERE schemaname = 'tenant' AND tablename IN ('page', '__fenrir_migrations')";
    assert_eq!(connected.texts(owner), [Some(role.clone()), Some(role.clone())]);
    connected.execute(&format!("DROP OWNED BY \"{role}\"; DROP ROLE \"{role}\"")).unwrap();
}

/// At once, and not after ten minutes; with nothing to do it boots.
#[test]
fn a_database_that_cannot_be_written_says_so() {
    let database = TestDatabase::postgres();
    run(&Migrator::new(embedded(&[ONE])), &database).unwrap();
    let mut connected = database.connect();
    let own = connected.texts("SELECT quote_ident(current_database()) AS value").remove(0).unwrap();
    connected.execute(&format!("ALTER DATABASE {own} SET default_transaction_read_only = on")).unwrap();
    assert!(run(&Migrator::new(embedded(&[ONE])), &database).unwrap().steps.is_empty());
    let start = Instant::now();
    let error = run(&Migrator::new(embedded(&[ONE, TWO])), &database).unwrap_err();
    assert!(matches!(error, Error::ReadOnly { .. }), "{error}");
    assert!(start.elapsed() < Duration::from_secs(30));
}

/// A user who may not write the history is told so at once.
#[test]
fn a_right_that_is_missing_is_not_waited_for() {
    let database = TestDatabase::postgres();
    run(&Migrator::new(embedded(&[ONE])), &database).unwrap();
    let mut connected = database.connect();
    let role = format!("{}_reads", connected.texts("SELECT current_database() AS value").remove(0).unwrap());
    connected
        .execute(&format!(
            "CREATE ROLE \"{role}\"; GRANT SELECT ON ALL TABLES IN SCHEMA public TO \"{role}\""
        ))
        .unwrap();
    let error = run(&Migrator::new(embedded(&[ONE, TWO])).role(&role), &database).unwrap_err();
    assert!(error.to_string().contains("permission denied"), "{error}");
    connected.execute(&format!("DROP OWNED BY \"{role}\"; DROP ROLE \"{role}\"")).unwrap();
}

/// One that keeps out nothing and speeds up nothing is built again, also where IF NOT EXISTS would pass over it.
#[test]
fn an_invalid_index_is_built_again() {
    let database = TestDatabase::postgres();
    let index = EmbeddedMigration {
        up: "CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS page_key ON page (number);",
        run_in_transaction: false,
        ..TWO
    };
    let one = EmbeddedMigration {
        up: "CREATE TABLE page (id integer PRIMARY KEY, number integer); INSERT INTO page VALUES (1, 1), (2, 1);",
        ..ONE
    };
    let migrator = Migrator::new(embedded(&[one, index]));
    let error = run(&migrator, &database).unwrap_err();
    assert!(error.to_string().contains("could not create unique index"), "{error}");
    let invalid =
        "SELECT count(*)::text AS value FROM pg_index WHERE indrelid = 'page'::regclass AND NOT indisprimary";
    let mut connected = database.connect();
    assert_eq!(connected.texts(invalid), [Some("0".to_owned())], "its remains are gone");
    // As plain Diesel leaves it behind.
    let _ = connected.execute("CREATE UNIQUE INDEX CONCURRENTLY page_key ON page (number)");
    connected.execute("UPDATE page SET number = id").unwrap();
    run(&migrator, &database).unwrap();
    let valid = "SELECT indisvalid::text AS value FROM pg_index WHERE indexrelid = 'page_key'::regclass";
    assert_eq!(connected.texts(valid), [Some("true".to_owned())]);
}

/// Files of `pg_dump` empty the path, and files of other tools open their own transactions.
#[test]
fn files_of_others_run() {
    let database = TestDatabase::postgres();
    let dump = EmbeddedMigration {
        up: "SELECT pg_catalog.set_config('search_path', '', false);\nINSERT INTO public.page VALUES (2);",
        ..TWO
    };
    let framed = EmbeddedMigration { up: "BEGIN;\nINSERT INTO page VALUES (3);\nCOMMIT;\n", ..THREE };
    run(&Migrator::new(embedded(&[ONE, dump, framed])), &database).unwrap();
    assert_eq!(applied(&database), revisions(&[ONE, TWO, THREE]));
    let rows = EmbeddedMigration { up: "COPY page FROM stdin;\n2\n\\.\n", ..TWO };
    database.reset();
    let error = run(&Migrator::new(embedded(&[ONE, rows])), &database).unwrap_err();
    assert!(
        error.to_string().contains("line 1, failed: this is read by the database's own program only"),
        "{error}"
    );
}

/// The tables of a version without a journal get what they lack.
#[test]
fn a_history_of_an_older_version_goes_on() {
    for dialect in Dialect::ALL {
        let database = TestDatabase::new(dialect);
        run(&Migrator::new(embedded(&[ONE])), &database).unwrap();
        let mut connected = database.connect();
        for column in ["name", "down_loses", "run_in_transaction", "compatible"] {
            connected.execute(&format!("ALTER TABLE __fenrir_migrations DROP COLUMN {column}")).unwrap();
        }
        connected.execute("DROP TABLE __fenrir_journal").unwrap();
        run(&Migrator::new(embedded(&[ONE, TWO])), &database).unwrap();
        let names = connected.texts("SELECT name AS value FROM __fenrir_migrations ORDER BY version");
        assert_eq!(names, [None, Some(TWO.name.to_owned())], "{dialect}");

        // And those of one that had a journal.
        connected
            .execute("DROP TABLE __fenrir_head; ALTER TABLE __fenrir_journal DROP COLUMN compatible")
            .unwrap();
        let whole = Migrator::new(embedded(&[ONE, TWO, THREE]));
        assert_eq!(
            run(&Migrator::new(embedded(&[ONE, TWO])), &database).unwrap().steps.len(),
            0,
            "{dialect}"
        );
        assert_eq!(run(&whole, &database).unwrap().steps.len(), 1, "{dialect}");
        assert!(matches!(counted(&whole, &database), (Ok(0), 1)), "{dialect}");
    }
}

/// Plain Diesel forgets its own row alone.
#[test]
fn what_plain_diesel_reverted_is_applied_again() {
    for dialect in Dialect::ALL {
        let database = TestDatabase::new(dialect);
        let migrator = Migrator::new(embedded(&[ONE, TWO]));
        run(&migrator, &database).unwrap();
        let mut connected = database.connect();
        connected.execute("DELETE FROM page").unwrap();
        connected
            .execute(&format!("DELETE FROM __diesel_schema_migrations WHERE version = '{}'", TWO.revision))
            .unwrap();
        assert_eq!(run(&migrator, &database).unwrap().steps.len(), 1, "{dialect}");
        assert_eq!(connected.count("__fenrir_migrations"), 2);
    }
}

/// What waits too long is tried again, and is still known to have begun: on MySQL, which commits with it.
#[test]
fn a_change_that_was_tried_again_is_known_to_have_begun() {
    let database = TestDatabase::mysql();
    let change = EmbeddedMigration {
        up: "ALTER TABLE page ADD COLUMN more integer; INSERT INTO page VALUES (3, 3);",
        ..TWO
    };
    run(&Migrator::new(embedded(&[ONE])), &database).unwrap();
    let mut holder = database.connect();
    holder.execute("START TRANSACTION").unwrap();
    let _ = holder.count("page");
    let begun = Arc::new(Mutex::new(None));
    let seen = Arc::clone(&begun);
    let holder = Mutex::new(Some(holder));
    let url = TestDatabase::connect(&database);
    let looking = Mutex::new(url);
    let migrator = Migrator::new(embedded(&[ONE, change]))
        .statement_lock_timeout(Duration::from_secs(1))
        .on_event(move |event| {
            if matches!(event, Event::Retrying { .. }) {
                *seen.lock().unwrap() = Some(looking.lock().unwrap().count("__fenrir_journal"));
                drop(holder.lock().unwrap().take());
            }
        });
    run(&migrator, &database).unwrap();
    assert_eq!(*begun.lock().unwrap(), Some(1));
    assert_eq!(database.connect().count("page"), 1);
}

/// Each schema has a history of its own; what fails in one is nothing to the others.
#[test]
fn many_schemas_are_migrated_some_at_a_time() {
    let database = TestDatabase::postgres();
    let schemas: Vec<_> = (0..40).map(|number| format!("tenant_{number:02}")).collect();
    let mut connected = database.connect();
    for schema in &schemas {
        connected.execute(&format!("CREATE SCHEMA {schema}")).unwrap();
    }
    connected.execute("CREATE TABLE tenant_07.page (id integer)").unwrap();
    let migrator = Migrator::new(embedded(&[ONE, TWO]));
    // The history that lies behind each of them in the path is none of theirs.
    run(&migrator, &database).unwrap();
    let connect = || PgConnection::establish(database.url());
    let results = Several::new().at_once(4).run_schemas(&migrator, &schemas, connect);
    let failed: Vec<_> = results.iter().filter(|(_, one)| !one.is_done()).collect();
    assert!(matches!(failed[..], [(schema, OneOfMany::Failed(_))] if *schema == "tenant_07"), "{failed:?}");
    let count = "SELECT count(*)::text AS value FROM pg_tables WHERE tablename = 'page' AND schemaname LIKE 'tenant_%'";
    assert_eq!(connected.texts(count), [Some("40".to_owned())]);
    assert_eq!(connected.count("tenant_31.page"), 1);
    let histories = "SELECT count(*)::text AS value FROM pg_tables WHERE tablename = '__fenrir_migrations'";
    assert_eq!(connected.texts(histories), [Some("41".to_owned())]);
    assert_eq!(connected.count("tenant_31.__fenrir_migrations"), 2);
    connected.execute("DROP TABLE tenant_07.page").unwrap();
    let results = Several::new().run_schemas(&migrator, &schemas, connect);
    let steps: usize = results
        .iter()
        .map(
            |(_, one)| if let OneOfMany::Done(report) = one { report.steps.len() } else { panic!("{one:?}") },
        )
        .sum();
    assert_eq!(steps, 2, "only the one that was left");
}

#[test]
fn none_is_begun_once_one_has_failed_where_that_is_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let files: Vec<_> = ["a", "b", "c"].map(|name| folder.path().join(name)).to_vec();
    SqliteConnection::establish(files[1].to_str().unwrap())
        .unwrap()
        .batch_execute("CREATE TABLE page (id integer)")
        .unwrap();
    let migrator = Migrator::new(embedded(&[ONE]));
    let connect = |file: &std::path::PathBuf| SqliteConnection::establish(file.to_str().unwrap());
    let several = Several::new().at_once(1).fail_fast(true);
    let results = several.run(&migrator, &files, connect);
    assert!(
        matches!(
            results[..],
            [(_, OneOfMany::Done(_)), (_, OneOfMany::Failed(Error::Statement(_))), (_, OneOfMany::NotTried)]
        ),
        "{results:?}"
    );
}

/// On the runtime's other threads, work goes on.
#[tokio::test(flavor = "current_thread")]
async fn connections_of_diesel_async() {
    use diesel_async::sync_connection_wrapper::SyncConnectionWrapper;
    use diesel_async::{AsyncConnection, AsyncMysqlConnection, AsyncPgConnection};
    let migrator = Migrator::new(embedded(&[
        ONE,
        EmbeddedMigration { up: "INSERT INTO page VALUES (2); INSERT INTO page VALUES (5);", ..TWO },
    ]));

    let database = TestDatabase::postgres();
    let connection = AsyncPgConnection::establish(database.url()).await.unwrap();
    // The one thread of this runtime goes on meanwhile.
    let slow = EmbeddedMigration { up: "SELECT pg_sleep(0.4); INSERT INTO page VALUES (2), (5);", ..TWO };
    let ticks = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&ticks);
    let ticking = tokio::spawn(async move {
        loop {
            tokio::time::sleep(Duration::from_millis(5)).await;
            counted.fetch_add(1, Ordering::Relaxed);
        }
    });
    let (connection, report) = Migrator::new(embedded(&[ONE, slow])).run_async(connection).await.unwrap();
    ticking.abort();
    assert_eq!(report.steps.len(), 2);
    assert!(ticks.load(Ordering::Relaxed) > 10, "{ticks:?} ticks in 400 ms");
    assert!(migrator.run_async(connection).await.unwrap().1.steps.is_empty());
    assert_eq!(database.connect().count("page"), 2);

    let database = TestDatabase::sqlite();
    type Sqlite = SyncConnectionWrapper<SqliteConnection>;
    let connection = Sqlite::establish(database.file().to_str().unwrap()).await.unwrap();
    assert_eq!(migrator.run_async(connection).await.unwrap().1.steps.len(), 2);
    assert_eq!(database.connect().count("page"), 2);

    let database = TestDatabase::mysql();
    // That client has another name for the socket.
    let url = database.url().replacen("unix_socket=", "socket=", 1);
    let connection = AsyncMysqlConnection::establish(&url).await.unwrap();
    assert_eq!(migrator.run_async(connection).await.unwrap().1.steps.len(), 2);
    assert_eq!(database.connect().count("page"), 2);
}

/// Whoever no longer waits for a run ends it: what is open is taken back, and nothing more is begun.
#[tokio::test(flavor = "current_thread")]
async fn a_run_that_nobody_waits_for_ends() {
    use diesel_async::{AsyncConnection, AsyncPgConnection};
    let database = TestDatabase::postgres();
    let slow = EmbeddedMigration { up: "SELECT pg_sleep(0.5); INSERT INTO page VALUES (2);", ..TWO };
    let migrator = Migrator::new(embedded(&[ONE, slow, THREE]));
    let connection = AsyncPgConnection::establish(database.url()).await.unwrap();
    let run = tokio::time::timeout(Duration::from_millis(200), migrator.run_async(connection)).await;
    assert!(run.is_err(), "it was not dropped");
    let start = Instant::now();
    let others = "SELECT count(*)::text AS value FROM pg_stat_activity \
                  WHERE datname = current_database() AND pid <> pg_backend_pid()";
    while database.connect().texts(others) != [Some("0".to_owned())] {
        assert!(start.elapsed() < Duration::from_secs(20), "it goes on");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(applied(&database), [ONE.revision]);
    assert_eq!(database.connect().count("page"), 0);
}
