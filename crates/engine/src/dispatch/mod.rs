//! From a due chunk to recorded outcomes.
//!
//! ```text
//! orders ─ leased ─┐
//! store ── claim ──┴> Dispatcher ─ by route ─> carrier ─ outcomes ─> Inbox ─ queue ─> recorder ─> store
//!                                              carrier ─ receipts ─> Inbox ─ queue ─> recorder ─> store
//! ```
//!
//! Receipts of single messages are recorded before those of campaigns. A receipt without a known
//! submission waits in memory for outcomes that it may have overtaken. While the store is unavailable
//! both queues wait, and so do the carriers: nothing is refused.
//!
//! Order: single messages before bulk, in the store, in admission and at the carrier. Within a lane
//! accounts take turns, and none uses more than half of the room.
//!
//! After a crash: recipients of claimed chunks may be with a carrier. Those without a recorded
//! outcome are submitted again, so the windows of the links and one flush of the recorder bound the
//! duplicates.

mod admission;
mod arrivals;
mod choose;
mod count;
mod dispatcher;
mod expire;
mod hand_over;
mod in_flight;
mod receipt_backpressure;
mod receipt_queue;
mod receipts;
mod recipient_set;
mod record;
mod references;
mod reserve;
mod retry;
mod single_ids;

pub(crate) use dispatcher::{Context, Dispatcher};
pub(crate) use reserve::Reserved;
