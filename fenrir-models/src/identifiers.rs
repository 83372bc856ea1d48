//! The elements of pages, and how tests find them.

use chrono::NaiveDateTime;
use diesel::prelude::*;
use fenrir_migrate::Table;
use serde::Serialize;
use serde_json::Value;

use crate::Page;

/// An element of a page, and how tests find it.
#[derive(Table, Queryable, Selectable, Identifiable, Associations, Clone, Debug, PartialEq, Serialize)]
#[diesel(table_name = identifier)]
#[diesel(belongs_to(Page))]
pub struct Identifier {
    /// Its number.
    #[column(auto_increment = serial)]
    pub id: i32,
    /// The page that it is on.
    #[column(references = Page, on_delete = cascade)]
    pub page_id: i32,
    /// What it is called.
    #[column(max_length = 96, unique)]
    pub element_name: String,
    /// How it is looked for.
    #[column(max_length = 96)]
    pub locator_strategy: String,
    /// What is looked for.
    #[column(max_length = 96)]
    pub locator_query: String,
    /// The names of the environments that it is in.
    #[column(sql_type = Jsonb)]
    pub environments: Value,
    /// When it was made, in UTC.
    pub created_at: NaiveDateTime,
    /// When it was last changed, in UTC.
    pub updated_at: NaiveDateTime,
}
