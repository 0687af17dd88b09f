//! Counters of a message's recipients, so that its end is known without counting rows.
//!
//! | final recipients | delivered | the message |
//! |---|---|---|
//! | fewer than all | any | stays *pending* |
//! | all | at least one | *sent* |
//! | all | none | *failed* |
//!
//! A recipient that changes begins a *scheduled* message. A cancelled message stays cancelled,
//! whatever its recipients become. `recipients - pending - finals` are *submitted*.

use super::recipient::RecipientState;
use super::{MessageEvent, MessageState, next};
use crate::money::Msat;
use crate::sale::settlement::{Settlement, SettlementError};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MessageCounters {
    pub state: MessageState,
    pub recipients: u32,
    pub pending: u32,
    pub finals: u32,
    pub delivered: u32,
}

impl MessageCounters {
    /// Counts a recipient that changed from one state to another.
    pub fn count(&mut self, from: RecipientState, to: RecipientState) {
        if let Ok(state) = next(self.state, MessageEvent::Due) {
            self.state = state;
        }
        let moved = |counter: u32, left: bool, entered: bool| {
            counter.saturating_add(u32::from(entered)).saturating_sub(u32::from(left))
        };
        let is_pending = |state| state == RecipientState::Pending;
        self.pending = moved(self.pending, is_pending(from), is_pending(to));
        self.finals = moved(self.finals, from.is_final(), to.is_final());
        self.delivered = moved(self.delivered, false, to == RecipientState::Success);
    }

    /// True when what was counted ends the message.
    pub fn end(&mut self) -> bool {
        if self.finals < self.recipients {
            return false;
        }
        let event =
            if self.delivered > 0 { MessageEvent::Delivered } else { MessageEvent::NoneDelivered };
        next(self.state, event).map(|state| self.state = state).is_ok()
    }
}

/// Counters that a campaign has beside [`MessageCounters`], and its money.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CampaignCounters {
    pub failed: u32,
    pub invalid: u32,
    pub blocked: u32,
    pub expired: u32,
    pub timeout: u32,
    /// Price of the recipients that a retry is for.
    pub missed: Msat,
    pub settlement: Settlement,
}

impl CampaignCounters {
    /// Counts a recipient of this price that changed to a state; `is_kept` as the account's
    /// [`RefundPolicy`](super::campaign::RefundPolicy) says.
    pub fn count(
        &mut self,
        to: RecipientState,
        price: Msat,
        is_kept: bool,
    ) -> Result<(), SettlementError> {
        let counter = match to {
            RecipientState::Failed => Some(&mut self.failed),
            RecipientState::Invalid => Some(&mut self.invalid),
            RecipientState::Blocked => Some(&mut self.blocked),
            RecipientState::Expired => Some(&mut self.expired),
            RecipientState::Timeout => Some(&mut self.timeout),
            RecipientState::Pending | RecipientState::Submitted | RecipientState::Success => None,
        };
        if let Some(counter) = counter {
            *counter = counter.saturating_add(1);
        }
        if to.can_be_retried() {
            self.missed = self.missed.checked_add(price).ok_or(SettlementError::Overflow)?;
        }
        if to.is_final() { self.settlement.settle(price, is_kept) } else { Ok(()) }
    }

    /// How many recipients a retry is for.
    pub const fn missed_recipients(&self) -> u32 {
        self.failed.saturating_add(self.expired).saturating_add(self.timeout)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::recipient::{self, RecipientEvent};
    use super::*;

    const EVENTS: [RecipientEvent; 8] = [
        RecipientEvent::Submitted,
        RecipientEvent::Returned,
        RecipientEvent::Delivered,
        RecipientEvent::Failed,
        RecipientEvent::Expired,
        RecipientEvent::TimedOut,
        RecipientEvent::Invalid,
        RecipientEvent::Blocked,
    ];

    proptest! {
        #[test]
        fn counters_agree_with_the_recipients_and_end_the_message_once(
            count in 1..5_u32,
            events in prop::collection::vec((0..5_usize, 0..EVENTS.len()), 0..60),
        ) {
            let mut recipients = vec![RecipientState::Pending; count as usize];
            let mut counters = MessageCounters {
                state: MessageState::Scheduled,
                recipients: count,
                pending: count,
                finals: 0,
                delivered: 0,
            };
            let mut ends = 0;
            for (at, event) in events {
                let Some(state) = recipients.get_mut(at) else { continue };
                let Ok(to) = recipient::next(*state, EVENTS[event]) else { continue };
                if to != *state {
                    counters.count(*state, to);
                    *state = to;
                    ends += u32::from(counters.end());
                }
                let count = |wanted: &dyn Fn(&RecipientState) -> bool| {
                    u32::try_from(recipients.iter().filter(|state| wanted(state)).count()).unwrap()
                };
                prop_assert_eq!(counters.pending, count(&|state| *state == RecipientState::Pending));
                prop_assert_eq!(counters.finals, count(&|state| state.is_final()));
                let delivered = count(&|state| *state == RecipientState::Success);
                prop_assert_eq!(counters.delivered, delivered);
                let all = counters.finals == counters.recipients;
                prop_assert_eq!(counters.state.is_final(), all);
                prop_assert_eq!(counters.state == MessageState::Sent, all && delivered > 0);
                prop_assert_eq!(ends, u32::from(all));
            }
        }
    }

    proptest! {
        #[test]
        fn a_retry_costs_what_the_missed_recipients_cost(
            ends in prop::collection::vec((0..8_usize, 0..100_i64, any::<bool>()), 0..30)
        ) {
            let reserved = Msat::new(ends.iter().map(|(_, price, _)| price).sum());
            let settlement = Settlement { reserved, ..Settlement::default() };
            let mut counters = CampaignCounters { settlement, ..CampaignCounters::default() };
            let (mut missed, mut price, mut decided) = (0, 0, 0);
            for (state, each, is_kept) in ends {
                let to = RecipientState::ALL[state];
                counters.count(to, Msat::new(each), is_kept).unwrap();
                let again = matches!(
                    to,
                    RecipientState::Failed | RecipientState::Expired | RecipientState::Timeout
                );
                missed += u32::from(again);
                price += if again { each } else { 0 };
                decided += if to.is_final() { each } else { 0 };
            }
            prop_assert_eq!(counters.missed_recipients(), missed);
            prop_assert_eq!(counters.missed, Msat::new(price));
            let Settlement { posted, voided, .. } = counters.settlement;
            prop_assert_eq!(posted.get() + voided.get(), decided);
        }
    }

    #[test]
    fn a_cancelled_message_stays_cancelled() {
        let mut counters = MessageCounters {
            state: MessageState::Cancelled,
            recipients: 1,
            pending: 1,
            finals: 0,
            delivered: 0,
        };
        counters.count(RecipientState::Pending, RecipientState::Success);
        assert!(!counters.end());
        assert_eq!(counters.state, MessageState::Cancelled);
    }
}
