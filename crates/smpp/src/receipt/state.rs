//! Message states: the number of `message_state` (SMPP 3.4 §5.2.28, 5.0 §4.7.15) and the word in a receipt's text
//! (3.4 appendix B), with the words that carriers made up.

/// What became of a message, as its carrier says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MessageState {
    /// Held until its time (5.0).
    Scheduled,
    /// On its way: not final.
    Enroute,
    /// Delivered.
    Delivered,
    /// Not delivered within its validity.
    Expired,
    /// Deleted by the carrier.
    Deleted,
    /// Cannot be delivered.
    Undeliverable,
    /// Taken over by someone on the subscriber's behalf.
    Accepted,
    /// The carrier does not know, or said what nobody knows. Never a failure by accident.
    Unknown,
    /// Refused.
    Rejected,
    /// Accepted and then not sent on (5.0).
    Skipped,
}

impl MessageState {
    /// Reads `message_state`; numbers of nobody's are [`Self::Unknown`].
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

    /// Reads the word after `stat:`, in any case; words of nobody's are [`Self::Unknown`]. A lone digit is read as
    /// `message_state`, but `0` as delivered: carriers that send it mean "no error".
    #[must_use]
    pub fn from_word(word: &[u8]) -> Self {
        let mut upper = [0; 13];
        let Some(upper) = upper.get_mut(..word.len()) else { return Self::Unknown };
        upper.copy_from_slice(word);
        upper.make_ascii_uppercase();
        match &*upper {
            b"DELIVRD" | b"DELIVERED" | b"0" => Self::Delivered,
            b"EXPIRED" => Self::Expired,
            b"DELETED" => Self::Deleted,
            b"UNDELIV" | b"UNDELIVERABLE" | b"FAILED" => Self::Undeliverable,
            b"ACCEPTD" | b"ACCEPTED" => Self::Accepted,
            b"REJECTD" | b"REJECTED" => Self::Rejected,
            b"ENROUTE" | b"BUFFRED" | b"BUFFERD" | b"BUFFERED" | b"ACKED" => Self::Enroute,
            b"SCHEDULED" | b"SCHEDLD" => Self::Scheduled,
            b"SKIPPED" => Self::Skipped,
            [digit @ b'1'..=b'9'] => Self::from_number(digit - b'0'),
            _ => Self::Unknown,
        }
    }

    /// The seven letters for a receipt's text.
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

    /// Whether nothing further is expected. `Accepted` and `Unknown` are left open: some carriers follow them up.
    #[must_use]
    pub const fn is_final(self) -> bool {
        !matches!(self, Self::Scheduled | Self::Enroute | Self::Accepted | Self::Unknown)
    }
}
