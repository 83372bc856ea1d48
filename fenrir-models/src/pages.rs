//! Pages that are tested.

use chrono::NaiveDateTime;
use diesel::prelude::*;
use fenrir_migrate::Table;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::Connection;
use crate::backend::page_is_in;
use crate::clock::now;
use crate::json::{empty_object, given};
use crate::validate::{self, Invalid};

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

/// A new page, as a request gives it.
#[derive(Insertable, AsChangeset, Clone, Debug, PartialEq, Deserialize)]
#[diesel(table_name = page, treat_none_as_null = true)]
#[serde(deny_unknown_fields)]
pub struct NewPage {
    /// What it is called.
    pub page_name: String,
    /// Where it is, within an environment.
    pub page_url: String,
    /// The names of the environments that it is tested in.
    pub environments: Value,
    /// What its elements are found by; an empty object where it is left out.
    #[serde(default = "empty_object")]
    pub identifiers: Value,
}

/// What to change in a page: what is left out stays as it is, and `null` clears what can be absent.
#[derive(AsChangeset, Clone, Debug, Default, PartialEq, Deserialize)]
#[diesel(table_name = page)]
#[serde(deny_unknown_fields)]
pub struct PageChanges {
    /// What it is called.
    #[serde(default, deserialize_with = "given")]
    pub page_name: Option<String>,
    /// Where it is, within an environment.
    #[serde(default, deserialize_with = "given")]
    pub page_url: Option<String>,
    /// The names of the environments that it is tested in.
    #[serde(default, deserialize_with = "given")]
    pub environments: Option<Value>,
    /// What its elements are found by.
    #[serde(default, deserialize_with = "given")]
    pub identifiers: Option<Value>,
}

impl NewPage {
    fn validate(&self) -> Result<(), Invalid> {
        validate::text(page::page_name, [&self.page_name])?;
        validate::text(page::page_url, [&self.page_url])?;
        validate::names(page::environments, [&self.environments])?;
        validate::object(page::identifiers, [&self.identifiers])
    }
}

impl PageChanges {
    fn validate(&self) -> Result<(), Invalid> {
        validate::text(page::page_name, &self.page_name)?;
        validate::text(page::page_url, &self.page_url)?;
        validate::names(page::environments, &self.environments)?;
        validate::object(page::identifiers, &self.identifiers)
    }
}

impl Page {
    /// Writes a new page, and returns it.
    ///
    /// # Errors
    /// When a value is [`Invalid`], or the database refuses it.
    pub fn insert(connection: &mut Connection, new: &NewPage) -> QueryResult<Self> {
        new.validate()?;
        let now = now();
        diesel::insert_into(page::table)
            .values((new, page::created_at.eq(now), page::updated_at.eq(now)))
            .returning(Self::as_returning())
            .get_result(connection)
    }

    /// The page with a number.
    ///
    /// # Errors
    /// When the database fails.
    pub fn by_id(connection: &mut Connection, id: i32) -> QueryResult<Option<Self>> {
        page::table.find(id).select(Self::as_select()).first(connection).optional()
    }

    /// The page of a name.
    ///
    /// # Errors
    /// When the database fails.
    pub fn by_name(connection: &mut Connection, name: &str) -> QueryResult<Option<Self>> {
        page::table.filter(page::page_name.eq(name)).select(Self::as_select()).first(connection).optional()
    }

    /// The pages that are tested in an environment.
    ///
    /// # Errors
    /// When the database fails.
    pub fn by_environment(connection: &mut Connection, environment: &str) -> QueryResult<Vec<Self>> {
        page::table.filter(page_is_in(environment)).order(page::id).select(Self::as_select()).load(connection)
    }

    /// All pages, in the order of their numbers.
    ///
    /// # Errors
    /// When the database fails.
    pub fn all(connection: &mut Connection) -> QueryResult<Vec<Self>> {
        page::table.order(page::id).select(Self::as_select()).load(connection)
    }

    /// Changes a page, and returns it as it is then; none where no page has that number.
    ///
    /// # Errors
    /// When a value is [`Invalid`], or the database refuses it.
    pub fn update(connection: &mut Connection, id: i32, changes: &PageChanges) -> QueryResult<Option<Self>> {
        changes.validate()?;
        diesel::update(page::table.find(id))
            .set((changes, page::updated_at.eq(now())))
            .returning(Self::as_returning())
            .get_result(connection)
            .optional()
    }

    /// Puts a new one in the place of a page, which keeps its number and when it was made; none where
    /// no page has that number.
    ///
    /// # Errors
    /// When a value is [`Invalid`], or the database refuses it.
    pub fn replace(connection: &mut Connection, id: i32, new: &NewPage) -> QueryResult<Option<Self>> {
        new.validate()?;
        diesel::update(page::table.find(id))
            .set((new, page::updated_at.eq(now())))
            .returning(Self::as_returning())
            .get_result(connection)
            .optional()
    }

    /// Deletes a page; false where no page has that number.
    ///
    /// # Errors
    /// When the database fails.
    pub fn delete(connection: &mut Connection, id: i32) -> QueryResult<bool> {
        Ok(diesel::delete(page::table.find(id)).execute(connection)? > 0)
    }
}
