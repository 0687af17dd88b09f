//! `GET /api/v2/credits`, `/credit`, `/credits/balance`, `/balance`: the credit that may be spent.

use axum::Json;
use axum::extract::State;
use http::Refusal;
use serde::Serialize;

use super::caller::MayLook;
use super::credits::Amount;
use super::error_response::store_failed;
use crate::settings::DoorState;

#[derive(Serialize)]
pub(crate) struct CreditBalance {
    success: bool,
    balance: Amount,
    credits: Amount,
}

pub(crate) async fn show_credits(
    State(door): State<DoorState>,
    MayLook(account): MayLook,
) -> Result<Json<CreditBalance>, Refusal> {
    let balance =
        door.engine.accounts.balance(account).await.map_err(|error| store_failed(&error))?;
    let amount = || Amount(door.engine.campaigns.credits(balance.available));
    Ok(Json(CreditBalance { success: true, balance: amount(), credits: amount() }))
}
