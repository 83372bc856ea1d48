//! Environments that pages are tested in.

use chrono::NaiveDateTime;
use diesel::prelude::*;
use fenrir_migrate::Table;
use serde::Serialize;
use serde_json::Value;

/// A deployment environment that pages are tested in.
#[derive(Table, Queryable, Selectable, Identifiable, Clone, Debug, PartialEq, Serialize)]
#[diesel(table_name = environment)]
pub struct Environment {
    /// Its number.
    #[column(auto_increment = serial)]
    pub id: i32,
    /// What it is called.
    #[column(max_length = 96, unique)]
    pub name: String,
    /// What kind of environment it is.
    #[column(max_length = 80)]
    pub environment_designation: String,
    /// Where its pages are.
    #[column(max_length = 512)]
    pub url: String,
    /// Where its programming interface is.
    #[column(max_length = 512)]
    pub api_url: Option<String>,
    /// Whether tests may run in it.
    #[column(max_length = 96)]
    pub status: String,
    /// The names of its test users.
    #[column(sql_type = Jsonb)]
    pub users: Value,
    /// When it was made, in UTC.
    pub created_at: NaiveDateTime,
    /// When it was last changed, in UTC.
    pub updated_at: Option<NaiveDateTime>,
}
