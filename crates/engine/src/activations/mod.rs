//! Numbers on loan: sold as orders, acquired from suppliers, followed until a code came or time is up.
//! *Activation* names a number for one code and a rental alike, except where a rental is named.
//!
//! ```text
//! order ── from credit: stored with its activation │ by invoice: stored, and its activation when it is held
//! work ── claim ── mark_acquiring ── Supplier::acquire ── record_loans (assigned │ no number │ unknown)
//! work ── claim ── Supplier::status │ inbox ── record_loans (code: the order is fulfilled)
//! work ── claim ── time is up: record_loans (the order is cancelled, or finished)
//! work ── claim ── Supplier::finish │ release, once the activation has ended
//! ```
//!
//! A claim leases what is due to one node, so several nodes share the work. A supplier is called to
//! acquire only after *acquiring* was stored with its name; every later claim asks it for the status.
//!
//! | the process died | it left | what happens |
//! |---|---|---|
//! | before *acquiring* was stored | *paid* | a supplier is called |
//! | before the supplier answered, or before its answer was stored | *acquiring* | the supplier is asked for the status: assigned, or the next supplier |
//! | after the assignment | *waiting* | the status is read; the supplier delivers again what was not stored |
//! | after a code | the order *fulfilled* | settled by the watch |
//! | after a cancel | *cancelled*, not released | released; the money goes back by the watch |

mod acquire;
mod calls;
mod choose;
mod error;
#[cfg(test)]
mod fake_supplier;
mod follow;
mod inbox;
mod order;
mod price;
mod query;
mod record;
mod success;
mod under_way;
mod wish;
mod work;

use std::sync::Arc;
use std::time::Duration;

use domain::activation::SupplierName;
use domain::ports::{Clock, LoanInbox, Store, Supplier};

use crate::accept::Accept;
use crate::accounts::Accounts;
use crate::live::Live;
use crate::metrics::Metrics;
use crate::orders::Orders;
use crate::settings::Settings;
use crate::tasks::Tasks;
use crate::wake::Wake;

pub use error::{NumberError, WishError};
pub use order::{NumberOrder, NumberPayment, NumberSold};
pub use query::{NumberOffer, Success};
pub(crate) use success::KnownSuccesses;
pub use success::{ScanRules, Successes};

use calls::Calls;
use choose::Offers;
use record::Recording;
use under_way::UnderWay;

/// A claim whose calls take longer than its lease is lost. It is longer than any supplier may take to
/// answer, so that no node asks about an acquire that is under way.
const LEASE_MIN: Duration = Duration::from_secs(90);

/// The ports and services that activations use.
#[derive(Debug)]
pub(crate) struct Context {
    pub store: Arc<dyn Store>,
    /// In the configured order.
    pub suppliers: Vec<Arc<dyn Supplier>>,
    pub clock: Arc<dyn Clock>,
    /// Checks webhooks.
    pub accept: Arc<Accept>,
    /// Prices.
    pub accounts: Arc<Accounts>,
    pub orders: Arc<Orders>,
    pub wake: Arc<Wake>,
    pub metrics: Arc<Metrics>,
    pub tasks: Tasks,
    /// When a buyer is slowed.
    pub settings: Arc<Live<Settings>>,
    /// Holds the leases.
    pub node: String,
    /// At least [`LEASE_MIN`] is taken.
    pub lease: Duration,
}

#[derive(Debug)]
pub struct Activations {
    context: Context,
    calls: Calls,
    under_way: UnderWay,
    offers: Offers,
    recording: Recording,
    successes: KnownSuccesses,
}

impl Activations {
    pub(crate) fn new(mut context: Context) -> Self {
        context.lease = context.lease.max(LEASE_MIN);
        let calls = Calls::new(&context.suppliers);
        let offers = Offers::new(context.suppliers.clone(), context.clock.clone());
        Self {
            context,
            calls,
            under_way: UnderWay::default(),
            offers,
            recording: Recording::new(),
            successes: KnownSuccesses::default(),
        }
    }

    fn supplier(&self, name: &SupplierName) -> Option<&Arc<dyn Supplier>> {
        self.context.suppliers.iter().find(|supplier| supplier.name() == name)
    }

    /// Frees what an earlier run of this node had claimed.
    pub(crate) async fn release_leases(&self) -> Result<u64, domain::ports::PortError> {
        let Context { store, clock, node, .. } = &self.context;
        store.release_activation_leases(node, clock.now()).await
    }

    /// Starts the suppliers' own workers.
    pub(crate) fn run_suppliers(self: &Arc<Self>) {
        for supplier in &self.context.suppliers {
            let running = (supplier.clone(), self.clone());
            self.context.tasks.worker("supplier", move || {
                let (supplier, inbox) = running.clone();
                async move { supplier.run(inbox as Arc<dyn LoanInbox>).await }
            });
        }
    }
}
