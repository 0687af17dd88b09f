//! What begins when an order is paid: the message, and its times.

use std::time::Duration;

use domain::id::{AccountId, MessageId, OrderId};
use domain::message::{Address, Content, Lane, NewMessage};
use domain::ports::Random;
use domain::sale::hold::HoldTerms;
use domain::sale::order::OrderKind;
use domain::text::{Policy, Text, measure};
use domain::time::Timestamp;

use crate::ids::uuid_v7;

/// Of the time for which a payment may be held, the carrier gets this share to deliver; the rest is
/// for its receipt. A message that the carrier gives up then is not delivered after we paid back.
const VALIDITY_QUARTERS: u32 = 3;

/// The message of an order that is paid now.
pub(crate) fn message_of(
    random: &dyn Random,
    order: OrderId,
    kind: OrderKind,
    account: Option<AccountId>,
    to: Address,
    text: Text,
    now: Timestamp,
) -> NewMessage {
    let work = HoldTerms::of(kind).work;
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
            parts,
            lane: Lane::Single,
            valid_until: now.after(work / 4 * VALIDITY_QUARTERS),
        },
        order: Some(order),
        recipients: vec![to],
        receipts_until: now.after(work),
    }
}

/// How long after `now` an unpaid order expires.
pub(super) fn pay_by(now: Timestamp) -> Timestamp {
    // A payment that reached the node in the invoice's last second is seen a little later.
    now.after(domain::limits::PAY_WITHIN + Duration::from_secs(30))
}
