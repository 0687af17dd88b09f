//! Follows the chain as ldk-node reads it, and ends what its blocks and the time of day have ended.

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use ldk_node::LightningBalance;
use ldk_node::bitcoin::BlockHash;
use ldk_node::lightning::ln::channelmanager::PaymentId;
use ldk_node::payment::{PaymentDetails, PaymentKind, PaymentStatus};

use super::{CallError, Node, Tip};
use crate::Hash;
use crate::book::{HoldState, Payment, PaymentState};

/// Between two looks at what ldk-node has read, and at the clock.
const ROUND: Duration = Duration::from_secs(1);

/// ldk-node reads the chain by itself, but not more often.
pub(crate) const BACKGROUND_SYNC_MIN: Duration = Duration::from_secs(10);

/// The chain counts as read for at least this long.
const SYNCED_MIN: Duration = Duration::from_secs(120);

/// Rounds between two removals of ldk-node's records of ended invoices.
const FORGET_ROUNDS: u32 = 600;

/// LDK takes a payment of an expired invoice for two hours more; afterwards nothing is lost with its record.
const FORGET_UNPAID_S: u64 = 3 * 60 * 60;

/// A hash that was paid is refused another time while ldk-node has its record.
const FORGET_PAID_S: u64 = 30 * 24 * 60 * 60;

/// Blocks beyond its limit after which a payment that LDK does not know cannot be under way.
const PAYMENT_MARGIN_BLOCKS: u32 = 12;

/// Rounds between two repetitions of decisions that LDK has not confirmed.
const REPEAT_ROUNDS: u32 = 10;

impl Node {
    /// Reads the chain more often than ldk-node does by itself.
    pub(super) async fn read_often(self: Arc<Self>) {
        while self.sync < BACKGROUND_SYNC_MIN && !self.stop.is_cancelled() {
            self.read_chain().await;
            tokio::select! {
                () = self.stop.cancelled() => return,
                () = tokio::time::sleep(self.sync) => {}
            }
        }
    }

