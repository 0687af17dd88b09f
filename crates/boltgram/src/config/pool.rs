//! `[pool]`: how long a number of the operator's own is unavailable after it was lent.

use std::time::Duration;

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
    /// After a rental.
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

    /// The key that is too long.
    pub(crate) fn too_long(&self) -> Option<&'static str> {
        let keys =
            [("rest", self.rest), ("cool_down", self.cool_down), ("quarantine", self.quarantine)];
        keys.into_iter().find(|(_, period)| *period > PERIOD_MAX).map(|(key, _)| key)
    }
}

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
        ] {
            let found = mistakes(text);
            assert!(found.len() == 1 && found[0].starts_with(expected), "{text}: {found:?}");
        }
    }
}
