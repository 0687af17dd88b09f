//! Delivery receipts: detection and parsing, from the esm_class bits, optional parameters or text (SMPP 3.4 §5.2.12,
//! §5.3.2.12, §5.3.2.35, appendix B). The caller matches them to messages.
//!
//! A PDU is a receipt by its esm_class bits, by `receipted_message_id`, or, from carriers that set neither, by a text
//! with `id:` and `stat:`. Id and state in optional parameters win over the text.

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
    /// Error code of that network.
    pub code: u16,
}

/// A parsed receipt. Byte strings are verbatim: ids are opaque, so neither case nor leading zeros are normalised.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Receipt<'a> {
    /// Id of the message; empty if missing.
    pub message_id: &'a [u8],
    /// State of the message.
    pub state: MessageState,
    /// The value of `stat:` verbatim, for carriers that use words of their own; may be empty.
    pub stat: &'a [u8],
    /// The value of `err:`; may be empty or not a number.
    pub err: &'a [u8],
    /// Verbatim: 10, 12 or 14 digits in an unknown time zone; may be empty.
    pub submit_date: &'a [u8],
    /// As `submit_date`.
    pub done_date: &'a [u8],
    /// Start of the message's text; may be empty.
    pub text: &'a [u8],
    /// Error code of the network.
    pub network_error: Option<NetworkError>,
    /// An intermediate notification by its esm_class: its state is never final.
    pub intermediate: bool,
    /// The text and the optional parameters differ in state or id.
    pub contradictory: bool,
    /// A receipt by its esm_class, or by `receipted_message_id` with `message_state`. An unmarked one was detected by
    /// its text alone, which anyone can send from a phone.
    pub marked: bool,
}

impl<'a> Receipt<'a> {
    /// Parses a `deliver_sm`; `None` if it is a message.
    #[must_use]
    pub fn of(deliver: &DeliverSm<'a>) -> Option<Self> {
        Self::detect(deliver.esm_class, deliver.short_message, deliver.tlvs)
    }

    /// Parses a `data_sm`; `None` if it is a message.
    #[must_use]
    pub fn of_data(data: &DataSm<'a>) -> Option<Self> {
        Self::detect(data.esm_class, &[], data.tlvs)
    }

    /// Parses the relevant fields; `None` if it is a message. If `short_message` is empty, the text is taken from
    /// `message_payload`.
    #[must_use]
    pub fn detect(esm_class: EsmClass, short_message: &'a [u8], tlvs: Tlvs<'a>) -> Option<Self> {
        let params = ReceiptTlvs::read(tlvs);
        let body = if short_message.is_empty() { params.payload } else { short_message };
        let body = if esm_class.has_udh() { after_udh(body) } else { body };
        let by_bits = esm_class.is_receipt() || esm_class.is_intermediate();
        let by_tlv = params.id.is_some();
        if esm_class.is_acknowledgement() && !by_tlv {
            return None;
        }
        let fields = text::parse(body);
        let by_text = is_receipt_text(body, &fields);
        if !by_bits && !by_tlv && !by_text {
            return None;
        }
        let worded = (!fields.stat.is_empty()).then(|| MessageState::from_word(fields.stat));
        let differs = |tlv: Option<&[u8]>, text: &[u8]| {
            tlv.is_some_and(|value| !text.is_empty() && value != text)
        };
        Some(Self {
            message_id: params.id.unwrap_or(fields.id),
            state: params.state.or(worded).unwrap_or(MessageState::Unknown),
            stat: fields.stat,
            err: fields.err,
            submit_date: fields.submit_date,
            done_date: fields.done_date,
            text: fields.text,
            network_error: params.network_error,
            intermediate: esm_class.is_intermediate(),
            marked: by_bits || (by_tlv && params.state.is_some()),
            contradictory: differs(params.id, fields.id)
                || matches!((params.state, worded), (Some(state), Some(worded)) if state != worded),
        })
    }

    /// Whether the state is final and the receipt is not an intermediate notification.
    #[must_use]
    pub const fn is_final(&self) -> bool {
        self.state.is_final() && !self.intermediate
    }
}

/// Shows ids and states, not the message's text.
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

/// The optional parameters of a receipt.
#[derive(Default)]
struct ReceiptTlvs<'a> {
    id: Option<&'a [u8]>,
    state: Option<MessageState>,
    network_error: Option<NetworkError>,
    payload: &'a [u8],
}

impl<'a> ReceiptTlvs<'a> {
    fn read(tlvs: Tlvs<'a>) -> Self {
        let mut params = Self::default();
        for tlv in tlvs.iter() {
            match (tlv.tag, tlv.value) {
                (tag::RECEIPTED_MESSAGE_ID, _) => {
                    params.id = Some(tlv.c_string()).filter(|id| !id.is_empty());
                }
                (tag::MESSAGE_STATE, [number]) => {
                    params.state = Some(MessageState::from_number(*number));
                }
                (tag::NETWORK_ERROR_CODE, [network, high, low]) => {
                    let code = u16::from_be_bytes([*high, *low]);
                    params.network_error = Some(NetworkError { network: *network, code });
                }
                (tag::MESSAGE_PAYLOAD, payload) => params.payload = payload,
                _ => {}
            }
        }
        params
    }
}

/// Skips a user data header: a length octet and that many octets.
fn after_udh(body: &[u8]) -> &[u8] {
    let length = body.first().map_or(0, |length| usize::from(*length) + 1);
    body.get(length..).unwrap_or_default()
}

/// Whether the text begins with `id:` and has a `stat:` and a date or an `err:`.
fn is_receipt_text(body: &[u8], fields: &text::Fields<'_>) -> bool {
    let begins = text::begins_with_id(body);
    let dated = !fields.done_date.is_empty() || !fields.submit_date.is_empty();
    begins && !fields.stat.is_empty() && (dated || !fields.err.is_empty())
}

#[cfg(test)]
mod corpus;
