//! The database that the queries run on, chosen by the crate's features. What the two databases do
//! differently stands in their files, and nowhere else.

#[cfg(not(any(feature = "postgres", feature = "sqlite")))]
compile_error!("turn on the feature `sqlite` or the feature `postgres` of `fenrir-models`");

#[cfg(feature = "postgres")]
mod postgres;
#[cfg(all(feature = "sqlite", not(feature = "postgres")))]
mod sqlite;

#[cfg(feature = "postgres")]
pub use self::postgres::Connection;
#[cfg(feature = "postgres")]
pub(crate) use self::postgres::page_is_in;
#[cfg(all(feature = "sqlite", not(feature = "postgres")))]
pub use self::sqlite::Connection;
#[cfg(all(feature = "sqlite", not(feature = "postgres")))]
pub(crate) use self::sqlite::page_is_in;
