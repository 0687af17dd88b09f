//! How quickly a receiver responds, and what follows: how many calls it may have at a time, and in which
//! class its calls take turns.
//!
//! | the last call | slots |
//! |---|---|
//! | none yet | some |
//! | got a quick response | one more, up to half of all |
//! | got a slow response, or none for as long so far | one less, down to a few |
//! | got no response | next to none, until a call gets a response |
//!
//! | slots | class |
//! |---|---|
//! | those of a new receiver, which has not responded yet | new |
//! | fewer, or next to none | slow |
//! | at least those of a new receiver, which has responded | quick |

use std::time::Duration;

use domain::limits;

/// A response that takes longer is slow.
pub(super) const QUICK: Duration = Duration::from_secs(1);

/// Slots of a receiver whose responses are slow.
pub(super) const SLOTS_MIN: usize = limits::WEBHOOKS_PER_NEW_HOST / 4;

pub(super) const WAITING_PER_SLOT: usize = 64;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::events) enum Response {
    After(Duration),
    None,
    /// No request was sent.
    NotSent,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    Quick,
    New,
    Slow,
}

impl Class {
    pub(super) const ALL: [Self; 3] = [Self::Quick, Self::New, Self::Slow];

    /// Not known to respond quickly.
    pub(super) const fn is_unproven(self) -> bool {
        !matches!(self, Self::Quick)
    }
}

#[derive(Debug)]
pub(super) struct Pace {
    pub(super) slots: usize,
    pub(super) is_silent: bool,
    has_responded: bool,
    /// Deliveries put off since its last response.
    pub(super) put_off: u32,
}

impl Pace {
    pub(super) const fn new() -> Self {
        let slots = limits::WEBHOOKS_PER_NEW_HOST;
        Self { slots, is_silent: false, has_responded: false, put_off: 0 }
    }

    pub(super) const fn class(&self) -> Class {
        if self.is_silent || self.slots < limits::WEBHOOKS_PER_NEW_HOST {
            Class::Slow
        } else if self.has_responded {
            Class::Quick
        } else {
            Class::New
        }
    }

    /// Whether anything is known of it.
    pub(super) const fn is_known(&self) -> bool {
        self.is_silent || self.has_responded
    }

    /// How many claimed deliveries may wait for it: some rounds of all its slots.
    pub(super) fn room(&self) -> usize {
        let rounds = self.slots * WAITING_PER_SLOT;
        rounds.min(self.room_for_new())
    }

    /// How many new deliveries may wait for it: more, because they would have to be read again.
    pub(super) const fn room_for_new(&self) -> usize {
        if self.is_silent {
            limits::WEBHOOKS_WAITING_PER_SILENT_HOST_MAX
        } else {
            limits::WEBHOOKS_WAITING_PER_HOST_MAX
        }
    }

    /// A call has had no response for longer than [`QUICK`].
    pub(super) fn note_late(&mut self) {
        if !self.is_silent {
            self.slots = self.slots.saturating_sub(1).max(SLOTS_MIN);
        }
    }

    /// A call has ended. `was_late`: after [`Pace::note_late`].
    pub(super) fn learn(&mut self, response: Response, was_late: bool) {
        match response {
            Response::NotSent => return,
            Response::None => {
                self.is_silent = true;
                self.slots = limits::WEBHOOKS_PER_SILENT_HOST_MAX;
                return;
            }
            Response::After(took) if took <= QUICK => {
                self.slots = (self.slots + 1).min(limits::WEBHOOKS_PER_HOST_MAX);
            }
            Response::After(_) if was_late => {}
            Response::After(_) => self.slots -= 1,
        }
        (self.is_silent, self.has_responded, self.put_off) = (false, true, 0);
        self.slots = self.slots.max(SLOTS_MIN);
    }
}
