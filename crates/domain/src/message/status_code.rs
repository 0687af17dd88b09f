//! Delivery status codes of the query door: what became of a recipient as one number. A pure function
//! of its state, its reason and the carrier's code. How the number reaches a customer is decided
//! elsewhere.
//!
//! | code | meaning | derived from |
//! |---|---|---|
//! | 1–11 | ended by us | the reason, one code each, see below |
//! | 12 | the number does not exist | the network's error 1 (unknown subscriber) |
//! | 13 | the number is invalid | state *invalid*; `bad_number`, `bad_destination` |
//! | 14 | blacklisted | state *blocked*; `blocked` |
//! | 22–99 | ended by the carrier or its network | the carrier's code, see below |
//! | 100 | roaming | nothing here: no message is cancelled because its recipient is roaming |
//! | 150 | delivered | state *success* |
//!
//! A recipient that is not final has no code. 15–21 are not used.
//!
//! | code | reasons |
//! |---|---|
//! | 1 | those that only say what it waits for: `queued`, `sending`, `awaiting_receipt`, `scheduled`, `paused`, `awaiting_payment`, `awaiting_node` |
//! | 2 | `no_route` |
//! | 3 | `no_carrier_left` |
//! | 4 | `attempts_exhausted` |
//! | 5 | `expired`, unless the network's error is known |
//! | 6 | `no_receipt` |
//! | 7 | `cancelled_by_buyer` |
//! | 8 | `hold_ran_out`, `unpaid`, `payment_unfit`, `node_refunded`, `no_invoice` |
//! | 9 | `link_down`, `link_elsewhere`, `carrier_full` |
//! | 10 | `throttled`, `queue_full`, `carrier_busy`, `no_answer` |
//! | 11 | `quiet_hours` |
//!
//! | code | reason | SMPP command_status | error of a GSM network (3GPP TS 29.002 §17.6) |
//! |---|---|---|---|
//! | 13, 23 | | 0x0b, 0x0a | |
//! | 22 | `undelivered`, `refused` | all others | all others |
//! | 23 | `bad_sender` | | |
//! | 24 | | 0x01 (length), 0x61 (schedule), 0x62 (validity) | |
//! | 25 | | 0x19, 0x1a, 0x100, 0x101, 0x102 (not allowed at this carrier) | |
//! | 26 | | 0x14 (queue full), 0x58 (throttled) | |
//! | 27 | | 0x08 (system), 0x64 (temporary), 0xfe (delivery) | |
//! | 28 | | | 9, 12 (illegal subscriber or equipment) |
//! | 29 | | | 11, 21 (no text messages) |
//! | 30 | | | 13 (barred) |
//! | 31 | | | 27 (absent) |
//! | 32 | | | 31 (busy) |
//! | 33 | | | 32 (the phone refused it, e.g. its memory is full) |
//! | 34 | | | 34, 35, 36 (fault of the network) |
//!
//! Digits in `err:` of a receipt are read as an error of a GSM network. Carriers are free to use other
//! numbers there; few do for errors of this table.

use serde::{Deserialize, Serialize};

use super::recipient::RecipientState;
use crate::reason::Reason;

/// A code of the table above.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct StatusCode(u8);

impl StatusCode {
    pub const NO_SUCH_NUMBER: Self = Self(12);
    pub const INVALID_NUMBER: Self = Self(13);
    pub const BLACKLISTED: Self = Self(14);
    /// The carrier gave no code, or one that has no number of its own.
    pub const EXTERNAL: Self = Self(22);
    pub const ROAMING: Self = Self(100);
    pub const DELIVERED: Self = Self(150);

    const EXPIRED: Self = Self(5);
    const NO_RECEIPT: Self = Self(6);
    const BAD_SENDER: Self = Self(23);

    /// `code` is the carrier's own, as it is stored with the recipient. `None` while the recipient is
    /// not final.
    pub fn of(state: RecipientState, reason: Option<Reason>, code: Option<&str>) -> Option<Self> {
        match (state, reason) {
            (RecipientState::Pending | RecipientState::Submitted, _) => None,
            (RecipientState::Success, _) => Some(Self::DELIVERED),
            (RecipientState::Invalid, _) => Some(Self::INVALID_NUMBER),
            (RecipientState::Blocked, _) => Some(Self::BLACKLISTED),
            (RecipientState::Failed, None) => Some(Self::of_reason(Reason::Undelivered, code)),
            (RecipientState::Expired, None) => Some(Self::of_reason(Reason::Expired, code)),
            (RecipientState::Timeout, None) => Some(Self::NO_RECEIPT),
            (
                RecipientState::Failed | RecipientState::Expired | RecipientState::Timeout,
                Some(reason),
            ) => Some(Self::of_reason(reason, code)),
        }
    }

