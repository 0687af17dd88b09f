//! Finds out who calls and whether he calls too often. A key has the limit it was given, which may
//! be none; everybody else is limited by where he calls from. Programs on this machine are not:
//! they are the operator's own. A proxy on it is one of them unless the operator named it.

use std::sync::LazyLock;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::HeaderValue;
use axum::http::header::CACHE_CONTROL;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use engine::accounts::Caller;
use tokio::time::Instant;

use super::caller::{Identity, identify};
use super::origin::Origin;
use super::rate::{Client, Rate};
use crate::refusal::too_many;
use crate::settings::Door;

/// Where the limiter's time begins.
static START: LazyLock<Instant> = LazyLock::new(Instant::now);

pub(crate) async fn admit(State(door): State<Door>, mut request: Request, next: Next) -> Response {
    let origin = Origin::of(&request, &door.settings.trusted_proxies);
    let identity = identify(&door.engine, request.headers()).await;
    let counted = match &identity {
        Identity::Known(caller) => count_key(&door, caller),
        Identity::Stranger | Identity::Refused(_) => count_origin(&door, origin),
    };
    if let Err(wait) = counted {
        return too_many(wait).into_response();
    }
    request.extensions_mut().insert(origin);
    request.extensions_mut().insert(identity);
    let mut response = next.run(request).await;
    // Balances and states are of the moment, and some answers hold secrets.
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// For routes that know no keys.
pub(crate) async fn admit_stranger(
    State(door): State<Door>,
    request: Request,
    next: Next,
) -> Response {
    let origin = Origin::of(&request, &door.settings.trusted_proxies);
    match count_origin(&door, origin) {
        Err(wait) => too_many(wait).into_response(),
        Ok(()) => next.run(request).await,
    }
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
