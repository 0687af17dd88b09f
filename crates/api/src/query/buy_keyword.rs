//! `buy/keyword`: buys a keyword from the account's credit, for a period that is renewed. `reply` is ours; so is
//! `shutdown=true`, by which it is not renewed. A repeat finds the keyword taken, and costs nothing.

use axum::extract::State;
use axum::response::Response;
use engine::keywords::KeywordRequest;

use super::answer::{Failure, Success};
use super::call::Call;
use super::keyword::{failure, read_keyword, read_renews};
use super::kroner::price;
use super::tree::Node;
use crate::settings::DoorState;

pub(crate) async fn buy_keyword(State(door): State<DoorState>, call: Call) -> Response {
    call.answer(buy(&door, &call).await)
}

async fn buy(door: &DoorState, call: &Call) -> Result<Success, Failure> {
    let account = call.sending()?;
    let (number, word) = read_keyword(&call.parameters)?;
    let reply = call.parameters.get("reply").map(str::to_owned);
    let renews = read_renews(call).unwrap_or(true);
    let request = KeywordRequest { account, number, word, renews, reply };
    let bought = door.engine.keywords.buy(request).await;
    let bought = bought.map_err(|error| failure(&error, &call.parameters))?;
    let object =
        Node::object([("price", price(&door.engine, bought.price)), ("buy", bought.id.0.into())]);
    // The old service spells it so.
    Ok(Success::of("BUY_SUCCESFUL", "buy", object))
}
