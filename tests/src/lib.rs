//! What the end-to-end tests share: databases that come and go, projects in temporary folders, random
//! schemas, and what a database's own catalog says.
//!
//! The databases are those of `fenrir_migrate::testing`: servers that the environment names, or that are
//! started for the tests. Where there is none, a test fails; it is not passed over.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

pub mod cargo;
pub mod catalog;
pub mod command;
pub mod database;
pub mod fleet;
pub mod random;

/// Writes a file of a project, with the folders that it lies in.
pub(crate) fn write_file(folder: &std::path::Path, path: &str, text: &str) {
    let path = folder.join(path);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}
