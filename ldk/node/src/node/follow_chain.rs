//! Reads the chain, and ends what its blocks and the time of day have ended.

use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use ldk_node::bitcoin::BlockHash;
use ldk_node::lightning::ln::channelmanager::PaymentId;
use ldk_node::payment::PaymentStatus;

use super::{Node, Tip};
use crate::Hash;
use crate::book::{HoldState, Payment};
use crate::database::DatabaseError;

/// Expired invoices are closed this often.
const CLOCK_ROUND: Duration = Duration::from_secs(1);

/// The chain counts as read for at least this long.
const SYNCED_MIN: Duration = Duration::from_secs(120);

/// How often ldk-node's records of ended invoices are removed.
const FORGET_ROUND: u32 = 600;

/// LDK takes a payment of an expired invoice for two hours more; afterwards nothing is lost with its record.
const FORGET_UNPAID_S: u64 = 3 * 60 * 60;

/// A hash that was paid is refused another time while ldk-node has its record.
const FORGET_PAID_S: u64 = 30 * 24 * 60 * 60;

/// Blocks beyond its limit after which a payment that LDK does not know cannot be under way.
const PAYMENT_MARGIN_BLOCKS: u32 = 12;

impl Node {
    pub(super) async fn follow_chain(self: Arc<Self>) {
        while !self.stop.is_cancelled() {
            self.read_chain().await;
            tokio::select! {
                () = self.stop.cancelled() => return,
                () = tokio::time::sleep(self.sync) => {}
            }
        }
    }

    /// Reads what the chain source has, once.
    pub async fn read_chain(&self) {
        let read = match self.call(|ldk| ldk.sync_wallets()).await {
            Ok(read) => read.map_err(|error| error.to_string()),
            Err(error) => Err(error.to_string()),
        };
        match read {
            Ok(()) => {
                let now = Some(Instant::now());
                *self.read_at.lock().unwrap_or_else(PoisonError::into_inner) = now;
            }
            Err(error) => tracing::warn!(%error, "the chain could not be read; trying again"),
        }
        let best = self.ldk.status().current_best_block;
        if let Err(error) = self.end_due(best.height).await {
            tracing::error!(%error, "what has ended could not be recorded; trying again");
        }
        self.see_tip(best.block_hash, best.height).await;
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
        read_at.is_some_and(|at| at.elapsed() < SYNCED_MIN.max(self.sync * 5))
    }

    pub(super) async fn follow_clock(self: Arc<Self>) {
        let mut rounds = 0_u32;
        loop {
            tokio::select! {
                () = self.stop.cancelled() => return,
                () = tokio::time::sleep(CLOCK_ROUND) => {}
            }
            if let Err(error) = self.end_due(self.height()).await {
                tracing::error!(%error, "what has ended could not be recorded; trying again");
            }
            if rounds.is_multiple_of(FORGET_ROUND)
                && let Err(error) = self.forget().await
            {
                tracing::warn!(%error, "old records could not be removed");
            }
            rounds = rounds.wrapping_add(1);
        }
    }

    /// Records what LDK has returned by itself, which it does not report, and what has expired.
    async fn end_due(&self, height: u32) -> Result<(), DatabaseError> {
        for hash in self.book.cancel_due(self.now(), height).await? {
            drop(self.holds.send(hash));
        }
        for payment in self.book.payments_in_flight()? {
            self.compare_payment(&payment, height).await?;
        }
        Ok(())
    }

    /// LDK's reports may have been lost with a backup of its store; its own record says the same.
    async fn compare_payment(&self, payment: &Payment, height: u32) -> Result<(), DatabaseError> {
        let known = self.ldk.payment(&PaymentId(payment.hash));
        match known {
            Some(known) if known.status == PaymentStatus::Succeeded => {
                let fee = known.fee_paid_msat.unwrap_or(0);
                self.book.payment_arrived(payment.hash, None, fee).await?;
            }
            Some(known) if known.status == PaymentStatus::Pending => return Ok(()),
            // Recorded as failed before this attempt, or never begun: in doubt until no part can be under way.
            _ => {
                let over = payment.begun_height + payment.cltv_limit + PAYMENT_MARGIN_BLOCKS;
                if height < over {
                    return Ok(());
                }
                self.book.payment_failed(payment.hash).await?;
            }
        }
        drop(self.payments.send(payment.hash));
        Ok(())
    }

    /// What a crash may have left half done: LDK gets each decision once more.
    pub(super) async fn resume(&self) -> anyhow::Result<()> {
        for hold in self.book.held_at(self.height())? {
            match hold.state {
                HoldState::Settling => {
                    if let Err(error) = self.claim(&hold).await {
                        tracing::error!(%error, "a payment is not claimed");
                    }
                }
                HoldState::Cancelled => self.give_back(&hold).await,
                HoldState::Open | HoldState::Accepted | HoldState::Settled => {}
            }
        }
        Ok(())
    }

    async fn forget(&self) -> Result<(), DatabaseError> {
        let now = self.now();
        let (unpaid, paid) =
            (now.saturating_sub(FORGET_UNPAID_S), now.saturating_sub(FORGET_PAID_S));
        let old: Vec<Hash> = self.book.forgettable(unpaid, paid)?;
        if old.is_empty() {
            return Ok(());
        }
        let removing = old.clone();
        let removed = self.call(move |ldk| {
            removing.iter().try_for_each(|hash| ldk.remove_payment(&PaymentId(*hash)))
        });
        match removed.await {
            Ok(Ok(())) => self.book.mark_forgotten(old).await,
            Ok(Err(error)) => Err(DatabaseError::from_text(&error)),
            Err(error) => Err(DatabaseError::from_text(&error)),
        }
    }
}