    fn of_reason(reason: Reason, code: Option<&str>) -> Self {
        match reason {
            Reason::Queued
            | Reason::Sending
            | Reason::AwaitingReceipt
            | Reason::Scheduled
            | Reason::Paused
            | Reason::AwaitingPayment
            | Reason::AwaitingNode => Self(1),
            Reason::NoRoute => Self(2),
            Reason::NoCarrierLeft => Self(3),
            Reason::AttemptsExhausted => Self(4),
            Reason::Expired => code.and_then(Self::of_network).unwrap_or(Self::EXPIRED),
            Reason::NoReceipt => Self::NO_RECEIPT,
            Reason::CancelledByBuyer => Self(7),
            Reason::HoldRanOut
            | Reason::Unpaid
            | Reason::PaymentUnfit
            | Reason::NodeRefunded
            | Reason::NoInvoice
            | Reason::NoNumber
            | Reason::NoCode => Self(8),
            Reason::LinkDown | Reason::LinkElsewhere | Reason::CarrierFull => Self(9),
            Reason::Throttled | Reason::QueueFull | Reason::CarrierBusy | Reason::NoAnswer => {
                Self(10)
            }
            Reason::QuietHours => Self(11),
            Reason::BadNumber | Reason::BadDestination => Self::INVALID_NUMBER,
            Reason::Blocked => Self::BLACKLISTED,
            Reason::BadSender => Self::BAD_SENDER,
            Reason::Refused | Reason::Undelivered => {
                let known = |code| Self::of_command(code).or_else(|| Self::of_network(code));
                code.and_then(known).unwrap_or(Self::EXTERNAL)
            }
        }
    }

    /// Reads `smpp:0x00000014`.
    fn of_command(code: &str) -> Option<Self> {
        let status = u32::from_str_radix(code.strip_prefix("smpp:0x")?, 16).ok()?;
        match status {
            0x0b => Some(Self::INVALID_NUMBER),
            0x0a => Some(Self::BAD_SENDER),
            0x01 | 0x61 | 0x62 => Some(Self(24)),
            0x19 | 0x1a | 0x100..=0x102 => Some(Self(25)),
            0x14 | 0x58 => Some(Self(26)),
            0x08 | 0x64 | 0xfe => Some(Self(27)),
            _ => None,
        }
    }

    /// Reads `027`, and `network 3: 27`, where 3 is GSM (SMPP 3.4 §5.3.2.31).
    fn of_network(code: &str) -> Option<Self> {
        let digits = code.strip_prefix("network 3: ").unwrap_or(code);
        match digits.parse::<u16>().ok()? {
            1 => Some(Self::NO_SUCH_NUMBER),
            9 | 12 => Some(Self(28)),
            11 | 21 => Some(Self(29)),
            13 => Some(Self(30)),
            27 => Some(Self(31)),
            31 => Some(Self(32)),
            32 => Some(Self(33)),
            34..=36 => Some(Self(34)),
            _ => None,
        }
    }

    /// As it stands on the wire.
    pub const fn number(self) -> u8 {
        self.0
    }

