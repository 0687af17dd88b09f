//! From a due chunk to recorded outcomes.
//!
//! ```text
//! store ─ claim ─> Dispatcher ─ by route ─> carrier ─ outcomes ─> Inbox ─ queue ─> recorder ─> store
//!                                           carrier ─ receipts ─> Inbox ─────────────────────> store
//! ```
//!
//! What a crash means: a claimed chunk is the mark that its recipients may be with a carrier. After
//! it, recipients without a recorded outcome are handed over again, so what can be sent twice is
//! bounded by the links' windows and one flush of the recorder.

mod dispatcher;
mod hand_over;
mod in_work;
mod inbox;
mod record;
mod retry;

pub(crate) use dispatcher::Dispatcher;
