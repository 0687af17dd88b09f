//! Errors, built with words, in the envelope of the orders door:
//! `{"status":"error","reason":"…"}`.
//!
//! Orders that fail answer 500, because the documents that clients were written by show nothing
//! else (contract §1.0); what happens before an order is looked at has its own status.

use std::borrow::Cow;
use std::time::Duration;

use axum::Json;
use axum::http::header::{CONNECTION, RETRY_AFTER};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

pub(crate) type Words = Cow<'static, str>;

#[derive(Debug)]
pub(crate) struct Refusal {
    pub status: StatusCode,
    pub reason: Words,
    pub retry_after_s: Option<u64>,
    /// The request was not read to its end, so nothing more can be read from this connection.
    pub close: bool,
}

impl Refusal {
    fn new(status: StatusCode, reason: impl Into<Words>) -> Self {
        Self { status, reason: reason.into(), retry_after_s: None, close: false }
    }
}

/// What was asked could not be done.
pub(crate) fn failed(reason: impl Into<Words>) -> Refusal {
    Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, reason)
}

pub(crate) fn bad_request(reason: impl Into<Words>) -> Refusal {
    Refusal::new(StatusCode::BAD_REQUEST, reason)
}

pub(crate) fn unauthorized(reason: impl Into<Words>) -> Refusal {
    Refusal::new(StatusCode::UNAUTHORIZED, reason)
}

pub(crate) fn forbidden(reason: impl Into<Words>) -> Refusal {
    Refusal::new(StatusCode::FORBIDDEN, reason)
}

pub(crate) fn too_large(bytes_max: usize) -> Refusal {
    let reason = format!("the request body is larger than {bytes_max} bytes");
    Refusal { close: true, ..Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, reason) }
}

pub(crate) fn too_slow(wait: Duration) -> Refusal {
    let reason = format!("the request body did not arrive within {} s", wait.as_secs());
    Refusal { close: true, ..Refusal::new(StatusCode::REQUEST_TIMEOUT, reason) }
}

pub(crate) fn too_many(wait: Duration) -> Refusal {
    let retry_after_s = Some(wait.as_secs() + 1);
    let refusal = Refusal::new(StatusCode::TOO_MANY_REQUESTS, "too many requests");
    Refusal { retry_after_s, ..refusal }
}

/// The fallback of every router.
pub(crate) async fn refuse_path() -> Refusal {
    Refusal::new(StatusCode::NOT_FOUND, "there is no such path")
}

/// The fallback of every route.
pub(crate) async fn refuse_method() -> Refusal {
    Refusal::new(StatusCode::METHOD_NOT_ALLOWED, "the path does not take this method")
}

#[derive(Serialize)]
struct Envelope {
    status: &'static str,
    reason: Words,
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let envelope = Json(Envelope { status: "error", reason: self.reason });
        let mut response = (self.status, envelope).into_response();
        let headers = response.headers_mut();
        if let Some(seconds) = self.retry_after_s {
            headers.insert(RETRY_AFTER, seconds.into());
        }
        if self.close {
            headers.insert(CONNECTION, HeaderValue::from_static("close"));
        }
        response
    }
}
