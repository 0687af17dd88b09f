//! The meaning of a response for its part.
//!
//! | meaning | the message | the link |
//! |---|---|---|
//! | permanent, bad_destination, bad_sender | refused with the code and refunded | |
//! | another | tried at another carrier of the route, if any | |
//! | throttled | stays at the head of the queue | pauses, then sends at a lower rate |
//! | queue_full | deferred, longer each time | as throttled if it comes for several destinations in a row |
//! | temporary | deferred | |
//! | link | deferred | is bound again |
//! | unknown | deferred up to three attempts in all, then refused with the code | |
//!
//! A status is looked up in the carrier's own table, then interpreted by the standard. Other statuses (vendors' codes,
//! `ESME_RUNKNOWNERR`) may be temporary or not: after three attempts a refusal with refund is better than retrying
//! forever.

use std::collections::{HashMap, VecDeque};

use domain::id::MessageId;
use domain::ports::SubmissionKey;
use domain::reason::Reason;
use serde::Deserialize;
use smpp::session::Failure;
use smpp::{CommandStatus, ErrorClass};

/// Meaning of a carrier's status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Meaning {
    Permanent,
    BadDestination,
    BadSender,
    Another,
    Throttled,
    /// SMPP 5.0 §4.7.6: the queue of one destination, or of the carrier.
    QueueFull,
    Temporary,
    Link,
    Unknown,
}

/// Why a part was not accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum NotAccepted {
    Refused {
        reason: Reason,
        code: String,
    },
    /// This carrier does not serve it.
    Another {
        code: String,
    },
    /// It is unknown whether it can ever be accepted.
    Unknown {
        code: String,
    },
    /// It may be sent again once the link has slowed down.
    Throttled,
    /// The carrier's queue for this destination is full, or its own.
    QueueFull,
    Busy,
    /// It may have been accepted.
    NoAnswer,
    /// It was certainly not accepted, and the session is unusable.
    NotSent,
}

/// A status as it is stored and shown.
pub(super) fn code_of(status: CommandStatus) -> String {
    format!("smpp:{:#010x}", status.0)
}

pub(super) fn of_status(
    status: CommandStatus,
    known: impl Fn(CommandStatus) -> Option<Meaning>,
) -> NotAccepted {
    let code = || code_of(status);
    let refused = |reason| NotAccepted::Refused { reason, code: code() };
    match known(status).unwrap_or_else(|| standard(status)) {
        Meaning::Permanent => refused(Reason::Refused),
        Meaning::BadDestination => refused(Reason::BadDestination),
        Meaning::BadSender => refused(Reason::BadSender),
        Meaning::Another => NotAccepted::Another { code: code() },
        Meaning::Throttled => NotAccepted::Throttled,
        Meaning::QueueFull => NotAccepted::QueueFull,
        Meaning::Temporary => NotAccepted::Busy,
        Meaning::Link => NotAccepted::NotSent,
        Meaning::Unknown => NotAccepted::Unknown { code: code() },
    }
}

/// Meaning by the standard.
const fn standard(status: CommandStatus) -> Meaning {
    use CommandStatus as S;
    match status {
        S::RINVDSTADR | S::RINVDSTTON | S::RINVDSTNPI | S::RINVDSTADDRSUBUNIT => {
            return Meaning::BadDestination;
        }
        S::RINVSRCADR | S::RINVSRCTON | S::RINVSRCNPI | S::RINVSRCADDRSUBUNIT => {
            return Meaning::BadSender;
        }
        S::RTHROTTLED => return Meaning::Throttled,
        S::RMSGQFUL => return Meaning::QueueFull,
        // Not allowed for our account at this carrier.
        S::RINVSERTYP | S::RSERTYPUNAUTH | S::RPROHIBITED | S::RSERTYPDENIED => {
            return Meaning::Another;
        }
        _ => {}
    }
    match status.error_class() {
        Some(ErrorClass::Temporary) => Meaning::Temporary,
        Some(ErrorClass::LinkFatal) => Meaning::Link,
        Some(ErrorClass::Permanent) => Meaning::Permanent,
        Some(ErrorClass::Unknown) | None => Meaning::Unknown,
    }
}

pub(super) const fn of_failure(why: Failure) -> NotAccepted {
    match why {
        Failure::NeverSent => NotAccepted::NotSent,
        Failure::NoResponse | Failure::SessionEnded => NotAccepted::NoAnswer,
    }
}

