//! The build step: `fn main() { fenrir_migrate::build::snapshot(); }` in a package's `build.rs`.

use std::collections::BTreeMap;
use std::env;
use std::path::PathBuf;

use fenrir_schema::migration::{History, MigrationError};
use fenrir_schema::project::Project;
use fenrir_schema::reader::Facts;
use fenrir_schema::snapshot::{self, Snapshot, SnapshotModel, SnapshotProject};
use fenrir_schema::source::{BuildScriptCfg, Models, Package};
use fenrir_schema::{Dialect, Renames, Schema, diff, in_full};

/// Reads the package's models and snapshots their schema, for the macros of the same build.
///
/// Cargo runs it again when a source that holds or leads to models, a migration or `fenrir.toml` has
/// changed, and else not. Changes that no migration makes yet are a warning each;
/// `FENRIR_PENDING=deny` makes them errors, for continuous integration, and `FENRIR_PENDING=allow`
/// says nothing. What is wrong with a model is left for its derive to report, where it stands.
pub fn snapshot() {
    if let Err(message) = run() {
        tell::error(&message);
    }
}

/// What Cargo is told, on standard output, one line for each.
mod tell {
    #![expect(clippy::print_stdout, reason = "a build script talks to Cargo there")]

    use std::path::Path;

    pub(super) fn error(message: &str) {
        for line in message.lines() {
            println!("cargo::error={line}");
        }
    }

    pub(super) fn warning(message: &str) {
        println!("cargo::warning={}", message.replace('\n', " "));
    }

    pub(super) fn rerun_if_changed(path: &Path) {
        println!("cargo::rerun-if-changed={}", path.display());
    }

    pub(super) fn rerun_if_env_changed(variable: &str) {
        println!("cargo::rerun-if-env-changed={variable}");
    }

    pub(super) fn set(variable: &str, value: &Path) {
        println!("cargo::rustc-env={variable}={}", value.display());
    }
}

const PENDING: &str = "FENRIR_PENDING";

#[derive(Clone, Copy, PartialEq, Eq)]
enum Pending {
    Allow,
    Warn,
    Deny,
}

impl Pending {
    fn tell(self, message: &str) {
        match self {
            Pending::Allow => {}
            Pending::Warn => tell::warning(message),
            Pending::Deny => tell::error(message),
        }
    }
}

fn run() -> Result<(), String> {
    tell::rerun_if_env_changed(PENDING);
    let variable = |name: &str| {
        env::var_os(name).ok_or_else(|| format!("`{name}` is not set: this is for a build script"))
    };
    let folder = PathBuf::from(variable("CARGO_MANIFEST_DIR")?);
    let out = PathBuf::from(variable("OUT_DIR")?);
    // With any path given, Cargo looks at those alone.
    tell::rerun_if_changed(&folder.join("Cargo.toml"));
    tell::rerun_if_changed(&folder.join("build.rs"));

    let project = Project::find(&folder).map_err(|error| in_full(&error))?;
    tell::rerun_if_changed(&project.file());
    let package = Package::read(&folder).map_err(|error| in_full(&error))?;
    check_is_models_package(&project, &package)?;

    let models =
        Models::read(&package, &project.dialects, &BuildScriptCfg).map_err(|error| in_full(&error))?;
    for file in &models.sources.files {
        tell::rerun_if_changed(file);
    }
    let migrations = project.migrations_root();
    if !migrations.is_dir() {
        // Cargo would run this at each build if it were told of a folder that is not there.
        return Err(format!(
            "there is no folder `{}` for migrations: `fenrir init` makes it",
            migrations.display()
        ));
    }
    tell::rerun_if_changed(&migrations);

    let snapshot = Snapshot::at(out.join("fenrir"));
    let create = project.dialects.iter().map(|&dialect| Ok((dialect, create_sql(dialect, &models)?)));
    let create = create.collect::<Result<_, String>>()?;
    write(&snapshot, &create, &project, &models)
        .map_err(|error| format!("cannot write the snapshot to `{}`: {error}", out.display()))?;
    tell::set(snapshot::VARIABLE, &out.join("fenrir"));
    for problem in models.sources.enum_problems(&models.lowered) {
        tell::error(&problem.to_string());
    }
    // While something is wrong with the models, what is pending cannot be told.
    if models.problems().is_empty() { tell_pending(&project, &models) } else { Ok(()) }
}

