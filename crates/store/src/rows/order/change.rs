//! A change of orders: the machine's steps first, then everything that follows from them stored
//! together: the orders' rows, what they book, and the events that tell it.

use domain::id::{AccountId, MessageId, OrderId};
use domain::message::progress::Progress;
use domain::message::recipient::RecipientState;
use domain::money::Msat;
use domain::ports::{Changed, Lease, PortError, WebhookCall};
use domain::reason::Reason;
use domain::sale::ledger::{LedgerAccount, TransferEvent, TransferKind};
use domain::sale::order::{OrderEvent, OrderKind, OrderSnapshot, OrderState, Wanted, next};
use domain::state::Illegal;
use domain::time::Timestamp;

use crate::rows::event::{self, NewEvent};
use crate::rows::ledger::{self, Booking, SettlementChange};
use crate::tx::{Result, Tx, params};

/// What a change needs of an order: neither what was bought nor what pays for it.
pub(crate) struct OrderRow {
    pub(crate) id: OrderId,
    pub(crate) kind: OrderKind,
    pub(crate) state: OrderState,
    pub(crate) reason: Option<Reason>,
    pub(crate) account: Option<AccountId>,
    pub(crate) price: Msat,
    pub(crate) held: Option<Msat>,
    pub(crate) over_lightning: bool,
    pub(crate) message: Option<MessageId>,
    /// State of the one recipient, once there is a message.
    pub(crate) recipient: Option<RecipientState>,
    pub(crate) paid_at: Option<Timestamp>,
    pub(crate) updated_at: Timestamp,
}

/// Where its events are told; the secret as it is stored.
pub(crate) struct Hook {
    pub(crate) url: String,
    pub(crate) sealed: Vec<u8>,
    pub(crate) wants: Wanted,
}

/// An order read for a change, and what the change does to it.
pub(crate) struct StoredOrder {
    pub(crate) order: OrderRow,
    pub(crate) deadline_height: Option<u32>,
    pub(crate) check_at: Option<Timestamp>,
    hook: Option<Hook>,
    /// Events stored, and the last of them.
    events: (u32, Option<i64>),
    before: Seen,
    /// Its row is not as it was.
    touched: bool,
    booking: Option<Booking>,
    decided: bool,
}

/// What the buyer had seen before the change.
#[derive(Clone, Copy)]
struct Seen {
    paid: bool,
    progress: Option<Progress>,
    given_up: bool,
}

impl Seen {
    fn of(order: &OrderRow) -> Self {
        let given_up = match order.state {
            OrderState::Cancelling | OrderState::Cancelled | OrderState::Lost => true,
            OrderState::Open
            | OrderState::Held
            | OrderState::Working
            | OrderState::Fulfilled
            | OrderState::Settled => false,
        };
        let progress = order.recipient.map(Progress::of);
        Self { paid: order.paid_at.is_some(), progress, given_up }
    }

    const fn is_over(self) -> bool {
        matches!(self.progress, Some(Progress::Delivered | Progress::Failed))
    }
}

impl StoredOrder {
    pub(crate) fn read(
        order: OrderRow,
        deadline_height: Option<u32>,
        check_at: Option<Timestamp>,
        hook: Option<Hook>,
        events: (u32, Option<i64>),
    ) -> Self {
        let before = Seen::of(&order);
        let (touched, booking, decided) = (false, None, false);
        Self { order, deadline_height, check_at, hook, events, before, touched, booking, decided }
    }

    /// Its buyer is told of every step.
    pub(crate) fn is_followed(&self) -> bool {
        self.hook.as_ref().is_some_and(|hook| hook.wants == Wanted::All)
    }

    pub(crate) fn recipient_is(&mut self, state: RecipientState) {
        self.order.recipient = Some(state);
        self.before.progress = Some(Progress::of(state));
    }

    /// The recipient's row is changed already: what the buyer had seen is the state before.
    pub(crate) fn recipient_changed(
        &mut self,
        from: RecipientState,
        to: RecipientState,
        now: Timestamp,
    ) {
        self.before.progress = Some(Progress::of(from));
        self.order.recipient = Some(to);
        self.order.updated_at = now;
    }

