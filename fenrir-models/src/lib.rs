//! Fenrir's models: the pages that are tested, the elements on them, the environments that they run
//! in, the test users of each, and the e-mails that tests wait for.
//!
//! Each struct is the one definition of its table; the queries that the service makes stand beside it.
//! [`MIGRATIONS`] brings a database to this schema.
//!
//! The queries run on one database, which a feature chooses: `sqlite` (default), or `postgres`, which
//! wins where both are on. [`Connection`] is a connection to it.

mod backend;
mod clock;
pub mod email_items;
pub mod environments;
pub mod identifiers;
mod json;
pub mod pages;
pub mod users;
mod validate;

pub use backend::Connection;
pub use email_items::{EmailItem, EmailItemChanges, NewEmailItem};
pub use environments::{Environment, EnvironmentChanges, NewEnvironment};
pub use identifiers::{Identifier, IdentifierChanges, NewIdentifier};
pub use pages::{NewPage, Page, PageChanges};
pub use users::{NewUser, User, UserChanges};
pub use validate::Invalid;

/// The migrations that build these models' schema.
pub static MIGRATIONS: fenrir_migrate::Migrations = fenrir_migrate::embed_migrations!();
