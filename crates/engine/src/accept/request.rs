//! A request of an API, made of plain values. The engine does not depend on the API.

use std::fmt;

use domain::id::{AccountId, GroupId, MessageId, OrderId, TemplateId};
use domain::message::address_list::AddressList;
use domain::message::campaign::Idempotency;
use domain::message::door::Door;
use domain::message::email::EmailAddress;
use domain::money::Msat;
use domain::number::SenderId;
use domain::ports::OrderAnswer;
use domain::sale::order::Wanted;
use domain::sale::quote::Limits;
use domain::secret::Secret;
use domain::time::Timestamp;

use super::render::Variables;

#[derive(Debug)]
pub struct Request {
    pub draft: Draft,
    /// Stored with the message; has no effect.
    pub door: Door,
    /// Groups unpaid orders for their cap (see [`domain::sale::client`]).
    pub client: String,
    pub webhook: Option<WebhookRequest>,
    /// Lightning address of the referrer who gets a share.
    pub referral: Option<String>,
    pub repeat: Repeat,
}

impl Request {
    /// Whether its kind of payment can do all that is asked: only a campaign has a start, and what is
    /// paid by invoice keeps no sender.
    pub(super) const fn is_honoured(&self) -> bool {
        let Draft { payment, sender, start_at, .. } = &self.draft;
        match payment {
            Payment::Shares => true,
            Payment::Credit => start_at.is_none(),
            Payment::Invoice => start_at.is_none() && matches!(sender, Sender::OfCarrier),
        }
    }
}

/// What is sent, to whom, when, and how it is paid: all that has a price.
#[derive(Debug)]
pub struct Draft {
    /// Pays from credit; its prices and templates apply. `None`: no account.
    pub account: Option<AccountId>,
    pub payment: Payment,
    pub sender: Sender,
    pub content: Content,
    pub to: Recipients,
    /// `None`: at once.
    pub start_at: Option<Timestamp>,
    pub demands: Demands,
}

/// The payment method, which decides the pricing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Payment {
    /// An order: one recipient and one price, held by an invoice until it is delivered.
    Invoice,
    /// An order, paid from credit.
    Credit,
    /// A campaign: a price per part and recipient, reserved from credit, and kept or refunded per
    /// recipient.
    Shares,
}

#[derive(Debug)]
pub enum Sender {
    /// The carrier's default.
    OfCarrier,
    /// A name that must be approved for the account.
    Approved(String),
    /// A number of ours.
    Own(SenderId),
}

#[derive(Debug)]
pub enum Content {
    /// Sent as written.
    Text(String),
    /// A text with placeholders.
    Placeholders {
        text: String,
        variables: Variables,
    },
    Template {
        id: TemplateId,
        variables: Variables,
    },
}

#[derive(Debug)]
pub enum Recipients {
    /// These numbers and those of a contact group.
    Numbers {
        list: AddressList,
        group: Option<GroupId>,
    },
    Mailbox(EmailAddress),
}

#[derive(Debug)]
pub struct WebhookRequest {
    pub url: String,
    pub wants: Wanted,
}

/// How a repeat of the request is recognised.
#[derive(Debug)]
pub enum Repeat {
    /// A repeat is a new request.
    Never,
    /// By the caller's key, which belongs to the account or, for an order, to the client.
    Key(Idempotency),
    /// By the id that the order gets.
    Order(OrderId),
}

/// What the API demands beyond the general rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Demands {
    pub limits: Limits,
    /// A message with more recipients uses the bulk lane, and waits for the end of quiet hours.
    pub single_lane_max: usize,
}

/// What was accepted, by this request or an earlier one that it repeats.
#[derive(Debug)]
pub struct Accepted {
    pub id: AcceptedId,
    /// BOLT 11, to be paid first; `None`: already paid.
    pub invoice: Option<String>,
    /// Signs the webhooks of an order that has one.
    pub webhook_secret: Option<Secret>,
    /// `None`: at once.
    pub start_at: Option<Timestamp>,
    /// Recipients, including excluded ones.
    pub total: u32,
    pub parts: u16,
    pub price: Msat,
    /// An earlier request was accepted; this one repeats it.
    pub repeated: bool,
}

impl Accepted {
    /// An order as it was answered before.
    pub(super) fn earlier(answer: OrderAnswer) -> Self {
        Self {
            id: AcceptedId::Order(answer.id),
            invoice: answer.invoice,
            webhook_secret: answer.webhook_secret,
            start_at: None,
            total: 1,
            parts: 1,
            price: answer.price,
            repeated: true,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AcceptedId {
    Order(OrderId),
    Message(MessageId),
}

impl fmt::Display for AcceptedId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Order(id) => id.fmt(f),
            Self::Message(id) => id.fmt(f),
        }
    }
}

/// Price of a request. Nothing was stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Estimate {
    pub total: u32,
    pub parts: u16,
    /// Price of the most expensive recipient.
    pub price_each: Msat,
    pub price: Msat,
    pub available: Msat,
}
