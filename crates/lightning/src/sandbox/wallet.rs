//! The customer's simulated wallet with unlimited funds, which pays the node's invoices. It shows a payment as a real
//! payer sees it: locked, paid, or returned.

use domain::id::PaymentHash;
use domain::money::Msat;
use domain::ports::{NodeEvent, PortError};
use domain::secret::Preimage;
use domain::time::Timestamp;
use lightning_invoice::Bolt11Invoice;

use super::Sandbox;
use super::book::{Invoice, Purse, State};
use super::node::{Inner, JournalFailed, Node, Now};
use super::record::Record;

/// State of a payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PaymentState {
    Held,
    Settled,
    /// Returned to the payer.
    Cancelled,
}

impl PaymentState {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::Settled => "settled",
            Self::Cancelled => "cancelled",
        }
    }

    pub const fn is_final(self) -> bool {
        !matches!(self, Self::Held)
    }
}

/// Why a payment was not made; no money was moved.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PayError {
    #[error("not a Lightning invoice")]
    NotAnInvoice,
    #[error("not an invoice of this node")]
    NotOurs,
    #[error("the invoice is expired")]
    Expired,
    #[error("the invoice is cancelled")]
    Cancelled,
    #[error("the invoice is paid already")]
    AlreadyPaid,
    #[error("less than the invoice asks for")]
    Underpaid,
    #[error("the node holds as many payments as it can")]
    NoSlot,
    #[error("the node does not work: {0}")]
    Node(PortError),
}

impl From<PortError> for PayError {
    fn from(error: PortError) -> Self {
        Self::Node(error)
    }
}

impl From<JournalFailed> for PayError {
    fn from(failed: JournalFailed) -> Self {
        Self::Node(failed.into())
    }
}

pub type PayResult = Result<PaymentState, PayError>;

impl Sandbox {
    /// Pays an invoice; returns when the payment is held.
    pub async fn pay(&self, payreq: &str) -> PayResult {
        self.pay_with(payreq, None).await
    }

    /// Pays an amount that differs from the invoice's, as a wallet may.
    pub async fn pay_amount(&self, payreq: &str, amount: Msat) -> PayResult {
        self.pay_with(payreq, Some(amount)).await
    }

    async fn pay_with(&self, payreq: &str, amount: Option<Msat>) -> PayResult {
        let payreq = payreq.trim().to_ascii_lowercase();
        let payreq = payreq.strip_prefix("lightning:").unwrap_or(&payreq);
        let invoice: Bolt11Invoice = payreq.parse().map_err(|_| PayError::NotAnInvoice)?;
        let hash = PaymentHash::new(*AsRef::<[u8; 32]>::as_ref(invoice.payment_hash()));
        let payreq = payreq.to_owned();
        self.call(move |node| node.pay(hash, &payreq, amount)).await
    }

    /// State of the last payment of a hash; `None` if there was none.
    pub fn payment_state(&self, hash: PaymentHash) -> Option<PaymentState> {
        let state = |invoice: &Invoice| match invoice.state {
            State::Open => None,
            State::Held { .. } => Some(PaymentState::Held),
            State::Settled { .. } => Some(PaymentState::Settled),
            State::Cancelled => invoice.paid.map(|_| PaymentState::Cancelled),
        };
        let found: Result<_, PortError> =
            self.node.with_book(|inner, _| Ok(inner.book.get(hash).and_then(state)));
        found.ok().flatten()
    }

    /// Waits until the payment of a hash is settled or cancelled, or forever if it is never made.
    pub async fn wait_paid(&self, hash: PaymentHash) -> PaymentState {
        let mut changes = self.node.changes.subscribe();
        loop {
            match self.payment_state(hash) {
                Some(state) if state.is_final() => return state,
                // It cannot fail, because we hold the node.
                _ => drop(changes.changed().await),
            }
        }
    }

    /// The payer's proof of payment.
    pub fn proof(&self, hash: PaymentHash) -> Option<Preimage> {
        match self.node.lock().book.get(hash).map(|invoice| &invoice.state) {
            Some(State::Settled { preimage }) => Some(preimage.clone()),
            _ => None,
        }
    }

    pub fn purse(&self) -> Purse {
        let purse: Result<_, PortError> = self.node.with_book(|inner, _| Ok(inner.book.purse));
        purse.unwrap_or_default()
    }
}

impl Node {
    fn pay(&self, hash: PaymentHash, payreq: &str, amount: Option<Msat>) -> PayResult {
        self.with_book(|inner, now| {
            let invoice = inner.book.get(hash).ok_or(PayError::NotOurs)?;
            // Another invoice with the same hash has another payment secret or is forged.
            if invoice.terms.invoice != payreq {
                return Err(PayError::NotOurs);
            }
            takes_payment(inner, invoice, now.at)?;
            let amount = amount.unwrap_or(Msat::new(invoice.terms.msat));
            let enough = amount.get() >= invoice.terms.msat || inner.faults.take_underpaid;
            if !enough || amount <= Msat::ZERO {
                return Err(PayError::Underpaid);
            }
            if inner.book.held_count() >= self.options.held_max {
                return Err(PayError::NoSlot);
            }
            let expiry_height = self.expiry_height(invoice, now);
            inner.write(Record::Paid {
                hash: *hash.as_bytes(),
                msat: amount.get(),
                expiry_height,
            })?;
            self.hint(inner, NodeEvent::Changed(hash));
            Ok(PaymentState::Held)
        })
    }

    const fn expiry_height(&self, invoice: &Invoice, now: Now) -> u32 {
        let delta = invoice.terms.cltv_delta.saturating_add(self.options.payer_padding_blocks);
        now.tip.height.saturating_add(delta)
    }
}

/// Whether the invoice accepts a payment.
fn takes_payment(inner: &Inner, invoice: &Invoice, now: Timestamp) -> Result<(), PayError> {
    let too_late = now > invoice.expires_at.after(inner.faults.late_payment);
    match invoice.state {
        State::Held { .. } | State::Settled { .. } => Err(PayError::AlreadyPaid),
        State::Open | State::Cancelled if too_late => Err(PayError::Expired),
        State::Open => Ok(()),
        State::Cancelled if inner.faults.repay_cancelled => Ok(()),
        State::Cancelled => Err(PayError::Cancelled),
    }
}
