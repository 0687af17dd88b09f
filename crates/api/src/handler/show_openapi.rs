//! `GET /stubs/openapi.json`: this door as an OpenAPI 3.1 document, kept by hand. A test compares its actions with
//! the program's.

use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use http::{Counter, Refusal};

pub(super) async fn show_openapi(counter: Counter) -> Result<impl IntoResponse, Refusal> {
    counter.count(None)?;
    Ok(([(CONTENT_TYPE, "application/json")], include_str!("../../openapi/handler.json")))
}
