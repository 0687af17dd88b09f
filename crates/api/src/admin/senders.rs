//! `/admin/v1/senders…`: who may send as whom.

use std::str::FromStr;

use axum::Json;
use axum::extract::State;
use domain::account::sender::{Sender, SenderEvent, SenderState};
use domain::id::{AccountId, SenderNumber};
use domain::number::SenderId;
use domain::ports::SenderList;
use http::{By, JsonObject, QueryPairs, Refusal, bad_request};
use serde::Deserialize;
use serde_json::{Value, json};

use super::accounts::must_be_there;
use super::error_response::{field, none, not_done};
use super::page::{account, integer, limit, page};
use super::path::Named;
use crate::moment::Moment;
use crate::settings::DoorState;

fn view(sender: &Sender) -> Value {
    json!({
        "id": sender.number.0,
        "account": sender.account,
        "name": sender.name.as_str(),
        "status": sender.state.as_str(),
        "shared": sender.shared,
        "decidedBy": sender.decided.by.to_string(),
        "decidedAt": Moment(sender.decided.at),
        "note": sender.decided.note,
        "createdAt": Moment(sender.created_at),
    })
}

pub(crate) async fn list_all_senders(
    State(door): State<DoorState>,
    query: QueryPairs,
) -> Result<Json<Value>, Refusal> {
    let limit = limit(&query)?;
    let state = query.written("status").map(SenderState::from_str).transpose();
    let state = state
        .map_err(|_| bad_request("`status` must be requested, approved, rejected or withdrawn"))?;
    let after = integer(&query, "after")?.map(SenderNumber);
    let list = SenderList { account: account(&query)?, state, after, limit: limit + 1 };
    let found = door.engine.house().sender_list(list).await.map_err(not_done)?;
    Ok(Json(page(found, limit, view, |sender| json!(sender.number.0))))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wanted {
    account: i64,
    name: String,
}

/// On behalf of an account: it waits to be decided about.
pub(crate) async fn request_sender(
    State(door): State<DoorState>,
    By(by): By,
    JsonObject(wanted): JsonObject<Wanted>,
) -> Result<Json<Value>, Refusal> {
    let name = field("name", SenderId::from_str(&wanted.name))?;
    let account = AccountId(wanted.account);
    must_be_there(&door, account).await?;
    let now = door.engine.now();
    let sender = door.engine.house().request_sender(account, name, by, now).await;
    sender.map(|sender| Json(view(&sender))).map_err(not_done)
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(crate) struct Note {
    /// Why.
    note: Option<String>,
}

const NOTE_CHARS_MAX: usize = 200;

async fn decide(
    door: &DoorState,
    id: i64,
    event: SenderEvent,
    By(by): By,
    Note { note }: Note,
) -> Result<Json<Value>, Refusal> {
    if note.as_ref().is_some_and(|note| note.chars().count() > NOTE_CHARS_MAX) {
        return Err(bad_request(format!("`note` has at most {NOTE_CHARS_MAX} characters")));
    }
    let (house, now) = (door.engine.house(), door.engine.now());
    let decided = house.decide_sender(SenderNumber(id), event, note, by, now).await;
    decided.map_err(not_done)?.map(|sender| Json(view(&sender))).ok_or_else(none)
}

pub(crate) async fn approve_sender(
    State(door): State<DoorState>,
    Named(id): Named,
    by: By,
    JsonObject(note): JsonObject<Note>,
) -> Result<Json<Value>, Refusal> {
    decide(&door, id, SenderEvent::Approve, by, note).await
}

pub(crate) async fn reject_sender(
    State(door): State<DoorState>,
    Named(id): Named,
    by: By,
    JsonObject(note): JsonObject<Note>,
) -> Result<Json<Value>, Refusal> {
    decide(&door, id, SenderEvent::Reject, by, note).await
}

pub(crate) async fn withdraw_sender(
    State(door): State<DoorState>,
    Named(id): Named,
    by: By,
    JsonObject(note): JsonObject<Note>,
) -> Result<Json<Value>, Refusal> {
    decide(&door, id, SenderEvent::Withdraw, by, note).await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Share {
    shared: bool,
}

pub(crate) async fn share_sender(
    State(door): State<DoorState>,
    Named(id): Named,
    By(by): By,
    JsonObject(Share { shared }): JsonObject<Share>,
) -> Result<Json<Value>, Refusal> {
    let (house, now) = (door.engine.house(), door.engine.now());
    let found = house.share_sender(SenderNumber(id), shared, by, now).await.map_err(not_done)?;
    found.map(|sender| Json(view(&sender))).ok_or_else(none)
}
