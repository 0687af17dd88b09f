//! `GET /api/mobile/v1/events`: the phone's stream. Its first bytes come at once; then it is asked to fetch webhooks and
//! settings, because an app that has just registered would wait a day.

use std::convert::Infallible;
use std::time::Duration;

use axum::extract::State;
use axum::response::sse::{Event, KeepAlive, Sse};
use engine::phones::{PhoneStream, Push};
use futures_util::{Stream, StreamExt, stream};
use http::{Refusal, Stopping};

use super::caller::OfPhone;
use crate::settings::DoorState;

/// Keeps proxies from closing the stream.
const COMMENT_EVERY: Duration = Duration::from_secs(15);

pub(crate) async fn follow_events(
    State(door): State<DoorState>,
    OfPhone(phone): OfPhone,
    stopping: Stopping,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Refusal> {
    let pushes = door.engine.phones.follow(phone.id);
    let first = [
        Event::default().comment("ok"),
        event(Push::WebhooksUpdated),
        event(Push::SettingsUpdated),
    ];
    let rest = stream::unfold((pushes, stopping), next);
    let events = stream::iter(first).chain(rest).map(Ok);
    let alive = KeepAlive::new().interval(COMMENT_EVERY).text("keepalive");
    Ok(Sse::new(events).keep_alive(alive))
}

/// Ends when the server stops: the phone connects again.
async fn next(
    (mut pushes, mut stopping): (PhoneStream, Stopping),
) -> Option<(Event, (PhoneStream, Stopping))> {
    let push = tokio::select! {
        push = pushes.next() => push?,
        () = stopping.stopped() => return None,
    };
    Some((event(push), (pushes, stopping)))
}

/// An event without data is never delivered by the app's library.
fn event(push: Push) -> Event {
    let name = match push {
        Push::WebhooksUpdated => "WebhooksUpdated",
        Push::TextsWaiting => "MessageEnqueued",
        Push::SettingsUpdated | Push::End => "SettingsUpdated",
    };
    Event::default().event(name).data("{}")
}
