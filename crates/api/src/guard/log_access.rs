//! One line per request: method, route, status, duration. Never the path as sent, the query, a
//! header or a body: they hold keys, numbers and texts.

use axum::http::{Method, StatusCode};
use tokio::time::Instant;

/// `route` is one of ours, or `(none)`.
pub(super) fn log_access(
    method: &'static str,
    route: &'static str,
    status: StatusCode,
    begun: Instant,
) {
    let micros = u64::try_from(begun.elapsed().as_micros()).unwrap_or(u64::MAX);
    tracing::info!(method, route, status = status.as_u16(), micros, "request");
}

/// A method is any word that the client likes, so only those we know are written down.
pub(super) const fn method_name(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::POST => "POST",
        Method::HEAD => "HEAD",
        Method::OPTIONS => "OPTIONS",
        Method::PUT => "PUT",
        Method::DELETE => "DELETE",
        Method::PATCH => "PATCH",
        _ => "(other)",
    }
}
