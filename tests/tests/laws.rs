//! The laws of the design, on random pairs of schemas; those of databases with rows in every table.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use fenrir_migrate::Dialect;
use fenrir_migrate::introspect::{Options, Unmanaged, UnmanagedKind};
use fenrir_schema::{Change, Column, Renames, Schema, Script, Table, diff, fold, invert};
use fenrir_tests::catalog;
use fenrir_tests::database::{Connected, TestDatabase};
use fenrir_tests::random::{self, Case};

/// Law 1: folding `diff(A, B)` onto A gives B; and backwards.
#[test]
fn folding_a_difference_gives_the_other_schema() {
    random::check(20_000, |case| {
        let (a, b, renames) = case.schemas();
        let changes = diff(&a, &b, &renames);
        let mut folded = a.clone();
        fold(&mut folded, &changes).map_err(|error| error.to_string())?;
        same("up", &folded, &b)?;
        fold(&mut folded, &invert(&changes)).map_err(|error| error.to_string())?;
        same("down", &folded, &a)?;
        // What was left alone for a while is as it was.
        same("what is left alone", &folded.with_unmanaged(), &a.with_unmanaged())
    });
}

/// Law 4: what was migrated is no difference any more.
#[test]
fn a_schema_does_not_differ_from_itself() {
    random::check(20_000, |case| {
        let (a, b, renames) = case.schemas();
        let mut folded = a.clone();
        fold(&mut folded, &diff(&a, &b, &renames)).map_err(|error| error.to_string())?;
        let again = diff(&folded, &b, &Renames::default());
        if again.is_empty() { Ok(()) } else { Err(format!("{again:?}")) }
    });
}

/// Law 5: the same schema is the same text, whatever the order in which it was made.
#[test]
fn a_schema_has_one_text() {
    random::check(5_000, |case| {
        let (_, b, _) = case.schemas();
        let mut shuffled = b.clone();
        for table in shuffled.tables.values_mut() {
            table.columns.reverse();
        }
        let read: Schema = serde_json::from_str(&b.canonical_json()).map_err(|error| error.to_string())?;
        if b.canonical_json() != shuffled.canonical_json() || read.canonical_json() != b.canonical_json() {
            return Err("two texts".to_owned());
        }
        if b.hash() == read.hash() && b.hash() == shuffled.hash() {
            Ok(())
        } else {
            Err("two hashes".to_owned())
        }
    });
}

#[test]
fn round_trip_on_sqlite() {
    let database = TestDatabase::sqlite();
    random::check(2_000, |case| round_trip(case, &database));
}

#[test]
fn round_trip_on_postgres() {
    let database = TestDatabase::postgres();
    random::check(500, |case| round_trip(case, &database));
}

/// On MySQL or MariaDB, whose own indexes for foreign keys count too.
#[test]
fn round_trip_on_mysql() {
    let database = TestDatabase::mysql();
    random::check(50, |case| round_trip(case, &database));
}

fn same(what: &str, a: &Schema, b: &Schema) -> Result<(), String> {
    if a.canonical() == b.canonical() {
        Ok(())
    } else {
        Err(format!("{what}: {}\nis not {}", a.canonical_json(), b.canonical_json()))
    }
}

/// Laws 2 and 3: up makes what creating B anew makes, and what is read of it is B; down makes A again, and no
/// value is changed.
fn round_trip(case: &Case, database: &TestDatabase) -> Result<(), String> {
    let dialect = database.dialect();
    let (a, b, renames) = case.schemas();
    let (a, b) = (random::held_by(a, dialect), random::held_by(b, dialect));
    let renames = random::renames_held_by(renames, dialect);
    let changes = diff(&a, &b, &renames);
    // What is left alone is what it was, whatever a model says of it.
    let mut folded = a.clone();
    fold(&mut folded, &changes).map_err(|error| error.to_string())?;
    let b = folded;
    // Where a column may not hold NULL any more, its rows get something.
    let (changes, _) = dialect.with_stand_ins(&a, &changes);
    let (back, _) = dialect.with_stand_ins(&b, &invert(&changes));
    let up = dialect.script(&a, &changes).map_err(|error| error.to_string())?;
    let down = dialect.script(&b, &back).map_err(|error| error.to_string())?;

    // Others have made what is left alone.
    let (a, b) = (a.with_unmanaged(), b.with_unmanaged());
    let wanted_a = fresh(&a, database)?;
    let wanted_b = fresh(&b, database)?;
    database.reset();
    let mut connected = database.connect();
    create(&mut connected, &a, dialect)?;
    for row in random::rows(&a, dialect) {
        connected.execute(&row).map_err(|error| format!("{row}: {error}"))?;
    }
    let kept = Kept { a: &a, b: &b, renames: &renames };
    let (before, unchanged) = (kept.values(&mut connected, At::First), kept.values(&mut connected, At::Up));
    run(&mut connected, &up)?;
    compare("after up, the catalog", &described(&mut connected), &wanted_b)?;
    introspect("after up", &mut connected, &b, &a)?;
    compare("after up, the rows", &kept.values(&mut connected, At::Second), &unchanged)?;
    run(&mut connected, &down)?;
    compare("after down, the catalog", &described(&mut connected), &wanted_a)?;
    introspect("after down", &mut connected, &a, &b)?;
    compare("after down, the rows", &kept.values(&mut connected, At::First), &before)
}

