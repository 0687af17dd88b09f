//! Finds out who calls and whether he calls too often. A key has the limit it was given, which may
//! be none; everybody else is limited by where he calls from. Programs on this machine are not:
//! they are the operator's own. A proxy on it is one of them unless the operator named it.

use std::sync::LazyLock;
use std::time::Duration;

use axum::extract::Request;
use engine::accounts::Caller;
use tokio::time::Instant;

use super::caller::{Identity, identify};
use super::origin::Origin;
use super::rate::{Client, Rate};
use crate::refusal::{Refusal, too_many};
use crate::settings::Door;

/// Where the limiter's time begins.
static START: LazyLock<Instant> = LazyLock::new(Instant::now);

/// A request that may go on knows its [`Origin`] and its [`Identity`].
pub(super) async fn admit(door: &Door, request: &mut Request) -> Result<(), Refusal> {
    let origin = Origin::of(request, &door.settings.trusted_proxies);
    let identity = identify(&door.engine, request.headers()).await;
    let counted = match &identity {
        Identity::Known(caller) => count_key(door, caller),
        Identity::Stranger | Identity::Refused(_) => count_origin(door, origin),
    };
    counted.map_err(too_many)?;
    let known = request.extensions_mut();
    known.insert(origin);
    known.insert(identity);
    Ok(())
}

/// For routes that know no keys.
pub(super) fn admit_stranger(door: &Door, request: &Request) -> Result<(), Refusal> {
    let origin = Origin::of(request, &door.settings.trusted_proxies);
    count_origin(door, origin).map_err(too_many)
}

/// As many requests at once as in a second.
fn count_key(door: &Door, caller: &Caller) -> Result<(), Duration> {
    let Some(rate) = caller.key.rate else { return Ok(()) };
    count(door, Client::Key(caller.key.id), Rate { per_second: rate, burst: rate })
}

fn count_origin(door: &Door, origin: Origin) -> Result<(), Duration> {
    let client = match origin {
        Origin::Local => return Ok(()),
        Origin::Network(address) => Client::Address(address),
        Origin::Unknown => Client::Crowd,
    };
    door.settings.address_rate.map_or(Ok(()), |rate| count(door, client, rate))
}

fn count(door: &Door, client: Client, rate: Rate) -> Result<(), Duration> {
    door.limiter.admit(client, rate, START.elapsed())
}
