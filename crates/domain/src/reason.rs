//! Why something waits, failed or was refused. The reason is stored with each change and shown to its reader.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::state::stored_as;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    // Waiting, derived when it is shown ([`crate::message::waiting`]) and never stored.
    /// It is sent in its turn.
    Queued,
    /// A carrier has it and has not answered yet.
    Sending,
    /// The carrier accepted it; its receipt has not come yet.
    AwaitingReceipt,
    /// Its campaign has not started.
    Scheduled,
    /// Its campaign is paused.
    Paused,
    /// The order is not paid.
    AwaitingPayment,
    /// The order is decided; the Lightning node has not confirmed it.
    AwaitingNode,
    // Waiting, stored.
    /// No link of any carrier on its route is up.
    LinkDown,
    /// Another node has the links to its carrier and will send it.
    LinkElsewhere,
    /// The carrier asked us to slow down (SMPP `ESME_RTHROTTLED`; SMTP 4xx).
    Throttled,
    /// The carrier's queue for this destination is full (SMPP `ESME_RMSGQFUL`), perhaps because the phone is off.
    QueueFull,
    /// The carrier had a temporary fault.
    CarrierBusy,
    /// The limit of concurrent submissions to its carrier is reached.
    CarrierFull,
    /// Quiet hours at the destination.
    QuietHours,
    /// No response from the carrier, which may have the message; it is sent again.
    NoAnswer,
    // Failed.
    /// The destination is not a phone number.
    BadNumber,
    /// The recipient opted out, or the operator or the account blocked the number.
    Blocked,
    /// No configured route serves this destination.
    NoRoute,
    /// The carrier refused this destination.
    BadDestination,
    /// The carrier refused this sender.
    BadSender,
    /// The carrier refused the message for another reason.
    Refused,
    /// All carriers of its route were tried.
    NoCarrierLeft,
    /// It was submitted as often as its route allows and never accepted.
    AttemptsExhausted,
    /// The carrier accepted the message and later reported that it was not delivered.
    Undelivered,
    /// Its validity ended before a carrier could deliver it.
    Expired,
    /// The carrier accepted the message and sent no receipt.
    NoReceipt,
    // Cancelled.
    /// The buyer cancelled.
    CancelledByBuyer,
    /// The invoice was not paid in time.
    Unpaid,
    /// The payment could not be held long enough or for the right amount.
    PaymentUnfit,
    /// The hold time of the payment ended.
    HoldRanOut,
    /// The Lightning node returned the payment before our decision.
    NodeRefunded,
    /// The Lightning node could not create the invoice.
    NoInvoice,
    /// No supplier had a number for the service and country.
    NoNumber,
    /// No code came to the number in time.
    NoCode,
}

stored_as!(Reason {
    Queued = "queued",
    Sending = "sending",
    AwaitingReceipt = "awaiting_receipt",
    Scheduled = "scheduled",
    Paused = "paused",
    AwaitingPayment = "awaiting_payment",
    AwaitingNode = "awaiting_node",
    LinkDown = "link_down",
    LinkElsewhere = "link_elsewhere",
    Throttled = "throttled",
    QueueFull = "queue_full",
    CarrierBusy = "carrier_busy",
    CarrierFull = "carrier_full",
    QuietHours = "quiet_hours",
    NoAnswer = "no_answer",
    BadNumber = "bad_number",
    Blocked = "blocked",
    NoRoute = "no_route",
    BadDestination = "bad_destination",
    BadSender = "bad_sender",
    Refused = "refused",
    NoCarrierLeft = "no_carrier_left",
    AttemptsExhausted = "attempts_exhausted",
    Undelivered = "undelivered",
    Expired = "expired",
    NoReceipt = "no_receipt",
    CancelledByBuyer = "cancelled_by_buyer",
    Unpaid = "unpaid",
    PaymentUnfit = "payment_unfit",
    HoldRanOut = "hold_ran_out",
    NodeRefunded = "node_refunded",
    NoInvoice = "no_invoice",
    NoNumber = "no_number",
    NoCode = "no_code",
});

impl fmt::Display for Reason {
    /// One sentence for display, without a full stop.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Queued => "it is sent in its turn",
            Self::Sending => "a carrier has it and is about to answer",
            Self::AwaitingReceipt => "the carrier accepted it; its receipt has not come yet",
            Self::Scheduled => "its campaign has not started",
            Self::Paused => "its campaign is paused",
            Self::AwaitingPayment => "it is not paid yet",
            Self::AwaitingNode => "the Lightning node has not confirmed it yet",
            Self::LinkDown => "no carrier is connected; it is sent as soon as one is",
            Self::LinkElsewhere => "another node is connected to its carrier; it is sent there",
            Self::Throttled => "the carrier asked to slow down; it is sent again shortly",
            Self::QueueFull => {
                "too many messages wait for this phone, which may be off; it is sent again later"
            }
            Self::CarrierBusy => "the carrier has a passing fault; it is sent again shortly",
            Self::CarrierFull => {
                "others are being sent by the same carrier; it is sent in its turn"
            }
            Self::QuietHours => "it is night there; it is sent in the morning",
            Self::NoAnswer => "the carrier did not answer; it is sent again",
            Self::BadNumber => "this is no phone number",
            Self::Blocked => "this number takes no messages from here",
            Self::NoRoute => "no carrier serves this destination",
            Self::BadDestination => "the carrier refused the destination",
            Self::BadSender => "the carrier refused the sender",
            Self::Refused => "the carrier refused the message",
            Self::NoCarrierLeft => "every carrier of the route was tried",
            Self::AttemptsExhausted => "no carrier took it, as often as it was tried",
            Self::Undelivered => "the message could not be delivered",
            Self::Expired => "the message could not be delivered in time",
            Self::NoReceipt => "the carrier never said whether the message arrived",
            Self::CancelledByBuyer => "cancelled",
            Self::Unpaid => "not paid in time",
            Self::PaymentUnfit => "the payment could not be held; it was returned",
            Self::HoldRanOut => "the payment could not be held any longer; it was returned",
            Self::NodeRefunded => "the payment was returned before the order was done",
            Self::NoInvoice => "no invoice could be made",
            Self::NoNumber => "no number is available",
            Self::NoCode => "no code came in time",
        })
    }
}
