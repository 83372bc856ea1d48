//! What the end-to-end tests share: databases that come and go, projects in temporary folders, random
//! schemas, and what a database's own catalog says.
//!
//! PostgreSQL is the server of `FENRIR_TEST_POSTGRES_URL`, or the one on this machine's port 5432. A
//! test that cannot reach it fails; it is not passed over.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

pub mod cargo;
pub mod catalog;
pub mod command;
pub mod database;
pub mod random;

/// Writes a file of a project, with the folders that it lies in.
pub(crate) fn write_file(folder: &std::path::Path, path: &str, text: &str) {
    let path = folder.join(path);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}
