//! What a panic in a handler becomes: the envelope, and a line in the log. The panic's own words
//! are not repeated to the caller.

use std::any::Any;

use axum::response::{IntoResponse, Response};

use crate::refusal::failed;

pub(crate) fn show_panic(_: Box<dyn Any + Send + 'static>) -> Response {
    // Where it was is told by the panic hook, on the line before this one.
    tracing::error!("a handler panicked");
    failed("something went wrong here; it was logged").into_response()
}
