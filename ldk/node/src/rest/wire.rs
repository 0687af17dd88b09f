//! Encodings of LND's JSON, and the extraction of bodies with LND's errors.

use axum::Json;
use axum::extract::rejection::{JsonRejection, QueryRejection};
use axum::extract::{FromRequest, FromRequestParts, Query};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::de::{Deserializer, Error as _};
use serde::{Deserialize, Serialize};

use super::RestError;
use crate::Hash;

/// A body; LND ignores its `Content-Type`, we ask for JSON.
#[derive(FromRequest)]
#[from_request(via(Json), rejection(RestError))]
pub(super) struct Body<T>(pub(super) T);

#[derive(FromRequestParts)]
#[from_request(via(Query), rejection(RestError))]
pub(super) struct Params<T>(pub(super) T);

impl From<JsonRejection> for RestError {
    fn from(rejection: JsonRejection) -> Self {
        Self::bad(rejection.body_text())
    }
}

impl From<QueryRejection> for RestError {
    fn from(rejection: QueryRejection) -> Self {
        Self::bad(rejection.body_text())
    }
}

/// A hash or preimage in a body.
pub(super) fn bytes32(text: &str) -> Result<Hash, RestError> {
    let bytes = STANDARD.decode(text);
    let bytes = bytes.map_err(|error| RestError::bad(format!("illegal base64 data: {error}")))?;
    Hash::try_from(bytes)
        .map_err(|bytes| RestError::bad(format!("invalid hash length of {}, want 32", bytes.len())))
}

/// A hash in a path or query; both alphabets are understood there.
pub(super) fn url_bytes32(text: &str) -> Result<Hash, RestError> {
    let padded = text.replace('-', "+").replace('_', "/").replace(' ', "+");
    bytes32(&padded)
}

pub(super) fn base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// 64-bit numbers are strings; numbers are understood.
pub(super) fn uint64<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Either {
        Number(u64),
        Text(String),
    }
    match Either::deserialize(deserializer)? {
        Either::Number(number) => Ok(number),
        Either::Text(text) => text.parse().map_err(D::Error::custom),
    }
}

/// Satoshis and millisatoshis of one amount.
#[derive(Debug, Clone, Copy, Serialize)]
pub(super) struct Amount {
    #[serde(serialize_with = "text")]
    sat: u64,
    #[serde(serialize_with = "text")]
    msat: u64,
}

impl Amount {
    pub(super) const fn of_msat(msat: u64) -> Self {
        Self { sat: msat / 1_000, msat }
    }
}

pub(super) fn text<S: serde::Serializer>(number: &u64, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(number)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use base64::engine::general_purpose::URL_SAFE;

    use super::*;

    #[test]
    fn both_alphabets_are_understood_where_a_url_has_them() {
        let hash: Hash = [0xfb, 0xff].repeat(16).try_into().unwrap();
        assert_eq!(bytes32(&STANDARD.encode(hash)).unwrap(), hash);
        assert_eq!(url_bytes32(&URL_SAFE.encode(hash)).unwrap(), hash);
        assert_eq!(url_bytes32(&STANDARD.encode(hash)).unwrap(), hash);
        // A plus that nobody escaped is a blank.
        assert_eq!(url_bytes32(&STANDARD.encode(hash).replace('+', " ")).unwrap(), hash);
    }

    #[test]
    fn other_lengths_are_refused() {
        for text in ["", "AAAA", "!", &STANDARD.encode([0; 33])] {
            bytes32(text).unwrap_err();
        }
    }
}
