//! Catches a panic of a handler, so that it ends one request and not the connection. The panic's
//! message is not shown to the caller.

use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::task::Poll;

use axum::response::Response;

#[derive(Debug)]
pub(crate) struct Panicked;

/// A future that panicked is not polled again, and what it owns is dropped with it.
pub(crate) async fn catch_panic(
    answering: impl Future<Output = Response>,
) -> Result<Response, Panicked> {
    let mut answering = pin!(answering);
    poll_fn(|cx| {
        let poll = AssertUnwindSafe(|| answering.as_mut().poll(cx).map(Ok));
        catch_unwind(poll).unwrap_or_else(|_| {
            // The panic hook has logged the place, on the line before this one.
            tracing::error!("a handler panicked");
            Poll::Ready(Err(Panicked))
        })
    })
    .await
}
