//! Encodes a part as `submit_sm` (SMPP 3.4 §4.4.1).

use std::time::Duration;

use domain::message::form::Form;
use domain::number::Msisdn;
use domain::time::Timestamp;
use smpp::pdu::{Address, EncodeError, EsmClass, Npi, SubmitSm, TlvBuf, Tlvs, Ton, tag};
use smpp::session::Requests;
use smpp::time::{AbsoluteTime, RelativeTime, SmppTime};

use super::cut::Piece;
use super::job::Job;
use super::profile::{LongMessages, Profile, Validity};

/// Longest relative time in days; longer ones need months (SMPP 3.4 §7.1.1.3).
const VALIDITY_MAX: Duration = Duration::from_secs(31 * 86_400);

/// Short Message Type 0 (3GPP TS 23.040 §9.2.3.9).
const TYPE_0: u8 = 0x40;

/// `dest_addr_subunit` (SMPP 3.4 §5.3.2.1).
const MS_DISPLAY: u8 = 1;

/// The fields shared by the parts of one job.
pub(super) struct Envelope<'a> {
    profile: &'a Profile,
    source: Octets,
    source_kind: (Ton, Npi),
    destination: Octets,
    protocol_id: u8,
    service_type: &'a str,
    /// In the parameter for it.
    charge: Option<(u16, String)>,
    validity: Option<[u8; 16]>,
    reference: u16,
    total: usize,
}

/// An address of at most 20 octets (SMPP 3.4 §5.2.8).
#[derive(Default)]
struct Octets {
    octets: [u8; 20],
    len: usize,
}

impl Octets {
    fn push(&mut self, octet: u8) -> Result<(), BadSource> {
        *self.octets.get_mut(self.len).ok_or(BadSource)? = octet;
        self.len += 1;
        Ok(())
    }

    fn as_slice(&self) -> &[u8] {
        self.octets.get(..self.len).unwrap_or_default()
    }

    /// A sender name in Latin-1: `source_addr` is a C-string, so it cannot be GSM-7.
    fn latin1(name: &str) -> Result<Self, BadSource> {
        let mut octets = Self::default();
        name.chars()
            .try_for_each(|char| octets.push(u8::try_from(char).map_err(|_| BadSource)?))?;
        Ok(octets)
    }

    fn digits(number: Msisdn) -> Self {
        let (mut octets, mut rest) = (Self::default(), number.digits());
        octets.len = usize::try_from(number.digit_count()).unwrap_or(0).min(octets.octets.len());
        for place in octets.octets.iter_mut().take(octets.len).rev() {
            *place = b'0' + u8::try_from(rest % 10).unwrap_or(0);
            rest /= 10;
        }
        octets
    }
}

/// The sender has a character that `source_addr` cannot carry.
#[derive(Debug)]
pub(super) struct BadSource;

impl<'a> Envelope<'a> {
    pub(super) fn of(job: &Job, profile: &'a Profile, now: Timestamp) -> Result<Self, BadSource> {
        let charge = job.content.charge;
        let by_price = charge.and_then(|it| profile.premium.service_types.get(&it.get()));
        let source = job.content.sender.as_ref().or(profile.source.as_ref());
        Ok(Self {
            profile,
            source: source.map_or(Ok(Octets::default()), |known| Octets::latin1(known.as_str()))?,
            source_kind: source.map(|known| profile.kind_of_source(known)).unwrap_or_default(),
            destination: Octets::digits(job.to),
            service_type: by_price.map_or(profile.service_type.as_str(), String::as_str),
            charge: profile.premium.tlv.zip(charge.map(|charge| charge.get().to_string())),
            protocol_id: if job.content.form == Form::Silent { TYPE_0 } else { 0 },
            validity: validity(profile.validity, job.content.valid_until, now),
            reference: job.reference,
            total: job.pieces(),
        })
    }

