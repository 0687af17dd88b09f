//! Texts that phones send: given to a SIM card, fetched by its phone, reported by it, and passed on by their carrier.

use std::sync::Arc;

use async_trait::async_trait;
use uuid::Uuid;

use crate::account::operator::Actor;
use crate::id::PhoneId;
use crate::phone::{
    FetchedText, NewPhoneText, PhoneTextNews, PhoneTextReport, PhoneTextState, Placed, SendTerms,
    SendingSim,
};
use crate::ports::PortError;
use crate::routing::CarrierName;
use crate::time::Timestamp;

#[async_trait]
pub trait PhoneTextStore: Send + Sync + std::fmt::Debug {
    /// Gives each text to a SIM card, and counts its parts there. A recipient's text that a phone has from
    /// an earlier attempt is *taken*, and nothing is stored: its states are news of this carrier from now on. One that
    /// still waited is withdrawn first. One answer for each text.
    async fn queue_phone_texts(
        &self,
        terms: Arc<SendTerms>,
        texts: Vec<NewPhoneText>,
        now: Timestamp,
    ) -> Result<Vec<Placed>, PortError>;

    /// The SIM cards that the operator lets send.
    async fn sending_sims(&self, now: Timestamp) -> Result<Vec<SendingSim>, PortError>;

    /// Those of the texts that are stored, and whether a phone has fetched each.
    async fn phone_texts_fetched(&self, ids: Vec<Uuid>) -> Result<Vec<(Uuid, bool)>, PortError>;

    /// Deletes those of the texts that no phone has fetched, and counts their parts no longer. Their phones
    /// are given nothing more before they call again. Returns the deleted ones.
    async fn withdraw_phone_texts(
        &self,
        ids: Vec<Uuid>,
        now: Timestamp,
    ) -> Result<Vec<Uuid>, PortError>;

    /// States of the carrier's texts that it has made no receipt of, oldest first.
    async fn phone_text_news(
        &self,
        carrier: CarrierName,
        limit: u32,
    ) -> Result<Vec<PhoneTextNews>, PortError>;

    /// The receipts of these states are stored. Idempotent; a text that has another state by now stays
    /// news.
    async fn phone_text_news_stored(
        &self,
        stored: Vec<(Uuid, PhoneTextState)>,
    ) -> Result<(), PortError>;

    /// What the phone is to send: what waits for it, which is its own from then on, unless its SIM card may no longer send, and what it fetched
    /// before under the same registration and has not confirmed.
    async fn fetch_phone_texts(
        &self,
        phone: PhoneId,
        newest_first: bool,
        now: Timestamp,
    ) -> Result<Vec<FetchedText>, PortError>;

    /// Stores what the phone reports of its texts; of others nothing. Idempotent, in any order.
    async fn report_phone_texts(
        &self,
        phone: PhoneId,
        reports: Vec<PhoneTextReport>,
        now: Timestamp,
    ) -> Result<(), PortError>;

    /// Phones that have texts to fetch, and when the newest came.
    async fn phones_with_texts(
        &self,
        now: Timestamp,
    ) -> Result<Vec<(PhoneId, Timestamp)>, PortError>;

    /// Lets a SIM card send texts, or no longer. False: there is no such phone.
    async fn set_sim_sends(
        &self,
        phone: PhoneId,
        sim: u8,
        sends: bool,
        by: Actor,
        now: Timestamp,
    ) -> Result<bool, PortError>;
}
