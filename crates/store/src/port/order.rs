//! Orders.

use async_trait::async_trait;
use domain::account::operator::Actor;
use domain::id::{AccountId, OrderId, PaymentHash};
use domain::message::campaign::Idempotency;
use domain::ports::{
    CancelOutcome, CreditOrder, CreditOutcome, EndedOrder, HeldOrder, HoldOrder, HoldOutcome,
    Lease, LostOrder, NodeReport, OrderAdmission, OrderCaps, OrderLoad, OrderStore, OrphanDecision,
    RepeatedOrder,
};
use domain::reason::Reason;
use domain::sale::order::{NewOrder, Order};
use domain::time::Timestamp;

use super::RowStore;
use crate::rows::order;
use crate::tx::Result;

#[async_trait]
impl OrderStore for RowStore {
    async fn add_order(
        &self,
        new: NewOrder,
        caps: OrderCaps,
        check_at: Timestamp,
    ) -> Result<OrderAdmission> {
        self.write(async move |tx| order::add(tx, &new, &caps, check_at).await).await
    }

    async fn attach_invoice(
        &self,
        order: OrderId,
        invoice: &str,
        pay_by: Timestamp,
        check_at: Timestamp,
    ) -> Result<()> {
        let invoice = invoice.to_owned();
        self.write(async move |tx| {
            order::attach_invoice(tx, &order, &invoice, pay_by, check_at).await
        })
        .await
    }

    async fn add_credit_orders(
        &self,
        new: Vec<CreditOrder>,
        lease: Option<Lease>,
    ) -> Result<Vec<CreditOutcome>> {
        self.write(async move |tx| order::add_credit(tx, &new, lease.as_ref()).await).await
    }

    async fn order(&self, id: OrderId) -> Result<Option<Order>> {
        self.read(async move |tx| order::find(tx, &id).await).await
    }

    async fn repeated_order(
        &self,
        client: String,
        idempotency: Idempotency,
    ) -> Result<Option<RepeatedOrder>> {
        self.read(async move |tx| order::find_repeated(tx, &client, &idempotency).await).await
    }

    async fn order_of_payment(&self, hash: PaymentHash) -> Result<Option<Order>> {
        self.read(async move |tx| order::find_by_payment(tx, &hash).await).await
    }

    async fn hold_order(&self, hold: HoldOrder, now: Timestamp) -> Result<HoldOutcome> {
        self.write(async move |tx| order::hold(tx, &hold, now).await).await
    }

    async fn cancel_order(
        &self,
        order: OrderId,
        reason: Reason,
        now: Timestamp,
    ) -> Result<CancelOutcome> {
        self.write(async move |tx| order::cancel(tx, &order, reason, now).await).await
    }

    async fn settle_unreceipted(&self, order: OrderId, now: Timestamp) -> Result<bool> {
        self.write(async move |tx| order::settle_unreceipted(tx, &order, now).await).await
    }

    async fn claim_order_checks(
        &self,
        now: Timestamp,
        put_off: Timestamp,
        limit: u32,
    ) -> Result<Vec<Order>> {
        self.write(async move |tx| order::claim_checks(tx, now, put_off, limit).await).await
    }

    async fn record_node_reports(
        &self,
        reports: Vec<NodeReport>,
        now: Timestamp,
    ) -> Result<Vec<EndedOrder>> {
        self.write(async move |tx| order::record_node_reports(tx, &reports, now).await).await
    }

    async fn recheck_orders(&self, now: Timestamp) -> Result<u64> {
        self.write(async move |tx| order::recheck(tx, now).await).await
    }

    async fn order_load(&self) -> Result<OrderLoad> {
        self.read(async move |tx| order::load(tx).await).await
    }

    async fn held_orders(&self, limit: u32) -> Result<Vec<HeldOrder>> {
        self.read(async move |tx| order::held_orders(tx, limit).await).await
    }

    async fn decide_orphan(
        &self,
        hash: PaymentHash,
        by: Actor,
        now: Timestamp,
    ) -> Result<OrphanDecision> {
        self.write(async move |tx| order::decide_orphan(tx, hash, by, now).await).await
    }

    async fn lost_orders(&self, limit: u32) -> Result<Vec<LostOrder>> {
        self.read(async move |tx| order::lost_orders(tx, limit).await).await
    }

    async fn funding_history(&self, account: AccountId, limit: u32) -> Result<Vec<Order>> {
        self.read(async move |tx| order::funding_history(tx, account, limit).await).await
    }
}
