//! `/admin/v1/accounts/{account}/messages…`: texts of an account, whichever door they came in by, and
//! their recipients.

use std::str::FromStr;

use axum::Json;
use axum::extract::State;
use domain::id::MessageId;
use domain::limits::RECIPIENTS_PAGE_MAX;
use domain::message::MessageState;
use domain::message::campaign::{BulkMessage, BulkRecipient};
use domain::message::recipient::RecipientState;
use domain::number::SenderId;
use domain::ports::RecipientList;
use http::{QueryPairs, Refusal};
use serde_json::{Value, json};

use super::error_response::{field, none, store_failed};
use super::page::{integer, limit, page, uuid};
use super::path::{Of, Sent};
use crate::moment::Moment;
use crate::settings::DoorState;

fn view(message: &BulkMessage) -> Value {
    let counts = &message.counts;
    json!({
        "uuid": message.id.to_string(),
        "account": message.account,
        "door": message.door.as_str(),
        "order": message.order.map(|order| order.to_string()),
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
    let limit = limit(&query)?.min(domain::limits::MESSAGES_PAGE_MAX);
    let state = query.written("status").map(MessageState::from_str).transpose();
    let state = state.map_err(|_| field("status", "must be a state of a message"))?;
    let before = uuid(&query, "after")?.map(MessageId);
    let found = door.engine.campaigns.page(account, state, before, limit + 1).await;
    let found = found.map_err(store_failed)?.ok_or_else(none)?;
    Ok(Json(page(found, limit, view, |message| json!(message.id))))
}

pub(crate) async fn show_account_message(
    State(door): State<DoorState>,
    Sent(account, id): Sent,
) -> Result<Json<Value>, Refusal> {
    let found = door.engine.campaigns.with_refunds(account, id).await.map_err(store_failed)?;
    let (message, refunded) = found.ok_or_else(none)?;
    let mut view = view(&message);
    view["givenBackMsat"] = json!(refunded);
    Ok(Json(view))
}

/// The price of an order is that of its one recipient.
fn recipient_view(message: &BulkMessage, recipient: &BulkRecipient) -> Value {
    let price = message.order.map_or(recipient.price, |_| message.price);
    json!({
        "index": recipient.index,
        "address": recipient.address,
        "status": recipient.state.as_str(),
        "reason": recipient.reason.map(|reason| reason.as_str()),
        "priceMsat": price,
        "updatedAt": Moment(recipient.updated_at),
    })
}

/// By index. A page of a rare state may be short, and goes on.
pub(crate) async fn list_message_recipients(
    State(door): State<DoorState>,
    Sent(account, id): Sent,
    query: QueryPairs,
) -> Result<Json<Value>, Refusal> {
    let limit = limit(&query)?.min(RECIPIENTS_PAGE_MAX);
    let state = query.written("status").map(RecipientState::from_str).transpose();
    let state = state.map_err(|_| field("status", "must be a state of a recipient"))?;
    let first = u32::try_from(integer(&query, "after")?.unwrap_or(0)).unwrap_or(u32::MAX);
    let list = RecipientList { states: state.into_iter().collect(), first, limit };
    let found = door.engine.campaigns.recipient_page(account, id, list).await;
    let (message, found) = found.map_err(store_failed)?.ok_or_else(none)?;
    let data: Vec<_> = found.recipients.iter().map(|one| recipient_view(&message, one)).collect();
    Ok(Json(json!({ "data": data, "next": found.next })))
}
