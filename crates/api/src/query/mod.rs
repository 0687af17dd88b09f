//! The query door (`/api/4/<area>/<action>/api.json`): one GET or form post sends a text. Its wire form
//! is that of the txty.dk API v4: parameters in the query string or a form, HTTP 200 for every answer,
//! the result in `status`, and one word for each error.
//!
//! In reading order: the routes; a call from its parameters to its caller; the answer; what the
//! endpoints read and write; the endpoints.

mod routes;

mod authenticate;
mod call;
mod parameters;

mod answer;
mod countries;
mod envelope;
mod format;
mod tree;

mod kroner;
mod msisdn;
mod not_sent;
mod reference;
mod sender;

mod list_dialcodes;
mod send_sms;
mod show_openapi;
mod view_outbox;
mod view_prices;

use list_dialcodes::list_dialcodes;
use send_sms::send_sms;
use show_openapi::show_openapi;
use view_outbox::view_outbox;
use view_prices::view_prices;

pub(crate) use routes::query_door;
