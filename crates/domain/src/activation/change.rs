//! What happens to an activation or a rental, and what follows for the order that pays for it.
//!
//! The machines are [`super::state`] and [`super::rental`]. An extension of a rental is a rental row of
//! its own that ends as soon as the supplier has moved the end of the first one.

use crate::reason::Reason;
use crate::state::{Illegal, Outcome, UnknownWord};
use crate::text::Text;
use crate::time::Timestamp;

use super::loan::Loan;
use super::rental::{self, RentalEvent, RentalState};
use super::state::{self, ActivationEvent, ActivationState};
use super::{Activation, Code, RENTAL_KEPT_AFTER, SupplierName};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum State {
    Activation(ActivationState),
    Rental(RentalState),
}

impl State {
    /// Of an order that is paid now.
    pub const fn paid(is_rental: bool) -> Self {
        if is_rental {
            Self::Rental(RentalState::Paid)
        } else {
            Self::Activation(ActivationState::Paid)
        }
    }

    /// The stored word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Activation(state) => state.as_str(),
            Self::Rental(state) => state.as_str(),
        }
    }

    pub fn of_word(is_rental: bool, word: &str) -> Result<Self, UnknownWord> {
        if is_rental { word.parse().map(Self::Rental) } else { word.parse().map(Self::Activation) }
    }

    pub const fn is_final(self) -> bool {
        match self {
            Self::Activation(state) => state.is_final(),
            Self::Rental(state) => state.is_final(),
        }
    }

    pub const fn outcome(self) -> Option<Outcome> {
        match self {
            Self::Activation(state) => state.outcome(),
            Self::Rental(state) => state.outcome(),
        }
    }

    /// A supplier was called, and has not said whether it lends a number.
    pub const fn is_acquiring(self) -> bool {
        matches!(
            self,
            Self::Activation(ActivationState::Acquiring | ActivationState::Unknown)
                | Self::Rental(RentalState::Acquiring | RentalState::Unknown)
        )
    }

    pub const fn is_paid(self) -> bool {
        matches!(self, Self::Activation(ActivationState::Paid) | Self::Rental(RentalState::Paid))
    }

    /// There is a number, and messages are awaited.
    pub const fn is_lent(self) -> bool {
        matches!(
            self,
            Self::Activation(
                ActivationState::Waiting | ActivationState::Code | ActivationState::WaitingNext
            ) | Self::Rental(RentalState::Assigned | RentalState::Active)
        )
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// This supplier is about to be called, for the first time.
    Asked(SupplierName),
    /// The supplier did not answer.
    NoAnswer,
    Assigned(Loan),
    /// The supplier that was called lends nothing; another one may be called.
    Refused,
    /// No supplier has a number.
    NoNumber,
    Message {
        text: Text,
        code: Option<Code>,
    },
    /// A rental ends later.
    Extended {
        until: Timestamp,
    },
    /// The buyer wants another code.
    NextWanted,
    /// The buyer has what was wanted.
    Finished,
    Cancelled(Reason),
    /// A rental's 20 minutes without a message have passed.
    Kept,
    /// Its time is over, or the supplier has ended the loan.
    TimeUp,
}

/// Why a buyer may not cancel now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotCancellable {
    #[error("a number can be cancelled from two minutes after its assignment on")]
    TooEarly { from: Timestamp },
    #[error("a code has come")]
    CodeCame,
    #[error("the time for a free cancellation is over")]
    Kept,
    #[error("it has ended already")]
    Ended,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    pub after: Activation,
    /// The order is decided by this change.
    pub outcome: Option<Outcome>,
    /// The buyer sees something else than before.
    pub is_news: bool,
}

/// Whether the buyer may cancel: at once while there is no number, from two minutes after its assignment
/// on, and never once a message came. An extension that is requested from the supplier is kept.
pub fn cancellable(activation: &Activation, now: Timestamp) -> Result<(), NotCancellable> {
    match activation.state {
        state if state.is_final() => Err(NotCancellable::Ended),
        State::Activation(ActivationState::Code | ActivationState::WaitingNext) => {
            Err(NotCancellable::CodeCame)
        }
        State::Rental(RentalState::Active) if activation.messages > 0 => {
            Err(NotCancellable::CodeCame)
        }
        State::Rental(RentalState::Active) => Err(NotCancellable::Kept),
        state if state.is_acquiring() && activation.wanted.extends().is_some() => {
            Err(NotCancellable::Kept)
        }
        State::Activation(_) | State::Rental(_) => match activation.cancel_from() {
            Some(from) if now < from => Err(NotCancellable::TooEarly { from }),
            _ => Ok(()),
        },
    }
}

/// The next moment at which time alone changes it; `None` once it has ended.
pub fn timer(activation: &Activation) -> Option<Timestamp> {
    match (activation.state, activation.assigned_at) {
        (state, _) if state.is_final() => None,
        (State::Rental(RentalState::Assigned), Some(assigned)) => {
            Some(activation.until.min(assigned.after(RENTAL_KEPT_AFTER)))
        }
        _ => Some(activation.until),
    }
}

