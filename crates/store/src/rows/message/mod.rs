//! Messages and their recipients, and what carriers report of them.
//!
//! ```text
//! insert_many ──> due ── claim ──> leased ── record_outcomes ──┐
//!       │          ^                 ^  │                      │ apply: recipients → message
//!       └─ leased ─┼─────────────────┘  │  record_receipts ────┤        → order, money, event
//!                  └── retry, await, ───┘  expire, withdraw ───┘
//!                      lease over
//! ```
//!
//! Every recipient that is *pending* is covered by one live chunk, unless its message was cancelled:
//! whatever loses its carrier comes up for claiming again. A chunk goes when nothing in it is left to
//! hand over, or its message ends. Messages to many come from `campaign`, and get rows as they are claimed.
//!
//! # Locks
//!
//! On a server several nodes change the same rows at once. The discipline, in this order (a request's
//! idempotency key comes before all of it):
//!
//! 1. the advisory locks of the carriers whose submissions are stored ([`AdvisoryLock::Park`](crate::tx::AdvisoryLock));
//! 2. the messages' rows, sorted by id ([`message_lock::lock`]). Recipients, submissions and chunks of a
//!    locked message are read and written without locks of their own, by whoever has the message;
//! 3. parked receipts, sorted;
//! 4. orders and ledger accounts, as `orders` and `ledger` do it.
//!
//! A claim, and whoever renews or frees leases, begins with the chunk instead and waits for nobody:
//! `SKIP LOCKED` for the chunk, and for the message when that is needed too. So an end of a chunk
//! names the attempt it ends: a claim may have come between.

pub(crate) mod apply;
pub(crate) mod expire;
pub(crate) mod insert;
pub(crate) mod message_lock;
pub(crate) mod outcomes;
pub(crate) mod parked;
pub(crate) mod parts;
pub(crate) mod receipts;
pub(crate) mod recipients;
pub(crate) mod trace;
pub(crate) mod withdraw;

pub(crate) use expire::expire;
pub(crate) use insert::{Payer, Queued, insert_chunks, insert_many};
pub(crate) use message_lock::{lock_free, lock_one as lock};
pub(crate) use outcomes::record_outcomes;
pub(crate) use receipts::record_receipts;
pub(crate) use trace::trace;
pub(crate) use withdraw::{time_out, withdraw};
