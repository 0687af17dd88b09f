//! `getRentNumber`: a number for some hours. `url` gets its webhooks.

use domain::activation::{Activation, ServiceCode};
use serde_json::json;

use super::answer::{Answer, Answered, Failure};
use super::call::Call;
use super::fields::{end_date, for_rent, read_country, read_duration, read_service};
use super::get_number::digits;
use super::sell::{Purchase, buy};
use crate::settings::DoorState;

pub(super) async fn get_rent_number(door: &DoorState, call: &Call) -> Answered {
    let rented = rent(door, call).await.map_err(Failure::into_json)?;
    Ok(phone(&rented))
}

async fn rent(door: &DoorState, call: &Call) -> Result<Activation, Failure> {
    let service = read_rented_service(call)?;
    let wanted = for_rent(service, read_country(call)?, read_duration(call)?);
    let webhook = call.get("url").map(str::to_owned);
    let besides = webhook.clone().unwrap_or_default();
    buy(door, call, Purchase { wanted, besides, webhook }).await
}

/// All services without one.
pub(super) fn read_rented_service(call: &Call) -> Result<ServiceCode, Failure> {
    match call.get("service") {
        None => Ok(ServiceCode::full()),
        Some(text) => read_service(Some(text)),
    }
}

/// `{"status":"success","phone":{"id":1049,"endDate":"…","number":"79…"}}`
pub(super) fn phone(rented: &Activation) -> Answer {
    let phone = json!({
        "id": rented.id.0, "endDate": end_date(rented.until), "number": digits(rented.number),
    });
    Answer::Json(json!({ "status": "success", "phone": phone }))
}
