//! Activations and rentals.

use async_trait::async_trait;
use domain::activation::{Activation, ActivationMessage, CountryCode, ServiceCode};
use domain::id::{AccountId, ActivationId, OrderId};
use domain::ports::{
    ActivationList, ActivationMessageList, ActivationStore, Asking, BuyerWish, CreditOutcome,
    DueActivation, LoanReport, LoansRecorded, SuccessCount, WishOutcome,
};
use domain::sale::order::NewOrder;
use domain::time::Timestamp;
use uuid::Uuid;

use super::RowStore;
use crate::rows::{activation, order};
use crate::tx::Result;

#[async_trait]
impl ActivationStore for RowStore {
    async fn add_credit_activations(&self, new: Vec<NewOrder>) -> Result<Vec<CreditOutcome>> {
        self.write(async move |tx| order::add_credit_activations(tx, &new).await).await
    }

    async fn activation(&self, id: ActivationId) -> Result<Option<Activation>> {
        self.read(async move |tx| activation::find(tx, id).await).await
    }

    async fn activation_of_order(&self, order: OrderId) -> Result<Option<Activation>> {
        self.read(async move |tx| activation::find_by_order(tx, &order).await).await
    }

    async fn activation_of_loan(&self, loan: Uuid) -> Result<Option<Activation>> {
        self.read(async move |tx| activation::find_by_loan(tx, &loan).await).await
    }

    async fn activations(&self, list: ActivationList) -> Result<Vec<Activation>> {
        self.read(async move |tx| activation::list(tx, &list).await).await
    }

    async fn order_keys(&self, orders: Vec<OrderId>) -> Result<Vec<(OrderId, String)>> {
        self.read(async move |tx| order::keys_of(tx, &orders).await).await
    }

    async fn activation_messages(
        &self,
        list: ActivationMessageList,
    ) -> Result<Vec<ActivationMessage>> {
        self.read(async move |tx| activation::messages(tx, &list).await).await
    }

    async fn claim_activations(
        &self,
        node: &str,
        now: Timestamp,
        lease_until: Timestamp,
        limit: u32,
    ) -> Result<Vec<DueActivation>> {
        let node = node.to_owned();
        self.write(async move |tx| activation::claim(tx, &node, now, lease_until, limit).await)
            .await
    }

    async fn release_activation_leases(&self, node: &str, now: Timestamp) -> Result<u64> {
        let node = node.to_owned();
        self.write(async move |tx| activation::release_leases(tx, &node, now).await).await
    }

    async fn mark_acquiring(
        &self,
        node: &str,
        asking: Vec<Asking>,
        lease_until: Timestamp,
        now: Timestamp,
    ) -> Result<Vec<bool>> {
        let node = node.to_owned();
        self.write(async move |tx| {
            activation::mark_acquiring(tx, &node, &asking, lease_until, now).await
        })
        .await
    }

    async fn record_loans(
        &self,
        reports: Vec<LoanReport>,
        now: Timestamp,
    ) -> Result<LoansRecorded> {
        self.write(async move |tx| activation::record(tx, &reports, now).await).await
    }

    async fn wish(
        &self,
        activation: ActivationId,
        account: Option<AccountId>,
        wish: BuyerWish,
        now: Timestamp,
    ) -> Result<(WishOutcome, LoansRecorded)> {
        self.write(async move |tx| activation::wish(tx, activation, account, wish, now).await).await
    }

    async fn success_count(
        &self,
        service: ServiceCode,
        country: Option<CountryCode>,
        since: Timestamp,
    ) -> Result<SuccessCount> {
        self.read(async move |tx| activation::success_count(tx, &service, country, since).await)
            .await
    }
}
