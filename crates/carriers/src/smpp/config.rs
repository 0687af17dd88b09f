//! The section of an SMPP carrier, as it is written.

use std::collections::BTreeMap;
use std::path::PathBuf;

use domain::secret::Secret;
use serde::Deserialize;

use super::ids::ReceiptIds;
use super::profile::{Alphabet, Beyond, LongMessages, Receipts, SettleOn, Validity};
use super::verdict::Meaning;

/// How an account binds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BindMode {
    #[default]
    Transceiver,
    /// Pairs of a transmitter and a receiver, for carriers without transceivers.
    TransmitterReceiver,
}

/// What we say our version is.
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

/// An optional parameter of the carrier's own: a text, or octets.
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
    /// By default 2775; 3550 with `tls = true`.
    #[serde(default)]
    pub port: Option<u16>,
    /// TLS from the first octet, always verified.
    #[serde(default)]
    pub tls: bool,
    /// Roots to trust instead of the platform's, PEM.
    #[serde(default)]
    pub ca_file: Option<PathBuf>,
    /// The name to verify, when it is not `host`.
    #[serde(default)]
    pub server_name: Option<String>,
    /// Our certificate and its key, PEM, for carriers that ask for one.
    #[serde(default)]
    pub cert_file: Option<PathBuf>,
    #[serde(default)]
    pub key_file: Option<PathBuf>,
    pub system_id: String,
    #[serde(default, deserialize_with = "crate::section::secret")]
    pub password: Option<Secret>,
    #[serde(default)]
    pub system_type: String,
    /// The addresses that the bind is for, as the carrier writes them; most want none.
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
    /// Sessions, or pairs of them.
    #[serde(default = "binds")]
    pub binds: u16,
    /// Parts of each session that may await their answer.
    #[serde(default = "window")]
    pub window: u32,
    /// Parts per second over all sessions, 0 = no limit.
    #[serde(default)]
    pub rate: u32,
    /// The sender of messages that name none.
    #[serde(default)]
    pub source: Option<String>,
    /// Kinds of all senders, instead of what follows from each.
    #[serde(default)]
    pub source_ton: Option<u8>,
    #[serde(default)]
    pub source_npi: Option<u8>,
    /// Kinds of short codes.
    #[serde(default)]
    pub short_code_ton: Option<u8>,
    #[serde(default)]
    pub short_code_npi: Option<u8>,
    #[serde(default)]
    pub dest_ton: Option<u8>,
    #[serde(default)]
    pub dest_npi: Option<u8>,
    /// What data_coding 0 is.
    #[serde(default)]
    pub alphabet: Alphabet,
    /// What carries texts that the alphabet lacks.
    #[serde(default)]
    pub beyond_alphabet: Beyond,
    #[serde(default)]
    pub long_messages: LongMessages,
    /// Bits of the number that joins the parts of a text: 8 or 16; by default 8.
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
    /// Parameters that go with every part.
    #[serde(default)]
    pub tlvs: Vec<TlvConfig>,
    /// How receipts write the ids that answers gave.
    #[serde(default)]
    pub receipt_ids: ReceiptIds,
    /// Whether a text that reads as a receipt is one, although nothing marks it.
    #[serde(default = "receipts_by_text")]
    pub receipts_by_text: bool,
    /// What statuses mean at this carrier: `{ "0x410" = "throttled" }`.
    #[serde(default)]
    pub errors: BTreeMap<String, Meaning>,
    /// A session silent for this long is asked whether it lives, in seconds; 0 never.
    #[serde(default = "enquire_link_s")]
    pub enquire_link_s: u32,
    /// For the answer to a part, in seconds; then it is sent again.
    #[serde(default = "response_timeout_s")]
    pub response_timeout_s: u32,
    #[serde(default = "connect_timeout_s")]
    pub connect_timeout_s: u32,
    /// The first wait before connecting again, in milliseconds; it doubles up to a minute.
    #[serde(default = "reconnect_ms")]
    pub reconnect_ms: u32,
    /// The first wait after a refused bind, in seconds; it doubles up to fifteen times that.
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
