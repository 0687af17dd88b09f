//! The meaning of a server's response for a mail.
//!
//! | command | response | outcome |
//! |---|---|---|
//! | RCPT | 550, 551, 553 | refused, bad destination |
//! | MAIL | 550, 551, 553 | refused, bad sender |
//! | any | 530, 534, 535, 538 | deferred, link down: our login was refused |
//! | any | other 5xx | refused |
//! | any | 421, 450, 452 | deferred, throttled |
//! | any | other 4xx | deferred, carrier busy |
//! | the text | none (connection lost, timeout) | deferred, no answer: it may have arrived |
//! | anything before | none | deferred, link down: it was certainly not sent |
//!
//! The text and its final dot are written together, so a connection lost meanwhile counts as lost after the dot. Every
//! other deferral is certain: after any response but success the mail stays with us (RFC 5321 §4.2.5).

use domain::ports::End;
use domain::reason::Reason;

/// The last command sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    Mail,
    Rcpt,
    Data,
    /// The mail itself, up to its final dot.
    Text,
}

/// How the stage failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// A negative response.
    Answer(u16),
    /// No response in time, or an invalid one: the connection is unusable.
    Silence,
}

pub(super) fn end(stage: Stage, fault: Fault) -> End {
    let code = match fault {
        Fault::Answer(code) => Some(format!("smtp:{code}")),
        Fault::Silence => None,
    };
    let reason = match (stage, fault) {
        (Stage::Text, Fault::Silence) => Reason::NoAnswer,
        (Stage::Mail | Stage::Rcpt | Stage::Data, Fault::Silence)
        | (_, Fault::Answer(530 | 534 | 535 | 538)) => Reason::LinkDown,
        (_, Fault::Answer(421 | 450 | 452)) => Reason::Throttled,
        (_, Fault::Answer(code)) if code < 500 => Reason::CarrierBusy,
        (stage, Fault::Answer(code)) => {
            let reason = match (stage, code) {
                (Stage::Rcpt, 550 | 551 | 553) => Reason::BadDestination,
                (Stage::Mail, 550 | 551 | 553) => Reason::BadSender,
                _ => Reason::Refused,
            };
            return End::Refused { reason, code: format!("smtp:{code}") };
        }
    };
    End::Deferred { reason, wait: None, code }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_of_the_table() {
        let refused = |reason, code: &str| End::Refused { reason, code: format!("smtp:{code}") };
        let deferred = |reason, code: u16| {
            let code = (code > 0).then(|| format!("smtp:{code}"));
            End::Deferred { reason, wait: None, code }
        };
        for (stage, fault, expected) in [
            (Stage::Rcpt, Fault::Answer(550), refused(Reason::BadDestination, "550")),
            (Stage::Rcpt, Fault::Answer(553), refused(Reason::BadDestination, "553")),
            (Stage::Rcpt, Fault::Answer(554), refused(Reason::Refused, "554")),
            (Stage::Mail, Fault::Answer(550), refused(Reason::BadSender, "550")),
            (Stage::Text, Fault::Answer(550), refused(Reason::Refused, "550")),
            (Stage::Text, Fault::Answer(554), refused(Reason::Refused, "554")),
            (Stage::Mail, Fault::Answer(530), deferred(Reason::LinkDown, 530)),
            (Stage::Rcpt, Fault::Answer(450), deferred(Reason::Throttled, 450)),
            (Stage::Mail, Fault::Answer(421), deferred(Reason::Throttled, 421)),
            (Stage::Rcpt, Fault::Answer(451), deferred(Reason::CarrierBusy, 451)),
            (Stage::Text, Fault::Answer(452), deferred(Reason::Throttled, 452)),
            (Stage::Data, Fault::Silence, deferred(Reason::LinkDown, 0)),
            (Stage::Text, Fault::Silence, deferred(Reason::NoAnswer, 0)),
        ] {
            assert_eq!(end(stage, fault), expected, "{stage:?} {fault:?}");
        }
    }
}
