//! Fenrir's models: the pages that are tested, the elements on them, the environments that they run
//! in, the test users of each, and the e-mails that tests wait for.
//!
//! Each struct is the one definition of its table; the queries that the service makes stand beside it.
//! [`MIGRATIONS`] brings a database to this schema.

pub mod email_items;
pub mod environments;
pub mod identifiers;
pub mod pages;
pub mod users;

pub use email_items::EmailItem;
pub use environments::Environment;
pub use identifiers::Identifier;
pub use pages::Page;
pub use users::User;

/// The migrations that build these models' schema.
pub static MIGRATIONS: fenrir_migrate::Migrations = fenrir_migrate::embed_migrations!();
