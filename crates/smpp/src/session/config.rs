//! A session's limits and timers, with defaults that suit a carrier on the internet. It reads no files.

use std::time::Duration;

use crate::frame::PDU_OCTETS_MAX;

/// The largest window: its ring then takes about 3 MiB.
pub const WINDOW_MAX: u32 = 16_384;

/// Limits and timers (SMPP 3.4 §2.9, §7.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionConfig {
    /// Requests of ours that may await a response; 1 to [`WINDOW_MAX`]. Default 100.
    pub window: u32,
    /// Requests of the peer's that may await our answer; above it they are refused. Default 2,000.
    pub inbound_window: u32,
    /// From connection to bind. Default 10 s.
    pub session_init: Duration,
    /// Ask after the peer when it has been silent this long; `None` never. Default 30 s.
    pub enquire_link: Option<Duration>,
    /// Unbind when no message went either way this long; `None` never, the default.
    pub inactivity: Option<Duration>,
    /// From sending a request to giving it up. Default 30 s.
    pub response: Duration,
    /// How long an unbind waits for open requests. Default 5 s.
    pub drain: Duration,
    /// How long a PDU may stay unfinished, and how long the peer may leave our output unread. Default 30 s.
    pub stall: Duration,
    /// The largest PDU read, in octets. Default [`PDU_OCTETS_MAX`].
    pub pdu_octets_max: usize,
    /// The first sequence number. Default 1.
    pub first_sequence: u32,
}

impl Default for SessionConfig {
    fn default() -> Self {
        Self {
            window: 100,
            inbound_window: 2_000,
            session_init: Duration::from_secs(10),
            enquire_link: Some(Duration::from_secs(30)),
            inactivity: None,
            response: Duration::from_secs(30),
            drain: Duration::from_secs(5),
            stall: Duration::from_secs(30),
            pdu_octets_max: PDU_OCTETS_MAX,
            first_sequence: 1,
        }
    }
}

impl SessionConfig {
    /// Absurd values become the nearest sensible ones: no window of zero, no timer of zero that would fire for ever.
    pub(super) fn within_limits(mut self) -> Self {
        let least = Duration::from_millis(1);
        self.window = self.window.clamp(1, WINDOW_MAX);
        self.inbound_window = self.inbound_window.max(1);
        self.enquire_link = self.enquire_link.filter(|every| !every.is_zero());
        self.inactivity = self.inactivity.filter(|after| !after.is_zero());
        self.response = self.response.max(least);
        self.stall = self.stall.max(least);
        self.pdu_octets_max = self.pdu_octets_max.max(1_024);
        self
    }
}