fn check_is_models_package(project: &Project, package: &Package) -> Result<(), String> {
    let file = project.file();
    let here = package.folder.canonicalize().unwrap_or_else(|_| package.folder.clone());
    match &project.package {
        Some(name) if *name != package.name => Err(format!(
            "`{}` says that the models are in the package `{name}`, and this is `{}`: a package with models of \
             its own needs a `fenrir.toml` of its own",
            file.display(),
            package.name
        )),
        None if here != project.root => Err(format!(
            "`{}` does not say which package has the models: write `[models]` and `package = \"{}\"` there",
            file.display(),
            package.name
        )),
        _ => Ok(()),
    }
}

/// The statements that create the whole schema, for tests: with the tables that are left alone, which nobody
/// else brings to a database of theirs.
fn create_sql(dialect: Dialect, models: &Models) -> Result<String, String> {
    let empty = Schema::default();
    let whole = models.lowered.schema.clone().with_unmanaged();
    let changes = diff(&empty, &whole, &Renames::default());
    let script = dialect.script(&empty, &changes).map_err(|error| in_full(&error))?;
    Ok(script.bare_sql())
}

fn write(
    snapshot: &Snapshot,
    create: &BTreeMap<Dialect, String>,
    project: &Project,
    models: &Models,
) -> std::io::Result<()> {
    let definitions = &models.sources.definitions;
    let mut files: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut listed = Vec::new();
    for (found, facts) in definitions.models.iter().zip(&models.lowered.facts) {
        let ident = found.model.ident.to_string();
        let json = facts.to_json();
        if facts.managed {
            let root = &definitions.crates[found.place.crate_index];
            let path =
                found.place.modules.iter().map(String::as_str).chain([ident.as_str()]).collect::<Vec<_>>();
            listed.push(SnapshotModel {
                crate_name: root.name.clone(),
                is_library: root.is_library,
                path: path.join("::"),
                nameable: found.place.nameable,
                public: found.place.public,
                fingerprint: Facts::fingerprint(&json),
            });
        }
        files.entry(Facts::file_name(&ident, &facts.model)).or_default().push(json);
    }
    let described = SnapshotProject {
        migrations: project
            .dialects
            .iter()
            .map(|&dialect| (dialect, project.migrations_of(dialect)))
            .collect(),
        models: listed,
        problems: models.problems().iter().map(ToString::to_string).collect(),
        migrator: project.migrator.clone(),
    };
    snapshot.write(&models.lowered.schema, create, &described, &files)
}

/// What the models have and no migration makes yet.
fn tell_pending(project: &Project, models: &Models) -> Result<(), String> {
    let pending = match env::var(PENDING).as_deref() {
        Err(env::VarError::NotPresent) | Ok("" | "warn") => Pending::Warn,
        Ok("deny") => Pending::Deny,
        Ok("allow") => Pending::Allow,
        _ => return Err(format!("`{PENDING}` takes `allow`, `warn` or `deny`")),
    };
    let history = History::read(project).map_err(|error| in_full(&error))?;
    let before = match history.schema() {
        Err(error @ MigrationError::NoBaseline(_)) => {
            pending.tell(&error.to_string());
            return Ok(());
        }
        before => before.map_err(|error| in_full(&error))?,
    };
    let after = &models.lowered.schema;
    let renames = Renames::of_hints(&models.lowered.renames, &before, after);
    let changes = diff(&before, after, &renames);
    let candidates = renames.candidates(&before, after);
    let messages = changes.iter().map(|change| {
        let alike: Vec<_> = candidates.iter().filter(|one| one.is_of(change)).collect();
        let alike: Vec<_> = alike.iter().map(|one| format!("`{}`", one.new_name())).collect();
        let unless = if alike.is_empty() {
            String::new()
        } else {
            format!(", unless it is renamed to {}", alike.join(" or "))
        };
        format!("not in a migration yet: {change}{unless}; `fenrir migrate -m \"…\"` writes it")
    });
    for message in messages {
        pending.tell(&message);
    }
    Ok(())
}
