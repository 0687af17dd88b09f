//! Splits and encodes a text into the octets of its parts, in the carrier's alphabet for data_coding 0.
//!
//! | alphabet | data_coding 0 is | capacity of a single part, of one of several |
//! |---|---|---|
//! | gsm7 | one septet per octet | 160, 153 septets |
//! | gsm7_packed | eight septets in seven octets | 160, 153 septets |
//! | ascii | ASCII, which the carrier converts to septets | 160, 153 septets; `[` and similar count two |
//! | latin1 | ISO-8859-1 | 140, 134 octets |
//!
//! A text that the alphabet cannot represent is sent as UCS-2 (data_coding 8), or as Latin-1 with data_coding 3 if the
//! carrier supports that and it suffices. A flash message has the same octets with a class, a link is 8-bit data. Concatenation is done by `encode`, except for the user data header.

use std::borrow::Cow;

use domain::message::Content;
use domain::message::form::Form;
use domain::text::{
    self, Concat, Encoding, Header, Part, Policy, PushPart, Reference, ReferenceWidth, Shifts,
    TextError, encode_septets, packed, segment_push,
};
use smpp::pdu::DataCoding;

use super::profile::{Alphabet, Beyond, Flash, LongMessages, Profile};

/// Octets of user data, including the header (3GPP TS 23.040 §9.2.3.16).
const OCTETS_MAX: usize = 140;

/// The part of a text that one `submit_sm` carries.
#[derive(Debug, Clone)]
pub(super) struct Piece {
    octets: Octets,
    pub(super) data_coding: DataCoding,
    /// Number of SMS, if the carrier splits it.
    pub(super) weight: u16,
    /// 8-bit data of an application of the phone.
    pub(super) is_binary: bool,
    /// Class 0 by a parameter, because `data_coding` cannot say it.
    pub(super) for_display: bool,
}

#[derive(Debug, Clone)]
enum Octets {
    Part(Part),
    Own { user_data: Own, header_octets: usize },
}

/// Octets that `Debug` does not show.
#[derive(Clone)]
struct Own(Vec<u8>);

impl std::fmt::Debug for Own {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "<{} octets>", self.0.len())
    }
}

impl Piece {
    fn own(user_data: Vec<u8>, header_octets: usize, data_coding: DataCoding) -> Self {
        Self {
            octets: Octets::Own { user_data: Own(user_data), header_octets },
            data_coding,
            weight: 1,
            is_binary: false,
            for_display: false,
        }
    }

    /// Marks it as class 0 (3GPP TS 23.038 §4): not stored by the phone.
    fn show_at_once(&mut self, profile: &Profile) {
        let by_coding = profile.flash == Flash::DataCoding;
        match self.data_coding {
            DataCoding::DEFAULT if by_coding && profile.alphabet.is_gsm7() => {
                self.data_coding = DataCoding::GSM7_CLASS_0;
            }
            DataCoding::UCS2 if by_coding => self.data_coding = DataCoding::UCS2_CLASS_0,
            _ => self.for_display = true,
        }
    }

    /// Including the header, if there is one.
    pub(super) fn user_data(&self) -> &[u8] {
        match &self.octets {
            Octets::Part(part) => part.user_data(),
            Octets::Own { user_data, .. } => &user_data.0,
        }
    }

    pub(super) fn has_header(&self) -> bool {
        match &self.octets {
            Octets::Part(part) => part.udh().is_some(),
            Octets::Own { header_octets, .. } => *header_octets > 0,
        }
    }

    /// Excluding the header.
    pub(super) fn payload(&self) -> &[u8] {
        match &self.octets {
            Octets::Part(part) => part.payload(),
            Octets::Own { user_data, header_octets } => {
                user_data.0.get(*header_octets..).unwrap_or_default()
            }
        }
    }
}

/// Splits a message for a carrier.
pub(super) fn cut(
    content: &Content,
    profile: &Profile,
    reference: u16,
) -> Result<Vec<Piece>, TextError> {
    let text = content.text.as_str();
    let mut pieces = match &content.form {
        Form::Push(link) => return cut_push(link.as_str(), text, profile, reference),
        Form::Text | Form::Flash | Form::Silent => cut_text(text, profile, reference)?,
    };
    if content.form == Form::Flash {
        pieces.iter_mut().for_each(|piece| piece.show_at_once(profile));
    }
    Ok(pieces)
}

/// An indication has a header in every part, whatever the profile says of long texts: it names the port.
fn cut_push(
    link: &str,
    title: &str,
    profile: &Profile,
    reference: u16,
) -> Result<Vec<Piece>, TextError> {
    let Policy { reference: width, parts_max, .. } = profile.policy;
    let parts = segment_push(link, title, width, parts_max, reference)?;
    let piece = |part: PushPart| Piece {
        is_binary: true,
        ..Piece::own(part.user_data, part.header_octets, DataCoding::BINARY)
    };
    Ok(parts.into_iter().map(piece).collect())
}

fn cut_text(text: &str, profile: &Profile, reference: u16) -> Result<Vec<Piece>, TextError> {
    let pieces = if profile.alphabet == Alphabet::Latin1 {
        if is_latin1(text) {
            latin1(text, profile, reference, DataCoding::DEFAULT)?
        } else {
            unicode(text, profile, reference)?
        }
    } else {
        of_septets(text, profile, reference)?
    };
    let whole_wanted = profile.long == LongMessages::MessagePayload && pieces.len() > 1;
    Ok(if whole_wanted { vec![whole(&pieces, text, profile)] } else { pieces })
}

