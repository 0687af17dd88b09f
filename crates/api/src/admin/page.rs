//! Pages with a cursor: `limit`, and `after`, which is the `next` of the page before.

use domain::id::AccountId;
use domain::limits::ADMIN_PAGE_MAX;
use domain::number::Msisdn;
use domain::time::Timestamp;
use http::{QueryPairs, Refusal};
use serde_json::{Value, json};
use uuid::Uuid;

use super::error_response::field;
use crate::moment::read as read_moment;

const LIMIT: u32 = 50;

/// Rows on a page. One more is read, to know whether there is a next page.
pub(super) fn limit(query: &QueryPairs) -> Result<u32, Refusal> {
    match integer(query, "limit")? {
        None => Ok(LIMIT),
        Some(limit) => match u32::try_from(limit) {
            Ok(limit @ 1..=ADMIN_PAGE_MAX) => Ok(limit),
            _ => Err(field("limit", format_args!("must be from 1 to {ADMIN_PAGE_MAX}"))),
        },
    }
}

pub(super) fn integer(query: &QueryPairs, name: &str) -> Result<Option<i64>, Refusal> {
    let Some(text) = query.written(name) else { return Ok(None) };
    let number = text.parse::<i64>().ok().filter(|number| *number >= 0);
    number.map(Some).ok_or_else(|| field(name, "must be a whole number"))
}

pub(super) fn account(query: &QueryPairs) -> Result<Option<AccountId>, Refusal> {
    Ok(integer(query, "account")?.map(AccountId))
}

pub(super) fn msisdn(query: &QueryPairs, name: &str) -> Result<Option<Msisdn>, Refusal> {
    let Some(text) = query.written(name) else { return Ok(None) };
    let read = text.trim_start_matches('+').parse();
    read.map(Some).map_err(|_| field(name, "must be a number in E.164"))
}

pub(super) fn uuid(query: &QueryPairs, name: &str) -> Result<Option<Uuid>, Refusal> {
    let Some(text) = query.written(name) else { return Ok(None) };
    let read = Uuid::try_parse(text);
    read.map(Some).map_err(|_| field(name, "must be a UUID"))
}

pub(super) fn moment(query: &QueryPairs, name: &str) -> Result<Option<Timestamp>, Refusal> {
    let Some(text) = query.written(name) else { return Ok(None) };
    let unclear = || field(name, "must be a time with its offset, like 2026-06-01T10:00:00Z");
    read_moment(text).map(Some).ok_or_else(unclear)
}

pub(super) fn bad_cursor() -> Refusal {
    field("after", "must be the `next` of the page before")
}

/// `{"data": […], "next": …}` of at most `limit` rows; `next` is null on the last page.
pub(super) fn page<T>(
    mut rows: Vec<T>,
    limit: u32,
    view: impl Fn(&T) -> Value,
    cursor: impl Fn(&T) -> Value,
) -> Value {
    let limit = limit as usize;
    let more = rows.len() > limit;
    rows.truncate(limit);
    let next = rows.last().filter(|_| more).map_or(Value::Null, cursor);
    json!({ "data": rows.iter().map(view).collect::<Vec<_>>(), "next": next })
}
