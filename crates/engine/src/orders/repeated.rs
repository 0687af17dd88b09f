//! A request that its client makes again, by the client's own key.

use std::time::Duration;

use domain::message::campaign::Idempotency;
use domain::ports::{OrderAnswer, PortError, RepeatedOrder};
use domain::sale::order::PaymentMethod;

use super::Orders;

/// How long the answer to the first request is awaited, and how often it is looked up.
const ANSWER_WAIT: Duration = Duration::from_secs(5);
const ANSWER_POLL: Duration = Duration::from_millis(100);

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RepeatError {
    #[error("another request came with this idempotency key before")]
    KeyReused,
    #[error("an earlier request with this idempotency key is not answered yet; try again")]
    InProgress,
    #[error("the order could not be looked up; try again")]
    Store(#[from] PortError),
}

impl Orders {
    /// The earlier answer to this request; `None` if it is new. While the first request waits for its
    /// invoice, so does a repeat.
    pub(crate) async fn repeated(
        &self,
        client: &str,
        idempotency: &Idempotency,
    ) -> Result<Option<OrderAnswer>, RepeatError> {
        let mut waited = Duration::ZERO;
        loop {
            let found = self.store.repeated_order(client.to_owned(), idempotency.clone()).await?;
            match found {
                None => return Ok(None),
                Some(RepeatedOrder::KeyReused) => return Err(RepeatError::KeyReused),
                Some(RepeatedOrder::Accepted(answer)) if is_complete(&answer) => {
                    return Ok(Some(answer));
                }
                // The watch cancels the order if its invoice was never made, which frees the key.
                Some(RepeatedOrder::Accepted(_)) if waited >= ANSWER_WAIT => {
                    return Err(RepeatError::InProgress);
                }
                Some(RepeatedOrder::Accepted(_)) => {
                    tokio::time::sleep(ANSWER_POLL).await;
                    waited += ANSWER_POLL;
                }
            }
        }
    }

    /// The answer of the request that was faster by a moment.
    pub(crate) async fn raced(
        &self,
        client: &str,
        idempotency: Option<&Idempotency>,
    ) -> Result<OrderAnswer, RepeatError> {
        let Some(idempotency) = idempotency else { return Err(RepeatError::InProgress) };
        self.repeated(client, idempotency).await?.ok_or(RepeatError::InProgress)
    }
}

const fn is_complete(answer: &OrderAnswer) -> bool {
    answer.invoice.is_some() || matches!(answer.payment, PaymentMethod::Credit)
}
