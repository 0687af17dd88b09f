//! `/admin/v1/blocklist…`: numbers that get nothing, and why.

use axum::Json;
use axum::extract::State;
use domain::account::blocklist::{BlockEntry, BlockProof, BlockScope};
use domain::id::AccountId;
use domain::limits::BLOCKS_BATCH_MAX;
use domain::number::{self, Home, Msisdn};
use domain::ports::BlockList;
use http::{By, JsonObject, QueryPairs, Refusal, bad_request};
use serde::Deserialize;
use serde_json::{Value, json};

use super::accounts::must_be_there;
use super::error_response::not_done;
use super::page::{as_told, integer, limit, msisdn, page};
use crate::moment::Moment;
use crate::settings::DoorState;

fn view(entry: &BlockEntry) -> Value {
    let keyword = entry.proof.keyword.as_ref();
    json!({
        "account": entry.scope.account(),
        "number": entry.number.digits().to_string(),
        "by": entry.proof.by.to_string(),
        "keyword": keyword.map(|(word, _)| word),
        "inbound": keyword.map(|(_, inbound)| inbound),
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

/// Of one account with `account`, of everybody with `account=0`.
pub(crate) async fn list_blocks(
    State(door): State<DoorState>,
    query: QueryPairs,
) -> Result<Json<Value>, Refusal> {
    let limit = limit(&query)?;
    let after = query.written("after").map(|text| read_cursor(text).ok_or_else(as_told));
    let list = BlockList {
        scope: integer(&query, "account")?.map(scope_of),
        number: msisdn(&query, "number")?,
        after: after.transpose()?,
        limit: limit + 1,
    };
    let found = door.engine.house().block_list(list).await.map_err(not_done)?;
    Ok(Json(page(found, limit, view, cursor)))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Blocks {
    /// None: everybody.
    account: Option<i64>,
    numbers: Vec<String>,
    note: Option<String>,
}

pub(crate) async fn block_numbers(
    State(door): State<DoorState>,
    By(by): By,
    JsonObject(asked): JsonObject<Blocks>,
) -> Result<Json<Value>, Refusal> {
    let numbers = read_numbers(&asked.numbers, door.settings.home)?;
    let scope = known_scope(&door, asked.account).await?;
    let max = BlockProof::NOTE_CHARS_MAX;
    if asked.note.as_ref().is_some_and(|note| note.chars().count() > max) {
        return Err(bad_request(format!("`note` has at most {max} characters")));
    }
    let proof = BlockProof { note: asked.note, ..BlockProof::by(by) };
    let now = door.engine.now();
    let added = door.engine.house().block(scope, numbers, proof, now).await.map_err(not_done)?;
    Ok(Json(json!({ "blocked": added })))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Freed {
    account: Option<i64>,
    numbers: Vec<String>,
}

pub(crate) async fn unblock_numbers(
    State(door): State<DoorState>,
    By(by): By,
    JsonObject(asked): JsonObject<Freed>,
) -> Result<Json<Value>, Refusal> {
    let numbers = read_numbers(&asked.numbers, door.settings.home)?;
    let scope = known_scope(&door, asked.account).await?;
    let now = door.engine.now();
    let gone = door.engine.house().unblock(scope, numbers, by, now).await.map_err(not_done)?;
    Ok(Json(json!({ "unblocked": gone })))
}

async fn known_scope(door: &DoorState, account: Option<i64>) -> Result<BlockScope, Refusal> {
    let account = account.map(AccountId);
    if let Some(account) = account {
        must_be_there(door, account).await?;
    }
    Ok(BlockScope::of(account))
}

fn read_numbers(written: &[String], home: Option<Home>) -> Result<Vec<Msisdn>, Refusal> {
    if !(1..=BLOCKS_BATCH_MAX).contains(&written.len()) {
        return Err(bad_request(format!("`numbers` has from 1 to {BLOCKS_BATCH_MAX} numbers")));
    }
    let mut numbers = Vec::with_capacity(written.len());
    for (at, written) in written.iter().enumerate() {
        let read = number::parse(written, home);
        numbers.push(read.map_err(|why| bad_request(format!("`numbers[{at}]`: {why}")))?);
    }
    numbers.sort_unstable();
    numbers.dedup();
    Ok(numbers)
}
