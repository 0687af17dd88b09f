//! The macaroon of a call: LND's header with the bytes of the file in hexadecimal. Ours have no caveats: one file allows
//! everything, the other what Boltgram does.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

use super::RestError;
use crate::data_dir::Macaroons;

const HEADER: &str = "grpc-metadata-macaroon";

#[derive(Clone)]
pub(super) struct Auth {
    allowed: Arc<[Vec<u8>]>,
    known: Arc<[Vec<u8>]>,
}

impl Auth {
    pub(super) fn boltgram(macaroons: &Macaroons) -> Self {
        let both: Arc<[_]> = [macaroons.admin.clone(), macaroons.boltgram.clone()].into();
        Self { allowed: Arc::clone(&both), known: both }
    }

    pub(super) fn admin(macaroons: &Macaroons) -> Self {
        Self { allowed: [macaroons.admin.clone()].into(), ..Self::boltgram(macaroons) }
    }
}

pub(super) async fn check(State(auth): State<Auth>, request: Request, next: Next) -> Response {
    let Some(shown) = request.headers().get(HEADER) else {
        return RestError::refused("expected 1 macaroon, got 0").into_response();
    };
    let shown = hex::decode(shown.as_bytes()).unwrap_or_default();
    if has(&auth.allowed, &shown) {
        next.run(request).await
    } else if has(&auth.known, &shown) {
        RestError::refused("permission denied").into_response()
    } else {
        RestError::refused("verification failed: signature mismatch after caveat verification")
            .into_response()
    }
}

fn has(macaroons: &[Vec<u8>], shown: &[u8]) -> bool {
    macaroons.iter().fold(false, |found, macaroon| found | same(macaroon, shown))
}

/// In a time that does not depend on where they differ.
fn same(left: &[u8], right: &[u8]) -> bool {
    left.len() == right.len()
        && left.iter().zip(right).fold(0, |differ, (left, right)| differ | (left ^ right)) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_same_bytes_are_the_same() {
        assert!(same(b"abc", b"abc"));
        assert!(!same(b"abc", b"abd"));
        assert!(!same(b"abc", b"ab"));
        assert!(!has(&[b"abc".to_vec()], b""));
    }
}
