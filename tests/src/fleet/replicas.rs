//! Many processes that boot at once.

use std::time::Duration;

use fenrir_migrate::Dialect;

use super::boot::{Boot, Harness, Running};
use super::{Random, Row, chain};
use crate::database::TestDatabase;

/// Boots so many processes at once on an empty database, again and again: all must boot, each revision once.
#[must_use]
pub fn at_once(
    binary: &'static str,
    dialect: Dialect,
    harness: Harness,
    replicas: usize,
    boots: usize,
) -> Row {
    let by = if harness == Harness::Fenrir { "" } else { ", plain diesel_migrations" };
    let mut row = Row::new(format!("{replicas} replicas at once, {}{by}", dialect.title()));
    let database = TestDatabase::new(dialect);
    let boot = Boot::new(binary, dialect, database.url()).harness(harness);
    for _ in 0..boots {
        database.reset();
        let running: Vec<_> = (0..replicas).map(|_| boot.start()).collect();
        let booted: Vec<_> = running.into_iter().map(Running::end).collect();
        let whole = match harness {
            Harness::Fenrir => chain::is_whole(&mut database.connect()),
            // What it leaves is not looked at: how many boot is.
            Harness::Diesel => Ok(()),
        };
        for one in booted {
            row.count(one.ok().and_then(|()| whole.clone()));
        }
    }
    row
}

/// The same, with one of them killed on the way, whichever it is: all others must boot.
#[must_use]
pub fn with_one_killed(binary: &'static str, dialect: Dialect, replicas: usize, boots: usize) -> Row {
    let mut row = Row::new(format!("{replicas} replicas at once, one killed, {}", dialect.title()));
    let mut random = Random::new();
    let database = TestDatabase::new(dialect);
    let boot = Boot::new(binary, dialect, database.url());
    for number in 0..boots {
        database.reset();
        let mut running: Vec<_> = (0..replicas).map(|_| boot.start()).collect();
        std::thread::sleep(Duration::from_millis(5 + random.below(150)));
        let victim = number % replicas;
        let _ = running[victim].child.kill();
        let _ = running.remove(victim).end();
        let booted: Vec<_> = running.into_iter().map(Running::end).collect();
        let whole = chain::is_whole(&mut database.connect());
        for one in booted {
            row.count(one.ok().and_then(|()| whole.clone()));
        }
    }
    row
}
