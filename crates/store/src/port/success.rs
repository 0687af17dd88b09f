//! How numbers on loan ended.

use async_trait::async_trait;
use domain::ports::{BuyerOf, BuyerSuccess, ServiceSuccess, SuccessStore};
use domain::time::Timestamp;

use super::RowStore;
use crate::rows::activation;
use crate::tx::Result;

#[async_trait]
impl SuccessStore for RowStore {
    async fn successes(&self, since: Timestamp, sample: u32) -> Result<Vec<ServiceSuccess>> {
        self.read(async move |tx| activation::successes(tx, since, sample).await).await
    }

    async fn buyer_success(
        &self,
        buyer: BuyerOf,
        since: Timestamp,
        sample: u32,
    ) -> Result<BuyerSuccess> {
        self.read(async move |tx| activation::buyer_success(tx, &buyer, since, sample).await).await
    }
}
