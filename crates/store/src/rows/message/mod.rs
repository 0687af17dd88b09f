//! Messages and their recipients, and the reports of carriers.
//!
//! ```text
//! insert_many ──> due ── claim ──> leased ── record_outcomes ──┐
//!       │          ^                 ^  │                      │ apply: recipients → message
//!       └─ leased ─┼─────────────────┘  │  record_receipts ────┤        → order, money, event
//!                  └── retry, await, ───┘  expire, withdraw ───┘
//!                      lease over
//! ```
//!
//! Every *pending* recipient is covered by one live chunk, unless its message was cancelled: if a
//! carrier loses it, its chunk is claimed again. A chunk is deleted when nothing in it is left to
//! submit, or when its message ends. A campaign's recipients get rows at the first claim of their
//! chunk. The recipient of an order is in its message's row ([`single`]), and so is its first claim when
//! the message was stored with a lease.
//!
//! These files read rows, apply the rules of [`domain::message`], and write rows.
//!
//! # Locks
//!
//! On a server several nodes change the same rows concurrently. Locks are taken in this order
//! (after a request's idempotency key):
//!
//! 1. the advisory locks of the carriers whose submissions are stored
//!    ([`AdvisoryLock::Park`](crate::tx::AdvisoryLock));
//! 2. the messages' rows, sorted by id ([`message_lock::lock`]). Recipients, submissions and chunks of a
//!    locked message are read and written without locks of their own;
//! 3. parked receipts, sorted;
//! 4. orders and ledger accounts, as `order` and `ledger` lock them.
//!
//! A claim, or a change of leases, begins with the chunk instead. It waits for no lock: it skips a
//! locked chunk, and puts back the chunk of a locked message. A second claim may therefore come
//! between a chunk's claim and its end, so the end has the attempt that it ends.

pub(crate) mod apply;
mod expire;
pub(crate) mod form_columns;
mod insert;
mod match_receipts;
pub(crate) mod message_lock;
mod outcomes;
mod parked_receipts;
mod receipts;
pub(crate) mod recipients;
mod row_part;
mod settle_sent;
pub(crate) mod single;
mod submissions;
mod trace;
pub(crate) mod tries;
pub(crate) mod unread_receipts;
mod waiting;
mod withdraw;

pub(crate) use expire::expire;
pub(crate) use insert::{Payer, count_and_queue, count_listed, insert_many, insert_rows};
pub(crate) use message_lock::lock_one as lock;
pub(crate) use outcomes::record_outcomes;
pub(crate) use receipts::{record_matched_receipts, record_receipts};
pub(crate) use settle_sent::settle_as_sent;
pub(crate) use trace::{trace, traced_message};
pub(crate) use waiting::waiting;
pub(crate) use withdraw::{delete_chunks, time_out, withdraw};
