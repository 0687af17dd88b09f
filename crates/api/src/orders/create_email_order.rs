//! `POST /createemailsendorder`: a text message to a mailbox.

use axum::Json;
use axum::extract::State;
use domain::account::Scope;
use engine::accept::Recipients;
use http::{Refusal, bad_request};

use super::caller::Buyer;
use super::created::{Created, created, order_request, read_terms};
use super::error_response::not_accepted;
use super::fields::Fields;
use crate::settings::DoorState;

pub(crate) async fn create_email_order(
    State(door): State<DoorState>,
    buyer: Buyer,
    fields: Fields,
) -> Result<Json<Created>, Refusal> {
    let address = fields.required_text("address")?;
    let text = fields.required_text("message")?.to_owned();
    let terms = read_terms(&fields)?;
    let mailbox = address.parse().map_err(|_| bad_request("the e-mail address is not valid"))?;
    let to = Recipients::Mailbox(mailbox);
    let request = order_request(&door, terms, buyer, Scope::SEND_EMAIL, text, to)?;
    door.engine.accept.accept(request).await.map(created).map_err(|error| not_accepted(&error))
}
