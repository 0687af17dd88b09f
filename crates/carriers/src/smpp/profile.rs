//! How messages are encoded for a carrier: alphabet, long texts, address types, receipts, validity and further fields.

use std::collections::BTreeMap;

use domain::number::{SenderId, SenderKind};
use domain::ports::End;
use domain::text::Policy;
use serde::Deserialize;
use smpp::pdu::{Npi, RegisteredDelivery, Ton};

/// The carrier's alphabet for data_coding 0.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Alphabet {
    /// GSM-7, one septet per octet.
    #[default]
    Gsm7,
    Gsm7Packed,
    Latin1,
    Ascii,
}

impl Alphabet {
    pub(super) const fn is_gsm7(self) -> bool {
        matches!(self, Self::Gsm7 | Self::Gsm7Packed)
    }
}

/// Encoding of texts that the alphabet cannot represent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Beyond {
    #[default]
    Ucs2,
    /// Latin-1 with data_coding 3 if it suffices, else UCS-2.
    Latin1,
}

/// How a text of several parts is submitted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LongMessages {
    /// Part by part, each with a user data header.
    #[default]
    Udh,
    /// Part by part, with the `sar_*` parameters.
    Sar,
    /// As a whole; the carrier splits it.
    MessagePayload,
}

/// How a flash message is marked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Flash {
    /// By `data_coding` with class 0 (0x10, 0x18), where the alphabet has one; else as below.
    #[default]
    DataCoding,
    /// By `dest_addr_subunit` (SMPP 3.4 §5.3.2.1).
    DestAddrSubunit,
}

/// How a recipient is charged: by a parameter, or by the service type of a price.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Premium {
    pub(super) tlv: Option<u16>,
    pub(super) service_types: BTreeMap<u32, String>,
}

/// Which receipts are requested.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Receipts {
    #[default]
    Final,
    Failure,
    None,
    /// Final ones and intermediate notifications.
    Intermediate,
}

impl Receipts {
    pub(super) const fn registered_delivery(self) -> RegisteredDelivery {
        match self {
            Self::Final => RegisteredDelivery::FINAL,
            Self::Failure => RegisteredDelivery::FAILURE,
            Self::None => RegisteredDelivery::NONE,
            Self::Intermediate => RegisteredDelivery::FINAL_AND_INTERMEDIATE,
        }
    }

    /// Whether receipts report successful delivery.
    pub(super) const fn reports_success(self) -> bool {
        matches!(self, Self::Final | Self::Intermediate)
    }
}

/// When a message counts as delivered.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SettleOn {
    /// When its receipts report delivery.
    #[default]
    Receipt,
    /// When the carrier accepted it, for carriers without receipts.
    Submit,
}

/// How the validity period is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Validity {
    #[default]
    Relative,
    /// Absolute, in UTC.
    Absolute,
    None,
}

/// Type of number and numbering plan; unset ones follow from the address.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Kind {
    pub(super) ton: Option<u8>,
    pub(super) npi: Option<u8>,
}

impl Kind {
    fn or(self, ton: u8, npi: u8) -> (Ton, Npi) {
        (Ton(self.ton.unwrap_or(ton)), Npi(self.npi.unwrap_or(npi)))
    }
}

#[derive(Debug, Clone, Default)]
pub(super) struct Profile {
    pub(super) alphabet: Alphabet,
    pub(super) beyond: Beyond,
    pub(super) long: LongMessages,
    pub(super) policy: Policy,
    /// Sender of messages without one.
    pub(super) source: Option<SenderId>,
    pub(super) of_sources: Kind,
    pub(super) of_short_codes: Kind,
    pub(super) of_destinations: Kind,
    pub(super) service_type: String,
    pub(super) receipts: Receipts,
    pub(super) settle_on: SettleOn,
    pub(super) validity: Validity,
    pub(super) priority: u8,
    pub(super) flash: Flash,
    /// How recipients are charged.
    pub(super) premium: Premium,
    /// Encoded optional parameters of every part.
    pub(super) tlvs: Vec<u8>,
}

impl Profile {
    pub(super) fn kind_of_source(&self, source: &SenderId) -> (Ton, Npi) {
        let kind = source.kind();
        let of_all = self.of_sources.or(kind.ton(), kind.npi());
        match kind {
            SenderKind::ShortCode => self.of_short_codes.or(of_all.0.0, of_all.1.0),
            SenderKind::Alphanumeric | SenderKind::International => of_all,
        }
    }

    pub(super) fn kind_of_destination(&self) -> (Ton, Npi) {
        self.of_destinations.or(Ton::INTERNATIONAL.0, Npi::ISDN.0)
    }

    /// Outcome of a message whose parts were all accepted.
    pub(super) const fn taken(&self) -> End {
        match self.settle_on {
            SettleOn::Receipt => End::Accepted,
            SettleOn::Submit => End::Sent,
        }
    }
}
