//! Messages to many that are paid from credit: accepted whole, and looked at page by page. Their
//! queue and what becomes of their recipients is in `message` and `queue`, as with any message.
//!
//! ```text
//! add ──> packs, chunks ── first claim ──> rows ── apply ──> shares posted or given back
//!  │                          │                                  │
//!  └─ scheduled ── cancel     └─ the message begins              └─ all final: ended ── retry ──> pending
//! ```
//!
//! Two million recipients are two thousand *packs* when they are accepted ([`packs`]). Whoever first
//! works on a chunk makes rows of its pack; from there on nothing knows of packs but those who read. In
//! the same way another try of them is two thousand chunks, and whoever first works on one makes its
//! recipients pending ([`crate::rows::queue::requeue`]).
//!
//! | what crosses | who wins |
//! |---|---|
//! | two requests with one idempotency key | the first stores it; the other waits for that and repeats |
//! | a start and a cancel | who has the message's row; a claim that finds it taken comes back later |
//! | a pause and a claim | the same; a claim of a paused message puts its chunk where pause puts it |
//!
//! Idempotency keys are locked before everything else that `message` locks.

mod add;
mod begin;
mod cancel;
mod check;
mod excluded;
mod idempotency;
mod list;
mod packed;
mod packs;
mod page;
mod pause;
mod retry;
mod rows;
mod settlement;

pub(crate) use add::add;
pub(crate) use begin::begin;
pub(crate) use cancel::cancel;
pub(crate) use check::wrong;
pub(crate) use idempotency::{forget, spent};
pub(crate) use list::list;
pub(crate) use packed::{Run, packed};
pub(crate) use packs::{Opened, open, pending};
pub(crate) use page::page;
pub(crate) use pause::{far, pause};
pub(crate) use retry::retry;
pub(crate) use rows::{find, find_many};
pub(crate) use settlement::{Bulk, load, store};
