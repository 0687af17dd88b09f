//! The configuration section of an SMPP carrier.

use std::collections::BTreeMap;
use std::path::PathBuf;

use domain::ports::ReceiptState;
use domain::secret::Secret;
use serde::Deserialize;

use super::ids::ReceiptIds;
use super::profile::{Alphabet, Beyond, Flash, LongMessages, Receipts, SettleOn, Validity};
use super::verdict::Meaning;

/// How sessions are bound.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BindMode {
    #[default]
    Transceiver,
    /// Pairs of a transmitter and a receiver, for carriers without transceivers.
    TransmitterReceiver,
}

/// The interface version that we announce.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
pub enum InterfaceVersion {
    #[serde(rename = "3.3")]
    V33,
    #[default]
    #[serde(rename = "3.4")]
    V34,
    #[serde(rename = "5.0")]
    V50,
}

/// What a carrier's word for a state means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReceiptWord {
    Delivered,
    Failed,
    Expired,
    /// Nothing is decided yet.
    Intermediate,
}

impl ReceiptWord {
    pub(super) const fn state(self) -> ReceiptState {
        match self {
            Self::Delivered => ReceiptState::Delivered,
            Self::Failed => ReceiptState::Failed,
            Self::Expired => ReceiptState::Expired,
            Self::Intermediate => ReceiptState::Intermediate,
        }
    }
}

/// What has a receipt of its own.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReceiptsPer {
    #[default]
    Part,
    Message,
}

/// The parts that have a receipt.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReceiptFor {
    #[default]
    All,
    /// It stands for the whole text.
    First,
    /// It stands for the whole text.
    Last,
}

/// A carrier-specific optional parameter: text or octets.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TlvConfig {
    pub tag: u16,
    #[serde(default)]
    pub value: Option<String>,
    #[serde(default)]
    pub hex: Option<String>,
}

/// `[[carriers]]` with `kind = "smpp"`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SmppConfig {
    pub host: String,
    /// Default 2775, or 3550 with `tls = true`.
    #[serde(default)]
    pub port: Option<u16>,
    /// TLS from the first octet, always verified.
    #[serde(default)]
    pub tls: bool,
    /// Roots (PEM) to trust instead of the platform's.
    #[serde(default)]
    pub ca_file: Option<PathBuf>,
    /// The name to verify, if it is not `host`.
    #[serde(default)]
    pub server_name: Option<String>,
    /// Our certificate and its key (PEM), for carriers that require one.
    #[serde(default)]
    pub cert_file: Option<PathBuf>,
    #[serde(default)]
    pub key_file: Option<PathBuf>,
    pub system_id: String,
    #[serde(default, deserialize_with = "crate::deserialize_secret::secret")]
    pub password: Option<Secret>,
    #[serde(default)]
    pub system_type: String,
    /// Addresses that the bind is for, in the carrier's notation; usually empty.
    #[serde(default)]
    pub address_range: String,
    #[serde(default)]
    pub address_ton: u8,
    #[serde(default)]
    pub address_npi: u8,
    #[serde(default)]
    pub interface_version: InterfaceVersion,
    #[serde(default)]
    pub bind: BindMode,
    /// Number of sessions, or of pairs.
    #[serde(default = "binds")]
    pub binds: u16,
    /// Limit of unanswered parts per session.
    #[serde(default = "window")]
    pub window: u32,
    /// Parts per second over all sessions; 0 for no limit.
    #[serde(default)]
    pub rate: u32,
    /// Sender of messages without one.
    #[serde(default)]
    pub source: Option<String>,
    /// Type of number of all senders; by default it follows from each sender.
    #[serde(default)]
    pub source_ton: Option<u8>,
    #[serde(default)]
    pub source_npi: Option<u8>,
    /// Type of number of short codes.
    #[serde(default)]
    pub short_code_ton: Option<u8>,
    #[serde(default)]
    pub short_code_npi: Option<u8>,
    #[serde(default)]
    pub dest_ton: Option<u8>,
    #[serde(default)]
    pub dest_npi: Option<u8>,
    /// ISO 3166-1: the country whose national numbers it delivers.
    #[serde(default)]
    pub country: Option<String>,
    /// Alphabet of data_coding 0.
    #[serde(default)]
    pub alphabet: Alphabet,
    /// Encoding of texts that the alphabet cannot represent.
    #[serde(default)]
    pub beyond_alphabet: Beyond,
    #[serde(default)]
    pub long_messages: LongMessages,
    /// Bits of the concatenation reference: 8 (default) or 16.
    #[serde(default)]
    pub reference: Option<u8>,
    #[serde(default)]
    pub service_type: String,
    #[serde(default)]
    pub registered_delivery: Receipts,
    /// When a message counts as delivered.
    #[serde(default)]
    pub settle_on: SettleOn,
    #[serde(default)]
    pub validity_period: Validity,
    #[serde(default)]
    pub priority: u8,
    /// How a flash message is marked.
    #[serde(default)]
    pub flash: Flash,
    /// The parameter in which the carrier takes what a recipient is charged, as digits.
    #[serde(default)]
    pub premium_tlv: Option<u16>,
    /// The service types that charge recipients, by price.
    #[serde(default)]
    pub premium_service_types: BTreeMap<String, String>,
    /// Optional parameters of every part.
    #[serde(default)]
    pub tlvs: Vec<TlvConfig>,
    /// How receipts write the ids given in responses.
    #[serde(default)]
    pub receipt_ids: ReceiptIds,
    /// Whether an unmarked message with the text of a receipt counts as one.
    #[serde(default = "receipts_by_text")]
    pub receipts_by_text: bool,
    /// States by the carrier's own words: `{ "OK" = "delivered" }`.
    #[serde(default)]
    pub receipt_words: BTreeMap<String, ReceiptWord>,
    /// Whether each part of a text has a receipt, or one receipt stands for the whole text.
    #[serde(default)]
    pub receipts_per: ReceiptsPer,
    /// Which parts have a receipt.
    #[serde(default)]
    pub receipt_for: ReceiptFor,
    /// Meaning of statuses at this carrier: `{ "0x410" = "throttled" }`.
    #[serde(default)]
    pub errors: BTreeMap<String, Meaning>,
    /// Silence in seconds after which an enquire_link is sent; 0 for never.
    #[serde(default = "enquire_link_s")]
    pub enquire_link_s: u32,
    /// Seconds to wait for the response to a part; then it is sent again.
    #[serde(default = "response_timeout_s")]
    pub response_timeout_s: u32,
    #[serde(default = "connect_timeout_s")]
    pub connect_timeout_s: u32,
    /// First delay before reconnecting, in milliseconds; after some attempts it doubles up to a minute.
    #[serde(default = "reconnect_ms")]
    pub reconnect_ms: u32,
    /// First delay after a refused bind, in seconds; it doubles up to 15 times that.
    #[serde(default = "refused_s")]
    pub refused_s: u32,
}

const fn receipts_by_text() -> bool {
    true
}

const fn binds() -> u16 {
    1
}

const fn window() -> u32 {
    100
}

const fn enquire_link_s() -> u32 {
    30
}

const fn response_timeout_s() -> u32 {
    30
}

const fn connect_timeout_s() -> u32 {
    10
}

const fn reconnect_ms() -> u32 {
    1_000
}

const fn refused_s() -> u32 {
    60
}
