//! The recipient states of this door: seven, because it does not show whether a carrier has a message
//! already.

use domain::message::campaign::Counts;
use domain::message::recipient::RecipientState;
use http::{Refusal, bad_request};
use serde::Serialize;

/// In the order of the contract.
pub(super) const STATUSES: [(&str, &[RecipientState]); 7] = [
    ("pending", &[RecipientState::Pending, RecipientState::Submitted]),
    ("success", &[RecipientState::Success]),
    ("failed", &[RecipientState::Failed]),
    ("invalid", &[RecipientState::Invalid]),
    ("blocked", &[RecipientState::Blocked]),
    ("expired", &[RecipientState::Expired]),
    ("timeout", &[RecipientState::Timeout]),
];

pub(super) fn status_of(state: RecipientState) -> &'static str {
    let has = |(_, states): &&(&str, &[RecipientState])| states.contains(&state);
    STATUSES.iter().find(has).map_or("pending", |(status, _)| status)
}

/// The states behind a status; empty without one.
pub(super) fn states_of(status: Option<&str>) -> Result<&'static [RecipientState], Refusal> {
    let Some(status) = status else { return Ok(&[]) };
    let found = STATUSES.iter().find(|(known, _)| *known == status);
    found.map(|(_, states)| *states).ok_or_else(|| {
        let known: Vec<_> = STATUSES.iter().map(|(status, _)| *status).collect();
        bad_request(format!("`status` must be one of {}", known.join(", ")))
    })
}

/// How many recipients have each status.
#[derive(Debug, Clone, Copy, Serialize)]
pub(super) struct Summary {
    pending: u32,
    success: u32,
    failed: u32,
    invalid: u32,
    blocked: u32,
    expired: u32,
    timeout: u32,
}

impl Summary {
    pub(super) const fn of(counts: &Counts) -> Self {
        Self {
            pending: counts.pending + counts.submitted,
            success: counts.success,
            failed: counts.failed,
            invalid: counts.invalid,
            blocked: counts.blocked,
            expired: counts.expired,
            timeout: counts.timeout,
        }
    }

    /// The counts as a list.
    pub(super) fn totals(self) -> Vec<Total> {
        let Self { pending, success, failed, invalid, blocked, expired, timeout } = self;
        let counts = [pending, success, failed, invalid, blocked, expired, timeout];
        let total = |((status, _), count): (&(&'static str, _), u32)| Total { status, count };
        STATUSES.iter().zip(counts).map(total).collect()
    }
}

#[derive(Debug, Serialize)]
pub(super) struct Total {
    status: &'static str,
    count: u32,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_has_one_status() {
        for &state in RecipientState::ALL {
            let statuses = STATUSES.iter().filter(|(_, states)| states.contains(&state));
            assert_eq!(statuses.count(), 1, "{state:?}");
            let status = status_of(state);
            assert!(states_of(Some(status)).unwrap().contains(&state));
        }
    }

    #[test]
    fn totals_stand_beside_their_own_status() {
        let counts = Counts {
            pending: 1,
            submitted: 2,
            success: 4,
            failed: 5,
            invalid: 6,
            blocked: 7,
            expired: 8,
            timeout: 9,
        };
        let totals = Summary::of(&counts).totals();
        let told: Vec<_> = totals.iter().map(|total| (total.status, total.count)).collect();
        assert_eq!(
            told,
            [
                ("pending", 3),
                ("success", 4),
                ("failed", 5),
                ("invalid", 6),
                ("blocked", 7),
                ("expired", 8),
                ("timeout", 9)
            ]
        );
    }
}
