//! Whether the service is well.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use diesel::dsl::max;
use diesel::prelude::*;
use serde_json::json;

use super::ApiError;
use crate::database::Database;

diesel::table! {
    /// Diesel's own record of what is applied.
    __diesel_schema_migrations (version) {
        version -> Text,
        run_on -> Timestamp,
    }
}

/// Well, where the database says which revision it is at.
pub(crate) async fn health(State(database): State<Database>) -> Response {
    let revision = database.run(|connection| {
        use __diesel_schema_migrations::{table, version};
        table.select(max(version)).get_result::<Option<String>>(connection)
    });
    match revision.await {
        Ok(revision) => Json(json!({"status": "ok", "revision": revision})).into_response(),
        Err(error) => {
            tracing::error!("not well: {error}");
            ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "the database does not answer").into_response()
        }
    }
}
