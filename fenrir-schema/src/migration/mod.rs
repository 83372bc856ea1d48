//! Migrations as they lie on disk: folders that Diesel can run, with what Fenrir knows of them.

mod chain;
mod folder;
mod head;
mod history;
mod packed;
mod write;

pub use chain::{Chain, ChainError, Link, RevisionError};
pub use folder::{
    FenrirMetadata, Metadata, MigrationError, MigrationFolder, checksum, message_of, read_all, revision_of,
    schema_after,
};
pub use head::{Head, chain_hash};
pub use history::History;
pub use packed::{PackError, PackedMigration, PackedObject, head_of_pack, pack, unpack};
pub use write::{NewMigration, write_migration};
