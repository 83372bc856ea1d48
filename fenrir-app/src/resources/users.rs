//! `/users`

use diesel::QueryResult;
use fenrir_models::{Connection, NewUser, User, UserChanges};
use serde::Deserialize;

use crate::http::{Resource, queries_of};

/// Which users.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Lookup {
    username: Option<String>,
}

impl Resource for User {
    const PATH: &'static str = "users";
    const NAME: &'static str = "user";
    const UNIQUE: &'static str = "username";
    const PARENT: Option<&'static str> = Some("environment_id");

    type New = NewUser;
    type Changes = UserChanges;
    type Lookup = Lookup;

    queries_of!(User);

    fn list(connection: &mut Connection, lookup: Lookup) -> QueryResult<Vec<Self>> {
        match lookup.username {
            None => User::all(connection),
            Some(username) => Ok(User::by_username(connection, &username)?.into_iter().collect()),
        }
    }
}
