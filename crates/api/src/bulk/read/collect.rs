//! The beginning of a body: all of it, or as much as shows that it is a large one.

use axum::body::Body;
use bytes::{Bytes, BytesMut};
use http::{BodyLimits, Refusal, next_chunk, too_slow};

pub(super) enum Begun {
    Whole(Bytes),
    /// More bytes than a small body has, and the rest.
    Part(Bytes, Body),
}

pub(super) async fn begin(body: Body, limits: BodyLimits) -> Result<Begun, Refusal> {
    tokio::time::timeout(limits.timeout, collect(body, limits.bytes_max))
        .await
        .unwrap_or_else(|_| Err(too_slow(limits.timeout)))
}

async fn collect(mut body: Body, bytes_max: usize) -> Result<Begun, Refusal> {
    let mut bytes = BytesMut::new();
    while let Some(data) = next_chunk(&mut body).await? {
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
