//! The crates of a package: where their sources begin, by `Cargo.toml` and Cargo's conventions
//! (<https://doc.rust-lang.org/cargo/reference/cargo-targets.html>).

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::SourceError;

/// A package with its crates.
pub struct Package {
    /// Its folder.
    pub folder: PathBuf,
    /// Its name.
    pub name: String,
    /// Its crates.
    pub roots: Vec<Root>,
    /// Its features, with those that each turns on.
    features: BTreeMap<String, Vec<String>>,
}

/// The root file of a crate.
pub struct Root {
    /// The crate's name, as `CARGO_CRATE_NAME` has it.
    pub crate_name: String,
    /// The file.
    pub file: PathBuf,
    /// What kind of crate it is.
    pub kind: RootKind,
}

/// What a crate is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RootKind {
    /// The library.
    Library,
    /// A binary.
    Binary,
    /// A test, an example or a benchmark: no part of the program.
    Other,
}

#[derive(Deserialize)]
struct Manifest {
    package: Option<PackageTable>,
    lib: Option<Target>,
    #[serde(default)]
    bin: Vec<Target>,
    #[serde(default)]
    test: Vec<Target>,
    #[serde(default)]
    example: Vec<Target>,
    #[serde(default)]
    bench: Vec<Target>,
    #[serde(default)]
    features: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    dependencies: BTreeMap<String, toml::Value>,
    #[serde(default, rename = "build-dependencies")]
    build_dependencies: BTreeMap<String, toml::Value>,
    workspace: Option<Workspace>,
}

impl Manifest {
    /// The features that are written, and one for each optional dependency that none of them names as
    /// `dep:` (<https://doc.rust-lang.org/cargo/reference/features.html#optional-dependencies>).
    fn all_features(&self) -> BTreeMap<String, Vec<String>> {
        let mut features = self.features.clone();
        let named = |name: &str| self.features.values().flatten().any(|one| *one == format!("dep:{name}"));
        for (name, dependency) in self.dependencies.iter().chain(&self.build_dependencies) {
            let optional = dependency.get("optional").and_then(toml::Value::as_bool) == Some(true);
            if optional && !named(name) {
                features.entry(name.clone()).or_default();
            }
        }
        features
    }
}

#[derive(Deserialize)]
struct PackageTable {
    name: String,
    #[serde(default = "yes")]
    autobins: bool,
    #[serde(default = "yes")]
    autotests: bool,
    #[serde(default = "yes")]
    autoexamples: bool,
    #[serde(default = "yes")]
    autobenches: bool,
}

fn yes() -> bool {
    true
}

#[derive(Deserialize)]
struct Target {
    name: Option<String>,
    path: Option<PathBuf>,
}

#[derive(Deserialize)]
struct Workspace {
    #[serde(default)]
    members: Vec<String>,
}

impl Package {
    /// Reads the package in a folder.
    ///
    /// # Errors
    /// When there is no `Cargo.toml` that describes one.
    pub fn read(folder: &Path) -> Result<Package, SourceError> {
        let path = folder.join("Cargo.toml");
        let manifest = manifest(&path)?;
        let Some(package) = &manifest.package else {
            let message = "this is a workspace and no package: name the models' package in `fenrir.toml`, as \
                           `[models] package = \"…\"`, or to `fenrir init --package NAME`";
            return Err(SourceError::manifest(&path, message));
        };
        let name = package.name.clone();
        let roots = roots(folder, &manifest, package);
        let features = manifest.all_features();
        Ok(Package { folder: folder.to_owned(), name, roots, features })
    }

    /// Finds a package of that name in a folder: the folder's own, or a member of its workspace.
    ///
    /// # Errors
    /// When there is none.
    pub fn find(folder: &Path, name: &str) -> Result<Package, SourceError> {
        let path = folder.join("Cargo.toml");
        let manifest = manifest(&path)?;
        if manifest.package.as_ref().is_some_and(|package| package.name == name) {
            return Package::read(folder);
        }
        let members = manifest.workspace.map(|workspace| workspace.members).unwrap_or_default();
        for member in members.iter().flat_map(|member| expand(folder, member)) {
            let path = member.join("Cargo.toml");
            if path.is_file() && self::manifest(&path)?.package.is_some_and(|package| package.name == name) {
                return Package::read(&member);
            }
        }
        let message = format!("no package `{name}` here or among the workspace's members");
        Err(SourceError::manifest(&path, &message))
    }

