//! What a fleet may do to a database, and it to the fleet: real processes, real servers. Each gate prints a row.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test fails by panicking, and prints its row")]

use fenrir_migrate::Dialect;
use fenrir_tests::fleet::boot::Harness;
use fenrir_tests::fleet::locks::Case;
use fenrir_tests::fleet::{Row, back, cut, disk, head, kill, locks, pool, replicas, standby};
use std::time::Duration;

const BOOT: &str = env!("CARGO_BIN_EXE_fenrir-boot");

/// How often, of the times for each change: `FENRIR_FLEET=10` is a longer run.
fn times(each_change: usize) -> usize {
    let factor = std::env::var("FENRIR_FLEET").map_or(1, |text| text.parse().unwrap());
    each_change * factor
}

fn print(row: &Row) {
    println!("{}\n{row}", head());
    row.assert();
}

#[test]
fn killed_at_every_boundary() {
    let stride = if times(1) > 1 { 1 } else { 3 };
    for dialect in Dialect::ALL {
        print(&kill::at_boundaries(BOOT, dialect, stride));
    }
}

#[test]
fn killed_at_any_moment() {
    for dialect in Dialect::ALL {
        print(&kill::at_random(BOOT, dialect, times(20)));
    }
}

#[test]
fn killed_on_the_way_back() {
    for dialect in Dialect::ALL {
        print(&back::killed(env!("CARGO_BIN_EXE_fenrir-under-test"), dialect, times(10)));
    }
}

#[test]
fn replicas_boot_at_once() {
    for dialect in Dialect::ALL {
        print(&replicas::at_once(BOOT, dialect, Harness::Fenrir, 8, times(50)));
    }
}

#[test]
fn replicas_boot_though_one_is_killed() {
    for dialect in Dialect::ALL {
        print(&replicas::with_one_killed(BOOT, dialect, 8, times(10)));
    }
}

#[test]
fn cut_off_at_any_message() {
    // What each change gets; MariaDB's client says a thing in more messages.
    for (dialect, stride) in [(Dialect::Postgres, 4), (Dialect::Mysql, 12)] {
        let stride = if times(1) > 1 { 1 } else { stride };
        print(&cut::at_each(BOOT, dialect, stride));
    }
}

#[test]
fn a_disk_that_is_full() {
    print(&disk::sqlite(BOOT, if times(1) > 1 { 1 } else { 5 }));
    let step = if times(1) > 1 { 32 } else { 128 };
    match disk::postgres(BOOT, (1..64).map(|number| number * step)) {
        Some(row) => print(&row),
        None => println!("not run, since this user may not mount a disk of memory: a full disk, PostgreSQL"),
    }
}

#[test]
fn locks_that_others_hold() {
    let (short, long) = (Duration::from_millis(200), Duration::from_secs(1));
    for (case, timeout, cases) in [
        (Case::Reader(Dialect::Postgres), short, 8),
        (Case::Reader(Dialect::Mysql), long, 8),
        (Case::Concurrently, short, 4),
    ] {
        let (row, longest) = locks::held_by_others(case, timeout, times(cases));
        println!("a reader waited {longest:?} at the most, with a timeout of {timeout:?}");
        print(&row);
    }
}

#[test]
fn behind_a_pool_by_the_transaction() {
    let (row, refused) = pool::refused_or_safe(BOOT, 6, times(20));
    println!("{refused} of {} boots through the pool were refused", row.tried * 6);
    print(&row);
}

#[test]
fn a_primary_and_its_standby() {
    print(&standby::primary_and_standby(BOOT));
}

/// Beside it, and not asserted: how many of plain Diesel's boots survive the same.
#[test]
fn plain_diesel_beside_it() {
    println!("{}", head());
    for dialect in Dialect::ALL {
        let row = replicas::at_once(BOOT, dialect, Harness::Diesel, 8, times(3));
        println!("{row}");
        assert_eq!(row.tried, 8 * times(3));
    }
}
