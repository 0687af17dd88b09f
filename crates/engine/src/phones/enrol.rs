//! The operator's changes: phones, their enrolment tokens, and the numbers of their SIM cards.

use std::sync::Arc;

use domain::account::operator::Actor;
use domain::id::{AccountId, PhoneId};
use domain::inbound::Party;
use domain::limits::PHONE_SIMS_MAX;
use domain::number::own::{Abilities, Country, Line, NumberTerms, UnfitNumber, fit};
use domain::phone::{NewPhone, PHONE_NAME_CHARS_MAX, Phone};
use domain::ports::{Clock, PortError, Random, Store};
use domain::secret::Secret;

use super::keys::new_enrolment;
use crate::accounts::key_hash;

/// Digits of the text that proves a number.
const TEST_DIGITS: u32 = 1_000_000;

#[derive(Debug)]
pub struct PhoneList {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
}

/// The number of a SIM card.
#[derive(Debug, Clone)]
pub struct SimNumber {
    pub sim: u8,
    /// An international number.
    pub number: Party,
    pub country: Country,
    /// It may be rented out too.
    pub rents: bool,
    /// Counts as proven without a test.
    pub is_proven: bool,
}

#[derive(Debug, thiserror::Error)]
pub enum PhoneError {
    #[error(
        "a phone's name has 1 to {PHONE_NAME_CHARS_MAX} characters, none of them a control character"
    )]
    Name,
    #[error("there is a phone of this name")]
    NameTaken,
    #[error("there are too many phones")]
    TooMany,
    #[error("there is no such phone")]
    NoSuchPhone,
    #[error("a SIM card has a number from 1 to {PHONE_SIMS_MAX}")]
    Sim,
    #[error("the number {0}")]
    Unfit(#[from] UnfitNumber),
    #[error("the number is no international number")]
    NotInternational,
    #[error("the number is one of another carrier or phone: remove it there first")]
    NumberTaken,
    #[error("the change could not be stored")]
    Store(#[source] PortError),
}

impl From<PortError> for PhoneError {
    fn from(error: PortError) -> Self {
        Self::Store(error)
    }
}

impl PhoneList {
    pub fn new(store: Arc<dyn Store>, clock: Arc<dyn Clock>, random: Arc<dyn Random>) -> Self {
        Self { store, clock, random }
    }

    pub async fn list(&self) -> Result<Vec<Phone>, PortError> {
        self.store.phones().await
    }

    /// The token is returned once; the store has its hash.
    pub async fn add(
        &self,
        name: &str,
        owner: Option<AccountId>,
        by: Actor,
    ) -> Result<(PhoneId, Secret), PhoneError> {
        let chars = name.chars().count();
        if !(1..=PHONE_NAME_CHARS_MAX).contains(&chars) || name.chars().any(char::is_control) {
            return Err(PhoneError::Name);
        }
        let token = new_enrolment(&*self.random);
        let new = NewPhone {
            name: name.to_owned(),
            owner,
            enrolment: key_hash(token.expose()),
            secret: Secret::new(hex::encode(self.random.bytes32())),
        };
        match self.store.add_phone(new, by, self.clock.now()).await {
            Ok(id) => Ok((id, token)),
            Err(PortError::Conflict(_)) => Err(PhoneError::NameTaken),
            Err(PortError::Refused(_)) => Err(PhoneError::TooMany),
            Err(error) => Err(error.into()),
        }
    }

    /// A new token for a phone that lost its registration. The one of before no longer registers.
    pub async fn renew_token(&self, phone: PhoneId, by: Actor) -> Result<Secret, PhoneError> {
        let token = new_enrolment(&*self.random);
        let hash = key_hash(token.expose());
        let is_set = self.store.set_phone_token(phone, hash, by, self.clock.now()).await?;
        is_set.then_some(token).ok_or(PhoneError::NoSuchPhone)
    }

    pub async fn remove(&self, phone: PhoneId, by: Actor) -> Result<(), PhoneError> {
        let is_removed = self.store.remove_phone(phone, by, self.clock.now()).await?;
        is_removed.then_some(()).ok_or(PhoneError::NoSuchPhone)
    }

    /// Lets a SIM card send texts, or no longer.
    pub async fn set_sends(
        &self,
        phone: PhoneId,
        sim: u8,
        sends: bool,
        by: Actor,
    ) -> Result<(), PhoneError> {
        if !(1..=PHONE_SIMS_MAX).contains(&usize::from(sim)) {
            return Err(PhoneError::Sim);
        }
        let is_set = self.store.set_sim_sends(phone, sim, sends, by, self.clock.now()).await?;
        is_set.then_some(()).ok_or(PhoneError::NoSuchPhone)
    }

    /// Returns the text that proves the number when it is sent there; `None` if it counts as proven.
    pub async fn set_number(
        &self,
        phone: PhoneId,
        new: SimNumber,
        by: Actor,
    ) -> Result<Option<String>, PhoneError> {
        if !(1..=PHONE_SIMS_MAX).contains(&usize::from(new.sim)) {
            return Err(PhoneError::Sim);
        }
        let phones = self.store.phones().await?;
        let phone = phones.into_iter().find(|known| known.id == phone);
        let phone = phone.ok_or(PhoneError::NoSuchPhone)?;
        let can =
            Abilities { receive: true, send: false, lend: true, rent: new.rents, keywords: false };
        let line = Some(Line::Phone(phone.id.0));
        let terms = NumberTerms { country: Some(new.country), can, line, ..NumberTerms::default() };
        let number = fit(new.number.as_str(), &terms)?;
        if number.as_str().parse::<domain::number::Msisdn>().is_err() {
            return Err(PhoneError::NotInternational);
        }
        self.add_number(&number, terms, by).await?;
        let test = (!new.is_proven).then(|| self.new_test());
        let now = self.clock.now();
        let set =
            self.store.set_sim_number(phone.id, new.sim, number.clone(), test.clone(), by, now);
        match set.await {
            Ok(true) => {}
            Ok(false) => return Err(PhoneError::NoSuchPhone),
            Err(PortError::Conflict(_)) => return Err(PhoneError::NumberTaken),
            Err(error) => return Err(error.into()),
        }
        let before = phone.sims.into_iter().find(|sim| sim.sim == new.sim);
        if let Some(before) = before.and_then(|sim| sim.number).filter(|known| *known != number) {
            self.store.remove_number(before, by, self.clock.now()).await?;
        }
        Ok(test)
    }

    /// A number that is on this phone already gets the new terms.
    async fn add_number(
        &self,
        number: &Party,
        terms: NumberTerms,
        by: Actor,
    ) -> Result<(), PhoneError> {
        let now = self.clock.now();
        match self.store.add_number(number.clone(), terms.clone(), by, now).await {
            Ok(_) => Ok(()),
            Err(PortError::Conflict(_)) => {
                let known = self.store.number(number.clone()).await?;
                if known.is_none_or(|known| known.terms.line != terms.line) {
                    return Err(PhoneError::NumberTaken);
                }
                self.store.set_number(number.clone(), terms, by, now).await?;
                Ok(())
            }
            Err(PortError::Refused(_)) => Err(PhoneError::TooMany),
            Err(error) => Err(error.into()),
        }
    }

    fn new_test(&self) -> String {
        let [first, second, third, fourth, ..] = self.random.bytes32();
        let drawn = u32::from_be_bytes([first, second, third, fourth]) % TEST_DIGITS;
        format!("BG-{drawn:06}")
    }
}
