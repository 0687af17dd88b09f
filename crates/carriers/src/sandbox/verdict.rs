//! The outcome of a message, chosen by its destination.

use domain::message::Address;
use domain::ports::ReceiptState;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    Delivered,
    /// Accepted, then failed.
    Failed,
    /// Accepted, without a receipt.
    Lost,
    /// Refused.
    Refused,
}

impl Verdict {
    pub(super) fn of(to: &Address) -> Self {
        match to {
            Address::Phone(number) => match number.digits() % 10_000 {
                1 => Self::Refused,
                2 => Self::Failed,
                3 => Self::Lost,
                _ => Self::Delivered,
            },
            Address::Email(address) => match address.as_str() {
                local if local.starts_with("refused") => Self::Refused,
                local if local.starts_with("fail") => Self::Failed,
                local if local.starts_with("lost") => Self::Lost,
                _ => Self::Delivered,
            },
        }
    }

    /// State in the receipt, if one is sent.
    pub(super) const fn receipt(self) -> Option<ReceiptState> {
        match self {
            Self::Delivered => Some(ReceiptState::Delivered),
            Self::Failed => Some(ReceiptState::Failed),
            Self::Lost | Self::Refused => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_destination_determines_the_outcome() {
        for (to, verdict) in [
            ("4520123456", Verdict::Delivered),
            ("4520120001", Verdict::Refused),
            ("4520120002", Verdict::Failed),
            ("4520120003", Verdict::Lost),
            ("4520121000", Verdict::Delivered),
            ("ada@example.com", Verdict::Delivered),
            ("refused@example.com", Verdict::Refused),
            ("refused.too@example.com", Verdict::Refused),
            ("failing@example.com", Verdict::Failed),
            ("lost@example.com", Verdict::Lost),
            ("ada@refused.example.com", Verdict::Delivered),
        ] {
            assert_eq!(Verdict::of(&to.parse().unwrap()), verdict, "{to}");
        }
    }
}
