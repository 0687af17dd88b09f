//! Sells a number: one for a code, a rental, or more time for a rental.

use domain::activation::{NumberRequest, RentalTerm};
use domain::id::{AccountId, OrderId};
use domain::limits::{RENTAL_MAX, RENTAL_MIN};
use domain::message::campaign::Idempotency;
use domain::message::door::Door;
use domain::money::Msat;
use domain::ports::{CreditOutcome, OrderAnswer, PortError};
use domain::sale::fulfilment::Fulfilment;
use domain::sale::order::{NewOrder, OrderKind, Payment};
use domain::secret::{Preimage, Secret};

use super::{Activations, NumberError};
use crate::accept::{AcceptError, WebhookRequest};
use crate::ids::order_id;
use crate::metrics::ByKind;
use crate::orders::Opened;

/// A request for a number, by any door. More time for a rental is a request with
/// [`RentalTerm::extends`]: its service, country and network are those of the rental, whatever is asked
/// for.
#[derive(Debug)]
pub struct NumberOrder {
    pub wanted: NumberRequest,
    /// Its prices apply; it pays from credit.
    pub account: Option<AccountId>,
    pub payment: NumberPayment,
    /// The most that the buyer pays; `None`: whatever it costs.
    pub price_max: Option<Msat>,
    pub door: Door,
    /// Groups unpaid orders for their cap (see [`domain::sale::client`]).
    pub client: String,
    pub webhook: Option<WebhookRequest>,
    /// Lightning address of the referrer who gets a share.
    pub referral: Option<String>,
    pub idempotency: Option<Idempotency>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NumberPayment {
    Invoice,
    /// Of the account, at once.
    Credit,
}

/// What was sold, by this request or an earlier one that it repeats.
#[derive(Debug)]
pub struct NumberSold {
    pub order: OrderId,
    /// BOLT 11, to be paid first; `None`: already paid.
    pub invoice: Option<String>,
    /// Signs the order's webhooks, if it has any.
    pub webhook_secret: Option<Secret>,
    pub price: Msat,
    pub repeated: bool,
}

impl NumberSold {
    fn earlier(answer: OrderAnswer) -> Self {
        let OrderAnswer { id, price, invoice, webhook_secret, .. } = answer;
        Self { order: id, invoice, webhook_secret, price, repeated: true }
    }
}

impl Activations {
    /// Sells a number if a supplier has one now. From credit it is acquired at once, by invoice when the
    /// payment is held; if no number is left then, the money goes back.
    pub async fn order(&self, request: NumberOrder) -> Result<NumberSold, NumberError> {
        let context = &self.context;
        if let Some(key) = &request.idempotency
            && let Some(earlier) = context.orders.repeated(&request.client, key).await?
        {
            return Ok(NumberSold::earlier(earlier));
        }
        let NumberOrder { wanted, account, payment, price_max, door, client, .. } = request;
        let wanted = self.check(wanted, account).await?;
        if wanted.extends().is_none()
            && let Some(wait) = self.must_wait(account, &client).await?
        {
            return Err(NumberError::Slowed { wait });
        }
        let price = self.price(&wanted, account).await?;
        let price = match payment {
            // Invoices are in whole sats.
            NumberPayment::Invoice => price.round_up().unwrap_or(price),
            NumberPayment::Credit => price,
        };
        if price_max.is_some_and(|max| price > max) {
            return Err(NumberError::TooExpensive { price });
        }
        if wanted.extends().is_none() {
            self.check_stock(&wanted, price).await?;
        }
        let webhook =
            context.accept.webhook(request.webhook, account).await.map_err(not_a_webhook)?;
        let webhook_secret = webhook.as_ref().map(|webhook| webhook.secret.clone());
        let now = context.clock.now();
        let order = NewOrder {
            id: order_id(&*context.orders.random, now),
            door,
            account,
            price,
            payment: Payment::Credit,
            fulfilment: Fulfilment::number(wanted),
            webhook,
            referral: request.referral,
            client,
            idempotency: request.idempotency,
            created_at: now,
        };
        let sold =
            NumberSold { order: order.id, invoice: None, webhook_secret, price, repeated: false };
        match payment {
            NumberPayment::Credit => self.store_paid(order, sold).await,
            NumberPayment::Invoice => {
                let preimage = Preimage::new(context.orders.random.bytes32());
                match context.orders.open(order, preimage).await? {
                    Opened::Now(invoice) => Ok(NumberSold { invoice: Some(invoice), ..sold }),
                    Opened::Earlier(answer) => Ok(NumberSold::earlier(answer)),
                }
            }
        }
    }

