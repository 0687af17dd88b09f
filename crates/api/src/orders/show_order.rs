//! `GET /orderstatus?orderId=…`: the state of an order. Knowing the id is the permission.

use axum::Json;
use axum::extract::State;
use http::{QueryPairs, Refusal, failed};

use super::error_response::not_read;
use super::order_id::read_order_id;
use super::status::Status;
use crate::settings::DoorState;

pub(crate) async fn show_order(
    State(door): State<DoorState>,
    query: QueryPairs,
) -> Result<Json<Status>, Refusal> {
    let id = read_order_id(query.get("orderId"))?;
    let order = door.engine.orders.get(id).await.map_err(|error| not_read(&error))?;
    let order = order.ok_or_else(|| failed("there is no such order"))?;
    Ok(Json(Status::of(&order.snapshot())))
}
