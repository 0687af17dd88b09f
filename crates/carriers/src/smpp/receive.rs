//! Distinguishes receipts from mobile-originated messages and converts both to the domain's types.
//!
//! | marked as a receipt | text of a receipt | it is |
//! |---|---|---|
//! | by esm_class, or by `receipted_message_id` with `message_state` | – | a receipt |
//! | no | yes, with `receipts_by_text` | a receipt if a submission to its source number matches; else a message |
//! | no | yes, without `receipts_by_text` | a message |
//! | no | no | a message |
//!
//! A phone cannot set the mark, but it can send such a text. With `receipts_by_text` a recipient who guesses the
//! carrier's id of a message to them, or anyone who can spoof their number, can forge its receipt. Unmarked failures must
//! still count, or failures at carriers without marks would only time out. Set the key to false for a carrier that marks
//! its receipts.

use domain::inbound::InboundPart;
use domain::number::{Msisdn, NumberEnds};
use domain::ports::{Receipt, ReceiptState};
use domain::routing::CarrierName;
use domain::time::Timestamp;
use smpp::CommandId;
use smpp::pdu::{Address, DataSm, DecodeError, DeliverSm, RawPdu, Ton};
use smpp::receipt::{MessageState, Receipt as ParsedReceipt};

use super::ids::ReceiptIds;
use super::phone::RawMessage;
use super::profile::Alphabet;

/// Longest error code stored.
const CODE_CHARS_MAX: usize = 32;

#[derive(Debug)]
pub(super) enum Received {
    Receipt(Receipt),
    /// A receipt without a message id.
    WithoutId,
    /// A mobile-originated message, or a part of one.
    Message(InboundPart),
}

/// What parsing needs to know about the carrier.
#[derive(Clone, Copy)]
pub(super) struct CarrierContext<'a> {
    pub(super) carrier: &'a CarrierName,
    pub(super) ids: ReceiptIds,
    /// Unmarked texts of receipts count as receipts.
    pub(super) by_text: bool,
    pub(super) alphabet: Alphabet,
    pub(super) interrupted_at: Timestamp,
}

pub(super) fn read(
    pdu: &RawPdu,
    of: CarrierContext<'_>,
    at: Timestamp,
) -> Result<Received, DecodeError> {
    let CarrierContext { carrier, ids, by_text, alphabet, interrupted_at } = of;
    let (parsed, message) = if pdu.id() == CommandId::DATA_SM {
        let data = pdu.decode::<DataSm<'_>>()?;
        (ParsedReceipt::of_data(&data), RawMessage::of_data(&data))
    } else {
        let deliver = pdu.decode::<DeliverSm<'_>>()?;
        (ParsedReceipt::of(&deliver), RawMessage::of(&deliver))
    };
    let part = || message.part(carrier, alphabet, at, interrupted_at);
    let Some(parsed) = parsed else { return Ok(Received::Message(part())) };
    let is_named = !parsed.message_id.is_empty();
    let unmarked = (!parsed.marked).then(|| Box::new(part()));
    Ok(match unmarked {
        Some(part) if !is_named || !by_text || !comes_from_a_number(&part) => {
            Received::Message(*part)
        }
        None if !is_named => Received::WithoutId,
        unmarked => Received::Receipt(Receipt {
            carrier: carrier.clone(),
            carrier_id: ids.of_receipt(parsed.message_id),
            state: if parsed.intermediate {
                ReceiptState::Intermediate
            } else {
                state(parsed.state)
            },
            code: code(&parsed),
            to: number(message.source),
            at,
            unmarked,
        }),
    })
}

/// Otherwise it cannot match a submission.
fn comes_from_a_number(part: &InboundPart) -> bool {
    NumberEnds::of(part.from.as_str(), part.to.as_str()).is_some()
}

const fn state(parsed: MessageState) -> ReceiptState {
    match parsed {
        MessageState::Delivered => ReceiptState::Delivered,
        MessageState::Expired => ReceiptState::Expired,
        MessageState::Deleted
        | MessageState::Undeliverable
        | MessageState::Rejected
        | MessageState::Skipped => ReceiptState::Failed,
        MessageState::Scheduled
        | MessageState::Enroute
        | MessageState::Accepted
        | MessageState::Unknown => ReceiptState::Intermediate,
    }
}

