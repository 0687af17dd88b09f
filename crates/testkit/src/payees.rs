//! Owners of Lightning addresses, none of which answers.

use async_trait::async_trait;
use domain::money::Msat;
use domain::payout::{LightningAddress, Trouble};
use domain::ports::{PayOffer, PayeeInvoice, Payees};

#[derive(Debug, Clone, Copy, Default)]
pub struct NoPayees;

#[async_trait]
impl Payees for NoPayees {
    async fn offer(&self, _: &LightningAddress) -> Result<PayOffer, Trouble> {
        Err(Trouble::AddressUnreachable)
    }

    async fn invoice(&self, _: &PayOffer, _: Msat) -> Result<PayeeInvoice, Trouble> {
        Err(Trouble::AddressUnreachable)
    }
}