    /// The features that are on, with all that they turn on.
    ///
    /// # Errors
    /// When one of `chosen` is no feature of the package.
    pub fn features(&self, chosen: &[String], defaults: bool, all: bool) -> Result<BTreeSet<String>, String> {
        let mut on = BTreeSet::new();
        let mut pending: Vec<String> = chosen.to_vec();
        if let Some(unknown) = chosen.iter().find(|feature| !self.features.contains_key(*feature)) {
            let known: Vec<_> = self.features.keys().map(|feature| format!("`{feature}`")).collect();
            return Err(format!(
                "`{}` has no feature `{unknown}`; there are {}",
                self.name,
                known.join(", ")
            ));
        }
        if defaults {
            pending.push("default".to_owned());
        }
        if all {
            pending.extend(self.features.keys().cloned());
        }
        while let Some(feature) = pending.pop() {
            // `dependency/feature` turns the dependency on too, `dependency?/feature` does not.
            let feature = feature.split('/').next().map(str::to_owned).unwrap_or(feature);
            if let Some(more) = self.features.get(&feature) {
                if on.insert(feature) {
                    pending.extend(more.iter().cloned());
                }
            }
        }
        Ok(on)
    }
}

fn manifest(path: &Path) -> Result<Manifest, SourceError> {
    let text =
        fs::read_to_string(path).map_err(|source| SourceError::Read { path: path.to_owned(), source })?;
    toml::from_str(&text).map_err(|error| {
        let line = error.span().map_or(1, |span| 1 + text[..span.start].matches('\n').count());
        SourceError::manifest(path, &format!("line {line}: {}", error.message()))
    })
}

/// A member may end in `*`, for each folder there.
fn expand(folder: &Path, member: &str) -> Vec<PathBuf> {
    let Some(parent) = member.strip_suffix("/*").or((member == "*").then_some("")) else {
        return vec![folder.join(member)];
    };
    let mut folders: Vec<_> = fs::read_dir(folder.join(parent))
        .into_iter()
        .flatten()
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(|path| path.is_dir())
        .collect();
    folders.sort();
    folders
}

fn roots(folder: &Path, manifest: &Manifest, package: &PackageTable) -> Vec<Root> {
    let name = package.name.as_str();
    let mut roots = Vec::new();
    let mut add = |name: &str, file: PathBuf, kind: RootKind| {
        let file = folder.join(file);
        if file.is_file() && !roots.iter().any(|root: &Root| root.file == file) {
            roots.push(Root { crate_name: name.replace('-', "_"), file, kind });
        }
    };
    let lib = manifest.lib.as_ref();
    let lib_name = lib.and_then(|lib| lib.name.clone()).unwrap_or_else(|| name.to_owned());
    let lib_path = lib.and_then(|lib| lib.path.clone()).unwrap_or_else(|| "src/lib.rs".into());
    add(&lib_name, lib_path, RootKind::Library);

    for (targets, dir, kind) in [
        (&manifest.bin, "src/bin", RootKind::Binary),
        (&manifest.test, "tests", RootKind::Other),
        (&manifest.example, "examples", RootKind::Other),
        (&manifest.bench, "benches", RootKind::Other),
    ] {
        for target in targets {
            let target_name = target.name.as_deref().unwrap_or(name);
            let found = target.path.clone().map_or_else(
                || {
                    let main =
                        (kind == RootKind::Binary && target_name == name).then(|| "src/main.rs".into());
                    let file = PathBuf::from(format!("{dir}/{target_name}.rs"));
                    let nested = PathBuf::from(format!("{dir}/{target_name}/main.rs"));
                    [Some(file), Some(nested), main].into_iter().flatten().collect()
                },
                |path| vec![path],
            );
            if let Some(path) = found.into_iter().find(|path| folder.join(path).is_file()) {
                add(target_name, path, kind);
            }
        }
    }
    if package.autobins {
        add(name, "src/main.rs".into(), RootKind::Binary);
    }
    for (dir, kind, found) in [
        ("src/bin", RootKind::Binary, package.autobins),
        ("tests", RootKind::Other, package.autotests),
        ("examples", RootKind::Other, package.autoexamples),
        ("benches", RootKind::Other, package.autobenches),
    ] {
        if !found {
            continue;
        }
        for path in expand_sources(&folder.join(dir)) {
            let main = path.join("main.rs");
            let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
            if path.is_dir() {
                add(&stem, main, kind);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                add(&stem, path, kind);
            }
        }
    }
    roots
}

fn expand_sources(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten();
    let mut paths: Vec<_> = entries.filter_map(|entry| entry.ok().map(|entry| entry.path())).collect();
    paths.sort();
    paths
}
