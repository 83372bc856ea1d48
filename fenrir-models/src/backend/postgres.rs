//! PostgreSQL.

use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::sql_types::Bool;
use serde_json::json;

use crate::pages::page;

/// A connection to the database that this crate was built for: PostgreSQL.
pub type Connection = PgConnection;

/// Whether a page's environments hold a name.
pub(crate) fn page_is_in(environment: &str) -> Box<dyn BoxableExpression<page::table, Pg, SqlType = Bool>> {
    Box::new(page::environments.contains(json!([environment])))
}
