//! Alembic for Diesel, with the compiler as the reviewer.
//!
//! A struct with [`derive(Table)`](derive@Table) is the one definition of its table. A build step snapshots
//! the schema of all models; `fenrir migrate -m "…"` writes the next migration from what changed;
//! [`embed_migrations!`] puts the migrations into the binary, and a [`Migrator`] brings the database up
//! to date when the application boots.
//!
//! ```
//! use fenrir_migrate::{Dialect, Table};
//!
//! /// A page that is tested.
//! #[derive(Table)]
//! #[diesel(table_name = page)]
//! struct Page {
//!     id: i32,
//!     #[column(max_length = 96, unique)]
//!     name: String,
//! }
//! # fn main() {}
//! ```
//!
//! # Features
//!
//! | feature | for |
//! |---|---|
//! | `sqlite` (default), `postgres`, `mysql` | the databases; SQLite is built from source |
//! | `runtime` | the macros without a database, for a package that leaves its choice to the application |
//! | `test` | databases for tests, under `[dev-dependencies]`: [`macro@test`] and [`testing`] |
//! | `build` | the build step, under `[build-dependencies]`, without Diesel |
//! | `cli` | the command, as the binary `fenrir` and as the module `cli` |

#[cfg(feature = "build")]
pub mod build;
#[cfg(feature = "cli")]
pub mod cli;
#[cfg(feature = "runtime")]
#[cfg_attr(not(feature = "cli"), allow(dead_code, reason = "the command alone uses some of it"))]
mod database;
#[cfg(feature = "runtime")]
mod diesel_source;
#[cfg(feature = "runtime")]
mod embedded;
#[cfg(feature = "runtime")]
mod error;
#[cfg(feature = "runtime")]
#[cfg_attr(
    not(all(feature = "cli", feature = "postgres")),
    allow(dead_code, unused_imports, reason = "the command alone uses some of it, and SQLite less")
)]
mod history;
#[cfg(feature = "runtime")]
#[cfg_attr(
    not(any(feature = "mysql", feature = "postgres", feature = "sqlite")),
    allow(dead_code, unused_imports, reason = "without a database there is nothing to read")
)]
pub mod introspect;
#[cfg(feature = "runtime")]
#[cfg_attr(
    not(feature = "cli"),
    allow(dead_code, unused_imports, reason = "the command alone uses some of it")
)]
mod migrator;
#[cfg(feature = "runtime")]
mod model;
#[cfg(feature = "runtime")]
#[cfg_attr(not(feature = "cli"), allow(dead_code, reason = "the command alone uses some of it"))]
mod revisions;
#[cfg(feature = "test")]
#[cfg_attr(
    not(any(feature = "mysql", feature = "postgres", feature = "sqlite")),
    allow(dead_code, unused_imports, reason = "without a database there are no tests on one")
)]
pub mod testing;

#[cfg(feature = "runtime")]
pub use self::{
    database::MigratorBackend,
    embedded::{Created, EmbeddedMigration, Migrations},
    error::{Error, Kept, StatementError},
    migrator::{
        Batch, Cancellation, Event, Migrator, OneOfMany, Progress, Report, Several, Step, Upcoming, Way,
    },
    model::{DbEnum, Model},
};
#[cfg(feature = "runtime")]
#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;

#[cfg(feature = "test")]
pub use fenrir_macros::test;
#[cfg(feature = "runtime")]
pub use fenrir_macros::{DbEnum, Table, embed_migrations};
/// A table as data: what `derive(Table)` knows of a model.
///
/// (The derive macro and this type are both called `Table`; the one is in the macros' namespace, the
/// other in that of types.)
pub use fenrir_schema::Table;
pub use fenrir_schema::{
    AutoIncrement, Change, Column, DefaultValue, Deferral, Dialect, EnumType, Expression, ForeignKey,
    Identifier, Index, IndexKey, IndexTarget, PrimaryKey, ReferentialAction, RunSettingError, RunSettings,
    Schema, SqlType, Unique, Verify, in_full,
};
