//! `/pages`

use diesel::QueryResult;
use fenrir_models::{Connection, NewPage, Page, PageChanges};
use serde::Deserialize;

use crate::http::{Resource, queries_of};

/// Which pages.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Lookup {
    name: Option<String>,
    environment: Option<String>,
}

impl Resource for Page {
    const PATH: &'static str = "pages";
    const NAME: &'static str = "page";
    const UNIQUE: &'static str = "page_name";

    type New = NewPage;
    type Changes = PageChanges;
    type Lookup = Lookup;

    queries_of!(Page);

    fn list(connection: &mut Connection, lookup: Lookup) -> QueryResult<Vec<Self>> {
        match (lookup.name, lookup.environment) {
            (None, None) => Page::all(connection),
            (Some(name), None) => Ok(Page::by_name(connection, &name)?.into_iter().collect()),
            (name, Some(environment)) => {
                let mut pages = Page::by_environment(connection, &environment)?;
                pages.retain(|page| name.as_ref().is_none_or(|name| page.page_name == *name));
                Ok(pages)
            }
        }
    }
}
