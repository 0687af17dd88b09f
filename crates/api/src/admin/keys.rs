//! `/admin/v1/keys…`: secrets that act for accounts. The text of a new key is shown once.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use domain::account::{Key, Scope};
use domain::id::{AccountId, KeyId};
use http::{By, JsonObject, QueryPairs, Refusal};
use serde::Deserialize;
use serde_json::{Value, json};

use super::error_response::{key_not_added, none, store_failed};
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
        "description": key.description,
        "createdAt": Moment(key.created_at),
        "revokedAt": key.revoked_at.map(Moment),
    })
}

pub(crate) async fn list_keys(
    State(door): State<DoorState>,
    query: QueryPairs,
) -> Result<Json<Value>, Refusal> {
    let (limit, after) = (limit(&query)?, integer(&query, "after")?.unwrap_or(0));
    let account = account(&query)?;
    let keys = door.engine.accounts.key_page(account, KeyId(after), limit + 1).await;
    let keys = keys.map_err(store_failed)?;
    Ok(Json(page(keys, limit, view, |key| json!(key.id.0))))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewKey {
    account: i64,
    /// Empty: all scopes.
    #[serde(default)]
    scopes: Vec<String>,
    /// Requests per second.
    rate: Option<u32>,
    /// What it is for.
    description: Option<String>,
}

pub(crate) async fn add_key(
    State(door): State<DoorState>,
    By(by): By,
    JsonObject(new): JsonObject<NewKey>,
) -> Result<(StatusCode, Json<Value>), Refusal> {
    let account = AccountId(new.account);
    let NewKey { scopes, rate, description, .. } = new;
    let accounts = &door.engine.accounts;
    let added = accounts.add_described_key(account, &scopes, rate, description, by).await;
    let key = added.map_err(key_not_added)?;
    Ok((StatusCode::CREATED, Json(json!({ "id": key.id.0, "key": key.text.expose() }))))
}

pub(crate) async fn revoke_key(
    State(door): State<DoorState>,
    Named(id): Named,
    By(by): By,
) -> Result<Json<Value>, Refusal> {
    let revoked = door.engine.accounts.revoke_key(KeyId(id), by).await;
    if revoked.map_err(store_failed)? {
        Ok(Json(json!({ "id": id, "revoked": true })))
    } else {
        Err(none())
    }
}
