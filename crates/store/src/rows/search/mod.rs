//! What operators look for across accounts, and lists that go on from a key.
//!
//! Messages lie in the order of their ids, which is that of their time. A search walks them from the
//! newest on and keeps what fits: no index of numbers, which every code and every recipient of two
//! million would pay for. Each call looks at so much and no more ([`SEARCH_LOOKED_AT_MAX`]), and its
//! cursor goes on; with a message or a period there is less to walk.

mod events;
mod messages;
mod pages;
mod recipients;

pub(crate) use events::{event, event_with_attempts, find_events};
pub(crate) use messages::find_messages;
pub(crate) use pages::{account_page, bulk_page, key_page};
pub(crate) use recipients::find_recipients;

use domain::id::MessageId;
use domain::limits::SEARCH_LOOKED_AT_MAX;
use domain::ports::Period;
use domain::time::Timestamp;
use uuid::Uuid;

/// What is looked at first; the steps grow while nothing is found.
const FIRST_STEP: u32 = 256;

/// Steps grow so.
const GROWTH: u32 = 4;

/// How much a call may still look at.
struct Budget {
    left: u32,
    step: u32,
}

impl Budget {
    fn new(limit: u32) -> Self {
        Self { left: SEARCH_LOOKED_AT_MAX, step: limit.saturating_add(1).max(FIRST_STEP) }
    }

    /// The next step's size; nothing when all is spent.
    fn step(&mut self) -> u32 {
        let step = self.step.min(self.left);
        self.step = self.step.saturating_mul(GROWTH);
        step
    }

    fn spend(&mut self, looked_at: u32) {
        self.left = self.left.saturating_sub(looked_at);
    }
}

/// Ids from the first to the last, both of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Ids {
    first: u128,
    last: u128,
}

impl Ids {
    fn of(period: Period) -> Self {
        let first = period.from.map_or(0, begin);
        let last = period.until.map_or(u128::MAX, |until| begin(until).saturating_sub(1));
        // Until the beginning of time there is nothing.
        let nothing = period.until.is_some_and(|until| begin(until) == 0);
        if nothing { Self { first: 1, last: 0 } } else { Self { first, last } }
    }

    fn until(self, last: u128) -> Self {
        Self { last: self.last.min(last), ..self }
    }

    fn before(self, id: MessageId) -> Self {
        match id.0.as_u128().checked_sub(1) {
            Some(last) => self.until(last),
            None => Self { first: 1, last: 0 },
        }
    }

    fn bounds(self) -> (MessageId, MessageId) {
        (MessageId(Uuid::from_u128(self.first)), MessageId(Uuid::from_u128(self.last)))
    }
}

/// The first id of a moment (UUID v7: its first 48 bits are milliseconds).
fn begin(at: Timestamp) -> u128 {
    const MILLIS_MAX: i64 = (1 << 48) - 1;
    let millis = at.as_millis().clamp(0, MILLIS_MAX);
    u128::from(millis.unsigned_abs()) << 80
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_period_is_all_ids_of_its_moments() {
        let at = Timestamp::from_millis;
        let of = |from: Option<i64>, until: Option<i64>| {
            Ids::of(Period { from: from.map(at), until: until.map(at) })
        };
        assert_eq!(of(None, None), Ids { first: 0, last: u128::MAX });
        assert_eq!(of(Some(5), Some(7)), Ids { first: 5 << 80, last: (7 << 80) - 1 });
        for (from, until) in [(None, Some(0)), (None, Some(-5)), (Some(7), Some(7))] {
            let Ids { first, last } = of(from, until);
            assert!(first > last, "{from:?} {until:?}");
        }
        assert_eq!(of(Some(-1), Some(i64::MAX)).first, 0);
        let one = MessageId(Uuid::from_u128(9));
        assert_eq!(of(None, None).before(one).last, 8);
    }
}
