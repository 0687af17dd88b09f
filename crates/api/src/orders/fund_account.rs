//! `POST /fund`: credit for the key's account, by invoice.

use axum::Json;
use axum::extract::State;
use http::Refusal;

use super::caller::{Known, client_of};
use super::created::{Created, funding};
use super::error_response::not_funded;
use super::fields::Fields;
use crate::settings::DoorState;

pub(crate) async fn fund_account(
    State(door): State<DoorState>,
    Known(caller): Known,
    fields: Fields,
) -> Result<Json<Created>, Refusal> {
    let amount = fields.required_integer("amount")?;
    let (client, idempotency) = (client_of(&caller), fields.idempotency().cloned());
    let funded = door.engine.orders.fund(caller.account, amount, client, idempotency).await;
    funded.map(funding).map_err(|error| not_funded(&error))
}
