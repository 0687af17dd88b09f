//! `/admin/v1/blocklist…`: numbers that no message is sent to, and why.

use axum::Json;
use axum::extract::State;
use domain::account::blocklist::{BlockEntry, BlockScope};
use domain::id::AccountId;
use domain::number::Msisdn;
use domain::ports::BlockList;
use http::{By, JsonObject, QueryPairs, Refusal};
use serde::Deserialize;
use serde_json::{Value, json};

use super::error_response::{blocklist_not_changed, store_failed};
use super::page::{bad_cursor, integer, limit, msisdn, page};
use crate::moment::Moment;
use crate::settings::DoorState;

fn view(entry: &BlockEntry) -> Value {
    let keyword = entry.proof.keyword.as_ref();
    let said = entry.proof.said.as_ref();
    json!({
        "account": entry.scope.account(),
        "number": entry.number.digits().to_string(),
        "by": entry.proof.by.to_string(),
        "keyword": keyword.map(|(word, _)| word),
        "inbound": keyword.map(|(_, inbound)| inbound),
        "text": said.map(|said| said.text.as_str()),
        "to": said.map(|said| said.to.as_str()),
        "carrier": said.map(|said| said.carrier.as_str()),
        "note": entry.proof.note,
        "at": Moment(entry.at),
    })
}

/// `0:4520123456`: the scope, and the number.
fn cursor(entry: &BlockEntry) -> Value {
    let scope = entry.scope.account().map_or(0, |account| account.0);
    json!(format!("{scope}:{}", entry.number.digits()))
}

fn read_cursor(text: &str) -> Option<(BlockScope, Msisdn)> {
    let (scope, number) = text.split_once(':')?;
    Some((scope_of(scope.parse().ok()?), number.parse().ok()?))
}

fn scope_of(account: i64) -> BlockScope {
    BlockScope::of((account != 0).then_some(AccountId(account)))
}

/// Of one account with `account`; `account=0` is the list of all accounts.
pub(crate) async fn list_blocks(
    State(door): State<DoorState>,
    query: QueryPairs,
) -> Result<Json<Value>, Refusal> {
    let limit = limit(&query)?;
    let after = query.written("after").map(|text| read_cursor(text).ok_or_else(bad_cursor));
    let list = BlockList {
        scope: integer(&query, "account")?.map(scope_of),
        number: msisdn(&query, "number")?,
        after: after.transpose()?,
        limit: limit + 1,
    };
    let found = door.engine.directory.block_page(list).await.map_err(store_failed)?;
    Ok(Json(page(found, limit, view, cursor)))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Blocks {
    /// `None`: for all accounts.
    account: Option<i64>,
    numbers: Vec<String>,
    note: Option<String>,
}

pub(crate) async fn block_numbers(
    State(door): State<DoorState>,
    By(by): By,
    JsonObject(new): JsonObject<Blocks>,
) -> Result<Json<Value>, Refusal> {
    let (account, numbers) = (new.account.map(AccountId), door.settings.numbers);
    let added = door.engine.directory.block(account, &new.numbers, numbers, new.note, by).await;
    let added = added.map_err(blocklist_not_changed)?;
    Ok(Json(json!({ "blocked": added })))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Unblocks {
    account: Option<i64>,
    numbers: Vec<String>,
}

pub(crate) async fn unblock_numbers(
    State(door): State<DoorState>,
    By(by): By,
    JsonObject(old): JsonObject<Unblocks>,
) -> Result<Json<Value>, Refusal> {
    let (account, numbers) = (old.account.map(AccountId), door.settings.numbers);
    let removed = door.engine.directory.unblock(account, &old.numbers, numbers, by).await;
    let removed = removed.map_err(blocklist_not_changed)?;
    Ok(Json(json!({ "unblocked": removed })))
}
