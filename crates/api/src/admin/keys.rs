//! `/admin/v1/keys…`: secrets that act for accounts. A new one is told once.

use std::str::FromStr;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use domain::account::{Key, Scope};
use domain::id::{AccountId, KeyId};
use http::{By, JsonObject, QueryPairs, Refusal, bad_request};
use serde::Deserialize;
use serde_json::{Value, json};

use super::accounts::must_be_there;
use super::error_response::{field, none, not_done};
use super::page::{account, integer, limit, page};
use super::path::Named;
use crate::moment::Moment;
use crate::settings::DoorState;

fn view(key: &Key) -> Value {
    json!({
        "id": key.id.0,
        "account": key.account,
        "scopes": key.scopes.iter().map(Scope::as_str).collect::<Vec<_>>(),
        "rate": key.rate,
        "createdAt": Moment(key.created_at),
        "revokedAt": key.revoked_at.map(Moment),
    })
}

pub(crate) async fn list_keys(
    State(door): State<DoorState>,
    query: QueryPairs,
) -> Result<Json<Value>, Refusal> {
    let (limit, after) = (limit(&query)?, integer(&query, "after")?.unwrap_or(0));
    let (house, account) = (door.engine.house(), account(&query)?);
    let keys = house.key_page(account, KeyId(after), limit + 1).await.map_err(not_done)?;
    Ok(Json(page(keys, limit, view, |key| json!(key.id.0))))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewKey {
    account: i64,
    /// None: all of them.
    #[serde(default)]
    scopes: Vec<String>,
    /// Requests per second.
    rate: Option<u32>,
}

pub(crate) async fn add_key(
    State(door): State<DoorState>,
    By(by): By,
    JsonObject(new): JsonObject<NewKey>,
) -> Result<(StatusCode, Json<Value>), Refusal> {
    if new.rate == Some(0) {
        return Err(bad_request("`rate` must be at least 1; leave it out for no limit"));
    }
    let repeats = |(at, scope)| new.scopes.iter().take(at).any(|before| before == scope);
    if new.scopes.len() > Scope::KNOWN.len() || new.scopes.iter().enumerate().any(repeats) {
        return Err(bad_request("`scopes` names one more than once"));
    }
    let scopes = new.scopes.iter().map(|scope| Scope::from_str(scope)).collect();
    let scopes: Vec<Scope> = field("scopes", scopes)?;
    let account = AccountId(new.account);
    must_be_there(&door, account).await?;
    let key =
        door.engine.accounts.open_key(account, scopes, new.rate, by).await.map_err(not_done)?;
    Ok((StatusCode::CREATED, Json(json!({ "id": key.id.0, "key": key.text.expose() }))))
}

pub(crate) async fn revoke_key(
    State(door): State<DoorState>,
    Named(id): Named,
    By(by): By,
) -> Result<Json<Value>, Refusal> {
    let now = door.engine.now();
    let revoked = door.engine.house().revoke_key(KeyId(id), by, now).await.map_err(not_done)?;
    if revoked { Ok(Json(json!({ "id": id, "revoked": true }))) } else { Err(none()) }
}
