//! Stores an order for one recipient: from credit with its message; by invoice as *open*, and its
//! message starts when the node holds the payment.

use std::sync::Arc;

use domain::id::{AccountId, OrderId};
use domain::message::Address;
use domain::message::campaign::{Idempotency, LeftOut};
use domain::message::door::Door;
use domain::money::Msat;
use domain::ports::{CreditOrder, CreditOutcome, PortError};
use domain::sale::fulfilment::Fulfilment;
use domain::sale::order::{NewOrder, Payment, Webhook};
use domain::sale::quote::{Priced, Quote, QuoteError};
use domain::secret::Preimage;
use domain::time::Timestamp;

use super::judge::Judged;
use super::request::{Accepted, AcceptedId, Repeat, Request};
use super::traffic::is_refused;
use super::{Accept, AcceptError};
use crate::ids::order_id;
use crate::metrics::ByKind;
use crate::orders::{Opened, OrderedText, message_of};

impl Accept {
    pub(super) async fn open_order(&self, request: Request) -> Result<Accepted, AcceptError> {
        let prepared = self.prepare(request).await?;
        // Invoices are in whole sats.
        let price = prepared.judged.quote.price.round_up();
        let price = price.ok_or(AcceptError::Quote(QuoteError::PriceTooHigh))?;
        self.compare_traffic(prepared.account, &prepared.judged.traffic).await?;
        let preimage = Preimage::new(self.random.bytes32());
        let now = self.clock.now();
        let (order, judged) = prepared.order(order_id(&*self.random, now), price, now);
        let accepted = accepted(&order, &judged);
        match self.orders.open(order, preimage).await? {
            Opened::Now(invoice) => Ok(Accepted { invoice: Some(invoice), ..accepted }),
            Opened::Earlier(answer) => Ok(Accepted::earlier(answer)),
        }
    }

    pub(super) async fn store_order(
        self: &Arc<Self>,
        request: Request,
    ) -> Result<Accepted, AcceptError> {
        self.store_order_at(request, None).await
    }

    /// At another price than its tariff's.
    pub(super) async fn store_order_at(
        self: &Arc<Self>,
        request: Request,
        price: Option<Msat>,
    ) -> Result<Accepted, AcceptError> {
        let named = match request.repeat {
            Repeat::Order(id) => Some(id),
            Repeat::Never | Repeat::Key(_) => None,
        };
        let prepared = self.prepare(request).await?;
        let price = price.unwrap_or(prepared.judged.quote.price);
        let now = self.clock.now();
        let id = named.unwrap_or_else(|| order_id(&*self.random, now));
        let to = prepared.to.clone();
        let (order, judged) = prepared.order(id, price, now);
        let mut accepted = accepted(&order, &judged);
        let (kind, account) = (order.fulfilment.kind(), order.account);
        let (client, idempotency) = (order.client.clone(), order.idempotency.clone());
        let receipt_wait = self.orders.settings.receipt_wait;
        let ordered = OrderedText { order: id, kind, account, to, text: judged.text };
        let mut message = message_of(&*self.random, receipt_wait, ordered, now);
        message.content.sender = judged.sender;
        let counted = self.count_traffic(account, judged.traffic).await?;
        let stored = self.store_batched(CreditOrder { order, message }).await;
        if is_refused(&stored)
            || matches!(&stored, Ok(outcome) if *outcome != CreditOutcome::Accepted)
        {
            self.uncount_traffic(counted).await;
        }
        match stored? {
            CreditOutcome::Accepted => {
                let kind = kind.as_str();
                self.metrics.orders_created.get_or_create(&ByKind { kind }).inc();
            }
            CreditOutcome::Exists if named.is_some() => accepted.repeated = true,
            CreditOutcome::Exists => {
                return Err(PortError::Conflict("an id was made twice".to_owned()).into());
            }
            CreditOutcome::Repeat(_) => {
                let answer = self.orders.raced(&client, idempotency.as_ref()).await?;
                return Ok(Accepted::earlier(answer));
            }
            CreditOutcome::KeyReused => return Err(AcceptError::KeyReused),
            CreditOutcome::Blocked => return Err(QuoteError::AllBlocked.into()),
            CreditOutcome::Insufficient { available } => {
                return Err(AcceptError::Insufficient { price, available });
            }
            CreditOutcome::OverDailyLimit { left } => {
                return Err(AcceptError::OverDailyLimit { price, left });
            }
        }
        Ok(accepted)
    }

    async fn prepare(&self, request: Request) -> Result<Prepared, AcceptError> {
        let Request { draft, door, client, webhook, referral, repeat, .. } = request;
        let idempotency = match repeat {
            Repeat::Key(idempotency) => Some(idempotency),
            Repeat::Never | Repeat::Order(_) => None,
        };
        let account = draft.account;
        let judged = self.judge(draft).await?;
        let to = only_recipient(&judged.quote)?;
        let webhook = self.webhook(webhook, account).await?;
        Ok(Prepared { judged, to, door, account, client, webhook, referral, idempotency })
    }
}

/// An order without its id.
struct Prepared {
    judged: Judged,
    to: Address,
    door: Door,
    account: Option<AccountId>,
    client: String,
    webhook: Option<Webhook>,
    referral: Option<String>,
    idempotency: Option<Idempotency>,
}

impl Prepared {
    fn order(self, id: OrderId, price: Msat, now: Timestamp) -> (NewOrder, Judged) {
        let Self { judged, to, door, account, client, webhook, referral, idempotency } = self;
        let order = NewOrder {
            id,
            door,
            account,
            price,
            payment: Payment::Credit,
            fulfilment: Fulfilment::message(to, judged.text.clone()),
            webhook,
            referral,
            client,
            idempotency,
            created_at: now,
        };
        (order, judged)
    }
}

fn only_recipient(quote: &Quote) -> Result<Address, QuoteError> {
    match &quote.to {
        Priced::Mailbox(mailbox) => Ok(Address::Email(mailbox.clone())),
        Priced::Numbers { groups, .. } => {
            let mut numbers = groups.iter().flat_map(|group| &group.numbers);
            match (numbers.next(), numbers.next()) {
                (Some(number), None) => Ok(Address::Phone(*number)),
                _ => Err(QuoteError::TooManyRecipients { max: 1 }),
            }
        }
    }
}

fn accepted(order: &NewOrder, judged: &Judged) -> Accepted {
    Accepted {
        id: AcceptedId::Order(order.id),
        invoice: None,
        webhook_secret: order.webhook.as_ref().map(|webhook| webhook.secret.clone()),
        start_at: None,
        sender: judged.sender.clone(),
        first_sms_id: None,
        total: 1,
        left_out: LeftOut::default(),
        held_until: None,
        parts: judged.quote.size.parts,
        parts_in_all: judged.quote.size.parts.into(),
        price: order.price,
        repeated: false,
    }
}
