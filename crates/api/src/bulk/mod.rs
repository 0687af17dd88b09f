//! The bulk door (`/api/v2/…`): messages to up to two million numbers in one request, paid from
//! credit. Its wire form is that of the me-sms.com API v2, with camelCase names and every error as
//! `{"error": "…", "code": "…"}`.
//!
//! The documents of that service leave most bodies and some paths open. Every choice of ours is in
//! the views and on the page of routes, so that a captured answer corrects it in one place.

mod caller;
mod credits;
mod idempotency;
mod message;
mod message_id;
mod moment;
mod page;
mod read;
mod refused;
mod status;
mod wrong;

mod cancel_message;
mod list_messages;
mod list_recipients;
mod list_senders;
mod pause_message;
mod preview_message;
mod retry_message;
mod send_message;
mod show_credits;
mod show_message;

pub(crate) use cancel_message::cancel_message;
pub(crate) use list_messages::list_messages;
pub(crate) use list_recipients::list_recipients;
pub(crate) use list_senders::list_senders;
pub(crate) use pause_message::{pause_message, resume_message};
pub(crate) use preview_message::preview_message;
pub(crate) use retry_message::retry_message;
pub(crate) use send_message::send_message;
pub(crate) use show_credits::show_credits;
pub(crate) use show_message::show_message;

pub(crate) use idempotency::Repeatable;
pub(crate) use moment::{Moment, read as read_moment};
pub(crate) use read::Rooms;
pub(crate) use refused::{
    Refused, conflict, invalid, key_reused, not_found, refuse_bulk_method, refuse_bulk_path,
    show_bulk_panic, unauthorized, unavailable,
};

/// What all paths of this door begin with.
pub(crate) const ROOT: &str = "/api/v2";
