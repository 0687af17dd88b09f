//! The admin door (`/admin/v1/…`): what the operator's programs and the console read and change. Its
//! contract is its OpenAPI document; errors are `{"error": "…", "code": "…"}`, lists come in pages with
//! a cursor. Every change is audited under the operator whose key made it.

mod accounts;
mod audit;
mod blocklist;
mod contacts;
mod document;
mod error_response;
mod events;
mod groups;
mod keys;
mod keywords;
mod lightning;
mod messages;
mod numbers;
mod operators;
mod orders;
mod page;
mod path;
mod payouts;
mod prices;
mod profile;
mod refunds;
mod routes;
mod routing;
mod search;
mod senders;
mod success_rates;
mod templates;
mod trace;
mod unread_receipts;

use accounts::*;
use audit::list_audit;
use blocklist::*;
use contacts::*;
use document::show_admin_openapi;
use events::*;
use groups::*;
use keys::*;
use keywords::*;
use lightning::*;
use messages::*;
use numbers::*;
use operators::list_operators;
use orders::show_any_order;
use payouts::*;
use prices::*;
use profile::*;
use refunds::*;
use routing::*;
use search::{find_messages, find_recipients};
use senders::*;
use success_rates::list_success_rates;
use templates::*;
use trace::show_trace;
use unread_receipts::list_unread_receipts;

pub(crate) use routes::admin_door;
