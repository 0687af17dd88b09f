//! The operator ends a payment of a Lightning node that is gone for ever.

use domain::account::operator::Actor;
use domain::id::PaymentHash;
use domain::payout::PayoutState;
use domain::ports::{Lightning, LostPayoutEnd, PortError, Store};
use domain::time::Timestamp;

use super::Payouts;

/// Why a payment is not ended. Nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EndLostError {
    #[error("there is no payout with this payment hash")]
    NoSuchPayout,
    #[error("the payout has ended already: {}", .0.as_str())]
    Ended(PayoutState),
    #[error(
        "the payout is one of the Lightning node that is configured now, which reports its end"
    )]
    OfOurNode,
    #[error("the payee may still get the payment: its route has surely expired only later")]
    NotBefore(Timestamp),
    #[error("the configured Lightning node does not answer, so that its key is unknown")]
    NodeUnavailable(#[source] PortError),
    #[error("the store could not serve the request; try again")]
    Store(#[source] PortError),
}

impl Payouts {
    /// See [`end_lost_payout`].
    pub async fn end_lost(&self, hash: PaymentHash, by: Actor) -> Result<(), EndLostError> {
        end_lost_payout(&*self.store, &*self.lightning, hash, by, self.clock.now()).await
    }
}

/// Ends a payment as failed by the operator's word. Its shares are due again.
pub async fn end_lost_payout(
    store: &dyn Store,
    lightning: &dyn Lightning,
    hash: PaymentHash,
    by: Actor,
    now: Timestamp,
) -> Result<(), EndLostError> {
    let ours = if lightning.held_max() == 0 {
        None
    } else {
        Some(lightning.identity().await.map_err(EndLostError::NodeUnavailable)?.key)
    };
    let ended = store.end_lost_payout(hash, ours, by, now).await.map_err(EndLostError::Store)?;
    match ended {
        LostPayoutEnd::Ended => Ok(()),
        LostPayoutEnd::NoSuchPayout => Err(EndLostError::NoSuchPayout),
        LostPayoutEnd::Already(state) => Err(EndLostError::Ended(state)),
        LostPayoutEnd::OfOurNode => Err(EndLostError::OfOurNode),
        LostPayoutEnd::NotBefore(at) => Err(EndLostError::NotBefore(at)),
    }
}
