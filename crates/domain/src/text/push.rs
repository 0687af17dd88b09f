//! A WAP service indication: a link with a title, which the phone offers to open (WAP-167).
//!
//! ```text
//! user data header   destination port 2948 (WAP-167 §6), originator 9200; the reference if there are several parts
//! WSP                transaction id, Push, one octet of headers: application/vnd.wap.sic (WAP-230 §8.2.4)
//! WBXML              version 1.2, SI 1.0, UTF-8, no string table, <si><indication href="…">title</indication></si>
//! ```
//!
//! Dates, id and urgency of an indication are not sent: phones show it at once.

use std::fmt;

use super::choose::USER_DATA_OCTETS;
use super::header::{Concat, Header, Ports, Reference};
use super::policy::{ReferenceWidth, TextError};

/// The push service of the phone, and the originator that gateways use.
const PORTS: Ports = Ports { destination: 2948, originator: 9200 };

/// WSP: transaction id 1, Push (0x06), one octet of headers: the content type, as a short integer.
const WSP: [u8; 4] = [0x01, 0x06, 0x01, 0xAE];

/// WBXML (WAP-192 §5): version 1.2, public identifier of SI 1.0, charset UTF-8 (MIBenum 106), no string table.
const PROLOGUE: [u8; 4] = [0x02, 0x05, 0x6A, 0x00];

/// `<si>` with content, and `<indication>` with attributes and content (WAP-167 §8.3).
const SI: u8 = 0x05 | 0x40;
const INDICATION: u8 = 0x06 | 0x80 | 0x40;

/// An inline string, which ends with an octet of zero; and the end of attributes or of an element.
const STR_I: u8 = 0x03;
const END: u8 = 0x01;

/// `href="…` with the beginning that a token stands for, the longest first (WAP-167 §8.3.2).
const HREFS: [(&str, u8); 5] = [
    ("https://www.", 0x0F),
    ("http://www.", 0x0D),
    ("https://", 0x0E),
    ("http://", 0x0C),
    ("", 0x0B),
];

/// Values that a token stands for (WAP-167 §8.3.3).
const VALUES: [(&str, u8); 4] =
    [(".com/", 0x85), (".edu/", 0x86), (".net/", 0x87), (".org/", 0x88)];

/// One SMS of an indication.
#[derive(Clone, PartialEq, Eq)]
pub struct PushPart {
    /// The header followed by 8-bit data.
    pub user_data: Vec<u8>,
    pub header_octets: usize,
}

impl fmt::Debug for PushPart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PushPart(<{} octets>)", self.user_data.len())
    }
}

/// Number of parts, without building them.
///
/// # Errors
///
/// [`TextError`]: the title is empty, has a control character, or there would be more parts than allowed.
pub fn measure_push(
    link: &str,
    title: &str,
    width: ReferenceWidth,
    parts_max: u8,
) -> Result<u8, TextError> {
    count(body(link, title)?.len(), width, parts_max)
}

/// Splits an indication into parts.
///
/// # Errors
///
/// As [`measure_push`].
pub fn segment_push(
    link: &str,
    title: &str,
    width: ReferenceWidth,
    parts_max: u8,
    reference: u16,
) -> Result<Vec<PushPart>, TextError> {
    let body = body(link, title)?;
    let total = count(body.len(), width, parts_max)?;
    let reference = match width {
        ReferenceWidth::Eight => Reference::Eight(reference.to_le_bytes()[0]),
        ReferenceWidth::Sixteen => Reference::Sixteen(reference),
    };
    let room = if total > 1 { room_of_many(width) } else { body.len() };
    let part = |(octets, sequence): (&[u8], u8)| {
        let concat = (total > 1).then_some(Concat { reference, total, sequence });
        let header = Header { concat, ports: Some(PORTS), ..Header::default() }.to_octets();
        PushPart { header_octets: header.len(), user_data: [&header, octets].concat() }
    };
    Ok(body.chunks(room).zip(1..).map(part).collect())
}

/// Octets of the header: its length, the ports, and the reference of one part among several.
const PORTS_OCTETS: usize = 1 + 6;

const fn room_of_many(width: ReferenceWidth) -> usize {
    let concat = match width {
        ReferenceWidth::Eight => 5,
        ReferenceWidth::Sixteen => 6,
    };
    USER_DATA_OCTETS - PORTS_OCTETS - concat
}

fn count(octets: usize, width: ReferenceWidth, parts_max: u8) -> Result<u8, TextError> {
    let alone = octets <= USER_DATA_OCTETS - PORTS_OCTETS;
    let parts = if alone { 1 } else { octets.div_ceil(room_of_many(width)) };
    let counted = u8::try_from(parts).ok().filter(|counted| *counted <= parts_max);
    counted.ok_or(TextError::TooLong { parts, parts_max })
}