    fn step(&mut self, event: OrderEvent, now: Timestamp) -> std::result::Result<(), Illegal> {
        self.order.state = next(self.order.state, event)?;
        self.order.updated_at = now;
        self.touched = true;
        Ok(())
    }

    pub(crate) fn pay(&mut self, now: Timestamp) -> std::result::Result<(), Illegal> {
        self.step(OrderEvent::Held, now)?;
        self.step(OrderEvent::Started, now)?;
        self.order.paid_at = Some(now);
        Ok(())
    }

    /// What was bought is delivered: the payment is kept.
    pub(crate) fn deliver(&mut self, now: Timestamp) -> std::result::Result<(), Illegal> {
        if self.order.state == OrderState::Fulfilled {
            return Ok(());
        }
        self.step(OrderEvent::Fulfilled, now)?;
        if self.order.over_lightning {
            self.tell_node(now);
        } else {
            self.step(OrderEvent::NodeSettled, now)?;
            self.book(TransferEvent::Post);
        }
        Ok(())
    }

    /// It will not be delivered: the payment goes back.
    pub(crate) fn give_up(
        &mut self,
        reason: Option<Reason>,
        now: Timestamp,
    ) -> std::result::Result<(), Illegal> {
        if self.order.state == OrderState::Cancelling {
            return Ok(());
        }
        self.step(OrderEvent::CannotBeFulfilled, now)?;
        self.order.reason = reason;
        if self.order.over_lightning {
            self.tell_node(now);
        } else {
            self.step(OrderEvent::NodeCancelled, now)?;
            self.book(TransferEvent::Void);
        }
        Ok(())
    }

    fn book(&mut self, event: TransferEvent) {
        let (payer, price) = (self.order.account, self.order.price);
        self.booking = Some(Booking::Decide { event, payer, price });
    }

    fn tell_node(&mut self, now: Timestamp) {
        self.decided = true;
        self.check_at = Some(now);
    }

    pub(crate) fn check_again(&mut self, at: Timestamp) {
        self.check_at = Some(at);
        self.touched = true;
    }

    /// The node confirmed that the money is ours.
    pub(crate) fn settle(&mut self, now: Timestamp) -> std::result::Result<(), Illegal> {
        self.step(OrderEvent::NodeSettled, now)?;
        let amount: Msat = self.order.held.unwrap_or(self.order.price);
        let (credit, kind) = match (self.order.kind, self.order.account) {
            (OrderKind::Fund, Some(account)) => {
                (LedgerAccount::Customer(account), TransferKind::Fund)
            }
            _ => (LedgerAccount::Revenue, TransferKind::LightningSale),
        };
        self.booking = Some(Booking::Post { credit, amount, kind });
        Ok(())
    }

    /// The node confirmed that the money went back, or never came.
    pub(crate) fn node_cancelled(&mut self, now: Timestamp) -> std::result::Result<(), Illegal> {
        let reason = match self.order.state {
            OrderState::Open => Reason::Unpaid,
            _ => Reason::NodeRefunded,
        };
        self.step(OrderEvent::NodeCancelled, now)?;
        self.order.reason.get_or_insert(reason);
        Ok(())
    }

    /// The event that tells the change, numbered; `None` when there is nothing new that its webhook
    /// is to be told.
    fn event(&mut self) -> Option<NewEvent> {
        let (before, after) = (self.before, Seen::of(&self.order));
        let hook = self.hook.as_ref()?;
        let gave_up = after.paid && after.given_up && !before.given_up;
        let moved = before.progress.is_some() && before.progress != after.progress;
        let tells = match hook.wants {
            Wanted::All => before.paid != after.paid || moved || gave_up,
            Wanted::Final => moved && after.is_over() || gave_up,
        };
        if !tells {
            return None;
        }
        let (url, secret) = (hook.url.clone(), hook.sealed.clone());
        let (number, previous) = (self.events.0 + 1, self.events.1);
        self.events.0 = number;
        self.touched = true;
        let (order, snapshot) = (self.order.id, self.snapshot());
        Some(NewEvent { order, number, previous, snapshot, url, secret })
    }

    fn snapshot(&self) -> OrderSnapshot {
        let order = &self.order;
        OrderSnapshot {
            order: order.id.to_string(),
            kind: order.kind,
            state: order.state,
            paid: order.paid_at.is_some(),
            message: order.message,
            progress: order.recipient.map(Progress::of),
            reason: order.reason,
            at: order.updated_at,
        }
    }
}

