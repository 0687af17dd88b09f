//! `getNumber`, `getNumberV2`: a number for one code.
//!
//! Parameters of the old services that choose among their own sources (`operator`, `forward`, `ref`,
//! `verification`) change nothing here. Nor does `freePrice`: with `maxPrice` or without, a number costs
//! what the prices say.

use domain::activation::{Activation, NumberRequest};
use domain::number::Msisdn;
use serde_json::json;

use super::amount::{CURRENCY, Unit};
use super::answer::{Answer, Answered, Failure};
use super::call::Call;
use super::fields::{date_time, end_date, read_code_service, read_country};
use super::sell::{Purchase, buy};
use crate::settings::DoorState;

pub(super) async fn get_number(door: &DoorState, call: &Call) -> Answered {
    let bought = buy_number(door, call).await?;
    Ok(Answer::Text(format!("ACCESS_NUMBER:{}:{}", bought.id, digits(bought.number))))
}

pub(super) async fn get_number_v2(door: &DoorState, call: &Call) -> Answered {
    let bought = buy_number(door, call).await?;
    let calling_code = bought.number.map(Msisdn::country_calling_code);
    Ok(Answer::Json(json!({
        "activationId": bought.id.0,
        "phoneNumber": digits(bought.number),
        "activationCost": Unit(door.settings.handler_unit).price(bought.price),
        "currency": CURRENCY,
        "countryCode": bought.country.map(|country| country.to_string()),
        "countryPhoneCode": calling_code,
        "canGetAnotherSms": true,
        "activationTime": date_time(bought.assigned_at.unwrap_or(bought.paid_at)),
        "activationEndTime": end_date(bought.until),
        "activationOperator": "any",
    })))
}

async fn buy_number(door: &DoorState, call: &Call) -> Result<Activation, Failure> {
    let service = read_code_service(call.get("service"))?;
    let country = read_country(call)?;
    // Which numbers are given cannot be chosen, so an exception could only be broken.
    if call.get("phoneException").is_some() {
        return Err(Failure::word("WRONG_EXCEPTION_PHONE"));
    }
    let wanted = NumberRequest::for_code(service, country);
    buy(door, call, Purchase { wanted, besides: String::new(), webhook: None }).await
}

/// Without `+`.
pub(super) fn digits(number: Option<Msisdn>) -> String {
    number.map(|number| number.digits().to_string()).unwrap_or_default()
}
