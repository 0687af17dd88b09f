//! `GET /openapi.json`: this door and the bulk door as an OpenAPI 3.1 document, kept by hand. Tests
//! compare it with the routes and with answers.

use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;

pub(crate) async fn show_openapi() -> impl IntoResponse {
    ([(CONTENT_TYPE, "application/json")], include_str!("../../openapi/doors.json"))
}
