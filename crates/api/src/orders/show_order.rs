//! `GET /orderstatus?orderId=…`: the state of an order. Knowing the id is the permission.

use axum::extract::State;
use axum::{Extension, Json};
use domain::limits::RENTAL_MESSAGES_SHOWN_MAX;
use domain::ports::ActivationMessageList;
use http::{QueryPairs, Refusal, TooOften, not_found};

use super::error_response::not_read;
use super::order_id::read_order_id;
use super::status::Status;
use crate::settings::DoorState;

pub(crate) async fn show_order(
    State(door): State<DoorState>,
    too_often: Option<Extension<TooOften>>,
    query: QueryPairs,
) -> Result<Json<Status>, Refusal> {
    let id = read_order_id(query.get("orderId"))?;
    let orders = &door.engine.orders;
    let (read, absent) = match too_often {
        None => (orders.snapshot(id).await, not_found("there is no such order")),
        // Only an order that exists is worth an answer.
        Some(Extension(TooOften(refusal))) => (orders.recent_snapshot(id).await, refusal),
    };
    let order = read.map_err(|error| not_read(&error))?.ok_or(absent)?;
    let status = Status::of(&order);
    // A webhook brings each message; here they are together.
    let Some(rental) = order.activation.filter(|lent| lent.is_rental && lent.messages > 0) else {
        return Ok(Json(status));
    };
    let list = ActivationMessageList {
        activation: rental.id,
        after: rental.messages.saturating_sub(RENTAL_MESSAGES_SHOWN_MAX),
        limit: RENTAL_MESSAGES_SHOWN_MAX,
    };
    let messages =
        door.engine.activations.messages(list).await.map_err(|error| not_read(&error))?;
    Ok(Json(status.with_messages(messages)))
}
