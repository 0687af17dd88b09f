//! `POST /fund`: credit for the key's account, by invoice.

use axum::Json;
use axum::extract::State;
use engine::orders::OrderRequest;
use http::Refusal;

use super::caller::{Known, client_of};
use super::created::{Created, created};
use super::error_response::not_created;
use super::fields::Fields;
use crate::settings::DoorState;

pub(crate) async fn fund_account(
    State(door): State<DoorState>,
    Known(caller): Known,
    fields: Fields,
) -> Result<Json<Created>, Refusal> {
    let amount_sats = fields.required_integer("amount")?;
    let client = client_of(&caller);
    let request = OrderRequest::Fund { amount_sats, caller: &caller, client: &client };
    door.engine.orders.create(request).await.map(created).map_err(not_created)
}
