//! `GET /api/v2/sms?page&limit&status`: the account's messages, newest first.

use axum::Json;
use axum::extract::State;
use domain::limits;
use domain::message::MessageState;
use domain::ports::BulkList;
use serde::Serialize;

use super::caller::MayLook;
use super::message::{MessageView, view};
use super::page::Page;
use super::refused::{Refused, invalid};
use super::wrong::store_failed;
use crate::read::QueryPairs;
use crate::settings::Door;

const LIMIT: u32 = 20;

#[derive(Serialize)]
pub(crate) struct Messages {
    data: Vec<MessageView>,
    total: u64,
    #[serde(flatten)]
    page: Page,
}

pub(crate) async fn list_messages(
    State(door): State<Door>,
    MayLook(account): MayLook,
    query: QueryPairs,
) -> Result<Json<Messages>, Refused> {
    let page = Page::read(&query, LIMIT, limits::MESSAGES_PAGE_MAX)?;
    let states = query.written("status").map(read_state).transpose()?.into_iter().collect();
    let list = BulkList { states, offset: page.offset(), limit: page.limit() };
    let found = door.engine.bulk_messages(account, list).await;
    let (messages, total) = found.map_err(|error| store_failed(&error))?;
    let data = messages.iter().map(|message| view(message, &door.engine)).collect();
    Ok(Json(Messages { data, total, page }))
}

fn read_state(status: &str) -> Result<MessageState, Refused> {
    status.parse().map_err(|_| {
        let known: Vec<_> = MessageState::ALL.iter().map(|state| state.as_str()).collect();
        invalid(format!("`status` must be one of {}", known.join(", ")))
    })
}
