//! A Store port whose process may die at any step. Reads and rounds that find nothing are no steps.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use domain::account::operator::Actor;
use domain::account::{Account, AccountName, Balance, Key, KeyHash};
use domain::id::{AccountId, InboundId, KeyId, MessageId, OrderId, PaymentHash};
use domain::inbound::{InboundMessage, InboundPart, Receivers};
use domain::ports::{
    AccountStore, CancelOutcome, ChunkEnd, ChunkId, ClaimRoom, Claimed, CreditOrder, CreditOutcome,
    EventStore, HoldOrder, HoldOutcome, InboundRecorded, InboundStore, Lease, LedgerStore,
    MessageStore, NewAccount, NewKey, NodeReport, NodeVerdict, OrderAdmission, OrderCaps,
    OrderLoad, OrderStore, Outcome, PortError, Receipt, RecipientTrace, Recorded, Store,
    WebhookCall, WebhookResult,
};
use domain::ports::{Changed, LinkDemand, LinkLease, LinkStore};
use domain::reason::Reason;
use domain::sale::ledger::LedgerReport;
use domain::sale::order::{NewOrder, Order, OrderState};
use domain::time::Timestamp;

use super::Fuse;

#[derive(Debug)]
pub struct FusedStore {
    pub inner: Arc<dyn Store>,
    pub fuse: Arc<Fuse>,
}

#[async_trait]
impl Store for FusedStore {
    async fn ping(&self) -> Result<(), PortError> {
        self.fuse.alive(self.inner.ping()).await
    }
}

#[async_trait]
impl AccountStore for FusedStore {
    async fn add_account(
        &self,
        new: NewAccount,
        by: Actor,
        now: Timestamp,
    ) -> Result<Account, PortError> {
        self.fuse.through(self.inner.add_account(new, by, now)).await
    }

    async fn accounts(&self) -> Result<Vec<(Account, Balance)>, PortError> {
        self.fuse.alive(self.inner.accounts()).await
    }

    async fn account(&self, id: AccountId) -> Result<Option<Account>, PortError> {
        self.fuse.alive(self.inner.account(id)).await
    }

    async fn account_named(&self, name: &AccountName) -> Result<Option<Account>, PortError> {
        self.fuse.alive(self.inner.account_named(name)).await
    }

    async fn add_key(&self, new: NewKey, by: Actor, now: Timestamp) -> Result<KeyId, PortError> {
        self.fuse.through(self.inner.add_key(new, by, now)).await
    }

    async fn key(&self, hash: KeyHash) -> Result<Option<Key>, PortError> {
        self.fuse.alive(self.inner.key(hash)).await
    }

    async fn keys(&self, account: Option<AccountId>) -> Result<Vec<Key>, PortError> {
        self.fuse.alive(self.inner.keys(account)).await
    }

    async fn revoke_key(&self, key: KeyId, by: Actor, now: Timestamp) -> Result<bool, PortError> {
        self.fuse.through(self.inner.revoke_key(key, by, now)).await
    }
}

#[async_trait]
impl LinkStore for FusedStore {
    async fn lease_links(
        &self,
        node: &str,
        demands: Vec<LinkDemand>,
        lease: Duration,
        now: Timestamp,
    ) -> Result<LinkLease, PortError> {
        self.fuse.through(self.inner.lease_links(node, demands, lease, now)).await
    }

    async fn leave_links(&self, node: &str) -> Result<(), PortError> {
        self.fuse.through(self.inner.leave_links(node)).await
    }

    async fn changed(&self) -> Changed {
        self.inner.changed().await
    }
}

#[async_trait]
impl LedgerStore for FusedStore {
    async fn balance(&self, account: AccountId) -> Result<Balance, PortError> {
        self.fuse.alive(self.inner.balance(account)).await
    }

    async fn check_ledger(&self) -> Result<LedgerReport, PortError> {
        self.fuse.alive(self.inner.check_ledger()).await
    }
}

#[async_trait]
impl OrderStore for FusedStore {
    async fn add_order(
        &self,
        new: NewOrder,
        caps: OrderCaps,
        check_at: Timestamp,
    ) -> Result<OrderAdmission, PortError> {
        self.fuse.through(self.inner.add_order(new, caps, check_at)).await
    }

    async fn attach_invoice(
        &self,
        order: OrderId,
        invoice: &str,
        pay_by: Timestamp,
        check_at: Timestamp,
    ) -> Result<(), PortError> {
        self.fuse.through(self.inner.attach_invoice(order, invoice, pay_by, check_at)).await
    }

    async fn add_credit_orders(
        &self,
        new: Vec<CreditOrder>,
        lease: Option<Lease>,
    ) -> Result<Vec<CreditOutcome>, PortError> {
        self.fuse.through(self.inner.add_credit_orders(new, lease)).await
    }

    async fn order(&self, id: OrderId) -> Result<Option<Order>, PortError> {
        self.fuse.alive(self.inner.order(id)).await
    }

    async fn order_of_payment(&self, hash: PaymentHash) -> Result<Option<Order>, PortError> {
        self.fuse.alive(self.inner.order_of_payment(hash)).await
    }

    async fn hold_order(&self, hold: HoldOrder, now: Timestamp) -> Result<HoldOutcome, PortError> {
        self.fuse.through(self.inner.hold_order(hold, now)).await
    }

