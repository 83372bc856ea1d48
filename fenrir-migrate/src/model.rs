//! What the derives implement.

use fenrir_schema::{Dialect, Table};

/// A struct with `#[derive(Table)]`: the one definition of a table.
///
/// ```
/// use fenrir_migrate::{Model, Table};
///
/// #[derive(Table)]
/// #[diesel(table_name = page)]
/// struct Page {
///     id: i32,
///     #[column(max_length = 96, unique)]
///     name: String,
/// }
///
/// # fn main() {
/// let table = Page::table();
/// assert_eq!(table.name.name.as_str(), "page");
/// assert_eq!(table.columns.len(), 2);
/// # }
/// ```
pub trait Model {
    /// The hash of what the derive knew of the model: compared with the build step's by
    /// [`embed_migrations!`](crate::embed_migrations).
    const FINGERPRINT: &'static str;

    /// The table, as JSON.
    const TABLE_JSON: &'static str;

    /// The statements that create the table, with its indexes and enums, for each of the project's
    /// databases; an enum that several models have is created by each of them.
    const CREATE_TABLE_SQL: &'static [(Dialect, &'static [&'static str])];

    /// The table as data.
    ///
    /// # Panics
    /// Not for a derived model: the derive wrote the JSON that this reads.
    #[must_use]
    fn table() -> Table {
        Table::from_json(Self::TABLE_JSON).expect("the derive wrote this JSON")
    }
}

/// An enum with `#[derive(DbEnum)]`: its variants are labels in the database.
///
/// ```
/// use fenrir_migrate::DbEnum;
///
/// #[derive(DbEnum, Debug, Clone, Copy, PartialEq)]
/// enum Status {
///     Active,
///     OnHold,
/// }
///
/// # fn main() {
/// assert_eq!(Status::OnHold.label(), "on_hold");
/// assert_eq!(Status::from_label("active"), Some(Status::Active));
/// # }
/// ```
pub trait DbEnum: Sized {
    /// All labels, in the order of the variants.
    const LABELS: &'static [&'static str];

    /// This value's label.
    fn label(&self) -> &'static str;

    /// The value with that label, if there is one.
    fn from_label(label: &str) -> Option<Self>;
}
