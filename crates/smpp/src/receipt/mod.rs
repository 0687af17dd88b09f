//! Delivery receipts: telling them from messages and reading them, whether a carrier puts the facts into bits, optional
//! parameters or text (SMPP 3.4 §5.2.12, §5.3.2.12, §5.3.2.35, appendix B). Matching them to messages is the caller's.
//!
//! A receipt is one by its esm_class bits, or by `receipted_message_id`, or, for carriers that set neither, by a text
//! with `id:` and `stat:`. Optional parameters win for id and state, the text fills in the rest.

mod render;
mod state;
mod text;

use std::fmt;

pub use render::{NewReceipt, date};
pub use state::MessageState;

use crate::pdu::{DataSm, DeliverSm, EsmClass, Tlvs, tag};

/// `network_error_code` (SMPP 3.4 §5.3.2.31).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct NetworkError {
    /// 1 ANSI-136, 2 IS-95, 3 GSM, 4 reserved; 5.0 has more.
    pub network: u8,
    /// The network's own code.
    pub code: u16,
}

/// A receipt as read. Byte strings are as the carrier wrote them, for ids are opaque: no case folded, no zero stripped.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Receipt<'a> {
    /// Which message; empty when the carrier did not say.
    pub message_id: &'a [u8],
    /// What became of it.
    pub state: MessageState,
    /// The word after `stat:`, for carriers with words of their own; may be empty.
    pub stat: &'a [u8],
    /// The characters after `err:`; may be empty or not a number.
    pub err: &'a [u8],
    /// As written: 10, 12 or 14 digits, in a zone nobody knows; may be empty.
    pub submit_date: &'a [u8],
    /// As `submit_date`.
    pub done_date: &'a [u8],
    /// Start of the message, if told.
    pub text: &'a [u8],
    /// The network's own error.
    pub network_error: Option<NetworkError>,
    /// An intermediate notification by its esm_class: the state is not final, whatever it is.
    pub intermediate: bool,
    /// The text and the optional parameters named different states or ids.
    pub contradictory: bool,
    /// A receipt by its esm_class, or by `receipted_message_id` with `message_state`. What is not marked is one by its
    /// text, which anybody with a phone can write.
    pub marked: bool,
}

impl<'a> Receipt<'a> {
    /// Reads a `deliver_sm`; `None` when it is a message.
    #[must_use]
    pub fn of(deliver: &DeliverSm<'a>) -> Option<Self> {
        Self::detect(deliver.esm_class, deliver.short_message, deliver.tlvs)
    }

    /// Reads a `data_sm`; `None` when it is a message.
    #[must_use]
    pub fn of_data(data: &DataSm<'a>) -> Option<Self> {
        Self::detect(data.esm_class, &[], data.tlvs)
    }

    /// Reads the parts that matter. With an empty `short_message` the text is looked for in `message_payload`.
    #[must_use]
    pub fn detect(esm_class: EsmClass, short_message: &'a [u8], tlvs: Tlvs<'a>) -> Option<Self> {
        let told = Told::read(tlvs);
        let body = if short_message.is_empty() { told.payload } else { short_message };
        let body = if esm_class.has_udh() { after_udh(body) } else { body };
        let by_bits = esm_class.is_receipt() || esm_class.is_intermediate();
        let by_tlv = told.id.is_some();
        if esm_class.is_acknowledgement() && !by_tlv {
            return None;
        }
        let fields = text::parse(body);
        let by_text = is_receipt_text(body, &fields);
        if !by_bits && !by_tlv && !by_text {
            return None;
        }
        let worded = (!fields.stat.is_empty()).then(|| MessageState::from_word(fields.stat));
        let differs = |told: Option<&[u8]>, text: &[u8]| {
            told.is_some_and(|told| !text.is_empty() && told != text)
        };
        Some(Self {
            message_id: told.id.unwrap_or(fields.id),
            state: told.state.or(worded).unwrap_or(MessageState::Unknown),
            stat: fields.stat,
            err: fields.err,
            submit_date: fields.submit_date,
            done_date: fields.done_date,
            text: fields.text,
            network_error: told.network_error,
            intermediate: esm_class.is_intermediate(),
            marked: by_bits || (by_tlv && told.state.is_some()),
            contradictory: differs(told.id, fields.id)
                || matches!((told.state, worded), (Some(told), Some(worded)) if told != worded),
        })
    }

    /// Whether the state is final and the carrier does not call it intermediate.
    #[must_use]
    pub const fn is_final(&self) -> bool {
        self.state.is_final() && !self.intermediate
    }
}

/// Shows what is no secret: ids and states, not the message's text.
impl fmt::Debug for Receipt<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receipt")
            .field("message_id", &format_args!("{}", self.message_id.escape_ascii()))
            .field("state", &self.state)
            .field("stat", &format_args!("{}", self.stat.escape_ascii()))
            .field("err", &format_args!("{}", self.err.escape_ascii()))
            .field("network_error", &self.network_error)
            .field("intermediate", &self.intermediate)
            .field("contradictory", &self.contradictory)
            .finish_non_exhaustive()
    }
}

/// What the optional parameters tell.
#[derive(Default)]
struct Told<'a> {
    id: Option<&'a [u8]>,
    state: Option<MessageState>,
    network_error: Option<NetworkError>,
    payload: &'a [u8],
}

impl<'a> Told<'a> {
    fn read(tlvs: Tlvs<'a>) -> Self {
        let mut told = Self::default();
        for tlv in tlvs.iter() {
            match (tlv.tag, tlv.value) {
                (tag::RECEIPTED_MESSAGE_ID, _) => {
                    told.id = Some(tlv.c_string()).filter(|id| !id.is_empty());
                }
                (tag::MESSAGE_STATE, [number]) => {
                    told.state = Some(MessageState::from_number(*number));
                }
                (tag::NETWORK_ERROR_CODE, [network, high, low]) => {
                    let code = u16::from_be_bytes([*high, *low]);
                    told.network_error = Some(NetworkError { network: *network, code });
                }
                (tag::MESSAGE_PAYLOAD, payload) => told.payload = payload,
                _ => {}
            }
        }
        told
    }
}

/// Skips a user data header: its length octet and as many octets.
fn after_udh(body: &[u8]) -> &[u8] {
    let length = body.first().map_or(0, |length| usize::from(*length) + 1);
    body.get(length..).unwrap_or_default()
}

/// A text that only a receipt would be: it begins with `id:` and has a `stat:` and a date or an `err:`.
fn is_receipt_text(body: &[u8], fields: &text::Fields<'_>) -> bool {
    let begins = body.get(..3).is_some_and(|start| start.eq_ignore_ascii_case(b"id:"));
    let dated = !fields.done_date.is_empty() || !fields.submit_date.is_empty();
    begins && !fields.stat.is_empty() && (dated || !fields.err.is_empty())
}

#[cfg(test)]
mod corpus;