    async fn cancel_order(
        &self,
        order: OrderId,
        reason: Reason,
        now: Timestamp,
    ) -> Result<CancelOutcome, PortError> {
        self.fuse.through(self.inner.cancel_order(order, reason, now)).await
    }

    async fn claim_order_checks(
        &self,
        now: Timestamp,
        put_off: Timestamp,
        limit: u32,
    ) -> Result<Vec<Order>, PortError> {
        self.fuse.claim(self.inner.claim_order_checks(now, put_off, limit)).await
    }

    async fn record_node_reports(
        &self,
        reports: Vec<NodeReport>,
        now: Timestamp,
    ) -> Result<Vec<(OrderId, OrderState)>, PortError> {
        if reports.iter().all(|report| report.verdict == NodeVerdict::Unchanged) {
            return self.fuse.alive(self.inner.record_node_reports(reports, now)).await;
        }
        self.fuse.through(self.inner.record_node_reports(reports, now)).await
    }

    async fn recheck_orders(&self, now: Timestamp) -> Result<u64, PortError> {
        self.fuse.through(self.inner.recheck_orders(now)).await
    }

    async fn order_load(&self) -> Result<OrderLoad, PortError> {
        self.fuse.alive(self.inner.order_load()).await
    }

    async fn funding_history(
        &self,
        account: AccountId,
        limit: u32,
    ) -> Result<Vec<Order>, PortError> {
        self.fuse.alive(self.inner.funding_history(account, limit)).await
    }
}

#[async_trait]
impl MessageStore for FusedStore {
    async fn claim_chunks(
        &self,
        node: &str,
        room: ClaimRoom,
        now: Timestamp,
        lease_until: Timestamp,
    ) -> Result<Claimed, PortError> {
        let claim = self.inner.claim_chunks(node, room, now, lease_until);
        let found = |claimed: &Claimed| {
            !claimed.chunks.is_empty() || claimed.recorded != Recorded::default()
        };
        self.fuse.step_if(claim, found).await
    }

    async fn renew_leases(
        &self,
        node: &str,
        claims: Vec<(ChunkId, u32)>,
        lease_until: Timestamp,
    ) -> Result<(), PortError> {
        self.fuse.alive(self.inner.renew_leases(node, claims, lease_until)).await
    }

    async fn release_leases(&self, node: &str, now: Timestamp) -> Result<u64, PortError> {
        self.fuse.through(self.inner.release_leases(node, now)).await
    }

    async fn record_outcomes(
        &self,
        outcomes: Vec<Outcome>,
        ends: Vec<(ChunkId, u32, ChunkEnd)>,
        now: Timestamp,
        tell: Option<Lease>,
    ) -> Result<Recorded, PortError> {
        self.fuse.through(self.inner.record_outcomes(outcomes, ends, now, tell)).await
    }

    async fn record_receipts(
        &self,
        receipts: Vec<Receipt>,
        now: Timestamp,
        tell: Option<Lease>,
    ) -> Result<Recorded, PortError> {
        self.fuse.through(self.inner.record_receipts(receipts, now, tell)).await
    }

    async fn expire(
        &self,
        now: Timestamp,
        parked_before: Timestamp,
        limit: u32,
    ) -> Result<Recorded, PortError> {
        let call = self.inner.expire(now, parked_before, limit);
        self.fuse.step_if(call, |recorded| recorded.recipients > 0).await
    }

    async fn trace(
        &self,
        message: MessageId,
        from: u32,
        limit: u32,
    ) -> Result<Vec<RecipientTrace>, PortError> {
        self.fuse.alive(self.inner.trace(message, from, limit)).await
    }

    async fn forget(&self, before: Timestamp, limit: u32) -> Result<u64, PortError> {
        self.fuse.alive(self.inner.forget(before, limit)).await
    }
}

#[async_trait]
impl InboundStore for FusedStore {
    async fn record_inbound(
        &self,
        parts: Vec<(InboundId, InboundPart)>,
        receivers: Arc<Receivers>,
        now: Timestamp,
    ) -> Result<InboundRecorded, PortError> {
        self.fuse.through(self.inner.record_inbound(parts, receivers, now)).await
    }

    async fn join_incomplete(
        &self,
        waiting_since: Timestamp,
        receivers: Arc<Receivers>,
        now: Timestamp,
        limit: u32,
    ) -> Result<InboundRecorded, PortError> {
        let call = self.inner.join_incomplete(waiting_since, receivers, now, limit);
        self.fuse.step_if(call, |recorded| recorded.incomplete > 0).await
    }

    async fn inbound(&self, id: InboundId) -> Result<Option<InboundMessage>, PortError> {
        self.fuse.alive(self.inner.inbound(id)).await
    }

    async fn inbound_list(
        &self,
        before: Option<InboundId>,
        limit: u32,
    ) -> Result<Vec<InboundMessage>, PortError> {
        self.fuse.alive(self.inner.inbound_list(before, limit)).await
    }
}

#[async_trait]
impl EventStore for FusedStore {
    async fn claim_webhooks(
        &self,
        node: &str,
        now: Timestamp,
        lease_until: Timestamp,
        limit: u32,
    ) -> Result<Vec<WebhookCall>, PortError> {
        self.fuse.claim(self.inner.claim_webhooks(node, now, lease_until, limit)).await
    }

    async fn record_webhooks(
        &self,
        results: Vec<WebhookResult>,
        now: Timestamp,
    ) -> Result<(), PortError> {
        self.fuse.through(self.inner.record_webhooks(results, now)).await
    }
}
