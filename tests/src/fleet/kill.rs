//! SIGKILL before and after every statement and record, and inside slow ones.

use std::time::Duration;

use fenrir_migrate::Dialect;

use super::boot::{Boot, Point};
use super::{Random, Row, chain};
use crate::database::TestDatabase;

/// Kills a process at every `stride`th query, before it and after its answer, and boots another: that one must go on by
/// itself, and do nothing twice.
#[must_use]
pub fn at_boundaries(binary: &'static str, dialect: Dialect, stride: u32) -> Row {
    let mut row = Row::new(format!("killed before and after each {stride}. query, {}", dialect.title()));
    let database = TestDatabase::new(dialect);
    let boot = Boot::new(binary, dialect, database.url());
    if let Err(message) = goes_on(&boot, &database) {
        row.count(Err(format!("with nobody killed: {message}")));
        return row;
    }
    let mut query = 1;
    while row.failures.len() < 3 {
        let mut any = false;
        for point in [Point::Before(query), Point::After(query)] {
            database.reset();
            let killed = boot.clone().killed_at(point).run();
            if killed.status.success() {
                continue;
            }
            any = true;
            row.count(goes_on(&boot, &database).map_err(|message| format!("{point:?}: {message}")));
        }
        if !any {
            break;
        }
        query += stride;
    }
    row
}

/// Kills a process after a random time, inside whatever it does.
#[must_use]
pub fn at_random(binary: &'static str, dialect: Dialect, times: usize) -> Row {
    let mut row = Row::new(format!("killed at any moment, {}", dialect.title()));
    let mut random = Random::new();
    let database = TestDatabase::new(dialect);
    let boot = Boot::new(binary, dialect, database.url());
    let whole = boot.run().took;
    let longest = u64::try_from(whole.as_micros()).unwrap_or(u64::MAX);
    for _ in 0..times {
        database.reset();
        let mut running = boot.start();
        let after = Duration::from_micros(random.below(longest));
        std::thread::sleep(after);
        let _ = running.child.kill();
        let _ = running.end();
        row.count(goes_on(&boot, &database).map_err(|message| format!("after {after:?}: {message}")));
    }
    row
}

/// The next process converges alone.
fn goes_on(boot: &Boot, database: &TestDatabase) -> Result<(), String> {
    boot.run().ok()?;
    chain::is_whole(&mut database.connect())?;
    let again = boot.run();
    again.ok()?;
    if again.said == "applied 0" { Ok(()) } else { Err(format!("the boot after it: {}", again.said)) }
}
