//! Why a thing waits, failed or was refused. Stored with each change and shown wherever the thing
//! is shown, so every reason says what the reader can do about it.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::state::stored_as;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    // It waits.
    /// No link of any carrier on its route is up.
    LinkDown,
    /// Another node has the links to its carrier, and takes it.
    LinkElsewhere,
    /// The carrier asked us to slow down (SMPP `ESME_RTHROTTLED`, `ESME_RMSGQFUL`; SMTP 4xx).
    Throttled,
    /// The carrier had a passing fault of its own.
    CarrierBusy,
    /// As much is being handed to its carrier as one may have at a time.
    CarrierFull,
    /// It is night where it goes to, and its sender lets people sleep.
    QuietHours,
    /// The link went down before it answered; the carrier may have the message, so it is sent again.
    NoAnswer,
    // It failed.
    /// What was given is no phone number.
    BadNumber,
    /// Whoever has the number asked not to be written to, or the operator or the account blocked it.
    Blocked,
    /// No route of the configuration serves this destination.
    NoRoute,
    /// The carrier refused this destination.
    BadDestination,
    /// The carrier refused this sender.
    BadSender,
    /// The carrier refused the message for another reason of its own.
    Refused,
    /// Every carrier of its route was tried, and none is left.
    NoCarrierLeft,
    /// It was handed over as often as its route allows, and never taken.
    AttemptsExhausted,
    /// The carrier took the message and later said that it did not arrive.
    Undelivered,
    /// Its validity passed before a carrier could deliver it.
    Expired,
    /// The carrier took the message and never said what became of it.
    NoReceipt,
    // It was cancelled.
    /// The buyer cancelled.
    CancelledByBuyer,
    /// The invoice was not paid in time.
    Unpaid,
    /// The payment could not be held long enough, or not for the right amount.
    PaymentUnfit,
    /// The time for which the payment could be held ran out.
    HoldRanOut,
    /// The Lightning node gave the payment back before we decided.
    NodeRefunded,
    /// The Lightning node could not make the invoice.
    NoInvoice,
}

stored_as!(Reason {
    LinkDown = "link_down",
    LinkElsewhere = "link_elsewhere",
    Throttled = "throttled",
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
});

impl fmt::Display for Reason {
    /// One sentence for people, without a full stop.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::LinkDown => "no carrier is connected; it is sent as soon as one is",
            Self::LinkElsewhere => "another node is connected to its carrier; it is sent there",
            Self::Throttled => "the carrier asked to slow down; it is sent again shortly",
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
        })
    }
}
