//! `/admin/v1/accounts/{account}/templates…`

use std::str::FromStr;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use domain::account::template::{Label, Template};
use domain::id::TemplateId;
use domain::text::Text;
use http::{By, JsonObject, QueryPairs, Refusal};
use serde::Deserialize;
use serde_json::{Value, json};

use super::accounts::must_be_there;
use super::error_response::{field, none, not_done};
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
    must_be_there(&door, account).await?;
    let (limit, after) = (limit(&query)?, integer(&query, "after")?.map(TemplateId));
    let found = door.engine.house().templates(account, after, limit + 1).await.map_err(not_done)?;
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
    let name = field("name", Label::from_str(&new.name))?;
    must_be_there(&door, account).await?;
    let (text, now) = (Text::from(new.text), door.engine.now());
    let added = door.engine.house().add_template(account, name, text, by, now).await;
    added.map(|template| (StatusCode::CREATED, Json(view(&template)))).map_err(not_done)
}

pub(crate) async fn show_template(
    State(door): State<DoorState>,
    Theirs(account, id): Theirs,
) -> Result<Json<Value>, Refusal> {
    let found = door.engine.house().template(account, TemplateId(id)).await.map_err(not_done)?;
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
    let name = field("name", new.name.as_deref().map(Label::from_str).transpose())?;
    must_be_there(&door, account).await?;
    let (id, text) = (TemplateId(id), new.text.map(Text::from));
    let (house, now) = (door.engine.house(), door.engine.now());
    let changed = house.change_template(account, id, name, text, by, now).await;
    changed.map_err(not_done)?.map(|template| Json(view(&template))).ok_or_else(none)
}

pub(crate) async fn remove_template(
    State(door): State<DoorState>,
    Theirs(account, id): Theirs,
    By(by): By,
) -> Result<StatusCode, Refusal> {
    let (house, now) = (door.engine.house(), door.engine.now());
    let gone = house.remove_template(account, TemplateId(id), by, now).await.map_err(not_done)?;
    if gone { Ok(StatusCode::NO_CONTENT) } else { Err(none()) }
}
