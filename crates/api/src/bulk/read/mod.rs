//! The body of `send` and `preview`, read while it arrives.
//!
//! ```text
//! small ── collected ── parsed where it is
//! large ── chunks ── bounded queue ── a blocking thread: bounds, hash, parser ── numbers, 8 bytes each
//! ```
//!
//! A mistake ends the reading at once, and a body that breaks off changes nothing.

mod arriving;
mod bounds;
mod collect;
mod feed;
mod field_error;
mod numbers;
mod send_request;
mod upload_slots;
mod variables;

pub(super) use send_request::SendRequest;
pub(crate) use upload_slots::UploadSlots;

use axum::extract::Request;
use domain::id::AccountId;
use domain::number::Notation;
use http::{
    BodyLimits, Refusal, Repeatable, announced_length, bad_request, too_large, without_bom,
};
use tokio::time::Instant;

use self::bounds::Bounds;
use self::collect::{Begun, begin};
use self::feed::feed;
use self::send_request::read_object;
use self::upload_slots::UploadSlot;
use crate::settings::DoorState;

/// Bodies up to this size are parsed in place: handing them to another thread takes longer.
const SMALL_BYTES_MAX: usize = 64 * 1_024;

/// The request, and the slot that its body takes.
pub(super) async fn read_send_request(
    request: Request,
    account: AccountId,
    door: &DoorState,
) -> Result<(SendRequest, Option<UploadSlot>), Refusal> {
    let repeatable = Repeatable::of(request.headers(), request.uri().path())?;
    let settings = &door.settings;
    let begun_at = Instant::now();
    let announced = announced_length(request.headers());
    if announced > settings.bulk_body_bytes_max {
        return Err(too_large(settings.bulk_body_bytes_max));
    }
    // Taken before anything is read, when it is known that it will be needed.
    let slot =
        if announced > SMALL_BYTES_MAX { Some(door.upload_slots.take(account)?) } else { None };
    let limits = BodyLimits { bytes_max: SMALL_BYTES_MAX, timeout: settings.read_timeout };
    match begin(request.into_body(), limits).await? {
        Begun::Whole(bytes) => Ok((parse(&bytes, settings.numbers, repeatable)?, slot)),
        Begun::Part(first, body) => {
            let slot = match slot {
                Some(slot) => slot,
                None => door.upload_slots.take(account)?,
            };
            let request = feed(door, first, body, repeatable, begun_at, &slot).await?;
            Ok((request, Some(slot)))
        }
    }
}

fn parse(
    bytes: &[u8],
    notation: Notation,
    repeatable: Option<Repeatable>,
) -> Result<SendRequest, Refusal> {
    let bytes = without_bom(bytes);
    if bytes.trim_ascii().is_empty() {
        return Err(bad_request("the request body is empty; it must be a JSON object"));
    }
    Bounds::default().pass(bytes).map_err(|out| bad_request(out.to_string()))?;
    let request = read_object(serde_json::Deserializer::from_slice(bytes), notation)?;
    let idempotency = repeatable.map(|mut repeatable| {
        repeatable.read(bytes);
        repeatable.finish()
    });
    Ok(SendRequest { idempotency, ..request })
}
