//! LND's errors: the words decide, the code is nearly always 2.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::node::CallError;

/// Of `google.rpc.Code`.
const UNKNOWN: u32 = 2;
const INVALID_ARGUMENT: u32 = 3;
const NOT_FOUND: u32 = 5;

#[derive(Debug)]
pub(super) struct RestError {
    status: StatusCode,
    code: u32,
    message: String,
    /// Errors of streams are inside of another object.
    stream: bool,
}

impl RestError {
    fn new(status: StatusCode, code: u32, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), stream: false }
    }

    pub(super) fn bad(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, INVALID_ARGUMENT, message)
    }

    pub(super) fn refused(message: impl Into<String>) -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, UNKNOWN, message)
    }

    pub(super) fn no_path() -> Self {
        Self::new(StatusCode::NOT_FOUND, NOT_FOUND, "Not Found")
    }

    pub(super) fn of_stream(mut self) -> Self {
        self.stream = true;
        self
    }

    pub(super) fn body(&self) -> serde_json::Value {
        let error = json!({ "code": self.code, "message": self.message, "details": [] });
        if self.stream { json!({ "error": error }) } else { error }
    }
}

impl From<CallError> for RestError {
    fn from(error: CallError) -> Self {
        let message = error.to_string();
        match error {
            CallError::NotFound | CallError::NeverSent => {
                Self::new(StatusCode::NOT_FOUND, NOT_FOUND, message)
            }
            CallError::Bad(_) => Self::bad(message),
            CallError::Unconfirmed(_) | CallError::Failed(_) => {
                tracing::warn!("a call failed: {message}");
                Self::refused(message)
            }
            _ => Self::refused(message),
        }
    }
}

impl IntoResponse for RestError {
    fn into_response(self) -> Response {
        (self.status, Json(self.body())).into_response()
    }
}
