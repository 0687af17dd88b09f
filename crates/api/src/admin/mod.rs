//! The admin door (`/admin/v1/…`): what the operator's programs and the console look at and change.
//! Ours, told by its OpenAPI document; errors are `{"error": "…", "code": "…"}`, lists come in pages
//! with a cursor. Every change is audited under the operator whose key made it.

mod accounts;
mod audit;
mod blocklist;
mod contacts;
mod groups;
mod keys;
mod listener;
mod look;
mod messages;
mod operator;
mod orders;
mod page;
mod path;
mod prices;
mod read;
mod refunds;
mod search;
mod senders;
mod templates;
mod wrong;

pub(crate) use accounts::*;
pub(crate) use audit::list_audit;
pub(crate) use blocklist::*;
pub(crate) use contacts::*;
pub(crate) use groups::*;
pub(crate) use keys::*;
pub use listener::admin_router;
pub(crate) use look::*;
pub(crate) use messages::*;
pub(crate) use operator::identify_operator;
pub(crate) use orders::show_any_order;
pub(crate) use prices::*;
pub(crate) use refunds::*;
pub(crate) use search::{find_messages, find_recipients};
pub(crate) use senders::*;
pub(crate) use templates::*;

/// What all paths of this door begin with.
pub(crate) const ROOT: &str = "/admin/v1";
