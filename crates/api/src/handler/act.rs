//! The action of a call.

use axum::extract::State;

use super::answer::{Answer, Failure};
use super::call::Call;
use super::extend_rental::{continue_rent_number, get_continue_price};
use super::get_more_numbers::{get_additional_service, get_multi_service_number};
use super::get_number::{get_number, get_number_v2};
use super::list_active::get_active_activations;
use super::list_countries::{get_countries, get_operators};
use super::list_rentals::get_rent_list;
use super::list_rentals_offered::get_rent_services;
use super::list_services::get_services_list;
use super::list_stock::{get_numbers_status, get_prices, get_top_countries};
use super::rent_number::get_rent_number;
use super::set_rental_status::set_rent_status;
use super::set_status::set_status;
use super::show_balance::get_balance;
use super::show_rental::get_rent_status;
use super::show_status::{get_all_sms, get_full_sms, get_status, get_status_v2};
use crate::settings::DoorState;

pub(crate) async fn act(State(door): State<DoorState>, call: Call) -> Answer {
    let (door, call) = (&door, &call);
    let answered = match call.get("action").unwrap_or_default() {
        "getBalance" | "getBalanceAndCashBack" => get_balance(door, call).await,
        "getNumbersStatus" => get_numbers_status(door, call).await,
        "getPrices" => get_prices(door, call).await,
        "getTopCountriesByService" => get_top_countries(door, call).await,
        "getCountries" => get_countries(),
        "getServicesList" => get_services_list(),
        "getOperators" => get_operators(call),
        "getNumber" => get_number(door, call).await,
        "getNumberV2" => get_number_v2(door, call).await,
        "getMultiServiceNumber" => get_multi_service_number(door, call).await,
        "getAdditionalService" => get_additional_service(door, call).await,
        "getStatus" => get_status(door, call).await,
        "getStatusV2" => get_status_v2(door, call).await,
        "getFullSms" => get_full_sms(door, call).await,
        "getAllSms" => get_all_sms(door, call).await,
        "getActiveActivations" => get_active_activations(door, call).await,
        "setStatus" => set_status(door, call).await,
        "getRentServicesAndCountries" => get_rent_services(door, call).await,
        "getRentNumber" => get_rent_number(door, call).await,
        "getRentStatus" => get_rent_status(door, call).await,
        "setRentStatus" => set_rent_status(door, call).await,
        "getRentList" => get_rent_list(door, call).await,
        "getContinueRentPriceNumber" => get_continue_price(door, call).await,
        "continueRentNumber" => continue_rent_number(door, call).await,
        // Calls, e-mail and top-ups of the old services are among these.
        _ => Err(Failure::word("BAD_ACTION")),
    };
    answered.unwrap_or_else(Answer::from)
}
