//! Inbound messages: parts from carriers are stored and joined; messages with overdue parts are
//! reported incomplete. HELP is answered here, and the replies of keywords are sent; the store applies STOP and
//! START itself.

mod answer;
mod help;
mod inbox;
mod join;
mod receivers;
mod record;
mod reply;
mod unread;

use std::sync::{Arc, RwLock};

use domain::inbound::Receivers;
use domain::ports::{Clock, InboundRecorded, Random, Store};
use tokio::sync::Mutex;

use crate::accept::Accept;
use crate::commit_progress::CommitProgress;
use crate::live::Live;
use crate::metrics::{ByResult, Metrics};
use crate::settings::Settings;
use crate::wake::Wake;

pub use inbox::InboxAsked;

/// Dependencies of recording and joining.
#[derive(Debug)]
pub(crate) struct Inbound {
    pub store: Arc<dyn Store>,
    pub clock: Arc<dyn Clock>,
    pub random: Arc<dyn Random>,
    pub wake: Arc<Wake>,
    pub metrics: Arc<Metrics>,
    pub settings: Arc<Live<Settings>>,
    /// As last read from the rows of our numbers; `None` before the first reading.
    pub receivers: RwLock<Option<Arc<Receivers>>>,
    pub loading: Mutex<()>,
    pub progress: CommitProgress,
    /// Sends the replies to HELP and to keywords.
    pub accept: Arc<Accept>,
}

impl Inbound {
    pub(crate) fn after(&self, recorded: &InboundRecorded) {
        let &InboundRecorded { complete, incomplete, repeats, events, replies, .. } = recorded;
        let loans = u32::try_from(recorded.loans.len()).unwrap_or(u32::MAX);
        for (result, count) in [
            ("complete", complete),
            ("incomplete", incomplete),
            ("repeat", repeats),
            ("lent", loans),
        ] {
            if count > 0 {
                self.metrics.inbound.get_or_create(&ByResult { result }).inc_by(count.into());
            }
        }
        if events > 0 {
            self.wake.webhooks.notify_one();
        }
        if replies > 0 {
            self.wake.replies.notify_one();
        }
    }
}
