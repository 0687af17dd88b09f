//! An order for one recipient. From credit it is stored together with its message; by invoice it is
//! stored open, and its message begins when the node holds the payment.

use std::sync::Arc;

use domain::message::Address;
use domain::ports::{CreditOrder, CreditOutcome, PortError};
use domain::sale::fulfilment::Fulfilment;
use domain::sale::order::{NewOrder, Payment as Paid};
use domain::sale::quote::{Priced, Quote, QuoteError};
use domain::secret::Preimage;

use super::judge::Judged;
use super::request::{Accepted, AcceptedId, Repeat, Request};
use super::{Accept, AcceptError};
use crate::ids::order_id;
use crate::metrics::ByKind;
use crate::orders::message_of;

impl Accept {
    pub(super) async fn open_order(&self, request: Request) -> Result<Accepted, AcceptError> {
        let (mut order, judged) = self.new_order(request).await?;
        // An invoice is paid in whole sats.
        let too_high = AcceptError::Quote(QuoteError::PriceTooHigh);
        order.price = order.price.round_up().ok_or(too_high)?;
        let accepted = accepted(&order, &judged);
        let preimage = Preimage::new(self.random.bytes32());
        let opened = self.orders.open(order, preimage).await;
        let invoice = Some(opened.map_err(AcceptError::NotOpened)?);
        Ok(Accepted { invoice, ..accepted })
    }

    pub(super) async fn store_order(
        self: &Arc<Self>,
        request: Request,
    ) -> Result<Accepted, AcceptError> {
        let named = matches!(request.repeat, Repeat::Order(_));
        let (order, judged) = self.new_order(request).await?;
        let mut accepted = accepted(&order, &judged);
        let (kind, price) = (order.fulfilment.kind(), order.price);
        let Fulfilment::Message { to, text, .. } = order.fulfilment.clone() else {
            return Err(PortError::Refused("an order of a text has a message".to_owned()).into());
        };
        let now = order.created_at;
        let mut message = message_of(&*self.random, order.id, kind, order.account, to, text, now);
        message.content.sender = judged.sender;
        match self.store_batched(CreditOrder { order, message }).await? {
            CreditOutcome::Accepted => {
                let kind = kind.as_str();
                self.metrics.orders_created.get_or_create(&ByKind { kind }).inc();
            }
            CreditOutcome::Exists if named => accepted.repeated = true,
            CreditOutcome::Exists => {
                return Err(PortError::Conflict("an id was made twice".to_owned()).into());
            }
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

    async fn new_order(&self, request: Request) -> Result<(NewOrder, Judged), AcceptError> {
        let Request { draft, door, client, webhook, referral, repeat } = request;
        let account = draft.account;
        let judged = self.judge(draft).await?;
        let to = only_recipient(&judged.quote)?;
        let webhook = self.webhook(webhook, account).await?;
        let order = NewOrder {
            id: match repeat {
                Repeat::Order(id) => id,
                Repeat::Never | Repeat::Key(_) => order_id(&*self.random),
            },
            door,
            account,
            price: judged.quote.price,
            payment: Paid::Credit,
            fulfilment: Fulfilment::message(to, judged.text.clone()),
            webhook,
            referral,
            client,
            created_at: self.clock.now(),
        };
        Ok((order, judged))
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
        total: 1,
        parts: judged.quote.size.parts,
        price: order.price,
        repeated: false,
    }
}
