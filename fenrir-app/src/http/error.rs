//! What is answered where a request fails: a status, and JSON that says why.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use diesel::result::{DatabaseErrorKind, Error as QueryError};
use fenrir_models::Invalid;
use serde_json::json;

use super::Resource;
use crate::database::DatabaseError;

/// What is answered where a request fails.
pub(crate) struct ApiError {
    status: StatusCode,
    message: String,
}

impl ApiError {
    pub(crate) fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self { status, message: message.into() }
    }

    /// Why a query about a resource failed. What is not the client's doing is told to the log only.
    pub(crate) fn of<R: Resource>(error: &DatabaseError) -> Self {
        use DatabaseErrorKind::{ClosedConnection, ForeignKeyViolation, UniqueViolation};
        let query = match error {
            DatabaseError::NoConnection(_) => return Self::no_database(error),
            DatabaseError::BrokenOff(_) => return Self::internal(error),
            DatabaseError::Query(query) => query,
        };
        if let Some(invalid) = Invalid::of(query) {
            return Self::new(StatusCode::UNPROCESSABLE_ENTITY, invalid.to_string());
        }
        match (query, R::PARENT) {
            (QueryError::DatabaseError(UniqueViolation, _), _) => {
                Self::new(StatusCode::CONFLICT, format!("another {} has this `{}`", R::NAME, R::UNIQUE))
            }
            (QueryError::DatabaseError(ForeignKeyViolation, _), Some(parent)) => {
                Self::new(StatusCode::CONFLICT, format!("nothing has the number that `{parent}` gives"))
            }
            (QueryError::DatabaseError(ClosedConnection, _), _) => Self::no_database(error),
            _ => Self::internal(error),
        }
    }

    fn no_database(error: &DatabaseError) -> Self {
        tracing::error!("{error}");
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "the database cannot be reached; try again")
    }

    fn internal(error: &DatabaseError) -> Self {
        tracing::error!("a request failed: {error}");
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "something went wrong here; the service's log says what")
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        (self.status, Json(json!({"error": self.message}))).into_response()
    }
}
