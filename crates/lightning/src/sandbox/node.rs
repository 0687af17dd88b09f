//! The node: decides the effect of a call, writes it to the journal, and sends hints. All functions block for disk
//! writes; the async side of the port is in the parent module.

use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use domain::id::PaymentHash;
use domain::ports::{
    Clock, HoldState, NewHold, NewPayment, NodeEvent, PendingInvoice, PortError, Random,
};
use domain::sale::hold::{HeldPayment, Tip};
use domain::secret::Preimage;
use domain::time::Timestamp;
use tokio::sync::{broadcast, watch};

use super::book::{Book, Invoice, State};
use super::chain::Chain;
use super::invoice::NodeKey;
use super::journal::{Journal, OpenError, Synced};
use super::options::{Faults, Options};
use super::record::{Created, Record};

#[derive(Debug)]
pub(super) struct Node {
    pub(super) options: Options,
    pub(super) key: NodeKey,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) hints: broadcast::Sender<NodeEvent>,
    /// Notified of every change, independently of hint faults; the customer's wallet waits on it.
    pub(super) changes: watch::Sender<()>,
    random: Arc<dyn Random>,
    inner: Mutex<Inner>,
    synced: Option<Synced>,
}

#[derive(Debug)]
pub(super) struct Inner {
    pub(super) book: Book,
    pub(super) faults: Faults,
    /// Calls that are still on their way to the node.
    pub(super) delayed: Vec<NewPayment>,
    journal: Option<Journal>,
}

impl Inner {
    /// Writes and applies a record, or neither.
    pub(super) fn write(&mut self, record: Record) -> Result<(), JournalFailed> {
        if let Some(journal) = &mut self.journal {
            journal.append(&record).map_err(JournalFailed::Write)?;
        }
        self.book.apply(record);
        Ok(())
    }

    fn written(&self) -> u64 {
        self.journal.as_ref().map_or(0, Journal::len)
    }
}

/// Writing the journal failed.
#[derive(Debug)]
pub(super) enum JournalFailed {
    /// Nothing happened.
    Write(io::Error),
    /// It took effect but may not be durable.
    Sync(io::Error),
}

impl From<JournalFailed> for PortError {
    fn from(failed: JournalFailed) -> Self {
        match failed {
            JournalFailed::Write(error) => Self::Unavailable(format!("the journal: {error}")),
            JournalFailed::Sync(error) => Self::Unknown(format!("the journal: {error}")),
        }
    }
}

impl Node {
    pub(super) fn start(
        path: Option<&Path>,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
        options: Options,
    ) -> Result<Self, OpenError> {
        let (mut journal, records) = match path {
            Some(path) => {
                let (journal, records) = Journal::open(path)?;
                (Some(journal), records)
            }
            None => (None, Vec::new()),
        };
        let corrupt =
            |line| OpenError::Corrupt { path: path.unwrap_or(Path::new("")).into(), line };
        let failed = |source| OpenError::Io { path: path.unwrap_or(Path::new("")).into(), source };
        let mut records = records.into_iter();
        let (key, started_at) = match records.next() {
            Some(Record::Node { key, at }) => {
                let key = NodeKey::from_bytes(&key).ok_or_else(|| corrupt(1))?;
                (key, Timestamp::from_millis(at))
            }
            Some(_) => return Err(corrupt(1)),
            None => {
                let (key, at) = (NodeKey::generate(&*random), clock.now());
                if let Some(journal) = &mut journal {
                    let record = Record::Node { key: key.to_bytes(), at: at.as_millis() };
                    journal.append(&record).map_err(failed)?;
                }
                (key, at)
            }
        };
        let mut book = Book::new(Chain::new(options.blocks, started_at));
        records.for_each(|record| book.apply(record));
        let synced = journal.as_ref().map(Journal::synced).transpose().map_err(failed)?;
        let (hints, _) = broadcast::channel(options.hints_max.max(1));
        let faults = options.faults.clone();
        Ok(Self {
            options,
            key,
            clock,
            hints,
            changes: watch::Sender::new(()),
            random,
            inner: Mutex::new(Inner { book, faults, delayed: Vec::new(), journal }),
            synced,
        })
    }

    pub(super) const fn has_journal(&self) -> bool {
        self.synced.is_some()
    }

    /// Every change is complete before the lock is released, so a poisoned lock is still consistent.
    pub(super) fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs `work` on the current book and returns when its records are on disk.
    pub(super) fn with_book<T, E: From<JournalFailed>>(
        &self,
        work: impl FnOnce(&mut Inner, Now) -> Result<T, E>,
    ) -> Result<T, E> {
        let (result, before, after) = {
            let mut inner = self.lock();
            let before = inner.written();
            let now = self.advance(&mut inner);
            (work(&mut inner, now), before, inner.written())
        };
        if after > before
            && let Some(synced) = &self.synced
        {
            synced.sync(after, || self.lock().written()).map_err(JournalFailed::Sync)?;
        }
        result
    }

