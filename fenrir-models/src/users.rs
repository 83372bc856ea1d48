//! The test users of environments.

use chrono::NaiveDateTime;
use diesel::prelude::*;
use fenrir_migrate::Table;
use serde::Serialize;

use crate::Environment;

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
