//! Environments that pages are tested in.

use chrono::NaiveDateTime;
use diesel::prelude::*;
use fenrir_migrate::Table;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::Connection;
use crate::clock::now;
use crate::json::{empty_list, given};
use crate::validate::{self, Invalid};

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

/// A new environment, as a request gives it.
#[derive(Insertable, AsChangeset, Clone, Debug, PartialEq, Deserialize)]
#[diesel(table_name = environment, treat_none_as_null = true)]
#[serde(deny_unknown_fields)]
pub struct NewEnvironment {
    /// What it is called.
    pub name: String,
    /// What kind of environment it is.
    pub environment_designation: String,
    /// Where its pages are.
    pub url: String,
    /// Where its programming interface is.
    pub api_url: Option<String>,
    /// Whether tests may run in it.
    pub status: String,
    /// The names of its test users; an empty list where it is left out.
    #[serde(default = "empty_list")]
    pub users: Value,
}

/// What to change in an environment: what is left out stays as it is, and `null` clears what can be absent.
#[derive(AsChangeset, Clone, Debug, Default, PartialEq, Deserialize)]
#[diesel(table_name = environment)]
#[serde(deny_unknown_fields)]
pub struct EnvironmentChanges {
    /// What it is called.
    #[serde(default, deserialize_with = "given")]
    pub name: Option<String>,
    /// What kind of environment it is.
    #[serde(default, deserialize_with = "given")]
    pub environment_designation: Option<String>,
    /// Where its pages are.
    #[serde(default, deserialize_with = "given")]
    pub url: Option<String>,
    /// Where its programming interface is.
    #[serde(default, deserialize_with = "given")]
    pub api_url: Option<Option<String>>,
    /// Whether tests may run in it.
    #[serde(default, deserialize_with = "given")]
    pub status: Option<String>,
    /// The names of its test users.
    #[serde(default, deserialize_with = "given")]
    pub users: Option<Value>,
}

impl NewEnvironment {
    fn validate(&self) -> Result<(), Invalid> {
        validate::text(environment::name, [&self.name])?;
        validate::text(environment::environment_designation, [&self.environment_designation])?;
        validate::text(environment::url, [&self.url])?;
        validate::text(environment::api_url, &self.api_url)?;
        validate::text(environment::status, [&self.status])?;
        validate::names(environment::users, [&self.users])
    }
}

impl EnvironmentChanges {
    fn validate(&self) -> Result<(), Invalid> {
        validate::text(environment::name, &self.name)?;
        validate::text(environment::environment_designation, &self.environment_designation)?;
        validate::text(environment::url, &self.url)?;
        validate::text(environment::api_url, self.api_url.iter().flatten())?;
        validate::text(environment::status, &self.status)?;
        validate::names(environment::users, &self.users)
    }
}

impl Environment {
    /// Writes a new environment, and returns it.
    ///
    /// # Errors
    /// When a value is [`Invalid`], or the database refuses it.
    pub fn insert(connection: &mut Connection, new: &NewEnvironment) -> QueryResult<Self> {
        new.validate()?;
        diesel::insert_into(environment::table)
            .values((new, environment::created_at.eq(now())))
            .returning(Self::as_returning())
            .get_result(connection)
    }

    /// The environment with a number.
    ///
    /// # Errors
    /// When the database fails.
    pub fn by_id(connection: &mut Connection, id: i32) -> QueryResult<Option<Self>> {
        environment::table.find(id).select(Self::as_select()).first(connection).optional()
    }

    /// The environment of a name.
    ///
    /// # Errors
    /// When the database fails.
    pub fn by_name(connection: &mut Connection, name: &str) -> QueryResult<Option<Self>> {
        environment::table
            .filter(environment::name.eq(name))
            .select(Self::as_select())
            .first(connection)
            .optional()
    }

    /// All environments, in the order of their numbers.
    ///
    /// # Errors
    /// When the database fails.
    pub fn all(connection: &mut Connection) -> QueryResult<Vec<Self>> {
        environment::table.order(environment::id).select(Self::as_select()).load(connection)
    }

    /// Changes an environment, and returns it as it is then; none where no environment has that number.
    ///
    /// # Errors
    /// When a value is [`Invalid`], or the database refuses it.
    pub fn update(
        connection: &mut Connection,
        id: i32,
        changes: &EnvironmentChanges,
    ) -> QueryResult<Option<Self>> {
        changes.validate()?;
        diesel::update(environment::table.find(id))
            .set((changes, environment::updated_at.eq(now())))
            .returning(Self::as_returning())
            .get_result(connection)
            .optional()
    }

    /// Puts a new one in the place of an environment, which keeps its number and when it was made; none where
    /// no environment has that number.
    ///
    /// # Errors
    /// When a value is [`Invalid`], or the database refuses it.
    pub fn replace(connection: &mut Connection, id: i32, new: &NewEnvironment) -> QueryResult<Option<Self>> {
        new.validate()?;
        diesel::update(environment::table.find(id))
            .set((new, environment::updated_at.eq(now())))
            .returning(Self::as_returning())
            .get_result(connection)
            .optional()
    }

    /// Deletes an environment; false where no environment has that number.
    ///
    /// # Errors
    /// When the database fails.
    pub fn delete(connection: &mut Connection, id: i32) -> QueryResult<bool> {
        Ok(diesel::delete(environment::table.find(id)).execute(connection)? > 0)
    }
}
