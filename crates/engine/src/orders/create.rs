//! Taking an order: judge it, price it, store it, then ask for its invoice; or, from credit, store
//! it together with its reservation and its message.

use std::borrow::Cow;

use domain::account::Scope;
use domain::id::{AccountId, OrderId};
use domain::limits;
use domain::message::Address;
use domain::message::email::EmailAddress;
use domain::money::Msat;
use domain::number::{self, NumberError};
use domain::ports::{
    CreditOrder, CreditOutcome, FetchError, NewHold, OrderAdmission, OrderCaps, PortError,
};
use domain::reason::Reason;
use domain::sale::fulfilment::Fulfilment;
use domain::sale::hold::HoldTerms;
use domain::sale::order::{NewOrder, OrderKind, Payment, Wanted, Webhook};
use domain::sale::tariff::Product;
use domain::secret::{Preimage, Secret};
use domain::text::{Policy, Text, TextError, measure};
use url::Url;

use super::Orders;
use super::terms::{message_of, order_id, pay_by};
use crate::accounts::{Caller, webhook_secret};
use crate::metrics::ByKind;

/// The client on this machine itself, as the sandbox's and the operator's own programs are: only the
/// caps for all apply to it.
pub const LOCAL_CLIENT: &str = "local";

/// What somebody asks for at a door.
#[derive(Debug)]
pub enum OrderRequest<'a> {
    /// `to` as typed; E.164 with or without `+`.
    Send {
        to: &'a str,
        text: &'a str,
        terms: Terms<'a>,
    },
    Email {
        to: &'a str,
        text: &'a str,
        terms: Terms<'a>,
    },
    Fund {
        amount_sats: i64,
        caller: &'a Caller,
        client: &'a str,
    },
}

/// How it is to be paid and told.
#[derive(Debug, Clone, Copy, Default)]
pub struct Terms<'a> {
    pub caller: Option<&'a Caller>,
    /// Whose room the order takes (see [`LOCAL_CLIENT`]).
    pub client: &'a str,
    /// Pay from the caller's credit.
    pub immediate: bool,
    pub webhook_url: Option<&'a str>,
    pub webhook_events: Wanted,
    pub referral: Option<&'a str>,
}

#[derive(Debug)]
pub struct CreatedOrder {
    pub id: OrderId,
    pub asked: Asked,
    /// Signs this order's webhooks; present when it has any.
    pub webhook_secret: Option<Secret>,
}

/// What the buyer has to do.
#[derive(Debug, PartialEq, Eq)]
pub enum Asked {
    /// Pay this BOLT 11 invoice.
    Invoice(String),
    /// Nothing: it was paid from credit.
    Nothing,
}

/// Why an order was not taken. Nothing was stored or charged, except that an order whose invoice
/// could not be made may remain, cancelled.
#[derive(Debug, thiserror::Error)]
pub enum CreateError {
    #[error("the phone number is not valid: {0}")]
    BadNumber(NumberError),
    #[error("the e-mail address is not valid")]
    BadEmail,
    #[error("the message is empty")]
    EmptyText,
    #[error("the message has {chars} characters; at most {max} are allowed", max = limits::ORDER_TEXT_CHARS_MAX)]
    TextTooLong { chars: usize },
    #[error("the message cannot be sent: {0}")]
    BadText(TextError),
    #[error("the webhook URL is not valid: {0}")]
    BadWebhook(Cow<'static, str>),
    #[error("the amount must be {min} to {max} sats", min = limits::HOLD_MIN_SATS, max = limits::HOLD_MAX_SATS)]
    BadAmount,
    #[error("an API key is required to pay from credit")]
    KeyRequired,
    #[error("the API key may not send")]
    ScopeMissing,
    #[error("insufficient credit: the price is {} sats, {} are available", price.sats_floor(), available.sats_floor())]
    InsufficientCredit { price: Msat, available: Msat },
    #[error(
        "the account's daily limit is reached: the price is {} sats, {} are left until midnight UTC",
        price.sats_floor(),
        left.sats_floor()
    )]
    OverDailyLimit { price: Msat, left: Msat },
    #[error("no carrier serves this destination")]
    NoRoute,
    #[error("this number takes no messages from here")]
    Blocked,
    #[error("too many orders are waiting for payment; try again in some minutes")]
    TooManyOpen,
    #[error("too many of your orders are waiting for payment; pay or cancel some first")]
    TooManyOpenForYou,
    #[error("the Lightning node cannot hold more payments now; try again in some minutes")]
    NodeFull,
    #[error("too many of your orders are under way; try again when some are done")]
    TooManyHeldForYou,
    #[error("the Lightning node is not ready; try again in some minutes")]
    NodeNotReady,
    #[error("the order could not be stored; try again")]
    Store(#[source] PortError),
}

