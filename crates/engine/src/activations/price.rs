//! What a number costs its buyer.

use domain::activation::NumberRequest;
use domain::id::AccountId;
use domain::money::Msat;
use domain::ports::PortError;

use super::Activations;

impl Activations {
    /// What such a number costs, by [`Tariff::price_of_number`](domain::sale::tariff::Tariff::price_of_number).
    pub async fn price(
        &self,
        wanted: &NumberRequest,
        account: Option<AccountId>,
    ) -> Result<Msat, PortError> {
        let tariff = self.context.accounts.tariff(account).await?;
        let too_high = || PortError::Refused("the price is too high".to_owned());
        tariff.price_of_number(wanted).ok_or_else(too_high)
    }
}
