//! `…/refunds` of an order, or of a message to many: money given back by hand, as credit of the
//! account. It must come with an `Idempotency-Key`: repeated, it gives nothing again.

use axum::Json;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use domain::id::{AccountId, MessageId};
use domain::money::Msat;
use domain::ports::{Charge, NotRefunded, Refund, Refunded};
use http::{
    By, QueryPairs, Refusal, Repeatable, bad_request, conflict, key_reused, parse_json_object,
    read_body,
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::error_response::{none, not_done};
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
struct Wanted {
    /// None: all that is left.
    msat: Option<i64>,
    note: String,
}

/// Of a message to many.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WantedOfMany {
    /// By its index. None: of the whole message.
    recipient: Option<u32>,
    msat: Option<i64>,
    note: String,
}

pub(crate) async fn refund_order(
    State(door): State<DoorState>,
    Ordered(id): Ordered,
    by: By,
    request: Request,
) -> Result<(StatusCode, Json<Value>), Refusal> {
    let (repeatable, body) = read(&door, request).await?;
    let wanted: Wanted = parse_json_object(&body)?;
    refund(&door, Charge::Order(id), wanted, repeatable, by).await
}

pub(crate) async fn refund_message(
    State(door): State<DoorState>,
    Sent(account, id): Sent,
    by: By,
    request: Request,
) -> Result<(StatusCode, Json<Value>), Refusal> {
    let (repeatable, body) = read(&door, request).await?;
    let WantedOfMany { recipient, msat, note } = parse_json_object(&body)?;
    must_be_theirs(&door, account, id).await?;
    let of = recipient.map_or(Charge::Message(id), |index| Charge::Recipient(id, index));
    refund(&door, of, Wanted { msat, note }, repeatable, by).await
}

async fn read(door: &DoorState, request: Request) -> Result<(Repeatable, bytes::Bytes), Refusal> {
    let repeatable = Repeatable::of(request.headers(), request.uri().path())?;
    let needed =
        || bad_request("`Idempotency-Key` is required: it keeps a repeat from giving twice");
    let mut repeatable = repeatable.ok_or_else(needed)?;
    let body = read_body(request, door.body_limits()).await?;
    repeatable.read(&body);
    Ok((repeatable, body))
}

async fn refund(
    door: &DoorState,
    of: Charge,
    Wanted { msat, note }: Wanted,
    repeatable: Repeatable,
    By(by): By,
) -> Result<(StatusCode, Json<Value>), Refusal> {
    let max = Refund::NOTE_CHARS_MAX;
    if !(1..=max).contains(&note.trim().chars().count()) || note.chars().count() > max {
        return Err(bad_request(format!("`note` must say why, in 1 to {max} characters")));
    }
    if msat.is_some_and(|msat| msat < 1) {
        return Err(bad_request(
            "`msat` must be more than nothing; leave it out for all that is left",
        ));
    }
    let (amount, idempotency) = (msat.map(Msat::new), repeatable.finish());
    match door.engine.accounts.refund(of, amount, note, idempotency, by).await.map_err(not_done)? {
        Refunded::Done(refund) => Ok((StatusCode::CREATED, Json(view(&refund)))),
        Refunded::Repeat(refund) => Ok((StatusCode::OK, Json(view(&refund)))),
        Refunded::KeyReused => {
            Err(key_reused("the idempotency key came before, with another request"))
        }
        Refunded::Not(why) => Err(conflict(why.to_string()).with_code(code(why))),
        Refunded::NoSuchCharge => Err(none()),
    }
}

const fn code(why: NotRefunded) -> &'static str {
    match why {
        NotRefunded::NotCharged => "NOT_CHARGED",
        NotRefunded::NotYetCharged => "NOT_YET_CHARGED",
        NotRefunded::NoAccount => "NO_ACCOUNT",
        NotRefunded::IsCredit => "IS_CREDIT",
        NotRefunded::TooMuch { .. } => "TOO_MUCH",
    }
}

pub(crate) async fn list_order_refunds(
    State(door): State<DoorState>,
    Ordered(id): Ordered,
    query: QueryPairs,
) -> Result<Json<Value>, Refusal> {
    door.engine.house().order(id).await.map_err(not_done)?.ok_or_else(none)?;
    list(&door, Charge::Order(id), &query).await
}

/// Of one recipient with `recipient`.
pub(crate) async fn list_message_refunds(
    State(door): State<DoorState>,
    Sent(account, id): Sent,
    query: QueryPairs,
) -> Result<Json<Value>, Refusal> {
    must_be_theirs(&door, account, id).await?;
    let index = integer(&query, "recipient")?;
    let index = index.map(|index| u32::try_from(index).unwrap_or(u32::MAX));
    let of = index.map_or(Charge::Message(id), |index| Charge::Recipient(id, index));
    list(&door, of, &query).await
}

async fn list(door: &DoorState, of: Charge, query: &QueryPairs) -> Result<Json<Value>, Refusal> {
    let limit = limit(query)?;
    let after = u32::try_from(integer(query, "after")?.unwrap_or(0)).unwrap_or(u32::MAX);
    let found = door.engine.house().refunds(of, after, limit + 1).await.map_err(not_done)?;
    Ok(Json(page(found, limit, view, |refund| json!(refund.number))))
}

async fn must_be_theirs(
    door: &DoorState,
    account: AccountId,
    id: MessageId,
) -> Result<(), Refusal> {
    let found = door.engine.house().bulk(account, id).await.map_err(not_done)?;
    found.map(drop).ok_or_else(none)
}
