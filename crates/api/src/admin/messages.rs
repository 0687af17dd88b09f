//! `/admin/v1/accounts/{account}/messages…`: messages to many of an account, and whom they went to.

use std::str::FromStr;

use axum::Json;
use axum::extract::State;
use domain::id::MessageId;
use domain::limits::RECIPIENTS_PAGE_MAX;
use domain::message::MessageState;
use domain::message::campaign::{BulkMessage, BulkRecipient};
use domain::message::recipient::RecipientState;
use domain::money::Msat;
use domain::number::SenderId;
use domain::ports::{Charge, RecipientList};
use http::{QueryPairs, Refusal, bad_request};
use serde_json::{Value, json};

use super::accounts::must_be_there;
use super::error_response::{none, not_done};
use super::page::{integer, limit, page, uuid};
use super::path::{Of, Sent};
use crate::moment::Moment;
use crate::settings::DoorState;

fn view(message: &BulkMessage) -> Value {
    let counts = &message.counts;
    json!({
        "uuid": message.id.to_string(),
        "account": message.account,
        "sender": message.sender.as_ref().map(SenderId::as_str),
        "parts": message.parts,
        "status": message.state.as_str(),
        "paused": message.paused,
        "recipients": counts.total(),
        "counts": {
            "pending": counts.pending,
            "submitted": counts.submitted,
            "success": counts.success,
            "failed": counts.failed,
            "invalid": counts.invalid,
            "blocked": counts.blocked,
            "expired": counts.expired,
            "timeout": counts.timeout,
        },
        "priceMsat": message.price,
        "chargedMsat": message.charged,
        "refundedMsat": message.refunded,
        "scheduledAt": message.start_at.map(Moment),
        "createdAt": Moment(message.created_at),
        "endedAt": message.ended_at.map(Moment),
    })
}

pub(crate) async fn list_account_messages(
    State(door): State<DoorState>,
    Of(account): Of,
    query: QueryPairs,
) -> Result<Json<Value>, Refusal> {
    must_be_there(&door, account).await?;
    let limit = limit(&query)?.min(domain::limits::MESSAGES_PAGE_MAX);
    let state = query.written("status").map(MessageState::from_str).transpose();
    let state = state.map_err(|_| bad_request("`status` is none of a message"))?;
    let before = uuid(&query, "after")?.map(MessageId);
    let found = door.engine.house().bulk_page(account, state, before, limit + 1).await;
    Ok(Json(page(found.map_err(not_done)?, limit, view, |message| json!(message.id))))
}

pub(crate) async fn show_account_message(
    State(door): State<DoorState>,
    Sent(account, id): Sent,
) -> Result<Json<Value>, Refusal> {
    let house = door.engine.house();
    let message = house.bulk(account, id).await.map_err(not_done)?.ok_or_else(none)?;
    let charged = house.charged(Charge::Message(id)).await.map_err(not_done)?;
    let mut view = view(&message);
    view["givenBackMsat"] = json!(charged.map_or(Msat::ZERO, |charged| charged.refunded));
    Ok(Json(view))
}

fn recipient_view(recipient: &BulkRecipient) -> Value {
    json!({
        "index": recipient.index,
        "address": recipient.address,
        "status": recipient.state.as_str(),
        "reason": recipient.reason.map(|reason| reason.as_str()),
        "priceMsat": recipient.price,
        "updatedAt": Moment(recipient.updated_at),
    })
}

/// By index. Of a rare state a page may be short, and goes on.
pub(crate) async fn list_message_recipients(
    State(door): State<DoorState>,
    Sent(account, id): Sent,
    query: QueryPairs,
) -> Result<Json<Value>, Refusal> {
    let limit = limit(&query)?.min(RECIPIENTS_PAGE_MAX);
    let state = query.written("status").map(RecipientState::from_str).transpose();
    let state = state.map_err(|_| bad_request("`status` is none of a recipient"))?;
    let first = u32::try_from(integer(&query, "after")?.unwrap_or(0)).unwrap_or(u32::MAX);
    let house = door.engine.house();
    house.bulk(account, id).await.map_err(not_done)?.ok_or_else(none)?;
    let list = RecipientList { states: state.into_iter().collect(), first, limit };
    let found = house.bulk_recipients(id, list).await.map_err(not_done)?;
    let data: Vec<_> = found.recipients.iter().map(recipient_view).collect();
    Ok(Json(json!({ "data": data, "next": found.next })))
}
