//! Ids of everything that is stored, in one place, so that the modules that mention them need not
//! know each other.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AccountId(pub i64);

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId(pub i64);

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Time-ordered (UUID v7), so that neighbours in time are neighbours in the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MessageId(pub Uuid);

impl fmt::Display for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Time-ordered (UUID v7), so that neighbours in time are neighbours in the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct InboundId(pub Uuid);

impl fmt::Display for InboundId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Row of an event. Receivers know the event by another id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EventId(pub i64);

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GroupId(pub i64);

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeywordId(pub i64);

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ListId(pub i64);

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OperatorId(pub i64);

/// Of a person in the address book of an account, from 1; other accounts use the same numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PersonId(pub i64);

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PhoneId(pub i64);

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TemplateId(pub i64);

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SenderNumber(pub i64);

/// Of an activation or a rental: numbered in one sequence from 1, so that an id names one of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ActivationId(pub i64);

impl fmt::Display for ActivationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not 64 hex digits")]
pub struct NotHex;

/// Gives an id of 32 bytes its form: 64 lower-case hex digits. `$shown` computes the shown bytes
/// from the stored ones, and is its own inverse.
macro_rules! shown_as_hex {
    ($name:ident, $shown:expr) => {
        impl $name {
            /// From the bytes that are stored.
            pub const fn new(bytes: [u8; 32]) -> Self {
                Self(bytes)
            }

            /// The bytes that are stored.
            pub const fn as_bytes(&self) -> &[u8; 32] {
                &self.0
            }

            /// From the bytes that are stored.
            pub fn from_slice(bytes: &[u8]) -> Result<Self, NotHex> {
                bytes.try_into().map(Self).map_err(|_| NotHex)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let shown: fn([u8; 32]) -> [u8; 32] = $shown;
                f.write_str(&hex::encode(shown(self.0)))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self)
            }
        }

        impl FromStr for $name {
            type Err = NotHex;

            fn from_str(text: &str) -> Result<Self, NotHex> {
                let mut bytes = [0; 32];
                hex::decode_to_slice(text, &mut bytes).map_err(|_| NotHex)?;
                let stored: fn([u8; 32]) -> [u8; 32] = $shown;
                Ok(Self(stored(bytes)))
            }
        }
    };
}

/// The time in milliseconds, then 26 random bytes. Whoever knows it can read and cancel the order,
/// so it cannot be guessed. It is stored as it is, so that neighbours in time are neighbours in the
/// store, and shown with its first half masked, so that two of them do not look related.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OrderId([u8; 32]);

/// SHA-256 of a preimage (BOLT 11 `p`). Every node on the payment's route sees it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PaymentHash([u8; 32]);

impl OrderId {
    /// The name of what it lends at the supplier: a UUID of the order's time, from which nobody finds the
    /// order.
    pub fn loan(&self) -> Uuid {
        let hash = Sha256::digest([b"loan".as_slice(), &self.0].concat());
        let mut rest = [0; 10];
        rest.iter_mut().zip(hash).for_each(|(byte, hashed)| *byte = hashed);
        let millis = self.0[..6].iter().fold(0, |millis, byte| millis << 8 | u64::from(*byte));
        uuid::Builder::from_unix_timestamp_millis(millis, &rest).into_uuid()
    }
}

shown_as_hex!(OrderId, masked);
shown_as_hex!(PaymentHash, |bytes| bytes);

/// Masks the first half with a hash of the second; twice, and it is what it was.
fn masked(mut bytes: [u8; 32]) -> [u8; 32] {
    let (first, second) = bytes.split_at_mut(16);
    let mask = Sha256::digest(second);
    first.iter_mut().zip(mask).for_each(|(byte, mask)| *byte ^= mask);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_ids_are_64_hex_digits() {
        let id = "7dc6e6b61d8c54dff6b8d6ea2e3f08b018e57963df81d493a6f9728c4dc83318";
        assert_eq!(id.parse::<OrderId>().unwrap().to_string(), id);
        assert!(id[1..].parse::<OrderId>().is_err());
        assert!("zz".repeat(32).parse::<OrderId>().is_err());
    }

    #[test]
    fn order_ids_of_one_moment_look_unrelated() {
        let id = |random: u8| {
            let mut bytes = [random; 32];
            bytes[..8].copy_from_slice(&[1, 2, 3, 4, 5, 6, 7, 8]);
            OrderId::new(bytes)
        };
        let (one, other) = (id(0x11), id(0x22));
        assert_eq!(one.as_bytes()[..8], other.as_bytes()[..8]);
        let (shown, shown_other) = (one.to_string(), other.to_string());
        assert!(!shown.starts_with("0102") && shown[..4] != shown_other[..4], "{shown}");
        assert_eq!(shown.parse::<OrderId>().unwrap(), one);
    }
}
