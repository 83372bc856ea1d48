//! Pages that are tested.

use chrono::NaiveDateTime;
use diesel::prelude::*;
use fenrir_migrate::Table;
use serde::Serialize;
use serde_json::Value;

/// A page that is tested.
#[derive(Table, Queryable, Selectable, Identifiable, Clone, Debug, PartialEq, Serialize)]
#[diesel(table_name = page)]
pub struct Page {
    /// Its number.
    #[column(auto_increment = serial)]
    pub id: i32,
    /// What it is called.
    #[column(max_length = 96, unique)]
    pub page_name: String,
    /// Where it is, within an environment.
    #[column(max_length = 1024)]
    pub page_url: String,
    /// The names of the environments that it is tested in.
    #[column(sql_type = Jsonb)]
    pub environments: Value,
    /// What its elements are found by.
    #[column(sql_type = Jsonb)]
    pub identifiers: Value,
    /// When it was made, in UTC.
    pub created_at: NaiveDateTime,
    /// When it was last changed, in UTC.
    pub updated_at: NaiveDateTime,
}
