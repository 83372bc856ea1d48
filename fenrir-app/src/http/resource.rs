//! What a model needs so that it is served.

use diesel::QueryResult;
use fenrir_models::Connection;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// A model that is served under a path of its own.
pub(crate) trait Resource: Serialize + Send + Sized + 'static {
    /// The path.
    const PATH: &'static str;
    /// What one of them is called.
    const NAME: &'static str;
    /// The field that no two have alike, for the message where two would.
    const UNIQUE: &'static str;
    /// The field that points at another model.
    const PARENT: Option<&'static str> = None;

    /// A new one, as a request gives it.
    type New: DeserializeOwned + Send + 'static;
    /// Changes of one.
    type Changes: DeserializeOwned + Send + 'static;
    /// Which of them a list is asked for.
    type Lookup: DeserializeOwned + Send + 'static;

    fn id(&self) -> i32;
    fn insert(connection: &mut Connection, new: &Self::New) -> QueryResult<Self>;
    fn by_id(connection: &mut Connection, id: i32) -> QueryResult<Option<Self>>;
    fn list(connection: &mut Connection, lookup: Self::Lookup) -> QueryResult<Vec<Self>>;
    fn update(connection: &mut Connection, id: i32, changes: &Self::Changes) -> QueryResult<Option<Self>>;
    fn replace(connection: &mut Connection, id: i32, new: &Self::New) -> QueryResult<Option<Self>>;
    fn delete(connection: &mut Connection, id: i32) -> QueryResult<bool>;
}

/// The functions of [`Resource`] that each model has under the same name.
macro_rules! queries_of {
    ($model:ident) => {
        fn id(&self) -> i32 {
            self.id
        }

        fn insert(connection: &mut Connection, new: &Self::New) -> QueryResult<Self> {
            $model::insert(connection, new)
        }

        fn by_id(connection: &mut Connection, id: i32) -> QueryResult<Option<Self>> {
            $model::by_id(connection, id)
        }

        fn update(
            connection: &mut Connection,
            id: i32,
            changes: &Self::Changes,
        ) -> QueryResult<Option<Self>> {
            $model::update(connection, id, changes)
        }

        fn replace(connection: &mut Connection, id: i32, new: &Self::New) -> QueryResult<Option<Self>> {
            $model::replace(connection, id, new)
        }

        fn delete(connection: &mut Connection, id: i32) -> QueryResult<bool> {
            $model::delete(connection, id)
        }
    };
}
pub(crate) use queries_of;
