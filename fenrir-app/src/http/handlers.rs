//! The requests that each model answers to, alike for all of them.

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::get;
use axum::{Json, Router};
use diesel::QueryResult;
use fenrir_models::Connection;

use super::extract::{Asked, Body, Id};
use super::{ApiError, Resource};
use crate::database::Database;

pub(crate) fn routes<R: Resource>() -> Router<Database> {
    let all = get(list::<R>).post(create::<R>);
    let one = get(show::<R>).patch(change::<R>).put(replace::<R>).delete(delete::<R>);
    Router::new().route(&format!("/{}", R::PATH), all).route(&format!("/{}/{{id}}", R::PATH), one)
}

async fn list<R: Resource>(
    State(database): State<Database>,
    Asked(lookup): Asked<R::Lookup>,
) -> Result<Json<Vec<R>>, ApiError> {
    run::<R, _>(&database, move |connection| R::list(connection, lookup)).await.map(Json)
}

async fn create<R: Resource>(
    State(database): State<Database>,
    Body(new): Body<R::New>,
) -> Result<impl IntoResponse, ApiError> {
    let made = run::<R, _>(&database, move |connection| R::insert(connection, &new)).await?;
    let location = format!("/{}/{}", R::PATH, made.id());
    Ok((StatusCode::CREATED, [(header::LOCATION, location)], Json(made)))
}

async fn show<R: Resource>(State(database): State<Database>, Id(id): Id) -> Result<Json<R>, ApiError> {
    found(id, run::<R, _>(&database, move |connection| R::by_id(connection, id)).await?)
}

async fn change<R: Resource>(
    State(database): State<Database>,
    Id(id): Id,
    Body(changes): Body<R::Changes>,
) -> Result<Json<R>, ApiError> {
    found(id, run::<R, _>(&database, move |connection| R::update(connection, id, &changes)).await?)
}

async fn replace<R: Resource>(
    State(database): State<Database>,
    Id(id): Id,
    Body(new): Body<R::New>,
) -> Result<Json<R>, ApiError> {
    found(id, run::<R, _>(&database, move |connection| R::replace(connection, id, &new)).await?)
}

async fn delete<R: Resource>(State(database): State<Database>, Id(id): Id) -> Result<StatusCode, ApiError> {
    if run::<R, _>(&database, move |connection| R::delete(connection, id)).await? {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(no_such::<R>(id))
    }
}

async fn run<R: Resource, T: Send + 'static>(
    database: &Database,
    queries: impl FnOnce(&mut Connection) -> QueryResult<T> + Send + 'static,
) -> Result<T, ApiError> {
    database.run(queries).await.map_err(|error| ApiError::of::<R>(&error))
}

fn found<R: Resource>(id: i32, resource: Option<R>) -> Result<Json<R>, ApiError> {
    resource.map(Json).ok_or_else(|| no_such::<R>(id))
}

fn no_such<R: Resource>(id: i32) -> ApiError {
    ApiError::new(StatusCode::NOT_FOUND, format!("there is no {} with the number {id}", R::NAME))
}
