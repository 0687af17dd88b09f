//! When a webhook that failed is tried again.

use std::time::Duration;

/// Waits after the first, second, … failed attempt: quick at first for a restart, then patient for
/// a long weekend's breakage. Twelve attempts over 28 hours.
const WAITS_S: [u64; 11] = [5, 30, 120, 600, 1_800, 3_600, 7_200, 14_400, 21_600, 25_200, 28_800];

/// `None` when it is given up. `salt` spreads what failed together by up to a tenth.
pub(super) fn wait(attempts_made: u32, salt: u64) -> Option<Duration> {
    let index = usize::try_from(attempts_made.checked_sub(1)?).ok()?;
    let base = *WAITS_S.get(index)?;
    Some(Duration::from_millis(base * 1_000 + base * 100 * (salt % 11) / 10))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tries_for_more_than_a_day_and_then_gives_up() {
        let waits: Vec<_> = (1..).map_while(|n| wait(n, 0)).collect();
        let total: Duration = waits.iter().sum();
        assert!(total > Duration::from_secs(24 * 3_600), "{total:?}");
        assert!(waits.windows(2).all(|pair| pair[0] < pair[1]));
        assert_eq!(wait(12, 0), None);
    }

    #[test]
    fn spreads_by_a_tenth_at_most() {
        assert_eq!(wait(1, 10), Some(Duration::from_millis(5_500)));
    }
}
