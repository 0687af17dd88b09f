//! The node's state: its invoices, held payments, and the balance of the simulated customer. It changes only by applying
//! records, so that replaying the journal gives the same state.
//!
//! | state \ record | paid | settled | cancelled |
//! |---|---|---|---|
//! | open | held | – | cancelled |
//! | held | – | settled | cancelled, the payment is returned |
//! | settled | – | – | – |
//! | cancelled | held (only with the matching fault) | – | – |

use std::collections::{BTreeSet, HashMap};

use domain::id::PaymentHash;
use domain::money::Msat;
use domain::ports::NewHold;
use domain::secret::Preimage;
use domain::time::Timestamp;

use super::chain::Chain;
use super::payment::Payments;
use super::record::{Created, Record};

#[derive(Debug, Clone)]
pub(super) enum State {
    Open,
    Held { expiry_height: u32 },
    Settled { preimage: Preimage },
    Cancelled,
}

#[derive(Debug)]
pub(super) struct Invoice {
    pub(super) terms: Created,
    pub(super) expires_at: Timestamp,
    pub(super) state: State,
    /// Amount of the last payment, whatever its state.
    pub(super) paid: Option<Msat>,
}

impl Invoice {
    pub(super) fn is_for(&self, hold: &NewHold) -> bool {
        let terms = &self.terms;
        terms.msat == hold.amount.get()
            && terms.memo == hold.memo
            && terms.expiry_secs == hold.expiry.as_secs()
            && terms.cltv_delta == hold.cltv_delta
    }
}

/// What the customer has paid and what the node has received, counted separately so that a test can compare them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Purse {
    /// Locked in held payments.
    pub locked: Msat,
    /// Paid in settled payments.
    pub spent: Msat,
    /// Received by the node.
    pub received: Msat,
}

#[derive(Debug)]
pub(super) struct Book {
    pub(super) chain: Chain,
    pub(super) purse: Purse,
    pub(super) payments: Payments,
    invoices: HashMap<PaymentHash, Invoice>,
    /// Ordered by expiry.
    open: BTreeSet<(Timestamp, PaymentHash)>,
    /// Ordered by the payment's expiry height.
    held: BTreeSet<(u32, PaymentHash)>,
}

impl Book {
    pub(super) fn new(chain: Chain) -> Self {
        Self {
            chain,
            purse: Purse::default(),
            payments: Payments::default(),
            invoices: HashMap::new(),
            open: BTreeSet::new(),
            held: BTreeSet::new(),
        }
    }

    pub(super) fn get(&self, hash: PaymentHash) -> Option<&Invoice> {
        self.invoices.get(&hash)
    }

    pub(super) fn held_count(&self) -> u64 {
        u64::try_from(self.held.len()).unwrap_or(u64::MAX)
    }

    /// The open invoices that expired before `now`, and the payments to return at `height`.
    pub(super) fn due(&self, now: Timestamp, height: u32) -> Vec<PaymentHash> {
        let expired = self.open.iter().take_while(|(at, _)| *at < now).map(|(_, hash)| *hash);
        let late = self.held.iter().take_while(|(at, _)| *at <= height).map(|(_, hash)| *hash);
        expired.chain(late).collect()
    }

    /// Open and held invoices.
    pub(super) fn pending(&self) -> impl Iterator<Item = (PaymentHash, &Invoice)> {
        let open = self.open.iter().map(|(_, hash)| *hash);
        let held = self.held.iter().map(|(_, hash)| *hash);
        open.chain(held).filter_map(|hash| Some((hash, self.get(hash)?)))
    }

    /// Applies a record. One that is illegal in the invoice's state has no effect and is never written.
    pub(super) fn apply(&mut self, record: Record) {
        match record {
            Record::Node { .. } => {}
            Record::Created(terms) => self.created(terms),
            Record::Paid { hash, msat, expiry_height } => {
                self.paid(PaymentHash::new(hash), Msat::new(msat), expiry_height);
            }
            Record::Settled { preimage } => self.settled(Preimage::new(preimage)),
            Record::Cancelled { hash } => self.cancelled(PaymentHash::new(hash)),
            Record::Sent { hash, msat, fee_msat } => {
                let hash = PaymentHash::new(hash);
                self.payments.begin(hash, Msat::new(msat), Msat::new(fee_msat));
            }
            Record::SentEnded { hash, arrived } => {
                self.payments.end(PaymentHash::new(hash), arrived);
            }
            Record::Mined { blocks, at } => self.chain.mine(blocks, Timestamp::from_millis(at)),
        }
    }

    fn created(&mut self, terms: Created) {
        let hash = PaymentHash::new(terms.hash);
        // The invoice and its expiry are in whole seconds.
        let created_at = Timestamp::from_millis(terms.at.div_euclid(1_000).saturating_mul(1_000));
        let expires_at = created_at.after(std::time::Duration::from_secs(terms.expiry_secs));
        self.open.insert((expires_at, hash));
        self.invoices.insert(hash, Invoice { terms, expires_at, state: State::Open, paid: None });
    }

    fn paid(&mut self, hash: PaymentHash, amount: Msat, expiry_height: u32) {
        let Some(invoice) = self.invoices.get_mut(&hash) else { return };
        if matches!(invoice.state, State::Held { .. } | State::Settled { .. }) {
            return;
        }
        invoice.state = State::Held { expiry_height };
        invoice.paid = Some(amount);
        self.open.remove(&(invoice.expires_at, hash));
        self.held.insert((expiry_height, hash));
        self.purse.locked = sum(self.purse.locked, amount);
    }

    fn settled(&mut self, preimage: Preimage) {
        let hash = preimage.payment_hash();
        let Some(invoice) = self.invoices.get_mut(&hash) else { return };
        let (State::Held { expiry_height }, Some(amount)) = (&invoice.state, invoice.paid) else {
            return;
        };
        self.held.remove(&(*expiry_height, hash));
        invoice.state = State::Settled { preimage };
        self.purse.locked = difference(self.purse.locked, amount);
        self.purse.spent = sum(self.purse.spent, amount);
        self.purse.received = sum(self.purse.received, amount);
    }

    fn cancelled(&mut self, hash: PaymentHash) {
        let Some(invoice) = self.invoices.get_mut(&hash) else { return };
        match (&invoice.state, invoice.paid) {
            (State::Open, _) => {
                self.open.remove(&(invoice.expires_at, hash));
            }
            (State::Held { expiry_height }, Some(amount)) => {
                self.held.remove(&(*expiry_height, hash));
                self.purse.locked = difference(self.purse.locked, amount);
            }
            (State::Held { .. }, None) | (State::Settled { .. } | State::Cancelled, _) => return,
        }
        invoice.state = State::Cancelled;
    }
}

/// Saturates at the limit of amounts.
fn sum(left: Msat, right: Msat) -> Msat {
    left.checked_add(right).unwrap_or(Msat::new(i64::MAX))
}

fn difference(left: Msat, right: Msat) -> Msat {
    left.checked_sub(right).unwrap_or(Msat::ZERO)
}