    /// Reads what the chain source has, once.
    pub async fn read_chain(&self) {
        match self.call(|ldk| ldk.sync_wallets()).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::warn!(%error, "the chain could not be read; trying again"),
            Err(error) => tracing::warn!(%error, "the chain could not be read; trying again"),
        }
        self.look(0).await;
    }

    pub(super) async fn follow(self: Arc<Self>) {
        let mut rounds = 0_u32;
        while !self.stop.is_cancelled() {
            self.look(rounds).await;
            rounds = rounds.wrapping_add(1);
            tokio::select! {
                () = self.stop.cancelled() => return,
                () = tokio::time::sleep(ROUND) => {}
            }
        }
    }

    async fn look(&self, rounds: u32) {
        let before = self.best();
        if let Err(error) = self.see_best().await {
            tracing::warn!(%error, "ldk-node does not answer");
            return;
        }
        let (hash, height) = self.best();
        let again = rounds.is_multiple_of(REPEAT_ROUNDS) || before.0 != hash;
        if let Err(error) = self.end_due(height, again).await {
            tracing::error!(%error, "what has ended could not be recorded; trying again");
        }
        self.see_tip(hash, height).await;
        if rounds % FORGET_ROUNDS == 1
            && let Err(error) = self.forget().await
        {
            tracing::warn!(%error, "old records could not be removed");
        }
        if self.times.login_has_changed() {
            tracing::error!("Bitcoin Core has another cookie: the node must start again");
            self.broken.cancel();
        }
    }

    async fn see_tip(&self, hash: BlockHash, height: u32) {
        let known = *self.tip.lock().unwrap_or_else(PoisonError::into_inner);
        if known.is_some_and(|tip| tip.hash == hash) {
            return;
        }
        match self.times.of(hash, height).await {
            Ok(time) => {
                tracing::info!(height, "a new block");
                let tip = Some(Tip { hash, time });
                *self.tip.lock().unwrap_or_else(PoisonError::into_inner) = tip;
            }
            Err(error) => tracing::warn!(%error, height, "a block's time could not be read"),
        }
    }

    pub(super) fn is_synced(&self) -> bool {
        let read_at = *self.read_at.lock().unwrap_or_else(PoisonError::into_inner);
        read_at.is_some_and(|(_, at)| at.elapsed() < SYNCED_MIN.max(self.sync * 3))
    }

    /// Records what LDK has returned by itself, which it does not report, and what has expired.
    async fn end_due(&self, height: u32, again: bool) -> Result<(), CallError> {
        for (hash, before) in self.book.cancel_due(self.now(), self.height()).await? {
            drop(self.holds.send(hash));
            // LDK has returned it; but another payment of the hash may have come since. One that was being settled is
            // left alone: its report may still come.
            if before == HoldState::Accepted
                && let Err(error) = self.fail_back(hash).await
            {
                tracing::error!(hash = hex::encode(hash), %error, "a payment is not given back");
            }
        }
        for payment in self.book.payments_in_flight()? {
            self.compare_payment(&payment, height).await?;
        }
        if again { self.resume().await } else { Ok(()) }
    }

    /// LDK's reports may have been lost; its own record says the same.
    async fn compare_payment(&self, payment: &Payment, height: u32) -> Result<(), CallError> {
        let id = PaymentId(payment.hash);
        let known = self.call(move |ldk| ldk.payment(&id)).await?;
        if let Some(known) = known.filter(|known| known.status == PaymentStatus::Succeeded) {
            let (preimage, fee) = (preimage_of(&known), known.fee_paid_msat.unwrap_or(0));
            self.book.payment_arrived(payment.hash, preimage, fee).await?;
            drop(self.payments.send(payment.hash));
            return Ok(());
        }
        // In flight, or in doubt after a crash: until no part of it can be under way, in a channel or on chain.
        let over = payment.begun_height + payment.cltv_limit + PAYMENT_MARGIN_BLOCKS;
        if height < over || self.is_on_chain(payment.hash).await? {
            return Ok(());
        }
        let _paying = self.paying.lock().await;
        let still = self.payment(payment.hash)?;
        if still.state == PaymentState::InFlight && still.begun_height == payment.begun_height {
            tracing::warn!(hash = hex::encode(payment.hash), "a payment that LDK lost is over");
            self.book.payment_failed(payment.hash).await?;
            drop(self.payments.send(payment.hash));
        }
        Ok(())
    }

    /// Whether a closed channel still has something of the payment.
    async fn is_on_chain(&self, hash: Hash) -> Result<bool, CallError> {
        let balances = self.call(|ldk| ldk.list_balances().lightning_balances).await?;
        Ok(balances.iter().any(|balance| match balance {
            LightningBalance::ContentiousClaimable { payment_hash, .. }
            | LightningBalance::MaybeTimeoutClaimableHTLC { payment_hash, .. }
            | LightningBalance::MaybePreimageClaimableHTLC { payment_hash, .. } => {
                payment_hash.0 == hash
            }
            _ => false,
        }))
    }

    /// Decisions that LDK may not have carried out, as after a crash: it gets each once more.
    pub(super) async fn resume(&self) -> Result<(), CallError> {
        for hold in self.book.held_at(self.height())? {
            let repeated = match hold.state {
                HoldState::Settling => self.claim(&hold).await,
                HoldState::Cancelled => self.give_back(&hold).await,
                HoldState::Open | HoldState::Accepted | HoldState::Settled => Ok(()),
            };
            if let Err(error) = repeated {
                tracing::error!(hash = hex::encode(hold.hash), %error, "a decision is not carried out");
            }
        }
        Ok(())
    }

    async fn forget(&self) -> Result<(), CallError> {
        let now = self.now();
        let (unpaid, paid) =
            (now.saturating_sub(FORGET_UNPAID_S), now.saturating_sub(FORGET_PAID_S));
        let old: Vec<Hash> = self.book.forgettable(unpaid, paid)?;
        let removing = old.clone();
        let removed = self.call(move |ldk| {
            removing.iter().try_for_each(|hash| ldk.remove_payment(&PaymentId(*hash)))
        });
        removed.await?.map_err(|error| CallError::Failed(error.to_string()))?;
        Ok(self.book.mark_forgotten(old).await?)
    }
}

const fn preimage_of(payment: &PaymentDetails) -> Option<Hash> {
    match payment.kind {
        PaymentKind::Bolt11 { preimage: Some(preimage), .. } => Some(preimage.0),
        _ => None,
    }
}
