//! Distinguishes receipts from mobile-originated messages and converts both to the domain's types.
//!
//! | marked as a receipt | text of a receipt | it is |
//! |---|---|---|
//! | by esm_class, or by `receipted_message_id` with `message_state` | – | a receipt |
//! | no | yes, with `receipts_by_text` | a receipt if a submission to its source number matches; else a message |
//! | no | yes, without `receipts_by_text` | a message |
//! | no | no | a message |
//!
//! A receipt is read in the alphabet in which it can be read (`receipt_text`); one that names no message in any is kept for
//! the operator.
//!
//! A phone cannot set the mark, but it can send such a text. With `receipts_by_text` a recipient who guesses the
//! carrier's id of a message to them, or anyone who can spoof their number, can forge its receipt. Unmarked failures must
//! still count, or failures at carriers without marks would only time out. Set the key to false for a carrier that marks
//! its receipts.

use std::collections::HashMap;

use domain::inbound::{InboundPart, Octets, Party};
use domain::limits::UNREAD_RECEIPT_OCTETS_MAX;
use domain::number::{Home, Msisdn, subscriber};
use domain::ports::{Receipt, ReceiptScope, ReceiptState, UnreadReceipt};
use domain::routing::CarrierName;
use domain::time::Timestamp;
use smpp::CommandId;
use smpp::pdu::{Address, DataSm, DecodeError, DeliverSm, RawPdu, Ton};
use smpp::receipt::{MessageState, Receipt as ParsedReceipt};

use super::ids::ReceiptIds;
use super::phone::{RawMessage, kind, party, payload};
use super::profile::Alphabet;
use super::receipt_text::{RawText, best_reading};

/// Longest error code stored.
const CODE_CHARS_MAX: usize = 32;

#[derive(Debug)]
pub(super) enum Received {
    Receipt(Receipt),
    /// A receipt whose state is a word that neither the field nor the carrier's settings know.
    UnknownState(Receipt),
    /// A receipt that names no message in any alphabet.
    Unread(UnreadReceipt),
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
    /// States by the carrier's own words, in capitals.
    pub(super) words: &'a HashMap<String, ReceiptState>,
    pub(super) scope: ReceiptScope,
    pub(super) alphabet: Alphabet,
    /// Its country.
    pub(super) home: Option<Home>,
    pub(super) interrupted_at: Timestamp,
}

pub(super) fn read(
    pdu: &RawPdu,
    of: CarrierContext<'_>,
    at: Timestamp,
) -> Result<Received, DecodeError> {
    if pdu.id() == CommandId::DATA_SM {
        let data = pdu.decode::<DataSm<'_>>()?;
        Ok(judge(ParsedReceipt::of_data(&data), RawMessage::of_data(&data), &[], of, at))
    } else {
        let deliver = pdu.decode::<DeliverSm<'_>>()?;
        let both = !deliver.short_message.is_empty();
        let payload = if both { payload(deliver.tlvs) } else { &[] };
        Ok(judge(ParsedReceipt::of(&deliver), RawMessage::of(&deliver), payload, of, at))
    }
}

/// `payload` is the text in `message_payload`, if there is one in `short_message` too.
fn judge(
    plain: Option<ParsedReceipt<'_>>,
    message: RawMessage<'_>,
    payload: &[u8],
    of: CarrierContext<'_>,
    at: Timestamp,
) -> Received {
    let RawMessage { esm_class, data_coding, tlvs, .. } = message;
    let raw = RawText { esm_class, coding: data_coding, octets: message.text(), payload, tlvs };
    best_reading(plain, raw, of.alphabet, |parsed| {
        let CarrierContext { carrier, ids, by_text, words, scope, alphabet, home, .. } = of;
        let part = || message.part(carrier, alphabet, home, at, of.interrupted_at);
        let Some(parsed) = parsed else { return Received::Message(part()) };
        let is_named = !parsed.message_id.is_empty();
        let unmarked = (!parsed.marked).then(|| Box::new(part()));
        match unmarked {
            Some(part) if !is_named || !by_text || !may_match(&part) => Received::Message(*part),
            None if !is_named => Received::Unread(unread(message, raw, carrier, at)),
            unmarked => {
                let unknown = unknown_word(&parsed, words);
                let is_unknown = unknown.is_some();
                let receipt = Receipt {
                    carrier: carrier.clone(),
                    carrier_id: ids.of_receipt(parsed.message_id),
                    state: state_of(&parsed, words),
                    code: code(&parsed).or(unknown),
                    // Of an unmarked one it is read with the country of the number that it was written to.
                    to: if unmarked.is_none() { number(message.source, home) } else { None },
                    at,
                    unmarked,
                    scope,
                };
                if is_unknown {
                    Received::UnknownState(receipt)
                } else {
                    Received::Receipt(receipt)
                }
            }
        }
    })
}