/// What is read of the database is the schema that it is at.
fn introspect(what: &str, connected: &mut Connected, at: &Schema, other: &Schema) -> Result<(), String> {
    let schemas = other.tables.keys().filter_map(|table| table.schema.clone());
    let options = schemas.fold(Options::for_schema(at), Options::and);
    let live = connected.read(&options).map_err(|error| fenrir_migrate::in_full(&error))?;
    let comparison = connected.compare(at, &live).map_err(|error| fenrir_migrate::in_full(&error))?;
    // An extension stays, and is what no model says where only the other schema has a type of it.
    let stays = |one: &Unmanaged| one.kind == UnmanagedKind::Extension && says_extension(other, &one.name);
    if comparison.is_equal() && comparison.unmanaged.iter().all(stays) {
        Ok(())
    } else {
        Err(format!("{what}, what is read: {comparison:#?}"))
    }
}

/// Whether a type or an index of the schema comes from that extension.
fn says_extension(schema: &Schema, name: &str) -> bool {
    let of_types =
        |table: &Table| table.columns.iter().any(|column| column.sql_type.extension() == Some(name));
    let of_indexes = |table: &Table| {
        table.indexes.values().any(|index| index.extension.as_ref().is_some_and(|said| said.as_str() == name))
    };
    schema.tables.values().any(|table| of_types(table) || of_indexes(table))
}

/// As plain Diesel would run it: the file's text, in a transaction unless it opens its own.
fn run(connected: &mut Connected, script: &Script) -> Result<(), String> {
    let sql = script.to_sql(&["A header.".to_owned()]);
    let whole = if script.frame.is_some() { sql.clone() } else { format!("BEGIN;\n{sql}COMMIT;") };
    connected.execute(&whole).map_err(|error| format!("{error}\n{sql}"))
}

fn create(connected: &mut Connected, schema: &Schema, dialect: Dialect) -> Result<(), String> {
    let changes: Vec<Change> = diff(&Schema::default(), schema, &Renames::default());
    run(connected, &dialect.script(&Schema::default(), &changes).map_err(|error| error.to_string())?)
}

fn fresh(schema: &Schema, database: &TestDatabase) -> Result<Vec<String>, String> {
    database.reset();
    let mut connected = database.connect();
    create(&mut connected, schema, database.dialect())?;
    Ok(described(&mut connected))
}

/// SQLite numbers foreign keys in the order in which they are written, which is nobody's meaning.
fn described(connected: &mut Connected) -> Vec<String> {
    let mut lines = catalog::describe(connected);
    if let Connected::Sqlite(_) = connected {
        lines.extend(catalog::sqlite_constraints(connected));
    }
    lines
}

/// What of a schema is in another too, under whatever name.
struct Kept<'a> {
    a: &'a Schema,
    b: &'a Schema,
    renames: &'a Renames,
}

/// Where a database is, and what is asked of it.
#[derive(Clone, Copy, PartialEq)]
enum At {
    /// At the first schema: all that the second can hold too.
    First,
    /// At the first schema: what is the same text in the second.
    Up,
    /// At the second schema: the same.
    Second,
}

impl Kept<'_> {
    /// The values of what both schemas have; a table that is dropped and comes back is empty.
    fn values(&self, connected: &mut Connected, at: At) -> Vec<String> {
        let mut lines = Vec::new();
        for (name, new) in &self.b.tables {
            let old_name = self.renames.tables.get(name).unwrap_or(name);
            let Some(old) = self.a.tables.get(old_name) else { continue };
            // A table may be renamed while another takes its name.
            if old_name == name && self.renames.tables.values().any(|other| other == name) {
                continue;
            }
            let (table, columns) = self.columns(old, new, at);
            let values = connected.texts(&random::values_of(table, &columns, connected.dialect()));
            lines.extend(values.into_iter().map(|value| format!("{name}: {}", value.unwrap_or_default())));
        }
        lines
    }

    /// In the order of their old names.
    fn columns<'b>(&self, old: &'b Table, new: &'b Table, at: At) -> (&'b Table, Vec<&'b Column>) {
        let mut columns = Vec::new();
        for after in &new.columns {
            let place = (new.name.clone(), after.name.clone());
            let renamed = self.renames.columns.get(&place);
            let taken =
                self.renames.columns.iter().any(|((table, _), old)| *table == new.name && *old == after.name);
            let Some(before) =
                old.column(renamed.unwrap_or(&after.name)).filter(|_| renamed.is_some() || !taken)
            else {
                continue;
            };
            // What is generated is what the others make it, but for what is so no more, and keeps it.
            let kept = at != At::First && before.generated.is_some() && after.generated.is_none();
            if (before.generated.is_some() || after.generated.is_some()) && !kept {
                continue;
            }
            // What holds NULL and may not in the second gets another value.
            if before.nullable && !after.nullable || at != At::First && !self.is_same(before, after) {
                continue;
            }
            columns.push((before, after));
        }
        columns.sort_by(|(a, _), (b, _)| a.name.cmp(&b.name));
        let second = at == At::Second;
        let columns =
            columns.into_iter().map(|(before, after)| if second { after } else { before }).collect();
        (if second { new } else { old }, columns)
    }

    /// Whether a value has the same text in both: the type is the same, and so are its labels.
    fn is_same(&self, before: &Column, after: &Column) -> bool {
        match after.sql_type.enum_name() {
            Some(name) => {
                before.sql_type.enum_name().is_some() && !self.renames.labels.keys().any(|(of, _)| of == name)
            }
            None => before.sql_type == after.sql_type,
        }
    }
}

fn compare(what: &str, found: &[String], wanted: &[String]) -> Result<(), String> {
    if found == wanted {
        return Ok(());
    }
    let missing = wanted.iter().filter(|line| !found.contains(line)).map(|line| format!("- {line}\n"));
    let extra = found.iter().filter(|line| !wanted.contains(line)).map(|line| format!("+ {line}\n"));
    Err(format!("{what}:\n{}", missing.chain(extra).collect::<String>()))
}