impl Orders {
    pub async fn create(&self, request: OrderRequest<'_>) -> Result<CreatedOrder, CreateError> {
        match request {
            OrderRequest::Send { to, text, terms } => {
                let number = number::parse(to, None).map_err(CreateError::BadNumber)?;
                let text = judge_text(text)?;
                measure(text.as_str(), &Policy::default()).map_err(CreateError::BadText)?;
                self.sell(OrderKind::Send, Address::Phone(number), text, terms).await
            }
            OrderRequest::Email { to, text, terms } => {
                let to: EmailAddress = to.parse().map_err(|_| CreateError::BadEmail)?;
                let text = judge_text(text)?;
                refuse_controls(text.as_str())?;
                self.sell(OrderKind::Email, Address::Email(to), text, terms).await
            }
            OrderRequest::Fund { amount_sats, caller, client } => {
                self.fund(amount_sats, caller, client).await
            }
        }
    }

    async fn sell(
        &self,
        kind: OrderKind,
        to: Address,
        text: Text,
        terms: Terms<'_>,
    ) -> Result<CreatedOrder, CreateError> {
        if terms.immediate && terms.caller.is_none() {
            return Err(CreateError::KeyRequired);
        }
        let scope = if kind == OrderKind::Email { Scope::SEND_EMAIL } else { Scope::SEND };
        if terms.caller.is_some_and(|caller| !caller.key.may(scope)) {
            return Err(CreateError::ScopeMissing);
        }
        if self.routes.find(&to).is_empty() {
            return Err(CreateError::NoRoute);
        }
        let account = terms.caller.map(|caller| caller.account);
        let webhook = self.webhook(&terms, account).await?;
        let product = if kind == OrderKind::Email { Product::Email } else { Product::Send };
        let price = self.prices.of(product);
        let now = self.clock.now();
        let preimage = (!terms.immediate).then(|| Preimage::new(self.random.bytes32()));
        let order = NewOrder {
            id: order_id(&*self.random),
            account,
            price,
            payment: Payment::Credit,
            fulfilment: Fulfilment::message(to.clone(), text.clone()),
            webhook,
            referral: terms.referral.filter(|referral| !referral.is_empty()).map(str::to_owned),
            client: terms.client.to_owned(),
            created_at: now,
        };
        if let Some(preimage) = preimage {
            self.refuse_blocked(account, &to).await?;
            return self.ask_invoice(order, preimage).await;
        }

        let (id, webhook_secret) = (order.id, secret_of(&order));
        let message = message_of(&*self.random, id, kind, account, to, text, now);
        let outcome = self.accept.accept(CreditOrder { order, message }).await;
        match outcome.map_err(CreateError::Store)? {
            CreditOutcome::Insufficient { available } => {
                Err(CreateError::InsufficientCredit { price, available })
            }
            CreditOutcome::OverDailyLimit { left } => {
                Err(CreateError::OverDailyLimit { price, left })
            }
            CreditOutcome::Blocked => Err(CreateError::Blocked),
            CreditOutcome::Accepted => {
                self.count_created(kind);
                Ok(CreatedOrder { id, asked: Asked::Nothing, webhook_secret })
            }
            CreditOutcome::Exists => {
                let exists = PortError::Conflict("an id was made twice".to_owned());
                Err(CreateError::Store(exists))
            }
        }
    }

    async fn fund(
        &self,
        sats: i64,
        caller: &Caller,
        client: &str,
    ) -> Result<CreatedOrder, CreateError> {
        if !(limits::HOLD_MIN_SATS..=limits::HOLD_MAX_SATS).contains(&sats) {
            return Err(CreateError::BadAmount);
        }
        let price = Msat::from_sats(sats).ok_or(CreateError::BadAmount)?;
        let preimage = Preimage::new(self.random.bytes32());
        let order = NewOrder {
            id: order_id(&*self.random),
            account: Some(caller.account),
            price,
            payment: Payment::Credit,
            fulfilment: Fulfilment::Credit,
            webhook: None,
            referral: None,
            client: client.to_owned(),
            created_at: self.clock.now(),
        };
        self.ask_invoice(order, preimage).await
    }

    /// Stores the order with its preimage first, then asks the node: an invoice that exists always
    /// has its order.
    async fn ask_invoice(
        &self,
        mut order: NewOrder,
        preimage: Preimage,
    ) -> Result<CreatedOrder, CreateError> {
        if !self.lightning.tip().await.is_ok_and(|tip| tip.is_fresh(self.clock.now())) {
            return Err(CreateError::NodeNotReady);
        }
        let (id, kind, now) = (order.id, order.fulfilment.kind(), order.created_at);
        let webhook_secret = secret_of(&order);
        let hold = NewHold {
            hash: preimage.payment_hash(),
            amount: order.price,
            memo: memo(kind).to_owned(),
            expiry: limits::PAY_WITHIN,
            cltv_delta: HoldTerms::of(kind).cltv_delta,
        };
        order.payment = Payment::Lightning { preimage, invoice: None, pay_by: pay_by(now) };
        let check_at = now.after(super::check::INVOICE_GRACE);
        let caps = self.caps(&order.client);
        let admission = self.store.add_order(order, caps, check_at).await;
        admitted(admission.map_err(CreateError::Store)?)?;
        let invoice = match self.lightning.create_hold(hold).await {
            Ok(invoice) => invoice,
            Err(error) => {
                tracing::warn!(order = %id, %error, "no invoice");
                self.give_up(id).await;
                return Err(CreateError::NodeNotReady);
            }
        };
        // The node's own time to pay began just now, not when the order was made.
        let now = self.clock.now();
        let check_at = now.after(super::check::OPEN_POLL);
        if let Err(error) = self.store.attach_invoice(id, &invoice, pay_by(now), check_at).await {
            // Unseen by anybody: the watch finds the order without its invoice and cancels both.
            return Err(CreateError::Store(error));
        }
        self.count_created(kind);
        Ok(CreatedOrder { id, asked: Asked::Invoice(invoice), webhook_secret })
    }

