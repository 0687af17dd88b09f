//! Message states: the number in `message_state` (SMPP 3.4 §5.2.28, 5.0 §4.7.15) and the word in a receipt's text
//! (3.4 appendix B), including the non-standard words of carriers.

/// State of a message as reported by its carrier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MessageState {
    /// Waiting for its scheduled time (5.0).
    Scheduled,
    /// In transit; not final.
    Enroute,
    /// Delivered.
    Delivered,
    /// Not delivered within its validity period.
    Expired,
    /// Deleted by the carrier.
    Deleted,
    /// Cannot be delivered.
    Undeliverable,
    /// Accepted manually on behalf of the subscriber.
    Accepted,
    /// The carrier does not know, or its word or number is unrecognised; never treated as a failure.
    Unknown,
    /// Refused.
    Rejected,
    /// Accepted but not sent on (5.0).
    Skipped,
}

impl MessageState {
    /// Maps `message_state`; undefined numbers are [`Self::Unknown`].
    #[must_use]
    pub const fn from_number(number: u8) -> Self {
        match number {
            0 => Self::Scheduled,
            1 => Self::Enroute,
            2 => Self::Delivered,
            3 => Self::Expired,
            4 => Self::Deleted,
            5 => Self::Undeliverable,
            6 => Self::Accepted,
            8 => Self::Rejected,
            9 => Self::Skipped,
            _ => Self::Unknown,
        }
    }

    /// The number for `message_state`.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::Scheduled => 0,
            Self::Enroute => 1,
            Self::Delivered => 2,
            Self::Expired => 3,
            Self::Deleted => 4,
            Self::Undeliverable => 5,
            Self::Accepted => 6,
            Self::Unknown => 7,
            Self::Rejected => 8,
            Self::Skipped => 9,
        }
    }

    /// Maps the value of `stat:`, case-insensitively; unrecognised words are [`Self::Unknown`]. A single digit is read
    /// as `message_state`, except `0`, which is delivered: carriers that send it mean "no error".
    #[must_use]
    pub fn from_word(word: &[u8]) -> Self {
        let mut upper = [0; 13];
        let Some(upper) = upper.get_mut(..word.len()) else { return Self::Unknown };
        upper.copy_from_slice(word);
        upper.make_ascii_uppercase();
        match &*upper {
            b"DELIVRD" | b"DELIVERED" | b"DLVRD" | b"DELIV" | b"DELVRD" | b"DELIVERD" | b"0" => {
                Self::Delivered
            }
            b"EXPIRED" | b"EXPIRD" => Self::Expired,
            b"DELETED" => Self::Deleted,
            b"UNDELIV" | b"UNDELIVERABLE" | b"UNDELIVERED" | b"UNDELIVRD" | b"UNDLVRD"
            | b"UNDELVRD" | b"FAILED" => Self::Undeliverable,
            b"ACCEPTD" | b"ACCEPTED" => Self::Accepted,
            b"REJECTD" | b"REJECTED" => Self::Rejected,
            b"ENROUTE" | b"BUFFRED" | b"BUFFERD" | b"BUFFERED" | b"ACKED" => Self::Enroute,
            b"SCHEDULED" | b"SCHEDLD" => Self::Scheduled,
            b"SKIPPED" => Self::Skipped,
            [digit @ b'1'..=b'9'] => Self::from_number(digit - b'0'),
            _ => Self::Unknown,
        }
    }

    /// The seven-letter word in a receipt's text.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Scheduled | Self::Enroute => "ENROUTE",
            Self::Delivered => "DELIVRD",
            Self::Expired => "EXPIRED",
            Self::Deleted => "DELETED",
            Self::Undeliverable => "UNDELIV",
            Self::Accepted => "ACCEPTD",
            Self::Unknown => "UNKNOWN",
            Self::Rejected => "REJECTD",
            Self::Skipped => "SKIPPED",
        }
    }

    /// Whether the state is final. `Accepted` and `Unknown` are not: some carriers send another receipt later.
    #[must_use]
    pub const fn is_final(self) -> bool {
        !matches!(self, Self::Scheduled | Self::Enroute | Self::Accepted | Self::Unknown)
    }
}
