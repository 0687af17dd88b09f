//! `view/keywords` and `view/keyword`: the account's keywords, and one of them.

use axum::extract::State;
use axum::response::Response;

use super::answer::{Failure, Success};
use super::call::Call;
use super::keyword::{find_keyword, view};
use super::tree::Node;
use crate::settings::DoorState;

pub(crate) async fn view_keywords(State(door): State<DoorState>, call: Call) -> Response {
    call.answer(list(&door, &call).await)
}

pub(crate) async fn view_keyword(State(door): State<DoorState>, call: Call) -> Response {
    call.answer(show(&door, &call).await)
}

async fn list(door: &DoorState, call: &Call) -> Result<Success, Failure> {
    let account = call.looking()?;
    let keywords = door.engine.keywords.keywords_of(account).await?;
    let keywords = keywords.iter().map(|keyword| view(keyword, &door.engine));
    Ok(Success::of("VIEW_KEYWORDS", "keywords", Node::List(keywords.collect())))
}

async fn show(door: &DoorState, call: &Call) -> Result<Success, Failure> {
    let account = call.looking()?;
    let keyword = find_keyword(&door.engine, account, &call.parameters).await?;
    Ok(Success::of("VIEW_KEYWORD", "keyword", view(&keyword, &door.engine)))
}
