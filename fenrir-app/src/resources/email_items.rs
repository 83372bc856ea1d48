//! `/email-items`

use diesel::QueryResult;
use fenrir_models::{Connection, EmailItem, EmailItemChanges, NewEmailItem};
use serde::Deserialize;

use crate::http::{Resource, queries_of};

/// Which e-mails.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Lookup {
    email_item_id: Option<i32>,
    unprocessed: Option<bool>,
}

impl Resource for EmailItem {
    const PATH: &'static str = "email-items";
    const NAME: &'static str = "e-mail";
    const UNIQUE: &'static str = "email_item_id";

    type New = NewEmailItem;
    type Changes = EmailItemChanges;
    type Lookup = Lookup;

    queries_of!(EmailItem);

    fn list(connection: &mut Connection, lookup: Lookup) -> QueryResult<Vec<Self>> {
        let mut items: Vec<_> = match (lookup.email_item_id, lookup.unprocessed) {
            (Some(id), _) => EmailItem::by_email_item_id(connection, id)?.into_iter().collect(),
            (None, Some(true)) => EmailItem::unprocessed(connection)?,
            (None, _) => EmailItem::all(connection)?,
        };
        if let Some(unprocessed) = lookup.unprocessed {
            items.retain(|item| item.requires_processing == unprocessed);
        }
        Ok(items)
    }
}
