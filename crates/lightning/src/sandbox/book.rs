//! What the node knows: its invoices, the payments it holds, and the purse of the one customer who
//! pays them. Changes only by applying records, so that reading the journal gives the same book.
//!
//! | state \ record | paid | settled | cancelled |
//! |---|---|---|---|
//! | open | held | – | cancelled |
//! | held | – | settled | cancelled, the money goes back |
//! | settled | – | – | – |
//! | cancelled | held (only where the faults allow it) | – | – |

use std::collections::{BTreeSet, HashMap};

use domain::id::PaymentHash;
use domain::money::Msat;
use domain::ports::NewHold;
use domain::secret::Preimage;
use domain::time::Timestamp;

use super::chain::Chain;
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
    /// Of the last payment, whatever became of it.
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

/// The customer's money, as far as it left the wallet, and ours, as far as it came in. Two counts
/// kept apart, so that a test can compare them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Purse {
    /// Locked in payments that are held.
    pub locked: Msat,
    /// Gone for good.
    pub spent: Msat,
    /// What the node took.
    pub received: Msat,
}

#[derive(Debug)]
pub(super) struct Book {
    pub(super) chain: Chain,
    pub(super) purse: Purse,
    invoices: HashMap<PaymentHash, Invoice>,
    /// By expiry, so that what is due is at the front.
    open: BTreeSet<(Timestamp, PaymentHash)>,
    /// By the height at which the payment expires.
    held: BTreeSet<(u32, PaymentHash)>,
}

impl Book {
    pub(super) fn new(chain: Chain) -> Self {
        Self {
            chain,
            purse: Purse::default(),
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

    /// The open invoices that expired before `now`, and the payments that are due at `height`.
    pub(super) fn due(&self, now: Timestamp, height: u32) -> Vec<PaymentHash> {
        let expired = self.open.iter().take_while(|(at, _)| *at < now).map(|(_, hash)| *hash);
        let late = self.held.iter().take_while(|(at, _)| *at <= height).map(|(_, hash)| *hash);
        expired.chain(late).collect()
    }

    /// Open and held ones.
    pub(super) fn pending(&self) -> impl Iterator<Item = (PaymentHash, &Invoice)> {
        let open = self.open.iter().map(|(_, hash)| *hash);
        let held = self.held.iter().map(|(_, hash)| *hash);
        open.chain(held).filter_map(|hash| Some((hash, self.get(hash)?)))
    }

    /// Takes a record in. One that does not fit the invoice's state changes nothing: it was decided
    /// by the functions that wrote it, and no journal of ours has one.
    pub(super) fn apply(&mut self, record: Record) {
        match record {
            Record::Node { .. } => {}
            Record::Created(terms) => self.created(terms),
            Record::Paid { hash, msat, expiry_height } => {
                self.paid(PaymentHash::new(hash), Msat::new(msat), expiry_height);
            }
            Record::Settled { preimage } => self.settled(Preimage::new(preimage)),
            Record::Cancelled { hash } => self.cancelled(PaymentHash::new(hash)),
            Record::Mined { blocks, at } => self.chain.mine(blocks, Timestamp::from_millis(at)),
        }
    }

    fn created(&mut self, terms: Created) {
        let hash = PaymentHash::new(terms.hash);
        // The invoice tells whole seconds, and so does its expiry.
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

/// The purse is bounded by all the bitcoin there is; a sum beyond it stays there.
fn sum(left: Msat, right: Msat) -> Msat {
    left.checked_add(right).unwrap_or(Msat::new(i64::MAX))
}

fn difference(left: Msat, right: Msat) -> Msat {
    left.checked_sub(right).unwrap_or(Msat::ZERO)
}
