//! The test users of environments.

use std::fmt;

use chrono::NaiveDateTime;
use diesel::prelude::*;
use fenrir_migrate::Table;
use serde::{Deserialize, Serialize};

use crate::clock::now;
use crate::json::given;
use crate::validate::{self, Invalid};
use crate::{Connection, Environment};

/// A test user of an environment.
#[derive(Table, Queryable, Selectable, Identifiable, Associations, Clone, PartialEq, Serialize)]
#[diesel(table_name = user)]
#[diesel(belongs_to(Environment))]
pub struct User {
    /// Its number.
    #[column(auto_increment = serial)]
    pub id: i32,
    /// The name that it logs in with.
    #[column(max_length = 96, unique)]
    pub username: String,
    /// Its e-mail address.
    #[column(max_length = 96)]
    pub email: String,
    /// Its password, where that is not kept elsewhere.
    #[column(max_length = 96)]
    // Taken from requests, and in no answer.
    #[serde(skip_serializing)]
    pub password: Option<String>,
    /// Who keeps its password.
    #[column(max_length = 96)]
    pub secret_provider: Option<String>,
    /// Where its password is kept.
    #[column(max_length = 1024)]
    pub secret_url: Option<String>,
    /// What its password is called there.
    #[column(max_length = 1024)]
    pub secret_name: Option<String>,
    /// The environment that it is a user of.
    #[column(references = Environment, on_delete = cascade)]
    pub environment_id: i32,
    /// When it was made, in UTC.
    pub created_at: NaiveDateTime,
    /// When it was last changed, in UTC.
    pub updated_at: Option<NaiveDateTime>,
}

/// A new user, as a request gives it.
#[derive(Insertable, AsChangeset, Clone, PartialEq, Deserialize)]
#[diesel(table_name = user, treat_none_as_null = true)]
#[serde(deny_unknown_fields)]
pub struct NewUser {
    /// The name that it logs in with.
    pub username: String,
    /// Its e-mail address.
    pub email: String,
    /// Its password, where that is not kept elsewhere.
    pub password: Option<String>,
    /// Who keeps its password.
    pub secret_provider: Option<String>,
    /// Where its password is kept.
    pub secret_url: Option<String>,
    /// What its password is called there.
    pub secret_name: Option<String>,
    /// The environment that it is a user of.
    pub environment_id: i32,
}

/// What to change in a user: what is left out stays as it is, and `null` clears what can be absent.
#[derive(AsChangeset, Clone, Default, PartialEq, Deserialize)]
#[diesel(table_name = user)]
#[serde(deny_unknown_fields)]
pub struct UserChanges {
    /// The name that it logs in with.
    #[serde(default, deserialize_with = "given")]
    pub username: Option<String>,
    /// Its e-mail address.
    #[serde(default, deserialize_with = "given")]
    pub email: Option<String>,
    /// Its password, where that is not kept elsewhere.
    #[serde(default, deserialize_with = "given")]
    pub password: Option<Option<String>>,
    /// Who keeps its password.
    #[serde(default, deserialize_with = "given")]
    pub secret_provider: Option<Option<String>>,
    /// Where its password is kept.
    #[serde(default, deserialize_with = "given")]
    pub secret_url: Option<Option<String>>,
    /// What its password is called there.
    #[serde(default, deserialize_with = "given")]
    pub secret_name: Option<Option<String>>,
    /// The environment that it is a user of.
    #[serde(default, deserialize_with = "given")]
    pub environment_id: Option<i32>,
}

impl NewUser {
    fn validate(&self) -> Result<(), Invalid> {
        validate::text(user::username, [&self.username])?;
        validate::text(user::email, [&self.email])?;
        validate::text(user::password, &self.password)?;
        validate::text(user::secret_provider, &self.secret_provider)?;
        validate::text(user::secret_url, &self.secret_url)?;
        validate::text(user::secret_name, &self.secret_name)
    }
}

