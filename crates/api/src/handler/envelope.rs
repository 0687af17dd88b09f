//! Refusals that no action made, as a word of the protocol with HTTP 200.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use http::{Refusal, with_headers};

use super::answer::Answer;

pub(super) fn handler_envelope(refusal: &Refusal, _: &str) -> Response {
    let answer = Answer::Text(word(refusal.status()).to_owned());
    with_headers(answer.into_response(), refusal)
}

/// `CHANNELS_LIMIT` is the protocol's word for *not now*.
fn word(status: StatusCode) -> &'static str {
    match status {
        StatusCode::TOO_MANY_REQUESTS => "CHANNELS_LIMIT",
        StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED => "BAD_ACTION",
        status if status.is_server_error() => "SERVER_ERROR",
        _ => "ERROR_SQL",
    }
}
