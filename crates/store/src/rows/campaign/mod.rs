//! Campaigns, which are paid from credit: accepted as a whole, and shown by page. Their recipients
//! and chunks are in `message` and `queue`, as those of any message.
//!
//! ```text
//! add ──> packs, chunks ── first claim ──> rows ── apply ──> shares posted or given back
//!  │                          │                                  │
//!  └─ scheduled ── cancel     └─ the message begins              └─ all final: ended ── retry ──> pending
//! ```
//!
//! Two million recipients are stored as two thousand *packs* ([`packs`]). The first claim of a chunk
//! unpacks its recipients into rows; a reader of recipients reads both. In the same way a retry stores
//! two thousand chunks, and the first claim of each makes its recipients pending
//! ([`crate::rows::queue::requeue`]).
//!
//! | two changes at once | the result |
//! |---|---|
//! | two requests with one idempotency key | the first one is stored; the other waits for it and repeats its answer |
//! | a start and a cancel | the one that locks the message's row first; a claim does not wait for it |
//! | a pause and a claim | the same; a claim of a paused campaign puts its chunk back as the pause does |
//!
//! Idempotency keys are locked before everything that `message` locks.

mod add;
pub(crate) mod callbacks;
pub(crate) mod campaign_row;
mod cancel;
mod check;
mod excluded;
mod idempotency;
mod list;
pub(crate) mod missed_runs;
mod packed;
mod packs;
mod page;
mod pause;
mod retry;
mod rows;
mod sms_ids;
mod texts;

pub(crate) use add::add;
pub(crate) use cancel::cancel;
pub(crate) use check::wrong;
pub(crate) use idempotency::{forget, spent};
pub(crate) use list::{list, newest};
pub(crate) use packed::{Run, packed};
pub(crate) use packs::{Unpacked, pending, unpack};
pub(crate) use page::page;
pub(crate) use pause::{pause, while_paused};
pub(crate) use retry::{claim_number, retry};
pub(crate) use rows::{find, find_many, owner};
pub(crate) use sms_ids::{find_by_sms_id, take_sms_ids};
pub(crate) use texts::{load as load_texts, own_texts};
