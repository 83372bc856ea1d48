//! `/environments`

use diesel::QueryResult;
use fenrir_models::{Connection, Environment, EnvironmentChanges, NewEnvironment};
use serde::Deserialize;

use crate::http::{Resource, queries_of};

/// Which environments.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Lookup {
    name: Option<String>,
}

impl Resource for Environment {
    const PATH: &'static str = "environments";
    const NAME: &'static str = "environment";
    const UNIQUE: &'static str = "name";

    type New = NewEnvironment;
    type Changes = EnvironmentChanges;
    type Lookup = Lookup;

    queries_of!(Environment);

    fn list(connection: &mut Connection, lookup: Lookup) -> QueryResult<Vec<Self>> {
        match lookup.name {
            None => Environment::all(connection),
            Some(name) => Ok(Environment::by_name(connection, &name)?.into_iter().collect()),
        }
    }
}
