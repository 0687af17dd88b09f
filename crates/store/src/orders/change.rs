//! A change of orders: the machine's steps first, then everything that follows from them stored
//! together: the orders' rows, what they book, and the events that tell it.

use domain::ledger::{LedgerAccount, TransferEvent, TransferKind};
use domain::money::Msat;
use domain::order::{
    NewOrder, Order, OrderEvent, OrderKind, OrderSnapshot, OrderState, Payment, Progress, next,
};
use domain::ports::PortError;
use domain::reason::Reason;
use domain::recipient::RecipientState;
use domain::state::Illegal;
use domain::time::Timestamp;

use crate::events::{self, NewEvent};
use crate::ledger::{self, Booking};
use crate::sql::{Result, Tx, params};

/// An order read for a change, and what the change does to it.
pub(crate) struct StoredOrder {
    pub(crate) order: Order,
    pub(super) deadline_height: Option<u32>,
    pub(super) check_at: Option<Timestamp>,
    has_webhook: bool,
    pub(super) events: u32,
    before: Seen,
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
    fn of(order: &OrderSnapshot) -> Self {
        let given_up = match order.state {
            OrderState::Cancelling | OrderState::Cancelled | OrderState::Lost => true,
            OrderState::Open
            | OrderState::Held
            | OrderState::Working
            | OrderState::Fulfilled
            | OrderState::Settled => false,
        };
        Self { paid: order.paid, progress: order.progress, given_up }
    }
}

impl StoredOrder {
    pub(super) fn read(
        order: Order,
        deadline_height: Option<u32>,
        check_at: Option<Timestamp>,
        has_webhook: bool,
        events: u32,
    ) -> Self {
        let before = Seen::of(&order.snapshot());
        let (booking, decided) = (None, false);
        Self { order, deadline_height, check_at, has_webhook, events, before, booking, decided }
    }

    /// As it is before anything happened to it, not stored yet.
    pub(super) fn new(new: &NewOrder, check_at: Option<Timestamp>) -> Self {
        let order = Order {
            id: new.id,
            kind: new.kind,
            state: OrderState::Open,
            reason: None,
            account: new.account,
            price: new.price,
            held: None,
            payment: new.payment.clone(),
            purchase: new.purchase.clone(),
            referral: new.referral.clone(),
            message: None,
            recipient: None,
            created_at: new.created_at,
            paid_at: None,
            updated_at: new.created_at,
        };
        Self::read(order, None, check_at, new.webhook.is_some(), 0)
    }

    /// The recipient's row was already changed when the order was read: what the buyer had seen
    /// is the state before.
    pub(crate) fn recipient_was(&mut self, state: RecipientState, now: Timestamp) {
        self.before.progress = Some(Progress::of(state));
        self.order.updated_at = now;
    }

    pub(super) fn is_lightning(&self) -> bool {
        matches!(self.order.payment, Payment::Lightning { .. })
    }

    fn step(&mut self, event: OrderEvent, now: Timestamp) -> std::result::Result<(), Illegal> {
        self.order.state = next(self.order.state, event)?;
        self.order.updated_at = now;
        Ok(())
    }

    pub(super) fn pay(&mut self, now: Timestamp) -> std::result::Result<(), Illegal> {
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
        self.step(OrderEvent::Delivered, now)?;
        if self.is_lightning() {
            self.tell_node(now);
        } else {
            self.step(OrderEvent::NodeSettled, now)?;
            self.booking = Some(Booking::Decide(TransferEvent::Post));
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
        self.step(OrderEvent::Undeliverable, now)?;
        self.order.reason = reason;
        if self.is_lightning() {
            self.tell_node(now);
        } else {
            self.step(OrderEvent::NodeCancelled, now)?;
            self.booking = Some(Booking::Decide(TransferEvent::Void));
        }
        Ok(())
    }

    fn tell_node(&mut self, now: Timestamp) {
        self.decided = true;
        self.check_at = Some(now);
    }

    /// The node confirmed that the money is ours.
    pub(super) fn settle(&mut self, now: Timestamp) -> std::result::Result<(), Illegal> {
        self.step(OrderEvent::NodeSettled, now)?;
        let amount: Msat = self.order.held.unwrap_or(self.order.price);
        let (credit, kind) = match (self.order.kind, self.order.account) {
            (OrderKind::Fund, Some(account)) => {
                (LedgerAccount::Customer(account), TransferKind::Fund)
            }
            (OrderKind::Send | OrderKind::Email | OrderKind::Fund, _) => {
                (LedgerAccount::Revenue, TransferKind::LightningSale)
            }
        };
        self.booking = Some(Booking::Post { credit, amount, kind });
        Ok(())
    }

    /// The node confirmed that the money went back, or never came.
    pub(super) fn node_cancelled(&mut self, now: Timestamp) -> std::result::Result<(), Illegal> {
        let reason = match self.order.state {
            OrderState::Open => Reason::Unpaid,
            _ => Reason::NodeRefunded,
        };
        self.step(OrderEvent::NodeCancelled, now)?;
        self.order.reason.get_or_insert(reason);
        Ok(())
    }

    /// The event that tells the change, numbered; `None` when the buyer sees nothing new.
    pub(super) fn event(&mut self) -> Option<NewEvent> {
        let snapshot = self.order.snapshot();
        let (before, after) = (self.before, Seen::of(&snapshot));
        let gave_up = after.paid && after.given_up && !before.given_up;
        let moved = before.paid != after.paid
            || before.progress.is_some() && before.progress != after.progress;
        if !self.has_webhook || !(moved || gave_up) {
            return None;
        }
        self.events += 1;
        Some(NewEvent { order: self.order.id, number: self.events, snapshot })
    }
}

/// What a stored change set in motion.
#[derive(Clone, Copy, Default)]
pub(crate) struct Stored {
    pub(crate) decided: u32,
    pub(crate) settled: u32,
    pub(crate) cancelled: u32,
    pub(crate) events: u32,
}

pub(crate) async fn store(
    tx: &mut impl Tx,
    mut orders: Vec<StoredOrder>,
    now: Timestamp,
) -> Result<Stored> {
    let events: Vec<_> = orders.iter_mut().filter_map(StoredOrder::event).collect();
    let rows: Vec<_> = orders.iter().map(row).collect();
    tx.execute_many(
        "UPDATE orders SET state = ?2, reason = ?3, held = ?4, deadline_height = ?5, message = ?6,
             paid_at = ?7, updated_at = ?8, check_at = ?9, events = ?10
         WHERE id = ?1",
        &rows,
    )
    .await?;
    let bookings: Vec<_> = orders
        .iter()
        .filter_map(|stored| stored.booking.map(|booking| (stored.order.id, booking)))
        .collect();
    ledger::book(tx, &bookings, now).await?;
    events::add(tx, &events, now).await?;
    let count = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    let decided = count(orders.iter().filter(|stored| stored.decided).count());
    let ended = |event| {
        let booked = orders.iter().filter(|stored| stored.booking == Some(Booking::Decide(event)));
        count(booked.count())
    };
    let (settled, cancelled) = (ended(TransferEvent::Post), ended(TransferEvent::Void));
    Ok(Stored { decided, settled, cancelled, events: count(events.len()) })
}

fn row(stored: &StoredOrder) -> [crate::sql::Value<'_>; 10] {
    let order = &stored.order;
    let check_at = stored.check_at.filter(|_| stored.is_lightning() && !order.state.is_final());
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
        stored.events,
    ]
}

/// A step that the change itself made sure is legal.
pub(super) fn illegal(_: Illegal) -> PortError {
    PortError::Conflict("the order's state does not allow this".to_owned())
}
