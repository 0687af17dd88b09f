//! `keyword/edit`, ours: sets the reply of a keyword (an empty one removes it), and whether it is renewed.

use axum::extract::State;
use axum::response::Response;
use domain::account::operator::Actor;
use domain::ports::KeywordChange;
use domain::text::Text;

use super::answer::{Failure, Success};
use super::call::Call;
use super::keyword::{failure, find_keyword, read_renews, view};
use crate::settings::DoorState;

pub(crate) async fn edit_keyword(State(door): State<DoorState>, call: Call) -> Response {
    call.answer(edit(&door, &call).await)
}

async fn edit(door: &DoorState, call: &Call) -> Result<Success, Failure> {
    let account = call.sending()?;
    let keyword = find_keyword(&door.engine, account, &call.parameters).await?;
    let reply = call.parameters.written("reply");
    let reply = reply.map(|reply| Some(reply).filter(|reply| !reply.is_empty()).map(Text::new));
    let change = KeywordChange { renews: read_renews(call), reply };
    let by = Actor::Account(account);
    let changed = door.engine.keywords.change(keyword.id, Some(account), change, by).await;
    let changed = changed.map_err(|error| failure(&error, &call.parameters))?;
    Ok(Success::of("EDIT_KEYWORD", "keyword", view(&changed, &door.engine)))
}
