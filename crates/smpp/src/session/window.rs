//! The window: our unanswered requests in a fixed ring indexed by sequence number. Responses may come in any order. A
//! request that timed out leaves a tombstone, so that a late response is recognised and never frees the slot of
//! another request.
//!
//! The ring has at least four slots per request of the window. A sequence number whose slot is occupied is skipped, so
//! memory and work stay bounded however long one request is unanswered. Live requests and tombstones form linked
//! lists through the slots, oldest first.

use std::time::{Duration, Instant};

use crate::CommandId;

/// The largest sequence number (SMPP 3.4 §3.2); the next one is 1.
pub const SEQUENCE_MAX: u32 = 0x7FFF_FFFF;

const NONE: u32 = u32::MAX;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Empty,
    /// Counts against the window.
    Request,
    /// Bind, enquire_link, unbind: does not count against the window.
    Control,
    Tombstone,
}

#[derive(Debug, Clone, Copy)]
struct Slot {
    sequence: u32,
    kind: Kind,
    command: CommandId,
    token: u64,
    sent: Instant,
    older: u32,
    newer: u32,
}

#[derive(Debug, Clone, Copy)]
struct Chain {
    oldest: u32,
    newest: u32,
    len: usize,
}

impl Chain {
    const EMPTY: Self = Self { oldest: NONE, newest: NONE, len: 0 };
}

/// The request that a response matches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answered {
    Request { token: u64, rtt: Duration },
    Control(CommandId),
    Late { token: u64 },
    Stray,
}

/// A request whose response timer expired.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Overdue {
    Request { token: u64 },
    Control { command: CommandId, sent: Instant },
}

#[derive(Debug)]
pub(crate) struct Window {
    slots: Vec<Slot>,
    next_sequence: u32,
    live: Chain,
    tombs: Chain,
    in_flight: u32,
}

impl Window {
    pub(crate) fn new(size: u32, first_sequence: u32, now: Instant) -> Self {
        let mut window = Self {
            slots: Vec::new(),
            next_sequence: first_sequence.clamp(1, SEQUENCE_MAX),
            live: Chain::EMPTY,
            tombs: Chain::EMPTY,
            in_flight: 0,
        };
        window.make_room(size, now);
        window
    }

    /// Requests that await a response.
    pub(crate) const fn in_flight(&self) -> u32 {
        self.in_flight
    }

    /// Grows the ring for a larger window; it never shrinks.
    pub(crate) fn make_room(&mut self, size: u32, now: Instant) {
        let wanted = (size as usize).saturating_mul(4).saturating_add(16).next_power_of_two();
        if wanted <= self.slots.len() {
            return;
        }
        let empty = Slot {
            sequence: 0,
            kind: Kind::Empty,
            command: CommandId(0),
            token: 0,
            sent: now,
            older: NONE,
            newer: NONE,
        };
        let old = std::mem::replace(&mut self.slots, vec![empty; wanted]);
        let chains = [(self.tombs, true), (self.live, false)];
        (self.live, self.tombs) = (Chain::EMPTY, Chain::EMPTY);
        for (chain, tomb) in chains {
            let mut at = chain.oldest;
            while let Some(slot) = old.get(at as usize) {
                // Distinct modulo the old size, so distinct modulo a multiple of it.
                let place = self.place(slot.sequence);
                self.set(place, *slot);
                self.append(place, tomb);
                at = slot.newer;
            }
        }
    }

    /// Assigns the next free sequence number to a request sent `now`.
    pub(crate) fn insert(
        &mut self,
        command: CommandId,
        token: u64,
        control: bool,
        now: Instant,
    ) -> u32 {
        let sequence = loop {
            let candidate = self.next_sequence;
            self.next_sequence = if candidate >= SEQUENCE_MAX { 1 } else { candidate + 1 };
            let place = self.place(candidate);
            if self.slots.get(place as usize).is_some_and(|slot| slot.kind == Kind::Empty) {
                break candidate;
            }
        };
        let kind = if control { Kind::Control } else { Kind::Request };
        let place = self.place(sequence);
        let slot = Slot { sequence, kind, command, token, sent: now, older: NONE, newer: NONE };
        self.set(place, slot);
        self.append(place, false);
        self.in_flight += u32::from(!control);
        sequence
    }

