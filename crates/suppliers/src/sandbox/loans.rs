//! The sandbox's loans, and the messages that are planned for them.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use domain::activation::ServiceCode;
use domain::activation::loan::{Loan, LoanMessage, LoanState};
use domain::ports::Random;
use domain::time::Timestamp;
use uuid::Uuid;

use super::messages::{CODE_AFTER, SECOND_AFTER, is_silent, message};

/// Loans that are remembered; of more, those that ended first are forgotten.
const LOANS_MAX: usize = 200_000;

/// Messages delivered at a time.
const DELIVERIES_MAX: usize = 256;

#[derive(Debug)]
pub(super) struct Loans {
    state: Mutex<State>,
    subscribers: AtomicU64,
    deliveries: AtomicU64,
}

#[derive(Debug, Default)]
struct State {
    loans: HashMap<Uuid, Lent>,
    /// Those that were ended, the first one first.
    ended: VecDeque<Uuid>,
    /// All, by their ends.
    ends: BTreeSet<(Timestamp, Uuid)>,
    /// By their time; the number distinguishes those of one moment.
    planned: BTreeMap<(Timestamp, u64), Due>,
}

#[derive(Debug)]
struct Lent {
    loan: Loan,
    service: ServiceCode,
    is_rental: bool,
    is_over: bool,
    planned: u32,
    messages: Vec<LoanMessage>,
}

/// A message that is to be delivered.
#[derive(Debug, Clone)]
pub(super) struct Due {
    pub(super) loan: Uuid,
    pub(super) message: LoanMessage,
}

