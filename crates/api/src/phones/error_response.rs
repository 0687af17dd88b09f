//! Errors of this door, `{"message": "…"}`. The app shows them, and decides by the status: 401 makes it register anew, so
//! no failure of ours may be one.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use engine::phones::{CallError, HookError};
use http::{Refusal, unauthorized, unavailable, with_headers};
use serde_json::json;

pub(super) fn message_alone(refusal: &Refusal, _: &str) -> Response {
    let body = Json(json!({ "message": refusal.reason() }));
    with_headers((refusal.status(), body).into_response(), refusal)
}

pub(super) fn not_called(error: CallError) -> Refusal {
    match error {
        CallError::BadToken => unauthorized("the token is not valid"),
        CallError::Store(error) => {
            tracing::warn!(%error, "a phone's call could not be served");
            unavailable("try again soon")
        }
    }
}

pub(super) fn not_received(error: HookError) -> Refusal {
    match error {
        HookError::BadUrl => unauthorized("the URL is not valid"),
        HookError::BadSignature => {
            unauthorized("the signature is not valid").with_code("BAD_SIGNATURE")
        }
        HookError::Store(error) => {
            tracing::warn!(%error, "a phone's event could not be stored");
            unavailable("try again soon")
        }
    }
}

/// What the app never sends.
pub(super) fn unreadable() -> Refusal {
    Refusal::new(StatusCode::BAD_REQUEST, "the body cannot be read")
}