fn unread(
    message: RawMessage<'_>,
    raw: RawText<'_>,
    carrier: &CarrierName,
    at: Timestamp,
) -> UnreadReceipt {
    let cut = |octets: &[u8]| {
        Octets::new(octets.iter().copied().take(UNREAD_RECEIPT_OCTETS_MAX).collect())
    };
    UnreadReceipt {
        carrier: carrier.clone(),
        at,
        from: party(message.source),
        to: party(message.destination),
        esm_class: raw.esm_class.0,
        data_coding: raw.coding.0,
        octets: cut(raw.octets),
        parameters: cut(raw.tlvs.whole()),
    }
}

/// Whether one of its ends can be a whole number; otherwise it cannot match a submission.
fn may_match(part: &InboundPart) -> bool {
    let digits = |party: &Party| {
        let digits = party.as_str().strip_prefix('+').unwrap_or(party.as_str());
        digits.len() >= NUMBER_DIGITS_MIN && digits.bytes().all(|byte| byte.is_ascii_digit())
    };
    digits(&part.from) || digits(&part.to)
}

/// The shortest international numbers; short codes are shorter.
const NUMBER_DIGITS_MIN: usize = 7;

/// The state, by the carrier's own words first.
fn state_of(parsed: &ParsedReceipt<'_>, words: &HashMap<String, ReceiptState>) -> ReceiptState {
    let own = || own_word(parsed, words);
    match parsed.state {
        _ if parsed.intermediate => ReceiptState::Intermediate,
        // A state in the optional parameters says more than a word.
        known if parsed.contradictory => state(known),
        known => own().unwrap_or_else(|| state(known)),
    }
}

fn own_word(
    parsed: &ParsedReceipt<'_>,
    words: &HashMap<String, ReceiptState>,
) -> Option<ReceiptState> {
    let word = std::str::from_utf8(parsed.stat).ok().filter(|_| !words.is_empty())?;
    words.get(&word.to_ascii_uppercase()).copied()
}

/// The word of a state that nobody knows. `UNKNOWN` is a state.
fn unknown_word(
    parsed: &ParsedReceipt<'_>,
    words: &HashMap<String, ReceiptState>,
) -> Option<String> {
    let says_unknown = parsed.stat.get(..3).is_some_and(|start| start.eq_ignore_ascii_case(b"UNK"));
    let is_unknown = parsed.state == MessageState::Unknown && !says_unknown;
    let word = printable(parsed.stat);
    (is_unknown && !word.is_empty() && own_word(parsed, words).is_none()).then_some(word)
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
    let word = printable(parsed.err);
    if !word.is_empty() {
        return Some(word);
    }
    parsed.network_error.map(|error| format!("network {}: {}", error.network, error.code))
}

fn printable(octets: &[u8]) -> String {
    let text = String::from_utf8_lossy(octets);
    text.trim().chars().filter(|char| !char.is_control()).take(CODE_CHARS_MAX).collect()
}

/// The source of a receipt is the message's recipient. Names and short codes are none, and neither is a national number
/// of an unknown country.
fn number(source: Address<'_>, home: Option<Home>) -> Option<Msisdn> {
    if !matches!(source.ton, Ton::INTERNATIONAL | Ton::NATIONAL | Ton::UNKNOWN) {
        return None;
    }
    subscriber(std::str::from_utf8(source.addr).ok()?, kind(source), home)
}
#[cfg(test)]
mod tests;