impl UserChanges {
    fn validate(&self) -> Result<(), Invalid> {
        validate::text(user::username, &self.username)?;
        validate::text(user::email, &self.email)?;
        validate::text(user::password, self.password.iter().flatten())?;
        validate::text(user::secret_provider, self.secret_provider.iter().flatten())?;
        validate::text(user::secret_url, self.secret_url.iter().flatten())?;
        validate::text(user::secret_name, self.secret_name.iter().flatten())
    }
}

impl User {
    /// Writes a new user, and returns it.
    ///
    /// # Errors
    /// When a value is [`Invalid`], or the database refuses it.
    pub fn insert(connection: &mut Connection, new: &NewUser) -> QueryResult<Self> {
        new.validate()?;
        diesel::insert_into(user::table)
            .values((new, user::created_at.eq(now())))
            .returning(Self::as_returning())
            .get_result(connection)
    }

    /// The user with a number.
    ///
    /// # Errors
    /// When the database fails.
    pub fn by_id(connection: &mut Connection, id: i32) -> QueryResult<Option<Self>> {
        user::table.find(id).select(Self::as_select()).first(connection).optional()
    }

    /// The user of a name.
    ///
    /// # Errors
    /// When the database fails.
    pub fn by_username(connection: &mut Connection, username: &str) -> QueryResult<Option<Self>> {
        user::table.filter(user::username.eq(username)).select(Self::as_select()).first(connection).optional()
    }

    /// All users, in the order of their numbers.
    ///
    /// # Errors
    /// When the database fails.
    pub fn all(connection: &mut Connection) -> QueryResult<Vec<Self>> {
        user::table.order(user::id).select(Self::as_select()).load(connection)
    }

    /// Changes a user, and returns it as it is then; none where no user has that number.
    ///
    /// # Errors
    /// When a value is [`Invalid`], or the database refuses it.
    pub fn update(connection: &mut Connection, id: i32, changes: &UserChanges) -> QueryResult<Option<Self>> {
        changes.validate()?;
        diesel::update(user::table.find(id))
            .set((changes, user::updated_at.eq(now())))
            .returning(Self::as_returning())
            .get_result(connection)
            .optional()
    }

    /// Puts a new one in the place of a user, which keeps its number and when it was made; none where
    /// no user has that number.
    ///
    /// # Errors
    /// When a value is [`Invalid`], or the database refuses it.
    pub fn replace(connection: &mut Connection, id: i32, new: &NewUser) -> QueryResult<Option<Self>> {
        new.validate()?;
        diesel::update(user::table.find(id))
            .set((new, user::updated_at.eq(now())))
            .returning(Self::as_returning())
            .get_result(connection)
            .optional()
    }

    /// Deletes a user; false where no user has that number.
    ///
    /// # Errors
    /// When the database fails.
    pub fn delete(connection: &mut Connection, id: i32) -> QueryResult<bool> {
        Ok(diesel::delete(user::table.find(id)).execute(connection)? > 0)
    }
}

// Without the password, which is not for logs.

impl fmt::Debug for User {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("User")
            .field("id", &self.id)
            .field("username", &self.username)
            .field("email", &self.email)
            .field("secret_provider", &self.secret_provider)
            .field("secret_url", &self.secret_url)
            .field("secret_name", &self.secret_name)
            .field("environment_id", &self.environment_id)
            .field("created_at", &self.created_at)
            .field("updated_at", &self.updated_at)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for NewUser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewUser")
            .field("username", &self.username)
            .field("email", &self.email)
            .field("secret_provider", &self.secret_provider)
            .field("secret_url", &self.secret_url)
            .field("secret_name", &self.secret_name)
            .field("environment_id", &self.environment_id)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for UserChanges {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UserChanges")
            .field("username", &self.username)
            .field("email", &self.email)
            .field("secret_provider", &self.secret_provider)
            .field("secret_url", &self.secret_url)
            .field("secret_name", &self.secret_name)
            .field("environment_id", &self.environment_id)
            .finish_non_exhaustive()
    }
}
