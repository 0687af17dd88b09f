//! What begins when an order is paid: the message, and its times.

use std::time::Duration;

use domain::id::{AccountId, MessageId, OrderId};
use domain::message::form::Form;
use domain::message::{Address, Content, Lane, NewMessage};
use domain::ports::Random;
use domain::sale::hold::HoldTerms;
use domain::sale::order::OrderKind;
use domain::text::{Policy, Text, measure};
use domain::time::Timestamp;

use super::Orders;
use crate::ids::uuid_v7;

/// Of the time for which a payment may be held, the carrier gets this share to deliver; the rest is
/// for its receipt. A message that the carrier gives up then is not delivered after we paid back.
const VALIDITY_QUARTERS: u32 = 3;

/// A text that was bought.
pub(crate) struct OrderedText {
    pub(crate) order: OrderId,
    pub(crate) kind: OrderKind,
    pub(crate) account: Option<AccountId>,
    pub(crate) to: Address,
    pub(crate) text: Text,
}

/// The message of an order that is paid now.
pub(crate) fn message_of(
    random: &dyn Random,
    receipt_wait: Duration,
    ordered: OrderedText,
    now: Timestamp,
) -> NewMessage {
    let OrderedText { order, kind, account, to, text } = ordered;
    let work = HoldTerms::of(kind, receipt_wait).work;
    // Measured when the order was taken; a text that was fit then is fit now.
    let parts = match to {
        Address::Email(_) => 1,
        Address::Phone(_) => {
            measure(text.as_str(), &Policy::default()).map_or(1, |measure| u16::from(measure.parts))
        }
    };
    NewMessage {
        content: Content {
            message: MessageId(uuid_v7(random, now)),
            account,
            sender: None,
            text,
            form: Form::Text,
            charge: None,
            parts,
            lane: Lane::Single,
            valid_until: now.after(work / 4 * VALIDITY_QUARTERS),
        },
        order: Some(order),
        recipients: vec![to],
        receipts_until: now.after(work),
    }
}

impl Orders {
    pub(super) const fn hold_terms(&self, kind: OrderKind) -> HoldTerms {
        HoldTerms::of(kind, self.settings.receipt_wait)
    }

    /// When an order whose invoice is made now is no longer to be paid.
    pub(super) fn pay_by(&self, now: Timestamp) -> Timestamp {
        // A payment that reached the node in the invoice's last second is seen a little later.
        now.after(self.settings.invoice_expiry + Duration::from_secs(30))
    }
}
