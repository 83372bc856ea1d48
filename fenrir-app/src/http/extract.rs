//! The parts of requests, with our errors where they are wrong.

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::StatusCode;
use axum::http::request::Parts;
use serde::de::DeserializeOwned;

use super::ApiError;

/// The body, which is JSON.
pub(crate) struct Body<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        match Json::from_request(request, state).await {
            Ok(Json(value)) => Ok(Self(value)),
            Err(JsonRejection::MissingJsonContentType(_)) => Err(ApiError::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "the request must be JSON, and its header `Content-Type` say so: `application/json`",
            )),
            Err(rejection) => Err(ApiError::new(rejection.status(), rejection.body_text())),
        }
    }
}

/// The number in a path. What is no number is not found.
pub(crate) struct Id(pub(crate) i32);

impl<S: Send + Sync> FromRequestParts<S> for Id {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        match Path::from_request_parts(parts, state).await {
            Ok(Path(id)) => Ok(Self(id)),
            Err(_) => Err(not_found(parts.uri.path())),
        }
    }
}

/// What a list is asked for, after the `?`.
pub(crate) struct Asked<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Asked<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let refuse = |message| Err(ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, message));
        // PostgreSQL takes no such text, not even to look for it.
        if parts.uri.query().is_some_and(|query| query.contains("%00")) {
            return refuse("no text holds the character U+0000".to_owned());
        }
        match Query::from_request_parts(parts, state).await {
            Ok(Query(asked)) => Ok(Self(asked)),
            Err(rejection) => refuse(rejection.body_text()),
        }
    }
}

/// That there is nothing at a path.
pub(crate) fn not_found(path: &str) -> ApiError {
    ApiError::new(StatusCode::NOT_FOUND, format!("there is nothing at `{path}`"))
}
