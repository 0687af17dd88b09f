//! A session's limits and timers. The defaults suit a carrier reached over the internet.

use std::time::Duration;

use crate::frame::PDU_OCTETS_MAX;

/// The largest window, in requests; its ring takes about 3 MiB.
pub const WINDOW_MAX: u32 = 16_384;

/// Limits and timers (SMPP 3.4 §2.9, §7.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionConfig {
    /// Limit of our unanswered requests; 1 to [`WINDOW_MAX`]. Default 100.
    pub window: u32,
    /// Limit of a client's unanswered requests at a server, which throttles further ones. A client refuses none: see
    /// [`InboundRoom`](crate::link::InboundRoom). Default 2,000.
    pub inbound_window: u32,
    /// Time from connection to bind. Default 10 s.
    pub session_init: Duration,
    /// Silence of the peer after which an enquire_link is sent; `None` for never. Default 30 s.
    pub enquire_link: Option<Duration>,
    /// Time without messages in either direction after which we unbind; `None`, the default, for never.
    pub inactivity: Option<Duration>,
    /// Time to wait for a response. Default 30 s.
    pub response: Duration,
    /// How long an unbind waits for unanswered requests. Default 5 s.
    pub drain: Duration,
    /// How long a PDU may stay incomplete, and our output unread. Default 30 s.
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
    /// Clamps invalid values: no window of 0, no timer of 0 that would fire continuously.
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
