//! The queue of chunks: claimed under a lease, account by account, and finished or put back.
//!
//! A chunk is a range of up to 1,000 recipients of one message. [`crate::rows::message`] describes
//! its relation to messages and their locks. Read [`claim`] first: it calls the other modules,
//! which do not call each other.

mod backlog;
pub(crate) mod claim;
pub(crate) mod enqueue;
mod exclude_blocked;
mod fair_queue;
pub(crate) mod finish_claim;
pub(crate) mod lease;
mod leased_chunks;
mod load_content;
mod load_recipients;
mod reexamine;
pub(crate) mod requeue;
mod return_unreceipted;
mod start_campaigns;
mod withdraw_unpaid;

pub(crate) use backlog::backlog;
pub(crate) use claim::claim;
pub(crate) use lease::{release_leases, renew_leases};
pub(crate) use reexamine::reexamine;
