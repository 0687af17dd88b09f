//! The orders door (root of the HTTP listener): anyone with a Lightning wallet, and holders of a
//! prepaid key. Its wire form is that of the sms4sats API, read generously and answered strictly.
//!
//! Numbers for receiving are not sold here yet: the lists of them are truly empty, and an order
//! for one is refused.

mod cancel_order;
mod countries;
mod create_email_order;
mod create_receive_order;
mod create_send_order;
mod created;
mod fund_account;
mod list_countries;
mod list_history;
mod list_numbers;
mod order_id;
mod show_balance;
mod show_openapi;
mod show_order;
mod show_prices;
mod status;
mod tell_alive;
mod wrong;

pub(crate) use cancel_order::{cancel_order, cancel_posted_order, refuse_look};
pub(crate) use create_email_order::create_email_order;
pub(crate) use create_receive_order::create_receive_order;
pub(crate) use create_send_order::create_send_order;
pub(crate) use fund_account::fund_account;
pub(crate) use list_countries::list_countries;
pub(crate) use list_history::list_history;
pub(crate) use list_numbers::list_numbers;
pub(crate) use show_balance::show_balance;
pub(crate) use show_openapi::show_openapi;
pub(crate) use show_order::show_order;
pub(crate) use show_prices::{show_price, show_prices};
pub(crate) use status::OrderEvent;
pub(crate) use tell_alive::tell_alive;