    /// Matches a response; `command` is the request that it answers, `None` for a `generic_nack`.
    pub(crate) fn answer(
        &mut self,
        sequence: u32,
        command: Option<CommandId>,
        now: Instant,
    ) -> Answered {
        let place = self.place(sequence);
        let Some(slot) = self.slots.get(place as usize).copied() else { return Answered::Stray };
        let same = slot.sequence == sequence && command.is_none_or(|id| id == slot.command);
        match slot.kind {
            Kind::Empty => Answered::Stray,
            _ if !same => Answered::Stray,
            Kind::Tombstone => {
                self.remove(place, true);
                Answered::Late { token: slot.token }
            }
            Kind::Control => {
                self.remove(place, false);
                Answered::Control(slot.command)
            }
            Kind::Request => {
                self.remove(place, false);
                self.in_flight -= 1;
                let rtt = now.saturating_duration_since(slot.sent);
                Answered::Request { token: slot.token, rtt }
            }
        }
    }

    /// When the oldest unanswered request was sent.
    pub(crate) fn oldest_sent(&self) -> Option<Instant> {
        self.slots.get(self.live.oldest as usize).map(|slot| slot.sent)
    }

    /// Expires the oldest request if it was sent at or before `cutoff`, leaving a tombstone.
    pub(crate) fn give_up(&mut self, cutoff: Instant) -> Option<Overdue> {
        let place = self.live.oldest;
        let slot = *self.slots.get(place as usize).filter(|slot| slot.sent <= cutoff)?;
        self.remove(place, false);
        if slot.kind == Kind::Control {
            return Some(Overdue::Control { command: slot.command, sent: slot.sent });
        }
        self.in_flight -= 1;
        if self.tombs.len >= self.slots.len() / 2 {
            self.remove(self.tombs.oldest, true);
        }
        self.set(place, Slot { kind: Kind::Tombstone, older: NONE, newer: NONE, ..slot });
        self.append(place, true);
        Some(Overdue::Request { token: slot.token })
    }

    /// Empties the window of an ended session. Yields the tokens of live requests, oldest first.
    pub(crate) fn take_all(&mut self, mut each: impl FnMut(u64)) {
        while let Some(slot) = self.slots.get(self.live.oldest as usize).copied() {
            self.remove(self.live.oldest, false);
            if slot.kind == Kind::Request {
                self.in_flight -= 1;
                each(slot.token);
            }
        }
    }

    #[allow(clippy::cast_possible_truncation)] // masked by the ring's size, far below 2^32
    fn place(&self, sequence: u32) -> u32 {
        (sequence as usize & self.slots.len().wrapping_sub(1)) as u32
    }

    fn set(&mut self, place: u32, slot: Slot) {
        if let Some(at) = self.slots.get_mut(place as usize) {
            *at = slot;
        }
    }

    fn append(&mut self, place: u32, tomb: bool) {
        let chain = if tomb { &mut self.tombs } else { &mut self.live };
        let older = std::mem::replace(&mut chain.newest, place);
        chain.len += 1;
        if older == NONE {
            chain.oldest = place;
        } else if let Some(slot) = self.slots.get_mut(older as usize) {
            slot.newer = place;
        }
        if let Some(slot) = self.slots.get_mut(place as usize) {
            (slot.older, slot.newer) = (older, NONE);
        }
    }

