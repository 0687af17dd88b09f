//! A part as `submit_sm` (SMPP 3.4 §4.4.1).

use std::time::Duration;

use domain::number::SenderId;
use domain::text::Part;
use domain::time::Timestamp;
use smpp::pdu::{
    Address, DataCoding, EncodeError, EsmClass, Npi, RegisteredDelivery, SubmitSm, Ton,
};
use smpp::session::Requests;
use smpp::time::{RelativeTime, SmppTime};

use super::job::Job;

/// The standard's spans know no more days without counting months (§7.1.1.3).
const VALIDITY_MAX: Duration = Duration::from_secs(31 * 86_400);

/// What the parts of one job share on the wire.
pub(super) struct Envelope {
    source: Vec<u8>,
    ton: Ton,
    npi: Npi,
    destination: String,
    validity: [u8; 16],
}

/// The sender has a character that no octet of `source_addr` stands for.
#[derive(Debug)]
pub(super) struct BadSource;

impl Envelope {
    pub(super) fn of(job: &Job, now: Timestamp) -> Result<Self, BadSource> {
        let left = job.content.valid_until.since(now);
        let left = left.clamp(Duration::from_secs(1), VALIDITY_MAX);
        let span = RelativeTime::from_duration(left).unwrap_or_default();
        let kind = job.source.as_ref().map(SenderId::kind);
        Ok(Self {
            source: job.source.as_ref().map_or(Ok(vec![]), |source| latin1(source.as_str()))?,
            ton: kind.map_or(Ton::UNKNOWN, |kind| Ton(kind.ton())),
            npi: kind.map_or(Npi::UNKNOWN, |kind| Npi(kind.npi())),
            destination: job.to.digits().to_string(),
            validity: SmppTime::Relative(span).render(),
        })
    }

    pub(super) fn push(
        &self,
        requests: &mut Requests,
        token: u64,
        part: &Part,
    ) -> Result<(), EncodeError> {
        let esm_class = if part.udh().is_some() { EsmClass::UDHI } else { EsmClass::DEFAULT };
        let submit = SubmitSm {
            source: Address { ton: self.ton, npi: self.npi, addr: &self.source },
            destination: Address::international(self.destination.as_bytes()),
            esm_class,
            validity_period: &self.validity,
            registered_delivery: RegisteredDelivery::FINAL,
            data_coding: DataCoding(part.data_coding()),
            short_message: part.user_data(),
            ..SubmitSm::default()
        };
        requests.push(token, &submit)
    }
}

/// A sender's name as carriers read it: `source_addr` is a C-string, so GSM-7 cannot stand in it.
fn latin1(name: &str) -> Result<Vec<u8>, BadSource> {
    name.chars().map(|char| u8::try_from(char).map_err(|_| BadSource)).collect()
}
