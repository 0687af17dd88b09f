//! What a response, or its lack, changes: the class of a receiver, its bound, and which lines may begin.

use std::net::IpAddr;
use std::sync::Arc;

use domain::limits;

use super::pace::Pace;
use super::receiver::{Bound, Place};
use super::{Line, Queue};

impl<T> Queue<T> {
    /// Changes what is known of a receiver, and moves its calls to the class that it then has.
    pub(super) fn learn(&mut self, name: &Arc<str>, change: impl FnOnce(&mut Pace)) {
        let Some(receiver) = self.receivers.get_mut(name) else { return };
        let before = receiver.pace.class();
        change(&mut receiver.pace);
        let after = receiver.pace.class();
        if before == after {
            return;
        }
        let (from, to) = (before as usize, after as usize);
        for (counts, moved) in
            [(&mut self.waiting, receiver.waiting), (&mut self.running, receiver.running)]
        {
            counts[from] -= moved;
            counts[to] += moved;
        }
        let bound = self.bounds.entry(receiver.bound.clone()).or_default();
        match (before.is_unproven(), after.is_unproven()) {
            (true, false) => bound.running -= receiver.running,
            (false, true) => bound.running += receiver.running,
            (true, true) | (false, false) => {}
        }
        for ((owner, is_retry), waiting) in &mut receiver.lines {
            let (owner, host) = (owner.clone(), receiver.host.clone());
            let line = Line { owner, host, receiver: name.clone(), is_retry: *is_retry };
            let kind = usize::from(*is_retry);
            match waiting.place {
                Place::InTurn => self.turns[from][kind].remove(&line),
                Place::AtBound => bound.blocked[kind].remove(&line),
                Place::AtReceiver => continue,
            }
            waiting.place = Place::InTurn;
            self.turns[to][kind].push(line);
        }
    }

    /// Puts a receiver under the bound of its address.
    pub(super) fn rebind(&mut self, name: &Arc<str>, address: Option<IpAddr>) {
        let Some(receiver) = self.receivers.get_mut(name) else { return };
        let Some(address) = address else { return };
        let bound = Bound::of(&receiver.host, Some(address));
        if bound == receiver.bound {
            return;
        }
        let before = std::mem::replace(&mut receiver.bound, bound);
        let class = receiver.pace.class();
        if !class.is_unproven() {
            // Others that wait there have room, and what nobody uses is forgotten.
            self.unblock_bound(&before);
            return;
        }
        if receiver.running > 0 {
            self.bounds.entry(receiver.bound.clone()).or_default().running += receiver.running;
        }
        let Some(left) = self.bounds.get_mut(&before) else { return };
        left.running -= receiver.running;
        for ((owner, is_retry), waiting) in &mut receiver.lines {
            if waiting.place == Place::AtBound {
                let (owner, host) = (owner.clone(), receiver.host.clone());
                let line = Line { owner, host, receiver: name.clone(), is_retry: *is_retry };
                let kind = usize::from(*is_retry);
                left.blocked[kind].remove(&line);
                waiting.place = Place::InTurn;
                self.turns[class as usize][kind].push(line);
            }
        }
        self.unblock_bound(&before);
    }

    /// Returns lines to their turn for which the end of a call made room.
    pub(super) fn unblock(&mut self, name: &Arc<str>) {
        let Some(receiver) = self.receivers.get_mut(name) else { return };
        let class = receiver.pace.class() as usize;
        for _ in 0..receiver.free_slots() {
            let kind = usize::from(receiver.blocked[0].is_empty());
            let Some(owner) = receiver.blocked[kind].pop_front() else { break };
            let (host, is_retry) = (receiver.host.clone(), kind > 0);
            let line = Line { owner, host, receiver: name.clone(), is_retry };
            receiver.set_place(&line, Place::InTurn);
            self.turns[class][kind].push(line);
        }
        let bound = receiver.bound.clone();
        self.unblock_bound(&bound);
    }

    fn unblock_bound(&mut self, bound: &Bound) {
        let Some(unproven) = self.bounds.get_mut(bound) else { return };
        let free = limits::WEBHOOKS_PER_ADDRESS_UNPROVEN_MAX.saturating_sub(unproven.running);
        for _ in 0..free {
            let kind = usize::from(unproven.blocked[0].is_empty());
            let Some(line) = unproven.blocked[kind].next(|_| false) else { break };
            let Some(receiver) = self.receivers.get_mut(&line.receiver) else { continue };
            receiver.set_place(&line, Place::InTurn);
            self.turns[receiver.pace.class() as usize][kind].push(line);
        }
        if unproven.is_idle() {
            self.bounds.remove(bound);
        }
    }
}
