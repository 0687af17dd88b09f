//! What a phone calls for, except its events.

use domain::account::KeyHash;
use domain::id::PhoneId;
use domain::phone::{Phone, PhoneReport};
use domain::ports::PortError;
use domain::secret::Secret;

use super::Phones;
use super::keys::{hook_secret, new_token, signing_key};
use super::streams::{PhoneStream, Push};
use crate::accounts::key_hash;

/// A phone that has registered.
#[derive(Debug)]
pub struct Registered {
    pub phone: Phone,
    /// Its own token, which it calls with from now on.
    pub token: Secret,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// The phone registers anew.
    #[error("the token is not valid")]
    BadToken,
    #[error("it could not be read or stored; try again")]
    Store(#[source] PortError),
}

impl From<PortError> for CallError {
    fn from(error: PortError) -> Self {
        Self::Store(error)
    }
}

impl Phones {
    /// Registers the phone that the enrolment token belongs to. Its streams under an earlier token end.
    pub async fn register(
        &self,
        enrolment: &str,
        report: PhoneReport,
    ) -> Result<Registered, CallError> {
        let token = new_token(&*self.random);
        let (enrolment, hash) = (key_hash(enrolment), key_hash(token.expose()));
        let now = self.clock.now();
        let phone = self.store.register_phone(enrolment, hash, report, now).await?;
        let phone = phone.ok_or(CallError::BadToken)?;
        self.streams.push(phone.id, Push::End);
        Ok(Registered { phone, token })
    }

    /// The phone that calls with this token.
    pub async fn phone_of(&self, token: &str) -> Result<Phone, CallError> {
        let hash: KeyHash = key_hash(token);
        let phone = self.store.phone_of_token(hash).await?;
        phone.ok_or(CallError::BadToken)
    }

    pub async fn report(&self, phone: PhoneId, report: PhoneReport) -> Result<(), CallError> {
        Ok(self.store.report_phone(phone, report, self.clock.now()).await?)
    }

    pub async fn see(&self, phone: PhoneId) -> Result<(), CallError> {
        Ok(self.store.see_phone(phone, None, self.clock.now()).await?)
    }

    /// The last part of the URL that the phone calls with its events.
    pub async fn hook(&self, phone: PhoneId) -> Result<Secret, CallError> {
        let secret = hook_secret(&self.secret(phone).await?);
        Ok(Secret::new(format!("{}-{}", phone.0, secret.expose())))
    }

    /// The key that signs its events.
    pub async fn signing_key(&self, phone: PhoneId) -> Result<Secret, CallError> {
        Ok(signing_key(&self.secret(phone).await?))
    }

    async fn secret(&self, phone: PhoneId) -> Result<Secret, CallError> {
        self.store.phone_secret(phone).await?.ok_or(CallError::BadToken)
    }

    /// What is pushed to the phone from now on.
    pub fn follow(&self, phone: PhoneId) -> PhoneStream {
        self.streams.open(phone)
    }
}
