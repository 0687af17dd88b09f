//! `GET /api/v2/sms?page&limit&status`: the account's messages, newest first.

use axum::Json;
use axum::extract::State;
use domain::limits;
use domain::message::MessageState;
use domain::ports::BulkList;
use http::{QueryPairs, Refusal, bad_request};
use serde::Serialize;

use super::caller::MayLook;
use super::error_response::store_failed;
use super::message::{MessageView, view};
use super::page::Page;
use crate::settings::DoorState;

const LIMIT: u32 = 20;

#[derive(Serialize)]
pub(crate) struct Messages {
    data: Vec<MessageView>,
    total: u64,
    #[serde(flatten)]
    page: Page,
}

pub(crate) async fn list_messages(
    State(door): State<DoorState>,
    MayLook(account): MayLook,
    query: QueryPairs,
) -> Result<Json<Messages>, Refusal> {
    let page = Page::read(&query, LIMIT, limits::MESSAGES_PAGE_MAX)?;
    let state = query.written("status").map(read_state).transpose()?;
    let list = BulkList { state, offset: page.offset(), limit: page.limit() };
    let found = door.engine.campaigns.list(account, list).await;
    let (messages, total) = found.map_err(|error| store_failed(&error))?;
    let data = messages.iter().map(|message| view(message, &door.engine)).collect();
    Ok(Json(Messages { data, total, page }))
}

fn read_state(status: &str) -> Result<MessageState, Refusal> {
    status.parse().map_err(|_| {
        let known: Vec<_> = MessageState::ALL.iter().map(|state| state.as_str()).collect();
        bad_request(format!("`status` must be one of {}", known.join(", ")))
    })
}