    /// Applies the effects of time and blocks since the last call: invoices expire, and held payments at their deadline
    /// are returned, both without a hint.
    fn advance(&self, inner: &mut Inner) -> Now {
        let at = self.clock.now();
        let tip = inner.book.chain.tip(at);
        let late = i64::try_from(inner.faults.late_payment.as_millis()).unwrap_or(i64::MAX);
        let expiry = Timestamp::from_millis(at.as_millis().saturating_sub(late));
        let height = tip.height.saturating_add(self.options.margin_blocks);
        let mut changed = false;
        for hash in inner.book.due(expiry, height) {
            changed |= inner.write(Record::cancelled(hash)).is_ok();
        }
        if changed {
            self.changes.send_replace(());
        }
        Now { at, tip }
    }

    pub(super) fn hint(&self, inner: &Inner, event: NodeEvent) {
        self.changes.send_replace(());
        if inner.faults.lose_hints {
            return;
        }
        // An error means that there is no receiver.
        let _ = self.hints.send(event);
        if inner.faults.duplicate_hints {
            let _ = self.hints.send(event);
        }
    }

    pub(super) fn tip(&self) -> Result<Tip, PortError> {
        self.with_book(|_, now| Ok(now.tip))
    }

    pub(super) fn create(&self, hold: &NewHold) -> Result<String, PortError> {
        self.with_book(|inner, now| {
            if let Some(known) = inner.book.get(hold.hash) {
                if known.is_for(hold) {
                    return Ok(known.terms.invoice.clone());
                }
                return Err(PortError::Conflict(
                    "an invoice with other terms has this hash".into(),
                ));
            }
            let refused = |why: &str| PortError::Refused(why.into());
            let invoice = self.key.sign(hold, self.random.bytes32(), now.at).map_err(refused)?;
            inner.write(Record::Created(Created {
                hash: *hold.hash.as_bytes(),
                msat: hold.amount.get(),
                memo: hold.memo.clone(),
                expiry_secs: hold.expiry.as_secs(),
                cltv_delta: hold.cltv_delta,
                at: now.at.as_millis(),
                invoice: invoice.clone(),
            }))?;
            Ok(invoice)
        })
    }

    pub(super) fn look_up(&self, hash: PaymentHash) -> Result<HoldState, PortError> {
        self.with_book(|inner, _| Ok(self.state(inner.book.get(hash))))
    }

    fn state(&self, invoice: Option<&Invoice>) -> HoldState {
        match invoice.map(|invoice| (&invoice.state, invoice.paid)) {
            None => HoldState::Unknown,
            Some((State::Open, _)) => HoldState::Open,
            Some((State::Held { expiry_height }, amount)) => HoldState::Held(HeldPayment {
                amount: amount.unwrap_or_default(),
                deadline_height: expiry_height.saturating_sub(self.options.margin_blocks),
            }),
            Some((State::Settled { .. }, _)) => HoldState::Settled,
            Some((State::Cancelled, _)) => HoldState::Cancelled,
        }
    }

    pub(super) fn settle(&self, preimage: &Preimage) -> Result<(), PortError> {
        let hash = preimage.payment_hash();
        self.with_book(|inner, _| {
            if take(&mut inner.faults.swallowed_next) {
                return Ok(());
            }
            let why = match inner.book.get(hash).map(|invoice| &invoice.state) {
                Some(State::Held { .. }) => {
                    inner.write(Record::settled(preimage))?;
                    self.hint(inner, NodeEvent::Changed(hash));
                    return Ok(());
                }
                Some(State::Settled { .. }) => return Ok(()),
                Some(State::Open) => "the invoice is still open",
                Some(State::Cancelled) => "the invoice is cancelled",
                None => "no invoice has the hash of this preimage",
            };
            if inner.faults.ok_regardless {
                return Ok(());
            }
            Err(PortError::Conflict(why.into()))
        })
    }

    pub(super) fn cancel(&self, hash: PaymentHash) -> Result<(), PortError> {
        self.with_book(|inner, _| {
            if take(&mut inner.faults.swallowed_next) {
                return Ok(());
            }
            match inner.book.get(hash).map(|invoice| &invoice.state) {
                Some(State::Open | State::Held { .. }) => {
                    inner.write(Record::cancelled(hash))?;
                    self.hint(inner, NodeEvent::Changed(hash));
                    Ok(())
                }
                Some(State::Settled { .. }) if !inner.faults.ok_regardless => {
                    Err(PortError::Conflict("the invoice is settled".into()))
                }
                Some(State::Settled { .. } | State::Cancelled) | None => Ok(()),
            }
        })
    }

    pub(super) fn pending(&self) -> Result<Vec<PendingInvoice>, PortError> {
        self.with_book(|inner, _| {
            let pending = inner.book.pending().map(|(hash, invoice)| PendingInvoice {
                hash,
                memo: invoice.terms.memo.clone(),
                held: matches!(invoice.state, State::Held { .. }),
            });
            Ok(pending.collect())
        })
    }
}

/// Time and height of a call.
#[derive(Debug, Clone, Copy)]
pub(super) struct Now {
    pub(super) at: Timestamp,
    pub(super) tip: Tip,
}

/// Decrements a counter; false if it is 0.
pub(super) const fn take(left: &mut u32) -> bool {
    let any = *left > 0;
    *left = left.saturating_sub(1);
    any
}

/// Interval at which blocks that follow the clock are polled.
pub(super) const BLOCK_POLL: Duration = Duration::from_secs(30);
