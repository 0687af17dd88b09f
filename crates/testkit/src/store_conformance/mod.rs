//! The conformance suite of [`Store`], as named cases. An implementation provides a [`Rig`] and calls
//! [`store_conformance!`](crate::store_conformance!). Failures specific to one engine (a full disk, a locked file) are
//! tested beside that engine.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a suite of tests")]

mod accounts;
mod activation_world;
mod activations;
mod blocked;
mod blocklist;
mod borrowers;
mod bulk;
mod bulk_recipients;
mod bulk_retry;
mod bulk_shares;
mod bulk_start;
mod bulk_world;
mod callbacks;
mod campaign_events;
mod cancel;
mod caps;
mod carriers;
mod cases;
mod claims;
mod credit;
mod daily_limit;
mod deferrals;
mod directory;
mod doubt;
mod event_log;
mod events;
mod expiry;
mod failover;
mod fairness;
mod forget;
mod forms;
mod inbound;
mod inbound_limits;
mod keywords;
mod lent_numbers;
mod links;
mod logins;
mod lookups;
mod merged;
mod message_list;
mod money;
mod node;
mod noted_receipts;
mod numbers;
mod operators;
mod order_keys;
mod orders;
mod outcomes;
mod parts;
mod payout_ends;
mod payout_world;
mod payouts;
mod people;
mod phone_shares;
mod phone_texts;
mod phones;
mod pool;
mod receipts;
mod refunds;
mod rentals;
mod restart;
mod search;
mod settle_sent;
mod sms_ids;
mod successes;
mod traces;
mod traffic;
mod unmarked;
mod unpaid;
mod upstream;
mod world;

use std::sync::Arc;

use async_trait::async_trait;
use domain::ports::Store;

pub use accounts::*;
pub use activations::*;
pub use blocked::*;
pub use blocklist::*;
pub use borrowers::*;
pub use bulk::*;
pub use bulk_recipients::*;
pub use bulk_retry::*;
pub use bulk_shares::*;
pub use bulk_start::*;
pub use callbacks::*;
pub use campaign_events::*;
pub use cancel::*;
pub use caps::*;
pub use carriers::*;
pub use claims::*;
pub use credit::*;
pub use daily_limit::*;
pub use deferrals::*;
pub use directory::*;
pub use doubt::*;
pub use event_log::*;
pub use events::*;
pub use expiry::*;
pub use failover::*;
pub use fairness::*;
pub use forget::*;
pub use forms::*;
pub use inbound::*;
pub use inbound_limits::*;
pub use keywords::*;
pub use lent_numbers::*;
pub use links::*;
pub use logins::*;
pub use lookups::*;
pub use merged::*;
pub use message_list::*;
pub use money::*;
pub use node::*;
pub use noted_receipts::*;
pub use numbers::*;
pub use operators::*;
pub use order_keys::*;
pub use orders::*;
pub use outcomes::*;
pub use parts::*;
pub use payout_ends::*;
pub use payouts::*;
pub use people::*;
pub use phone_shares::*;
pub use phone_texts::*;
pub use phones::*;
pub use pool::*;
pub use receipts::*;
pub use refunds::*;
pub use rentals::*;
pub use restart::*;
pub use search::*;
pub use settle_sent::*;
pub use sms_ids::*;
pub use successes::*;
pub use traces::*;
pub use traffic::*;
pub use unmarked::*;
pub use unpaid::*;
pub use upstream::*;

/// A separate database for one case.
#[async_trait]
pub trait Rig: Send + Sync {
    /// Opens a new handle, as another process or a restarted one would.
    async fn open(&self) -> Arc<dyn Store>;
}
