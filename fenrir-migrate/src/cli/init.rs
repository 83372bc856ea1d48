//! `fenrir init`: sets a project up, and changes nothing that is there.

use std::env;
use std::fs;
use std::path::Path;

use fenrir_schema::Dialect;
use fenrir_schema::project::{FILE_NAME, Project};
use fenrir_schema::source::Package;
use serde_json::json;
use toml_edit::{DocumentMut, InlineTable, Item, Table, Value};

use super::arguments::Init;
use super::context::Context;
use super::outcome::{Failure, Outcome};

/// What was done, in words.
#[derive(Default)]
struct Done(Vec<String>);

pub(super) fn run(arguments: &Init, context: &Context<'_>) -> Result<Outcome, Failure> {
    let root = env::current_dir()?;
    let settings = root.join(FILE_NAME);
    let there = settings.exists().then(|| Project::read(&settings)).transpose()?;
    let named = arguments.package.as_ref().or(there.as_ref().and_then(|project| project.package.as_ref()));
    let package = match named {
        Some(name) => Package::find(&root, name)?,
        None => Package::read(&root)?,
    };
    let manifest_path = package.folder.join("Cargo.toml");
    let text = fs::read_to_string(&manifest_path)?;
    let mut manifest: DocumentMut = text.parse().map_err(|error: toml_edit::TomlError| {
        Failure::error(format!("{}: {}", manifest_path.display(), error.message()))
    })?;
    let dialects = match &there {
        Some(project) => project.dialects.clone(),
        None => dialects(&manifest, context)?,
    };

    let mut done = Done::default();
    match there {
        Some(_) => done.0.push(format!("kept    {FILE_NAME}, as it is")),
        None => write_settings(&root, &package, &dialects, &mut done)?,
    }
    make_folders(&Project::read(&settings)?, &mut done)?;
    write_build_script(&package.folder, &mut done)?;
    if add_dependencies(&mut manifest, &dialects, &mut done)? {
        write_new(&manifest_path, &manifest.to_string())?;
    }
    let mut text = done.0.join("\n");
    text.push_str(
        "\nnext: derive `Table` on a model, then `fenrir migrate -m \"…\"` and `fenrir upgrade`; where there is a database \
         already, `fenrir import` and `fenrir baseline -m \"…\"`",
    );
    Ok(Outcome::new(text, json!({ "done": done.0 })))
}

/// Said by the flag, or by the features of the Diesel that is there.
fn dialects(manifest: &DocumentMut, context: &Context<'_>) -> Result<Vec<Dialect>, Failure> {
    if let Some(dialect) = context.global.dialect {
        return Ok(vec![dialect]);
    }
    let features = manifest
        .get("dependencies")
        .and_then(|dependencies| dependencies.get("diesel"))
        .and_then(|diesel| diesel.get("features"))
        .and_then(Item::as_array);
    let named = |dialect: &Dialect| {
        features
            .is_some_and(|features| features.iter().any(|feature| feature.as_str() == Some(dialect.name())))
    };
    let found: Vec<_> = Dialect::ALL.into_iter().filter(named).collect();
    if found.is_empty() {
        return Err(Failure::error(
            "which database? Say `--dialect postgres`, `--dialect sqlite` or `--dialect mysql`, or turn on that feature \
             of Diesel in `Cargo.toml`",
        ));
    }
    Ok(found)
}

fn write_settings(
    root: &Path,
    package: &Package,
    dialects: &[Dialect],
    done: &mut Done,
) -> Result<(), Failure> {
    let names: Vec<_> = dialects.iter().map(|dialect| format!("\"{dialect}\"")).collect();
    let mut text = String::new();
    if package.folder != root {
        text.push_str(&format!("[models]\npackage = \"{}\"\n\n", package.name));
    }
    text.push_str(&format!("[migrations]\ndir = \"migrations\"\ndialects = [{}]\n", names.join(", ")));
    write_new(&root.join(FILE_NAME), &text)?;
    done.0.push(format!("wrote   {FILE_NAME}"));
    Ok(())
}

fn make_folders(project: &Project, done: &mut Done) -> Result<(), Failure> {
    for folder in project.dialects.iter().map(|&dialect| project.migrations_of(dialect)) {
        let shown = folder.strip_prefix(&project.root).unwrap_or(&folder).display().to_string();
        if folder.is_dir() {
            done.0.push(format!("kept    {shown}/, as it is"));
        } else {
            fs::create_dir_all(&folder)?;
            // Git keeps no empty folders, and the build step needs it.
            fs::write(folder.join(".keep"), "")?;
            done.0.push(format!("made    {shown}/"));
        }
    }
    Ok(())
}

fn write_build_script(folder: &Path, done: &mut Done) -> Result<(), Failure> {
    let path = folder.join("build.rs");
    if path.exists() {
        let calls = fs::read_to_string(&path)?.contains("fenrir_migrate::build::snapshot");
        done.0.push(if calls {
            "kept    build.rs, as it is".to_owned()
        } else {
            "kept    build.rs: its `main` must call `fenrir_migrate::build::snapshot();`, add that".to_owned()
        });
        return Ok(());
    }
    write_new(&path, "fn main() {\n    fenrir_migrate::build::snapshot();\n}\n")?;
    done.0.push("wrote   build.rs".to_owned());
    Ok(())
}

/// Adds what is not there; says whether there was anything.
fn add_dependencies(
    manifest: &mut DocumentMut,
    dialects: &[Dialect],
    done: &mut Done,
) -> Result<bool, Failure> {
    let backends: Vec<_> = dialects.iter().map(|dialect| dialect.name()).collect();
    let version = concat!(env!("CARGO_PKG_VERSION_MAJOR"), ".", env!("CARGO_PKG_VERSION_MINOR"));
    let wanted = [
        ("dependencies", "diesel", dependency("2.3", true, &[&backends[..], &["chrono"]].concat())),
        ("dependencies", "fenrir-migrate", dependency(version, false, &backends)),
        ("build-dependencies", "fenrir-migrate", dependency(version, false, &["build"])),
    ];
    let mut changed = false;
    for (table, name, value) in wanted {
        let entry = manifest.entry(table).or_insert_with(|| Item::Table(Table::new()));
        let Some(entries) = entry.as_table_like_mut() else {
            return Err(Failure::error(format!("`{table}` in Cargo.toml is no table")));
        };
        if entries.contains_key(name) {
            done.0.push(format!("kept    {name} in [{table}], as it is"));
        } else {
            entries.insert(name, Item::Value(Value::InlineTable(value)));
            done.0.push(format!("added   {name} to [{table}]"));
            changed = true;
        }
    }
    Ok(changed)
}

fn dependency(version: &str, defaults: bool, features: &[&str]) -> InlineTable {
    let mut table = InlineTable::new();
    table.insert("version", version.into());
    if !defaults {
        table.insert("default-features", false.into());
    }
    table.insert("features", Value::Array(features.iter().copied().collect()));
    table
}

/// Whole or not at all: under another name first.
fn write_new(path: &Path, text: &str) -> Result<(), Failure> {
    let temporary = path.with_extension("fenrir-writing");
    let result = fs::write(&temporary, text).and_then(|()| fs::rename(&temporary, path));
    if let Err(error) = result {
        let _ = fs::remove_file(&temporary);
        return Err(Failure::error(format!("cannot write `{}`: {error}", path.display())));
    }
    Ok(())
}
