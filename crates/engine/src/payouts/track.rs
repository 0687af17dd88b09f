//! Follows payments until the node says how they ended.
//!
//! | node says | while the invoice is valid | after its end, and some minutes |
//! |---|---|---|
//! | unknown | pays it, unless payments are paused | failed: it was never sent, and the node would refuse it |
//! | in flight | looks again | looks again |
//! | paid | paid | paid |
//! | failed | failed | failed |
//!
//! After a failure no other invoice is requested while this one is valid, at most for a day: a call to pay it
//! that another process made and that was held up would find nothing to pay.

use std::time::Duration;

use domain::id::PaymentHash;
use domain::limits::{PAYOUT_CLTV_MAX, PAYOUT_GRACE, PAYOUT_TIMEOUT, PAYOUTS_PER_ROUND_MAX};
use domain::money::Msat;
use domain::payout::Trouble;
use domain::ports::{NewPayment, PayState, Payout, PayoutEnd, PayoutReport, PortError};
use domain::time::Timestamp;
use futures_util::{StreamExt, stream};

use super::{CONCURRENT, Payouts};
use crate::metrics::ByResult;

/// While a payment is being made or looked up, no other round or node takes it. Longer than the node takes to pay.
pub(super) const CLAIM: Duration = Duration::from_secs(3 * 60);

/// What may be under way is looked up again after this.
const AGAIN: Duration = Duration::from_secs(5);

/// The node did not answer; payments are paused; or the invoice has ended a moment ago.
const LATER: Duration = Duration::from_secs(60);

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

pub(super) fn payment(invoice: &str, hash: PaymentHash, fee_max: Msat) -> NewPayment {
    let (cltv_max, timeout) = (PAYOUT_CLTV_MAX, PAYOUT_TIMEOUT);
    NewPayment { invoice: invoice.to_owned(), hash, fee_max, cltv_max, timeout }
}

impl Payouts {
    pub(super) async fn track(&self) {
        let now = self.clock.now();
        let until = now.after(CLAIM);
        let claimed = match self.store.claim_payouts(now, until, PAYOUTS_PER_ROUND_MAX).await {
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
        match self.lightning.pay_status(payout.hash).await {
            Ok(PayState::Unknown) => self.never_sent(payout, until).await,
            state => {
                let report = self.report(payout.hash, state, payout.expires_at);
                self.record(report).await;
            }
        }
    }

    async fn never_sent(&self, payout: Payout, until: Timestamp) {
        let Payout { hash, expires_at, .. } = payout;
        let now = self.clock.now();
        if now <= expires_at && !self.is_paused().await {
            let payment = payment(&payout.invoice, hash, payout.fee_max);
            self.send(payment, expires_at, until).await;
            return;
        }
        let end = if now > expires_at.after(PAYOUT_GRACE) {
            PayoutEnd::Failed { trouble: Trouble::InvoiceRanOut, not_before: now }
        } else {
            PayoutEnd::CheckAt(now.after(LATER))
        };
        self.record(PayoutReport { hash, end }).await;
    }

    /// Unless the store says otherwise, they are.
    async fn is_paused(&self) -> bool {
        !self.store.payout_load().await.is_ok_and(|load| load.paused_at.is_none())
    }

    /// Calls the node for a payment that is stored as *attempting* and claimed `until` then, and records what it says.
    pub(super) async fn send(&self, payment: NewPayment, expires_at: Timestamp, until: Timestamp) {
        let hash = payment.hash;
        if self.clock.now() >= until {
            // This process stood still; another one may have the payment now.
            return;
        }
        let report = match self.lightning.pay(payment).await {
            Err(PortError::Refused(why)) => {
                tracing::warn!(payout = %hash, why, "the node refused a payment");
                let not_before = self.fence(expires_at);
                let end = PayoutEnd::Failed { trouble: Trouble::NodeRefused, not_before };
                PayoutReport { hash, end }
            }
            state => self.report(hash, state, expires_at),
        };
        self.record(report).await;
    }

    fn report(
        &self,
        hash: PaymentHash,
        state: Result<PayState, PortError>,
        expires_at: Timestamp,
    ) -> PayoutReport {
        let now = self.clock.now();
        let end = match state {
            Ok(PayState::Paid { fee }) => PayoutEnd::Paid { fee },
            Ok(PayState::Failed) => PayoutEnd::Failed {
                trouble: Trouble::PaymentFailed,
                not_before: self.fence(expires_at),
            },
            Ok(PayState::InFlight | PayState::Unknown) => PayoutEnd::CheckAt(now.after(AGAIN)),
            Err(error) => {
                tracing::warn!(payout = %hash, %error, "the outcome of a payment is unknown");
                let is_down = matches!(error, PortError::Unavailable(_));
                PayoutEnd::CheckAt(now.after(if is_down { LATER } else { AGAIN }))
            }
        };
        PayoutReport { hash, end }
    }

    /// When nobody can pay the invoice any more.
    fn fence(&self, expires_at: Timestamp) -> Timestamp {
        expires_at.min(self.clock.now().after(DAY)).after(PAYOUT_GRACE)
    }

    async fn record(&self, report: PayoutReport) {
        let result = match report.end {
            PayoutEnd::Paid { .. } => Some("paid"),
            PayoutEnd::Failed { .. } => Some("failed"),
            PayoutEnd::CheckAt(_) => None,
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
