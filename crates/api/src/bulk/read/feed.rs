//! A large body on its way to the thread that parses it.

use axum::body::Body;
use bytes::Bytes;
use domain::number::Notation;
use http::{
    Refusal, Repeatable, bad_request, below_pace, lost_place, next_chunk, too_large, too_slow,
    without_bom,
};
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout_at};

use super::arriving::Arriving;
use super::send_request::{SendRequest, read_object};
use super::upload_slots::UploadSlot;
use crate::bulk::error_response::store_failed;
use crate::settings::DoorState;

/// Chunks that wait for the parser. It is faster than any network, so the queue is nearly always empty.
const CHUNKS_MAX: usize = 4;

/// Reads a body that began with `first`. Some bytes must come within every read timeout, all of them
/// within the bulk one, and meanwhile at no slower pace than is allowed. A slow one may lose its slot.
pub(super) async fn feed(
    door: &DoorState,
    first: Bytes,
    body: Body,
    repeatable: Option<Repeatable>,
    begun_at: Instant,
    slot: &UploadSlot,
) -> Result<SendRequest, Refusal> {
    let (chunks, arriving) = mpsc::channel(CHUNKS_MAX);
    let notation = door.settings.numbers;
    let parsing = door
        .engine
        .accept
        .run_blocking(move || parse_arriving(Arriving::new(arriving, repeatable), notation));
    let (read, parsed) = tokio::join!(pump(door, first, body, chunks, begun_at, slot), parsing);
    // A mistake in the part that came says more than how the reading ended.
    match (read, parsed.map_err(|error| store_failed(&error))?) {
        (Ok(Ended::ByParser), parsed) => parsed.map_err(Refusal::unread),
        (Ok(Ended::Whole), parsed) => parsed,
        (Err(refused), _) => Err(refused),
    }
}

/// Blocks.
fn parse_arriving(mut arriving: Arriving, notation: Notation) -> Result<SendRequest, Refusal> {
    let read = read_object(serde_json::Deserializer::from_reader(arriving.buffered()), notation);
    let request = read.map_err(|refusal| match arriving.out_of_bounds {
        Some(out) => bad_request(out.to_string()),
        None => refusal,
    })?;
    let idempotency = arriving.repeatable.map(Repeatable::finish);
    Ok(SendRequest { idempotency, ..request })
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ended {
    Whole,
    /// It needs no more bytes.
    ByParser,
}

/// Hands chunks over as they arrive, and waits when the parser does not keep up.
async fn pump(
    door: &DoorState,
    first: Bytes,
    mut body: Body,
    chunks: mpsc::Sender<Bytes>,
    begun_at: Instant,
    slot: &UploadSlot,
) -> Result<Ended, Refusal> {
    let settings = &door.settings;
    let bytes_max = settings.bulk_body_bytes_max;
    let mut bytes = 0;
    let mut chunk = Some(first.slice_ref(without_bom(&first)));
    while let Some(data) = chunk {
        bytes += data.len();
        slot.arrived(data.len());
        if bytes > bytes_max {
            return Err(too_large(bytes_max));
        }
        if chunks.send(data).await.is_err() {
            return Ok(Ended::ByParser);
        }
        let idle = (Instant::now() + settings.read_timeout, settings.read_timeout);
        let whole = (begun_at + settings.bulk_read_timeout, settings.bulk_read_timeout);
        let (end, within) = idle.min(whole);
        let arrived = u64::try_from(bytes).unwrap_or(u64::MAX);
        let pace_end = begun_at + settings.upload_pace.time_for(arrived);
        chunk = tokio::select! {
            read = timeout_at(end.min(pace_end), next_chunk(&mut body)) => read.map_err(|_| {
                if pace_end < end { below_pace(settings.upload_pace) } else { too_slow(within) }
            })??,
            () = chunks.closed() => return Ok(Ended::ByParser),
            () = slot.lost() => return Err(lost_place()),
        };
    }
    if slot.is_whole() { Ok(Ended::Whole) } else { Err(lost_place()) }
}
