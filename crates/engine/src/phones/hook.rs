//! Events that phones report: authenticated, stored, and then answered. A phone repeats what was not answered for two
//! days, and the door answers within its few seconds of patience.

use domain::id::{InboundId, PhoneId};
use domain::inbound::Party;
use domain::phone::{Health, PhoneMessage, PhoneMessageRecorded, PhoneReport};
use domain::ports::PortError;
use domain::text::Text;
use domain::time::Timestamp;

use super::Phones;
use super::keys::{hook_secret, is_equal, is_signed, signing_key};
use super::streams::Push;
use crate::ids::uuid_v7;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HookError {
    /// Also an unknown phone.
    #[error("the URL is not valid")]
    BadUrl,
    /// The phone fetches its settings, and signs the repeat with the present key.
    #[error("the signature is not valid")]
    BadSignature,
    #[error("it could not be stored; try again")]
    Store(#[source] PortError),
}

impl From<PortError> for HookError {
    fn from(error: PortError) -> Self {
        Self::Store(error)
    }
}

/// A message as the phone reports it.
#[derive(Debug, Clone)]
pub struct PhoneText {
    /// The event's id.
    pub event: String,
    /// The phone's hash of the message.
    pub message: String,
    pub from: Party,
    pub text: Text,
    pub sim: Option<u8>,
    pub recipient: Option<Party>,
    /// When the network took it, if the phone says so.
    pub sent_at: Option<Timestamp>,
}

/// What became of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hooked {
    Stored,
    Repeat,
}

impl Phones {
    /// The phone of a called URL, if its secret is right and the body is signed with the phone's key.
    pub async fn authenticate_hook(
        &self,
        path: &str,
        body: &[u8],
        timestamp: &str,
        signature: &str,
    ) -> Result<PhoneId, HookError> {
        let (id, given) = path.split_once('-').ok_or(HookError::BadUrl)?;
        let phone = id.parse().map(PhoneId).map_err(|_| HookError::BadUrl)?;
        let secret = self.store.phone_secret(phone).await?.ok_or(HookError::BadUrl)?;
        if !is_equal(&hook_secret(&secret), given) {
            return Err(HookError::BadUrl);
        }
        if !is_signed(&signing_key(&secret), body, timestamp, signature) {
            self.streams.push(phone, Push::SettingsUpdated);
            return Err(HookError::BadSignature);
        }
        Ok(phone)
    }

    /// Stores a message, durably when it returns `Ok`.
    pub async fn receive(&self, phone: PhoneId, text: PhoneText) -> Result<Hooked, HookError> {
        let now = self.clock.now();
        let PhoneText { event, message, from, text, sim, recipient, sent_at } = text;
        let id = InboundId(uuid_v7(&*self.random, now));
        let at = now;
        let message =
            PhoneMessage { id, phone, event, message, from, text, sim, recipient, sent_at, at };
        let receivers = self.inbound.receivers().await?;
        let recorded = self.store.record_phone_message(message, receivers, now).await?;
        let recorded = match recorded {
            PhoneMessageRecorded::Repeat => return Ok(Hooked::Repeat),
            PhoneMessageRecorded::Recorded(recorded) => recorded,
            PhoneMessageRecorded::Proved(recorded) => {
                tracing::info!(phone = phone.0, "the number of a SIM card is proven");
                recorded
            }
            PhoneMessageRecorded::NoLine(recorded) => {
                tracing::warn!(
                    phone = phone.0,
                    "a message came to a phone, and to no number that is proven to be there"
                );
                recorded
            }
        };
        self.inbound.after(&recorded);
        Ok(Hooked::Stored)
    }

    pub async fn ping(&self, phone: PhoneId, health: Health) -> Result<(), HookError> {
        Ok(self.store.see_phone(phone, Some(health), self.clock.now()).await?)
    }

    /// The app has started.
    pub async fn started(&self, phone: PhoneId, report: PhoneReport) -> Result<(), HookError> {
        Ok(self.store.report_phone(phone, report, self.clock.now()).await?)
    }
}
