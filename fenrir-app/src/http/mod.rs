//! What the service answers to.

mod error;
mod extract;
mod handlers;
mod health;
mod resource;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::{Method, StatusCode, Uri};
use axum::routing::get;
use fenrir_models::{EmailItem, Environment, Identifier, Page, User};

pub(crate) use self::error::ApiError;
pub(crate) use self::resource::{Resource, queries_of};
use crate::database::Database;

/// The largest request, in bytes. The columns but for JSON take some 10 KB.
const LARGEST_BODY: usize = 256 * 1024;

pub(crate) fn router(database: Database) -> Router {
    Router::new()
        .route("/health", get(health::health))
        .merge(handlers::routes::<Page>())
        .merge(handlers::routes::<Environment>())
        .merge(handlers::routes::<Identifier>())
        .merge(handlers::routes::<User>())
        .merge(handlers::routes::<EmailItem>())
        .fallback(no_such_path)
        .method_not_allowed_fallback(no_such_method)
        .layer(DefaultBodyLimit::max(LARGEST_BODY))
        .with_state(database)
}

async fn no_such_path(uri: Uri) -> ApiError {
    ApiError::new(StatusCode::NOT_FOUND, format!("there is nothing at `{}`", uri.path()))
}

async fn no_such_method(method: Method, uri: Uri) -> ApiError {
    ApiError::new(StatusCode::METHOD_NOT_ALLOWED, format!("`{}` does not take {method}", uri.path()))
}
