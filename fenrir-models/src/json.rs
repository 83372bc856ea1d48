//! How requests are read, where serde's own way is not what is meant.

use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// For a field of changes, with `default`: absent is `None`, and anything that is there is `Some`. So
/// `null` clears a column that can be null, and is an error for one that cannot.
pub(crate) fn given<'de, T, D>(deserializer: D) -> Result<Option<T>, D::Error>
where
    T: Deserialize<'de>,
    D: Deserializer<'de>,
{
    T::deserialize(deserializer).map(Some)
}

/// `[]`, where a request leaves a list out.
pub(crate) fn empty_list() -> Value {
    Value::Array(Vec::new())
}

/// `{}`, where a request leaves an object out.
pub(crate) fn empty_object() -> Value {
    Value::Object(serde_json::Map::new())
}