    /// A short text for display.
    pub const fn errortext(self) -> &'static str {
        match self.0 {
            2 => "No carrier serves this destination",
            3 => "Every carrier was tried",
            4 => "Too many attempts",
            5 => "Validity ended before delivery",
            6 => "No delivery receipt",
            7 => "Cancelled",
            8 => "Payment ended",
            9 => "No carrier was connected",
            10 => "The carrier was busy",
            11 => "Quiet hours at the destination",
            12 => "Number does not exist",
            13 => "Number invalid",
            14 => "Number blacklisted",
            22 => "Not delivered",
            23 => "The carrier refused the sender",
            24 => "The carrier refused the message",
            25 => "Not allowed at the carrier",
            26 => "The carrier's queue was full",
            27 => "Fault at the carrier",
            28 => "The network refused the subscriber",
            29 => "The subscriber has no text messages",
            30 => "The subscriber is barred",
            31 => "Phone off or out of reach",
            32 => "Phone busy",
            33 => "The phone refused the message",
            34 => "Fault in the network",
            100 => "Roaming",
            150 => "Delivered",
            _ => "Ended before it was sent",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FAILED: RecipientState = RecipientState::Failed;

    fn number(state: RecipientState, reason: Option<Reason>, code: Option<&str>) -> Option<u8> {
        StatusCode::of(state, reason, code).map(StatusCode::number)
    }

    /// Exhaustive, so that a new reason is given a number here too.
    const fn expected(reason: Reason) -> u8 {
        match reason {
            Reason::Queued | Reason::Sending | Reason::AwaitingReceipt => 1,
            Reason::Scheduled | Reason::Paused => 1,
            Reason::AwaitingPayment | Reason::AwaitingNode => 1,
            Reason::NoRoute => 2,
            Reason::NoCarrierLeft => 3,
            Reason::AttemptsExhausted => 4,
            Reason::Expired => 5,
            Reason::NoReceipt => 6,
            Reason::CancelledByBuyer => 7,
            Reason::HoldRanOut | Reason::Unpaid | Reason::PaymentUnfit => 8,
            Reason::NodeRefunded | Reason::NoInvoice | Reason::NoNumber | Reason::NoCode => 8,
            Reason::LinkDown | Reason::LinkElsewhere | Reason::CarrierFull => 9,
            Reason::Throttled | Reason::QueueFull | Reason::CarrierBusy => 10,
            Reason::NoAnswer => 10,
            Reason::QuietHours => 11,
            Reason::BadNumber | Reason::BadDestination => 13,
            Reason::Blocked => 14,
            Reason::Refused | Reason::Undelivered => 22,
            Reason::BadSender => 23,
        }
    }

    #[test]
    fn every_reason_has_one_number() {
        for &reason in Reason::ALL {
            for state in [FAILED, RecipientState::Expired, RecipientState::Timeout] {
                assert_eq!(number(state, Some(reason), None), Some(expected(reason)), "{reason:?}");
            }
        }
    }

    #[test]
    fn every_final_state_has_a_number_and_no_other_state_has_one() {
        let numbers: Vec<_> =
            RecipientState::ALL.iter().map(|state| number(*state, None, None)).collect();
        assert_eq!(
            numbers,
            [None, None, Some(150), Some(22), Some(13), Some(14), Some(5), Some(6)],
            "{:?}",
            RecipientState::ALL
        );
        let waits = number(RecipientState::Submitted, Some(Reason::NoAnswer), Some("027"));
        assert_eq!(waits, None);
    }

    #[test]
    fn the_carriers_code_decides_what_the_carrier_ended() {
        for (reason, code, expected) in [
            (Reason::Undelivered, "001", 12),
            (Reason::Undelivered, "network 3: 1", 12),
            (Reason::Undelivered, "network 1: 1", 22),
            (Reason::Undelivered, "27", 31),
            (Reason::Undelivered, "000", 22),
            (Reason::Undelivered, "absent", 22),
            (Reason::Undelivered, "99999999999", 22),
            (Reason::Refused, "smpp:0x00000014", 26),
            (Reason::Refused, "smpp:0x00000101", 25),
            (Reason::Refused, "smpp:0x00000410", 22),
            (Reason::Refused, "smpp:", 22),
            (Reason::BadDestination, "smpp:0x00000410", 13),
            (Reason::Expired, "027", 31),
            (Reason::Expired, "000", 5),
            (Reason::NoRoute, "001", 2),
        ] {
            assert_eq!(
                number(FAILED, Some(reason), Some(code)),
                Some(expected),
                "{reason:?} {code}"
            );
        }
    }

    #[test]
    fn every_code_in_use_has_a_text_of_its_own() {
        let codes = (1..=14).chain(22..=34).chain([100, 150]);
        let texts: std::collections::HashSet<_> =
            codes.clone().map(|code| StatusCode(code).errortext()).collect();
        assert_eq!(texts.len(), codes.count());
        assert_eq!(StatusCode::ROAMING.errortext(), "Roaming");
    }
}
