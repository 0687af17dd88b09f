//! Returns numbers that nobody here gets: too dear, not readable, of another country. A number cannot
//! be cancelled in its first minutes everywhere, so this is tried until it is done.

use std::time::Duration;

use domain::activation::upstream::{UpstreamAsk, UpstreamReturn};
use domain::ports::PortError;

use super::HandlerSupplier;

/// Of one round; the rest are returned in later ones.
const RETURNED_AT_ONCE: u32 = 100;

/// After this no wholesaler takes a number back.
const KEPT_FOR: Duration = Duration::from_secs(24 * 60 * 60);

impl HandlerSupplier {
    /// Stores that a number goes back, and tries once. Returns what became of the purchase.
    pub(super) async fn give_back(
        &self,
        ask: &UpstreamAsk,
        reference: &str,
        why: &'static str,
    ) -> PortError {
        let supplier = &ask.key.supplier;
        tracing::error!(%supplier, why, "a number is returned to the wholesaler");
        let (key, reference) = (ask.key.clone(), reference.to_owned());
        if let Err(error) = self.store.return_upstream(key.clone(), reference.clone()).await {
            return PortError::Unknown(error.to_string());
        }
        let (is_rental, asked_at) = (ask.duration.is_some(), ask.asked_at);
        self.return_number(UpstreamReturn { key, reference, is_rental, asked_at }).await;
        PortError::Refused(why.to_owned())
    }

    pub(super) async fn return_numbers(&self) {
        let supplier = &self.wholesaler.options.name;
        match self.store.upstream_returns(supplier.clone(), RETURNED_AT_ONCE).await {
            Ok(returns) => {
                for number in returns {
                    self.return_number(number).await;
                }
            }
            Err(error) => {
                tracing::warn!(%supplier, %error, "the numbers to return could not be read");
            }
        }
    }

    /// Tries once. What the wholesaler does not know any more is done.
    async fn return_number(&self, number: UpstreamReturn) {
        let UpstreamReturn { key, reference, is_rental, asked_at } = number;
        let supplier = key.supplier.clone();
        match self.cancel(&reference, is_rental).await {
            Ok(()) | Err(PortError::Conflict(_)) => {}
            Err(error) if self.clock.now() > asked_at.after(KEPT_FOR) => {
                tracing::error!(%supplier, %error, "a number was never taken back");
            }
            Err(error) => {
                tracing::debug!(%supplier, %error, "a number is not taken back yet");
                return;
            }
        }
        if let Err(error) = self.store.end_upstream(key).await {
            tracing::warn!(%supplier, %error, "a returned number could not be stored");
        }
    }
}
