//! Texts as phones show them: the parts that a message centre received, joined.

use std::collections::HashMap;

use domain::text::{ByteOrder, Concat, Header, decode_septets, decode_ucs2};
use smpp::pdu::{DataCoding, SubmitSm};

/// Parts for one number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Shown {
    pub(crate) from: String,
    pub(crate) text: String,
    pub(crate) parts: usize,
}

/// A part as it was submitted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Coded {
    pub(crate) protocol_id: u8,
    pub(crate) data_coding: u8,
    pub(crate) user_data: Vec<u8>,
}

struct Part {
    from: String,
    concat: Option<Concat>,
    header: Header,
    coding: DataCoding,
    payload: Vec<u8>,
    coded: Coded,
}

/// Parts by number, in order of arrival.
#[derive(Default)]
pub(crate) struct Texts(HashMap<String, Vec<Part>>);

impl Texts {
    pub(crate) fn keep(&mut self, to: &str, submit: &SubmitSm<'_>) {
        let user_data = submit.short_message;
        let (header, payload) = if submit.esm_class.has_udh() {
            Header::parse(user_data).unwrap()
        } else {
            (Header::default(), user_data)
        };
        let from = String::from_utf8(submit.source.addr.to_vec()).unwrap();
        let (coding, payload) = (submit.data_coding, payload.to_vec());
        let coded = Coded {
            protocol_id: submit.protocol_id,
            data_coding: coding.0,
            user_data: user_data.to_vec(),
        };
        let part = Part { from, concat: header.concat, header, coding, payload, coded };
        self.0.entry(to.to_owned()).or_default().push(part);
    }

    /// Parts by number, as they were submitted.
    pub(crate) fn coded(&self) -> HashMap<String, Vec<Coded>> {
        let of = |parts: &Vec<Part>| parts.iter().map(|part| part.coded.clone()).collect();
        self.0.iter().map(|(to, parts)| (to.clone(), of(parts))).collect()
    }

    /// Texts by number; each number has received one text.
    pub(crate) fn shown(&self) -> HashMap<String, Shown> {
        self.0.iter().map(|(to, parts)| (to.clone(), shown(to, parts))).collect()
    }
}

/// Asserts that all parts are present once and share one reference.
fn shown(to: &str, parts: &[Part]) -> Shown {
    let mut parts: Vec<_> = parts.iter().collect();
    let sequence = |part: &&Part| part.concat.map(|concat| concat.sequence);
    parts.sort_by_key(sequence);
    let last = parts.last().unwrap();
    match last.concat {
        None => assert_eq!(parts.len(), 1, "{to} received several texts"),
        Some(concat) => {
            let numbers: Vec<_> = parts.iter().filter_map(sequence).collect();
            assert!(numbers.iter().copied().eq(1..=concat.total), "{to} got {numbers:?}");
            let of_one = |part: &&Part| part.concat.unwrap().reference == concat.reference;
            assert!(parts.iter().all(of_one), "{to} received parts of several texts");
        }
    }
    let text = if last.coding == DataCoding::UCS2 {
        let octets: Vec<u8> = parts.iter().flat_map(|part| part.payload.clone()).collect();
        decode_ucs2(&octets, ByteOrder::Big)
    } else {
        let read = |part: &&Part| decode_septets(&part.payload, part.header.shifts());
        parts.iter().map(read).collect()
    };
    Shown { from: last.from.clone(), text, parts: parts.len() }
}
