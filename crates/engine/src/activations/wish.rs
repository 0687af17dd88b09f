//! What a buyer does with an activation: cancel, finish, wait for another code.

use domain::activation::Activation;
use domain::activation::change::{Event, change};
use domain::id::{AccountId, ActivationId};
use domain::ports::{BuyerWish, PortError, WishOutcome};

use super::{Activations, WishError};

impl Activations {
    /// Gives the money back: at once while there is no number, from two minutes after its assignment on,
    /// and never once a message came. [`Orders::cancel`](crate::orders::Orders::cancel) does the
    /// same by the order's id.
    pub async fn cancel(
        &self,
        id: ActivationId,
        account: Option<AccountId>,
    ) -> Result<Activation, WishError> {
        self.wish(id, account, BuyerWish::Cancel).await
    }

    /// The buyer has the code. A rental ends before its time, without a refund.
    pub async fn finish(
        &self,
        id: ActivationId,
        account: Option<AccountId>,
    ) -> Result<Activation, WishError> {
        self.wish(id, account, BuyerWish::Finish).await
    }

    /// Another code on the same number, in the time that is left. The supplier is called first: if this
    /// process dies then, the buyer asks again, and a code that came meanwhile is kept.
    pub async fn await_next(
        &self,
        id: ActivationId,
        account: Option<AccountId>,
    ) -> Result<Activation, WishError> {
        let found = self.get(id, account).await?.ok_or(WishError::NoSuchActivation)?;
        let supplier = found.supplier.as_ref().and_then(|name| self.supplier(name));
        if let Some(supplier) = supplier
            && change(&found, &Event::NextWanted, self.context.clock.now()).is_ok()
        {
            match self.calls.call(&**supplier, supplier.await_next(found.loan)).await {
                Ok(()) => {}
                Err(PortError::Conflict(_)) => return Err(WishError::Ended),
                Err(error) => return Err(WishError::Supplier(error)),
            }
        }
        self.wish(id, account, BuyerWish::AwaitNext { seen: found.messages }).await
    }

    async fn wish(
        &self,
        id: ActivationId,
        account: Option<AccountId>,
        wish: BuyerWish,
    ) -> Result<Activation, WishError> {
        let now = self.context.clock.now();
        let (outcome, recorded) = self.context.store.wish(id, account, wish, now).await?;
        match outcome {
            WishOutcome::Done(activation) => {
                self.context.wake.after_loans(&recorded, &self.context.metrics);
                self.context.wake.activations.notify_one();
                Ok(*activation)
            }
            WishOutcome::NotCancelled(not) => Err(not.into()),
            WishOutcome::NoCode => Err(WishError::NoCode),
            WishOutcome::Ended => Err(WishError::Ended),
            WishOutcome::IsRental => Err(WishError::IsRental),
            WishOutcome::NoSuchActivation => Err(WishError::NoSuchActivation),
        }
    }
}
