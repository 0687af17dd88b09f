//! The queue of chunks: claimed under a lease, account by account, and finished or put back.
//!
//! A chunk is a run of up to 1,000 recipients of one message. How it stands to messages and their
//! locks is in the header of [`crate::rows::message`].

pub(crate) mod await_receipts;
pub(crate) mod blocked;
pub(crate) mod claim;
pub(crate) mod claimed;
pub(crate) mod fair_queue;
pub(crate) mod finish_claim;
pub(crate) mod leases;
pub(crate) mod requeue;

pub(crate) use claim::claim;
pub(crate) use leases::{release_leases, renew_leases};
