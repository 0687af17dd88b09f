//! `user/deleteapikey`: revokes a key of the account, for programs that log out.

use axum::extract::State;
use axum::response::Response;
use domain::account::Scope;
use domain::account::operator::Actor;

use super::answer::{Failure, Success};
use super::call::Call;
use crate::settings::DoorState;

pub(crate) async fn delete_key(State(door): State<DoorState>, call: Call) -> Response {
    call.answer(delete(&door, &call).await)
}

/// Every key may revoke itself; others only a key with all scopes.
async fn delete(door: &DoorState, call: &Call) -> Result<Success, Failure> {
    let account = call.caller.account;
    // No answer repeats a key.
    let empty = || Failure::echo("EMPTY_APIKEY", "apikey", "apikey", None);
    let text = call.parameters.get("apikey").ok_or_else(empty)?;
    let is_itself = call.parameters.get("key") == Some(text);
    if !is_itself && !call.caller.key.may(Scope::ALL) {
        let reason = "the key may revoke no other (scope *)";
        return Err(Failure::new("ACCESS_DENIED").because(reason));
    }
    let revoked =
        door.engine.accounts.revoke_key_of(account, text, Actor::Account(account)).await?;
    if revoked { Ok(Success::word("DELETE_APIKEY")) } else { Err(empty()) }
}