/// For carriers with a form of GSM-7.
fn of_septets(text: &str, profile: &Profile, reference: u16) -> Result<Vec<Piece>, TextError> {
    let cut = text::segment(text, &profile.policy, reference)?;
    let septets = cut.first().is_some_and(|part| part.encoding != Encoding::Ucs2);
    Ok(match profile.alphabet {
        Alphabet::Gsm7 if septets => pieces(cut),
        Alphabet::Gsm7Packed if septets => pack(&cut, profile.long),
        Alphabet::Ascii if septets && text.is_ascii() => ascii(text, &cut),
        _ if profile.beyond == Beyond::Latin1 && is_latin1(text) => {
            latin1(text, profile, reference, DataCoding::LATIN1)?
        }
        _ if septets => unicode(text, profile, reference)?,
        _ => pieces(cut),
    })
}

fn pieces(parts: Vec<Part>) -> Vec<Piece> {
    let piece = |part: Part| Piece {
        data_coding: DataCoding(part.data_coding()),
        octets: Octets::Part(part),
        weight: 1,
        is_binary: false,
        for_display: false,
    };
    parts.into_iter().map(piece).collect()
}

fn unicode(text: &str, profile: &Profile, reference: u16) -> Result<Vec<Piece>, TextError> {
    let policy = Policy { alphabet: text::Alphabet::Ucs2Only, ..profile.policy };
    Ok(pieces(text::segment(text, &policy, reference)?))
}

/// Packs septets; seven spare bits, which would read as `@`, are filled with a carriage return (TS 23.038
/// §6.1.2.3.1).
fn pack(parts: &[Part], long: LongMessages) -> Vec<Piece> {
    let pack = |part: &Part| {
        let header = part.udh().filter(|_| long == LongMessages::Udh).unwrap_or_default();
        let payload = pack_septets(part.payload(), header.len());
        Piece::own([header, &payload].concat(), header.len(), DataCoding::DEFAULT)
    };
    parts.iter().map(pack).collect()
}

fn pack_septets(septets: &[u8], header_octets: usize) -> Vec<u8> {
    if header_octets == 0 {
        return packed::pack_filled(septets);
    }
    let fill = packed::fill_bits(header_octets);
    let spare = (8 - (fill + septets.len() * 7) % 8) % 8;
    let mut septets = Cow::Borrowed(septets);
    if spare == 7 {
        septets.to_mut().push(b'\r');
    }
    packed::pack(&septets, fill)
}

/// Splits as in septets, because the carrier converts the text to them.
fn ascii(text: &str, parts: &[Part]) -> Vec<Piece> {
    let mut rest = text.as_bytes();
    let piece = |part: &Part| {
        let escapes = part.payload().iter().filter(|septet| **septet == text::ESCAPE).count();
        let (here, after) = rest.split_at((part.units - escapes).min(rest.len()));
        rest = after;
        let header = part.udh().unwrap_or_default();
        Piece::own([header, here].concat(), header.len(), DataCoding::DEFAULT)
    };
    parts.iter().map(piece).collect()
}

fn is_latin1(text: &str) -> bool {
    let fits = |char| matches!(char, '\n' | '\r' | ' '..='~' | '\u{A0}'..='\u{FF}');
    !text.is_empty() && text.chars().all(fits)
}

/// Splits by octets; each is one character.
fn latin1(
    text: &str,
    profile: &Profile,
    reference: u16,
    data_coding: DataCoding,
) -> Result<Vec<Piece>, TextError> {
    let octets: Vec<u8> = text.chars().filter_map(|char| u8::try_from(char).ok()).collect();
    if octets.len() <= OCTETS_MAX {
        return Ok(vec![Piece::own(octets, 0, data_coding)]);
    }
    let (reference, header_octets) = match profile.policy.reference {
        ReferenceWidth::Eight => (Reference::Eight(reference.to_le_bytes()[0]), 6),
        ReferenceWidth::Sixteen => (Reference::Sixteen(reference), 7),
    };
    let room = OCTETS_MAX - header_octets;
    let parts = octets.len().div_ceil(room);
    let parts_max = profile.policy.parts_max;
    let total = u8::try_from(parts).ok().filter(|total| *total <= parts_max);
    let total = total.ok_or(TextError::TooLong { parts, parts_max })?;
    let piece = |(octets, sequence): (&[u8], u8)| {
        let concat = Some(Concat { reference, total, sequence });
        let header = Header { concat, ..Header::default() }.to_octets();
        Piece::own([&header, octets].concat(), header.len(), data_coding)
    };
    Ok(octets.chunks(room).zip(1..).map(piece).collect())
}

/// Joins the parts into one, which the carrier splits.
fn whole(pieces: &[Piece], text: &str, profile: &Profile) -> Piece {
    let data_coding = pieces.first().map_or(DataCoding::DEFAULT, |piece| piece.data_coding);
    let packed = profile.alphabet == Alphabet::Gsm7Packed && data_coding == DataCoding::DEFAULT;
    let octets = if packed {
        pack_septets(&encode_septets(text, Shifts::default()).unwrap_or_default(), 0)
    } else {
        pieces.iter().flat_map(|piece| piece.payload().iter().copied()).collect()
    };
    let weight = u16::try_from(pieces.len()).unwrap_or(u16::MAX);
    Piece { weight, ..Piece::own(octets, 0, data_coding) }
}

#[cfg(test)]
mod tests;
