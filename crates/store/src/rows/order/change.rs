//! Changes of orders, stored together: their rows, bookings and events. [`domain::sale::change`]
//! decides what a step does to an order.

use domain::id::{MessageId, OrderId};
use domain::money::Msat;
use domain::payout::LightningAddress;
use domain::ports::{Changed, Delivery, EventOwner, Lease, PortError};
use domain::reason::Reason;
use domain::sale::change::{Booking, Change, OrderFacts, Step, change};
use domain::sale::ledger::TransferEvent;
use domain::sale::order::{OrderKind, OrderSnapshot, OrderState, Wanted};
use domain::state::Illegal;
use domain::time::Timestamp;

use super::{late_refund, request_key};
use crate::rows::event::{self, NewEvent};
use crate::rows::ledger::{self, PhoneShare, SettlementChange};
use crate::rows::payout::{self, Settled};
use crate::rows::pool;
use crate::tx::{Result, Tx, params};

/// The target of its events; the secret as stored.
pub(crate) struct Hook {
    pub(crate) url: String,
    pub(crate) sealed: Vec<u8>,
    pub(crate) owner: EventOwner,
}

/// Where an order is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Home {
    /// In a row of its own.
    Orders,
    /// In the row of its message.
    Message(MessageId),
}

/// The columns of an order in its message's row that a change writes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct OrderColumns {
    pub(crate) state: OrderState,
    pub(crate) reason: Option<Reason>,
    pub(crate) events: u32,
    pub(crate) last_event: Option<i64>,
}

/// An order read for a change, and the change's effects.
pub(crate) struct OrderRow {
    /// Before the steps, then after them.
    pub(crate) facts: OrderFacts,
    pub(crate) deadline_height: Option<u32>,
    pub(crate) check_at: Option<Timestamp>,
    hook: Option<Hook>,
    /// The number of stored events, and the row of the last one.
    events: (u32, Option<i64>),
    home: Home,
    /// Whether the row must be written.
    touched: bool,
    booking: Option<Booking>,
    node_waits: bool,
    report: Option<OrderSnapshot>,
    late_refund: bool,
    /// Of this amount the referrer gets a share.
    shared: Option<Msat>,
    /// A number was sold: its order is settled by this change.
    sells_number: bool,
}

impl OrderRow {
    pub(super) const fn read(
        facts: OrderFacts,
        deadline_height: Option<u32>,
        check_at: Option<Timestamp>,
        hook: Option<Hook>,
        events: (u32, Option<i64>),
        home: Home,
    ) -> Self {
        let (touched, booking, node_waits, report) = (false, None, false, None);
        Self {
            facts,
            deadline_height,
            check_at,
            hook,
            events,
            home,
            touched,
            booking,
            node_waits,
            report,
            late_refund: false,
            shared: None,
            sells_number: false,
        }
    }

    /// Its buyer gets an event for every step.
    pub(super) fn is_followed(&self) -> bool {
        self.facts.wants == Some(Wanted::All)
    }

    /// Takes all steps of this change, or none of them. Once per change: the report compares with
    /// the order before it.
    pub(crate) fn take(
        &mut self,
        steps: &[Step],
        now: Timestamp,
    ) -> std::result::Result<(), Illegal> {
        let Change { after, booking, node_waits, stepped, report, late_refund, shared } =
            change(&self.facts, steps, now)?;
        let is_number = matches!(after.kind, OrderKind::Receive | OrderKind::Rent);
        let settles = self.facts.state != after.state && after.state == OrderState::Settled;
        self.sells_number = is_number && settles;
        self.facts = after;
        self.touched |= stepped || report.is_some();
        if node_waits {
            self.check_at = Some(now);
        }
        (self.booking, self.node_waits, self.report) = (booking, node_waits, report);
        (self.late_refund, self.shared) = (late_refund, shared);
        Ok(())
    }

