//! `buy/checkkeyword`: whether a keyword is free, what it costs, and for which period.

use axum::extract::State;
use axum::response::Response;
use domain::inbound::sold_keyword::Offer;

use super::answer::{Failure, Success};
use super::call::Call;
use super::keyword::{digits, failure, read_keyword};
use super::kroner::price;
use super::tree::Node;
use crate::settings::DoorState;

pub(crate) async fn check_keyword(State(door): State<DoorState>, call: Call) -> Response {
    call.answer(check(&door, &call).await)
}

async fn check(door: &DoorState, call: &Call) -> Result<Success, Failure> {
    let account = call.looking()?;
    let (number, word) = read_keyword(&call.parameters)?;
    let quote = door.engine.keywords.quote(account, &number, &word).await;
    let quote = quote.map_err(|error| failure(&error, &call.parameters))?;
    let own = quote.offer == Offer::Free;
    let cost = || price(&door.engine, quote.price);
    let gateway = Node::object([
        ("controlgateway", digits(&number)),
        // Shared numbers are nobody's.
        ("controluser", (if own { account.0 } else { 0 }).into()),
        ("gateway", digits(&number)),
        ("local", own.into()),
    ]);
    let keyword = Node::object([("keyword", word.as_str().into()), ("price", cost())]);
    let period = Node::object([
        ("start", quote.from.as_secs().into()),
        ("end", quote.until.as_secs().into()),
        ("price", cost()),
    ]);
    let object = Node::object([("gateway", gateway), ("keyword", keyword), ("period", period)]);
    Ok(Success::of("KEYWORD_AVAILABLE", "buy", object))
}
