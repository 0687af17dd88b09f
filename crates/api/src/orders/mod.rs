//! The orders door (root of the HTTP listener): anyone with a Lightning wallet, and holders of a
//! prepaid key. Its wire form is that of the sms4sats API, read generously and answered strictly.

mod caller;
mod cancel_order;
mod countries;
mod create_email_order;
mod create_receive_order;
mod create_send_order;
mod created;
mod error_response;
mod fields;
mod fund_account;
mod icon;
mod list_countries;
mod list_history;
mod list_numbers;
mod list_rental_countries;
mod order_id;
mod routes;
mod services;
mod show_balance;
mod show_liveness;
mod show_openapi;
mod show_order;
mod show_prices;
mod status;
mod success;

use cancel_order::{cancel_order, cancel_posted_order, refuse_head};
use create_email_order::create_email_order;
use create_receive_order::create_receive_order;
use create_send_order::create_send_order;
use fund_account::fund_account;
use icon::show_icon;
use list_countries::list_countries;
use list_history::list_history;
use list_numbers::{list_numbers, list_services};
use list_rental_countries::list_rental_countries;
use show_balance::show_balance;
use show_liveness::show_liveness;
use show_openapi::show_openapi;
use show_order::show_order;
use show_prices::{show_price, show_prices};

pub(crate) use routes::orders_door;
pub(crate) use status::OrderEvent;
