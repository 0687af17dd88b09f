//! `GET /admin/v1/openapi.json`: this door's OpenAPI 3.1 document.

use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;

/// Kept by hand; tests hold it against the router.
pub(crate) async fn show_admin_openapi() -> impl IntoResponse {
    ([(CONTENT_TYPE, "application/json")], include_str!("../../openapi/admin.json"))
}
