//! `GET /api/v2/credits`, `/credit`, `/credits/balance`, `/balance`: what may be spent.

use axum::Json;
use axum::extract::State;
use serde::Serialize;

use super::caller::MayLook;
use super::credits::Amount;
use super::refused::Refused;
use super::wrong::store_failed;
use crate::settings::Door;

#[derive(Serialize)]
pub(crate) struct CreditBalance {
    success: bool,
    balance: Amount,
    credits: Amount,
}

pub(crate) async fn show_credits(
    State(door): State<Door>,
    MayLook(account): MayLook,
) -> Result<Json<CreditBalance>, Refused> {
    let balance = door.engine.balance(account).await.map_err(|error| store_failed(&error))?;
    let amount = || Amount(door.engine.credits(balance.available));
    Ok(Json(CreditBalance { success: true, balance: amount(), credits: amount() }))
}