/// The value of `err:`, or the network's error code as `network 3: 1`.
fn code(parsed: &ParsedReceipt<'_>) -> Option<String> {
    let word: String = String::from_utf8_lossy(parsed.err)
        .trim()
        .chars()
        .filter(|char| !char.is_control())
        .take(CODE_CHARS_MAX)
        .collect();
    if !word.is_empty() {
        return Some(word);
    }
    parsed.network_error.map(|error| format!("network {}: {}", error.network, error.code))
}

/// The source of a receipt is the message's recipient. National numbers and non-digits are not usable: `None`.
fn number(source: Address<'_>) -> Option<Msisdn> {
    if !matches!(source.ton, Ton::INTERNATIONAL | Ton::UNKNOWN) {
        return None;
    }
    let digits = std::str::from_utf8(source.addr).ok()?;
    let digits = digits.strip_prefix('+').or_else(|| digits.strip_prefix("00")).unwrap_or(digits);
    digits.parse().ok()
}

#[cfg(test)]
mod tests {
    use bytes::BytesMut;
    use smpp::CommandStatus;
    use smpp::pdu::{self, EsmClass, TlvBuf, tag};

    use super::*;

    fn received(deliver: &DeliverSm<'_>) -> Received {
        received_by(deliver, true)
    }

    fn received_by(deliver: &DeliverSm<'_>, by_text: bool) -> Received {
        let mut out = BytesMut::new();
        pdu::encode(&mut out, CommandStatus::ROK, 1, deliver).unwrap();
        let raw = RawPdu::new(out.freeze()).unwrap();
        let of = CarrierContext {
            carrier: &CarrierName::new("main"),
            ids: ReceiptIds::Same,
            by_text,
            alphabet: Alphabet::Gsm7,
            interrupted_at: Timestamp::from_millis(3),
        };
        read(&raw, of, Timestamp::from_millis(7)).unwrap()
    }

    fn receipt(short_message: &[u8]) -> Received {
        let esm_class = EsmClass::RECEIPT;
        received(&DeliverSm { esm_class, short_message, ..DeliverSm::default() })
    }

    #[test]
    fn unrecognised_states_decide_nothing() {
        for (word, state) in [
            ("DELIVRD", ReceiptState::Delivered),
            ("EXPIRED", ReceiptState::Expired),
            ("UNDELIV", ReceiptState::Failed),
            ("REJECTD", ReceiptState::Failed),
            ("DELETED", ReceiptState::Failed),
            ("ENROUTE", ReceiptState::Intermediate),
            ("ACCEPTD", ReceiptState::Intermediate),
            ("UNKNOWN", ReceiptState::Intermediate),
            ("PUZZLED", ReceiptState::Intermediate),
        ] {
            let text = format!("id:AbC sub:001 dlvrd:001 stat:{word} err:21b text:hi");
            let Received::Receipt(receipt) = receipt(text.as_bytes()) else { panic!("{word}") };
            assert_eq!((receipt.state, receipt.carrier_id.as_str()), (state, "AbC"), "{word}");
            assert_eq!(receipt.code.as_deref(), Some("21b"));
        }
    }

    #[test]
    fn an_intermediate_notification_decides_nothing() {
        let deliver = DeliverSm {
            esm_class: EsmClass::INTERMEDIATE,
            short_message: b"id:1 stat:UNDELIV err:000",
            ..DeliverSm::default()
        };
        let Received::Receipt(receipt) = received(&deliver) else { panic!() };
        assert_eq!(receipt.state, ReceiptState::Intermediate);
    }

    #[test]
    fn optional_parameters_are_enough() {
        let mut parsed = TlvBuf::new();
        parsed.push_c_string(tag::RECEIPTED_MESSAGE_ID, b"42").unwrap();
        parsed.push_u8(tag::MESSAGE_STATE, 5);
        parsed.push(tag::NETWORK_ERROR_CODE, &[3, 0, 1]).unwrap();
        let esm_class = EsmClass::RECEIPT;
        let deliver = DeliverSm { esm_class, tlvs: parsed.tlvs(), ..DeliverSm::default() };
        let Received::Receipt(receipt) = received(&deliver) else { panic!() };
        assert_eq!((receipt.state, receipt.carrier_id.as_str()), (ReceiptState::Failed, "42"));
        assert_eq!(receipt.code.as_deref(), Some("network 3: 1"));
    }

