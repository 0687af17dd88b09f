//! Texts that phones send.

use std::sync::Arc;

use async_trait::async_trait;
use domain::account::operator::Actor;
use domain::id::PhoneId;
use domain::phone::{
    FetchedText, NewPhoneText, PhoneTextNews, PhoneTextReport, PhoneTextState, Placed, SendTerms,
    SendingSim,
};
use domain::ports::PhoneTextStore;
use domain::routing::CarrierName;
use domain::time::Timestamp;
use uuid::Uuid;

use super::RowStore;
use crate::rows::phone::{self, texts};
use crate::tx::Result;

#[async_trait]
impl PhoneTextStore for RowStore {
    async fn queue_phone_texts(
        &self,
        terms: Arc<SendTerms>,
        new: Vec<NewPhoneText>,
        now: Timestamp,
    ) -> Result<Vec<Placed>> {
        self.write(async move |tx| texts::queue(tx, &terms, &new, now).await).await
    }

    async fn sending_sims(&self, now: Timestamp) -> Result<Vec<SendingSim>> {
        self.read(async move |tx| texts::sending_sims(tx, now).await).await
    }

    async fn phone_texts_fetched(&self, ids: Vec<Uuid>) -> Result<Vec<(Uuid, bool)>> {
        self.read(async move |tx| texts::fetched(tx, &ids).await).await
    }

    async fn withdraw_phone_texts(&self, ids: Vec<Uuid>, now: Timestamp) -> Result<Vec<Uuid>> {
        self.write(async move |tx| texts::withdraw(tx, &ids, now).await).await
    }

    async fn phone_text_news(
        &self,
        carrier: CarrierName,
        limit: u32,
    ) -> Result<Vec<PhoneTextNews>> {
        self.read(async move |tx| texts::news(tx, &carrier, limit).await).await
    }

    async fn phone_text_news_stored(&self, stored: Vec<(Uuid, PhoneTextState)>) -> Result<()> {
        self.write(async move |tx| texts::news_stored(tx, &stored).await).await
    }

    async fn fetch_phone_texts(
        &self,
        phone: PhoneId,
        newest_first: bool,
        now: Timestamp,
    ) -> Result<Vec<FetchedText>> {
        // Most calls find nothing.
        let waits = self.read(async move |tx| texts::waits(tx, phone, now).await).await?;
        if !waits {
            return Ok(Vec::new());
        }
        self.write(async move |tx| texts::fetch(tx, phone, newest_first, now).await).await
    }

    async fn report_phone_texts(
        &self,
        phone: PhoneId,
        reports: Vec<PhoneTextReport>,
        now: Timestamp,
    ) -> Result<()> {
        self.write(async move |tx| texts::report(tx, phone, &reports, now).await).await
    }

    async fn phones_with_texts(&self, now: Timestamp) -> Result<Vec<(PhoneId, Timestamp)>> {
        self.read(async move |tx| texts::phones_with_texts(tx, now).await).await
    }

    async fn set_sim_sends(
        &self,
        phone: PhoneId,
        sim: u8,
        sends: bool,
        by: Actor,
        now: Timestamp,
    ) -> Result<bool> {
        self.write(async move |tx| phone::set_sends(tx, phone, sim, sends, by, now).await).await
    }
}
