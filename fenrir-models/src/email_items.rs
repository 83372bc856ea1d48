//! The e-mails that tests wait for.

use chrono::NaiveDateTime;
use diesel::prelude::*;
use fenrir_migrate::Table;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::Connection;
use crate::clock::now;
use crate::json::given;
use crate::validate::{self, Invalid};

/// The systems that e-mails come from.
pub const SYSTEMS: [&str; 2] = ["miner_ocr", "true_source_ocr"];

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

/// A new e-mail, as a request gives it.
#[derive(Insertable, AsChangeset, Clone, Debug, PartialEq, Deserialize)]
#[diesel(table_name = email_processor_table, treat_none_as_null = true)]
#[serde(deny_unknown_fields)]
pub struct NewEmailItem {
    /// Its number in the system that it comes from.
    pub email_item_id: i32,
    /// The numbers there of the others that belong to it.
    pub multi_item_email_ids: Option<Value>,
    /// Whether others belong to it.
    #[serde(default)]
    pub multi_email_flag: bool,
    /// Whether it has more than one attachment.
    #[serde(default)]
    pub multi_attachment_flag: bool,
    /// The system that it comes from: one of [`SYSTEMS`].
    pub system: Option<String>,
    /// The test that waits for it.
    pub test_name: Option<String>,
    /// Whether it is still to be processed.
    #[serde(default)]
    pub requires_processing: bool,
    /// When it was last processed, in UTC.
    pub last_processed_at: Option<NaiveDateTime>,
}

/// What to change in an e-mail: what is left out stays as it is, and `null` clears what can be absent.
#[derive(AsChangeset, Clone, Debug, Default, PartialEq, Deserialize)]
#[diesel(table_name = email_processor_table)]
#[serde(deny_unknown_fields)]
pub struct EmailItemChanges {
    /// Its number in the system that it comes from.
    #[serde(default, deserialize_with = "given")]
    pub email_item_id: Option<i32>,
    /// The numbers there of the others that belong to it.
    #[serde(default, deserialize_with = "given")]
    pub multi_item_email_ids: Option<Option<Value>>,
    /// Whether others belong to it.
    #[serde(default, deserialize_with = "given")]
    pub multi_email_flag: Option<bool>,
    /// Whether it has more than one attachment.
    #[serde(default, deserialize_with = "given")]
    pub multi_attachment_flag: Option<bool>,
    /// The system that it comes from: one of [`SYSTEMS`].
    #[serde(default, deserialize_with = "given")]
    pub system: Option<Option<String>>,
    /// The test that waits for it.
    #[serde(default, deserialize_with = "given")]
    pub test_name: Option<Option<String>>,
    /// Whether it is still to be processed.
    #[serde(default, deserialize_with = "given")]
    pub requires_processing: Option<bool>,
    /// When it was last processed, in UTC.
    #[serde(default, deserialize_with = "given")]
    pub last_processed_at: Option<Option<NaiveDateTime>>,
}

impl NewEmailItem {
    fn validate(&self) -> Result<(), Invalid> {
        validate::numbers(email_processor_table::multi_item_email_ids, &self.multi_item_email_ids)?;
        validate::one_of(email_processor_table::system, &SYSTEMS, &self.system)?;
        validate::text(email_processor_table::test_name, &self.test_name)
    }
}

impl EmailItemChanges {
    fn validate(&self) -> Result<(), Invalid> {
        validate::numbers(
            email_processor_table::multi_item_email_ids,
            self.multi_item_email_ids.iter().flatten(),
        )?;
        validate::one_of(email_processor_table::system, &SYSTEMS, self.system.iter().flatten())?;
        validate::text(email_processor_table::test_name, self.test_name.iter().flatten())
    }
}

impl EmailItem {
    /// Writes a new e-mail, and returns it.
    ///
    /// # Errors
    /// When a value is [`Invalid`], or the database refuses it.
    pub fn insert(connection: &mut Connection, new: &NewEmailItem) -> QueryResult<Self> {
        new.validate()?;
        diesel::insert_into(email_processor_table::table)
            .values((new, email_processor_table::created_at.eq(now())))
            .returning(Self::as_returning())
            .get_result(connection)
    }

    /// The e-mail with a number.
    ///
    /// # Errors
    /// When the database fails.
    pub fn by_id(connection: &mut Connection, id: i32) -> QueryResult<Option<Self>> {
        email_processor_table::table.find(id).select(Self::as_select()).first(connection).optional()
    }

    /// The e-mail with a number in the system that it comes from.
    ///
    /// # Errors
    /// When the database fails.
    pub fn by_email_item_id(connection: &mut Connection, email_item_id: i32) -> QueryResult<Option<Self>> {
        email_processor_table::table
            .filter(email_processor_table::email_item_id.eq(email_item_id))
            .select(Self::as_select())
            .first(connection)
            .optional()
    }

    /// The e-mails that are still to be processed.
    ///
    /// # Errors
    /// When the database fails.
    pub fn unprocessed(connection: &mut Connection) -> QueryResult<Vec<Self>> {
        email_processor_table::table
            .filter(email_processor_table::requires_processing)
            .order(email_processor_table::id)
            .select(Self::as_select())
            .load(connection)
    }

    /// All e-mails, in the order of their numbers.
    ///
    /// # Errors
    /// When the database fails.
    pub fn all(connection: &mut Connection) -> QueryResult<Vec<Self>> {
        email_processor_table::table
            .order(email_processor_table::id)
            .select(Self::as_select())
            .load(connection)
    }

    /// Changes an e-mail, and returns it as it is then; none where no e-mail has that number.
    ///
    /// # Errors
    /// When a value is [`Invalid`], or the database refuses it.
    pub fn update(
        connection: &mut Connection,
        id: i32,
        changes: &EmailItemChanges,
    ) -> QueryResult<Option<Self>> {
        changes.validate()?;
        diesel::update(email_processor_table::table.find(id))
            .set((changes, email_processor_table::updated_at.eq(now())))
            .returning(Self::as_returning())
            .get_result(connection)
            .optional()
    }

    /// Puts a new one in the place of an e-mail, which keeps its number and when it was made; none where
    /// no e-mail has that number.
    ///
    /// # Errors
    /// When a value is [`Invalid`], or the database refuses it.
    pub fn replace(connection: &mut Connection, id: i32, new: &NewEmailItem) -> QueryResult<Option<Self>> {
        new.validate()?;
        diesel::update(email_processor_table::table.find(id))
            .set((new, email_processor_table::updated_at.eq(now())))
            .returning(Self::as_returning())
            .get_result(connection)
            .optional()
    }

    /// Deletes an e-mail; false where no e-mail has that number.
    ///
    /// # Errors
    /// When the database fails.
    pub fn delete(connection: &mut Connection, id: i32) -> QueryResult<bool> {
        Ok(diesel::delete(email_processor_table::table.find(id)).execute(connection)? > 0)
    }
}
