//! Follows payments until the node says how they ended.
//!
//! | node says | while the invoice is valid | after its end, and some minutes |
//! |---|---|---|
//! | unknown | sends it, some times, unless payments are paused | failed |
//! | in flight | looks again | looks again |
//! | paid | paid | paid |
//! | failed, refused | looks again after the end | failed |
//!
//! While the invoice is valid, a failure is not the end: the node may begin the payment again for a call that was held up
//! on its way, whoever made it. After the end it refuses such a call.

use std::time::Duration;

use domain::id::PaymentHash;
use domain::limits::{PAYOUT_CLTV_MAX, PAYOUT_TIMEOUT, PAYOUTS_PER_ROUND_MAX};
use domain::money::Msat;
use domain::payout::{NodeIdentity, Trouble, ends_at};
use domain::ports::{NewPayment, PayState, Payout, PayoutEnd, PayoutReport, PortError};
use domain::time::Timestamp;
use futures_util::{StreamExt, stream};

use super::{CONCURRENT, Payouts};
use crate::metrics::ByResult;

/// While a payment is being made or looked up, no other round or node takes it. Longer than the node takes to pay.
pub(super) const CLAIM: Duration = Duration::from_secs(3 * 60);

/// What may be under way is looked up again after this.
const AGAIN: Duration = Duration::from_secs(5);

/// The node did not answer.
const LATER: Duration = Duration::from_secs(60);

pub(super) fn payment(invoice: &str, hash: PaymentHash, fee_max: Msat) -> NewPayment {
    let (cltv_max, timeout) = (PAYOUT_CLTV_MAX, PAYOUT_TIMEOUT);
    NewPayment { invoice: invoice.to_owned(), hash, fee_max, cltv_max, timeout }
}

impl Payouts {
    pub(super) async fn track(&self, ours: NodeIdentity) {
        let now = self.clock.now();
        let until = now.after(CLAIM);
        let claimed = self.store.claim_payouts(ours.key, now, until, PAYOUTS_PER_ROUND_MAX).await;
        let claimed = match claimed {
            Ok(claimed) => claimed,
            Err(error) => {
                tracing::warn!(%error, "could not claim payments to look up; trying again");
                return;
            }
        };
        let claimed = stream::iter(claimed);
        claimed.for_each_concurrent(CONCURRENT, |payout| self.track_one(payout, until)).await;
    }

    async fn track_one(&self, payout: Payout, until: Timestamp) {
        let asked_at = self.clock.now();
        let state = match self.lightning.pay_status(payout.hash).await {
            Ok(state) => state,
            Err(error) => return self.record_doubt(payout.hash, payout.trouble, &error).await,
        };
        let ends_at = ends_at(payout.expires_at);
        let trouble = match state {
            PayState::Failed => Some(Trouble::PaymentFailed),
            _ => payout.trouble,
        };
        let end = match state {
            PayState::Paid { fee } => PayoutEnd::Paid { fee },
            PayState::InFlight => {
                PayoutEnd::CheckAt { at: self.clock.now().after(AGAIN), trouble: None }
            }
            PayState::Unknown | PayState::Failed if asked_at >= ends_at => {
                PayoutEnd::Failed { trouble: trouble.unwrap_or(Trouble::InvoiceRanOut) }
            }
            PayState::Unknown if trouble.is_none() && asked_at <= payout.expires_at => {
                return self.send_again(payout, until).await;
            }
            PayState::Unknown | PayState::Failed => PayoutEnd::CheckAt { at: ends_at, trouble },
        };
        self.record(PayoutReport { hash: payout.hash, end }).await;
    }

    /// If it may not be sent, it is looked up again when its claim ends.
    async fn send_again(&self, payout: Payout, until: Timestamp) {
        let Payout { hash, expires_at, .. } = payout;
        match self.store.resend_payout(hash, until).await {
            Ok(true) => {
                let payment = payment(&payout.invoice, hash, payout.fee_max);
                self.send(payment, expires_at, until).await;
            }
            Ok(false) => {}
            Err(error) => {
                tracing::warn!(payout = %hash, %error, "could not record that a payment is sent again");
            }
        }
    }

    /// Calls the node for a payment that is stored as *attempting* and claimed `until` then, and records what it says.
    pub(super) async fn send(&self, payment: NewPayment, expires_at: Timestamp, until: Timestamp) {
        let hash = payment.hash;
        if self.clock.now() >= until {
            // This process stood still; another one may have the payment now.
            return;
        }
        // Until its invoice has ended, the node may still begin it.
        let failed =
            |trouble| PayoutEnd::CheckAt { at: ends_at(expires_at), trouble: Some(trouble) };
        let end = match self.lightning.pay(payment).await {
            Ok(PayState::Paid { fee }) => PayoutEnd::Paid { fee },
            Ok(PayState::Failed) => failed(Trouble::PaymentFailed),
            Ok(PayState::InFlight | PayState::Unknown) => {
                PayoutEnd::CheckAt { at: self.clock.now().after(AGAIN), trouble: None }
            }
            Err(PortError::Refused(why)) => {
                tracing::warn!(payout = %hash, why, "the node refused a payment");
                failed(Trouble::NodeRefused)
            }
            Err(error) => return self.record_doubt(hash, None, &error).await,
        };
        self.record(PayoutReport { hash, end }).await;
    }

    async fn record_doubt(&self, hash: PaymentHash, trouble: Option<Trouble>, error: &PortError) {
        tracing::warn!(payout = %hash, %error, "the outcome of a payment is unknown");
        let is_down = matches!(error, PortError::Unavailable(_));
        let at = self.clock.now().after(if is_down { LATER } else { AGAIN });
        self.record(PayoutReport { hash, end: PayoutEnd::CheckAt { at, trouble } }).await;
    }

    async fn record(&self, report: PayoutReport) {
        let result = match report.end {
            PayoutEnd::Paid { .. } => Some("paid"),
            PayoutEnd::Failed { .. } => Some("failed"),
            PayoutEnd::CheckAt { .. } => None,
        };
        // What is lost is found again by the next lookup: the node answers the same.
        if let Err(error) = self.store.record_payout(report, self.clock.now()).await {
            tracing::warn!(payout = %report.hash, %error, "could not record a payment's outcome");
            return;
        }
        if let Some(result) = result {
            self.metrics.payouts_ended.get_or_create(&ByResult { result }).inc();
            tracing::info!(payout = %report.hash, result, "a payment to a referrer ended");
        }
    }
}
