//! Operators' searches across accounts, and lists that continue from a key.
//!
//! Messages are in the order of their ids, which is that of their time. A search reads them from
//! the newest on and keeps the matches, without an index of numbers, which every message and every
//! recipient of a large campaign would have to maintain. Each call reads a bounded number
//! ([`SEARCH_LOOKED_AT_MAX`]), and its cursor continues; a message or a period narrows the search.

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

/// Size of the first step; the steps grow while nothing is found.
const FIRST_STEP: u32 = 256;

/// Growth per step.
const GROWTH: u32 = 4;

/// How much a call may still read.
struct Budget {
    left: u32,
    step: u32,
}

impl Budget {
    fn new(limit: u32) -> Self {
        Self { left: SEARCH_LOOKED_AT_MAX, step: limit.saturating_add(1).max(FIRST_STEP) }
    }

    /// Size of the next step; 0 when the budget is spent.
    fn step(&mut self) -> u32 {
        let step = self.step.min(self.left);
        self.step = self.step.saturating_mul(GROWTH);
        step
    }

    fn spend(&mut self, looked_at: u32) {
        self.left = self.left.saturating_sub(looked_at);
    }
}

/// Ids from the first to the last, inclusive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Ids {
    first: u128,
    last: u128,
}

impl Ids {
    fn of(period: Period) -> Self {
        let first = period.from.map_or(0, begin);
        let last = period.until.map_or(u128::MAX, |until| begin(until).saturating_sub(1));
        // Nothing is earlier than the first time.
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

/// The first id of a time (UUID v7: the first 48 bits are milliseconds).
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
