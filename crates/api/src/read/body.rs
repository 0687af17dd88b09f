//! A request's body, whole, within a size and a time.

use std::future::poll_fn;
use std::pin::Pin;
use std::time::Duration;

use axum::body::{Body, HttpBody};
use axum::extract::Request;
use axum::http::header::CONTENT_LENGTH;
use bytes::{Bytes, BytesMut};

use crate::refusal::{Refusal, bad_request, too_large, too_slow};

/// A length announced as too large is refused before anything is read.
pub(crate) async fn read_body(
    request: Request,
    bytes_max: usize,
    within: Duration,
) -> Result<Bytes, Refusal> {
    let announced = request.headers().get(CONTENT_LENGTH).and_then(|value| value.to_str().ok());
    // Digits that fit no integer are a length beyond every limit; hyper let nothing else through.
    if announced.is_some_and(|text| text.parse().map_or(true, |bytes: usize| bytes > bytes_max)) {
        return Err(too_large(bytes_max));
    }
    // The whole body, not each piece of it: a client that sends a byte a second is slow too.
    tokio::time::timeout(within, collect(request.into_body(), bytes_max))
        .await
        .unwrap_or_else(|_| Err(too_slow(within)))
}

async fn collect(mut body: Body, bytes_max: usize) -> Result<Bytes, Refusal> {
    let mut first = Bytes::new();
    let mut bytes = BytesMut::new();
    while let Some(frame) = poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await {
        let frame = frame.map_err(|_| bad_request("the request body broke off"))?;
        let Ok(data) = frame.into_data() else { continue };
        let had = first.len() + bytes.len();
        if data.len() > bytes_max - had {
            return Err(too_large(bytes_max));
        }
        // Nearly always the whole comes at once, and then it need not be copied.
        if had == 0 {
            first = data;
            continue;
        }
        bytes.extend_from_slice(&std::mem::take(&mut first));
        bytes.extend_from_slice(&data);
    }
    Ok(if bytes.is_empty() { first } else { bytes.freeze() })
}
