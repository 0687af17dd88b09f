//! The end of the server, for answers that last: a stream that does not end with it would hold up the shutdown.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use tokio::sync::watch;

/// Of a request that [`crate::serve`] took; of any other it never comes.
#[derive(Debug, Clone)]
pub struct Stopping(Option<watch::Receiver<()>>);

impl Stopping {
    pub(super) const fn new(stopping: watch::Receiver<()>) -> Self {
        Self(Some(stopping))
    }

    /// Ends when the server stops.
    pub async fn stopped(&mut self) {
        match &mut self.0 {
            // The sender is only dropped.
            Some(stopping) => drop(stopping.changed().await),
            None => std::future::pending().await,
        }
    }
}

impl<S: Sync> FromRequestParts<S> for Stopping {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(parts.extensions.get().cloned().unwrap_or(Self(None)))
    }
}
