//! Ordinary phones whose SIM cards receive and send for us: what a phone reports of itself, when a SIM card may be lent, and
//! which one sends a text.
//! What the gateway app on a phone speaks is the door's business.

mod error_code;
mod inbound;
mod outbound;
mod sim;

pub use error_code::{SIM_RESTS_FOR, error_code, is_of_sim};
pub use inbound::{PhoneMessage, PhoneMessageRecorded, content_key, message_hash};
pub use outbound::{
    FetchedText, NewPhoneText, NoSim, PHONE_TEXT_VALID_MIN, PhoneTextNews, PhoneTextReport,
    PhoneTextState, Placed, Reach, SendTerms, SendingSim, SimName,
};
pub use sim::{LineOf, PhoneSim, SimReport, line_of};

use std::time::Duration;

use crate::account::KeyHash;
use crate::id::{AccountId, PhoneId};
use crate::secret::Secret;
use crate::state::stored_as;
use crate::time::Timestamp;

/// How often a phone is to ping.
pub const PING_EVERY: Duration = Duration::from_secs(60);

/// Its numbers are lent until this long after its last ping.
pub const READY_FOR: Duration = Duration::from_secs(3 * 60);

/// Characters of a phone's name here, and of the model that it reports.
pub const PHONE_NAME_CHARS_MAX: usize = 64;
pub const PHONE_MODEL_CHARS_MAX: usize = 128;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Phone {
    pub id: PhoneId,
    /// What the operator calls it.
    pub name: String,
    /// Earns from its numbers.
    pub owner: Option<AccountId>,
    /// `None` until it has registered.
    pub model: Option<String>,
    pub app_version: Option<String>,
    /// It waits for pushes of a service that is not ours, and hears of nothing at once.
    pub waits_for_push: bool,
    pub health: Option<Health>,
    pub seen_at: Option<Timestamp>,
    pub ready_until: Timestamp,
    pub created_at: Timestamp,
    /// In the order of their numbers in the phone.
    pub sims: Vec<PhoneSim>,
}

impl Phone {
    /// It has pinged lately, and its health is not *fail*.
    pub fn is_ready(&self, now: Timestamp) -> bool {
        now < self.ready_until
    }
}

/// As the app judges itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Health {
    Pass,
    Warn,
    Fail,
}

stored_as!(Health { Pass = "pass", Warn = "warn", Fail = "fail" });

impl Health {
    /// When a phone that pings at `now` stops to be ready.
    pub fn ready_until(self, now: Timestamp) -> Timestamp {
        match self {
            Self::Pass | Self::Warn => now.after(READY_FOR),
            Self::Fail => now,
        }
    }
}

#[derive(Debug, Clone)]
pub struct NewPhone {
    /// 1 to [`PHONE_NAME_CHARS_MAX`] characters.
    pub name: String,
    pub owner: Option<AccountId>,
    /// Of the token that is typed into the app.
    pub enrolment: KeyHash,
    /// Its other secrets are derived from it.
    pub secret: Secret,
}

/// What a phone reports of itself when it registers, and at each start of its app.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PhoneReport {
    /// `None`: not reported this time.
    pub model: Option<String>,
    pub app_version: Option<String>,
    pub waits_for_push: bool,
    pub sims: Vec<SimReport>,
}
