//! A store in memory, as far as the orders door needs one. It counts changes, so that a test can
//! say that there were none.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Duration;

use async_trait::async_trait;
use domain::account::operator::{Actor, Operator};
use domain::account::sender::Sender;
use domain::account::*;
use domain::id::{AccountId, KeyId, MessageId, OrderId, PaymentHash};
use domain::message::recipient::RecipientState;
use domain::message::{Address, NewMessage};
use domain::money::Msat;
use domain::ports::*;
use domain::reason::Reason;
use domain::sale::fulfilment::Fulfilment;
use domain::sale::ledger::LedgerReport;
use domain::sale::order::*;
use domain::time::Timestamp;

#[derive(Debug, Default)]
pub(crate) struct Rows {
    pub accounts: HashMap<AccountId, Account>,
    pub keys: HashMap<KeyHash, Key>,
    pub orders: HashMap<OrderId, Order>,
    pub webhooks: HashMap<OrderId, Webhook>,
    pub available: HashMap<AccountId, Msat>,
    pub load: OrderLoad,
    /// Of every client, apart from `load`.
    pub client_load: OrderLoad,
    /// Whose room the orders took, in their order.
    pub clients: Vec<String>,
    pub senders: Vec<Sender>,
    pub operators: HashMap<KeyHash, Operator>,
    pub bulk: crate::bulk::Script,
    /// Of every account's daily limit.
    pub left_today: Option<Msat>,
    /// Changes made so far.
    pub changes: u32,
    pub down: bool,
    pub panics: bool,
}

impl Rows {
    fn spend(&mut self, mut new: NewOrder, message: &NewMessage) -> CreditOutcome {
        let blocked = |to: &Address| matches!(to, Address::Phone(number) if self.bulk.blocked.contains(number));
        if message.recipients.iter().any(blocked) {
            return CreditOutcome::Blocked;
        }
        if let Some(left) = self.left_today.filter(|left| *left < new.price) {
            return CreditOutcome::OverDailyLimit { left };
        }
        let available = self.available.entry(new.account.unwrap()).or_default();
        if *available < new.price {
            return CreditOutcome::Insufficient { available: *available };
        }
        *available = available.checked_sub(new.price).unwrap();
        self.clients.push(new.client.clone());
        if let Some(webhook) = new.webhook.take() {
            self.webhooks.insert(new.id, webhook);
        }
        let mut order = stored(new);
        begin(&mut order, message.content.message, RecipientState::Pending);
        self.orders.insert(order.id, order);
        self.changes += 1;
        CreditOutcome::Accepted
    }
}

#[derive(Debug, Default)]
pub(crate) struct FakeStore(Mutex<Rows>);

impl FakeStore {
    pub(crate) fn rows(&self) -> std::sync::MutexGuard<'_, Rows> {
        self.0.lock().unwrap()
    }

    pub(crate) fn up(&self) -> Result<std::sync::MutexGuard<'_, Rows>, PortError> {
        let rows = self.rows();
        if rows.panics {
            drop(rows);
            panic!("a fault of the test, for +4520123456");
        }
        if rows.down { Err(PortError::Unavailable("the disk is away".into())) } else { Ok(rows) }
    }

    fn changing(&self) -> Result<std::sync::MutexGuard<'_, Rows>, PortError> {
        let mut rows = self.up()?;
        rows.changes += 1;
        Ok(rows)
    }
}

pub(crate) fn not_needed<T>() -> Result<T, PortError> {
    Err(PortError::Unavailable("not needed by a door".into()))
}

#[async_trait]
impl Store for FakeStore {
    async fn ping(&self) -> Result<(), PortError> {
        self.up().map(drop)
    }
}

#[async_trait]
impl LinkStore for FakeStore {
    async fn lease_links(
        &self,
        _: &str,
        _: Vec<LinkDemand>,
        _: Duration,
        _: Timestamp,
    ) -> Result<LinkLease, PortError> {
        not_needed()
    }

