//! Countries and hourly caps of a request. An order by invoice counts when it is paid, so that unpaid ones take no room;
//! it is only compared with the caps when it is made.

use std::time::Duration;

use domain::account::traffic::{HourlyCap, TrafficCount, TrafficRules, hour_of};
use domain::id::AccountId;
use domain::ports::PortError;
use domain::sale::quote::{Priced, Quote, To};

use super::{Accept, AcceptError};

const HOUR: i64 = 60 * 60;

/// What a request has counted.
pub(super) struct Counted {
    payer: Option<AccountId>,
    counts: Vec<TrafficCount>,
    hour: i64,
}

impl Accept {
    pub(super) async fn check_countries(
        &self,
        rules: &TrafficRules,
        to: &To,
    ) -> Result<(), AcceptError> {
        let To::Numbers(list) = to else { return Ok(()) };
        if rules.countries.is_none() {
            return Ok(());
        }
        let (rules, numbers) = (rules.clone(), list.numbers().to_vec());
        let refused = self.beside(numbers.len(), move || rules.refused_country(&numbers)).await?;
        refused.map_or(Ok(()), |country| Err(AcceptError::CountryNotAllowed { country }))
    }

    /// Refuses a request for which a cap has no room. Counts nothing.
    pub(super) async fn compare_traffic(
        &self,
        payer: Option<AccountId>,
        counts: &[TrafficCount],
    ) -> Result<(), AcceptError> {
        if counts.is_empty() {
            return Ok(());
        }
        let hour = hour_of(self.clock.now());
        self.refuse(self.store.full_traffic(payer, counts.to_vec(), hour).await?)
    }

    /// Counts a request, or refuses it.
    pub(super) async fn count_traffic(
        &self,
        payer: Option<AccountId>,
        counts: Vec<TrafficCount>,
    ) -> Result<Counted, AcceptError> {
        let hour = hour_of(self.clock.now());
        if !counts.is_empty() {
            self.refuse(self.store.take_traffic(payer, counts.clone(), hour).await?)?;
        }
        Ok(Counted { payer, counts, hour })
    }

    /// The request was not accepted after it was counted.
    pub(super) async fn uncount_traffic(&self, counted: Counted) {
        let Counted { payer, counts, hour } = counted;
        if !counts.is_empty()
            && let Err(error) = self.store.return_traffic(payer, counts, hour).await
        {
            tracing::warn!(%error, "messages that were not accepted stay counted for this hour");
        }
    }

    fn refuse(&self, cap: Option<HourlyCap>) -> Result<(), AcceptError> {
        let Some(HourlyCap { prefix, messages }) = cap else { return Ok(()) };
        let left = HOUR - self.clock.now().as_secs().rem_euclid(HOUR);
        let wait = Duration::from_secs(u64::try_from(left).unwrap_or(0));
        Err(AcceptError::OverHourlyCap { prefix, messages, wait })
    }
}

/// What a request adds to each cap.
pub(super) fn counts(rules: &TrafficRules, quote: &Quote) -> Vec<TrafficCount> {
    match &quote.to {
        Priced::Mailbox(_) => Vec::new(),
        Priced::Numbers { groups, .. } => {
            rules.counts(groups.iter().flat_map(|group| &group.numbers))
        }
    }
}

/// Whether the store refused the request, so that nothing was accepted. An unknown outcome may have been.
pub(super) const fn is_refused<T>(stored: &Result<T, PortError>) -> bool {
    matches!(
        stored,
        Err(PortError::Refused(_) | PortError::Unavailable(_) | PortError::Conflict(_))
    )
}
