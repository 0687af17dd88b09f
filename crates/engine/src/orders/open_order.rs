//! An order that is paid by invoice: stored with its preimage first, then the node is called, so an
//! invoice that exists always has its order.

use domain::id::OrderId;
use domain::limits;
use domain::money::Msat;
use domain::ports::{NewHold, OrderAdmission, OrderAnswer, OrderCaps, PortError};
use domain::reason::Reason;
use domain::sale::client::{LOCAL_CLIENT, is_stranger, network_caps};
use domain::sale::order::{NewOrder, OrderKind, Payment};
use domain::secret::Preimage;

use super::memo::memo;
use super::{Orders, RepeatError};
use crate::metrics::ByKind;

/// Why there is no invoice. Nothing was stored or charged, except that an order whose invoice could
/// not be made may remain, cancelled.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    #[error(
        "the price cannot be held by an invoice, which is over {min} to {max} sats",
        min = limits::HOLD_MIN_SATS,
        max = limits::HOLD_MAX_SATS
    )]
    PriceOutOfBounds,
    #[error("too many orders are waiting for payment; try again in some minutes")]
    TooManyOpen,
    #[error("too many of your orders are waiting for payment; pay or cancel some first")]
    TooManyOpenForYou,
    #[error(
        "too many orders from your network are waiting for payment; \
         try again in some minutes, or use an API key"
    )]
    TooManyOpenNearYou,
    #[error("too many of your orders of the last 24 hours were never paid; try again later")]
    TooManyUnpaidForYou,
    #[error("the Lightning node cannot hold more payments now; try again in some minutes")]
    NodeFull,
    #[error("too many of your orders are under way; try again when some are done")]
    TooManyHeldForYou,
    #[error(
        "this server sells no invoices: an order is paid from credit (immediate, with an API key)"
    )]
    NoNode,
    #[error(
        "too many orders from your network are under way; \
         try again when some are done, or use an API key"
    )]
    TooManyHeldNearYou,
    #[error("the Lightning node is not ready; try again in some minutes")]
    NodeNotReady,
    #[error(transparent)]
    Repeat(#[from] RepeatError),
    #[error("the order could not be stored; try again")]
    Store(#[from] PortError),
}

/// An order with its invoice, stored now or by an earlier request that this one repeats.
pub(crate) enum Opened {
    Now(String),
    Earlier(OrderAnswer),
}

impl Orders {
    /// Stores the order, and gets its BOLT 11 invoice.
    pub(crate) async fn open(
        &self,
        mut order: NewOrder,
        preimage: Preimage,
    ) -> Result<Opened, OpenError> {
        if self.lightning.held_max() == 0 {
            return Err(OpenError::NoNode);
        }
        // A funding has bounds of its own.
        let held = limits::HOLD_MIN_SATS..=limits::HOLD_MAX_SATS;
        if order.fulfilment.kind() != OrderKind::Fund && !held.contains(&order.price.sats_floor()) {
            return Err(OpenError::PriceOutOfBounds);
        }
        if !self.lightning.tip().await.is_ok_and(|tip| tip.is_fresh(self.clock.now())) {
            return Err(OpenError::NodeNotReady);
        }
        let (id, kind, now) = (order.id, order.fulfilment.kind(), order.created_at);
        let hash = preimage.payment_hash();
        let hold = NewHold {
            hash,
            amount: order.price,
            memo: memo(&order.fulfilment),
            expiry: self.settings.invoice_expiry,
            cltv_delta: self.hold_terms(kind).cltv_delta,
        };
        order.payment = Payment::Lightning { preimage, invoice: None, pay_by: self.pay_by(now) };
        let check_at = now.after(super::check::INVOICE_GRACE);
        let caps = self.caps(&order.client, kind);
        let (client, idempotency) = (order.client.clone(), order.idempotency.clone());
        match self.store.add_order(order, caps, check_at).await? {
            OrderAdmission::Stored => {}
            OrderAdmission::Repeat(_) => {
                let earlier = self.raced(&client, idempotency.as_ref()).await?;
                return Ok(Opened::Earlier(earlier));
            }
            refused => return Err(refusal(refused)),
        }
        let invoice = match self.lightning.create_hold(hold).await {
            Ok(invoice) => invoice,
            Err(error) => {
                tracing::warn!(order = %id, %error, "no invoice");
                self.cancel_without_invoice(id).await;
                return Err(OpenError::NodeNotReady);
            }
        };
        // The node's own time to pay began just now, not when the order was made.
        let now = self.clock.now();
        let pay_by = self.pay_by(now);
        let check_at = now.after(super::check::open_poll(now, pay_by));
        // When this fails nobody has seen the invoice: the watch cancels it and the order.
        self.store.attach_invoice(id, &invoice, pay_by, check_at).await?;
        self.lightning.follow(hash);
        self.metrics.orders_created.get_or_create(&ByKind { kind: kind.as_str() }).inc();
        Ok(Opened::Now(invoice))
    }

    /// Best effort: the watch does the same when it finds an old order without an invoice.
    async fn cancel_without_invoice(&self, order: OrderId) {
        let now = self.clock.now();
        if let Err(error) = self.store.cancel_order(order, Reason::NoInvoice, now).await {
            tracing::warn!(%order, %error, "left to the watch");
        }
        self.wake.watch.notify_one();
    }

    fn caps(&self, client: &str, kind: OrderKind) -> OrderCaps {
        let per_client = |max| if client == LOCAL_CLIENT { u64::MAX } else { max };
        let stranger = is_stranger(client);
        let reserved = if stranger { limits::ORDERS_OPEN_RESERVED } else { 0 };
        let percent = if stranger { limits::ORDERS_HELD_BY_STRANGERS_PERCENT } else { 100 };
        // The rest of the node's slots is for payments that are under way.
        let sats = |sats: i64| Msat::new(sats.saturating_mul(1_000));
        let held_msat_per_client_max = if client == LOCAL_CLIENT {
            Msat::new(i64::MAX)
        } else {
            sats(limits::HELD_PER_CLIENT_MAX_SATS)
        };
        let held_max = self.lightning.held_max().saturating_mul(6) / 10;
        let held_max = self.hold_terms(kind).share_of_slots(held_max);
        OrderCaps {
            open_max: limits::ORDERS_OPEN_MAX - reserved,
            open_per_client_max: per_client(limits::ORDERS_OPEN_PER_CLIENT_MAX),
            held_max: held_max.saturating_mul(percent.into()) / 100,
            held_per_client_max: per_client(limits::ORDERS_HELD_PER_CLIENT_MAX),
            held_msat_max: sats(limits::HELD_MAX_SATS / 100 * i64::from(percent)),
            held_msat_per_client_max,
            networks: network_caps(client),
            unpaid_per_day_max: per_client(self.settings.unpaid_per_day_max),
        }
    }
}

const fn refusal(admission: OrderAdmission) -> OpenError {
    match admission {
        OrderAdmission::TooManyOpen => OpenError::TooManyOpen,
        OrderAdmission::TooManyOpenForClient => OpenError::TooManyOpenForYou,
        OrderAdmission::TooManyOpenForNetwork => OpenError::TooManyOpenNearYou,
        OrderAdmission::TooManyHeldForNetwork => OpenError::TooManyHeldNearYou,
        OrderAdmission::TooManyHeld => OpenError::NodeFull,
        OrderAdmission::TooManyHeldForClient => OpenError::TooManyHeldForYou,
        OrderAdmission::TooManyUnpaidForClient => OpenError::TooManyUnpaidForYou,
        OrderAdmission::KeyReused => OpenError::Repeat(RepeatError::KeyReused),
        OrderAdmission::Stored | OrderAdmission::Repeat(_) => {
            OpenError::Repeat(RepeatError::InProgress)
        }
    }
}
