//! What happened at a node, by payment hash, kept over its restarts. Its events may come twice: the journal does not mind.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use ldk_node::Event;

/// How a payment of ours ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The payee has it.
    Paid {
        /// The proof of payment.
        preimage: [u8; 32],
        /// Routing fees.
        fee_msat: u64,
    },
    /// The money is back.
    Failed {
        /// LDK's reason, for example `RecipientRejected`.
        reason: String,
    },
}

/// A payment to us that waits for our decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Held {
    /// What arrived.
    pub msat: u64,
    /// The height at which the node gives it back.
    pub deadline: u32,
}

#[derive(Default)]
struct Journal {
    outcomes: HashMap<[u8; 32], Outcome>,
    held: HashMap<[u8; 32], Held>,
    received: HashMap<[u8; 32], u64>,
    closed: Vec<String>,
    forwarding_fees_msat: u64,
}

#[derive(Clone, Default)]
pub(super) struct SharedJournal(Arc<Mutex<Journal>>);

impl SharedJournal {
    pub(super) fn record(&self, event: Event) {
        let mut journal = self.0.lock().unwrap();
        match event {
            Event::PaymentSuccessful { payment_hash, payment_preimage, fee_paid_msat, .. } => {
                let preimage = payment_preimage.map(|preimage| preimage.0).unwrap_or_default();
                journal.outcomes.insert(
                    payment_hash.0,
                    Outcome::Paid { preimage, fee_msat: fee_paid_msat.unwrap_or(0) },
                );
            }
            Event::PaymentFailed { payment_hash: Some(hash), reason, .. } => {
                let reason = reason.map_or("no reason".into(), |reason| format!("{reason:?}"));
                journal.outcomes.insert(hash.0, Outcome::Failed { reason });
            }
            Event::PaymentClaimable {
                payment_hash, claimable_amount_msat, claim_deadline, ..
            } => {
                let held =
                    Held { msat: claimable_amount_msat, deadline: claim_deadline.unwrap_or(0) };
                journal.held.insert(payment_hash.0, held);
            }
            Event::PaymentReceived { payment_hash, amount_msat, .. } => {
                journal.received.insert(payment_hash.0, amount_msat);
            }
            Event::PaymentForwarded { total_fee_earned_msat, .. } => {
                journal.forwarding_fees_msat += total_fee_earned_msat.unwrap_or(0);
            }
            Event::ChannelClosed { reason, .. } => {
                journal.closed.push(reason.map_or("no reason".into(), |reason| reason.to_string()));
            }
            _ => {}
        }
    }

    pub(super) fn outcome(&self, hash: &[u8; 32]) -> Option<Outcome> {
        self.0.lock().unwrap().outcomes.get(hash).cloned()
    }

    pub(super) fn take_outcome(&self, hash: &[u8; 32]) -> Option<Outcome> {
        self.0.lock().unwrap().outcomes.remove(hash)
    }

    pub(super) fn restore_outcome(&self, hash: [u8; 32], outcome: Outcome) {
        self.0.lock().unwrap().outcomes.entry(hash).or_insert(outcome);
    }

    pub(super) fn held(&self, hash: &[u8; 32]) -> Option<Held> {
        self.0.lock().unwrap().held.get(hash).copied()
    }

    pub(super) fn forget_held(&self, hash: &[u8; 32]) {
        self.0.lock().unwrap().held.remove(hash);
    }

    pub(super) fn received(&self, hash: &[u8; 32]) -> Option<u64> {
        self.0.lock().unwrap().received.get(hash).copied()
    }

    pub(super) fn closed(&self) -> Vec<String> {
        self.0.lock().unwrap().closed.clone()
    }

    pub(super) fn forwarding_fees_msat(&self) -> u64 {
        self.0.lock().unwrap().forwarding_fees_msat
    }
}
