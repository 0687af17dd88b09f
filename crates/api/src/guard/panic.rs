//! What a panic in a handler becomes: the envelope, and a line in the log. The panic's own words
//! are not repeated to the caller.

use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::task::Poll;

use axum::response::{IntoResponse, Response};

use crate::refusal::failed;

/// A future that panicked is not polled again, and what it worked on ends with it; `show` answers.
pub(super) async fn catch_panic(
    answering: impl Future<Output = Response>,
    show: fn() -> Response,
) -> Response {
    let mut answering = pin!(answering);
    poll_fn(|cx| {
        let poll = AssertUnwindSafe(|| answering.as_mut().poll(cx));
        catch_unwind(poll).unwrap_or_else(|_| {
            // Where it was is told by the panic hook, on the line before this one.
            tracing::error!("a handler panicked");
            Poll::Ready(show())
        })
    })
    .await
}

pub(super) fn show_panic() -> Response {
    failed("something went wrong here; it was logged").into_response()
}