    async fn leave_links(&self, _: &str) -> Result<(), PortError> {
        not_needed()
    }

    async fn changed(&self) -> Changed {
        std::future::pending().await
    }
}

#[async_trait]
impl AccountStore for FakeStore {
    async fn add_account(
        &self,
        new: NewAccount,
        _: Actor,
        now: Timestamp,
    ) -> Result<Account, PortError> {
        let mut rows = self.up()?;
        let id = AccountId(i64::try_from(rows.accounts.len()).unwrap() + 1);
        let NewAccount { name, webhook_secret, credit } = new;
        let account = Account { id, name, webhook_secret, created_at: now };
        rows.accounts.insert(id, account.clone());
        rows.available.insert(id, credit);
        Ok(account)
    }

    async fn accounts(&self) -> Result<Vec<(Account, Balance)>, PortError> {
        not_needed()
    }

    async fn account(&self, id: AccountId) -> Result<Option<Account>, PortError> {
        Ok(self.up()?.accounts.get(&id).cloned())
    }

    async fn account_named(&self, _: &AccountName) -> Result<Option<Account>, PortError> {
        not_needed()
    }

    async fn add_key(&self, new: NewKey, _: Actor, now: Timestamp) -> Result<KeyId, PortError> {
        let mut rows = self.up()?;
        let id = KeyId(i64::try_from(rows.keys.len()).unwrap() + 1);
        let NewKey { account, hash, scopes, rate } = new;
        rows.keys
            .insert(hash, Key { id, account, scopes, rate, created_at: now, revoked_at: None });
        Ok(id)
    }

    async fn key(&self, hash: KeyHash) -> Result<Option<Key>, PortError> {
        Ok(self.up()?.keys.get(&hash).cloned())
    }

    async fn keys(&self, _: Option<AccountId>) -> Result<Vec<Key>, PortError> {
        not_needed()
    }

    async fn revoke_key(&self, key: KeyId, _: Actor, now: Timestamp) -> Result<bool, PortError> {
        let mut rows = self.up()?;
        let found = rows.keys.values_mut().find(|row| row.id == key);
        Ok(found.map(|row| row.revoked_at = Some(now)).is_some())
    }
}

#[async_trait]
impl LedgerStore for FakeStore {
    async fn balance(&self, account: AccountId) -> Result<Balance, PortError> {
        let available = self.up()?.available.get(&account).copied().unwrap_or_default();
        Ok(Balance { available, reserved: Msat::ZERO })
    }

    async fn check_ledger(&self) -> Result<LedgerReport, PortError> {
        not_needed()
    }
}

/// An order as it stands right after it was stored.
pub(crate) fn stored(new: NewOrder) -> Order {
    Order {
        id: new.id,
        state: OrderState::Open,
        reason: None,
        account: new.account,
        price: new.price,
        held: None,
        payment: new.payment,
        fulfilment: new.fulfilment,
        referral: new.referral,
        created_at: new.created_at,
        paid_at: None,
        updated_at: new.created_at,
    }
}

/// What is queued for an order that is paid.
pub(crate) fn begin(order: &mut Order, begun: MessageId, state: RecipientState) {
    order.state = OrderState::Working;
    let Fulfilment::Message { message, recipient, .. } = &mut order.fulfilment else { panic!() };
    (*message, *recipient) = (Some(begun), Some(state));
    order.paid_at = Some(order.created_at);
}

