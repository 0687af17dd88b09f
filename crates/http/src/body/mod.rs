//! Reading requests as real clients write them: JSON bodies, forms, query strings. Errors never quote
//! what was read.

mod content_type;
mod fields;
mod form;
mod half_surrogate;
mod idempotency;
mod json_object;
mod pace;
mod query;

use std::future::poll_fn;
use std::pin::Pin;
use std::time::Duration;

use axum::body::{Body, HttpBody};
use axum::extract::Request;
use axum::http::HeaderMap;
use axum::http::header::CONTENT_LENGTH;
use bytes::{Bytes, BytesMut};

use crate::envelope::{Refusal, bad_request, too_large, too_slow};

pub use fields::{FieldRules, Fields};
pub use form::{FormPair, form_pairs};
pub use idempotency::Repeatable;
pub use json_object::{JsonObject, parse as parse_json_object};
pub use pace::Pace;
pub use query::QueryPairs;

/// How much of a body is read, and for how long. Extractors that read bodies take it from the door's
/// state (`FromRef`).
#[derive(Debug, Clone, Copy)]
pub struct BodyLimits {
    pub bytes_max: usize,
    /// For the whole body.
    pub timeout: Duration,
}

/// A whole body. One whose announced length is too large is refused before anything is read.
pub async fn read_body(request: Request, limits: BodyLimits) -> Result<Bytes, Refusal> {
    if announced_length(request.headers()) > limits.bytes_max {
        return Err(too_large(limits.bytes_max));
    }
    // The whole body, not each piece of it: a client that sends a byte a second is slow too.
    tokio::time::timeout(limits.timeout, collect(request.into_body(), limits.bytes_max))
        .await
        .unwrap_or_else(|_| Err(too_slow(limits.timeout)))
}

/// `Content-Length`, 0 without one. Digits that fit no integer are a length beyond every limit; hyper
/// lets nothing else through.
pub fn announced_length(headers: &HeaderMap) -> usize {
    headers.get(CONTENT_LENGTH).map_or(0, |length| {
        length.to_str().ok().and_then(|text| text.parse().ok()).unwrap_or(usize::MAX)
    })
}

/// A body without the byte order mark (U+FEFF) that some programs write before JSON.
pub fn without_bom(body: &[u8]) -> &[u8] {
    body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body)
}

/// The next bytes; `None` at the end.
pub async fn next_chunk(body: &mut Body) -> Result<Option<Bytes>, Refusal> {
    while let Some(frame) = poll_fn(|cx| Pin::new(&mut *body).poll_frame(cx)).await {
        let frame = frame.map_err(|_| bad_request("the request body broke off"))?;
        if let Ok(data) = frame.into_data() {
            return Ok(Some(data));
        }
    }
    Ok(None)
}

async fn collect(mut body: Body, bytes_max: usize) -> Result<Bytes, Refusal> {
    let mut first = Bytes::new();
    let mut bytes = BytesMut::new();
    while let Some(data) = next_chunk(&mut body).await? {
        let had = first.len() + bytes.len();
        if data.len() > bytes_max - had {
            return Err(too_large(bytes_max));
        }
        // Nearly always the whole body comes at once, and then it is not copied.
        if had == 0 {
            first = data;
            continue;
        }
        bytes.extend_from_slice(&std::mem::take(&mut first));
        bytes.extend_from_slice(&data);
    }
    Ok(if bytes.is_empty() { first } else { bytes.freeze() })
}
