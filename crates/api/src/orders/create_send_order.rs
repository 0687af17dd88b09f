//! `POST /createsendorder`: a text message to a number.

use axum::Json;
use axum::extract::State;
use engine::orders::OrderRequest;
use http::Refusal;

use super::caller::Buyer;
use super::created::{Created, created, read_terms};
use super::error_response::not_created;
use super::fields::Fields;
use crate::settings::DoorState;

pub(crate) async fn create_send_order(
    State(door): State<DoorState>,
    buyer: Buyer,
    fields: Fields,
) -> Result<Json<Created>, Refusal> {
    let to = fields.required_digits("phone")?;
    let request = OrderRequest::Send {
        to: &to,
        text: fields.required_text("message")?,
        terms: read_terms(&fields, &buyer)?,
    };
    door.engine.orders.create(request).await.map(created).map_err(not_created)
}
