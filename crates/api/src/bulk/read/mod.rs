//! The body of `send` and `preview`, read while it arrives.
//!
//! ```text
//! small ── collected ── parsed where it is
//! large ── chunks ── bounded queue ── a blocking thread: bounds, hash, parser ── numbers, 8 bytes each
//! ```
//!
//! What is wrong ends the reading at once, and a body that breaks off is as if it had never begun.

mod asked;
mod bounds;
mod collect;
mod feed;

pub(super) use asked::Asked;

use axum::extract::Request;
use axum::http::header::CONTENT_LENGTH;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::Instant;

use self::asked::parse;
use self::collect::{Begun, begin};
use self::feed::feed;
use super::idempotency::Repeatable;
use super::refused::{Refused, unavailable};
use crate::refusal::too_large;
use crate::settings::Door;

/// Bodies up to this are parsed where they are read: handing them to another thread takes longer.
const SMALL_BYTES_MAX: usize = 64 * 1_024;

/// A place among the large bodies that are in memory; kept until what was read is stored.
pub(super) struct Room(
    #[expect(dead_code, reason = "dropping it is its use")] OwnedSemaphorePermit,
);

/// What is asked, and the room that it takes.
pub(super) async fn read_asked(
    request: Request,
    door: &Door,
) -> Result<(Asked, Option<Room>), Refused> {
    let repeatable = Repeatable::of(request.headers(), request.uri().path())?;
    let settings = &door.settings;
    let begun_at = Instant::now();
    let announced = announced(&request);
    if announced > settings.bulk_body_bytes_max {
        return Err(Refused::from(too_large(settings.bulk_body_bytes_max)));
    }
    // Taken before anything is read, when it is known that it will be needed.
    let room = if announced > SMALL_BYTES_MAX { Some(take_room(door)?) } else { None };
    let begun = begin(request.into_body(), SMALL_BYTES_MAX, settings.read_timeout).await?;
    match begun {
        Begun::Whole(bytes) => Ok((parse(&bytes, settings.home, repeatable)?, room)),
        Begun::Part(first, body) => {
            let room = match room {
                Some(room) => room,
                None => take_room(door)?,
            };
            let asked = feed(door, first, body, repeatable, begun_at).await?;
            Ok((asked, Some(room)))
        }
    }
}

/// What the head says; digits that fit no integer are a length beyond every limit.
fn announced(request: &Request) -> usize {
    let length = request.headers().get(CONTENT_LENGTH);
    length.map_or(0, |length| {
        length.to_str().ok().and_then(|text| text.parse().ok()).unwrap_or(usize::MAX)
    })
}

fn take_room(door: &Door) -> Result<Room, Refused> {
    let room = door.large_bodies.clone().try_acquire_owned();
    room.map(Room).map_err(|_| {
        unavailable("too many large requests are being read; try again shortly").unread()
    })
}
