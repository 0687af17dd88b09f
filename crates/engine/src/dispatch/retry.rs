//! The delay before a recipient is tried again.

use std::time::Duration;

use domain::ports::ChunkId;
use domain::reason::Reason;
use domain::routing::draw;

const WAIT_MIN: Duration = Duration::from_secs(1);

/// Links recover by themselves, and waiting recipients should leave soon after. (This is for one
/// carrier among several: while no link is up, nothing is claimed.)
const LINK_DOWN_WAIT_MAX: Duration = Duration::from_secs(30);

/// For a carrier at its limit: some of its work is done by then.
const CARRIER_FULL_WAIT: Duration = Duration::from_secs(2);

/// For a phone that is off: its queue empties when it is on again, perhaps after hours.
const QUEUE_FULL_WAIT_MAX: Duration = Duration::from_secs(300);

const WAIT_MAX: Duration = Duration::from_secs(60);

/// Doubles with each attempt up to a limit, and is spread by `salt` so that recipients that failed
/// together are not retried together. The carrier's requested delay is the minimum.
pub(super) fn wait(attempt: u32, reason: Reason, wish: Option<Duration>, salt: u64) -> Duration {
    let bound = match reason {
        // The end of quiet hours is exact, and carriers pace the load by their windows and rates.
        Reason::QuietHours => return wish.unwrap_or(WAIT_MAX),
        // The other node can take it now.
        Reason::LinkElsewhere => return Duration::ZERO,
        Reason::LinkDown => LINK_DOWN_WAIT_MAX,
        Reason::CarrierFull => CARRIER_FULL_WAIT,
        Reason::QueueFull => QUEUE_FULL_WAIT_MAX,
        _ => WAIT_MAX,
    };
    let doubled = WAIT_MIN.saturating_mul(1 << attempt.saturating_sub(1).min(9));
    let wait = doubled.min(bound).max(wish.unwrap_or_default());
    let sixteenths = u32::try_from(salt % 16).unwrap_or(0);
    wait + (wait / 5 / 16).saturating_mul(sixteenths)
}

pub(super) fn salt(chunk: ChunkId) -> u64 {
    draw(chunk.message, chunk.first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubles_up_to_its_bound() {
        let waits: Vec<_> =
            (1..=8).map(|n| wait(n, Reason::Throttled, None, 0).as_secs()).collect();
        assert_eq!(waits, [1, 2, 4, 8, 16, 32, 60, 60]);
        assert_eq!(wait(8, Reason::LinkDown, None, 0).as_secs(), 30);
        assert_eq!(wait(8, Reason::CarrierFull, None, 0).as_secs(), 2);
        let full = [1, 8, 9, 10, 100].map(|n| wait(n, Reason::QueueFull, None, 0).as_secs());
        assert_eq!(full, [1, 128, 256, 300, 300]);
    }

    #[test]
    fn the_morning_does_not_move() {
        let night = Duration::from_secs(11 * 60 * 60);
        assert_eq!(wait(3, Reason::QuietHours, Some(night), 15), night);
    }

    #[test]
    fn honours_the_carriers_wish_and_spreads() {
        let wish = Some(Duration::from_secs(90));
        assert_eq!(wait(1, Reason::Throttled, wish, 0).as_secs(), 90);
        let spread = wait(7, Reason::Throttled, None, 15);
        assert!(spread > Duration::from_secs(60) && spread < Duration::from_secs(72));
    }
}
