//! The orders door and its routes.

use axum::routing::{get, post};
use http::{Admission, Caching, Cors, Door, DoorRules, status_and_reason};

use super::*;
use crate::settings::DoorState;

pub(crate) fn orders_door() -> Door<DoorState> {
    Door::new(DoorRules {
        name: "orders",
        // Every path of no other door: the contract has no common root.
        roots: &[],
        envelope: status_and_reason,
        // Some clients poll for all of their users from one address, and give an order up on any
        // status but 200.
        admission: Admission::CustomerOrHurried { hurried: "/orderstatus" },
        cors: Cors::AnyOrigin,
        caching: Caching::NoStore,
    })
    .route("/", get(show_liveness))
    .route("/openapi.json", get(show_openapi))
    .route("/price", get(show_prices))
    .route("/getprice", get(show_price))
    .route("/getcountries", get(list_countries))
    .route("/getnumbersstatus", get(list_numbers))
    .route("/getservices", get(list_services))
    .route("/getrentalcountries", get(list_rental_countries))
    .route("/assets/saimages/{file}", get(show_icon))
    .route("/createorder", post(create_receive_order))
    .route("/createsendorder", post(create_send_order))
    .route("/createemailsendorder", post(create_email_order))
    .route("/orderstatus", get(show_order))
    .route("/cancelorder", get(cancel_order).post(cancel_posted_order).head(refuse_head))
    .route("/fund", post(fund_account))
    .route("/balance", get(show_balance))
    .route("/history", get(list_history))
}
