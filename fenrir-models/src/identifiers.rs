//! The elements of pages, and how tests find them.

use chrono::NaiveDateTime;
use diesel::prelude::*;
use fenrir_migrate::Table;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::clock::now;
use crate::json::{empty_list, given};
use crate::validate::{self, Invalid};
use crate::{Connection, Page};

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

/// A new identifier, as a request gives it.
#[derive(Insertable, AsChangeset, Clone, Debug, PartialEq, Deserialize)]
#[diesel(table_name = identifier, treat_none_as_null = true)]
#[serde(deny_unknown_fields)]
pub struct NewIdentifier {
    /// The page that it is on.
    pub page_id: i32,
    /// What it is called.
    pub element_name: String,
    /// How it is looked for.
    pub locator_strategy: String,
    /// What is looked for.
    pub locator_query: String,
    /// The names of the environments that it is in; an empty list where it is left out.
    #[serde(default = "empty_list")]
    pub environments: Value,
}

/// What to change in an identifier: what is left out stays as it is, and `null` clears what can be absent.
#[derive(AsChangeset, Clone, Debug, Default, PartialEq, Deserialize)]
#[diesel(table_name = identifier)]
#[serde(deny_unknown_fields)]
pub struct IdentifierChanges {
    /// The page that it is on.
    #[serde(default, deserialize_with = "given")]
    pub page_id: Option<i32>,
    /// What it is called.
    #[serde(default, deserialize_with = "given")]
    pub element_name: Option<String>,
    /// How it is looked for.
    #[serde(default, deserialize_with = "given")]
    pub locator_strategy: Option<String>,
    /// What is looked for.
    #[serde(default, deserialize_with = "given")]
    pub locator_query: Option<String>,
    /// The names of the environments that it is in.
    #[serde(default, deserialize_with = "given")]
    pub environments: Option<Value>,
}

impl NewIdentifier {
    fn validate(&self) -> Result<(), Invalid> {
        validate::text(identifier::element_name, [&self.element_name])?;
        validate::text(identifier::locator_strategy, [&self.locator_strategy])?;
        validate::text(identifier::locator_query, [&self.locator_query])?;
        validate::names(identifier::environments, [&self.environments])
    }
}

impl IdentifierChanges {
    fn validate(&self) -> Result<(), Invalid> {
        validate::text(identifier::element_name, &self.element_name)?;
        validate::text(identifier::locator_strategy, &self.locator_strategy)?;
        validate::text(identifier::locator_query, &self.locator_query)?;
        validate::names(identifier::environments, &self.environments)
    }
}

impl Identifier {
    /// Writes a new identifier, and returns it.
    ///
    /// # Errors
    /// When a value is [`Invalid`], or the database refuses it.
    pub fn insert(connection: &mut Connection, new: &NewIdentifier) -> QueryResult<Self> {
        new.validate()?;
        let now = now();
        diesel::insert_into(identifier::table)
            .values((new, identifier::created_at.eq(now), identifier::updated_at.eq(now)))
            .returning(Self::as_returning())
            .get_result(connection)
    }

    /// The identifier with a number.
    ///
    /// # Errors
    /// When the database fails.
    pub fn by_id(connection: &mut Connection, id: i32) -> QueryResult<Option<Self>> {
        identifier::table.find(id).select(Self::as_select()).first(connection).optional()
    }

    /// The identifier of an element.
    ///
    /// # Errors
    /// When the database fails.
    pub fn by_element_name(connection: &mut Connection, element_name: &str) -> QueryResult<Option<Self>> {
        identifier::table
            .filter(identifier::element_name.eq(element_name))
            .select(Self::as_select())
            .first(connection)
            .optional()
    }

    /// The identifiers that look for a value, however they look for it.
    ///
    /// # Errors
    /// When the database fails.
    pub fn by_locator(connection: &mut Connection, locator_query: &str) -> QueryResult<Vec<Self>> {
        identifier::table
            .filter(identifier::locator_query.eq(locator_query))
            .order(identifier::id)
            .select(Self::as_select())
            .load(connection)
    }

    /// All identifiers, in the order of their numbers.
    ///
    /// # Errors
    /// When the database fails.
    pub fn all(connection: &mut Connection) -> QueryResult<Vec<Self>> {
        identifier::table.order(identifier::id).select(Self::as_select()).load(connection)
    }

    /// Changes an identifier, and returns it as it is then; none where no identifier has that number.
    ///
    /// # Errors
    /// When a value is [`Invalid`], or the database refuses it.
    pub fn update(
        connection: &mut Connection,
        id: i32,
        changes: &IdentifierChanges,
    ) -> QueryResult<Option<Self>> {
        changes.validate()?;
        diesel::update(identifier::table.find(id))
            .set((changes, identifier::updated_at.eq(now())))
            .returning(Self::as_returning())
            .get_result(connection)
            .optional()
    }

    /// Puts a new one in the place of an identifier, which keeps its number and when it was made; none where
    /// no identifier has that number.
    ///
    /// # Errors
    /// When a value is [`Invalid`], or the database refuses it.
    pub fn replace(connection: &mut Connection, id: i32, new: &NewIdentifier) -> QueryResult<Option<Self>> {
        new.validate()?;
        diesel::update(identifier::table.find(id))
            .set((new, identifier::updated_at.eq(now())))
            .returning(Self::as_returning())
            .get_result(connection)
            .optional()
    }

    /// Deletes an identifier; false where no identifier has that number.
    ///
    /// # Errors
    /// When the database fails.
    pub fn delete(connection: &mut Connection, id: i32) -> QueryResult<bool> {
        Ok(diesel::delete(identifier::table.find(id)).execute(connection)? > 0)
    }
}
