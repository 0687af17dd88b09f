//! `GET /admin/v1/messages` and `/admin/v1/recipients`: a search across accounts, in messages of orders
//! and in campaigns. Texts are not shown. What one call reads is bounded: a page may be short, or empty,
//! and `next` goes on.

use std::str::FromStr;

use axum::Json;
use axum::extract::State;
use domain::id::MessageId;
use domain::message::MessageState;
use domain::message::recipient::RecipientState;
use domain::number::SenderId;
use domain::ports::{FoundMessage, FoundRecipient, MessageSearch, Period, RecipientSearch};
use http::{QueryPairs, Refusal};
use serde_json::{Value, json};
use uuid::Uuid;

use super::error_response::{field, store_failed};
use super::page::{account, bad_cursor, limit, moment, msisdn, uuid};
use crate::moment::Moment;
use crate::settings::DoorState;

const fn kind(is_of_order: bool) -> &'static str {
    if is_of_order { "order" } else { "many" }
}

fn message_view(message: &FoundMessage) -> Value {
    json!({
        "uuid": message.id,
        "kind": kind(message.order.is_some()),
        "order": message.order.map(|order| order.to_string()),
        "account": message.account,
        "sender": message.sender.as_ref().map(SenderId::as_str),
        "parts": message.parts,
        "status": message.state.as_str(),
        "recipients": message.recipients,
        "pending": message.pending,
        "submitted": message.recipients.saturating_sub(message.pending + message.finals),
        "success": message.delivered,
        "createdAt": Moment(message.created_at),
        "updatedAt": Moment(message.updated_at),
    })
}

fn period(query: &QueryPairs) -> Result<Period, Refusal> {
    Ok(Period { from: moment(query, "from")?, until: moment(query, "until")? })
}

pub(crate) async fn find_messages(
    State(door): State<DoorState>,
    query: QueryPairs,
) -> Result<Json<Value>, Refusal> {
    let state = query.written("status").map(MessageState::from_str).transpose();
    let search = MessageSearch {
        account: account(&query)?,
        state: state.map_err(|_| field("status", "must be a state of a message"))?,
        period: period(&query)?,
        before: uuid(&query, "after")?.map(MessageId),
        limit: limit(&query)?,
    };
    let found = door.engine.campaigns.find_messages(search).await.map_err(store_failed)?;
    let data: Vec<_> = found.messages.iter().map(message_view).collect();
    Ok(Json(json!({ "data": data, "next": found.next })))
}

fn recipient_view(found: &FoundRecipient) -> Value {
    let recipient = &found.recipient;
    json!({
        "message": found.message,
        "kind": kind(found.order.is_some()),
        "order": found.order.map(|order| order.to_string()),
        "account": found.account,
        "index": recipient.index,
        "address": recipient.address,
        "status": recipient.state.as_str(),
        "reason": recipient.reason.map(|reason| reason.as_str()),
        // Of an order the price is the order's.
        "priceMsat": found.order.is_none().then_some(recipient.price),
        "createdAt": Moment(found.created_at),
        "updatedAt": Moment(recipient.updated_at),
    })
}

/// The message, and the index in it.
pub(super) fn read_cursor(text: &str) -> Option<(MessageId, u32)> {
    let (id, index) = text.split_once(':')?;
    Some((MessageId(Uuid::try_parse(id).ok()?), index.parse().ok()?))
}

pub(crate) async fn find_recipients(
    State(door): State<DoorState>,
    query: QueryPairs,
) -> Result<Json<Value>, Refusal> {
    let state = query.written("status").map(RecipientState::from_str).transpose();
    let at =
        query.written("after").map(|text| read_cursor(text).ok_or_else(bad_cursor)).transpose()?;
    let search = RecipientSearch {
        number: msisdn(&query, "number")?,
        message: uuid(&query, "message")?.map(MessageId),
        account: account(&query)?,
        state: state.map_err(|_| field("status", "must be a state of a recipient"))?,
        period: period(&query)?,
        at,
        limit: limit(&query)?,
    };
    let found = door.engine.campaigns.find_recipients(search).await.map_err(store_failed)?;
    let data: Vec<_> = found.recipients.iter().map(recipient_view).collect();
    let next = found.next.map(|(message, index)| format!("{message}:{index}"));
    Ok(Json(json!({ "data": data, "next": next })))
}
