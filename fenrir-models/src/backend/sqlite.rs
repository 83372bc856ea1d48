//! SQLite.

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{Bool, Text};
use diesel::sqlite::Sqlite;

use crate::pages::page;

/// A connection to the database that this crate was built for: SQLite.
pub type Connection = SqliteConnection;

/// Whether a page's environments hold a name. SQLite has no operator for it, and as `@>` does it looks
/// only into lists: `json_each` would take a single string for a list of one.
pub(crate) fn page_is_in(
    environment: &str,
) -> Box<dyn BoxableExpression<page::table, Sqlite, SqlType = Bool>> {
    Box::new(
        sql::<Bool>(
            "json_type(`page`.`environments`) = 'array' AND EXISTS \
             (SELECT 1 FROM json_each(`page`.`environments`) AS held WHERE held.type = 'text' AND held.value = ",
        )
        .bind::<Text, _>(environment.to_owned())
        .sql(")"),
    )
}