/// What a stored change set in motion.
#[derive(Default)]
pub(crate) struct Stored {
    pub(crate) decided: u32,
    pub(crate) settled: u32,
    pub(crate) cancelled: u32,
    pub(crate) events: u32,
    /// Events that are leased to the caller.
    pub(crate) webhooks: Vec<WebhookCall>,
}

/// With `tell`, the events are leased so.
pub(crate) async fn store(
    tx: &mut impl Tx,
    orders: Vec<StoredOrder>,
    now: Timestamp,
    tell: Option<&Lease>,
) -> Result<Stored> {
    store_with(tx, orders, &[], now, tell).await
}

/// Books shares of messages to many with them: each balance is changed once.
pub(crate) async fn store_with(
    tx: &mut impl Tx,
    mut orders: Vec<StoredOrder>,
    settled: &[SettlementChange],
    now: Timestamp,
    tell: Option<&Lease>,
) -> Result<Stored> {
    let (mut told, mut new) = (Vec::new(), Vec::new());
    for (at, stored) in orders.iter_mut().enumerate() {
        if let Some(event) = stored.event() {
            told.push(at);
            new.push(event);
        }
    }
    let added = event::add(tx, new, now, tell).await?;
    for (at, event) in told.into_iter().zip(&added.ids) {
        orders[at].events.1 = Some(*event);
    }
    update(tx, &orders).await?;
    let bookings: Vec<_> = orders
        .iter()
        .filter_map(|stored| stored.booking.map(|booking| (stored.order.id, booking)))
        .collect();
    ledger::book(tx, &bookings, settled, now).await?;
    let count = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    let decided = count(orders.iter().filter(|stored| stored.decided).count());
    if decided > 0 {
        tx.notify(Changed { orders: true, ..Changed::default() });
    }
    let ended = |end| {
        let booked = |stored: &&StoredOrder| matches!(stored.booking, Some(Booking::Decide { event, .. }) if event == end);
        count(orders.iter().filter(booked).count())
    };
    let (settled, cancelled) = (ended(TransferEvent::Post), ended(TransferEvent::Void));
    let events = count(added.ids.len());
    Ok(Stored { decided, settled, cancelled, events, webhooks: added.calls })
}

/// A row that is as it was is not written. An order paid from credit changes in few columns, and
/// in none that an index of the others has.
async fn update(tx: &mut impl Tx, orders: &[StoredOrder]) -> Result<()> {
    let (over_lightning, from_credit): (Vec<_>, Vec<_>) = orders
        .iter()
        .filter(|stored| stored.touched)
        .partition(|stored| stored.order.over_lightning);
    let rows: Vec<_> = from_credit
        .into_iter()
        .map(|stored| {
            let (order, (events, last)) = (&stored.order, stored.events);
            params![&order.id, order.state, order.reason, order.updated_at, events, last]
        })
        .collect();
    tx.execute_many(
        "UPDATE orders SET state = ?2, reason = ?3, updated_at = ?4, events = ?5, last_event = ?6
         WHERE id = ?1",
        &rows,
    )
    .await?;
    let rows: Vec<_> = over_lightning.into_iter().map(row).collect();
    tx.execute_many(
        "UPDATE orders SET state = ?2, reason = ?3, held = ?4, deadline_height = ?5, fulfilled_by = ?6,
             paid_at = ?7, updated_at = ?8, check_at = ?9, events = ?10, last_event = ?11
         WHERE id = ?1",
        &rows,
    )
    .await
    .map(drop)
}

fn row(stored: &StoredOrder) -> [crate::tx::Value<'_>; 11] {
    let order = &stored.order;
    let check_at = stored.check_at.filter(|_| !order.state.is_final());
    params![
        &order.id,
        order.state,
        order.reason,
        order.held,
        stored.deadline_height,
        order.message.as_ref(),
        order.paid_at,
        order.updated_at,
        check_at,
        stored.events.0,
        stored.events.1,
    ]
}

/// A step that the change itself made sure is legal.
pub(crate) fn illegal(_: Illegal) -> PortError {
    PortError::Conflict("the order's state does not allow this".to_owned())
}
