//! `getBalance`, `getBalanceAndCashBack`: the credit that is left; there is no cash back.

use super::amount::Unit;
use super::answer::{Answer, Answered};
use super::call::Call;
use crate::settings::DoorState;

pub(super) async fn get_balance(door: &DoorState, call: &Call) -> Answered {
    let balance = door.engine.accounts.balance(call.account).await?;
    let shown = Unit(door.settings.handler_unit).balance(balance.available);
    Ok(Answer::Text(format!("ACCESS_BALANCE:{shown}")))
}
