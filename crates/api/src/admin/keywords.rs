//! `/admin/v1/keywords…`: keywords that accounts have on numbers.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use domain::id::KeywordId;
use domain::inbound::Party;
use domain::inbound::sold_keyword::SoldKeyword;
use domain::ports::{KeywordChange, KeywordList};
use domain::text::Text;
use http::{By, JsonObject, QueryPairs, Refusal};
use serde::Deserialize;
use serde_json::{Value, json};

use super::error_response::{field, keyword_not_changed, store_failed};
use super::page::{account, integer, limit, page};
use super::path::{Named, is_number};
use crate::moment::Moment;
use crate::settings::DoorState;

fn view(keyword: &SoldKeyword) -> Value {
    json!({
        "id": keyword.id.0,
        "number": keyword.number.as_str(),
        "keyword": keyword.word.as_str(),
        "account": keyword.account,
        "priceMsat": keyword.price,
        "periods": keyword.periods,
        "boughtAt": Moment(keyword.bought_at),
        "paidUntil": Moment(keyword.paid_until),
        "renews": keyword.renews,
        "reply": keyword.reply.as_ref().map(|reply| reply.as_str()),
    })
}

/// Those in use.
pub(crate) async fn list_keywords(
    State(door): State<DoorState>,
    query: QueryPairs,
) -> Result<Json<Value>, Refusal> {
    let limit = limit(&query)?;
    let number = query.written("number");
    if number.is_some_and(|number| !is_number(number)) {
        return Err(field("number", "must be digits, with or without +"));
    }
    let list = KeywordList {
        account: account(&query)?,
        number: number.map(|number| Party::new(number.trim_start_matches('+'))),
        after: integer(&query, "after")?.map(KeywordId),
        limit: limit + 1,
    };
    let found = door.engine.keywords.list(list).await.map_err(store_failed)?;
    Ok(Json(page(found, limit, view, |keyword| json!(keyword.id.0))))
}

/// What is not given is as for a new keyword: renewed, without a reply.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Terms {
    renews: Option<bool>,
    reply: Option<String>,
}

pub(crate) async fn set_keyword(
    State(door): State<DoorState>,
    Named(id): Named,
    By(by): By,
    JsonObject(Terms { renews, reply }): JsonObject<Terms>,
) -> Result<Json<Value>, Refusal> {
    let renews = Some(renews.unwrap_or(true));
    let change = KeywordChange { renews, reply: Some(reply.map(Text::from)) };
    let changed = door.engine.keywords.change(KeywordId(id), None, change, by).await;
    changed.map(|keyword| Json(view(&keyword))).map_err(keyword_not_changed)
}

/// At once and without a refund.
pub(crate) async fn end_keyword(
    State(door): State<DoorState>,
    Named(id): Named,
    By(by): By,
) -> Result<StatusCode, Refusal> {
    let ended = door.engine.keywords.end(KeywordId(id), by).await;
    ended.map(|_| StatusCode::NO_CONTENT).map_err(keyword_not_changed)
}
