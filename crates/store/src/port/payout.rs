//! Referrers and their payment.

use async_trait::async_trait;
use domain::account::operator::Actor;
use domain::id::PaymentHash;
use domain::money::Msat;
use domain::payout::{LightningAddress, ShareRate, Trouble};
use domain::ports::{
    DueReferrer, LostPayoutEnd, NewPayout, Payout, PayoutBegun, PayoutList, PayoutLoad,
    PayoutReport, PayoutStore, Referrer,
};
use domain::time::Timestamp;

use super::RowStore;
use crate::rows::payout;
use crate::tx::Result;

#[async_trait]
impl PayoutStore for RowStore {
    async fn set_share_rate(&self, rate: ShareRate) -> Result<()> {
        self.write(async move |tx| payout::set_share_rate(tx, rate).await).await
    }

    async fn pause_payouts(&self, by: Actor, now: Timestamp) -> Result<bool> {
        self.write(async move |tx| payout::pause(tx, by, now).await).await
    }

    async fn resume_payouts(&self, by: Actor, now: Timestamp) -> Result<bool> {
        self.write(async move |tx| payout::resume(tx, by, now).await).await
    }

    async fn claim_referrers(
        &self,
        floor: Msat,
        now: Timestamp,
        put_off: Timestamp,
        limit: u32,
    ) -> Result<Vec<DueReferrer>> {
        self.write(async move |tx| payout::claim_referrers(tx, floor, now, put_off, limit).await)
            .await
    }

    async fn begin_payout(
        &self,
        new: NewPayout,
        per_day: Msat,
        now: Timestamp,
        check_at: Timestamp,
    ) -> Result<PayoutBegun> {
        self.write(async move |tx| payout::begin(tx, &new, per_day, now, check_at).await).await
    }

    async fn fail_referrer(
        &self,
        address: &LightningAddress,
        trouble: Trouble,
        now: Timestamp,
    ) -> Result<()> {
        let address = address.clone();
        self.write(async move |tx| payout::fail_referrer(tx, &address, trouble, now).await).await
    }

    async fn claim_payouts(
        &self,
        node_key: [u8; 33],
        now: Timestamp,
        put_off: Timestamp,
        limit: u32,
    ) -> Result<Vec<Payout>> {
        self.write(async move |tx| payout::claim_payouts(tx, &node_key, now, put_off, limit).await)
            .await
    }

    async fn resend_payout(&self, hash: PaymentHash, claimed: Timestamp) -> Result<bool> {
        self.write(async move |tx| payout::resend(tx, &hash, claimed).await).await
    }

    async fn record_payout(&self, report: PayoutReport, now: Timestamp) -> Result<()> {
        self.write(async move |tx| payout::record(tx, &report, now).await).await
    }

    async fn end_lost_payout(
        &self,
        hash: PaymentHash,
        ours: Option<[u8; 33]>,
        by: Actor,
        now: Timestamp,
    ) -> Result<LostPayoutEnd> {
        self.write(async move |tx| payout::end_lost(tx, hash, ours, by, now).await).await
    }

    async fn retry_referrer(
        &self,
        address: &LightningAddress,
        by: Actor,
        now: Timestamp,
    ) -> Result<bool> {
        let address = address.clone();
        self.write(async move |tx| payout::retry(tx, &address, by, now).await).await
    }

    async fn payouts(&self, list: PayoutList) -> Result<Vec<Payout>> {
        self.read(async move |tx| payout::payouts(tx, &list).await).await
    }

    async fn referrers(
        &self,
        after: Option<LightningAddress>,
        limit: u32,
    ) -> Result<Vec<Referrer>> {
        self.read(async move |tx| payout::referrers(tx, after.as_ref(), limit).await).await
    }

    async fn payout_load(&self) -> Result<PayoutLoad> {
        self.read(async move |tx| payout::load(tx).await).await
    }
}
