//! Loans of upstream wholesalers.

use async_trait::async_trait;
use domain::activation::SupplierName;
use domain::activation::upstream::{
    UpstreamAsk, UpstreamEvent, UpstreamExtension, UpstreamKey, UpstreamLent, UpstreamLoan,
    UpstreamReturn,
};
use domain::ports::UpstreamStore;

use super::RowStore;
use crate::rows::upstream;
use crate::tx::Result;

#[async_trait]
impl UpstreamStore for RowStore {
    async fn ask_upstream(&self, ask: UpstreamAsk) -> Result<()> {
        self.write(async move |tx| upstream::ask(tx, &ask).await).await
    }

    async fn lend_upstream(&self, key: UpstreamKey, lent: UpstreamLent) -> Result<()> {
        self.write(async move |tx| upstream::lend(tx, &key, &lent).await).await
    }

    async fn return_upstream(&self, key: UpstreamKey, reference: String) -> Result<()> {
        self.write(async move |tx| upstream::give_back(tx, &key, &reference).await).await
    }

    async fn upstream_returns(
        &self,
        supplier: SupplierName,
        limit: u32,
    ) -> Result<Vec<UpstreamReturn>> {
        self.read(async move |tx| upstream::returns(tx, &supplier, limit).await).await
    }

    async fn upstream_asks(&self, supplier: SupplierName, limit: u32) -> Result<Vec<UpstreamAsk>> {
        self.read(async move |tx| upstream::asks(tx, &supplier, limit).await).await
    }

    async fn extend_upstream(
        &self,
        key: UpstreamKey,
        extension: Option<UpstreamExtension>,
    ) -> Result<()> {
        self.write(async move |tx| upstream::extend(tx, &key, extension.as_ref()).await).await
    }

    async fn deny_upstream(&self, key: UpstreamKey) -> Result<()> {
        self.write(async move |tx| upstream::end(tx, &key, UpstreamEvent::NotLent).await).await
    }

    async fn end_upstream(&self, key: UpstreamKey) -> Result<()> {
        self.write(async move |tx| upstream::end(tx, &key, UpstreamEvent::Ended).await).await
    }

    async fn upstream_loan(&self, key: UpstreamKey) -> Result<Option<UpstreamLoan>> {
        self.read(async move |tx| upstream::find(tx, &key).await).await
    }

    async fn upstream_references(
        &self,
        supplier: SupplierName,
        references: Vec<String>,
    ) -> Result<Vec<String>> {
        self.read(async move |tx| upstream::known(tx, &supplier, &references).await).await
    }
}
