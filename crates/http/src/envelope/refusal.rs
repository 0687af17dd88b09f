//! Why a request is refused: status, code and reason, in no door's form yet.

use std::borrow::Cow;
use std::time::Duration;

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use crate::body::Pace;

pub type Words = Cow<'static, str>;

/// When to try again after a failure that passes by itself.
const TRY_AGAIN: Duration = Duration::from_secs(5);

#[derive(Debug, Clone)]
pub struct Refusal {
    pub(super) status: StatusCode,
    /// `None`: the usual one of the status.
    code: Option<&'static str>,
    pub(super) reason: Words,
    pub(super) retry_after_s: Option<u64>,
    /// The request was not read to its end, so nothing more can be read from this connection.
    pub(super) close: bool,
}

impl Refusal {
    pub fn new(status: StatusCode, reason: impl Into<Words>) -> Self {
        Self { status, code: None, reason: reason.into(), retry_after_s: None, close: false }
    }

    #[must_use]
    pub fn with_code(self, code: &'static str) -> Self {
        Self { code: Some(code), ..self }
    }

    /// The request was not read to its end: the connection is closed after the answer.
    #[must_use]
    pub fn unread(self) -> Self {
        Self { close: true, ..self }
    }

    pub const fn status(&self) -> StatusCode {
        self.status
    }

    pub fn reason(&self) -> &str {
        &self.reason
    }

    fn retry_after(self, wait: Duration) -> Self {
        Self { retry_after_s: Some(wait.as_secs()), ..self }
    }

    pub(super) fn code(&self) -> &'static str {
        self.code.unwrap_or(match self.status {
            StatusCode::UNAUTHORIZED => "UNAUTHORIZED",
            StatusCode::PAYMENT_REQUIRED => "PAYMENT_REQUIRED",
            StatusCode::FORBIDDEN => "FORBIDDEN",
            StatusCode::NOT_FOUND => "NOT_FOUND",
            StatusCode::METHOD_NOT_ALLOWED => "METHOD_NOT_ALLOWED",
            StatusCode::REQUEST_TIMEOUT => "REQUEST_TIMEOUT",
            StatusCode::CONFLICT => "CONFLICT",
            StatusCode::PAYLOAD_TOO_LARGE => "PAYLOAD_TOO_LARGE",
            StatusCode::URI_TOO_LONG => "URI_TOO_LONG",
            StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE => "HEADERS_TOO_LARGE",
            StatusCode::TOO_MANY_REQUESTS => "RATE_LIMITED",
            StatusCode::INTERNAL_SERVER_ERROR => "INTERNAL",
            StatusCode::SERVICE_UNAVAILABLE => "UNAVAILABLE",
            _ => "INVALID_PARAMS",
        })
    }
}

/// The bare status: the door that the handler belongs to writes the rest.
impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// The request could not be done.
pub fn failed(reason: impl Into<Words>) -> Refusal {
    Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, reason)
}

pub fn bad_request(reason: impl Into<Words>) -> Refusal {
    Refusal::new(StatusCode::BAD_REQUEST, reason)
}

pub fn unauthorized(reason: impl Into<Words>) -> Refusal {
    Refusal::new(StatusCode::UNAUTHORIZED, reason)
}

pub fn payment_required(reason: impl Into<Words>) -> Refusal {
    Refusal::new(StatusCode::PAYMENT_REQUIRED, reason)
}

pub fn forbidden(reason: impl Into<Words>) -> Refusal {
    Refusal::new(StatusCode::FORBIDDEN, reason)
}

pub fn not_found(reason: impl Into<Words>) -> Refusal {
    Refusal::new(StatusCode::NOT_FOUND, reason)
}

pub fn conflict(reason: impl Into<Words>) -> Refusal {
    Refusal::new(StatusCode::CONFLICT, reason)
}

/// The idempotency key of another request.
pub fn key_reused(reason: impl Into<Words>) -> Refusal {
    Refusal::new(StatusCode::UNPROCESSABLE_ENTITY, reason).with_code("IDEMPOTENCY_KEY_REUSED")
}

pub fn too_large(bytes_max: usize) -> Refusal {
    let reason = format!("the request body is larger than {bytes_max} bytes");
    Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, reason).unread()
}

pub fn too_slow(timeout: Duration) -> Refusal {
    let reason = format!("the request body did not arrive within {} s", timeout.as_secs());
    Refusal::new(StatusCode::REQUEST_TIMEOUT, reason).unread()
}

/// A large body that arrived slower than it may.
pub fn below_pace(pace: Pace) -> Refusal {
    let reason =
        format!("the request body arrived at less than {} bytes per second", pace.bytes_per_second);
    Refusal::new(StatusCode::REQUEST_TIMEOUT, reason).unread()
}

/// A large body whose place another client got.
pub fn lost_place() -> Refusal {
    let reason = "the request body arrived slowly while others waited for its place; try again";
    Refusal::new(StatusCode::REQUEST_TIMEOUT, reason).unread()
}

pub(crate) fn too_many(wait: Duration) -> Refusal {
    let refusal = Refusal::new(StatusCode::TOO_MANY_REQUESTS, "too many requests");
    refusal.retry_after(wait + Duration::from_secs(1))
}

/// One account has more requests under way than it may.
pub fn too_many_at_once(reason: impl Into<Words>) -> Refusal {
    Refusal::new(StatusCode::TOO_MANY_REQUESTS, reason).retry_after(TRY_AGAIN)
}

/// A limit of the caller that ends after `wait`.
pub fn too_many_for_now(reason: impl Into<Words>, wait: Duration) -> Refusal {
    Refusal::new(StatusCode::TOO_MANY_REQUESTS, reason).retry_after(wait)
}

pub fn unavailable(reason: impl Into<Words>) -> Refusal {
    Refusal::new(StatusCode::SERVICE_UNAVAILABLE, reason).retry_after(TRY_AGAIN)
}

pub(crate) fn no_such_path() -> Refusal {
    not_found("there is no such path")
}

/// The fallback of every route.
pub async fn refuse_method() -> Refusal {
    Refusal::new(StatusCode::METHOD_NOT_ALLOWED, "the path does not take this method")
}

pub(crate) fn panicked() -> Refusal {
    failed("something went wrong here; it was logged")
}
