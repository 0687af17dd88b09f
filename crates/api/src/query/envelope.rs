//! Refusals that no endpoint of this door made, in its form.

use axum::http::StatusCode;
use axum::response::Response;
use http::{Refusal, with_headers};

use super::answer::Failure;
use super::format::Format;

pub(super) fn query_envelope(refusal: &Refusal, path: &str) -> Response {
    let failure = Failure::new(word(refusal.status())).because(refusal.reason().to_owned());
    with_headers(Format::of(path).write(&failure.into_tree()), refusal)
}

/// Where the old service has no word, one of its later version, or ours.
const fn word(status: StatusCode) -> &'static str {
    match status {
        StatusCode::NOT_FOUND => "NOT_FOUND",
        StatusCode::METHOD_NOT_ALLOWED => "METHOD_NOT_IMPLEMENTED",
        StatusCode::UNSUPPORTED_MEDIA_TYPE => "UNSUPPORTED_CONTENT_TYPE",
        StatusCode::REQUEST_TIMEOUT => "REQUEST_TIMEOUT",
        StatusCode::PAYLOAD_TOO_LARGE
        | StatusCode::URI_TOO_LONG
        | StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE => "REQUEST_LONG",
        StatusCode::TOO_MANY_REQUESTS => "TOO_MANY_REQUESTS",
        StatusCode::INTERNAL_SERVER_ERROR | StatusCode::SERVICE_UNAVAILABLE => "INTERNAL_ERROR",
        _ => "BAD_REQUEST",
    }
}
