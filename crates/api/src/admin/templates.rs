//! `/admin/v1/accounts/{account}/templates…`: texts that an account keeps.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use domain::account::template::Template;
use domain::id::TemplateId;
use http::{By, JsonObject, QueryPairs, Refusal};
use serde::Deserialize;
use serde_json::{Value, json};

use super::error_response::{none, store_failed, template_not_kept};
use super::page::{integer, limit, page};
use super::path::{Of, Theirs};
use crate::moment::Moment;
use crate::settings::DoorState;

fn view(template: &Template) -> Value {
    json!({
        "id": template.id.0,
        "name": template.name.as_str(),
        "text": template.text.as_str(),
        "createdAt": Moment(template.created_at),
        "updatedAt": Moment(template.updated_at),
    })
}

pub(crate) async fn list_templates(
    State(door): State<DoorState>,
    Of(account): Of,
    query: QueryPairs,
) -> Result<Json<Value>, Refusal> {
    let (limit, after) = (limit(&query)?, integer(&query, "after")?.map(TemplateId));
    let found = door.engine.directory.template_page(account, after, limit + 1).await;
    let found = found.map_err(store_failed)?.ok_or_else(none)?;
    Ok(Json(page(found, limit, view, |template| json!(template.id.0))))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewTemplate {
    name: String,
    text: String,
}

pub(crate) async fn add_template(
    State(door): State<DoorState>,
    Of(account): Of,
    By(by): By,
    JsonObject(new): JsonObject<NewTemplate>,
) -> Result<(StatusCode, Json<Value>), Refusal> {
    let added = door.engine.directory.add_template(account, &new.name, new.text, by).await;
    added.map(|template| (StatusCode::CREATED, Json(view(&template)))).map_err(template_not_kept)
}

pub(crate) async fn show_template(
    State(door): State<DoorState>,
    Theirs(account, id): Theirs,
) -> Result<Json<Value>, Refusal> {
    let found =
        door.engine.directory.template(account, TemplateId(id)).await.map_err(store_failed)?;
    found.map(|template| Json(view(&template))).ok_or_else(none)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Changes {
    name: Option<String>,
    text: Option<String>,
}

pub(crate) async fn change_template(
    State(door): State<DoorState>,
    Theirs(account, id): Theirs,
    By(by): By,
    JsonObject(new): JsonObject<Changes>,
) -> Result<Json<Value>, Refusal> {
    let (id, name) = (TemplateId(id), new.name.as_deref());
    let changed = door.engine.directory.change_template(account, id, name, new.text, by).await;
    changed.map(|template| Json(view(&template))).map_err(template_not_kept)
}

pub(crate) async fn remove_template(
    State(door): State<DoorState>,
    Theirs(account, id): Theirs,
    By(by): By,
) -> Result<StatusCode, Refusal> {
    let removed = door.engine.directory.remove_template(account, TemplateId(id), by).await;
    if removed.map_err(store_failed)? { Ok(StatusCode::NO_CONTENT) } else { Err(none()) }
}
