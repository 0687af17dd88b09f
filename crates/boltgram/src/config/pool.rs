//! `[pool]`: how long a number of the operator's own is unavailable after it was lent.

use std::time::Duration;

use domain::activation::RENTAL_REST;
use domain::number::pool::PoolTerms;
use serde::Deserialize;

use super::period::read_period;

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct PoolConfig {
    /// After a number was lent for a code, for every service.
    #[serde(deserialize_with = "read_period")]
    pub rest: Duration,
    /// After a message, for its service.
    #[serde(deserialize_with = "read_period")]
    pub cool_down: Duration,
    /// After a rental. At least [`QUARANTINE_MIN`].
    #[serde(deserialize_with = "read_period")]
    pub quarantine: Duration,
}

impl Default for PoolConfig {
    fn default() -> Self {
        let PoolTerms { rest, cool_down, quarantine, .. } = PoolTerms::default();
        Self { rest, cool_down, quarantine }
    }
}

impl PoolConfig {
    pub(crate) fn terms(&self) -> PoolTerms {
        let Self { rest, cool_down, quarantine } = *self;
        PoolTerms { rest, cool_down, quarantine, ..PoolTerms::default() }
    }

    /// Keys that are too long or too short, and the limit.
    pub(crate) fn unfit(&self) -> Vec<(&'static str, &'static str)> {
        let keys =
            [("rest", self.rest), ("cool_down", self.cool_down), ("quarantine", self.quarantine)];
        let too_long = keys.into_iter().filter(|(_, period)| *period > PERIOD_MAX);
        let too_long = too_long.map(|(key, _)| (key, "at most \"3660d\""));
        let too_short =
            (self.quarantine < QUARANTINE_MIN).then_some(("quarantine", "at least \"2d\""));
        too_long.chain(too_short).collect()
    }
}

/// The engine lets a number rest for half of it after a rental, from when it notices the end. A number that were lent
/// earlier would be refused there, and its buyer's order cancelled.
const QUARANTINE_MIN: Duration = RENTAL_REST.saturating_mul(2);

/// Longer ones take a number out of the pool: it is disabled instead.
const PERIOD_MAX: Duration = Duration::from_secs(10 * 366 * 24 * 60 * 60);

#[cfg(test)]
mod tests {
    use super::super::tests::mistakes;

    #[test]
    fn says_what_is_wrong_with_the_pool() {
        for (text, expected) in [
            ("[pool]\nrest = \"5\"\n", "line 2: "),
            ("[pool]\nquarantine = \"99999d\"\n", "line 2: quarantine must be at most \"3660d\""),
            ("[pool]\nquarantine = \"47h\"\n", "line 2: quarantine must be at least \"2d\""),
        ] {
            let found = mistakes(text);
            assert!(found.len() == 1 && found[0].starts_with(expected), "{text}: {found:?}");
        }
    }
}
