//! What a test takes, and what it stands on.

use diesel::SqliteConnection;
use fenrir_migrate::testing::TestDatabase;

#[fenrir_migrate::test(empty)]
fn nothing() {}

#[fenrir_migrate::test(empty)]
fn two(_: &mut SqliteConnection, _: &mut SqliteConnection) {}

#[fenrir_migrate::test(empty)]
fn by_value(_: SqliteConnection) {}

#[fenrir_migrate::test(empty, transaction)]
fn a_database_in_a_transaction(_: &TestDatabase<SqliteConnection>) {}

#[fenrir_migrate::test(empty)]
fn generic<T>(_: &mut SqliteConnection) {}

#[fenrir_migrate::test(empty)]
struct NoFunction;

#[fenrir_migrate::test(empty)]
fn without_mut(_: &SqliteConnection) {}

#[fenrir_migrate::test(empty)]
#[test]
fn a_test_twice(_: &mut SqliteConnection) {}

fn main() {}
