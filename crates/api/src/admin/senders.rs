//! `/admin/v1/senders…`: sender names, and which accounts may use them.

use std::str::FromStr;

use axum::Json;
use axum::extract::State;
use domain::account::sender::{Sender, SenderEvent, SenderState};
use domain::id::{AccountId, SenderNumber};
use domain::ports::SenderList;
use http::{By, JsonObject, QueryPairs, Refusal};
use serde::Deserialize;
use serde_json::{Value, json};

use super::error_response::{field, none, sender_not_decided, sender_not_requested, store_failed};
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
    let state =
        state.map_err(|_| field("status", "must be requested, approved, rejected or withdrawn"))?;
    let after = integer(&query, "after")?.map(SenderNumber);
    let list = SenderList { account: account(&query)?, state, after, limit: limit + 1 };
    let found = door.engine.directory.sender_page(list).await.map_err(store_failed)?;
    Ok(Json(page(found, limit, view, |sender| json!(sender.number.0))))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewSender {
    account: i64,
    name: String,
}

/// On behalf of an account; the name waits for a decision.
pub(crate) async fn request_sender(
    State(door): State<DoorState>,
    By(by): By,
    JsonObject(new): JsonObject<NewSender>,
) -> Result<Json<Value>, Refusal> {
    let account = AccountId(new.account);
    let sender = door.engine.directory.request_sender(account, &new.name, by).await;
    sender.map(|sender| Json(view(&sender))).map_err(sender_not_requested)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Note {
    /// Why.
    note: Option<String>,
}

async fn decide(
    door: &DoorState,
    id: i64,
    event: SenderEvent,
    By(by): By,
    body: Option<JsonObject<Note>>,
) -> Result<Json<Value>, Refusal> {
    let note = body.and_then(|JsonObject(Note { note })| note);
    let decided = door.engine.directory.decide_sender(SenderNumber(id), event, note, by).await;
    decided.map(|sender| Json(view(&sender))).map_err(sender_not_decided)
}

pub(crate) async fn approve_sender(
    State(door): State<DoorState>,
    Named(id): Named,
    by: By,
    body: Option<JsonObject<Note>>,
) -> Result<Json<Value>, Refusal> {
    decide(&door, id, SenderEvent::Approve, by, body).await
}

pub(crate) async fn reject_sender(
    State(door): State<DoorState>,
    Named(id): Named,
    by: By,
    body: Option<JsonObject<Note>>,
) -> Result<Json<Value>, Refusal> {
    decide(&door, id, SenderEvent::Reject, by, body).await
}

pub(crate) async fn withdraw_sender(
    State(door): State<DoorState>,
    Named(id): Named,
    by: By,
    body: Option<JsonObject<Note>>,
) -> Result<Json<Value>, Refusal> {
    decide(&door, id, SenderEvent::Withdraw, by, body).await
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
    let found = door.engine.directory.share_sender(SenderNumber(id), shared, by).await;
    found.map_err(store_failed)?.map(|sender| Json(view(&sender))).ok_or_else(none)
}
