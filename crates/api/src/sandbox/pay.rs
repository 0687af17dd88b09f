//! `POST /sandbox/pay {"payreq": "lnbcrt…"}`: answers `{"state":"held"|"settled"|"cancelled"}`.

use axum::Json;
use axum::extract::State;
use http::{Refusal, bad_request, not_found};
use serde::Serialize;

use super::{Fields, PayState};
use crate::settings::DoorState;

#[derive(Serialize)]
pub(crate) struct Paid {
    state: PayState,
}

pub(crate) async fn pay(
    State(door): State<DoorState>,
    fields: Fields,
) -> Result<Json<Paid>, Refusal> {
    let Some(wallet) = &door.settings.sandbox else {
        return Err(not_found("there is no sandbox here"));
    };
    let payreq = fields.required_text("payreq")?.trim();
    match wallet.pay(payreq).await {
        Ok(state) => Ok(Json(Paid { state })),
        Err(why) => Err(bad_request(format!("not paid: {why}"))),
    }
}
