//! `/admin/v1/accounts/{account}/groups…`: groups of contacts. Their contacts are in `contacts.rs`.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use domain::account::contacts::ContactGroup;
use domain::id::GroupId;
use http::{By, JsonObject, QueryPairs, Refusal};
use serde::Deserialize;
use serde_json::{Value, json};

use super::error_response::{group_not_kept, none, store_failed};
use super::page::{integer, limit, page};
use super::path::{Of, Theirs};
use crate::moment::Moment;
use crate::settings::DoorState;

pub(super) fn view(group: &ContactGroup) -> Value {
    json!({
        "id": group.id.0,
        "name": group.name.as_str(),
        "contacts": group.contacts,
        "createdAt": Moment(group.created_at),
        "updatedAt": Moment(group.updated_at),
    })
}

pub(crate) async fn list_groups(
    State(door): State<DoorState>,
    Of(account): Of,
    query: QueryPairs,
) -> Result<Json<Value>, Refusal> {
    let (limit, after) = (limit(&query)?, integer(&query, "after")?.map(GroupId));
    let found = door.engine.directory.group_page(account, after, limit + 1).await;
    let found = found.map_err(store_failed)?.ok_or_else(none)?;
    Ok(Json(page(found, limit, view, |group| json!(group.id.0))))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct GroupName {
    name: String,
}

pub(crate) async fn add_group(
    State(door): State<DoorState>,
    Of(account): Of,
    By(by): By,
    JsonObject(new): JsonObject<GroupName>,
) -> Result<(StatusCode, Json<Value>), Refusal> {
    let added = door.engine.directory.add_group(account, &new.name, by).await;
    added.map(|group| (StatusCode::CREATED, Json(view(&group)))).map_err(group_not_kept)
}

pub(crate) async fn show_group(
    State(door): State<DoorState>,
    Theirs(account, id): Theirs,
) -> Result<Json<Value>, Refusal> {
    let found = door.engine.directory.group(account, GroupId(id)).await.map_err(store_failed)?;
    found.map(|group| Json(view(&group))).ok_or_else(none)
}

pub(crate) async fn rename_group(
    State(door): State<DoorState>,
    Theirs(account, id): Theirs,
    By(by): By,
    JsonObject(new): JsonObject<GroupName>,
) -> Result<Json<Value>, Refusal> {
    let renamed = door.engine.directory.rename_group(account, GroupId(id), &new.name, by).await;
    renamed.map(|group| Json(view(&group))).map_err(group_not_kept)
}

pub(crate) async fn remove_group(
    State(door): State<DoorState>,
    Theirs(account, id): Theirs,
    By(by): By,
) -> Result<StatusCode, Refusal> {
    let removed = door.engine.directory.remove_group(account, GroupId(id), by).await;
    if removed.map_err(store_failed)? { Ok(StatusCode::NO_CONTENT) } else { Err(none()) }
}
