//! Why: the trace of a recipient with everything that is known of it, and the reason for which each
//! recipient waits. Reads only. A message's text is not part of it.

mod explain;
mod links;
mod page;

use std::sync::Arc;

use domain::id::{MessageId, OrderId};
use domain::message::failed_try::FailedTry;
use domain::message::recipient::RecipientState;
use domain::message::{Address, Lane};
use domain::number::Msisdn;
use domain::ports::{Clock, PartTrace, Store, TracedMessage};
use domain::reason::Reason;
use domain::routing::CarrierName;
use domain::sale::order::{OrderKind, OrderState};
use domain::time::Timestamp;

pub(crate) use links::Links;
pub use links::ReportedLinks;

#[derive(Debug)]
pub struct Traces {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    links: KnownLinks,
}

/// How a process knows whether carriers are up.
#[derive(Debug)]
enum KnownLinks {
    /// It has them.
    Own(Links),
    /// Nodes reported them to the store.
    Reported(Box<ReportedLinks>),
}

/// Whose traces are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// Everything that was sent to a number, newest first.
    Number(Msisdn),
    Message(MessageId),
    Order(OrderId),
}

#[derive(Debug)]
pub struct TracePage {
    pub traced: Vec<Traced>,
    /// The first recipient that was not read, when there are more.
    pub next: Option<(MessageId, u32)>,
}

/// A recipient with its message and order, as far as there are some: an unpaid order has no message yet.
#[derive(Debug)]
pub struct Traced {
    pub message: Option<TracedMessage>,
    pub order: Option<TracedOrder>,
    pub recipient: Option<TracedRecipient>,
}

#[derive(Debug)]
pub struct TracedOrder {
    pub id: OrderId,
    pub kind: OrderKind,
    pub state: OrderState,
    /// Why it waits or ended.
    pub reason: Option<Reason>,
    pub to: Option<Address>,
}

#[derive(Debug)]
pub struct TracedRecipient {
    pub index: u32,
    /// As stored; of an invalid recipient as it was written.
    pub address: String,
    pub state: RecipientState,
    /// Why it waits or failed: never `None` while it waits.
    pub reason: Option<Reason>,
    /// The carrier's own code for the reason.
    pub code: Option<String>,
    pub lane: Option<Lane>,
    /// When it is handed over at the earliest, while nobody has it.
    pub next_try_at: Option<Timestamp>,
    /// The node that has it in work.
    pub node: Option<String>,
    /// When its campaign starts or started, if it was scheduled.
    pub start_at: Option<Timestamp>,
    pub updated_at: Timestamp,
    /// Carriers that refused it, or took it and sent no receipt in time.
    pub tried: Vec<CarrierName>,
    /// Those that failed.
    pub tries: Vec<FailedTry>,
    /// Those that carriers took.
    pub parts: Vec<PartTrace>,
}

impl Traces {
    /// For a process without carriers.
    pub fn with_reports(
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        links: ReportedLinks,
    ) -> Self {
        Self { store, clock, links: KnownLinks::Reported(Box::new(links)) }
    }

    pub(crate) fn with_links(store: Arc<dyn Store>, clock: Arc<dyn Clock>, links: Links) -> Self {
        Self { store, clock, links: KnownLinks::Own(links) }
    }

    fn links_are_down(&self, address: &str) -> bool {
        match &self.links {
            KnownLinks::Own(links) => links.are_down(address),
            KnownLinks::Reported(links) => links.are_down(address),
        }
    }
}
