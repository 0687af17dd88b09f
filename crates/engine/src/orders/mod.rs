//! Orders: taking them, telling how they stand, cancelling them, and keeping each one and its
//! payment at the node in step.
//!
//! ```text
//! create ── add_order (open) ── node: create_hold ── attach_invoice ── the buyer is answered
//!                                                                       │ pays
//! watch ── lookup: held ── hold::check ── hold_order (working, message queued)
//!                                                                       │ delivered or failed:
//!                                             fulfilled │ cancelling  <─┘ decided in that commit
//! watch ── settle │ cancel ── lookup ── record_node_reports (settled │ cancelled │ lost)
//! ```
//!
//! A crash between any two of these leaves a state that the watch finds at the next start; see the
//! table in `domain::order`.

mod blocked;
mod cancel;
mod check;
mod create;
mod follow;
mod status;
mod terms;
mod watch;

use std::sync::Arc;

use domain::id::AccountId;
use domain::ports::{Clock, Fetch, Lightning, Random, Store};
use domain::routing::Routes;
use domain::sale::tariff::Prices;
use domain::secret::Secret;

use crate::accept::Accept;
use crate::hot_cache::HotCache;
use crate::metrics::Metrics;
use crate::tip::LastTip;
use crate::wake::Wake;

pub use cancel::CancelError;
pub use create::{Asked, CreateError, CreatedOrder, LOCAL_CLIENT, OrderRequest, Terms};
pub use status::History;
pub(crate) use terms::message_of;

#[derive(Debug)]
pub struct Orders {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) lightning: Arc<dyn Lightning>,
    /// Judges the addresses of webhooks.
    pub(crate) fetch: Arc<dyn Fetch>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) random: Arc<dyn Random>,
    pub(crate) wake: Arc<Wake>,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) accept: Arc<Accept>,
    pub(crate) tip: Arc<LastTip>,
    pub(crate) routes: Arc<Routes>,
    pub(crate) prices: Prices,
    /// Sign the webhooks of accounts.
    pub(crate) secrets: HotCache<AccountId, Secret>,
}
