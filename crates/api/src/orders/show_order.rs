//! `GET /orderstatus?orderId=…`: how an order stands. Knowing the id is the permission.

use axum::Json;
use axum::extract::State;

use super::order_id::read_order_id;
use super::status::Status;
use super::wrong::not_read;
use crate::read::QueryPairs;
use crate::refusal::{Refusal, failed};
use crate::settings::Door;

pub(crate) async fn show_order(
    State(door): State<Door>,
    query: QueryPairs,
) -> Result<Json<Status>, Refusal> {
    let id = read_order_id(query.get("orderId"))?;
    let order = door.engine.order(id).await.map_err(|error| not_read(&error))?;
    let order = order.ok_or_else(|| failed("there is no such order"))?;
    Ok(Json(Status::of(&order.snapshot())))
}