    pub(super) const fn hook(&self) -> Option<&Hook> {
        self.hook.as_ref()
    }

    pub(crate) const fn is_in_message(&self) -> bool {
        matches!(self.home, Home::Message(_))
    }

    pub(crate) const fn columns(&self) -> OrderColumns {
        let (state, reason) = (self.facts.state, self.facts.reason);
        OrderColumns { state, reason, events: self.events.0, last_event: self.events.1 }
    }

    pub(super) const fn check_again(&mut self, at: Timestamp) {
        self.check_at = Some(at);
        self.touched = true;
    }

    /// The event that reports the change, numbered.
    fn event(&mut self) -> Option<NewEvent> {
        let (snapshot, hook) = (self.report.take()?, self.hook.as_ref()?);
        let (number, previous) = (self.events.0 + 1, self.events.1);
        self.events.0 = number;
        let (order, owner) = (self.facts.id, hook.owner.clone());
        let (url, secret) = (hook.url.clone(), hook.sealed.clone());
        Some(NewEvent { order, number, previous, snapshot, owner, url, secret })
    }
}

/// What a stored change requires next.
#[derive(Default)]
pub(crate) struct Stored {
    /// Decided orders that the node must still settle or cancel.
    pub(crate) decided: u32,
    pub(crate) settled: u32,
    pub(crate) cancelled: u32,
    pub(crate) events: u32,
    /// Events leased to the caller.
    pub(crate) deliveries: Vec<Delivery>,
}

/// With an `event_lease` the events are leased.
pub(crate) async fn store(
    tx: &mut impl Tx,
    orders: Vec<OrderRow>,
    now: Timestamp,
    event_lease: Option<&Lease>,
) -> Result<Stored> {
    let mut orders = orders;
    store_in_place(tx, &mut orders, now, event_lease).await
}

/// As [`store`]; the orders are then as they are stored.
pub(crate) async fn store_in_place(
    tx: &mut impl Tx,
    orders: &mut [OrderRow],
    now: Timestamp,
    event_lease: Option<&Lease>,
) -> Result<Stored> {
    let stored = store_with(tx, orders, &[], now, event_lease).await?;
    update_in_messages(tx, orders).await?;
    Ok(stored)
}

/// Also books shares of campaigns, so that each balance is changed once. The caller writes the orders
/// that are in rows of messages.
pub(crate) async fn store_with(
    tx: &mut impl Tx,
    orders: &mut [OrderRow],
    settled: &[SettlementChange],
    now: Timestamp,
    event_lease: Option<&Lease>,
) -> Result<Stored> {
    let (mut told, mut new) = (Vec::new(), Vec::new());
    for (at, row) in orders.iter_mut().enumerate() {
        if let Some(event) = row.event() {
            told.push(at);
            new.push(event);
        }
    }
    let added = event::add(tx, new, now, event_lease).await?;
    for (at, event) in told.into_iter().zip(&added.ids) {
        orders[at].events.1 = Some(*event);
    }
    update(tx, orders).await?;
    let ended_unpaid = orders.iter().filter(|row| row.touched && row.facts.ended_unpaid());
    request_key::release(tx, ended_unpaid.map(|row| &row.facts.id)).await?;
    let count = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    let decided = count(orders.iter().filter(|row| row.node_waits).count());
    // Each once, whatever becomes of the row.
    let taken = orders.iter_mut().map(|row| {
        row.node_waits = false;
        Some((row.facts.charge(), row.booking.take()?))
    });
    let bookings: Vec<_> = taken.flatten().collect();
    let shares = accrue_shares(tx, orders, now).await?;
    let of_owners = owners_shares(tx, orders).await?;
    ledger::book(tx, &bookings, settled, &shares, &of_owners, now).await?;
    for row in orders.iter_mut().filter(|row| row.late_refund) {
        row.late_refund = false;
        late_refund::give_back(tx, &row.facts, now).await?;
    }
    if decided > 0 {
        tx.notify(Changed { orders: true, ..Changed::default() });
    }
    let ended = |end| {
        let booked = |(_, booking): &&(_, Booking)| matches!(booking, Booking::Decide { event, .. } if *event == end);
        count(bookings.iter().filter(booked).count())
    };
    let (settled, cancelled) = (ended(TransferEvent::Post), ended(TransferEvent::Void));
    let events = count(added.ids.len());
    Ok(Stored { decided, settled, cancelled, events, deliveries: added.deliveries })
}