    /// Writes the part at `index`, counted from 0.
    pub(super) fn push(
        &self,
        requests: &mut Requests,
        token: u64,
        index: u8,
        piece: &Piece,
    ) -> Result<(), EncodeError> {
        let Self { profile, .. } = self;
        let (destination_ton, destination_npi) = profile.kind_of_destination();
        let mut submit = SubmitSm {
            service_type: self.service_type.as_bytes(),
            source: Address {
                ton: self.source_kind.0,
                npi: self.source_kind.1,
                addr: self.source.as_slice(),
            },
            destination: Address {
                ton: destination_ton,
                npi: destination_npi,
                addr: self.destination.as_slice(),
            },
            protocol_id: self.protocol_id,
            priority_flag: profile.priority,
            validity_period: self.validity.as_ref().map_or(&[][..], |time| &time[..]),
            registered_delivery: profile.receipts.registered_delivery(),
            data_coding: piece.data_coding,
            tlvs: Tlvs::new(&profile.tlvs),
            ..SubmitSm::default()
        };
        // The header of 8-bit data names the phone's application, so it stays.
        let several = self.total > 1 && !piece.is_binary;
        match profile.long {
            LongMessages::Sar if several => {
                let tlvs = self.segment(piece, index)?;
                submit.short_message = piece.payload();
                submit.tlvs = tlvs.tlvs();
                requests.push(token, &submit)
            }
            LongMessages::MessagePayload if piece.weight > 1 => {
                let mut tlvs = self.extra(piece)?;
                tlvs.push(tag::MESSAGE_PAYLOAD, piece.payload())?;
                submit.tlvs = tlvs.tlvs();
                requests.push(token, &submit)
            }
            LongMessages::Udh | LongMessages::Sar | LongMessages::MessagePayload => {
                if piece.has_header() {
                    submit.esm_class = EsmClass::UDHI;
                }
                submit.short_message = piece.user_data();
                let has_more = piece.for_display || self.charge.is_some();
                let tlvs = if has_more { Some(self.extra(piece)?) } else { None };
                if let Some(tlvs) = &tlvs {
                    submit.tlvs = tlvs.tlvs();
                }
                requests.push(token, &submit)
            }
        }
    }

    /// The profile's parameters followed by `sar_*` (SMPP 3.4 §5.3.2.22–24).
    fn segment(&self, piece: &Piece, index: u8) -> Result<TlvBuf, EncodeError> {
        let total = u8::try_from(self.total).unwrap_or(u8::MAX);
        let mut tlvs = self.extra(piece)?;
        tlvs.push_u16(tag::SAR_MSG_REF_NUM, self.reference)
            .push_u8(tag::SAR_TOTAL_SEGMENTS, total)
            .push_u8(tag::SAR_SEGMENT_SEQNUM, index.saturating_add(1));
        Ok(tlvs)
    }

    /// The profile's parameters, that of a flash message, and that of a price.
    fn extra(&self, piece: &Piece) -> Result<TlvBuf, EncodeError> {
        let mut tlvs = TlvBuf::new();
        for tlv in Tlvs::new(&self.profile.tlvs).iter() {
            tlvs.push(tlv.tag, tlv.value)?;
        }
        if piece.for_display {
            tlvs.push_u8(tag::DEST_ADDR_SUBUNIT, MS_DISPLAY);
        }
        if let Some((tag, charge)) = &self.charge {
            tlvs.push(*tag, charge.as_bytes())?;
        }
        Ok(tlvs)
    }
}

fn validity(kind: Validity, until: Timestamp, now: Timestamp) -> Option<[u8; 16]> {
    let time = match kind {
        Validity::None => return None,
        Validity::Relative => {
            let left = until.since(now).clamp(Duration::from_secs(1), VALIDITY_MAX);
            SmppTime::Relative(RelativeTime::from_duration(left).unwrap_or_default())
        }
        Validity::Absolute => {
            let until = until.min(now.after(VALIDITY_MAX));
            SmppTime::Absolute(AbsoluteTime::from_unix(until.as_millis().div_euclid(1_000))?)
        }
    };
    Some(time.render())
}
