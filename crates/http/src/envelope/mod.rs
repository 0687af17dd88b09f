//! The form of errors on the wire. A handler returns a [`Refusal`] whatever its door is; the door
//! writes it in its own envelope.

mod refusal;

use axum::Json;
use axum::http::HeaderValue;
use axum::http::header::{CONNECTION, RETRY_AFTER};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

pub use refusal::{
    Refusal, Words, bad_request, below_pace, conflict, failed, forbidden, key_reused, lost_place,
    not_found, payment_required, refuse_method, too_large, too_many_at_once, too_many_for_now,
    too_slow, unauthorized, unavailable,
};
pub(crate) use refusal::{no_such_path, panicked, too_many};

/// Writes a refusal in a door's form. The text is the path of the request, or the template of its
/// route: some doors have a form for each ending of a path.
pub type Envelope = fn(&Refusal, &str) -> Response;

/// `{"status":"error","reason":"…"}`
pub fn status_and_reason(refusal: &Refusal, _: &str) -> Response {
    #[derive(Serialize)]
    struct Body {
        status: &'static str,
        reason: Words,
    }
    let body = Body { status: "error", reason: refusal.reason.clone() };
    with_headers((refusal.status, Json(body)).into_response(), refusal)
}

/// `{"error":"…","code":"…"}`: a text for people and a code for programs.
pub fn error_and_code(refusal: &Refusal, _: &str) -> Response {
    #[derive(Serialize)]
    struct Body {
        error: Words,
        code: &'static str,
    }
    let body = Body { error: refusal.reason.clone(), code: refusal.code() };
    with_headers((refusal.status, Json(body)).into_response(), refusal)
}

/// Adds the headers of a refusal to its answer.
pub fn with_headers(mut response: Response, refusal: &Refusal) -> Response {
    let headers = response.headers_mut();
    if let Some(seconds) = refusal.retry_after_s {
        headers.insert(RETRY_AFTER, seconds.into());
    }
    if refusal.close {
        headers.insert(CONNECTION, HeaderValue::from_static("close"));
    }
    response
}
