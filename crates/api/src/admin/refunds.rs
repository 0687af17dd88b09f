//! `…/refunds` of an order or a campaign: refunds by hand, as credit of the account. The header
//! `Idempotency-Key` is required: a repeat gives nothing again.

use axum::Json;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use bytes::Bytes;
use domain::message::campaign::Idempotency;
use domain::money::Msat;
use domain::ports::Refund;
use engine::accounts::GivenBack;
use http::{By, QueryPairs, Refusal, Repeatable, bad_request, parse_json_object, read_body};
use serde::Deserialize;
use serde_json::{Value, json};

use super::error_response::{none, not_refunded, store_failed};
use super::page::{integer, limit, page};
use super::path::{Ordered, Sent};
use crate::moment::Moment;
use crate::settings::DoorState;

fn view(refund: &Refund) -> Value {
    json!({
        "number": refund.number,
        "recipient": refund.recipient,
        "account": refund.account,
        "msat": refund.amount,
        "note": refund.note,
        "by": refund.by.to_string(),
        "at": Moment(refund.at),
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OrderRefund {
    /// `None`: all that is left.
    msat: Option<i64>,
    note: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MessageRefund {
    /// Its index. `None`: the whole message.
    recipient: Option<u32>,
    msat: Option<i64>,
    note: String,
}

pub(crate) async fn refund_order(
    State(door): State<DoorState>,
    Ordered(id): Ordered,
    By(by): By,
    request: Request,
) -> Result<(StatusCode, Json<Value>), Refusal> {
    let (idempotency, body) = read(&door, request).await?;
    let OrderRefund { msat, note } = parse_json_object(&body)?;
    let amount = msat.map(Msat::new);
    let given = door.engine.accounts.refund_order(id, amount, note, idempotency, by).await;
    given.map(|given| given_view(&given)).map_err(not_refunded)
}

pub(crate) async fn refund_message(
    State(door): State<DoorState>,
    Sent(account, id): Sent,
    By(by): By,
    request: Request,
) -> Result<(StatusCode, Json<Value>), Refusal> {
    let (idempotency, body) = read(&door, request).await?;
    let MessageRefund { recipient, msat, note } = parse_json_object(&body)?;
    let (message, amount) = ((account, id), msat.map(Msat::new));
    let accounts = &door.engine.accounts;
    let given = accounts.refund_message(message, recipient, amount, note, idempotency, by).await;
    given.map(|given| given_view(&given)).map_err(not_refunded)
}

async fn read(door: &DoorState, request: Request) -> Result<(Idempotency, Bytes), Refusal> {
    let repeatable = Repeatable::of(request.headers(), request.uri().path())?;
    let needed =
        || bad_request("`Idempotency-Key` is required: it keeps a repeat from giving twice");
    let mut repeatable = repeatable.ok_or_else(needed)?;
    let body = read_body(request, door.body_limits()).await?;
    repeatable.read(&body);
    Ok((repeatable.finish(), body))
}

fn given_view(given: &GivenBack) -> (StatusCode, Json<Value>) {
    let status = if given.is_repeat { StatusCode::OK } else { StatusCode::CREATED };
    (status, Json(view(&given.refund)))
}

pub(crate) async fn list_order_refunds(
    State(door): State<DoorState>,
    Ordered(id): Ordered,
    query: QueryPairs,
) -> Result<Json<Value>, Refusal> {
    let (limit, after) = (limit(&query)?, number_after(&query)?);
    let found = door.engine.accounts.order_refunds(id, after, limit + 1).await;
    let found = found.map_err(store_failed)?.ok_or_else(none)?;
    Ok(Json(page(found, limit, view, |refund| json!(refund.number))))
}

/// Of one recipient with `recipient`.
pub(crate) async fn list_message_refunds(
    State(door): State<DoorState>,
    Sent(account, id): Sent,
    query: QueryPairs,
) -> Result<Json<Value>, Refusal> {
    let (limit, after) = (limit(&query)?, number_after(&query)?);
    let recipient = integer(&query, "recipient")?;
    let recipient = recipient.map(|index| u32::try_from(index).unwrap_or(u32::MAX));
    let accounts = &door.engine.accounts;
    let found = accounts.message_refunds((account, id), recipient, after, limit + 1).await;
    let found = found.map_err(store_failed)?.ok_or_else(none)?;
    Ok(Json(page(found, limit, view, |refund| json!(refund.number))))
}

fn number_after(query: &QueryPairs) -> Result<u32, Refusal> {
    let after = integer(query, "after")?.unwrap_or(0);
    Ok(u32::try_from(after).unwrap_or(u32::MAX))
}
