//! What the answer to a part means for it.
//!
//! | meaning | the message | the link |
//! |---|---|---|
//! | permanent, bad_destination, bad_sender | refused with the code: its money goes back | |
//! | another | another carrier is tried, if the route has one | |
//! | throttled | waits at the head of the link | pauses, with a smaller window |
//! | temporary | comes back later | |
//! | link | comes back later | is bound anew |
//! | unknown | comes back later, three times in all; then refused with the code | |
//!
//! A status is looked up in the carrier's own table first, then read as the standard says. What
//! neither knows (vendors' codes, `ESME_RUNKNOWNERR`) may pass or may not: sending a message for ever
//! that will never be taken helps nobody, and a refusal gives the money back.

use std::collections::{HashMap, VecDeque};

use domain::id::MessageId;
use domain::ports::SubmissionKey;
use domain::reason::Reason;
use serde::Deserialize;
use smpp::session::Failure;
use smpp::{CommandStatus, ErrorClass};

/// What a carrier's status means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Meaning {
    Permanent,
    BadDestination,
    BadSender,
    Another,
    Throttled,
    Temporary,
    Link,
    Unknown,
}

/// How one part ended, if it was not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum NotTaken {
    Refused {
        reason: Reason,
        code: String,
    },
    /// This carrier will not take it.
    Another {
        code: String,
    },
    /// Nobody knows whether it will ever be taken.
    Unknown {
        code: String,
    },
    /// The link must slow down, and then it may be sent.
    Throttled,
    Busy,
    /// It may have been taken.
    NoAnswer,
    /// It was certainly not taken, and the session is of no use (any more).
    NotSent,
}

pub(super) fn of_status(
    status: CommandStatus,
    known: impl Fn(CommandStatus) -> Option<Meaning>,
) -> NotTaken {
    let code = || format!("smpp:{:#010x}", status.0);
    let refused = |reason| NotTaken::Refused { reason, code: code() };
    match known(status).unwrap_or_else(|| standard(status)) {
        Meaning::Permanent => refused(Reason::Refused),
        Meaning::BadDestination => refused(Reason::BadDestination),
        Meaning::BadSender => refused(Reason::BadSender),
        Meaning::Another => NotTaken::Another { code: code() },
        Meaning::Throttled => NotTaken::Throttled,
        Meaning::Temporary => NotTaken::Busy,
        Meaning::Link => NotTaken::NotSent,
        Meaning::Unknown => NotTaken::Unknown { code: code() },
    }
}

/// The standard's reading.
const fn standard(status: CommandStatus) -> Meaning {
    use CommandStatus as S;
    match status {
        S::RINVDSTADR | S::RINVDSTTON | S::RINVDSTNPI | S::RINVDSTADDRSUBUNIT => {
            return Meaning::BadDestination;
        }
        S::RINVSRCADR | S::RINVSRCTON | S::RINVSRCNPI | S::RINVSRCADDRSUBUNIT => {
            return Meaning::BadSender;
        }
        S::RTHROTTLED | S::RMSGQFUL => return Meaning::Throttled,
        // What our account with this carrier may not do.
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

pub(super) const fn of_failure(why: Failure) -> NotTaken {
    match why {
        Failure::NeverSent => NotTaken::NotSent,
        Failure::NoResponse | Failure::SessionEnded => NotTaken::NoAnswer,
    }
}

/// How often what nobody understands is sent.
const PUZZLES_MAX: u8 = 3;

/// Recipients remembered for that; one that is forgotten begins anew.
const PUZZLED_MAX: usize = 10_000;

/// How often recipients were answered with a status that nobody knows.
#[derive(Debug, Default)]
pub(super) struct Puzzles {
    times: HashMap<(MessageId, u32), u8>,
    oldest: VecDeque<(MessageId, u32)>,
}

impl Puzzles {
    /// Notes one more; whether it was the last that is tried.
    pub(super) fn note(&mut self, key: SubmissionKey) -> bool {
        let recipient = (key.chunk.message, key.recipient);
        let times = self.times.entry(recipient).or_insert_with(|| {
            self.oldest.push_back(recipient);
            0
        });
        *times += 1;
        let last = *times >= PUZZLES_MAX;
        if last {
            self.times.remove(&recipient);
            self.oldest.retain(|known| *known != recipient);
        } else if self.times.len() > PUZZLED_MAX
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
        let refused = |reason, code: &str| NotTaken::Refused { reason, code: code.to_owned() };
        let unknown = |code: &str| NotTaken::Unknown { code: code.to_owned() };
        let another = |code: &str| NotTaken::Another { code: code.to_owned() };
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
            (S::RTHROTTLED, NotTaken::Throttled),
            (S::RMSGQFUL, NotTaken::Throttled),
            (S::RSYSERR, NotTaken::Busy),
            (S::RX_T_APPN, NotTaken::Busy),
            (S::RINVBNDSTS, NotTaken::NotSent),
            (S::RBINDFAIL, NotTaken::NotSent),
        ] {
            assert_eq!(of_status(status, |_| None), expected, "{status}");
        }
    }

    #[test]
    fn a_carriers_own_table_wins() {
        let table = |status| (status == CommandStatus(0x410)).then_some(Meaning::Throttled);
        assert_eq!(of_status(CommandStatus(0x410), table), NotTaken::Throttled);
        let table = |_| Some(Meaning::Temporary);
        assert_eq!(of_status(CommandStatus::RINVDSTADR, table), NotTaken::Busy);
    }

    #[test]
    fn what_nobody_knows_is_tried_three_times() {
        let mut puzzles = Puzzles::default();
        let tries = [1, 2, 1, 1, 2, 2, 1].map(|number| puzzles.note(key(number)));
        assert_eq!(tries, [false, false, false, true, false, true, false]);
    }

    #[test]
    fn what_is_remembered_of_the_unknown_is_bounded() {
        let mut puzzles = Puzzles::default();
        for number in 0..20_000 {
            assert!(!puzzles.note(key(number)));
        }
        assert_eq!((puzzles.times.len(), puzzles.oldest.len()), (PUZZLED_MAX, PUZZLED_MAX));
        assert!(!puzzles.note(key(1)), "it was forgotten");
    }
}