#[async_trait]
impl OrderStore for FakeStore {
    async fn add_order(
        &self,
        mut new: NewOrder,
        caps: OrderCaps,
        _: Timestamp,
    ) -> Result<OrderAdmission, PortError> {
        let mut rows = self.up()?;
        let full = [
            (rows.load.open >= caps.open_max, OrderAdmission::TooManyOpen),
            (
                rows.client_load.open >= caps.open_per_client_max,
                OrderAdmission::TooManyOpenForClient,
            ),
            (rows.load.held >= caps.held_max, OrderAdmission::TooManyHeld),
            (
                rows.client_load.held >= caps.held_per_client_max,
                OrderAdmission::TooManyHeldForClient,
            ),
        ];
        if let Some((_, why)) = full.into_iter().find(|(full, _)| *full) {
            return Ok(why);
        }
        rows.changes += 1;
        rows.clients.push(new.client.clone());
        if let Some(webhook) = new.webhook.take() {
            rows.webhooks.insert(new.id, webhook);
        }
        rows.orders.insert(new.id, stored(new));
        Ok(OrderAdmission::Stored)
    }

    async fn attach_invoice(
        &self,
        order: OrderId,
        made: &str,
        _: Timestamp,
        _: Timestamp,
    ) -> Result<(), PortError> {
        let mut rows = self.changing()?;
        if let Payment::Lightning { invoice, .. } =
            &mut rows.orders.get_mut(&order).unwrap().payment
        {
            *invoice = Some(made.to_owned());
        }
        Ok(())
    }

    async fn add_credit_orders(
        &self,
        new: Vec<CreditOrder>,
        _: Option<Lease>,
    ) -> Result<Vec<CreditOutcome>, PortError> {
        let mut rows = self.up()?;
        Ok(new
            .into_iter()
            .map(|CreditOrder { order, message }| rows.spend(order, &message))
            .collect())
    }

    async fn order(&self, id: OrderId) -> Result<Option<Order>, PortError> {
        Ok(self.up()?.orders.get(&id).cloned())
    }

    async fn order_of_payment(&self, hash: PaymentHash) -> Result<Option<Order>, PortError> {
        let rows = self.up()?;
        Ok(rows.orders.values().find(|order| order.payment.hash() == Some(hash)).cloned())
    }

    async fn hold_order(&self, _: HoldOrder, _: Timestamp) -> Result<HoldOutcome, PortError> {
        not_needed()
    }

    async fn cancel_order(
        &self,
        order: OrderId,
        reason: Reason,
        now: Timestamp,
    ) -> Result<CancelOutcome, PortError> {
        let mut rows = self.up()?;
        let Some(order) = rows.orders.get_mut(&order) else {
            return Ok(CancelOutcome::NoSuchOrder);
        };
        match order.state {
            OrderState::Open | OrderState::Held => {
                order.state = OrderState::Cancelling;
                order.reason = Some(reason);
                order.updated_at = now;
                rows.changes += 1;
                Ok(CancelOutcome::Cancelled)
            }
            OrderState::Working => Ok(CancelOutcome::TooLate),
            state => Ok(CancelOutcome::Already(state)),
        }
    }

    async fn claim_order_checks(
        &self,
        _: Timestamp,
        _: Timestamp,
        _: u32,
    ) -> Result<Vec<Order>, PortError> {
        not_needed()
    }

    async fn record_node_reports(
        &self,
        _: Vec<NodeReport>,
        _: Timestamp,
    ) -> Result<Vec<(OrderId, OrderState)>, PortError> {
        not_needed()
    }

    async fn recheck_orders(&self, _: Timestamp) -> Result<u64, PortError> {
        not_needed()
    }

    async fn order_load(&self) -> Result<OrderLoad, PortError> {
        Ok(self.up()?.load)
    }

    async fn funding_history(&self, owner: AccountId, _: u32) -> Result<Vec<Order>, PortError> {
        let rows = self.up()?;
        let funding = |order: &&Order| {
            order.kind() == OrderKind::Fund
                && order.state == OrderState::Settled
                && order.account == Some(owner)
        };
        let mut found: Vec<_> = rows.orders.values().filter(funding).cloned().collect();
        found.sort_by_key(|order| std::cmp::Reverse(order.created_at));
        Ok(found)
    }
}
