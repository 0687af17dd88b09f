//! Messages, their recipients, the queue of chunks, and what carriers say of them.
//!
//! ```text
//! insert ──> chunks due ── claim ──> leased ── record_outcomes ──┐
//!                 ^                     │                        │ apply: recipients → message
//!                 └── retry, lease over ┘   record_receipts ─────┤        → order, money, event
//!                                           expire, withdraw ────┘
//! ```
//!
//! Every recipient that is *pending* is covered by one chunk that has not ended: whatever loses its
//! carrier comes up for claiming again.

mod apply;
mod claim;
mod expire;
mod insert;
mod outcomes;
mod parts;
mod receipts;
mod withdraw;

pub(crate) use claim::{claim, release_leases, renew_leases};
pub(crate) use expire::expire;
pub(crate) use insert::insert;
pub(crate) use outcomes::record_outcomes;
pub(crate) use receipts::record_receipts;
pub(crate) use withdraw::{time_out, withdraw};
