//! `/admin/v1/accounts/{account}/groups…`: contact groups. Who is in them: `contacts.rs`.

use std::str::FromStr;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use domain::account::contacts::ContactGroup;
use domain::account::template::Label;
use domain::id::GroupId;
use http::{By, JsonObject, QueryPairs, Refusal};
use serde::Deserialize;
use serde_json::{Value, json};

use super::accounts::must_be_there;
use super::error_response::{field, none, not_done};
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
    must_be_there(&door, account).await?;
    let (limit, after) = (limit(&query)?, integer(&query, "after")?.map(GroupId));
    let found = door.engine.house().groups(account, after, limit + 1).await.map_err(not_done)?;
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
    let name = field("name", Label::from_str(&new.name))?;
    must_be_there(&door, account).await?;
    let added = door.engine.house().add_group(account, name, by, door.engine.now()).await;
    added.map(|group| (StatusCode::CREATED, Json(view(&group)))).map_err(not_done)
}

pub(crate) async fn show_group(
    State(door): State<DoorState>,
    Theirs(account, id): Theirs,
) -> Result<Json<Value>, Refusal> {
    let found = door.engine.house().group(account, GroupId(id)).await.map_err(not_done)?;
    found.map(|group| Json(view(&group))).ok_or_else(none)
}

pub(crate) async fn rename_group(
    State(door): State<DoorState>,
    Theirs(account, id): Theirs,
    By(by): By,
    JsonObject(new): JsonObject<GroupName>,
) -> Result<Json<Value>, Refusal> {
    let name = field("name", Label::from_str(&new.name))?;
    must_be_there(&door, account).await?;
    let (house, now) = (door.engine.house(), door.engine.now());
    let renamed = house.rename_group(account, GroupId(id), name, by, now).await;
    renamed.map_err(not_done)?.map(|group| Json(view(&group))).ok_or_else(none)
}

pub(crate) async fn remove_group(
    State(door): State<DoorState>,
    Theirs(account, id): Theirs,
    By(by): By,
) -> Result<StatusCode, Refusal> {
    let (house, now) = (door.engine.house(), door.engine.now());
    let gone = house.remove_group(account, GroupId(id), by, now).await.map_err(not_done)?;
    if gone { Ok(StatusCode::NO_CONTENT) } else { Err(none()) }
}
