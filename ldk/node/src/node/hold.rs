//! Invoices whose payment is held, with LND's rules and words.

use std::time::Duration;

use ldk_node::bitcoin::hashes::{Hash as _, sha256};
use ldk_node::lightning_invoice::{Bolt11InvoiceDescription, Description};
use ldk_node::lightning_types::payment::{PaymentHash, PaymentPreimage};
use tokio::sync::broadcast::error::RecvError;
use tokio::time::timeout;

use super::{CallError, Node};
use crate::Hash;
use crate::book::{Hold, HoldState, NewHold};
use crate::signer::Terms;

/// LDK needs 21 blocks more than LND between the deadline and the end of a payment's contract (39 and 18): an invoice
/// asks for as many more, so that a client that reckons with LND's has its time.
const MORE_BLOCKS: u64 = 21;

/// LDK's payers refuse routes of more than 1,008 blocks.
const CLTV_DELTA_MAX: u64 = 900;

/// LND's limits.
const CLTV_DELTA_MIN: u64 = 18;
const MEMO_BYTES_MAX: usize = 639;
const EXPIRY_MAX: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// How long a call waits for LDK's report that the money is ours.
const SETTLE_WAIT: Duration = Duration::from_secs(10);

pub(crate) struct AddHold {
    pub(crate) hash: Hash,
    pub(crate) value_msat: u64,
    pub(crate) memo: String,
    pub(crate) expiry: Duration,
    pub(crate) cltv_delta: u64,
}

/// Some holds of the list. The places are of all that were read, also if none of them is shown.
pub(crate) struct Page {
    pub(crate) holds: Vec<Hold>,
    pub(crate) first: u64,
    pub(crate) last: u64,
}

impl Node {
    /// Registers the hash, and returns the invoice and its place in the list.
    pub(crate) async fn add_hold(&self, add: AddHold) -> Result<(String, u64), CallError> {
        let AddHold { hash, value_msat, memo, expiry, cltv_delta } = add;
        check(value_msat, &memo, expiry, cltv_delta)?;
        if self.book.hold(&hash)?.is_some() || self.book.payment(&hash)?.is_some() {
            return Err(CallError::AlreadyExists);
        }
        let unusable = |error| CallError::Bad(format!("the memo cannot be used: {error}"));
        let description = Description::new(memo.clone()).map_err(unusable)?;
        let expiry_s = u32::try_from(expiry.as_secs()).unwrap_or(u32::MAX);
        let registered = self.call(move |ldk| {
            let description = Bolt11InvoiceDescription::Direct(description);
            let payments = ldk.bolt11_payment();
            payments.receive_for_hash(value_msat, &description, expiry_s, PaymentHash(hash))
        });
        let failed = |error| CallError::Failed(format!("LDK makes no invoice: {error}"));
        let registered = registered.await?.map_err(failed)?;
        let blocks = u16::try_from(cltv_delta + MORE_BLOCKS).unwrap_or(u16::MAX);
        let terms = Terms { value_msat, memo: &memo, expiry, cltv_delta: blocks };
        let invoice = self.signer.sign(&registered, hash, &terms);
        let invoice = invoice.map_err(|error| CallError::Failed(error.to_string()))?.to_string();
        let new = NewHold {
            hash,
            value_msat,
            memo,
            expiry_s: expiry.as_secs(),
            cltv_delta,
            created_at: self.now(),
            invoice: invoice.clone(),
        };
        // Two calls at once: the second one's invoice has the same hash, and is not shown.
        let index = self.book.add_hold(new).await?.ok_or(CallError::AlreadyExists)?;
        Ok((invoice, index))
    }

    /// As it is now: after its expiry or deadline it is cancelled, whether or not that is in the book yet.
    pub(crate) fn hold(&self, hash: Hash) -> Result<Hold, CallError> {
        let hold = self.book.hold(&hash)?.ok_or(CallError::NotFound)?;
        Ok(self.as_of_now(hold))
    }

    pub(crate) fn list_holds(
        &self,
        after: u64,
        only_pending: bool,
        max: u32,
    ) -> Result<Page, CallError> {
        let holds = self.book.holds(after, only_pending, max)?;
        let index = |hold: Option<&Hold>| hold.map_or(0, |hold| hold.add_index);
        let (first, last) = (index(holds.first()), index(holds.last()));
        let holds = holds.into_iter().map(|hold| self.as_of_now(hold));
        let holds = holds.filter(|hold| !only_pending || !hold.state.is_final()).collect();
        Ok(Page { holds, first, last })
    }

    fn as_of_now(&self, mut hold: Hold) -> Hold {
        let height = self.height();
        let over = match hold.state {
            HoldState::Open => hold.expires_at() < self.now(),
            HoldState::Accepted => {
                hold.payment.is_some_and(|payment| payment.deadline_height <= height)
            }
            HoldState::Settling | HoldState::Settled | HoldState::Cancelled => false,
        };
        if over {
            hold.state = HoldState::Cancelled;
        }
        hold
    }

