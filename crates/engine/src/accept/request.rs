//! A request of an API, made of plain values. The engine does not depend on the API.

use std::fmt;

use domain::id::{AccountId, GroupId, MessageId, OrderId, TemplateId};
use domain::limits;
use domain::message::address_list::AddressList;
use domain::message::campaign::{CampaignEvents, Idempotency, LeftOut};
use domain::message::door::Door;
use domain::message::email::EmailAddress;
use domain::message::form::Form;
use domain::money::Msat;
use domain::number::SenderId;
use domain::ports::OrderAnswer;
use domain::routing::Charge;
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
    /// Of an order.
    pub webhook: Option<WebhookRequest>,
    /// Of a campaign; without one, its account's.
    pub campaign_webhook: CampaignWebhookRequest,
    /// Each gets a callback for every recipient of a campaign that becomes final.
    pub callbacks: Vec<String>,
    /// Likewise the account's own callback, if it has one.
    pub with_account_callback: bool,
    /// Lightning address of the referrer who gets a share.
    pub referral: Option<String>,
    /// Each recipient of the campaign gets an id of the query door.
    pub takes_sms_ids: bool,
    pub repeat: Repeat,
}

impl Request {
    /// Whether its kind of payment can do all that is asked: only a campaign has a start, a form and a charge, what is paid by
    /// invoice keeps no sender, each has its own kind of webhook, and orders have no callbacks.
    pub(super) fn is_honoured(&self) -> bool {
        let Draft { payment, sender, form, charge, start_at, .. } = &self.draft;
        let CampaignWebhookRequest { url, events } = &self.campaign_webhook;
        let is_text = *form == Form::Text && charge.is_none();
        let has_callbacks = self.with_account_callback || !self.callbacks.is_empty();
        let is_order =
            is_text && start_at.is_none() && url.is_none() && events.is_none() && !has_callbacks;
        match payment {
            Payment::Shares => self.webhook.is_none(),
            Payment::Credit => is_order,
            Payment::Invoice => is_order && matches!(sender, Sender::OfCarrier),
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
    pub form: Form,
    /// What each recipient pays for it on the telephone bill.
    pub charge: Option<Charge>,
    pub to: Recipients,
    /// `None`: at once.
    pub start_at: Option<Timestamp>,
    pub priority: Priority,
    pub demands: Demands,
}

/// Whether a campaign waits for the end of quiet hours. Orders never do.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Priority {
    #[default]
    Normal,
    /// One-time passwords, to few recipients, of an account that may send them: they do not wait.
    Otp,
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
    /// The first of these that is approved, or the last if the account may use any; otherwise its default
    /// sender, or the carrier's.
    Preferred(Vec<SenderId>),
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

/// What a request says about the webhook of its campaign.
#[derive(Debug, Default)]
pub struct CampaignWebhookRequest {
    /// `None`: the account's.
    pub url: Option<String>,
    /// `None`: as the account has it for its own, otherwise the end.
    pub events: Option<CampaignEvents>,
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
    /// A message with more recipients uses the bulk lane, and is none of one-time passwords.
    pub single_lane_max: usize,
}

impl Demands {
    /// Of the house's own texts, as for an order: one text to one number.
    pub(crate) const ONE_TEXT: Self = Self {
        limits: Limits {
            chars_max: limits::ORDER_TEXT_CHARS_MAX,
            parts_max: u8::MAX,
            recipients_max: 1,
        },
        single_lane_max: 1,
    };
}

/// What was accepted, by this request or an earlier one that it repeats.
#[derive(Debug)]
pub struct Accepted {
    pub id: AcceptedId,
    /// BOLT 11, to be paid first; `None`: already paid.
    pub invoice: Option<String>,
    /// Signs the webhooks of an order or campaign that has one.
    pub webhook_secret: Option<Secret>,
    /// `None`: at once.
    pub start_at: Option<Timestamp>,
    /// `None`: the carrier's.
    pub sender: Option<SenderId>,
    /// The query door's id of recipient 0.
    pub first_sms_id: Option<u64>,
    /// Recipients, including excluded ones.
    pub total: u32,
    pub left_out: LeftOut,
    /// When the last recipient that quiet hours hold may be sent to.
    pub held_until: Option<Timestamp>,
    pub parts: u16,
    /// Parts to all recipients that it is sent to.
    pub parts_in_all: u64,
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
            sender: None,
            first_sms_id: None,
            total: 1,
            left_out: LeftOut::default(),
            held_until: None,
            parts: 1,
            parts_in_all: 1,
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
    pub left_out: LeftOut,
    pub held_until: Option<Timestamp>,
    pub parts: u16,
    /// Price of the most expensive recipient.
    pub price_each: Msat,
    pub price: Msat,
    pub available: Msat,
}
