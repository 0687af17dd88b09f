//! The phones door (`/api/mobile/v1/…`): ordinary Android phones that run the open-source SMS Gateway app connect out to
//! it. They register with a token that the operator got, keep a stream of events open, and report what comes to their
//! SIM cards to a URL of their own. They fetch texts to send, and report what became of them. The wire form is the app's,
//! whose private-server mode this serves.

mod caller;
mod error_response;
mod report;
mod routes;

mod follow_events;
mod list_webhooks;
mod receive_event;
mod register_phone;
mod show_settings;
mod texts;
mod update_phone;

use follow_events::follow_events;
use list_webhooks::list_webhooks;
use receive_event::receive_event;
use register_phone::register_phone;
use show_settings::show_settings;
use texts::{list_messages, report_messages};
use update_phone::update_phone;

pub(crate) use routes::phones_door;
