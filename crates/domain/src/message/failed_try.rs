//! A try that failed: a carrier was handed a recipient and did not take it. Kept for support; nothing is
//! decided by it. A try that succeeded is a part that a carrier took ([`super::parts`]).
//!
//! | outcome | a failed try |
//! |---|---|
//! | refused, try another | yes, if a carrier said so |
//! | deferred: the carrier answered, or did not answer | yes |
//! | deferred: link down, link elsewhere, carrier full, quiet hours | no: no carrier was handed it |
//! | accepted, sent, delivered, late | no |
//!
//! The first tries and the last one are kept, [`TRIES_KEPT_MAX`] of a recipient: a carrier that is busy
//! for a day does not fill the store. An outcome that is recorded twice, or that belongs to a claim before
//! the last try, adds nothing.

use crate::limits::TRIES_KEPT_MAX;
use crate::ports::{End, Outcome};
use crate::reason::Reason;
use crate::routing::CarrierName;
use crate::time::Timestamp;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailedTry {
    /// The claim that handed it over.
    pub attempt: u32,
    pub carrier: CarrierName,
    /// The carrier's link, from 1, if it was on one.
    pub link: Option<u16>,
    pub reason: Reason,
    /// The carrier's own code, if it answered.
    pub code: Option<String>,
    pub at: Timestamp,
}

impl Outcome {
    /// `None` unless a carrier was handed the recipient and did not take it.
    pub fn failed_try(&self, at: Timestamp) -> Option<FailedTry> {
        if self.carrier.as_str().is_empty() {
            return None;
        }
        let (reason, code) = match &self.end {
            End::Refused { reason, code } | End::TryAnother { reason, code } => {
                (*reason, Some(code).filter(|code| !code.is_empty()).cloned())
            }
            End::Deferred { reason, code, .. } => match reason {
                Reason::LinkDown
                | Reason::LinkElsewhere
                | Reason::CarrierFull
                | Reason::QuietHours => return None,
                reason => (*reason, code.clone()),
            },
            End::Accepted | End::Sent | End::Delivered | End::Late => return None,
        };
        Some(FailedTry {
            attempt: self.key.attempt,
            carrier: self.carrier.clone(),
            link: self.link,
            reason,
            code,
            at,
        })
    }
}

/// A recipient's last stored try: its number, from 1, and its claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LastTry {
    pub number: u32,
    pub attempt: u32,
}

impl LastTry {
    /// The place of the next try. `None` when it is stored already, or older than the last one.
    pub fn next(last: Option<Self>, attempt: u32) -> Option<Self> {
        let number = match last {
            None => 1,
            Some(last) if attempt <= last.attempt => return None,
            Some(last) => last.number.saturating_add(1).min(TRIES_KEPT_MAX),
        };
        Some(Self { number, attempt })
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::id::MessageId;
    use crate::ports::{ChunkId, SubmissionKey};

    fn outcome(carrier: &str, end: End) -> Outcome {
        let chunk = ChunkId { message: MessageId(Uuid::nil()), first: 0 };
        Outcome {
            key: SubmissionKey { chunk, attempt: 3, recipient: 0 },
            carrier: CarrierName::new(carrier),
            link: Some(2),
            parts: 1,
            accepted: vec![],
            end,
        }
    }

    fn deferred(reason: Reason, code: Option<&str>) -> End {
        End::Deferred { reason, wait: None, code: code.map(str::to_owned) }
    }

    #[test]
    fn every_row_of_the_table() {
        let at = Timestamp::from_millis(7);
        let code = || "smpp:0x00000045".to_owned();
        let failed = |carrier, end| {
            let failed = outcome(carrier, end).failed_try(at)?;
            assert_eq!((failed.attempt, failed.link, failed.at), (3, Some(2), at));
            Some((failed.reason, failed.code))
        };
        let refused = || End::Refused { reason: Reason::Refused, code: code() };
        let another = End::TryAnother { reason: Reason::Refused, code: code() };
        let expired = End::Refused { reason: Reason::Expired, code: String::new() };
        assert_eq!(failed("main", refused()), Some((Reason::Refused, Some(code()))));
        assert_eq!(failed("", refused()), None, "no carrier was handed it");
        assert_eq!(failed("main", another), Some((Reason::Refused, Some(code()))));
        assert_eq!(failed("main", expired), Some((Reason::Expired, None)));
        for &reason in Reason::ALL {
            let counts = !matches!(
                reason,
                Reason::LinkDown | Reason::LinkElsewhere | Reason::CarrierFull | Reason::QuietHours
            );
            let expected = counts.then(|| (reason, Some(code())));
            assert_eq!(failed("main", deferred(reason, Some(&code()))), expected, "{reason:?}");
        }
        assert_eq!(
            failed("main", deferred(Reason::NoAnswer, None)),
            Some((Reason::NoAnswer, None))
        );
        for end in [End::Accepted, End::Sent, End::Delivered, End::Late] {
            assert_eq!(failed("main", end), None);
        }
    }

    #[test]
    fn keeps_the_first_tries_and_the_last() {
        let (mut last, mut numbers) = (None, Vec::new());
        for attempt in (1..100).step_by(3) {
            last = LastTry::next(last, attempt);
            numbers.push(last.unwrap().number);
        }
        assert_eq!(numbers[..20], (1..=20).collect::<Vec<_>>());
        assert!(numbers[20..].iter().all(|number| *number == TRIES_KEPT_MAX));
        for stored in [1, 50, 97] {
            assert_eq!(LastTry::next(last, stored), None, "{stored}");
        }
    }
}
