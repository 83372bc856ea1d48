//! What stands in the parentheses.

use diesel::SqliteConnection;

#[fenrir_migrate::test(migration = MIGRATIONS)]
fn unknown(_: &mut SqliteConnection) {}

#[fenrir_migrate::test(empty, empty)]
fn twice(_: &mut SqliteConnection) {}

#[fenrir_migrate::test(empty, models(Page))]
fn two_contents(_: &mut SqliteConnection) {}

#[fenrir_migrate::test(models())]
fn no_models(_: &mut SqliteConnection) {}

#[fenrir_migrate::test(seed)]
fn no_value(_: &mut SqliteConnection) {}

#[fenrir_migrate::test]
fn nothing_is_known_of_the_schema(_: &mut SqliteConnection) {}

#[fenrir_migrate::test("models")]
fn a_text(_: &mut SqliteConnection) {}

fn main() {}
