//! What a carrier expects of a message: its alphabet, how it takes long texts, the kinds of its
//! addresses, and what it is asked and told beside the text.

use domain::number::{SenderId, SenderKind};
use domain::ports::End;
use domain::text::Policy;
use serde::Deserialize;
use smpp::pdu::{Npi, RegisteredDelivery, Ton};

/// What data_coding 0 is at the carrier.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Alphabet {
    /// GSM-7, one septet in each octet.
    #[default]
    Gsm7,
    Gsm7Packed,
    Latin1,
    Ascii,
}

/// What carries a text that the alphabet lacks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Beyond {
    #[default]
    Ucs2,
    /// Latin-1 as data_coding 3, if that has all of it; else UCS-2.
    Latin1,
}

/// How a text of several parts is handed over.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LongMessages {
    /// Part by part, each with a user data header.
    #[default]
    Udh,
    /// Part by part, with `sar_msg_ref_num` and its companions.
    Sar,
    /// Whole; the carrier cuts it.
    MessagePayload,
}

/// Which receipts are asked for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Receipts {
    #[default]
    Final,
    Failure,
    None,
    /// Final ones, and what happens on the way.
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

    /// Whether a message that arrived is told.
    pub(super) const fn tell_success(self) -> bool {
        matches!(self, Self::Final | Self::Intermediate)
    }
}

/// When a message counts as delivered.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SettleOn {
    /// When its receipts say so.
    #[default]
    Receipt,
    /// When the carrier took it: for carriers without receipts.
    Submit,
}

/// How the carrier is told until when a message is worth delivering.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Validity {
    #[default]
    Relative,
    /// In UTC.
    Absolute,
    None,
}

/// A type of number and a numbering plan; what is not set follows from the address.
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
    /// The sender of messages that name none.
    pub(super) source: Option<SenderId>,
    pub(super) of_sources: Kind,
    pub(super) of_short_codes: Kind,
    pub(super) of_destinations: Kind,
    pub(super) service_type: String,
    pub(super) receipts: Receipts,
    pub(super) settle_on: SettleOn,
    pub(super) validity: Validity,
    pub(super) priority: u8,
    /// Parameters that go with every part, as on the wire.
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

    /// What a message is whose parts were all taken.
    pub(super) const fn taken(&self) -> End {
        match self.settle_on {
            SettleOn::Receipt => End::Accepted,
            SettleOn::Submit => End::Delivered,
        }
    }
}
