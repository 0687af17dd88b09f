//! Pays referrers with enough shares due: asks for an invoice, checks it, stores the payment, calls the node.

use std::time::Duration;

use domain::limits::PAYOUTS_PER_ROUND_MAX;
use domain::money::Msat;
use domain::payout::{NodeIdentity, Trouble, amount_max, check, pick, routing_fee_max};
use domain::ports::{DueReferrer, NewPayout, PayoutBegun, PortError};
use futures_util::{StreamExt, stream};

use super::track::CLAIM;
use super::{CONCURRENT, Payouts};

/// A referrer whose try was interrupted, or did not fit the daily limit, is tried again after this.
const TRY_AGAIN: Duration = Duration::from_secs(60 * 60);

/// Why a try ended before anything was stored.
enum NotBegun {
    /// Counted as a failure of the referrer.
    Trouble(Trouble),
    /// Not the referrer's doing.
    Ours(PortError),
}

impl From<Trouble> for NotBegun {
    fn from(trouble: Trouble) -> Self {
        Self::Trouble(trouble)
    }
}

impl From<PortError> for NotBegun {
    fn from(error: PortError) -> Self {
        Self::Ours(error)
    }
}

impl Payouts {
    pub(super) async fn pay_due(&self, ours: NodeIdentity) {
        let (now, terms) = (self.clock.now(), self.settings.get().referrals);
        let put_off = now.after(TRY_AGAIN);
        let claimed =
            self.store.claim_referrers(terms.floor, now, put_off, PAYOUTS_PER_ROUND_MAX).await;
        let due = match claimed {
            Ok(due) => due,
            Err(error) => {
                tracing::warn!(%error, "could not claim referrers to pay; trying again");
                return;
            }
        };
        let due = stream::iter(due);
        let try_one = |referrer| self.try_one(referrer, ours, terms.per_day);
        due.for_each_concurrent(CONCURRENT, try_one).await;
    }

    async fn try_one(&self, referrer: DueReferrer, ours: NodeIdentity, per_day: Msat) {
        let host = referrer.address.host();
        match self.pay_one(&referrer, ours, per_day).await {
            Ok(()) => {}
            Err(NotBegun::Trouble(trouble)) => {
                tracing::warn!(host, trouble = trouble.as_str(), "a referrer was not paid");
                let (address, now) = (&referrer.address, self.clock.now());
                if let Err(error) = self.store.fail_referrer(address, trouble, now).await {
                    tracing::warn!(%error, "could not record a referrer's failure");
                }
            }
            Err(NotBegun::Ours(error)) => {
                tracing::warn!(host, %error, "a referrer was not paid; trying again later");
            }
        }
    }

    async fn pay_one(
        &self,
        referrer: &DueReferrer,
        ours: NodeIdentity,
        per_day: Msat,
    ) -> Result<(), NotBegun> {
        let new = self.request_invoice(referrer, ours, per_day).await?;
        let host = referrer.address.host();
        let (hash, until) = (new.hash, self.clock.now().after(CLAIM));
        let payment = super::track::payment(&new.invoice, hash, new.fee_max);
        let expires_at = new.expires_at;
        match self.store.begin_payout(new, per_day, self.clock.now(), until).await? {
            PayoutBegun::Begun => {
                self.send(payment, expires_at, until).await;
                Ok(())
            }
            PayoutBegun::OverDailyLimit { left } => {
                tracing::info!(left_msat = left.get(), "the daily limit of payments is reached");
                Ok(())
            }
            // What was due has changed meanwhile.
            PayoutBegun::Paused | PayoutBegun::Changed => Ok(()),
            PayoutBegun::KnownInvoice => {
                tracing::warn!(host, "a payee repeats an invoice that was to be paid before");
                Err(Trouble::InvoiceUnfit.into())
            }
        }
    }

    /// An invoice that is what was asked for.
    async fn request_invoice(
        &self,
        DueReferrer { address, shares }: &DueReferrer,
        ours: NodeIdentity,
        per_day: Msat,
    ) -> Result<NewPayout, NotBegun> {
        let offer = self.payees.offer(address).await?;
        let (orders, amount) = pick(shares, offer.max.min(amount_max(per_day)));
        if amount < offer.min || amount <= Msat::ZERO {
            let due = Msat::checked_sum(shares.iter().map(|share| share.amount));
            let is_little = due.is_some_and(|due| due < offer.min);
            let trouble =
                if is_little { Trouble::BelowPayeesMinimum } else { Trouble::NoShareFits };
            return Err(trouble.into());
        }
        let invoice = self.payees.invoice(&offer, amount).await?;
        let facts = &invoice.facts;
        if let Err(unfit) = check(facts, amount, offer.metadata_hash, ours, self.clock.now()) {
            tracing::warn!(host = address.host(), %unfit, "a payee's invoice is not paid");
            return Err(Trouble::InvoiceUnfit.into());
        }
        Ok(NewPayout {
            hash: facts.hash,
            address: address.clone(),
            amount,
            fee_max: routing_fee_max(amount),
            expires_at: facts.expires_at,
            node_key: ours.key,
            orders,
            invoice: invoice.text,
        })
    }
}