    fn remove(&mut self, place: u32, tomb: bool) {
        let Some(slot) = self.slots.get_mut(place as usize) else { return };
        let (older, newer) = (slot.older, slot.newer);
        slot.kind = Kind::Empty;
        let chain = if tomb { &mut self.tombs } else { &mut self.live };
        chain.len -= 1;
        match self.slots.get_mut(older as usize) {
            Some(slot) => slot.newer = newer,
            None => chain.oldest = newer,
        }
        match self.slots.get_mut(newer as usize) {
            Some(slot) => slot.older = older,
            None => chain.newest = older,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::{Answered, Overdue, SEQUENCE_MAX, Window};
    use crate::CommandId as Id;

    const ID: Option<Id> = Some(Id::SUBMIT_SM);

    #[test]
    fn responses_may_come_in_any_order() {
        let now = Instant::now();
        let mut window = Window::new(8, 1, now);
        let sequences: Vec<u32> =
            (0..8).map(|token| window.insert(Id::SUBMIT_SM, token, false, now)).collect();
        assert_eq!(sequences, [1, 2, 3, 4, 5, 6, 7, 8]);
        for (token, sequence) in sequences.iter().enumerate().rev() {
            let expected = Answered::Request { token: token as u64, rtt: Duration::ZERO };
            assert_eq!(window.answer(*sequence, ID, now), expected);
        }
        assert_eq!(window.in_flight(), 0);
        assert_eq!(window.answer(3, ID, now), Answered::Stray);
    }

    #[test]
    fn a_tombstone_matches_a_late_response_and_is_never_reused() {
        let start = Instant::now();
        let mut window = Window::new(2, 1, start);
        let first = window.insert(Id::SUBMIT_SM, 7, false, start);
        assert_eq!(window.give_up(start), Some(Overdue::Request { token: 7 }));
        // Once around the ring: the tombstone's number and slot are skipped.
        for token in 100..300 {
            let sequence = window.insert(Id::SUBMIT_SM, token, false, start);
            assert_ne!(sequence % 32, first % 32);
            assert!(matches!(window.answer(sequence, ID, start), Answered::Request { .. }));
        }
        assert_eq!(window.answer(first, ID, start), Answered::Late { token: 7 });
        assert_eq!(window.answer(first, ID, start), Answered::Stray);
    }

    #[test]
    fn sequence_numbers_wrap_to_one() {
        let now = Instant::now();
        let mut window = Window::new(4, SEQUENCE_MAX - 1, now);
        let taken: Vec<u32> =
            (0..4).map(|token| window.insert(Id::SUBMIT_SM, token, false, now)).collect();
        assert_eq!(taken, [SEQUENCE_MAX - 1, SEQUENCE_MAX, 1, 2]);
    }

    #[test]
    fn tombstones_are_bounded_and_the_oldest_are_dropped_first() {
        let now = Instant::now();
        let mut window = Window::new(4, 1, now);
        for token in 0..1_000 {
            window.insert(Id::SUBMIT_SM, token, false, now);
            assert_eq!(window.give_up(now), Some(Overdue::Request { token }));
        }
        assert!(window.tombs.len <= window.slots.len() / 2);
        assert_eq!(window.answer(1, ID, now), Answered::Stray);
    }

    #[test]
    fn growing_keeps_open_requests_in_order() {
        let now = Instant::now();
        let mut window = Window::new(2, 1, now);
        for token in 0..12 {
            window.insert(Id::SUBMIT_SM, token, false, now);
        }
        window.give_up(now);
        window.make_room(1_000, now);
        assert_eq!(window.answer(1, ID, now), Answered::Late { token: 0 });
        let mut tokens = Vec::new();
        window.take_all(|token| tokens.push(token));
        assert_eq!(tokens, (1..12).collect::<Vec<_>>());
    }

    #[test]
    fn a_response_of_another_kind_does_not_free_the_slot() {
        let now = Instant::now();
        let mut window = Window::new(2, 1, now);
        let sequence = window.insert(Id::SUBMIT_SM, 1, false, now);
        assert_eq!(window.answer(sequence, Some(Id::DATA_SM), now), Answered::Stray);
        assert_eq!(window.in_flight(), 1);
        assert!(matches!(window.answer(sequence, None, now), Answered::Request { .. }));
    }
}
