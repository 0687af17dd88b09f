//! `/admin/v1/events…`: what is reported to customers, every attempt to deliver it, and replay. What an
//! event contains is not shown.

use std::str::FromStr;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use domain::event::{Attempt, EventState};
use domain::id::{EventId, OrderId};
use domain::ports::{EventSearch, EventSubject, FoundEvent};
use http::{By, QueryPairs, Refusal};
use serde_json::{Value, json};

use super::error_response::{field, none, not_replayed, store_failed};
use super::page::{account, integer, limit, uuid};
use super::path::Named;
use crate::moment::Moment;
use crate::settings::DoorState;

fn view(event: &FoundEvent) -> Value {
    let (order, inbound, campaign) = match event.subject {
        EventSubject::Order(order) => (Some(order.to_string()), None, None),
        EventSubject::Inbound(message) => (None, Some(message.to_string()), None),
        EventSubject::Campaign(message) => (None, None, Some(message.to_string())),
    };
    json!({
        "id": event.id.0,
        "webhookId": format!("msg_{}", event.event.simple()),
        "order": order,
        "inbound": inbound,
        "campaign": campaign,
        "number": event.number,
        "account": event.account,
        "target": event.target.as_str(),
        "url": event.url,
        "state": event.state.as_str(),
        "attempts": event.attempts,
        "at": Moment(event.at),
        "dueAt": event.due_at.map(Moment),
        "endedAt": event.ended_at.map(Moment),
    })
}

fn attempt_view(attempt: &Attempt) -> Value {
    json!({
        "at": Moment(attempt.at),
        "status": attempt.result.status(),
        "error": attempt.result.error().map(|error| error.as_str()),
        "millis": u64::try_from(attempt.took.as_millis()).unwrap_or(u64::MAX),
    })
}

pub(crate) async fn find_events(
    State(door): State<DoorState>,
    query: QueryPairs,
) -> Result<Json<Value>, Refusal> {
    let order = query.written("order").map(OrderId::from_str).transpose();
    let state = query.written("state").map(EventState::from_str).transpose();
    let search = EventSearch {
        order: order.map_err(|_| field("order", "must be 64 hex digits"))?,
        message: uuid(&query, "message")?,
        account: account(&query)?,
        state: state.map_err(|_| field("state", "must be `pending`, `delivered` or `failed`"))?,
        target: None,
        before: integer(&query, "after")?.map(EventId),
        limit: limit(&query)?,
    };
    let found = door.engine.events.find(search).await.map_err(store_failed)?;
    let data: Vec<_> = found.events.iter().map(view).collect();
    Ok(Json(json!({ "data": data, "next": found.next.map(|id| id.0) })))
}

pub(crate) async fn show_event(
    State(door): State<DoorState>,
    Named(id): Named,
) -> Result<Json<Value>, Refusal> {
    let found = door.engine.events.event(EventId(id)).await.map_err(store_failed)?;
    let (event, attempts) = found.ok_or_else(none)?;
    let mut shown = view(&event);
    shown["log"] = attempts.iter().map(attempt_view).collect();
    Ok(Json(shown))
}

/// 202: it will be delivered again.
pub(crate) async fn replay_event(
    State(door): State<DoorState>,
    Named(id): Named,
    By(by): By,
) -> Result<(StatusCode, Json<Value>), Refusal> {
    door.engine.events.replay(EventId(id), by).await.map_err(not_replayed)?;
    Ok((StatusCode::ACCEPTED, Json(json!({ "id": id, "replayed": true }))))
}
