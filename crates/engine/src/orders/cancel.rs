//! Cancels an order for its buyer.

use domain::activation::change::NotCancellable;
use domain::id::OrderId;
use domain::ports::{CancelOutcome, PortError};
use domain::reason::Reason;
use domain::sale::order::OrderState;

use super::Orders;

#[derive(Debug, thiserror::Error)]
pub enum CancelError {
    #[error("there is no such order")]
    NoSuchOrder,
    #[error("the order is already {}", word(*.0))]
    Already(OrderState),
    #[error("the message is already on its way")]
    TooLate,
    #[error(transparent)]
    NotCancellable(NotCancellable),
    #[error("the order could not be cancelled; try again")]
    Store(#[source] PortError),
}

impl Orders {
    /// Stores the decision. The node is called right after, and again until it confirms.
    pub async fn cancel(&self, order: OrderId) -> Result<(), CancelError> {
        let outcome =
            self.store.cancel_order(order, Reason::CancelledByBuyer, self.clock.now()).await;
        match outcome.map_err(CancelError::Store)? {
            CancelOutcome::Cancelled => {
                self.wake.watch.notify_one();
                self.wake.webhooks.notify_one();
                self.wake.activations.notify_one();
                Ok(())
            }
            CancelOutcome::Already(state) => Err(CancelError::Already(state)),
            CancelOutcome::TooLate => Err(CancelError::TooLate),
            CancelOutcome::NotCancellable(not) => Err(CancelError::NotCancellable(not)),
            CancelOutcome::NoSuchOrder => Err(CancelError::NoSuchOrder),
        }
    }
}

/// The state as the buyer knows it.
const fn word(state: OrderState) -> &'static str {
    match state {
        OrderState::Cancelling | OrderState::Cancelled | OrderState::Lost => "cancelled",
        OrderState::Fulfilled | OrderState::Settled => "done",
        OrderState::Open | OrderState::Held | OrderState::Working => "under way",
    }
}
