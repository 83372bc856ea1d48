//! The e-mails that tests wait for.

use chrono::NaiveDateTime;
use diesel::prelude::*;
use fenrir_migrate::Table;
use serde::Serialize;
use serde_json::Value;

/// An e-mail that a test waits for.
#[derive(Table, Queryable, Selectable, Identifiable, Clone, Debug, PartialEq, Serialize)]
#[diesel(table_name = email_processor_table)]
#[table(name = "emailProcessorTable")]
pub struct EmailItem {
    /// Its number.
    #[column(auto_increment = serial)]
    pub id: i32,
    /// Its number in the system that it comes from.
    #[column(unique)]
    pub email_item_id: i32,
    /// The numbers there of the others that belong to it.
    #[column(sql_type = Jsonb)]
    pub multi_item_email_ids: Option<Value>,
    /// Whether others belong to it.
    pub multi_email_flag: bool,
    /// Whether it has more than one attachment.
    pub multi_attachment_flag: bool,
    /// The system that it comes from.
    #[column(max_length = 96)]
    pub system: Option<String>,
    /// The test that waits for it.
    #[column(max_length = 255)]
    pub test_name: Option<String>,
    /// Whether it is still to be processed.
    pub requires_processing: bool,
    /// When it was made, in UTC.
    pub created_at: NaiveDateTime,
    /// When it was last changed, in UTC.
    pub updated_at: Option<NaiveDateTime>,
    /// When it was last processed, in UTC.
    pub last_processed_at: Option<NaiveDateTime>,
}
