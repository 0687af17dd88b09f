//! From a due chunk to recorded outcomes.
//!
//! ```text
//! orders ─ leased ─┐
//! store ── claim ──┴> Dispatcher ─ by route ─> carrier ─ outcomes ─> Inbox ─ queue ─> recorder ─> store
//!                                              carrier ─ receipts ─> Inbox ─ queue ─> recorder ─> store
//! ```
//!
//! Who goes first: single messages before bulk, in the store, in the room here and at the carrier;
//! within a lane every account in turn, and none with more than half of the room.
//!
//! What a crash means: a claimed chunk is the mark that its recipients may be with a carrier. After
//! it, recipients without a recorded outcome are handed over again, so what can be sent twice is
//! bounded by the links' windows and one flush of the recorder.

mod admission;
mod arrivals;
mod choose;
mod count;
mod dispatcher;
mod expire;
mod hand_over;
mod in_flight;
mod receipt_backpressure;
mod receipts;
mod recipient_set;
mod record;
mod references;
mod reserve;
mod retry;

pub(crate) use dispatcher::{Context, Dispatcher};
pub(crate) use reserve::Reserved;
