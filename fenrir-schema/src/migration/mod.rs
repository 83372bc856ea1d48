//! Migrations as they lie on disk: folders that Diesel can run, with what Fenrir knows of them.

mod chain;
mod folder;
mod history;
mod write;

pub use chain::{Chain, ChainError, Link, RevisionError};
pub use folder::{
    FenrirMetadata, Metadata, MigrationError, MigrationFolder, checksum, read_all, schema_after,
};
pub use history::History;
pub use write::{NewMigration, write_migration};
