//! `view/callbacks`: calls of the account's callback addresses, newest first, 100 at a time. The old service's
//! shape is not known; the fields are ours, and so is `before`.

use axum::extract::State;
use axum::response::Response;
use domain::event::TargetKind;
use domain::id::EventId;
use domain::ports::{EventSearch, EventSubject, FoundEvent};

use super::answer::{Failure, Success};
use super::call::Call;
use super::parameters::Parameters;
use super::tree::Node;
use crate::settings::DoorState;

const ROWS: u32 = 100;

pub(crate) async fn view_callbacks(State(door): State<DoorState>, call: Call) -> Response {
    call.answer(list(&door, &call).await)
}

async fn list(door: &DoorState, call: &Call) -> Result<Success, Failure> {
    let account = call.looking()?;
    let before = before(&call.parameters)?.map(EventId);
    let target = Some(TargetKind::Callback);
    let search = EventSearch {
        account: Some(account),
        target,
        before,
        limit: ROWS,
        ..EventSearch::default()
    };
    let found = door.engine.events.find(search).await?;
    let callbacks = found.events.iter().map(view).collect();
    Ok(Success::of("VIEW_CALLBACKS", "callbacks", Node::List(callbacks)))
}

/// The last `callbackid` of the page before.
fn before(parameters: &Parameters) -> Result<Option<i64>, Failure> {
    let Some(text) = parameters.get("before") else { return Ok(None) };
    let id = text.trim().parse().ok().filter(|id| *id > 0);
    let wrong = || Failure::new("BAD_REQUEST").because("`before` must be a callbackid");
    id.map(Some).ok_or_else(wrong)
}

fn view(event: &FoundEvent) -> Node {
    let kind = match event.subject {
        EventSubject::Inbound(_) => "incoming",
        EventSubject::Order(_) | EventSubject::Campaign(_) => "report",
    };
    Node::object([
        ("callbackid", event.id.0.into()),
        ("url", event.url.as_deref().unwrap_or_default().into()),
        ("kind", kind.into()),
        ("state", event.state.as_str().into()),
        ("attempts", event.attempts.into()),
        ("timestamp", event.at.as_secs().into()),
        ("next", event.due_at.map(|at| at.as_secs()).into()),
        ("ended", event.ended_at.map(|at| at.as_secs()).into()),
    ])
}
