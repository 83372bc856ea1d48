//! What a fleet may do to a database, and it to the fleet: real processes, real servers. Each gate prints a row.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test fails by panicking, and prints its row")]

use fenrir_migrate::Dialect;
use fenrir_tests::fleet::boot::Harness;
use fenrir_tests::fleet::{Row, head, kill, replicas};

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
