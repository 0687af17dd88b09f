//! The access log: one line per request with door, method, route, status and duration. Never the path
//! as sent, the query, a header or a body: they hold keys, numbers and texts.

use axum::http::{Method, StatusCode};
use tokio::time::Instant;

/// `route` is a route's template, or `(none)`.
pub(crate) fn log_access(
    door: &'static str,
    method: &'static str,
    route: &str,
    status: StatusCode,
    begun: Instant,
) {
    let micros = u64::try_from(begun.elapsed().as_micros()).unwrap_or(u64::MAX);
    tracing::info!(door, method, route, status = status.as_u16(), micros, "request");
}

/// A client can send any word as a method, so only known ones are logged.
pub(crate) const fn method_name(method: &Method) -> &'static str {
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
