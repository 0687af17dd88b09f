//! The header `Idempotency-Key`, and what makes two requests the same: the path and every byte of
//! the body.

use axum::http::HeaderMap;
use domain::limits;
use domain::message::campaign::Idempotency;
use sha2::{Digest, Sha256};

use crate::envelope::{Refusal, bad_request};

/// A request with an idempotency key, hashed while it is read.
#[derive(Debug)]
pub struct Repeatable {
    key: String,
    hash: Sha256,
}

impl Repeatable {
    /// `None` for a request without the header.
    pub fn of(headers: &HeaderMap, path: &str) -> Result<Option<Self>, Refusal> {
        let Some(key) = headers.get("idempotency-key") else { return Ok(None) };
        let visible = key.as_bytes().iter().all(u8::is_ascii_graphic);
        let chars = 1..=limits::IDEMPOTENCY_KEY_CHARS_MAX;
        match key.to_str() {
            Ok(key) if visible && chars.contains(&key.len()) => {
                let hash = Sha256::new_with_prefix(path).chain_update("\n");
                Ok(Some(Self { key: key.to_owned(), hash }))
            }
            _ => Err(bad_request(format!(
                "`Idempotency-Key` must have 1 to {} visible ASCII characters",
                chars.end()
            ))),
        }
    }

    pub fn read(&mut self, body: &[u8]) {
        self.hash.update(body);
    }

    pub fn finish(self) -> Idempotency {
        Idempotency { key: self.key, request: self.hash.finalize().into() }
    }
}
