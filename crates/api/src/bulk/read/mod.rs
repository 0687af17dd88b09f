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
mod rooms;

pub(super) use asked::Asked;
pub(crate) use rooms::Rooms;

use axum::extract::Request;
use axum::http::header::CONTENT_LENGTH;
use domain::id::AccountId;
use tokio::time::Instant;

use self::asked::parse;
use self::collect::{Begun, begin};
use self::feed::feed;
use self::rooms::Room;
use super::idempotency::Repeatable;
use super::refused::Refused;
use crate::refusal::too_large;
use crate::settings::Door;

/// Bodies up to this are parsed where they are read: handing them to another thread takes longer.
const SMALL_BYTES_MAX: usize = 64 * 1_024;

/// What is asked, and the room that it takes.
pub(super) async fn read_asked(
    request: Request,
    account: AccountId,
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
    let room = if announced > SMALL_BYTES_MAX { Some(door.rooms.take(account)?) } else { None };
    let begun = begin(request.into_body(), SMALL_BYTES_MAX, settings.read_timeout).await?;
    match begun {
        Begun::Whole(bytes) => Ok((parse(&bytes, settings.home, repeatable)?, room)),
        Begun::Part(first, body) => {
            let room = match room {
                Some(room) => room,
                None => door.rooms.take(account)?,
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
