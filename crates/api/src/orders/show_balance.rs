//! `GET /balance`: the credit that may be spent, in whole sats.

use axum::Json;
use axum::extract::State;
use http::Refusal;
use serde::Serialize;

use super::caller::Known;
use super::error_response::not_read;
use crate::settings::DoorState;

#[derive(Serialize)]
pub(crate) struct Balance {
    status: &'static str,
    balance: i64,
}

pub(crate) async fn show_balance(
    State(door): State<DoorState>,
    Known(caller): Known,
) -> Result<Json<Balance>, Refusal> {
    let balance =
        door.engine.accounts.balance(caller.account).await.map_err(|error| not_read(&error))?;
    Ok(Json(Balance { status: "OK", balance: balance.available.sats_floor() }))
}
