//! What begins when an order is paid: the message, and its times.

use std::time::Duration;

use domain::id::{AccountId, MessageId, OrderId};
use domain::message::{Address, Content, Lane, NewMessage};
use domain::ports::Random;
use domain::sale::hold::HoldTerms;
use domain::sale::order::OrderKind;
use domain::text::{Policy, Text, measure};
use domain::time::Timestamp;

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
            message: message_id(random, now),
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

/// UUID v7 (RFC 9562 §5.7) from the clock and randomness of the ports.
pub(crate) fn message_id(random: &dyn Random, now: Timestamp) -> MessageId {
    let mut bytes = [0; 10];
    random.fill(&mut bytes);
    let millis = u64::try_from(now.as_millis()).unwrap_or(0);
    MessageId(uuid::Builder::from_unix_timestamp_millis(millis, &bytes).into_uuid())
}

pub(crate) fn order_id(random: &dyn Random) -> OrderId {
    OrderId::new(random.bytes32())
}

/// Of a transfer that belongs to no order: the time in milliseconds, so that neighbours in time are
/// neighbours in the store, then 26 random bytes.
pub(crate) fn transfer_id(random: &dyn Random, now: Timestamp) -> [u8; 32] {
    let mut bytes = [0; 32];
    random.fill(&mut bytes[6..]);
    bytes[..6].copy_from_slice(&now.as_millis().to_be_bytes()[2..]);
    bytes
}

/// How long after `now` an unpaid order is given up.
pub(super) fn pay_by(now: Timestamp) -> Timestamp {
    // A payment that reached the node in the invoice's last second is seen a little later.
    now.after(domain::limits::PAY_WITHIN + Duration::from_secs(30))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug)]
    struct Sevens;
    impl Random for Sevens {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(7);
        }
    }

    #[test]
    fn message_ids_are_ordered_by_time() {
        let id = |millis| message_id(&Sevens, Timestamp::from_millis(millis));
        assert!(id(1_700_000_000_000) < id(1_700_000_000_001));
        assert_eq!(id(1_700_000_000_000).0.get_version_num(), 7);
    }

    #[test]
    fn ids_of_transfers_are_ordered_by_time() {
        let id = |millis| transfer_id(&Sevens, Timestamp::from_millis(millis));
        assert!(id(1_700_000_000_000) < id(1_700_000_000_001));
        assert_eq!(id(0x0102_0304_0506)[..7], [1, 2, 3, 4, 5, 6, 7]);
    }
}
