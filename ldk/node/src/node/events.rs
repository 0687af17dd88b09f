//! LDK's reports. Each comes at least once, in order, and comes again until it was handled: what it says is in the book
//! before it is acknowledged.

use std::sync::Arc;
use std::time::Duration;

use ldk_node::Event;
use ldk_node::lightning::ln::channelmanager::PaymentId;
use ldk_node::payment::PaymentStatus;

use super::{CallError, Node};
use crate::Hash;
use crate::book::{HoldState, Inbound};

/// Before a report is tried again that could not be written to the book.
const RETRY: Duration = Duration::from_secs(1);

impl Node {
    pub(super) async fn follow_events(self: Arc<Self>) {
        loop {
            let event = tokio::select! {
                () = self.stop.cancelled() => return,
                event = self.ldk.next_event_async() => event,
            };
            if let Err(error) = self.handle(event).await {
                tracing::error!(%error, "a report of LDK could not be recorded; trying again");
                tokio::time::sleep(RETRY).await;
                continue;
            }
            match self.call(|ldk| ldk.event_handled()).await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => tracing::error!(%error, "a report of LDK comes again"),
                Err(error) => tracing::error!(%error, "a report of LDK comes again"),
            }
        }
    }

    async fn handle(&self, event: Event) -> Result<(), CallError> {
        match event {
            Event::PaymentClaimable {
                payment_hash, claimable_amount_msat, claim_deadline, ..
            } => {
                let (deadline, hash) = (claim_deadline.unwrap_or(0), payment_hash.0);
                self.claimable(hash, claimable_amount_msat, deadline).await
            }
            Event::PaymentReceived { payment_hash, .. } => self.received(payment_hash.0).await,
            Event::PaymentSuccessful { payment_hash, payment_preimage, fee_paid_msat, .. } => {
                let (preimage, fee) = (payment_preimage.map(|it| it.0), fee_paid_msat.unwrap_or(0));
                self.book.payment_arrived(payment_hash.0, preimage, fee).await?;
                drop(self.payments.send(payment_hash.0));
                Ok(())
            }
            Event::PaymentFailed { payment_id, payment_hash, reason } => {
                let hash = payment_hash.map(|hash| hash.0).or(payment_id.map(|id| id.0));
                let Some(hash) = hash else { return Ok(()) };
                // A report that comes again after another attempt was begun is not about that one.
                let _paying = self.paying.lock().await;
                let known = self.ldk.payment(&PaymentId(hash));
                if known.is_none_or(|payment| payment.status == PaymentStatus::Failed) {
                    tracing::info!(hash = hex::encode(hash), ?reason, "a payment failed");
                    self.book.payment_failed(hash).await?;
                    drop(self.payments.send(hash));
                }
                Ok(())
            }
            Event::ChannelPending {
                user_channel_id, funding_txo, counterparty_node_id, ..
            } => {
                tracing::info!(peer = %counterparty_node_id, %funding_txo, "a channel waits for blocks");
                drop(self.funded.send((user_channel_id.0, funding_txo)));
                Ok(())
            }
            Event::ChannelReady { channel_id, counterparty_node_id, .. } => {
                let peer = counterparty_node_id.map(|id| id.to_string()).unwrap_or_default();
                tracing::info!(channel = %channel_id, peer, "a channel is ready");
                Ok(())
            }
            Event::ChannelClosed { channel_id, counterparty_node_id, reason, .. } => {
                let reason = reason.map(|reason| reason.to_string()).unwrap_or_default();
                let peer = counterparty_node_id.map(|id| id.to_string()).unwrap_or_default();
                tracing::error!(channel = %channel_id, peer, reason, "a channel was closed");
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// A payment of one of our hashes has come.
    async fn claimable(&self, hash: Hash, msat: u64, deadline: u32) -> Result<(), CallError> {
        let payment = Inbound {
            msat,
            deadline_height: deadline,
            accepted_height: self.height(),
            accepted_at: self.now(),
        };
        let Some(hold) = self.book.accept(hash, payment).await? else {
            tracing::warn!(hash = hex::encode(hash), "a payment of no invoice is given back");
            return self.fail_back(hash).await;
        };
        match hold.state {
            HoldState::Accepted => {
                drop(self.holds.send(hash));
                Ok(())
            }
            // Expired, or too little: the invoice stays what it is.
            HoldState::Open | HoldState::Cancelled => {
                tracing::info!(hash = hex::encode(hash), "a late payment is given back");
                self.fail_back(hash).await
            }
            // It was claimed before a crash, and comes again.
            HoldState::Settling => self.claim(&hold).await,
            HoldState::Settled => {
                if hold.payment.is_some_and(|known| known.deadline_height == deadline) {
                    self.claim(&hold).await
                } else {
                    tracing::warn!(hash = hex::encode(hash), "paid again; it is given back");
                    self.fail_back(hash).await
                }
            }
        }
    }

    async fn received(&self, hash: Hash) -> Result<(), CallError> {
        match self.book.settled(hash, self.now()).await? {
            Some(HoldState::Settling | HoldState::Settled) => {}
            before => tracing::error!(
                hash = hex::encode(hash),
                ?before,
                "money was received that was not asked for"
            ),
        }
        drop(self.holds.send(hash));
        Ok(())
    }
}