    async fn store_paid(
        &self,
        order: NewOrder,
        sold: NumberSold,
    ) -> Result<NumberSold, NumberError> {
        let context = &self.context;
        if order.account.is_none() {
            return Err(NumberError::NoAccount);
        }
        let (kind, price) = (order.fulfilment.kind(), order.price);
        let (client, idempotency) = (order.client.clone(), order.idempotency.clone());
        let outcomes = context.store.add_credit_activations(vec![order]).await?;
        match outcomes.first() {
            Some(CreditOutcome::Accepted) => {
                self.count_sold(kind);
                context.wake.activations.notify_one();
                Ok(sold)
            }
            Some(CreditOutcome::Insufficient { available }) => {
                Err(NumberError::Insufficient { price, available: *available })
            }
            Some(CreditOutcome::OverDailyLimit { left }) => {
                Err(NumberError::OverDailyLimit { price, left: *left })
            }
            Some(CreditOutcome::Repeat(_)) => {
                let answer = context.orders.raced(&client, idempotency.as_ref()).await?;
                Ok(NumberSold::earlier(answer))
            }
            Some(CreditOutcome::KeyReused) => Err(NumberError::KeyReused),
            Some(CreditOutcome::Exists | CreditOutcome::Blocked) | None => {
                Err(PortError::Conflict("an id was made twice".to_owned()).into())
            }
        }
    }

    fn count_sold(&self, kind: OrderKind) {
        let kind = ByKind { kind: kind.as_str() };
        self.context.metrics.orders_created.get_or_create(&kind).inc();
    }

    /// The request as it is sold: that of the rental, if it extends one.
    async fn check(
        &self,
        wanted: NumberRequest,
        account: Option<AccountId>,
    ) -> Result<NumberRequest, NumberError> {
        let Some(RentalTerm { duration, extends }) = wanted.rental else { return Ok(wanted) };
        if !(RENTAL_MIN..=RENTAL_MAX).contains(&duration) {
            let hours = |time: std::time::Duration| time.as_secs() / 3_600;
            let (min_hours, max_hours) = (hours(RENTAL_MIN), hours(RENTAL_MAX));
            return Err(NumberError::BadDuration { min_hours, max_hours });
        }
        let Some(rental) = extends else { return Ok(wanted) };
        let found = self.get(rental, account).await?;
        let is_rental = |found: &domain::activation::Activation| {
            found.wanted.is_rental() && found.wanted.extends().is_none()
        };
        let found = found.filter(is_rental).ok_or(NumberError::NoSuchRental)?;
        if !found.state.is_lent() {
            return Err(NumberError::RentalEnded);
        }
        Ok(NumberRequest { rental: wanted.rental, ..found.wanted })
    }

    /// Whether a supplier has such a number now.
    async fn check_stock(&self, wanted: &NumberRequest, price: Msat) -> Result<(), NumberError> {
        let offers = self.offers.of(wanted).await;
        if offers.is_empty() {
            return Err(NumberError::NotSold);
        }
        let mut offers = offers.iter().filter_map(|(_, offers)| offers.as_ref().ok()).flatten();
        let has = offers.any(|offer| offer.count > 0 && offer.cost <= price);
        if has { Ok(()) } else { Err(NumberError::NoNumber) }
    }
}

fn not_a_webhook(error: AcceptError) -> NumberError {
    match error {
        AcceptError::BadWebhook(why) => NumberError::BadWebhook(why),
        AcceptError::Store(error) => NumberError::Store(error),
        other => NumberError::BadWebhook(other.to_string().into()),
    }
}
