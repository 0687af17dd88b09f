//! Counts submissions by outcome. A carrier's counters are looked up once and cached, because every
//! message uses them.

use std::collections::HashMap;

use domain::ports::{End, Outcome};
use domain::routing::CarrierName;
use prometheus_client::metrics::counter::Counter;

use crate::metrics::{ByOutcome, Metrics};

const WORDS: [&str; 6] = ["accepted", "delivered", "refused", "try_another", "deferred", "late"];

#[derive(Debug, Default)]
pub(super) struct Counters(HashMap<CarrierName, [Counter; WORDS.len()]>);

impl Counters {
    pub(super) fn count(&mut self, outcomes: &[Outcome], metrics: &Metrics) {
        for outcome in outcomes {
            if !self.0.contains_key(&outcome.carrier) {
                let carrier = outcome.carrier.as_str();
                let counters = WORDS.map(|outcome| {
                    let labels = ByOutcome { carrier: carrier.to_owned(), outcome };
                    metrics.submissions.get_or_create(&labels).clone()
                });
                self.0.insert(outcome.carrier.clone(), counters);
            }
            if let Some(counters) = self.0.get(&outcome.carrier) {
                counters[place(&outcome.end)].inc();
            }
        }
    }
}

const fn place(end: &End) -> usize {
    match end {
        End::Accepted | End::Sent => 0,
        End::Delivered => 1,
        End::Refused { .. } => 2,
        End::TryAnother { .. } => 3,
        End::Deferred { .. } => 4,
        End::Late => 5,
    }
}
