//! Lookups of numbers.

use async_trait::async_trait;
use domain::number::Msisdn;
use domain::number::network::NetworkAnswer;
use domain::ports::{LookupSale, LookupStore, SoldLookup};
use domain::time::Timestamp;

use super::RowStore;
use crate::rows::lookup;
use crate::tx::Result;

#[async_trait]
impl LookupStore for RowStore {
    async fn last_lookup(
        &self,
        number: Msisdn,
        roaming: bool,
        since: Timestamp,
    ) -> Result<Option<(NetworkAnswer, Timestamp)>> {
        self.read(async move |tx| lookup::last(tx, number, roaming, since).await).await
    }

    async fn sell_lookup(&self, sold: SoldLookup, now: Timestamp) -> Result<LookupSale> {
        self.write(async move |tx| lookup::sell(tx, &sold, now).await).await
    }
}
