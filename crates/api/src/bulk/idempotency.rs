//! The header `Idempotency-Key`, and what makes two requests the same: the path and every byte of
//! the body.

use axum::http::HeaderMap;
use domain::limits;
use domain::message::campaign::Idempotency;
use sha2::{Digest, Sha256};

use super::refused::{Refused, invalid};

/// A request of which it is not known yet whether it came before.
pub(crate) struct Repeatable {
    key: String,
    hash: Sha256,
}

impl Repeatable {
    /// `None` when the request is not to be known again.
    pub(crate) fn of(headers: &HeaderMap, path: &str) -> Result<Option<Self>, Refused> {
        let Some(key) = headers.get("idempotency-key") else { return Ok(None) };
        let visible = key.as_bytes().iter().all(u8::is_ascii_graphic);
        let chars = 1..=limits::IDEMPOTENCY_KEY_CHARS_MAX;
        match key.to_str() {
            Ok(key) if visible && chars.contains(&key.len()) => {
                let hash = Sha256::new_with_prefix(path).chain_update("\n");
                Ok(Some(Self { key: key.to_owned(), hash }))
            }
            _ => Err(invalid(format!(
                "`Idempotency-Key` must have 1 to {} visible ASCII characters",
                chars.end()
            ))),
        }
    }

    pub(crate) fn read(&mut self, body: &[u8]) {
        self.hash.update(body);
    }

    pub(crate) fn finish(self) -> Idempotency {
        Idempotency { key: self.key, request: self.hash.finalize().into() }
    }
}
