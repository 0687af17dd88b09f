//! Every port method of a store, once for both engines: which aggregate does the work, as one write
//! or as one read. A store brings its own `write!`, `read!` and `probe!`, which run the work in a
//! transaction of its engine.

pub(crate) mod bulk;
pub(crate) mod directory;
pub(crate) mod house;
pub(crate) mod refunds;
pub(crate) mod search;

macro_rules! implement_ports {
    ($store:ident) => {
        $crate::port::bulk::implement_bulk_ports!($store);
        $crate::port::directory::implement_directory_ports!($store);
        $crate::port::house::implement_house_ports!($store);
        $crate::port::refunds::implement_refund_ports!($store);
        $crate::port::search::implement_search_ports!($store);

        const _: () = {
            use std::sync::Arc;
            use std::time::Duration;

            use async_trait::async_trait;
            use domain::account::operator::Actor;
            use domain::account::{Account, AccountName, Balance, Key, KeyHash};
            use domain::id::{AccountId, InboundId, KeyId, MessageId, OrderId, PaymentHash};
            use domain::inbound::{InboundMessage, InboundPart, Receivers};
            use domain::ports::{
                AccountStore, CancelOutcome, ChunkEnd, ChunkId, ClaimRoom, Claimed, CreditOrder,
                CreditOutcome, EventStore, HoldOrder, HoldOutcome, InboundRecorded, InboundStore,
                Lease, LedgerStore, MessageStore, NewAccount, NewKey, NodeReport, OrderAdmission,
                OrderCaps, OrderLoad, OrderStore, Outcome, Receipt, RecipientTrace, Recorded,
                Store, WebhookCall, WebhookResult,
            };
            use domain::ports::{Changed, LinkDemand, LinkLease, LinkStore};
            use domain::reason::Reason;
            use domain::sale::ledger::LedgerReport;
            use domain::sale::order::{NewOrder, Order, OrderState};
            use domain::time::Timestamp;

            use $crate::rows::{
                account, cluster, event, inbound, ledger, message, order, queue, retention,
            };
            use $crate::tx::Result;

            #[async_trait]
            impl Store for $store {
                async fn ping(&self) -> Result<()> {
                    probe!(self, |tx| account::ping(tx))
                }
            }

            #[async_trait]
            impl AccountStore for $store {
                async fn add_account(
                    &self,
                    new: NewAccount,
                    by: Actor,
                    now: Timestamp,
                ) -> Result<Account> {
                    write!(self, |tx| account::add(tx, &new, by, now))
                }

                async fn accounts(&self) -> Result<Vec<(Account, Balance)>> {
                    read!(self, |tx| account::list(tx))
                }

                async fn account(&self, id: AccountId) -> Result<Option<Account>> {
                    read!(self, |tx| account::by_id(tx, id))
                }

                async fn account_named(&self, name: &AccountName) -> Result<Option<Account>> {
                    let name = name.clone();
                    read!(self, |tx| account::by_name(tx, &name))
                }

                async fn add_key(&self, new: NewKey, by: Actor, now: Timestamp) -> Result<KeyId> {
                    write!(self, |tx| account::add_key(tx, &new, by, now))
                }

                async fn key(&self, hash: KeyHash) -> Result<Option<Key>> {
                    read!(self, |tx| account::key(tx, &hash))
                }

                async fn keys(&self, account: Option<AccountId>) -> Result<Vec<Key>> {
                    read!(self, |tx| account::keys(tx, account))
                }

                async fn revoke_key(&self, key: KeyId, by: Actor, now: Timestamp) -> Result<bool> {
                    write!(self, |tx| account::revoke_key(tx, key, by, now))
                }
            }

            #[async_trait]
            impl LedgerStore for $store {
                async fn balance(&self, account: AccountId) -> Result<Balance> {
                    read!(self, |tx| ledger::balance(tx, account))
                }

                async fn check_ledger(&self) -> Result<LedgerReport> {
                    read!(self, |tx| ledger::check::check(tx))
                }
            }

            #[async_trait]
            impl OrderStore for $store {
                async fn add_order(
                    &self,
                    new: NewOrder,
                    caps: OrderCaps,
                    check_at: Timestamp,
                ) -> Result<OrderAdmission> {
                    write!(self, |tx| order::add(tx, &new, &caps, check_at))
                }

                async fn attach_invoice(
                    &self,
                    order: OrderId,
                    invoice: &str,
                    pay_by: Timestamp,
                    check_at: Timestamp,
                ) -> Result<()> {
                    let invoice = invoice.to_owned();
                    write!(self, |tx| order::attach_invoice(tx, &order, &invoice, pay_by, check_at))
                }

                async fn add_credit_orders(
                    &self,
                    new: Vec<CreditOrder>,
                    lease: Option<Lease>,
                ) -> Result<Vec<CreditOutcome>> {
                    write!(self, |tx| order::add_credit(tx, &new, lease.as_ref()))
                }

                async fn order(&self, id: OrderId) -> Result<Option<Order>> {
                    read!(self, |tx| order::find(tx, &id))
                }

                async fn order_of_payment(&self, hash: PaymentHash) -> Result<Option<Order>> {
                    read!(self, |tx| order::find_by_payment(tx, &hash))
                }

                async fn hold_order(&self, hold: HoldOrder, now: Timestamp) -> Result<HoldOutcome> {
                    write!(self, |tx| order::hold(tx, &hold, now))
                }

                async fn cancel_order(
                    &self,
                    order: OrderId,
                    reason: Reason,
                    now: Timestamp,
                ) -> Result<CancelOutcome> {
                    write!(self, |tx| order::cancel(tx, &order, reason, now))
                }

                async fn claim_order_checks(
                    &self,
                    now: Timestamp,
                    put_off: Timestamp,
                    limit: u32,
                ) -> Result<Vec<Order>> {
                    write!(self, |tx| order::claim_checks(tx, now, put_off, limit))
                }

                async fn record_node_reports(
                    &self,
                    reports: Vec<NodeReport>,
                    now: Timestamp,
                ) -> Result<Vec<(OrderId, OrderState)>> {
                    write!(self, |tx| order::record_node_reports(tx, &reports, now))
                }

                async fn recheck_orders(&self, now: Timestamp) -> Result<u64> {
                    write!(self, |tx| order::recheck(tx, now))
                }

                async fn order_load(&self) -> Result<OrderLoad> {
                    read!(self, |tx| order::load(tx))
                }

                async fn funding_history(
                    &self,
                    account: AccountId,
                    limit: u32,
                ) -> Result<Vec<Order>> {
                    read!(self, |tx| order::funding_history(tx, account, limit))
                }
            }

            #[async_trait]
            impl MessageStore for $store {
                async fn claim_chunks(
                    &self,
                    node: &str,
                    room: ClaimRoom,
                    now: Timestamp,
                    lease_until: Timestamp,
                ) -> Result<Claimed> {
                    let node = node.to_owned();
                    write!(self, |tx| queue::claim(tx, &node, &room, now, lease_until))
                }

                async fn renew_leases(
                    &self,
                    node: &str,
                    claims: Vec<(ChunkId, u32)>,
                    lease_until: Timestamp,
                ) -> Result<()> {
                    let node = node.to_owned();
                    write!(self, |tx| queue::renew_leases(tx, &node, &claims, lease_until))
                }

                async fn release_leases(&self, node: &str, now: Timestamp) -> Result<u64> {
                    let node = node.to_owned();
                    write!(self, |tx| queue::release_leases(tx, &node, now))
                }

                async fn record_outcomes(
                    &self,
                    outcomes: Vec<Outcome>,
                    ends: Vec<(ChunkId, u32, ChunkEnd)>,
                    now: Timestamp,
                    tell: Option<Lease>,
                ) -> Result<Recorded> {
                    write!(self, |tx| message::record_outcomes(
                        tx,
                        &outcomes,
                        &ends,
                        now,
                        tell.as_ref()
                    ))
                }

                async fn record_receipts(
                    &self,
                    receipts: Vec<Receipt>,
                    now: Timestamp,
                    tell: Option<Lease>,
                ) -> Result<Recorded> {
                    write!(self, |tx| message::record_receipts(tx, &receipts, now, tell.as_ref()))
                }

                async fn trace(
                    &self,
                    message: MessageId,
                    first: u32,
                    limit: u32,
                ) -> Result<Vec<RecipientTrace>> {
                    read!(self, |tx| message::trace(tx, &message, first, limit))
                }

                async fn expire(
                    &self,
                    now: Timestamp,
                    parked_before: Timestamp,
                    limit: u32,
                ) -> Result<Recorded> {
                    write!(self, |tx| message::expire(tx, now, parked_before, limit))
                }

                async fn forget(&self, before: Timestamp, limit: u32) -> Result<u64> {
                    write!(self, |tx| retention::forget(tx, before, limit))
                }
            }

            #[async_trait]
            impl InboundStore for $store {
                async fn record_inbound(
                    &self,
                    parts: Vec<(InboundId, InboundPart)>,
                    receivers: Arc<Receivers>,
                    now: Timestamp,
                ) -> Result<InboundRecorded> {
                    write!(self, |tx| inbound::record(tx, &parts, &receivers, now))
                }

                async fn join_incomplete(
                    &self,
                    waiting_since: Timestamp,
                    receivers: Arc<Receivers>,
                    now: Timestamp,
                    limit: u32,
                ) -> Result<InboundRecorded> {
                    write!(self, |tx| inbound::join_incomplete(
                        tx,
                        waiting_since,
                        &receivers,
                        now,
                        limit
                    ))
                }

                async fn inbound(&self, id: InboundId) -> Result<Option<InboundMessage>> {
                    read!(self, |tx| inbound::find(tx, id))
                }

                async fn inbound_list(
                    &self,
                    before: Option<InboundId>,
                    limit: u32,
                ) -> Result<Vec<InboundMessage>> {
                    read!(self, |tx| inbound::list(tx, before, limit))
                }
            }

            #[async_trait]
            impl LinkStore for $store {
                async fn lease_links(
                    &self,
                    node: &str,
                    demands: Vec<LinkDemand>,
                    lease: Duration,
                    now: Timestamp,
                ) -> Result<LinkLease> {
                    let node = node.to_owned();
                    write!(self, |tx| cluster::lease(tx, &node, &demands, lease, now))
                }

                async fn leave_links(&self, node: &str) -> Result<()> {
                    let node = node.to_owned();
                    write!(self, |tx| cluster::leave(tx, &node))
                }

                async fn changed(&self) -> Changed {
                    self.changed_elsewhere().await
                }
            }

            #[async_trait]
            impl EventStore for $store {
                async fn claim_webhooks(
                    &self,
                    node: &str,
                    now: Timestamp,
                    lease_until: Timestamp,
                    limit: u32,
                ) -> Result<Vec<WebhookCall>> {
                    let lease = Lease { node: node.to_owned(), until: lease_until };
                    write!(self, |tx| event::claim(tx, &lease, now, limit))
                }

                async fn record_webhooks(
                    &self,
                    results: Vec<WebhookResult>,
                    now: Timestamp,
                ) -> Result<()> {
                    write!(self, |tx| event::record(tx, &results, now))
                }
            }
        };
    };
}

pub(crate) use implement_ports;
