//! Cross-origin requests (Fetch standard §3.2).

use axum::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE,
};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::{IntoResponse, Response};

/// Which origins' scripts may call a door.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cors {
    /// Wallets in browsers call from anywhere; the door must read no cookie.
    AnyOrigin,
    SameOrigin,
}

const ANY: HeaderValue = HeaderValue::from_static("*");

/// The headers that a script may read of every answer.
pub(crate) fn allow(headers: &mut HeaderMap) {
    headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static("retry-after"));
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, ANY);
}

/// The answer to `OPTIONS`. Browsers may keep it for a day.
pub(crate) fn preflight() -> Response {
    let headers = [
        (ACCESS_CONTROL_ALLOW_METHODS, "GET,POST"),
        (ACCESS_CONTROL_ALLOW_HEADERS, "content-type,idempotency-key,x-api-key"),
        (ACCESS_CONTROL_MAX_AGE, "86400"),
        (ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
    ];
    headers.into_response()
}
