//! Payments of a node: out by a BOLT 11 invoice, in by an invoice that is taken at once or held.

use bitcoin::hashes::{Hash, sha256};
use ldk_node::lightning_invoice::{Bolt11Invoice, Bolt11InvoiceDescription, Description};
use ldk_node::lightning_types::payment::{PaymentHash, PaymentPreimage};

use super::{Held, Outcome, Peer, apart};
use crate::world::until;

/// How long invoices of a peer can be paid, in seconds.
const EXPIRY: u32 = 3_600;

impl Peer {
    /// Pays an invoice and gives its payment hash. The outcome comes later: [`Peer::wait_paid`], [`Peer::wait_failed`].
    ///
    /// # Errors
    /// ldk-node's text when it does not even try: no route, too little money, paid before.
    pub fn pay(&self, bolt11: &str) -> Result<[u8; 32], String> {
        self.send(bolt11, None)
    }

    /// As [`Peer::pay`], with another amount: the invoice's or more, or any for an invoice without an amount.
    ///
    /// # Errors
    /// As [`Peer::pay`].
    pub fn pay_amount(&self, bolt11: &str, msat: u64) -> Result<[u8; 32], String> {
        self.send(bolt11, Some(msat))
    }

    fn send(&self, bolt11: &str, msat: Option<u64>) -> Result<[u8; 32], String> {
        let invoice: Bolt11Invoice = bolt11.parse().map_err(|e| format!("not an invoice: {e}"))?;
        let hash = invoice.payment_hash().to_byte_array();
        let earlier = self.journal.take_outcome(&hash);
        let payments = self.node().bolt11_payment();
        let sent = apart(|| match msat {
            Some(msat) => payments.send_using_amount(&invoice, msat, None),
            None => payments.send(&invoice, None),
        });
        if let (Err(_), Some(earlier)) = (&sent, earlier) {
            self.journal.restore_outcome(hash, earlier);
        }
        sent.map(|_| hash).map_err(|e| e.to_string())
    }

    /// How a payment of ours ended; `None` while it is on its way or held.
    #[must_use]
    pub fn outcome(&self, hash: &[u8; 32]) -> Option<Outcome> {
        self.journal.outcome(hash)
    }

    /// Waits for the end of a payment of ours.
    #[must_use]
    pub fn wait_outcome(&self, hash: &[u8; 32]) -> Outcome {
        until(&format!("the payment {} ends", hex::encode(hash)), || self.outcome(hash))
    }

    /// Waits until a payment of ours has arrived, and gives its preimage.
    ///
    /// # Panics
    /// When it failed instead.
    #[must_use]
    pub fn wait_paid(&self, hash: &[u8; 32]) -> [u8; 32] {
        match self.wait_outcome(hash) {
            Outcome::Paid { preimage, .. } => preimage,
            Outcome::Failed { reason } => {
                panic!("the payment {} failed: {reason}", hex::encode(hash))
            }
        }
    }

    /// Waits until a payment of ours has failed, and gives LDK's reason.
    ///
    /// # Panics
    /// When it arrived instead.
    pub fn wait_failed(&self, hash: &[u8; 32]) -> String {
        match self.wait_outcome(hash) {
            Outcome::Failed { reason } => reason,
            Outcome::Paid { .. } => panic!("the payment {} arrived", hex::encode(hash)),
        }
    }

    /// An invoice that is taken as soon as it is paid.
    #[must_use]
    pub fn invoice(&self, msat: u64, memo: &str) -> String {
        let invoice = self.node().bolt11_payment().receive(msat, &describe(memo), EXPIRY);
        invoice.expect("an invoice").to_string()
    }

    /// An invoice for a payment hash; its payment is held until [`Peer::claim`] or [`Peer::fail`], or until its deadline.
    #[must_use]
    pub fn hold_invoice(&self, msat: u64, memo: &str, hash: &[u8; 32]) -> String {
        let payments = self.node().bolt11_payment();
        payments
            .receive_for_hash(msat, &describe(memo), EXPIRY, PaymentHash(*hash))
            .expect("an invoice")
            .to_string()
    }

    /// As [`Peer::hold_invoice`], with an expiry.
    #[must_use]
    pub fn hold_invoice_expiring(
        &self,
        msat: u64,
        memo: &str,
        hash: &[u8; 32],
        expiry_s: u32,
    ) -> String {
        let payments = self.node().bolt11_payment();
        payments
            .receive_for_hash(msat, &describe(memo), expiry_s, PaymentHash(*hash))
            .expect("an invoice")
            .to_string()
    }

    /// Waits until a payment to us is held.
    #[must_use]
    pub fn wait_held(&self, hash: &[u8; 32]) -> Held {
        until(&format!("the payment {} is held", hex::encode(hash)), || self.journal.held(hash))
    }

    /// The payment to us that is held now, if one is.
    #[must_use]
    pub fn held(&self, hash: &[u8; 32]) -> Option<Held> {
        self.journal.held(hash)
    }

    /// What a payment to us that has arrived brought, in millisatoshi.
    #[must_use]
    pub fn received(&self, hash: &[u8; 32]) -> Option<u64> {
        self.journal.received(hash)
    }

    /// Takes a held payment.
    pub fn claim(&self, preimage: &[u8; 32]) {
        let hash = payment_hash(preimage);
        let held = self.wait_held(&hash);
        let payments = self.node().bolt11_payment();
        let claimed =
            payments.claim_for_hash(PaymentHash(hash), held.msat, PaymentPreimage(*preimage));
        claimed.expect("the payment is held");
    }

    /// Gives a held payment back.
    pub fn fail(&self, hash: &[u8; 32]) {
        self.journal.forget_held(hash);
        self.node()
            .bolt11_payment()
            .fail_for_hash(PaymentHash(*hash))
            .expect("the payment is held");
    }

    /// Waits until a payment to us has arrived, and gives its amount in millisatoshi.
    #[must_use]
    pub fn wait_received(&self, hash: &[u8; 32]) -> u64 {
        until(&format!("the payment {} is received", hex::encode(hash)), || {
            self.journal.received(hash)
        })
    }
}

/// The payment hash of a preimage.
#[must_use]
pub fn payment_hash(preimage: &[u8; 32]) -> [u8; 32] {
    sha256::Hash::hash(preimage).to_byte_array()
}

fn describe(memo: &str) -> Bolt11InvoiceDescription {
    Bolt11InvoiceDescription::Direct(Description::new(memo.into()).expect("a short memo"))
}
