//! What a number costs its buyer.

use std::time::Duration;

use domain::activation::{Network, NumberRequest};
use domain::id::AccountId;
use domain::money::Msat;
use domain::ports::PortError;
use domain::sale::tariff::Product;

use super::Activations;

const WEEK: Duration = Duration::from_secs(7 * 24 * 60 * 60);

impl Activations {
    /// What such a number costs. A rental costs its price for each week that is begun.
    pub async fn price(
        &self,
        wanted: &NumberRequest,
        account: Option<AccountId>,
    ) -> Result<Msat, PortError> {
        let tariff = self.context.accounts.tariff(account).await?;
        let too_high = || PortError::Refused("the price is too high".to_owned());
        match (wanted.duration(), wanted.network) {
            (Some(duration), _) => {
                let weeks = duration.as_secs().div_ceil(WEEK.as_secs()).max(1);
                let weeks = i64::try_from(weeks).map_err(|_| too_high())?;
                tariff.price(Product::Rent, None).checked_mul(weeks).ok_or_else(too_high)
            }
            (None, Network::RealPhones) => Ok(tariff.price(Product::RealPhone, None)),
            (None, Network::Any) => Ok(tariff.price(Product::Receive, None)),
        }
    }
}
