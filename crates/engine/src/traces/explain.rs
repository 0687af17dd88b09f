//! The reason for which recipients and orders wait, as [`domain::message::waiting`] derives it.

use domain::id::MessageId;
use domain::message::campaign::BulkRecipient;
use domain::ports::PortError;
use domain::reason::Reason;
use domain::sale::order::{Order, OrderState};

use super::Traces;

impl Traces {
    /// Sets the reason of each recipient that waits.
    pub(crate) async fn explain(
        &self,
        recipients: Vec<(MessageId, &mut BulkRecipient)>,
    ) -> Result<(), PortError> {
        let waiting: Vec<_> =
            recipients.into_iter().filter(|(_, one)| !one.state.is_final()).collect();
        if waiting.is_empty() {
            return Ok(());
        }
        let keys = waiting.iter().map(|(message, one)| (*message, one.index)).collect();
        let found = self.store.waiting(keys).await?;
        let now = self.clock.now();
        for ((_, recipient), found) in waiting.into_iter().zip(found) {
            if let Some(found) = found {
                let down = self.links_are_down(&recipient.address);
                recipient.reason = found.reason(recipient.state, recipient.reason, down, now);
            }
        }
        Ok(())
    }

    /// Why an order waits or ended; that of its recipient while this decides it.
    pub async fn order_reason(&self, order: &Order) -> Result<Option<Reason>, PortError> {
        let waits = order.reason.or(order.state.waits_for());
        let message = order.fulfilment.message_id();
        let Some(message) = message.filter(|_| order.state == OrderState::Working) else {
            return Ok(waits);
        };
        let traced = self.store.trace(message, 0, 1).await?;
        let Some(recipient) = traced.into_iter().next() else { return Ok(waits) };
        let found = self.store.waiting(vec![(message, 0)]).await?.into_iter().next().flatten();
        let reason = found.and_then(|found| {
            let down = self.links_are_down(&recipient.to.stored());
            found.reason(recipient.state, recipient.reason, down, self.clock.now())
        });
        Ok(reason.or(waits))
    }
}