/// Referrers are locked before ledger accounts, also those whose share a late refund takes back.
async fn accrue_shares(
    tx: &mut impl Tx,
    orders: &mut [OrderRow],
    now: Timestamp,
) -> Result<Vec<(OrderId, Msat)>> {
    let returned = orders.iter().filter(|row| row.late_refund);
    let returned: Vec<LightningAddress> =
        returned.filter_map(|row| row.facts.referral.as_ref()?.parse().ok()).collect();
    let amounts: Vec<_> = orders.iter_mut().map(|row| row.shared.take()).collect();
    let settled: Vec<_> = orders
        .iter()
        .zip(amounts)
        .filter_map(|(row, amount)| {
            let referral = row.facts.referral.as_deref()?;
            Some(Settled { order: row.facts.id, referral, amount: amount? })
        })
        .collect();
    payout::accrue(tx, &settled, &returned, now).await
}

/// Each once, whatever becomes of the row.
async fn owners_shares(tx: &mut impl Tx, orders: &mut [OrderRow]) -> Result<Vec<PhoneShare>> {
    let sold = orders.iter_mut().filter(|row| row.sells_number);
    let sold = sold.map(|row| {
        row.sells_number = false;
        row.facts.id
    });
    let sold: Vec<_> = sold.collect();
    if sold.is_empty() { Ok(Vec::new()) } else { pool::shares_of_owners(tx, &sold).await }
}

async fn update_in_messages(tx: &mut impl Tx, orders: &[OrderRow]) -> Result<()> {
    let touched = orders.iter().filter(|row| row.touched);
    let rows: Vec<_> = touched
        .filter_map(|row| {
            let Home::Message(message) = &row.home else { return None };
            let OrderColumns { state, reason, events, last_event } = row.columns();
            Some(params![message, state, reason, events, last_event, row.facts.updated_at])
        })
        .collect();
    tx.execute_many(
        "UPDATE messages SET order_state = ?2, order_reason = ?3, events = ?4, last_event = ?5,
             updated_at = ?6
         WHERE id = ?1",
        &rows,
    )
    .await
    .map(drop)
}

/// Unchanged rows are not written.
async fn update(tx: &mut impl Tx, orders: &[OrderRow]) -> Result<()> {
    let touched = orders.iter().filter(|row| row.touched && row.home == Home::Orders);
    let rows: Vec<_> = touched.map(columns).collect();
    tx.execute_many(
        "UPDATE orders SET state = ?2, reason = ?3, held = ?4, deadline_height = ?5,
             fulfilled_by = ?6, paid_at = ?7, updated_at = ?8, check_at = ?9, events = ?10,
             last_event = ?11
         WHERE id = ?1",
        &rows,
    )
    .await
    .map(drop)
}

fn columns(row: &OrderRow) -> [crate::tx::Value<'_>; 11] {
    let order = &row.facts;
    let check_at = row.check_at.filter(|_| !order.state.is_final());
    params![
        &order.id,
        order.state,
        order.reason,
        order.held,
        row.deadline_height,
        order.message.as_ref(),
        order.paid_at,
        order.updated_at,
        check_at,
        row.events.0,
        row.events.1,
    ]
}

/// For a step that the change itself has checked.
pub(super) fn illegal(_: Illegal) -> PortError {
    PortError::Conflict("the order's state does not allow this".to_owned())
}