/// Attempts per recipient with an unknown status.
const ATTEMPTS_MAX: u8 = 3;

/// Limit of recipients that are counted; an evicted one starts again.
const RECIPIENTS_MAX: usize = 10_000;

/// Number of unknown statuses per recipient.
#[derive(Debug, Default)]
pub(super) struct UnknownStatuses {
    times: HashMap<(MessageId, u32), u8>,
    oldest: VecDeque<(MessageId, u32)>,
}

impl UnknownStatuses {
    /// Counts one; returns whether it was the last attempt.
    pub(super) fn note(&mut self, key: SubmissionKey) -> bool {
        let recipient = (key.chunk.message, key.recipient);
        let times = self.times.entry(recipient).or_insert_with(|| {
            self.oldest.push_back(recipient);
            0
        });
        *times += 1;
        let last = *times >= ATTEMPTS_MAX;
        if last {
            self.times.remove(&recipient);
            self.oldest.retain(|known| *known != recipient);
        } else if self.times.len() > RECIPIENTS_MAX
            && let Some(oldest) = self.oldest.pop_front()
        {
            self.times.remove(&oldest);
        }
        last
    }
}

#[cfg(test)]
mod tests {
    use testkit::carrier_conformance::key;

    use super::*;

    #[test]
    fn statuses_mean_what_the_standard_says() {
        use CommandStatus as S;
        let refused = |reason, code: &str| NotAccepted::Refused { reason, code: code.to_owned() };
        let unknown = |code: &str| NotAccepted::Unknown { code: code.to_owned() };
        let another = |code: &str| NotAccepted::Another { code: code.to_owned() };
        for (status, expected) in [
            (S::RINVDSTADR, refused(Reason::BadDestination, "smpp:0x0000000b")),
            (S::RINVSRCADR, refused(Reason::BadSender, "smpp:0x0000000a")),
            (S::RINVMSGLEN, refused(Reason::Refused, "smpp:0x00000001")),
            (S::RX_P_APPN, refused(Reason::Refused, "smpp:0x00000065")),
            (S::RX_R_APPN, refused(Reason::Refused, "smpp:0x00000066")),
            (S::RPROHIBITED, another("smpp:0x00000101")),
            (S(0x410), unknown("smpp:0x00000410")),
            (S(0x4FF), unknown("smpp:0x000004ff")),
            (S::RUNKNOWNERR, unknown("smpp:0x000000ff")),
            (S::RTHROTTLED, NotAccepted::Throttled),
            (S::RMSGQFUL, NotAccepted::QueueFull),
            (S::RSYSERR, NotAccepted::Busy),
            (S::RX_T_APPN, NotAccepted::Busy),
            (S::RINVBNDSTS, NotAccepted::NotSent),
            (S::RBINDFAIL, NotAccepted::NotSent),
        ] {
            assert_eq!(of_status(status, |_| None), expected, "{status}");
        }
    }

    #[test]
    fn a_carriers_own_table_takes_precedence() {
        let table = |status| (status == CommandStatus(0x410)).then_some(Meaning::Throttled);
        assert_eq!(of_status(CommandStatus(0x410), table), NotAccepted::Throttled);
        let table = |_| Some(Meaning::Temporary);
        assert_eq!(of_status(CommandStatus::RINVDSTADR, table), NotAccepted::Busy);
    }

    #[test]
    fn an_unknown_status_is_retried_up_to_three_attempts() {
        let mut unknown_statuses = UnknownStatuses::default();
        let tries = [1, 2, 1, 1, 2, 2, 1].map(|number| unknown_statuses.note(key(number)));
        assert_eq!(tries, [false, false, false, true, false, true, false]);
    }

    #[test]
    fn the_counts_of_unknown_statuses_are_bounded() {
        let mut unknown_statuses = UnknownStatuses::default();
        for number in 0..20_000 {
            assert!(!unknown_statuses.note(key(number)));
        }
        assert_eq!(
            (unknown_statuses.times.len(), unknown_statuses.oldest.len()),
            (RECIPIENTS_MAX, RECIPIENTS_MAX)
        );
        assert!(!unknown_statuses.note(key(1)), "it was not evicted");
    }
}
