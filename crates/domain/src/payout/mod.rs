//! Shares of referrers, and their payment to Lightning addresses.

mod address;
mod batch;
mod invoice;
mod share;
mod state;
mod trouble;

pub use address::{LightningAddress, NotAnAddress};
pub use batch::{DueShare, amount_max, pick, routing_fee_max};
pub use invoice::{InvoiceFacts, Network, NodeIdentity, Unfit, check};
pub use share::ShareRate;
pub use state::{PayoutEvent, PayoutState, ends_at, next, routes_end_at};
pub use trouble::{Trouble, wait_after};
