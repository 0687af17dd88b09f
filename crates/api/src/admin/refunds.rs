//! `…/refunds` of an order, or of a message to many: money given back by hand, as credit of the
//! account. It must come with an `Idempotency-Key`: repeated, it gives nothing again.

use axum::Json;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use domain::id::{AccountId, MessageId};
use domain::money::Msat;
use domain::ports::{Charge, NotRefunded, Refund, Refunded};
use serde::Deserialize;
use serde_json::{Value, json};

use super::operator::By;
use super::page::{integer, limit, page};
use super::path::{Ordered, Sent};
use super::read::parse;
use super::wrong::{none, not_done};
use crate::bulk::{Moment, Refused, Repeatable, conflict, invalid, key_reused};
use crate::read::{QueryPairs, read_body};
use crate::settings::Door;

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
    State(door): State<Door>,
    Ordered(id): Ordered,
    by: By,
    request: Request,
) -> Result<(StatusCode, Json<Value>), Refused> {
    let (repeatable, body) = read(&door, request).await?;
    let wanted: Wanted = parse(&body)?;
    refund(&door, Charge::Order(id), wanted, repeatable, by).await
}

pub(crate) async fn refund_message(
    State(door): State<Door>,
    Sent(account, id): Sent,
    by: By,
    request: Request,
) -> Result<(StatusCode, Json<Value>), Refused> {
    let (repeatable, body) = read(&door, request).await?;
    let WantedOfMany { recipient, msat, note } = parse(&body)?;
    must_be_theirs(&door, account, id).await?;
    let of = recipient.map_or(Charge::Message(id), |index| Charge::Recipient(id, index));
    refund(&door, of, Wanted { msat, note }, repeatable, by).await
}

async fn read(door: &Door, request: Request) -> Result<(Repeatable, bytes::Bytes), Refused> {
    let repeatable = Repeatable::of(request.headers(), request.uri().path())?;
    let needed = || invalid("`Idempotency-Key` is required: it keeps a repeat from giving twice");
    let mut repeatable = repeatable.ok_or_else(needed)?;
    let settings = &door.settings;
    let body = read_body(request, settings.body_bytes_max, settings.read_timeout).await?;
    repeatable.read(&body);
    Ok((repeatable, body))
}

async fn refund(
    door: &Door,
    of: Charge,
    Wanted { msat, note }: Wanted,
    repeatable: Repeatable,
    By(by): By,
) -> Result<(StatusCode, Json<Value>), Refused> {
    let max = Refund::NOTE_CHARS_MAX;
    if !(1..=max).contains(&note.trim().chars().count()) || note.chars().count() > max {
        return Err(invalid(format!("`note` must say why, in 1 to {max} characters")));
    }
    if msat.is_some_and(|msat| msat < 1) {
        return Err(invalid("`msat` must be more than nothing; leave it out for all that is left"));
    }
    let (amount, idempotency) = (msat.map(Msat::new), repeatable.finish());
    match door.engine.refund(of, amount, note, idempotency, by).await.map_err(not_done)? {
        Refunded::Done(refund) => Ok((StatusCode::CREATED, Json(view(&refund)))),
        Refunded::Repeat(refund) => Ok((StatusCode::OK, Json(view(&refund)))),
        Refunded::KeyReused => {
            Err(key_reused("the idempotency key came before, with another request"))
        }
        Refunded::Not(why) => Err(conflict(code(why), why.to_string())),
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
    State(door): State<Door>,
    Ordered(id): Ordered,
    query: QueryPairs,
) -> Result<Json<Value>, Refused> {
    door.engine.house().order(id).await.map_err(not_done)?.ok_or_else(none)?;
    list(&door, Charge::Order(id), &query).await
}

/// Of one recipient with `recipient`.
pub(crate) async fn list_message_refunds(
    State(door): State<Door>,
    Sent(account, id): Sent,
    query: QueryPairs,
) -> Result<Json<Value>, Refused> {
    must_be_theirs(&door, account, id).await?;
    let index = integer(&query, "recipient")?;
    let index = index.map(|index| u32::try_from(index).unwrap_or(u32::MAX));
    let of = index.map_or(Charge::Message(id), |index| Charge::Recipient(id, index));
    list(&door, of, &query).await
}

async fn list(door: &Door, of: Charge, query: &QueryPairs) -> Result<Json<Value>, Refused> {
    let limit = limit(query)?;
    let after = u32::try_from(integer(query, "after")?.unwrap_or(0)).unwrap_or(u32::MAX);
    let found = door.engine.house().refunds(of, after, limit + 1).await.map_err(not_done)?;
    Ok(Json(page(found, limit, view, |refund| json!(refund.number))))
}

async fn must_be_theirs(door: &Door, account: AccountId, id: MessageId) -> Result<(), Refused> {
    let found = door.engine.house().bulk(account, id).await.map_err(not_done)?;
    found.map(drop).ok_or_else(none)
}