impl Loans {
    pub(super) fn from(first_subscriber: u64) -> Self {
        Self {
            state: Mutex::default(),
            subscribers: AtomicU64::new(first_subscriber),
            deliveries: AtomicU64::new(0),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn next_subscriber(&self) -> u64 {
        self.subscribers.fetch_add(1, Ordering::Relaxed)
    }

    /// False: there is such a loan.
    pub(super) fn add(
        &self,
        id: Uuid,
        loan: Loan,
        service: &ServiceCode,
        duration: Option<Duration>,
    ) -> bool {
        let mut state = self.lock();
        if state.loans.contains_key(&id) {
            return false;
        }
        state.forget(loan.assigned_at);
        state.ends.insert((loan.until, id));
        let (service, is_rental) = (service.clone(), duration.is_some());
        let lent =
            Lent { loan, service, is_rental, is_over: false, planned: 0, messages: Vec::new() };
        state.loans.insert(id, lent);
        true
    }

    /// The messages of a new loan.
    pub(super) fn plan(&self, id: Uuid, random: &dyn Random, now: Timestamp) {
        self.plan_at(id, random, now.after(CODE_AFTER));
        if self.lock().loans.get(&id).is_some_and(|lent| lent.is_rental) {
            self.plan_at(id, random, now.after(SECOND_AFTER));
        }
    }

    /// One more, unless one is under way.
    pub(super) fn plan_next(&self, id: Uuid, random: &dyn Random, now: Timestamp) {
        let is_waiting = self.lock().loans.get(&id).is_some_and(|lent| {
            let received = u32::try_from(lent.messages.len()).unwrap_or(u32::MAX);
            lent.planned > received
        });
        if !is_waiting {
            self.plan_at(id, random, now.after(CODE_AFTER));
        }
    }

    fn plan_at(&self, id: Uuid, random: &dyn Random, at: Timestamp) {
        let mut state = self.lock();
        let Some(lent) = state.loans.get_mut(&id).filter(|lent| !is_silent(&lent.service)) else {
            return;
        };
        lent.planned += 1;
        let message = message(&lent.service, lent.planned, at, random);
        let turn = self.deliveries.fetch_add(1, Ordering::Relaxed);
        state.planned.insert((at, turn), Due { loan: id, message });
    }

    /// Messages whose time has come, and which have arrived at their numbers.
    pub(super) fn due(&self, now: Timestamp) -> Vec<Due> {
        let mut state = self.lock();
        let mut due = Vec::new();
        while due.len() < DELIVERIES_MAX
            && let Some(first) = state.planned.first_entry()
            && first.key().0 <= now
        {
            let planned = first.remove();
            let Some(lent) = state.loans.get_mut(&planned.loan) else { continue };
            if lent.is_over || lent.loan.until < now {
                continue;
            }
            if !lent.messages.contains(&planned.message) {
                lent.messages.push(planned.message.clone());
            }
            due.push(planned);
        }
        due
    }

    /// It could not be delivered.
    pub(super) fn again(&self, due: Due, at: Timestamp) {
        let turn = self.deliveries.fetch_add(1, Ordering::Relaxed);
        self.lock().planned.insert((at, turn), due);
    }

    pub(super) fn state(&self, id: Uuid, now: Timestamp) -> LoanState {
        match self.lock().loans.get(&id) {
            None => LoanState::Unknown,
            Some(lent) if lent.is_over || lent.loan.until <= now => {
                LoanState::Over(lent.messages.clone())
            }
            Some(lent) => LoanState::Lent(lent.loan.clone(), lent.messages.clone()),
        }
    }

    /// `None`: it is not rented, or not any more.
    pub(super) fn extend(&self, id: Uuid, until: Timestamp, now: Timestamp) -> Option<Loan> {
        let mut state = self.lock();
        let is_lent = |lent: &&mut Lent| lent.is_rental && !lent.is_over && lent.loan.until > now;
        let lent = state.loans.get_mut(&id).filter(is_lent)?;
        let before = lent.loan.until;
        lent.loan.until = before.max(until);
        let extended = lent.loan.clone();
        state.ends.remove(&(before, id));
        state.ends.insert((extended.until, id));
        Some(extended)
    }

    pub(super) fn end(&self, id: Uuid) {
        let mut state = self.lock();
        if let Some(lent) = state.loans.get_mut(&id).filter(|lent| !lent.is_over) {
            lent.is_over = true;
            state.ended.push_back(id);
        }
    }
}

impl State {
    /// Makes room for one more. Loans that have not ended are never forgotten.
    fn forget(&mut self, now: Timestamp) {
        while self.loans.len() >= LOANS_MAX {
            if let Some(id) = self.ended.pop_front() {
                if let Some(lent) = self.loans.remove(&id) {
                    self.ends.remove(&(lent.loan.until, id));
                }
                continue;
            }
            let Some((_, id)) = self.ends.first().copied().filter(|(until, _)| *until <= now)
            else {
                return;
            };
            self.ends.pop_first();
            self.loans.remove(&id);
        }
    }
}

#[cfg(test)]
mod tests {
    use domain::activation::CountryCode;
    use domain::money::Msat;
    use domain::number::Msisdn;

    use super::*;

    #[test]
    fn what_has_ended_is_forgotten_and_what_is_lent_is_not() {
        let loans = Loans::from(0);
        let at =
            |secs: u64| Timestamp::from_millis(1_700_000_000_000).after(Duration::from_secs(secs));
        let service: ServiceCode = "none".parse().unwrap();
        let add = |nth: u128, now: u64, until: u64| {
            let loan = Loan {
                number: Msisdn::from_digits(4_915_100_000_000).unwrap(),
                country: CountryCode(43),
                cost: Msat::ZERO,
                assigned_at: at(now),
                until: at(until),
            };
            assert!(loans.add(Uuid::from_u128(nth), loan, &service, None));
        };
        let count = || loans.lock().loans.len();
        let last = LOANS_MAX as u128;
        (0..last).for_each(|nth| add(nth, 1, 100));
        add(last, 2, 100);
        assert_eq!(count(), LOANS_MAX + 1, "none has ended");
        loans.end(Uuid::from_u128(7));
        loans.end(Uuid::from_u128(7));
        loans.end(Uuid::from_u128(8));
        add(last + 1, 3, 200);
        assert_eq!(count(), LOANS_MAX);
        assert_eq!(loans.state(Uuid::from_u128(7), at(3)), LoanState::Unknown);
        add(last + 2, 100, 200);
        assert_eq!(count(), LOANS_MAX);
        assert!(matches!(loans.state(Uuid::from_u128(last + 1), at(100)), LoanState::Lent(..)));
        let state = loans.lock();
        assert_eq!(state.ends.len(), state.loans.len());
    }
}
