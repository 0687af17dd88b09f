//! `getRentList`: the caller's open rentals, newest first.

use domain::ports::ActivationList;
use serde_json::{Map, Value, json};

use super::answer::{Answer, Answered, Failure};
use super::call::Call;
use super::fields::end_date;
use super::get_number::digits;
use super::show_rental::word;
use crate::settings::DoorState;

/// Rentals of one answer.
const LISTED_MAX: u32 = 1_000;

pub(super) async fn get_rent_list(door: &DoorState, call: &Call) -> Answered {
    let list = ActivationList {
        account: call.account,
        open: true,
        rentals: Some(true),
        before: None,
        limit: LISTED_MAX,
    };
    let open = door.engine.activations.list(list).await;
    let open = open.map_err(|error| Failure::from(error).into_json())?;
    let keys = door.engine.activations.keys(&open).await;
    let keys = keys.map_err(|error| Failure::from(error).into_json())?;
    let rented = open.iter().filter(|it| it.number.is_some() && it.wanted.extends().is_none());
    let values: Map<String, Value> = rented
        .enumerate()
        .map(|(place, rental)| {
            let mut entry = json!({
                "id": rental.id.0,
                "phone": digits(rental.number),
                "service": rental.wanted.service.as_str(),
                "endDate": end_date(rental.until),
            });
            if let (Some(key), Some(entry)) = (keys.get(&rental.order), entry.as_object_mut()) {
                entry.insert("idempotencyKey".to_owned(), json!(key));
            }
            (place.to_string(), entry)
        })
        .collect();
    if values.is_empty() {
        return Err(word("NO_NUMBERS"));
    }
    Ok(Answer::Json(json!({ "status": "success", "values": values })))
}
