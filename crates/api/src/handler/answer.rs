//! What an action answers.

use axum::http::HeaderValue;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use domain::ports::PortError;
use serde_json::{Value, json};

#[derive(Debug, PartialEq)]
pub(super) enum Answer {
    Text(String),
    Json(Value),
}

/// A word of the protocol for what went wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Failure {
    /// As plain text, perhaps with a value after a colon.
    Word(String),
    /// `{"status":"error","message":"<word>"}`, as the rental actions have it.
    InJson(String),
}

pub(super) type Answered = Result<Answer, Failure>;

impl Failure {
    pub(super) fn word(word: &str) -> Self {
        Self::Word(word.to_owned())
    }

    /// As a rental action writes it.
    pub(super) fn into_json(self) -> Self {
        match self {
            Self::Word(word) | Self::InJson(word) => Self::InJson(word),
        }
    }
}

impl From<&PortError> for Failure {
    fn from(error: &PortError) -> Self {
        tracing::warn!(%error, "a request of the handler door could not be served");
        Self::word("SERVER_ERROR")
    }
}

impl From<PortError> for Failure {
    fn from(error: PortError) -> Self {
        Self::from(&error)
    }
}

impl From<Failure> for Answer {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Word(word) => Self::Text(word),
            Failure::InJson(word) => Self::Json(json!({ "status": "error", "message": word })),
        }
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let (kind, body) = match self {
            Self::Text(text) => ("text/plain; charset=utf-8", text),
            Self::Json(json) => ("application/json", json.to_string()),
        };
        let mut response = body.into_response();
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
        response
    }
}
