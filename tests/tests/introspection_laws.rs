//! Reading random schemas back from the databases, and comparing them.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;

use fenrir_migrate::Dialect;
use fenrir_migrate::introspect::{Comparison, Options};
use fenrir_schema::{Change, Renames, Schema, diff};
use fenrir_tests::database::{Connected, TestDatabase};
use fenrir_tests::random::{self, Case};

#[test]
fn round_trip_introspection_on_sqlite() {
    let database = TestDatabase::sqlite();
    random::check(500, |case| round_trip(case, &database));
}

#[test]
fn round_trip_introspection_on_postgres() {
    let database = TestDatabase::postgres();
    random::check(150, |case| round_trip(case, &database));
}

#[test]
fn round_trip_introspection_on_mysql() {
    let database = TestDatabase::mysql();
    random::check(30, |case| round_trip(case, &database));
}

/// What was created is read back as it is; and what was created otherwise differs in just what it does.
fn round_trip(case: &Case, database: &TestDatabase) -> Result<(), String> {
    let dialect = database.dialect();
    let (a, b, _) = case.schemas();
    let (a, b) = (random::held_by(a, dialect), random::held_by(b, dialect));
    // Others have made what is left alone.
    let (a, at) = (a.with_unmanaged(), b.clone().with_unmanaged());
    let at_b = compared(&at, &b, database)?;
    if !at_b.is_equal() || !at_b.unmanaged.is_empty() {
        return Err(format!("what was created differs:\n{}", in_words(&at_b)));
    }
    let at_a = compared(&a, &b, database)?;
    let wanted = diff(&beside(a, &b).normal_form(dialect), &b.normal_form(dialect), &Renames::default());
    let found = lines(&at_a.changes);
    let missing: Vec<_> = lines(&wanted).difference(&found).cloned().collect();
    let more: Vec<_> = found.difference(&lines(&wanted)).cloned().collect();
    // Only what is of a type that is not there, or a label, cannot be asked about.
    let is_clear = |reason: &str| reason.contains("does not exist") || reason.contains("invalid input value");
    if let Some(one) = at_a.not_compared.iter().find(|one| !is_clear(&one.reason)) {
        return Err(format!("{one}"));
    }
    // What could not be compared is told, and counts as no difference; an index that differs is two changes.
    if !more.is_empty() || missing.len() > 2 * at_a.not_compared.len() {
        return Err(format!("not told: {missing:?}\ntold for nothing: {more:?}\n{}", in_words(&at_a)));
    }
    Ok(())
}

/// A schema without what the other leaves alone.
fn beside(mut schema: Schema, other: &Schema) -> Schema {
    schema.tables.retain(|name, _| !other.unmanaged.tables.contains_key(name));
    let columns = schema.tables.values().flat_map(|table| &table.columns);
    let used: BTreeSet<_> = columns.filter_map(|column| column.sql_type.enum_name().cloned()).collect();
    schema.enums.retain(|name, _| !other.unmanaged.enums.contains_key(name) || used.contains(name));
    schema
}

/// A database at one schema, compared with another.
fn compared(at: &Schema, wanted: &Schema, database: &TestDatabase) -> Result<Comparison, String> {
    database.reset();
    let mut connected = database.connect();
    create(&mut connected, at, database.dialect())?;
    let options = at.tables.keys().filter_map(|name| name.schema.clone());
    let options = options.fold(Options::for_schema(wanted), Options::and);
    let live = connected.read(&options).map_err(|error| fenrir_migrate::in_full(&error))?;
    connected.compare(wanted, &live).map_err(|error| fenrir_migrate::in_full(&error))
}

fn create(connected: &mut Connected, schema: &Schema, dialect: Dialect) -> Result<(), String> {
    let changes = diff(&Schema::default(), schema, &Renames::default());
    let script = dialect.script(&Schema::default(), &changes).map_err(|error| error.to_string())?;
    let sql = script.bare_sql();
    // PostgreSQL takes no empty text.
    if sql.trim().is_empty() {
        return Ok(());
    }
    connected.execute(&sql).map_err(|error| format!("{error}\n{sql}"))
}

fn lines(changes: &[Change]) -> BTreeSet<String> {
    changes.iter().map(ToString::to_string).collect()
}

fn in_words(comparison: &Comparison) -> String {
    let changes = comparison.changes.iter().map(|change| format!("- {change}: {change:?}"));
    let not_compared = comparison.not_compared.iter().map(|one| format!("? {one}"));
    let unmanaged = comparison.unmanaged.iter().map(|one| format!("! {one}"));
    changes.chain(not_compared).chain(unmanaged).collect::<Vec<_>>().join("\n")
}
