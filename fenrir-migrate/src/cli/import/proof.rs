//! That what is written is read again as what was found: by the reader that the build step has, before any of it is
//! where the user wants it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use fenrir_schema::source::{CommandCfg, Models, Package};
use fenrir_schema::writer::{self, Layout, Options, Written};
use fenrir_schema::{Dialect, Schema, TableName};

use super::super::outcome::Failure;

/// The models of a schema that the reader takes, in that layout, and the schema that they come to.
///
/// A table whose model is refused gets one that says `unmanaged`, with the reason, as those of `unmanaged` do; where
/// that is refused too, none.
pub(super) fn proven(
    schema: &Schema,
    unmanaged: BTreeMap<TableName, String>,
    dialect: Dialect,
    layout: Layout,
) -> Result<(Written, Schema), Failure> {
    let (schema, left_out) = without_odd_enums(schema);
    let schema = &schema;
    // One model in each file, so that a problem tells its table by its file.
    let mut options = Options { layout: Layout::Folder, unmanaged, left_out };
    // Each round takes something away from one table at least.
    for _ in 0..=2 * (schema.tables.len() + schema.unmanaged.tables.len()) {
        let written = writer::write(schema, dialect, &options);
        let refused = refused(&written, schema, dialect)?;
        if refused.is_empty() {
            let written = writer::write(schema, dialect, &Options { layout, ..options });
            let models = read(&written, dialect)?;
            return match models.problems().first() {
                None => Ok((written, models.lowered.schema)),
                Some(problem) => Err(unexpected(&problem.message)),
            };
        }
        for (table, reason) in refused {
            let is_managed =
                written.models.iter().any(|model| model.table == table && model.unmanaged.is_none());
            let reasons = if is_managed { &mut options.unmanaged } else { &mut options.left_out };
            reasons.insert(table, reason);
        }
    }
    Err(unexpected("there is no end of problems"))
}

/// The schema without enums that no model can be of, and the tables that have one.
fn without_odd_enums(schema: &Schema) -> (Schema, BTreeMap<TableName, String>) {
    let mut schema = schema.clone();
    let mut left_out = BTreeMap::new();
    let all = schema.enums.iter().chain(&schema.unmanaged.enums);
    let odd = all.filter_map(|(name, definition)| Some((name.clone(), definition.problem()?)));
    for (name, problem) in odd.collect::<Vec<_>>() {
        let tables = schema.tables.values().chain(schema.unmanaged.tables.values());
        for table in tables {
            if let Some(column) =
                table.columns.iter().find(|column| column.sql_type.enum_name() == Some(&name))
            {
                left_out.insert(table.name.clone(), format!("the enum of `{}`: {problem}", column.name));
            }
        }
        schema.enums.remove(&name);
        schema.unmanaged.enums.remove(&name);
    }
    (schema, left_out)
}

fn unexpected(message: &str) -> Failure {
    Failure::error(format!(
        "what was written of this database is not read again, which is a fault of Fenrir: {message}"
    ))
}

/// The tables whose models are refused, each with the reason.
fn refused(
    written: &Written,
    schema: &Schema,
    dialect: Dialect,
) -> Result<Vec<(TableName, String)>, Failure> {
    let models = read(written, dialect)?;
    let mut refused: Vec<(TableName, String)> = Vec::new();
    let mut refuse = |table: &TableName, reason: &str| {
        if !refused.iter().any(|(other, _)| other == table) {
            refused.push((table.clone(), reason.to_owned()));
        }
    };
    for problem in models.problems() {
        let file = Path::new(&problem.file).file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if let Some(model) = written.models.iter().find(|model| model.file == file) {
            let text = written.files.iter().find(|one| one.name == file).map_or("", |one| &one.text);
            refuse(&model.table, &named(&problem.message, text, problem.line));
        }
    }
    for (index, problem) in &models.lowered.enum_problems {
        let labels = models.sources.definitions.enums[*index].definition.definition();
        let all = schema.tables.values().chain(schema.unmanaged.tables.values());
        for table in all {
            let mut enums = table.columns.iter().filter_map(|column| column.sql_type.enum_name());
            let definition = |name| schema.enums.get(name).or_else(|| schema.unmanaged.enums.get(name));
            if enums.any(|name| definition(name) == Some(&labels)) {
                refuse(&table.name, &problem.message);
            }
        }
    }
    match (refused.is_empty(), models.problems().first()) {
        (true, Some(problem)) => Err(unexpected(&problem.message)),
        _ => Ok(refused),
    }
}

/// A message that says `this field` with the field's name, which is the first that is declared from a line on.
fn named(message: &str, text: &str, line: usize) -> String {
    let mut rest = text.lines().skip(line.saturating_sub(1)).take_while(|line| *line != "}");
    let field = rest.find_map(|line| line.trim_start().strip_prefix("pub ")?.split_once(':'));
    match field {
        Some((name, _)) => message.replacen("this field", &format!("the field `{name}`"), 1).replacen(
            "this column",
            &format!("the column of `{name}`"),
            1,
        ),
        None => message.to_owned(),
    }
}

/// The sources, as a package that is nobody's.
fn read(written: &Written, dialect: Dialect) -> Result<Models, Failure> {
    let folder = Temporary::new(&std::env::temp_dir())?;
    folder
        .write("Cargo.toml", "[package]\nname = \"imported\"\nversion = \"0.0.0\"\nedition = \"2024\"\n")?;
    folder.write("src/lib.rs", "pub mod models;\n")?;
    for file in &written.files {
        folder.write(&format!("src/models/{}", file.name), &file.text)?;
    }
    let package = Package::read(&folder.path)?;
    Ok(Models::read(&package, &[dialect], &CommandCfg::new(BTreeSet::new()))?)
}

/// A folder that is gone when this is, with all that is in it.
pub(super) struct Temporary {
    pub(super) path: PathBuf,
}

impl Temporary {
    /// A new folder within another.
    pub(super) fn new(within: &Path) -> Result<Self, Failure> {
        let mut last = None;
        for number in 0..64_u32 {
            let moment = std::time::UNIX_EPOCH.elapsed().unwrap_or_default().subsec_nanos();
            let name = format!(".fenrir-import-{}-{moment}-{number}", std::process::id());
            let path = within.join(name);
            match private_folder(&path) {
                Ok(()) => return Ok(Self { path }),
                Err(error) => last = Some(error),
            }
        }
        let why = last.map(|error| error.to_string()).unwrap_or_default();
        Err(Failure::error(format!("cannot make a folder in `{}`: {why}", within.display())))
    }

    pub(super) fn write(&self, path: &str, text: &str) -> Result<(), Failure> {
        let path = self.path.join(path);
        let written =
            fs::create_dir_all(path.parent().unwrap_or(&self.path)).and_then(|()| fs::write(&path, text));
        written.map_err(|error| Failure::error(format!("cannot write `{}`: {error}", path.display())))
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        // It may have been moved to where it belongs.
        let _ = fs::remove_dir_all(&self.path);
    }
}

/// A folder that was not there, and that others cannot look into.
fn private_folder(path: &Path) -> std::io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}
