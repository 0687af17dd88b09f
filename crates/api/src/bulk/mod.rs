//! The bulk door (`/api/v2/…`): campaigns of up to two million numbers in one request, paid from
//! credit. Its wire form is that of the me-sms.com API v2, with camelCase names and every error as
//! `{"error": "…", "code": "…"}`.
//!
//! The documents of that service leave most bodies and some paths open. Every choice of ours is in
//! the views and in `routes.rs`, so that a captured answer corrects it in one place.

mod caller;
mod credits;
mod error_response;
mod events;
mod message;
mod message_id;
mod page;
mod read;
mod routes;
mod status;

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

use cancel_message::cancel_message;
use list_messages::list_messages;
use list_recipients::list_recipients;
use list_senders::list_senders;
use pause_message::{pause_message, resume_message};
use preview_message::preview_message;
use retry_message::retry_message;
use send_message::send_message;
use show_credits::show_credits;
use show_message::show_message;

pub(crate) use events::{FinishedEvent, RecipientsEvent};
pub(crate) use read::UploadSlots;
pub(crate) use routes::bulk_door;
