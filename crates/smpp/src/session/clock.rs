//! The session's clock: it stands still while the caller does not read the peer, so that no timer of the peer fires for
//! what lies unread on our side.

use std::time::{Duration, Instant};

use super::Session;

#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Clock {
    /// Since when it stands still.
    stopped: Option<Instant>,
    /// How long it has stood still before.
    behind: Duration,
}

impl Clock {
    /// The time on this clock.
    pub(super) fn at(&self, now: Instant) -> Instant {
        let now = self.stopped.unwrap_or(now);
        now.checked_sub(self.behind).unwrap_or(now)
    }

    /// When this clock will show `at`; unknown while it stands still.
    pub(super) fn when(&self, at: Instant) -> Option<Instant> {
        self.stopped.is_none().then(|| at + self.behind)
    }
}

impl Session {
    /// The caller does not read the peer from now on, because it has no room for more requests. Until
    /// [`Self::resume_reading`] the peer's timers stand still: session-init, enquire_link, inactivity, response (SMPP 3.4
    /// §7.2) and stall. Our requests and answers are still sent. Idempotent.
    pub const fn stop_reading(&mut self, now: Instant) {
        if self.clock.stopped.is_none() {
            self.clock.stopped = Some(now);
        }
    }

    /// The caller reads the peer again. Returns how long it did not.
    pub fn resume_reading(&mut self, now: Instant) -> Duration {
        let stopped = self.clock.stopped.take();
        let pause = stopped.map_or(Duration::ZERO, |since| now.saturating_duration_since(since));
        self.clock.behind += pause;
        pause
    }

    /// For how long, altogether, the peer was not read.
    #[must_use]
    pub const fn unread(&self) -> Duration {
        self.clock.behind
    }

    /// Whether the peer is read.
    #[must_use]
    pub const fn is_reading(&self) -> bool {
        self.clock.stopped.is_none()
    }
}
