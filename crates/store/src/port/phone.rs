//! Phones, and the messages that they report.

use std::sync::Arc;

use async_trait::async_trait;
use domain::account::KeyHash;
use domain::account::operator::Actor;
use domain::id::PhoneId;
use domain::inbound::{Party, Receivers};
use domain::phone::{Health, NewPhone, Phone, PhoneMessage, PhoneMessageRecorded, PhoneReport};
use domain::ports::PhoneStore;
use domain::secret::Secret;
use domain::time::Timestamp;

use super::RowStore;
use crate::rows::phone;
use crate::tx::Result;

#[async_trait]
impl PhoneStore for RowStore {
    async fn add_phone(&self, new: NewPhone, by: Actor, now: Timestamp) -> Result<PhoneId> {
        self.write(async move |tx| phone::add(tx, &new, by, now).await).await
    }

    async fn set_phone_token(
        &self,
        phone: PhoneId,
        enrolment: KeyHash,
        by: Actor,
        now: Timestamp,
    ) -> Result<bool> {
        self.write(async move |tx| phone::set_token(tx, phone, enrolment, by, now).await).await
    }

    async fn remove_phone(&self, phone: PhoneId, by: Actor, now: Timestamp) -> Result<bool> {
        self.write(async move |tx| phone::remove(tx, phone, by, now).await).await
    }

    async fn phones(&self) -> Result<Vec<Phone>> {
        self.read(async move |tx| phone::list(tx).await).await
    }

    async fn register_phone(
        &self,
        enrolment: KeyHash,
        token: KeyHash,
        report: PhoneReport,
        now: Timestamp,
    ) -> Result<Option<Phone>> {
        self.write(async move |tx| phone::register(tx, enrolment, token, &report, now).await).await
    }

    async fn phone_of_token(&self, token: KeyHash) -> Result<Option<Phone>> {
        self.read(async move |tx| phone::of_token(tx, token).await).await
    }

    async fn report_phone(
        &self,
        phone: PhoneId,
        report: PhoneReport,
        now: Timestamp,
    ) -> Result<()> {
        self.write(async move |tx| phone::report(tx, phone, &report, now).await).await
    }

    async fn phone_secret(&self, phone: PhoneId) -> Result<Option<Secret>> {
        self.read(async move |tx| phone::secret(tx, phone).await).await
    }

    async fn see_phone(&self, phone: PhoneId, ping: Option<Health>, now: Timestamp) -> Result<()> {
        self.write(async move |tx| phone::see(tx, phone, ping, now).await).await
    }

    async fn set_sim_number(
        &self,
        phone: PhoneId,
        sim: u8,
        number: Party,
        test: Option<String>,
        by: Actor,
        now: Timestamp,
    ) -> Result<bool> {
        self.write(async move |tx| {
            phone::set_number(tx, phone, sim, &number, test.as_deref(), by, now).await
        })
        .await
    }

    async fn record_phone_message(
        &self,
        message: PhoneMessage,
        receivers: Arc<Receivers>,
        now: Timestamp,
    ) -> Result<PhoneMessageRecorded> {
        self.write(async move |tx| phone::record(tx, &message, &receivers, now).await).await
    }
}
