//! The timers: session-init, enquire_link, inactivity, response (SMPP 3.4 §7.2), and our own for drain and stall.
//! They fire when the caller passes the time in. All but drain, which is our own wish, stand still while the peer is not
//! read.

use std::time::Instant;

use super::window::Overdue;
use super::{CloseReason, Event, Failure, Session, State};
use crate::{CommandId, pdu};

impl Session {
    /// When to call [`Self::tick`] next. It may turn out to do nothing.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        let drain = self.drain.map(|(_, deadline)| deadline);
        let timers = self.earliest_timer().and_then(|timer| self.clock.when(timer));
        timers.into_iter().chain(drain).min()
    }

    /// By the session's clock, without drain.
    fn earliest_timer(&self) -> Option<Instant> {
        let config = &self.config;
        let bound = matches!(self.state, State::Bound(_));
        let opening = (self.state == State::Open).then(|| self.opened + config.session_init);
        let response = self.window.oldest_sent().map(|sent| sent + config.response);
        let enquire = config
            .enquire_link
            .filter(|_| bound && self.enquired.is_none())
            .map(|every| self.received + every);
        let idle = config
            .inactivity
            .filter(|_| bound && self.drain.is_none())
            .map(|after| self.active + after);
        let partial = self.partial_since.map(|since| since + config.stall);
        [opening, response, enquire, idle, partial].into_iter().flatten().min()
    }

    /// Fires the timers that are due.
    pub fn tick(&mut self, now: Instant, events: &mut Vec<Event>) {
        let at = self.clock.at(now);
        match self.state {
            State::Closed(_) => return,
            State::Open if at >= self.opened + self.config.session_init => {
                return self.close(CloseReason::SessionInitTimeout, events);
            }
            _ => {}
        }
        if self.partial_since.is_some_and(|since| at >= since + self.config.stall) {
            return self.close(CloseReason::PartialPduTimeout, events);
        }
        self.expire_overdue(at, events);
        if let State::Bound(_) = self.state {
            self.send_enquire_link_if_idle(now);
            if self.config.inactivity.is_some_and(|after| at >= self.active + after) {
                self.unbind(now, events);
            }
            self.advance_drain(now, events);
        }
    }

    fn expire_overdue(&mut self, now: Instant, events: &mut Vec<Event>) {
        let Some(cutoff) = now.checked_sub(self.config.response) else { return };
        while let Some(overdue) = self.window.give_up(cutoff) {
            match overdue {
                Overdue::Request { token } => {
                    events.push(Event::Failed { token, why: Failure::NoResponse });
                }
                Overdue::Control { command: CommandId::UNBIND, .. } => {
                    return self.close(CloseReason::UnbindTimeout, events);
                }
                // Any PDU received since then proves that the peer is alive.
                Overdue::Control { command: CommandId::ENQUIRE_LINK, sent } => {
                    if self.enquired == Some(sent) {
                        return self.close(CloseReason::EnquireLinkTimeout, events);
                    }
                }
                Overdue::Control { .. } => {
                    return self.close(CloseReason::SessionInitTimeout, events);
                }
            }
        }
    }

    fn send_enquire_link_if_idle(&mut self, now: Instant) {
        let at = self.clock.at(now);
        let due = self.config.enquire_link.is_some_and(|every| at >= self.received + every);
        if due && self.enquired.is_none() {
            self.enquired = Some(at);
            // A bare header always encodes.
            let _ = self.send_control(&pdu::EnquireLink, now);
        }
    }
}
