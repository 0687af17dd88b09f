//! The handler door (`/stubs/handler_api.php`): the protocol of activation services, for their existing
//! clients. One path, an `action`, plain text or JSON as the action has it, and HTTP 200 for every
//! answer.
//!
//! In reading order: the route; a call from its parameters to its caller; the answer; what the actions
//! read and write; the actions.

mod routes;

mod act;
mod call;

mod amount;
mod answer;
mod envelope;
mod fields;
mod refusals;
mod sell;

mod list_active;
mod list_countries;
mod list_services;
mod list_stock;
mod show_balance;
mod show_openapi;

mod get_more_numbers;
mod get_number;
mod set_status;
mod show_status;

mod extend_rental;
mod list_rentals;
mod list_rentals_offered;
mod rent_number;
mod set_rental_status;
mod show_rental;

pub(crate) use routes::handler_door;