    #[test]
    fn a_receipt_by_its_text_alone_is_also_a_message() {
        let deliver = |source| DeliverSm {
            source,
            destination: Address::unknown(b"1919"),
            short_message: b"id:7 stat:UNDELIV err:001",
            ..DeliverSm::default()
        };
        let phone = deliver(Address::international(b"4520123456"));
        let Received::Receipt(receipt) = received(&phone) else { panic!() };
        assert_eq!((receipt.state, &*receipt.carrier_id), (ReceiptState::Failed, "7"));
        let message = receipt.unmarked.unwrap();
        assert_eq!((message.from.as_str(), message.to.as_str()), ("4520123456", "1919"));
        let text = domain::inbound::InboundBody::Text("id:7 stat:UNDELIV err:001".to_owned());
        assert_eq!(message.body, text);
        // Without the key, with an unusable source, and without an id.
        assert!(matches!(received_by(&phone, false), Received::Message(part) if part == *message));
        let name = deliver(Address::alphanumeric(b"Boltgram"));
        assert!(matches!(received(&name), Received::Message(_)));
        let nameless = DeliverSm { short_message: b"id: stat:UNDELIV err:001", ..phone };
        assert!(matches!(received(&nameless), Received::Message(_)));
    }

    #[test]
    fn a_marked_receipt_is_not_a_message() {
        let mut parsed = TlvBuf::new();
        parsed.push_c_string(tag::RECEIPTED_MESSAGE_ID, b"42").unwrap();
        let id_alone = DeliverSm {
            source: Address::international(b"4520123456"),
            tlvs: parsed.tlvs(),
            ..DeliverSm::default()
        };
        assert!(matches!(received_by(&id_alone, false), Received::Message(_)));
        let mut both = parsed.clone();
        both.push_u8(tag::MESSAGE_STATE, 2);
        let by_parameters = DeliverSm { tlvs: both.tlvs(), ..DeliverSm::default() };
        let short_message = b"id:1 stat:DELIVRD err:000";
        let esm_class = EsmClass::RECEIPT;
        let by_bits = DeliverSm { esm_class, short_message, ..DeliverSm::default() };
        for marked in [by_parameters, by_bits] {
            let Received::Receipt(receipt) = received_by(&marked, false) else { panic!() };
            assert_eq!((receipt.unmarked, receipt.state), (None, ReceiptState::Delivered));
        }
    }

    #[test]
    fn a_receipt_has_the_number_of_its_recipient() {
        let of = |ton: Ton, addr: &'static [u8]| {
            let source = Address { ton, addr, ..Address::default() };
            let short_message = b"id:1 stat:DELIVRD err:000";
            let esm_class = EsmClass::RECEIPT;
            let parsed = DeliverSm { source, esm_class, short_message, ..DeliverSm::default() };
            let Received::Receipt(receipt) = received(&parsed) else { panic!() };
            receipt.to.map(Msisdn::digits)
        };
        let known = Some(4_520_123_456);
        assert_eq!(of(Ton::INTERNATIONAL, b"4520123456"), known);
        assert_eq!(of(Ton::UNKNOWN, b"+4520123456"), known);
        assert_eq!(of(Ton::INTERNATIONAL, b"004520123456"), known);
        for (ton, addr) in [
            (Ton::NATIONAL, &b"20123456"[..]),
            (Ton::ALPHANUMERIC, b"Boltgram"),
            (Ton::NETWORK_SPECIFIC, b"4520123456"),
            (Ton::UNKNOWN, b"1234"),
            (Ton::UNKNOWN, b"020123456"),
            (Ton::INTERNATIONAL, b"45201234567890123"),
            (Ton::INTERNATIONAL, b"45 20 12 34 56"),
            (Ton::INTERNATIONAL, b"\xff"),
            (Ton::UNKNOWN, b""),
        ] {
            assert_eq!(of(ton, addr), None, "{addr:?}");
        }
    }

    #[test]
    fn messages_and_receipts_without_an_id_are_recognised() {
        let message = DeliverSm { short_message: b"STOP", ..DeliverSm::default() };
        assert!(matches!(received(&message), Received::Message(_)));
        assert!(matches!(receipt(b"stat:DELIVRD"), Received::WithoutId));
    }
}
