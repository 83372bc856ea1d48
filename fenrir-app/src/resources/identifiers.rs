//! `/identifiers`

use diesel::QueryResult;
use fenrir_models::{Connection, Identifier, IdentifierChanges, NewIdentifier};
use serde::Deserialize;

use crate::http::{Resource, queries_of};

/// Which identifiers.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Lookup {
    element_name: Option<String>,
    locator: Option<String>,
}

impl Resource for Identifier {
    const PATH: &'static str = "identifiers";
    const NAME: &'static str = "identifier";
    const UNIQUE: &'static str = "element_name";
    const PARENT: Option<&'static str> = Some("page_id");

    type New = NewIdentifier;
    type Changes = IdentifierChanges;
    type Lookup = Lookup;

    queries_of!(Identifier);

    fn list(connection: &mut Connection, lookup: Lookup) -> QueryResult<Vec<Self>> {
        match (lookup.element_name, lookup.locator) {
            (None, None) => Identifier::all(connection),
            (None, Some(locator)) => Identifier::by_locator(connection, &locator),
            (Some(name), locator) => {
                let found = Identifier::by_element_name(connection, &name)?.into_iter();
                Ok(found
                    .filter(|one| locator.as_ref().is_none_or(|locator| one.locator_query == *locator))
                    .collect())
            }
        }
    }
}
