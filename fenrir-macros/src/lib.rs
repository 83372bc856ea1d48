//! The macros of Fenrir. Use them through `fenrir-migrate`, which re-exports them.
//!
//! They write nothing and open nothing but the snapshot that the build step of the same build left
//! in `OUT_DIR`, and, for `embed_migrations!`, the folders of migrations.

mod db_enum;
mod embed;
mod table;
mod test;
mod told;

use proc_macro::TokenStream;
use syn::{DeriveInput, parse_macro_input};

/// Makes a struct the one definition of its table.
///
/// It emits Diesel's `table!` (a module named as `#[diesel(table_name = …)]` says, beside the struct),
/// `joinable!` and `allow_tables_to_appear_in_same_query!` for its foreign keys, an implementation of
/// `fenrir_migrate::Model` with the table as data, `create_table_sql`, and an assertion that Diesel can
/// read each column into its field.
///
/// What `#[table(…)]` and `#[column(…)]` take is in the guide, `docs/models.md`. A mistake is a compile
/// error on the word that is wrong, and all mistakes of a struct come at once.
///
/// The package's `build.rs` must call `fenrir_migrate::build::snapshot()`: what a model refers to
/// stands elsewhere, and a macro sees no more than its own struct. A model that the build step did not
/// see does not compile.
#[proc_macro_derive(Table, attributes(table, column, diesel))]
pub fn derive_table(input: TokenStream) -> TokenStream {
    table::expand(&parse_macro_input!(input as DeriveInput)).into()
}

/// Makes an enum a type that columns can hold.
///
/// In PostgreSQL it is an enum of its own, in SQLite text with a check. Beside `Status` it emits Diesel's
/// SQL type `StatusSqlType`, and the conversions between the two. Labels are the variants in
/// `snake_case`; `#[db_enum(name = "…", rename_all = "…")]` on the enum and
/// `#[db_enum(rename = "…")]` on a variant say otherwise.
#[proc_macro_derive(DbEnum, attributes(db_enum))]
pub fn derive_db_enum(input: TokenStream) -> TokenStream {
    db_enum::expand(&parse_macro_input!(input as DeriveInput)).into()
}

/// Embeds the project's migrations, and the schema that its models have, in the binary.
///
/// It stands in the package whose build step reads the models:
/// `static MIGRATIONS: fenrir_migrate::Migrations = fenrir_migrate::embed_migrations!();`. The
/// migrations are those of each dialect whose feature of `fenrir-migrate` is on.
///
/// It also asserts that each model of the schema that can be named here was compiled as the build
/// step saw it.
#[proc_macro]
pub fn embed_migrations(input: TokenStream) -> TokenStream {
    embed::expand(input.into()).into()
}

/// Gives a test a database of its own, which is gone when the test ends, also when it panics.
///
/// The test is a function with one argument: a connection, `&mut PgConnection`, `&mut SqliteConnection` or
/// `&mut MysqlConnection`, or a `&TestDatabase<PgConnection>` for more than one connection. It returns nothing
/// or a `Result`. With the feature `async` it may be an `async fn` on a connection of diesel-async.
///
/// | option | |
/// |---|---|
/// | (none) | the database has the tables of this package's models |
/// | `migrations = MIGRATIONS` | it has what these migrations make, each of which runs |
/// | `tables_of = MIGRATIONS` | it has the tables of the models that these were embedded beside, in another package |
/// | `models(A, B)` | it has the tables of these models |
/// | `empty` | it has nothing |
/// | `seed = function` | called with the connection before the test is |
/// | `transaction` | the test runs in a transaction that is rolled back, on a database that others have too |
#[proc_macro_attribute]
pub fn test(options: TokenStream, item: TokenStream) -> TokenStream {
    test::expand(options.into(), item.into()).into()
}
