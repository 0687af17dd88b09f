//! Errors in the envelope of this door: `{"error": "…", "code": "…"}`, the words for people and the
//! code for programs.

use std::time::Duration;

use axum::Json;
use axum::http::header::{CONNECTION, RETRY_AFTER};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::refusal::{Refusal, Words};

/// What passes by itself has passed by then, or is asked again.
const TRY_AGAIN: Duration = Duration::from_secs(5);

#[derive(Debug)]
pub(crate) struct Refused {
    status: StatusCode,
    code: &'static str,
    error: Words,
    retry_after_s: Option<u64>,
    /// The request was not read to its end, so nothing more can be read from this connection.
    close: bool,
}

impl Refused {
    pub(super) fn new(status: StatusCode, code: &'static str, error: impl Into<Words>) -> Self {
        Self { status, code, error: error.into(), retry_after_s: None, close: false }
    }

    /// The request was not read to its end.
    #[must_use]
    pub(crate) fn unread(self) -> Self {
        Self { close: true, ..self }
    }
}

pub(crate) fn invalid(error: impl Into<Words>) -> Refused {
    Refused::new(StatusCode::BAD_REQUEST, "INVALID_PARAMS", error)
}

pub(crate) fn unauthorized(error: impl Into<Words>) -> Refused {
    Refused::new(StatusCode::UNAUTHORIZED, "UNAUTHORIZED", error)
}

pub(super) fn forbidden(error: impl Into<Words>) -> Refused {
    Refused::new(StatusCode::FORBIDDEN, "FORBIDDEN", error)
}

pub(crate) fn not_found(error: impl Into<Words>) -> Refused {
    Refused::new(StatusCode::NOT_FOUND, "NOT_FOUND", error)
}

pub(crate) fn conflict(code: &'static str, error: impl Into<Words>) -> Refused {
    Refused::new(StatusCode::CONFLICT, code, error)
}

pub(crate) fn key_reused(error: impl Into<Words>) -> Refused {
    Refused::new(StatusCode::UNPROCESSABLE_ENTITY, "IDEMPOTENCY_KEY_REUSED", error)
}

pub(crate) fn unavailable(error: impl Into<Words>) -> Refused {
    let refused = Refused::new(StatusCode::SERVICE_UNAVAILABLE, "UNAVAILABLE", error);
    Refused { retry_after_s: Some(TRY_AGAIN.as_secs()), ..refused }
}

/// One account asks for more at a time than it may.
pub(super) fn too_many_at_once(error: impl Into<Words>) -> Refused {
    let refused = Refused::new(StatusCode::TOO_MANY_REQUESTS, "RATE_LIMITED", error);
    Refused { retry_after_s: Some(TRY_AGAIN.as_secs()), ..refused }
}

/// The fallback of every route of this door.
pub(crate) async fn refuse_bulk_method() -> Refused {
    let error = "the path does not take this method";
    Refused::new(StatusCode::METHOD_NOT_ALLOWED, "METHOD_NOT_ALLOWED", error)
}

/// For every other path below the door's.
pub(crate) fn refuse_bulk_path() -> Refused {
    not_found("there is no such path")
}

pub(crate) fn show_bulk_panic() -> Response {
    let error = "something went wrong here; it was logged";
    Refused::new(StatusCode::INTERNAL_SERVER_ERROR, "INTERNAL", error).into_response()
}

/// What is refused before this door, and by readers that all doors share.
impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        let Refusal { status, reason, retry_after_s, close } = refusal;
        let code = match status {
            StatusCode::UNAUTHORIZED => "UNAUTHORIZED",
            StatusCode::FORBIDDEN => "FORBIDDEN",
            StatusCode::NOT_FOUND => "NOT_FOUND",
            StatusCode::METHOD_NOT_ALLOWED => "METHOD_NOT_ALLOWED",
            StatusCode::REQUEST_TIMEOUT => "REQUEST_TIMEOUT",
            StatusCode::PAYLOAD_TOO_LARGE => "PAYLOAD_TOO_LARGE",
            StatusCode::TOO_MANY_REQUESTS => "RATE_LIMITED",
            StatusCode::INTERNAL_SERVER_ERROR => "INTERNAL",
            _ => "INVALID_PARAMS",
        };
        Self { status, code, error: reason, retry_after_s, close }
    }
}

#[derive(Serialize)]
struct Envelope {
    error: Words,
    code: &'static str,
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let envelope = Json(Envelope { error: self.error, code: self.code });
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
