//! The writer of models is the reverse of their reader, for every schema, and what it writes is as rustfmt leaves it.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use fenrir_migrate::Dialect;
use fenrir_schema::source::{CommandCfg, Models, Package};
use fenrir_schema::writer::{self, Layout, Options, Written};
use fenrir_schema::{Renames, Schema, diff};
use fenrir_tests::random::{self, Random, hostile};
use tempfile::TempDir;

const LAYOUTS: [Layout; 2] = [Layout::OneFile, Layout::Folder];

/// A package with these models.
fn package(written: &Written) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let write = |path: &str, text: &str| {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    write("Cargo.toml", "[package]\nname = \"imported\"\nversion = \"0.1.0\"\nedition = \"2024\"\n");
    write("src/lib.rs", "pub mod models;\n");
    for file in &written.files {
        write(&format!("src/models/{}", file.name), &file.text);
    }
    folder
}

fn read(folder: &Path, dialect: Dialect) -> Result<Schema, String> {
    let package = Package::read(folder).map_err(|error| error.to_string())?;
    let cfg = CommandCfg::new(BTreeSet::new());
    let models = Models::read(&package, &[dialect], &cfg).map_err(|error| error.to_string())?;
    let problems = models.problems();
    if problems.is_empty() {
        return Ok(models.lowered.schema);
    }
    let lines = problems.iter().map(|problem| {
        let text = std::fs::read_to_string(folder.join(&problem.file)).unwrap_or_default();
        let line = text.lines().nth(problem.line.saturating_sub(1)).unwrap_or_default().to_owned();
        format!("{problem}\n    {line}")
    });
    Err(lines.collect::<Vec<_>>().join("\n"))
}

/// What is read of what was written is what was written.
fn reverses(schema: &Schema, dialect: Dialect) -> Result<(), String> {
    for layout in LAYOUTS {
        let written = writer::write(schema, dialect, &Options { layout, ..Options::default() });
        let wanted: Vec<_> = written.left_out.iter().map(|one| one.name.clone()).collect();
        let folder = package(&written);
        let read = read(folder.path(), dialect)?;
        let (read, mut there) = (read.normal_form(dialect), schema.normal_form(dialect));
        there.tables.retain(|name, _| !wanted.contains(&name.to_text()));
        there.enums.retain(|name, _| !wanted.contains(&name.as_str().to_owned()));
        if read != there {
            let changes = diff(&read, &there, &Renames::default());
            let changes: Vec<_> = changes.iter().map(|change| format!("- {change}: {change:?}")).collect();
            return Err(format!(
                "{wanted:?} {layout:?}\n{}\n{}\n{}",
                changes.join("\n"),
                json(&read),
                json(&there)
            ));
        }
    }
    Ok(())
}

fn json(schema: &Schema) -> String {
    schema.canonical_json()
}

#[test]
fn the_writer_reverses_the_reader() {
    random::check(100, |case| {
        let (a, b, _) = case.schemas();
        for dialect in Dialect::ALL {
            for schema in [&a, &b] {
                let mut schema = random::held_by(schema.clone(), dialect);
                // Diesel has no such schemas.
                schema.tables.retain(|name, table| {
                    let is_odd = |name: &fenrir_schema::TableName| {
                        name.schema.as_ref().is_some_and(|schema| schema.as_str().contains(' '))
                    };
                    table.foreign_keys.retain(|_, key| !is_odd(&key.references));
                    !is_odd(name)
                });
                reverses(&schema, dialect)?;
            }
        }
        Ok(())
    });
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().unwrap())
}

#[test]
fn the_writer_reverses_the_reader_whatever_things_are_called() {
    let seed = number("FENRIR_TEST_SEED").unwrap_or(1);
    for case in 0..number("FENRIR_TEST_CASES").unwrap_or(100) {
        for dialect in Dialect::ALL {
            let schema = hostile::schema(&mut Random(seed.wrapping_add(case * 1_000_003)), dialect);
            let smallest = |schema: Schema| smaller(schema, |schema| reverses(schema, dialect).is_err());
            if let Err(message) = reverses(&schema, dialect) {
                let schema = smallest(schema);
                let message = reverses(&schema, dialect).err().unwrap_or(message);
                let text = writer::write(&schema, dialect, &Options::default()).files.remove(0).text;
                panic!(
                    "case {case} of FENRIR_TEST_SEED={seed}, {dialect}:\n{message}\n{}\n{text}",
                    json(&schema)
                );
            }
        }
    }
}

/// Without the tables, columns and parts that do not matter.
fn smaller(mut schema: Schema, fails: impl Fn(&Schema) -> bool) -> Schema {
    loop {
        let mut found = None;
        for name in schema.tables.keys() {
            let mut candidates = Vec::new();
            let mut without = schema.clone();
            without.tables.remove(name);
            candidates.push(without);
            let table = &schema.tables[name];
            let mut part = |edit: &dyn Fn(&mut fenrir_schema::Table)| {
                let mut candidate = schema.clone();
                edit(candidate.tables.get_mut(name).unwrap());
                candidates.push(candidate);
            };
            table.uniques.keys().for_each(|key| part(&|table| drop(table.uniques.remove(key))));
            table.indexes.keys().for_each(|key| part(&|table| drop(table.indexes.remove(key))));
            table.checks.keys().for_each(|key| part(&|table| drop(table.checks.remove(key))));
            table.foreign_keys.keys().for_each(|key| part(&|table| drop(table.foreign_keys.remove(key))));
            for column in &table.columns {
                let used = table.binds(&column.name)
                    || table
                        .indexes
                        .values()
                        .any(|index| format!("{index:?}").contains(&format!("{:?}", column.name)));
                let is_pointed = schema.tables.values().any(|other| {
                    other.foreign_keys.values().any(|key| key.referenced_columns.contains(&column.name))
                });
                if !used && !is_pointed && table.columns.len() > 1 {
                    part(&|table| table.columns.retain(|there| there.name != column.name));
                }
            }
            found = candidates.into_iter().find(|candidate| fails(candidate));
            if found.is_some() {
                break;
            }
        }
        match found {
            Some(smaller) => schema = smaller,
            None => return schema,
        }
    }
}

#[test]
fn what_is_written_is_formatted() {
    let mut random = Random(number("FENRIR_TEST_SEED").unwrap_or(1));
    let folder = tempfile::tempdir().unwrap();
    let mut files = Vec::new();
    for case in 0..number("FENRIR_TEST_CASES").unwrap_or(60) {
        for dialect in Dialect::ALL {
            let (other, _, _) = random::Case::new(&mut random).schemas();
            for (kind, schema) in [hostile::schema(&mut random, dialect), random::held_by(other, dialect)]
                .into_iter()
                .enumerate()
            {
                for layout in LAYOUTS {
                    let written = writer::write(&schema, dialect, &Options { layout, ..Options::default() });
                    let place = folder.path().join(format!("{case}-{dialect}-{kind}-{layout:?}"));
                    std::fs::create_dir_all(&place).unwrap();
                    for file in &written.files {
                        std::fs::write(place.join(&file.name), &file.text).unwrap();
                    }
                    files.push(place.join("mod.rs"));
                }
            }
        }
    }
    for files in files.chunks(200) {
        let output =
            Command::new("rustfmt").args(["--edition", "2024", "--check"]).args(files).output().unwrap();
        let said =
            String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{}", said.chars().take(9000).collect::<String>());
    }
}
