//! The sandbox's loans, and the messages that are planned for them.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use domain::activation::ServiceCode;
use domain::activation::loan::{Loan, LoanMessage, LoanState};
use domain::ports::Random;
use domain::time::Timestamp;
use uuid::Uuid;

use super::messages::{CODE_AFTER, SECOND_AFTER, is_silent, message};

/// Loans that are remembered; of more, those that ended are forgotten.
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
    /// By their time; the number tells those of one moment apart.
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
        if state.loans.len() >= LOANS_MAX {
            let now = loan.assigned_at;
            state.loans.retain(|_, lent| !lent.is_over && lent.loan.until > now);
        }
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
        lent.loan.until = lent.loan.until.max(until);
        Some(lent.loan.clone())
    }

    pub(super) fn end(&self, id: Uuid) {
        if let Some(lent) = self.lock().loans.get_mut(&id) {
            lent.is_over = true;
        }
    }
}
