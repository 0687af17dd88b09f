//! Messages that phones report. A phone repeats an event until it is answered, and sometimes reports one message as two
//! events; the hash that it sends with a message is short, so its text counts too.

use sha2::{Digest, Sha256};

use crate::id::{InboundId, PhoneId};
use crate::inbound::Party;
use crate::ports::InboundRecorded;
use crate::text::Text;
use crate::time::Timestamp;

#[derive(Debug, Clone)]
pub struct PhoneMessage {
    pub id: InboundId,
    pub phone: PhoneId,
    /// The same in all repeats of an event.
    pub event: String,
    /// The phone's hash of the message.
    pub message: String,
    /// A number or a name.
    pub from: Party,
    pub text: Text,
    pub sim: Option<u8>,
    /// The number on the SIM card, which is rarely there.
    pub recipient: Option<Party>,
    /// When the network took it, by the network's clock, if the phone says so. It never makes a message a loan's; it
    /// may only show that one is older than the loan.
    pub sent_at: Option<Timestamp>,
    /// Arrival here.
    pub at: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PhoneMessageRecorded {
    Recorded(InboundRecorded),
    /// Recorded, and it proved the number of its SIM card.
    Proved(InboundRecorded),
    /// Recorded without a number of ours: it came to no SIM card for certain, or to one whose number is not proven.
    NoLine(InboundRecorded),
    Repeat,
}

/// Names the content of a message within its phone.
pub fn content_key(message: &PhoneMessage) -> [u8; 32] {
    let mut hash = Sha256::new();
    let sim = message.sim.map_or_else(String::new, |sim| sim.to_string());
    let fields = [message.message.as_str(), message.from.as_str(), message.text.as_str(), &sim];
    for field in fields {
        hash.update(u64::try_from(field.len()).unwrap_or(u64::MAX).to_be_bytes());
        hash.update(field.as_bytes());
    }
    hash.finalize().into()
}

/// The app's hash of a message: Java's hash of a string over its UTF-16 units, in 32 bits.
pub fn message_hash(sender: &str, at: Timestamp, subscription: Option<i32>, text: &str) -> String {
    let mixed = |hash: u32, next: u32| hash.wrapping_mul(31).wrapping_add(next);
    let of = |text: &str| text.encode_utf16().fold(0, |hash, unit| mixed(hash, unit.into()));
    let millis = at.as_millis().cast_unsigned();
    let low = |bits: u64| u32::try_from(bits & u64::from(u32::MAX)).unwrap_or(0);
    let subscription = subscription.unwrap_or(0).cast_unsigned();
    let hash =
        mixed(mixed(mixed(of(sender), low(millis ^ (millis >> 32))), subscription), of(text));
    format!("{hash:x}")
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn message(event: &str, hash: &str, text: &str) -> PhoneMessage {
        PhoneMessage {
            id: InboundId(Uuid::nil()),
            phone: PhoneId(1),
            event: event.to_owned(),
            message: hash.to_owned(),
            from: Party::new("+15551230001"),
            text: text.into(),
            sim: Some(1),
            recipient: None,
            sent_at: None,
            at: Timestamp::default(),
        }
    }

    #[test]
    fn hashes_a_message_as_the_app_does() {
        let at = Timestamp::from_millis(1_782_907_200_000);
        for (sender, subscription, text, hash) in [
            ("+15551230001", Some(1), "Your code is 123456", "77e1ecad"),
            ("+15551230001", None, "Your code is 123456", "77e1ec8e"),
            ("WhatsApp", Some(2), "<#> Your WhatsApp code: 123-456", "f3624548"),
        ] {
            assert_eq!(message_hash(sender, at, subscription, text), hash);
        }
    }

    #[test]
    fn one_content_has_one_key_whatever_its_event_is() {
        let key = content_key(&message("a", "77e1ecad", "123456"));
        assert_eq!(content_key(&message("b", "77e1ecad", "123456")), key);
        assert_ne!(content_key(&message("a", "77e1ecad", "654321")), key, "the hashes collide");
        assert_ne!(content_key(&message("a", "77e1eca", "d123456")), key);
    }
}
