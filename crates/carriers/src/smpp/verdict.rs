//! What the answer to a part means for it.
//!
//! A status is looked up in the carrier's own table first, then read as the standard says; what
//! neither knows (vendors' codes, `ESME_RUNKNOWNERR`) is a refusal, because sending a message for
//! ever that will never be taken helps nobody, and a refusal gives the money back.

use domain::reason::Reason;
use serde::Deserialize;
use smpp::session::Failure;
use smpp::{CommandStatus, ErrorClass};

/// What a carrier's own status means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Meaning {
    Throttled,
    Busy,
    BadDestination,
    BadSender,
    Refused,
}

/// How one part ended, if it was not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum NotTaken {
    Refused {
        reason: Reason,
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
    let refused = |reason| NotTaken::Refused { reason, code: format!("smpp:{:#010x}", status.0) };
    match known(status).or_else(|| standard(status)) {
        Some(Meaning::Throttled) => NotTaken::Throttled,
        Some(Meaning::Busy) => NotTaken::Busy,
        Some(Meaning::BadDestination) => refused(Reason::BadDestination),
        Some(Meaning::BadSender) => refused(Reason::BadSender),
        Some(Meaning::Refused) => refused(Reason::Refused),
        None => NotTaken::NotSent,
    }
}

/// The standard's reading; `None` when the bind is at fault and not the message.
const fn standard(status: CommandStatus) -> Option<Meaning> {
    use CommandStatus as S;
    match status {
        S::RINVDSTADR | S::RINVDSTTON | S::RINVDSTNPI | S::RINVDSTADDRSUBUNIT => {
            return Some(Meaning::BadDestination);
        }
        S::RINVSRCADR | S::RINVSRCTON | S::RINVSRCNPI | S::RINVSRCADDRSUBUNIT => {
            return Some(Meaning::BadSender);
        }
        S::RTHROTTLED | S::RMSGQFUL => return Some(Meaning::Throttled),
        _ => {}
    }
    match status.error_class() {
        Some(ErrorClass::Temporary) => Some(Meaning::Busy),
        Some(ErrorClass::LinkFatal) => None,
        Some(ErrorClass::Permanent | ErrorClass::Unknown) | None => Some(Meaning::Refused),
    }
}

pub(super) const fn of_failure(why: Failure) -> NotTaken {
    match why {
        Failure::NeverSent => NotTaken::NotSent,
        Failure::NoResponse | Failure::SessionEnded => NotTaken::NoAnswer,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses_mean_what_the_standard_says() {
        use CommandStatus as S;
        let refused = |reason, code: &str| NotTaken::Refused { reason, code: code.to_owned() };
        for (status, expected) in [
            (S::RINVDSTADR, refused(Reason::BadDestination, "smpp:0x0000000b")),
            (S::RINVSRCADR, refused(Reason::BadSender, "smpp:0x0000000a")),
            (S::RINVMSGLEN, refused(Reason::Refused, "smpp:0x00000001")),
            (S::RX_P_APPN, refused(Reason::Refused, "smpp:0x00000065")),
            (S::RX_R_APPN, refused(Reason::Refused, "smpp:0x00000066")),
            (S(0x410), refused(Reason::Refused, "smpp:0x00000410")),
            (S::RUNKNOWNERR, refused(Reason::Refused, "smpp:0x000000ff")),
            (S::RTHROTTLED, NotTaken::Throttled),
            (S::RMSGQFUL, NotTaken::Throttled),
            (S::RSYSERR, NotTaken::Busy),
            (S::RX_T_APPN, NotTaken::Busy),
            (S::RINVBNDSTS, NotTaken::NotSent),
        ] {
            assert_eq!(of_status(status, |_| None), expected, "{status}");
        }
    }

    #[test]
    fn a_carriers_own_table_wins() {
        let table = |status| (status == CommandStatus(0x410)).then_some(Meaning::Throttled);
        assert_eq!(of_status(CommandStatus(0x410), table), NotTaken::Throttled);
        let table = |_| Some(Meaning::Busy);
        assert_eq!(of_status(CommandStatus::RINVDSTADR, table), NotTaken::Busy);
    }
}
