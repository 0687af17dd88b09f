//! `/admin/v1/orders/{order}`: any order, of an account or of nobody. Its text is not shown.

use axum::Json;
use axum::extract::State;
use domain::ports::Charged;
use domain::reason::Reason;
use domain::sale::fulfilment::Fulfilment;
use domain::sale::order::Order;
use http::Refusal;
use serde_json::{Value, json};

use super::error_response::{none, store_failed};
use super::path::Ordered;
use crate::moment::Moment;
use crate::settings::DoorState;

fn view(order: &Order, reason: Option<Reason>, charged: &Charged) -> Value {
    let to = match &order.fulfilment {
        Fulfilment::Message { to, .. } => Some(to.stored()),
        Fulfilment::Activation { .. } | Fulfilment::Credit => None,
    };
    json!({
        "id": order.id.to_string(),
        "kind": order.kind().as_str(),
        "status": order.state.as_str(),
        "reason": reason.map(Reason::as_str),
        "account": order.account,
        "payment": order.payment.method().as_str(),
        "to": to,
        "message": order.fulfilment.message_id(),
        "recipientStatus": order.fulfilment.recipient().map(|state| state.as_str()),
        "priceMsat": order.price,
        "heldMsat": order.held,
        "chargedMsat": charged.charged,
        "givenBackMsat": charged.refunded,
        "createdAt": Moment(order.created_at),
        "paidAt": order.paid_at.map(Moment),
        "updatedAt": Moment(order.updated_at),
    })
}

pub(crate) async fn show_any_order(
    State(door): State<DoorState>,
    Ordered(id): Ordered,
) -> Result<Json<Value>, Refusal> {
    let found = door.engine.orders.with_charge(id).await.map_err(store_failed)?;
    let (order, charged) = found.ok_or_else(none)?;
    let reason = door.engine.traces.order_reason(&order).await.map_err(store_failed)?;
    Ok(Json(view(&order, reason, &charged)))
}
