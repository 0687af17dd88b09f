//! One text to one or many recipients, accepted by one request.
//!
//! | state \ event | Due | Delivered | NoneDelivered | Cancelled | Requeued |
//! |---|---|---|---|---|---|
//! | scheduled | pending | – | – | cancelled | – |
//! | pending | = | sent | failed | cancelled | – |
//! | sent, failed | – | – | – | – | pending |
//! | cancelled | – | – | – | – | – |
//!
//! A message is *sent* once every recipient is final and at least one of them got it. Its sender may
//! pay for another try of those who did not ([`crate::message::recipient::RecipientEvent::Requeued`]).

pub mod address_list;
pub mod campaign;
pub mod changes;
pub mod chunk;
pub mod counters;
pub mod delivery;
pub mod door;
pub mod email;
pub mod failed_try;
pub mod form;
pub mod merged_texts;
pub mod outcome;
pub mod parts;
pub mod progress;
pub mod quiet;
pub mod receipt;
pub mod recipient;
pub mod status_code;
pub mod waiting;

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::id::{AccountId, MessageId, OrderId};
use crate::message::email::EmailAddress;
use crate::message::form::Form;
use crate::number::{Msisdn, SenderId};
use crate::routing::Charge;
use crate::state::{Illegal, UnknownWord, stored_as};
use crate::text::Text;
use crate::time::Timestamp;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MessageState {
    Scheduled,
    Pending,
    Sent,
    Failed,
    Cancelled,
}

stored_as!(MessageState {
    Scheduled = "scheduled",
    Pending = "pending",
    Sent = "sent",
    Failed = "failed",
    Cancelled = "cancelled",
});

impl MessageState {
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Sent | Self::Failed | Self::Cancelled)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MessageEvent {
    Due,
    /// Every recipient is final and at least one got it.
    Delivered,
    /// Every recipient is final and none got it.
    NoneDelivered,
    Cancelled,
    /// Its sender pays for another try of those who did not get it.
    Requeued,
}

pub const fn next(state: MessageState, event: MessageEvent) -> Result<MessageState, Illegal> {
    use MessageEvent as E;
    use MessageState as S;
    match (state, event) {
        (S::Scheduled | S::Pending, E::Due) => Ok(S::Pending),
        (S::Pending, E::Delivered) => Ok(S::Sent),
        (S::Pending, E::NoneDelivered) => Ok(S::Failed),
        (S::Scheduled | S::Pending, E::Cancelled) => Ok(S::Cancelled),
        (S::Sent | S::Failed, E::Requeued) => Ok(S::Pending),
        (S::Scheduled, E::Delivered | E::NoneDelivered | E::Requeued)
        | (S::Pending | S::Cancelled, E::Requeued)
        | (
            S::Sent | S::Failed | S::Cancelled,
            E::Due | E::Delivered | E::NoneDelivered | E::Cancelled,
        ) => Err(Illegal),
    }
}

/// Which queue a message waits in; the lower lane is served first, so a one-time password never
/// waits behind a campaign.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Lane {
    /// Single messages: codes, alarms, orders.
    Single,
    /// Many recipients in one request.
    Bulk,
}

stored_as!(Lane { Single = "single", Bulk = "bulk" });

/// Where a message goes: a number or a mailbox. Stored as its digits or as the address.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Address {
    Phone(Msisdn),
    Email(EmailAddress),
}

impl Address {
    /// The stored form: `4512345678` or `someone@example.com`. Not for logs.
    pub fn stored(&self) -> String {
        match self {
            Self::Phone(number) => number.digits().to_string(),
            Self::Email(address) => address.as_str().to_owned(),
        }
    }
}

impl FromStr for Address {
    type Err = UnknownWord;

    /// Reads the stored form back. The error never quotes the address.
    fn from_str(stored: &str) -> Result<Self, UnknownWord> {
        let bad = || UnknownWord("(address)".to_owned());
        if stored.contains('@') {
            stored.parse().map(Self::Email).map_err(|_| bad())
        } else {
            let digits = stored.parse::<u64>().map_err(|_| bad())?;
            Msisdn::from_digits(digits).map(Self::Phone).map_err(|_| bad())
        }
    }
}

/// What is sent to every recipient of a message, and for how long it is worth sending.
#[derive(Debug, Clone)]
pub struct Content {
    pub message: MessageId,
    pub account: Option<AccountId>,
    pub sender: Option<SenderId>,
    pub text: Text,
    pub form: Form,
    /// What each recipient pays for it on the telephone bill.
    pub charge: Option<Charge>,
    /// Of the text for each recipient, as measured when it was accepted.
    pub parts: u16,
    pub lane: Lane,
    /// After this moment nothing is handed to a carrier any more.
    pub valid_until: Timestamp,
}

/// A message about to be stored, for one recipient, as orders make it.
#[derive(Debug, Clone)]
pub struct NewMessage {
    pub content: Content,
    pub order: Option<OrderId>,
    pub recipients: Vec<Address>,
    /// When the carrier's word must have come; what has none by then is timed out.
    pub receipts_until: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn final_states_stay_unless_another_try_is_paid_for() {
        let events = [
            MessageEvent::Due,
            MessageEvent::Delivered,
            MessageEvent::NoneDelivered,
            MessageEvent::Cancelled,
        ];
        for &state in MessageState::ALL.iter().filter(|state| state.is_final()) {
            for event in events {
                assert_eq!(next(state, event), Err(Illegal));
            }
        }
    }

    #[test]
    fn only_what_ended_is_tried_again() {
        for &state in MessageState::ALL {
            let ended = matches!(state, MessageState::Sent | MessageState::Failed);
            let requeued = next(state, MessageEvent::Requeued);
            assert_eq!(requeued, if ended { Ok(MessageState::Pending) } else { Err(Illegal) });
        }
    }

    #[test]
    fn a_started_message_can_be_cancelled_only_before_its_end() {
        assert_eq!(
            next(MessageState::Pending, MessageEvent::Cancelled),
            Ok(MessageState::Cancelled)
        );
        assert_eq!(next(MessageState::Sent, MessageEvent::Cancelled), Err(Illegal));
    }
}
