//! Orders: create, read, cancel, and keep each one in step with its payment at the node. The node
//! knows a payment by its hash, everything else knows an order by its id.
//!
//! ```text
//! create ── add_order (open) ── node: create_hold ── attach_invoice ── the buyer is answered
//!                                                                       │ pays
//! hint, poll or watch ── lookup: held ── hold::check ── hold_order (working, message queued)
//!                                                                       │ the work ended:
//!                                             fulfilled │ cancelling  <─┘ decided in that commit
//! watch ── settle │ cancel ── lookup ── record_node_reports (settled │ cancelled │ lost)
//! ```
//!
//! A crash between any two of these leaves a state that the watch finds at the next start; see the
//! table in `domain::sale::order`.

mod cancel;
mod check;
mod follow;
mod fund;
mod held;
mod memo;
mod open_order;
mod repeated;
mod status;
mod terms;
mod watch;

use std::sync::Arc;

use domain::id::OrderId;
use domain::ports::{Clock, Lightning, Random, Store};
use domain::sale::order::OrderSnapshot;

use crate::accounts::Accounts;
use crate::events::UnpaidEnds;
use crate::hot_cache::HotCache;
use crate::lightning_node::LastNode;
use crate::metrics::Metrics;
use crate::settings::OrderSettings;
use crate::tip::LastTip;
use crate::wake::Wake;

pub use cancel::CancelError;
pub use fund::{FundError, Funding};
pub use open_order::OpenError;
pub(crate) use open_order::Opened;
pub use repeated::RepeatError;
pub use status::{Credited, History};
pub(crate) use terms::{OrderedText, message_of};

#[derive(Debug)]
pub struct Orders {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) lightning: Arc<dyn Lightning>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) random: Arc<dyn Random>,
    pub(crate) wake: Arc<Wake>,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) tip: Arc<LastTip>,
    pub(crate) last_node: Arc<LastNode>,
    pub(crate) settings: OrderSettings,
    /// Where buyers may send, and how much in an hour.
    pub(crate) accounts: Arc<Accounts>,
    /// Orders that a caller asks for too often.
    pub(crate) recent: HotCache<OrderId, OrderSnapshot>,
    pub(crate) unpaid_ends: Arc<UnpaidEnds>,
}
