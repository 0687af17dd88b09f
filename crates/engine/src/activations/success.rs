//! How often numbers got a code lately: measured over what ended in the last 24 hours, for lists, and
//! for the operator. Buyers who take numbers and let them end without a code are slowed: those who
//! search a service for numbers that are registered there do so.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use domain::activation::{CountryCode, ServiceCode};
use domain::id::AccountId;
use domain::limits::{BUYER_SAMPLE_MAX, SUCCESS_AGE_MAX, SUCCESS_SAMPLE_MAX, SUCCESS_SHOWN_FOR};
use domain::ports::{BuyerOf, PortError, SuccessCount};
use domain::sale::client::LOCAL_CLIENT;
use domain::time::Timestamp;

use super::{Activations, Success};

/// As of a moment.
#[derive(Debug, Default)]
pub struct Successes(HashMap<ServiceCode, Vec<(CountryCode, SuccessCount)>>);

/// What was read last.
#[derive(Debug, Default)]
pub(crate) struct KnownSuccesses(Mutex<Option<(Timestamp, Arc<Successes>)>>);

/// When a buyer is slowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ScanRules {
    /// Least percentage of a buyer's numbers that get a code; 0: nobody is slowed.
    pub success_percent_min: u8,
    /// Numbers of the last 24 hours that must have ended before a buyer is judged.
    pub ended_min: u64,
    /// A slowed buyer gets a number once in this time.
    pub pause: Duration,
}

impl Default for ScanRules {
    fn default() -> Self {
        Self { success_percent_min: 0, ended_min: 20, pause: Duration::from_secs(60) }
    }
}

impl Successes {
    /// Of a service in a country, or in all.
    pub fn of(&self, service: &ServiceCode, country: Option<CountryCode>) -> Success {
        let rows = self.0.get(service).map(Vec::as_slice).unwrap_or_default();
        let of_country = |found: CountryCode| country.is_none_or(|country| country == found);
        let counts = rows.iter().filter(|(found, _)| of_country(*found));
        counts.fold(Success { ended: 0, with_code: 0 }, |sum, (_, count)| Success {
            ended: sum.ended.saturating_add(count.ended),
            with_code: sum.with_code.saturating_add(count.with_code),
        })
    }

    /// By service and country.
    pub fn all(&self) -> Vec<(ServiceCode, CountryCode, Success)> {
        let rows = self.0.iter().flat_map(|(service, rows)| {
            rows.iter().map(|(country, count)| {
                let success = Success { ended: count.ended, with_code: count.with_code };
                (service.clone(), *country, success)
            })
        });
        let mut all: Vec<_> = rows.collect();
        all.sort_unstable_by(|left, right| (&left.0, left.1).cmp(&(&right.0, right.1)));
        all
    }
}

impl Activations {
    /// At most a minute old.
    pub async fn successes(&self) -> Result<Arc<Successes>, PortError> {
        let now = self.context.clock.now();
        if let Some((at, known)) = &*self.successes.0.lock().unwrap_or_else(PoisonError::into_inner)
            && *at <= now
            && now < at.after(SUCCESS_SHOWN_FOR)
        {
            return Ok(known.clone());
        }
        let rows =
            self.context.store.successes(now.before(SUCCESS_AGE_MAX), SUCCESS_SAMPLE_MAX).await?;
        let mut successes = Successes::default();
        for row in rows {
            successes.0.entry(row.service).or_default().push((row.country, row.count));
        }
        let successes = Arc::new(successes);
        let mut known = self.successes.0.lock().unwrap_or_else(PoisonError::into_inner);
        *known = Some((now, successes.clone()));
        Ok(successes)
    }

    /// How long a buyer must wait for its next number; `None`: not at all. This machine never waits.
    pub async fn must_wait(
        &self,
        account: Option<AccountId>,
        client: &str,
    ) -> Result<Option<Duration>, PortError> {
        let rules = self.context.settings.get().orders.scans;
        if rules.success_percent_min == 0 || (account.is_none() && client == LOCAL_CLIENT) {
            return Ok(None);
        }
        let buyer = account.map_or_else(|| BuyerOf::Client(client.to_owned()), BuyerOf::Account);
        let now = self.context.clock.now();
        let since = now.before(SUCCESS_AGE_MAX);
        let found = self.context.store.buyer_success(buyer, since, BUYER_SAMPLE_MAX).await?;
        Ok(rules.wait(found.count, found.last_paid_at, now))
    }
}

impl ScanRules {
    fn wait(
        &self,
        count: SuccessCount,
        last: Option<Timestamp>,
        now: Timestamp,
    ) -> Option<Duration> {
        let needed = count.ended.saturating_mul(self.success_percent_min.into());
        let is_good = count.with_code.saturating_mul(100) >= needed;
        if count.ended < self.ended_min || is_good {
            return None;
        }
        let wait = last?.after(self.pause).since(now);
        (wait > Duration::ZERO).then(|| wait.min(self.pause))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_buyer_whose_numbers_get_no_codes_waits_between_them() {
        let rules = ScanRules { success_percent_min: 7, ended_min: 10, ..ScanRules::default() };
        let at = |seconds: i64| Timestamp::from_millis(1_000_000 + seconds * 1_000);
        let wait = |ended, with_code, now| {
            rules.wait(SuccessCount { ended, with_code }, Some(at(0)), at(now))
        };
        assert_eq!(wait(9, 0, 1), None, "too few to judge");
        assert_eq!(wait(100, 7, 1), None);
        assert_eq!(wait(100, 6, 1), Some(Duration::from_secs(59)));
        assert_eq!(wait(100, 6, 60), None, "the pause is over");
        assert_eq!(wait(100, 6, -500), Some(rules.pause), "a clock that went back");
        assert_eq!(rules.wait(SuccessCount { ended: 100, with_code: 0 }, None, at(0)), None);
    }
}
