//! `GET /api/4/openapi.json`: this door as an OpenAPI 3.1 document, kept by hand. Tests compare it with the
//! routes and with answers.

use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use http::{Counter, Refusal};

pub(crate) async fn show_openapi(counter: Counter) -> Result<impl IntoResponse, Refusal> {
    counter.count(None)?;
    Ok(([(CONTENT_TYPE, "application/json")], include_str!("../../openapi/query.json")))
}
