//! The beginning of a body: all of it, or as much as shows that it is a large one.

use std::future::poll_fn;
use std::pin::Pin;
use std::time::Duration;

use axum::body::{Body, HttpBody};
use bytes::{Bytes, BytesMut};

use super::super::refused::Refused;
use crate::refusal::{bad_request, too_slow};

pub(super) enum Begun {
    Whole(Bytes),
    /// More bytes than a small body has, and the rest.
    Part(Bytes, Body),
}

pub(super) async fn begin(
    body: Body,
    bytes_max: usize,
    within: Duration,
) -> Result<Begun, Refused> {
    tokio::time::timeout(within, collect(body, bytes_max))
        .await
        .unwrap_or_else(|_| Err(Refused::from(too_slow(within))))
}

async fn collect(mut body: Body, bytes_max: usize) -> Result<Begun, Refused> {
    let mut bytes = BytesMut::new();
    while let Some(data) = next(&mut body).await? {
        if bytes.is_empty() && data.len() > bytes_max {
            return Ok(Begun::Part(data, body));
        }
        bytes.extend_from_slice(&data);
        if bytes.len() > bytes_max {
            return Ok(Begun::Part(bytes.freeze(), body));
        }
    }
    Ok(Begun::Whole(bytes.freeze()))
}

/// The next bytes; `None` at the end.
pub(super) async fn next(body: &mut Body) -> Result<Option<Bytes>, Refused> {
    while let Some(frame) = poll_fn(|cx| Pin::new(&mut *body).poll_frame(cx)).await {
        let frame = frame.map_err(|_| bad_request("the request body broke off"))?;
        if let Ok(data) = frame.into_data() {
            return Ok(Some(data));
        }
    }
    Ok(None)
}