    /// Takes the held payment: returns when LDK has confirmed that the money is ours.
    pub(crate) async fn settle(&self, preimage: Hash) -> Result<(), CallError> {
        let hash = sha256::Hash::hash(&preimage).to_byte_array();
        let mut changes = self.holds.subscribe();
        self.see_best().await?;
        let height = self.height();
        let hold = self.book.begin_settling(hash, preimage, height).await?;
        let hold = hold.ok_or(CallError::NotFound)?;
        match self.as_of_now(hold.clone()).state {
            HoldState::Settled => return Ok(()),
            HoldState::Open => return Err(CallError::StillOpen),
            HoldState::Cancelled | HoldState::Accepted => return Err(CallError::AlreadyCancelled),
            HoldState::Settling => {}
        }
        self.claim(&hold).await?;
        let unconfirmed = || CallError::Unconfirmed("the settlement is not confirmed yet".into());
        let settled = timeout(SETTLE_WAIT, async {
            loop {
                match self.book.hold(&hash)?.map(|hold| hold.state) {
                    Some(HoldState::Settled) => return Ok(()),
                    Some(HoldState::Cancelled) => return Err(CallError::AlreadyCancelled),
                    _ => {}
                }
                if !self.hold_changed(hash, &mut changes).await {
                    return Err(unconfirmed());
                }
            }
        });
        settled.await.unwrap_or_else(|_| Err(unconfirmed()))
    }

    /// Gives LDK the preimage; it reports later that the money is ours. Harmless to repeat.
    pub(super) async fn claim(&self, hold: &Hold) -> Result<(), CallError> {
        let (Some(payment), Some(preimage)) = (hold.payment, hold.preimage) else { return Ok(()) };
        let hash = PaymentHash(hold.hash);
        self.note_decision();
        let claimed = self.call(move |ldk| {
            let preimage = PaymentPreimage(preimage);
            ldk.bolt11_payment().claim_for_hash(hash, payment.msat, preimage)
        });
        let failed = |error| CallError::Unconfirmed(format!("LDK does not claim: {error}"));
        claimed.await?.map_err(failed)
    }

    /// Returns the held payment, or closes an unpaid invoice.
    pub(crate) async fn cancel(&self, hash: Hash) -> Result<(), CallError> {
        let (now, mut state) = (self.now(), HoldState::Open);
        let hold = loop {
            let hold = self.book.cancel_from(hash, state, now).await?;
            let hold = hold.ok_or(CallError::NotFound)?;
            match hold.state {
                HoldState::Accepted => state = HoldState::Accepted,
                HoldState::Settling | HoldState::Settled => return Err(CallError::AlreadySettled),
                HoldState::Open | HoldState::Cancelled => break hold,
            }
        };
        drop(self.holds.send(hash));
        self.give_back(&hold).await
    }

    /// Has LDK return the payment of a cancelled hold, if there is one. Harmless to repeat; never for one that
    /// is or may become settled, because ldk-node would record it as failed.
    pub(super) async fn give_back(&self, hold: &Hold) -> Result<(), CallError> {
        if hold.payment.is_some() { self.fail_back(hold.hash).await } else { Ok(()) }
    }

    pub(super) async fn fail_back(&self, hash: Hash) -> Result<(), CallError> {
        self.note_decision();
        let failed = self.call(move |ldk| ldk.bolt11_payment().fail_for_hash(PaymentHash(hash)));
        let unconfirmed =
            |error| CallError::Unconfirmed(format!("LDK does not give a payment back: {error}"));
        failed.await?.map_err(unconfirmed)
    }

    /// Waits for the next change of a hold. False when the node stops.
    pub(crate) async fn hold_changed(
        &self,
        hash: Hash,
        changes: &mut tokio::sync::broadcast::Receiver<Hash>,
    ) -> bool {
        loop {
            tokio::select! {
                () = self.stop.cancelled() => return false,
                change = changes.recv() => match change {
                    Ok(changed) if changed == hash => return true,
                    Ok(_) => {}
                    // Some were missed: it may have been one of them.
                    Err(RecvError::Lagged(_)) => return true,
                    Err(RecvError::Closed) => return false,
                },
            }
        }
    }

    pub(crate) fn hold_changes(&self) -> tokio::sync::broadcast::Receiver<Hash> {
        self.holds.subscribe()
    }
}

fn check(value_msat: u64, memo: &str, expiry: Duration, cltv: u64) -> Result<(), CallError> {
    let bad = |text: String| Err(CallError::Bad(text));
    if value_msat == 0 {
        return bad("a hold invoice needs an amount".into());
    }
    if memo.len() > MEMO_BYTES_MAX {
        return bad(format!("memo too large: {} bytes (maxsize={MEMO_BYTES_MAX})", memo.len()));
    }
    if expiry.is_zero() || expiry > EXPIRY_MAX {
        return bad(format!("expiry of {} seconds is not allowed", expiry.as_secs()));
    }
    if !(CLTV_DELTA_MIN..=CLTV_DELTA_MAX).contains(&cltv) {
        return bad(format!("CLTV delta of {cltv} is not in {CLTV_DELTA_MIN} to {CLTV_DELTA_MAX}"));
    }
    Ok(())
}
