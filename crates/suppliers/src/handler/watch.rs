//! What runs beside the requests of others: the balance is read, and numbers that nobody gets are returned.

use std::time::Duration;

use domain::ports::PortError;
use serde_json::Value;
use tokio::time::sleep;

use super::HandlerSupplier;
use super::amount::Units;
use super::answer::{Effect, unreadable};

const EVERY: Duration = Duration::from_secs(60);

impl HandlerSupplier {
    pub(super) async fn watch(&self) {
        let mut was_low = false;
        loop {
            match self.read_balance().await {
                Ok(is_low) => {
                    let supplier = &self.wholesaler.options.name;
                    if is_low && !was_low {
                        tracing::warn!(%supplier, "the balance at the wholesaler is low");
                    } else if was_low && !is_low {
                        tracing::info!(%supplier, "the balance at the wholesaler is sufficient again");
                    }
                    was_low = is_low;
                }
                Err(error) => {
                    let supplier = &self.wholesaler.options.name;
                    tracing::warn!(%supplier, %error, "the balance at the wholesaler is not known");
                }
            }
            self.return_numbers().await;
            sleep(EVERY).await;
        }
    }

    /// Whether the balance is low.
    async fn read_balance(&self) -> Result<bool, PortError> {
        let answer = self.wholesaler.ask("getBalance", &[]).await?;
        let units = match answer.after("ACCESS_BALANCE:") {
            Some(text) => Units::read(text),
            None => answer.json().and_then(|json: &Value| json.get("balance")).and_then(Units::of),
        };
        let options = &self.wholesaler.options;
        let balance = units.and_then(|units| units.worth(options.msat_per_unit));
        let balance = balance.ok_or_else(|| unreadable("is no balance", Effect::Repeatable))?;
        self.observer.balance(&options.name, balance);
        Ok(balance < options.balance_low)
    }
}
