//! Phones, their SIM cards, and the messages that they report.

use std::sync::Arc;

use async_trait::async_trait;

use crate::account::KeyHash;
use crate::account::operator::Actor;
use crate::id::PhoneId;
use crate::inbound::{Party, Receivers};
use crate::phone::{Health, NewPhone, Phone, PhoneMessage, PhoneMessageRecorded, PhoneReport};
use crate::ports::PortError;
use crate::secret::Secret;
use crate::time::Timestamp;

#[async_trait]
pub trait PhoneStore: Send + Sync {
    /// [`PortError::Conflict`]: there is a phone of this name; [`PortError::Refused`]: there are
    /// [`crate::limits::PHONES_MAX`].
    async fn add_phone(
        &self,
        new: NewPhone,
        by: Actor,
        now: Timestamp,
    ) -> Result<PhoneId, PortError>;

    /// Replaces the token that is typed into the app. The phone stays registered. False: there is none.
    async fn set_phone_token(
        &self,
        phone: PhoneId,
        enrolment: KeyHash,
        by: Actor,
        now: Timestamp,
    ) -> Result<bool, PortError>;

    /// Removes a phone with its SIM cards and the numbers on them. False: there is none.
    async fn remove_phone(
        &self,
        phone: PhoneId,
        by: Actor,
        now: Timestamp,
    ) -> Result<bool, PortError>;

    /// All of them, by id.
    async fn phones(&self) -> Result<Vec<Phone>, PortError>;

    /// Registers the phone that the enrolment token names under a new token of its own; the one of before
    /// is dead. `None`: no phone has it.
    async fn register_phone(
        &self,
        enrolment: KeyHash,
        token: KeyHash,
        report: PhoneReport,
        now: Timestamp,
    ) -> Result<Option<Phone>, PortError>;

    /// The phone that has this token now.
    async fn phone_of_token(&self, token: KeyHash) -> Result<Option<Phone>, PortError>;

    /// Stores what a phone reports of itself. A number whose SIM card was changed is no longer proven.
    async fn report_phone(
        &self,
        phone: PhoneId,
        report: PhoneReport,
        now: Timestamp,
    ) -> Result<(), PortError>;

    /// `None`: there is no such phone.
    async fn phone_secret(&self, phone: PhoneId) -> Result<Option<Secret>, PortError>;

    /// A phone was heard of; with `ping`, how it is.
    async fn see_phone(
        &self,
        phone: PhoneId,
        ping: Option<Health>,
        now: Timestamp,
    ) -> Result<(), PortError>;

    /// Sets the number of a SIM card, which is a number of ours on this phone already, and the text that
    /// proves it; with `None` it counts as proven. False: there is no such phone.
    /// [`PortError::Conflict`]: another SIM card has the number.
    async fn set_sim_number(
        &self,
        phone: PhoneId,
        sim: u8,
        number: Party,
        test: Option<String>,
        by: Actor,
        now: Timestamp,
    ) -> Result<bool, PortError>;

    /// Stores a message once, as [`record_inbound`](super::InboundStore::record_inbound) does: for the
    /// number of its SIM card.
    async fn record_phone_message(
        &self,
        message: PhoneMessage,
        receivers: Arc<Receivers>,
        now: Timestamp,
    ) -> Result<PhoneMessageRecorded, PortError>;
}