/// WSP and WBXML.
fn body(link: &str, title: &str) -> Result<Vec<u8>, TextError> {
    if title.is_empty() {
        return Err(TextError::Empty);
    }
    let control = |&(_, char): &(usize, char)| char.is_control() && !matches!(char, '\n' | '\r');
    if let Some((position, char)) = title.chars().enumerate().find(control) {
        return Err(TextError::Control { position, code: char.into() });
    }
    let mut octets = [WSP, PROLOGUE].concat();
    octets.extend([SI, INDICATION]);
    put_href(&mut octets, link);
    octets.push(END);
    put_string(&mut octets, title);
    octets.extend([END, END]);
    Ok(octets)
}

fn put_href(octets: &mut Vec<u8>, link: &str) {
    let begins = |(start, _): &&(&str, u8)| link.starts_with(start);
    let (start, token) = HREFS.iter().find(begins).unwrap_or(&("", 0x0B));
    octets.push(*token);
    let rest = &link[start.len()..];
    let first = VALUES.iter().filter_map(|(value, token)| Some((rest.find(value)?, value, token)));
    match first.min() {
        Some((at, value, token)) => {
            put_string(octets, &rest[..at]);
            octets.push(*token);
            put_string(octets, &rest[at + value.len()..]);
        }
        None => put_string(octets, rest),
    }
}

fn put_string(octets: &mut Vec<u8>, text: &str) {
    if !text.is_empty() {
        octets.push(STR_I);
        octets.extend_from_slice(text.as_bytes());
        octets.push(0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EIGHT: ReferenceWidth = ReferenceWidth::Eight;

    fn wbxml(link: &str, title: &str) -> Vec<u8> {
        body(link, title).unwrap().split_off(WSP.len())
    }

    /// The example of WAP-167 §8.4, without its two dates.
    #[test]
    fn the_example_of_the_standard() {
        let mut expected = vec![0x02, 0x05, 0x6A, 0x00, 0x45, 0xC6, 0x0D, 0x03];
        expected.extend(b"xyz\0");
        expected.extend([0x85, 0x03]);
        expected.extend(b"email/123/abc.wml\0");
        expected.extend([0x01, 0x03]);
        expected.extend(b"You have 4 new emails\0");
        expected.extend([0x01, 0x01]);
        let found = wbxml("http://www.xyz.com/email/123/abc.wml", "You have 4 new emails");
        assert_eq!(found, expected);
    }

    #[test]
    fn every_beginning_and_value_has_its_token() {
        for (link, expected) in [
            ("http://a.dk", &b"\x0C\x03a.dk\0"[..]),
            ("https://a.dk/x", b"\x0E\x03a.dk/x\0"),
            ("http://www.a.net/", b"\x0D\x03a\0\x87"),
            ("https://www.a.org/b.com/c", b"\x0F\x03a\0\x88\x03b.com/c\0"),
            ("HTTP://a.edu/", b"\x0B\x03HTTP://a\0\x86"),
        ] {
            let mut octets = Vec::new();
            put_href(&mut octets, link);
            assert_eq!(octets, expected, "{link}");
        }
    }

    #[test]
    fn one_part_has_the_ports_and_several_the_reference_too() {
        let one = segment_push("https://a.dk/b", "Åbn", EIGHT, 9, 7).unwrap();
        assert_eq!(one.len(), 1);
        let header = [0x06, 0x05, 0x04, 0x0B, 0x84, 0x23, 0xF0];
        assert_eq!((&one[0].user_data[..7], one[0].header_octets), (&header[..], 7));
        assert_eq!(&one[0].user_data[7..11], &WSP);

        let title = "x".repeat(300);
        for (width, header) in [(EIGHT, 12), (ReferenceWidth::Sixteen, 13)] {
            let parts = segment_push("https://a.dk/b", &title, width, 9, 0x0107).unwrap();
            assert_eq!(
                parts.len(),
                usize::from(measure_push("https://a.dk/b", &title, width, 9).unwrap())
            );
            assert!(parts.iter().all(|part| part.user_data.len() <= USER_DATA_OCTETS));
            assert!(parts.iter().all(|part| part.header_octets == header));
            let joined: Vec<_> = parts
                .iter()
                .flat_map(|part| part.user_data[part.header_octets..].to_vec())
                .collect();
            assert_eq!(joined, body("https://a.dk/b", &title).unwrap());
        }
    }

    #[test]
    fn the_last_octet_that_fits_and_the_first_that_does_not() {
        let fixed = body("https://a", "x").unwrap().len() - 1;
        let title = |octets: usize| "x".repeat(octets - fixed);
        let parts = |octets| measure_push("https://a", &title(octets), EIGHT, 255).unwrap();
        assert_eq!((parts(133), parts(134), parts(256), parts(257)), (1, 2, 2, 3));
        let refused = measure_push("https://a", &title(257), EIGHT, 2);
        assert_eq!(refused, Err(TextError::TooLong { parts: 3, parts_max: 2 }));
        assert_eq!(measure_push("https://a", "", EIGHT, 1), Err(TextError::Empty));
        assert!(matches!(
            measure_push("https://a", "a\0b", EIGHT, 1),
            Err(TextError::Control { position: 1, .. })
        ));
    }
}
