//! Finding a server's programs on this machine.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::testing::Error;

/// The folder with all of these programs: of `PATH`, and then of others, each a pattern in which one
/// part may be `*` or end in it. Of several that match a pattern the highest version is taken.
pub(in crate::testing) fn find(programs: &[&str], places: &Places) -> Option<PathBuf> {
    let has_all = |folder: &PathBuf| programs.iter().all(|program| folder.join(program).is_file());
    let mut folders = env::split_paths(&places.path);
    folders
        .find(&has_all)
        .or_else(|| places.elsewhere.iter().flat_map(|pattern| matches(pattern)).find(has_all))
}

/// Where programs are looked for.
pub(in crate::testing) struct Places {
    path: OsString,
    elsewhere: Vec<String>,
}

impl Places {
    /// Those of this process's `PATH`, and others.
    pub(in crate::testing) fn and(elsewhere: &[&str]) -> Self {
        let elsewhere = elsewhere.iter().map(|&pattern| pattern.to_owned()).collect();
        Self { path: env::var_os("PATH").unwrap_or_default(), elsewhere }
    }

    /// These alone; or none.
    #[cfg(test)]
    pub(in crate::testing) fn only(elsewhere: &[&str]) -> Self {
        Self { path: OsString::new(), ..Self::and(elsewhere) }
    }
}

/// The folders that a pattern names, highest version first.
fn matches(pattern: &str) -> Vec<PathBuf> {
    let Some(star) = pattern.find('*') else { return vec![PathBuf::from(pattern)] };
    let (before, after) = (&pattern[..star], &pattern[star + 1..]);
    let (parent, prefix) = before.rsplit_once('/').unwrap_or((".", before));
    let entries = fs::read_dir(Path::new(parent)).into_iter().flatten().flatten();
    let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
    let mut names: Vec<_> = names.filter(|name| name.starts_with(prefix)).collect();
    names.sort_by_key(|name| std::cmp::Reverse(numbers(name)));
    names.iter().map(|name| PathBuf::from(format!("{parent}/{name}{after}"))).collect()
}

/// The numbers in a name, for comparing versions: 9.6 is older than 15.
fn numbers(name: &str) -> Vec<u64> {
    name.split(|c: char| !c.is_ascii_digit()).filter_map(|number| number.parse().ok()).collect()
}

/// The version that a program tells of itself, by the first of its words that is a number with points.
pub(in crate::testing) fn version(program: &Path) -> Result<String, Error> {
    let mut command = Command::new(program);
    let told = super::run(command.arg("--version"), &program.display().to_string())?;
    let is_version = |word: &&str| word.starts_with(|c: char| c.is_ascii_digit());
    let version = told
        .split_whitespace()
        .find(is_version)
        .map(|word| word.chars().take_while(|c| c.is_ascii_digit() || *c == '.').collect::<String>());
    version.ok_or_else(|| Error::new(format!("`{} --version` tells no version: {told}", program.display())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_as_numbers() {
        let folder = tempfile::tempdir().unwrap();
        for version in ["9.6", "15", "8", "14"] {
            fs::create_dir_all(folder.path().join(version).join("bin")).unwrap();
            fs::write(folder.path().join(version).join("bin/initdb"), "").unwrap();
        }
        fs::remove_file(folder.path().join("15/bin/initdb")).unwrap();
        let pattern = format!("{}/*/bin", folder.path().display());
        let found = find(&["initdb"], &Places::only(&[&pattern]));
        assert!(found.unwrap().ends_with("14/bin"), "15 has no initdb");
        assert_eq!(find(&["no-such-program"], &Places::only(&[&pattern])), None);
    }
}
