//! `view/callbacks`: calls of the account's callback addresses, newest first. The old service's shape is not known;
//! the fields are ours.

use axum::extract::State;
use axum::response::Response;
use domain::event::TargetKind;
use domain::ports::{EventSearch, EventSubject, FoundEvent};

use super::answer::{Failure, Success};
use super::call::Call;
use super::page::page;
use super::tree::Node;
use crate::settings::DoorState;

const ROWS: u32 = 100;

pub(crate) async fn view_callbacks(State(door): State<DoorState>, call: Call) -> Response {
    call.answer(list(&door, &call).await)
}

/// Pages are walked from the first: each begins after the last event of the one before.
async fn list(door: &DoorState, call: &Call) -> Result<Success, Failure> {
    let account = call.looking()?;
    let target = Some(TargetKind::Callback);
    let mut search =
        EventSearch { account: Some(account), target, limit: ROWS, ..EventSearch::default() };
    let mut found = door.engine.events.find(search).await?;
    for _ in 1..page(&call.parameters)?.min(PAGE_MAX) {
        let Some(next) = found.next else {
            found.events.clear();
            break;
        };
        search.before = Some(next);
        found = door.engine.events.find(search).await?;
    }
    let callbacks = found.events.iter().map(view).collect();
    Ok(Success::of("VIEW_CALLBACKS", "callbacks", Node::List(callbacks)))
}

/// Each page before the one that is asked for is a search.
const PAGE_MAX: u32 = 100;

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
