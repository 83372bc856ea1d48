//! A process that uses a test's database, for tests that kill it, or run several at once.
//!
//! `fenrir-test-user postgres|mysql|sqlite [empty|tables|shared]` prints the database's address, waits until
//! its standard input ends, and drops the database; at the word `fail` it panics.

use std::io::{Read, Write};

use diesel::{MysqlConnection, PgConnection, SqliteConnection};
use fenrir_migrate::testing::{Contents, SyncTestConnection, TestDatabase, run_in_transaction};

fn main() {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let contents = arguments.get(1).map_or("empty", String::as_str);
    match arguments.first().map(String::as_str) {
        Some("postgres") => use_database::<PgConnection>(contents),
        Some("mysql") => use_database::<MysqlConnection>(contents),
        Some("sqlite") => use_database::<SqliteConnection>(contents),
        _ => panic!("postgres, mysql or sqlite"),
    }
}

fn use_database<C: SyncTestConnection>(contents: &str) {
    let tables = || Contents::tables_of(&fenrir_models::MIGRATIONS);
    match contents {
        "shared" => run_in_transaction::<C, ()>(&tables(), |_| {}, |_| wait("shared")),
        "tables" => hold(&TestDatabase::<C>::with(&tables())),
        _ => hold(&TestDatabase::<C>::with(&Contents::empty())),
    }
}

fn hold<C: SyncTestConnection>(database: &TestDatabase<C>) {
    wait(database.url());
}

fn wait(said: &str) {
    let mut out = std::io::stdout();
    writeln!(out, "{said}").and_then(|()| out.flush()).expect("standard output is there");
    let mut word = String::new();
    let _ = std::io::stdin().read_to_string(&mut word);
    assert!(word.trim() != "fail", "it was told to fail");
}
