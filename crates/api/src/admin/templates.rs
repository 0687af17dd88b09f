//! `/admin/v1/accounts/{account}/templates…`

use std::str::FromStr;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use domain::account::template::{Label, Template};
use domain::id::TemplateId;
use domain::text::Text;
use serde::Deserialize;
use serde_json::{Value, json};

use super::accounts::must_be_there;
use super::operator::By;
use super::page::{integer, limit, page};
use super::path::{Of, Theirs};
use super::read::{Body, field};
use super::wrong::{none, not_done};
use crate::bulk::{Moment, Refused};
use crate::read::QueryPairs;
use crate::settings::Door;

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
    State(door): State<Door>,
    Of(account): Of,
    query: QueryPairs,
) -> Result<Json<Value>, Refused> {
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
    State(door): State<Door>,
    Of(account): Of,
    By(by): By,
    Body(new): Body<NewTemplate>,
) -> Result<(StatusCode, Json<Value>), Refused> {
    let name = field("name", Label::from_str(&new.name))?;
    must_be_there(&door, account).await?;
    let (text, now) = (Text::from(new.text), door.engine.now());
    let added = door.engine.house().add_template(account, name, text, by, now).await;
    added.map(|template| (StatusCode::CREATED, Json(view(&template)))).map_err(not_done)
}

pub(crate) async fn show_template(
    State(door): State<Door>,
    Theirs(account, id): Theirs,
) -> Result<Json<Value>, Refused> {
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
    State(door): State<Door>,
    Theirs(account, id): Theirs,
    By(by): By,
    Body(new): Body<Changes>,
) -> Result<Json<Value>, Refused> {
    let name = field("name", new.name.as_deref().map(Label::from_str).transpose())?;
    must_be_there(&door, account).await?;
    let (id, text) = (TemplateId(id), new.text.map(Text::from));
    let (house, now) = (door.engine.house(), door.engine.now());
    let changed = house.change_template(account, id, name, text, by, now).await;
    changed.map_err(not_done)?.map(|template| Json(view(&template))).ok_or_else(none)
}

pub(crate) async fn remove_template(
    State(door): State<Door>,
    Theirs(account, id): Theirs,
    By(by): By,
) -> Result<StatusCode, Refused> {
    let (house, now) = (door.engine.house(), door.engine.now());
    let gone = house.remove_template(account, TemplateId(id), by, now).await.map_err(not_done)?;
    if gone { Ok(StatusCode::NO_CONTENT) } else { Err(none()) }
}