/// What time alone does now, if anything.
pub fn time_event(activation: &Activation, now: Timestamp) -> Option<Event> {
    let due = timer(activation).filter(|at| *at <= now)?;
    let kept = matches!(activation.state, State::Rental(RentalState::Assigned));
    Some(if kept && due < activation.until { Event::Kept } else { Event::TimeUp })
}

pub fn change(before: &Activation, event: &Event, now: Timestamp) -> Result<Change, Illegal> {
    let mut after = before.clone();
    after.state = step(before, event)?;
    match event {
        Event::Asked(supplier) => after.supplier = Some(supplier.clone()),
        Event::Assigned(loan) if before.number.is_none() => {
            after.number = Some(loan.number);
            after.country = Some(loan.country);
            after.cost = Some(loan.cost);
            after.assigned_at = Some(now);
            if before.wanted.is_rental() {
                after.until = loan.until.max(now);
            }
        }
        Event::Message { text, code } => {
            // A later text without a code, a welcome for example, does not hide the code.
            if code.is_some() || before.code.is_none() || before.wanted.is_rental() {
                after.text = Some(text.clone());
                after.code = code.clone();
            }
            after.messages = before.messages.saturating_add(1);
        }
        Event::Extended { until } => after.until = before.until.max(*until),
        Event::Refused => after.supplier = None,
        Event::NoNumber => after.reason = Some(Reason::NoNumber),
        Event::Cancelled(reason) => after.reason = Some(*reason),
        Event::TimeUp if after.state.outcome() == Some(Outcome::CannotBeFulfilled) => {
            let number = if before.number.is_some() { Reason::NoCode } else { Reason::NoNumber };
            after.reason = Some(number);
        }
        Event::Assigned(_)
        | Event::NoAnswer
        | Event::NextWanted
        | Event::Finished
        | Event::Kept
        | Event::TimeUp => {}
    }
    let outcome = match (before.state.outcome(), after.state.outcome()) {
        (None, now) => now,
        (Some(_), _) => None,
    };
    let is_news = before.view() != after.view();
    if after != *before {
        after.updated_at = now;
    }
    Ok(Change { after, outcome, is_news })
}

fn step(before: &Activation, event: &Event) -> Result<State, Illegal> {
    if *event == Event::Refused {
        return if before.state.is_acquiring() { Ok(before.state) } else { Err(Illegal) };
    }
    match before.state {
        State::Activation(at) => {
            let event = activation_event(event)?;
            state::next(at, event).map(State::Activation)
        }
        State::Rental(at) => {
            let is_extension = before.wanted.extends().is_some();
            let events = rental_events(event, is_extension)?;
            events.iter().try_fold(at, |at, event| rental::next(at, *event)).map(State::Rental)
        }
    }
}

const fn activation_event(event: &Event) -> Result<ActivationEvent, Illegal> {
    match event {
        Event::Asked(_) => Ok(ActivationEvent::Asked),
        Event::NoAnswer => Ok(ActivationEvent::NoAnswer),
        Event::Assigned(_) => Ok(ActivationEvent::Assigned),
        Event::NoNumber => Ok(ActivationEvent::NoNumber),
        Event::Message { .. } => Ok(ActivationEvent::CodeCame),
        Event::NextWanted => Ok(ActivationEvent::NextWanted),
        Event::Finished => Ok(ActivationEvent::Done),
        Event::Cancelled(_) => Ok(ActivationEvent::Cancelled),
        Event::TimeUp => Ok(ActivationEvent::TimeUp),
        Event::Refused | Event::Extended { .. } | Event::Kept => Err(Illegal),
    }
}

/// An extension has ended once its supplier has lent the number for longer; a rental that is extended
/// is kept.
const fn rental_events(
    event: &Event,
    is_extension: bool,
) -> Result<&'static [RentalEvent], Illegal> {
    match event {
        Event::Asked(_) => Ok(&[RentalEvent::Asked]),
        Event::NoAnswer => Ok(&[RentalEvent::NoAnswer]),
        Event::Assigned(_) if is_extension => {
            Ok(&[RentalEvent::Assigned, RentalEvent::Kept, RentalEvent::TimeUp])
        }
        Event::Assigned(_) => Ok(&[RentalEvent::Assigned]),
        Event::NoNumber => Ok(&[RentalEvent::NoNumber]),
        Event::Message { .. } => Ok(&[RentalEvent::MessageCame]),
        Event::Extended { .. } | Event::Kept => Ok(&[RentalEvent::Kept]),
        Event::Finished => Ok(&[RentalEvent::Kept, RentalEvent::TimeUp]),
        Event::Cancelled(_) => Ok(&[RentalEvent::Cancelled]),
        Event::TimeUp => Ok(&[RentalEvent::TimeUp]),
        Event::Refused | Event::NextWanted => Err(Illegal),
    }
}

#[cfg(test)]
mod tests;
