//! The caller of a request, by the key in `X-API-Key`. The key is read once per request, before the
//! handler.

use axum::http::HeaderMap;
use engine::Engine;
use engine::accounts::{AuthError, Caller};

#[derive(Debug, Clone)]
pub enum Identity {
    /// No key was sent.
    Stranger,
    Known(Caller),
    /// The key that was sent is not good, or could not be checked.
    Refused(AuthError),
}

/// The key as sent; an empty header is none. Not for logs.
pub fn key_text(headers: &HeaderMap) -> Option<&str> {
    let mut keys = headers.get_all("x-api-key").iter();
    let key = keys.next()?;
    // No key of ours has other characters: an impossible key is a bad one, not an absent one. Nor is one of two.
    let key = if keys.next().is_some() { "?" } else { key.to_str().map_or("?", str::trim) };
    Some(key).filter(|key| !key.is_empty())
}

pub(super) async fn identify(engine: &Engine, headers: &HeaderMap) -> Identity {
    match key_text(headers) {
        None => Identity::Stranger,
        Some(key) => match engine.accounts.authenticate(key).await {
            Ok(caller) => Identity::Known(caller),
            Err(error) => Identity::Refused(error),
        },
    }
}