    /// Best effort: the watch does the same when it finds an old order without an invoice.
    async fn give_up(&self, order: OrderId) {
        if let Err(error) =
            self.store.cancel_order(order, Reason::NoInvoice, self.clock.now()).await
        {
            tracing::warn!(%order, %error, "left to the watch");
        }
        self.wake.watch.notify_one();
    }

    fn caps(&self, client: &str) -> OrderCaps {
        let per_client = |max| if client == LOCAL_CLIENT { u64::MAX } else { max };
        OrderCaps {
            open_max: limits::ORDERS_OPEN_MAX,
            open_per_client_max: per_client(limits::ORDERS_OPEN_PER_CLIENT_MAX),
            // The rest of the node's slots is for payments that are under way.
            held_max: self.lightning.held_max().saturating_mul(6) / 10,
            held_per_client_max: per_client(limits::ORDERS_HELD_PER_CLIENT_MAX),
        }
    }

    async fn webhook(
        &self,
        terms: &Terms<'_>,
        account: Option<AccountId>,
    ) -> Result<Option<Webhook>, CreateError> {
        let Some(url) = terms.webhook_url.filter(|url| !url.is_empty()) else { return Ok(None) };
        if url.len() > limits::URL_CHARS_MAX {
            return Err(CreateError::BadWebhook("it is too long".into()));
        }
        let parsed = Url::parse(url)
            .map_err(|error| CreateError::BadWebhook(Cow::Owned(error.to_string())))?;
        self.fetch.check(&parsed).map_err(|error| {
            CreateError::BadWebhook(match error {
                FetchError::Forbidden(why) => why.into(),
                other => Cow::Owned(other.to_string()),
            })
        })?;
        let secret = match account {
            None => webhook_secret(&*self.random),
            Some(id) => self.account_secret(id).await?,
        };
        Ok(Some(Webhook { url: parsed.into(), secret, wants: terms.webhook_events }))
    }

    async fn account_secret(&self, id: AccountId) -> Result<Secret, CreateError> {
        let now = self.clock.now();
        if let Some(secret) = self.secrets.get(&id, now) {
            return Ok(secret);
        }
        let found = self.store.account(id).await.map_err(CreateError::Store)?;
        let Some(account) = found else { return Ok(webhook_secret(&*self.random)) };
        self.secrets.keep(id, account.webhook_secret.clone(), now);
        Ok(account.webhook_secret)
    }

    fn count_created(&self, kind: OrderKind) {
        self.metrics.orders_created.get_or_create(&ByKind { kind: kind.as_str() }).inc();
    }
}

const fn admitted(admission: OrderAdmission) -> Result<(), CreateError> {
    match admission {
        OrderAdmission::Stored => Ok(()),
        OrderAdmission::TooManyOpen => Err(CreateError::TooManyOpen),
        OrderAdmission::TooManyOpenForClient => Err(CreateError::TooManyOpenForYou),
        OrderAdmission::TooManyHeld => Err(CreateError::NodeFull),
        OrderAdmission::TooManyHeldForClient => Err(CreateError::TooManyHeldForYou),
    }
}

fn judge_text(text: &str) -> Result<Text, CreateError> {
    if text.trim().is_empty() {
        return Err(CreateError::EmptyText);
    }
    let chars = text.chars().count();
    if chars > limits::ORDER_TEXT_CHARS_MAX {
        return Err(CreateError::TextTooLong { chars });
    }
    Ok(Text::new(text))
}

/// As for phones, but for the tab: no mailbox shows them, and PostgreSQL stores no U+0000.
fn refuse_controls(text: &str) -> Result<(), CreateError> {
    let shown = |char: char| !char.is_control() || matches!(char, '\n' | '\r' | '\t');
    match text.chars().enumerate().find(|&(_, char)| !shown(char)) {
        None => Ok(()),
        Some((position, char)) => {
            Err(CreateError::BadText(TextError::Control { position, code: char.into() }))
        }
    }
}

fn secret_of(order: &NewOrder) -> Option<Secret> {
    order.webhook.as_ref().map(|webhook| webhook.secret.clone())
}

/// What the payer's wallet shows: no number, no text.
const fn memo(kind: OrderKind) -> &'static str {
    match kind {
        OrderKind::Send => "boltgram payment SMS",
        OrderKind::Email => "boltgram payment e-mail",
        OrderKind::Receive => "boltgram payment number",
        OrderKind::Rent => "boltgram payment rental",
        OrderKind::Fund => "boltgram fund account",
    }
}
