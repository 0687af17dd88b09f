//! The parts of LND's JSON that we use. 64-bit numbers are strings, bytes are padded base64: the standard alphabet in
//! bodies, the URL-safe one in queries.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use domain::id::PaymentHash;
use domain::limits::PAY_WITHIN_MAX;
use domain::money::Msat;
use domain::ports::{HoldState, NewHold};
use domain::sale::hold::HeldPayment;
use domain::secret::Preimage;
use serde::de::{Deserializer, Error as _};
use serde::{Deserialize, Serialize};

/// `POST /v2/invoices/hodl`
#[derive(Debug, Serialize)]
pub(super) struct AddHoldInvoice {
    hash: String,
    value_msat: String,
    memo: String,
    expiry: String,
    cltv_expiry: String,
    /// Adds route hints, without which a node with unannounced channels cannot be found.
    private: bool,
}

impl AddHoldInvoice {
    pub(super) fn new(hold: &NewHold) -> Self {
        Self {
            hash: STANDARD.encode(hold.hash.as_bytes()),
            value_msat: hold.amount.get().to_string(),
            memo: hold.memo.clone(),
            expiry: hold.expiry.as_secs().to_string(),
            cltv_expiry: hold.cltv_delta.to_string(),
            private: true,
        }
    }
}

#[derive(Debug, Deserialize)]
pub(super) struct AddedHoldInvoice {
    pub(super) payment_request: String,
}

/// `POST /v2/invoices/settle`. It has no `Debug`, because it contains the preimage.
#[derive(Serialize)]
#[allow(missing_debug_implementations)]
pub(super) struct SettleInvoice {
    preimage: String,
}

impl SettleInvoice {
    pub(super) fn new(preimage: &Preimage) -> Self {
        Self { preimage: STANDARD.encode(preimage.expose()) }
    }
}

/// `POST /v2/invoices/cancel`
#[derive(Debug, Serialize)]
pub(super) struct CancelInvoice {
    payment_hash: String,
}

impl CancelInvoice {
    pub(super) fn new(hash: PaymentHash) -> Self {
        Self { payment_hash: STANDARD.encode(hash.as_bytes()) }
    }
}

/// The hash in the form of `GET /v2/invoices/lookup`.
pub(super) fn query_hash(hash: PaymentHash) -> String {
    URL_SAFE.encode(hash.as_bytes())
}

#[derive(Debug, Deserialize)]
pub(super) struct Invoice {
    r_hash: String,
    pub(super) memo: String,
    state: InvoiceState,
    #[serde(deserialize_with = "int64")]
    value_msat: i64,
    #[serde(deserialize_with = "int64")]
    expiry: i64,
    #[serde(deserialize_with = "int64")]
    cltv_expiry: i64,
    pub(super) payment_request: String,
    #[serde(default)]
    htlcs: Vec<Htlc>,
}

/// Of an invoice in a stream, what says that it changed. [`Invoice`] has the rest, when it is looked up.
#[derive(Debug, Deserialize)]
pub(super) struct StreamedInvoice {
    state: InvoiceState,
}

impl StreamedInvoice {
    pub(super) fn is_open(&self) -> bool {
        self.state == InvoiceState::Open
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
enum InvoiceState {
    Open,
    Settled,
    Canceled,
    Accepted,
}

#[derive(Debug, Deserialize)]
struct Htlc {
    #[serde(deserialize_with = "int64")]
    amt_msat: i64,
    #[serde(deserialize_with = "int64")]
    expiry_height: i64,
    state: HtlcState,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
enum HtlcState {
    Accepted,
    Settled,
    Canceled,
}

impl Invoice {
    pub(super) fn hash(&self) -> Option<PaymentHash> {
        PaymentHash::from_slice(&STANDARD.decode(&self.r_hash).ok()?).ok()
    }

    pub(super) fn is_held(&self) -> bool {
        self.state == InvoiceState::Accepted
    }

    /// Whether it has the terms of `hold`.
    pub(super) fn is_for(&self, hold: &NewHold) -> bool {
        self.value_msat == hold.amount.get()
            && self.memo == hold.memo
            && u64::try_from(self.expiry) == Ok(hold.expiry.as_secs())
            && self.cltv_expiry == i64::from(hold.cltv_delta)
    }

    /// `None` if it is accepted but has no accepted parts.
    pub(super) fn hold_state(&self, margin_blocks: u32) -> Option<HoldState> {
        Some(match self.state {
            InvoiceState::Open => HoldState::Open,
            InvoiceState::Settled => HoldState::Settled,
            InvoiceState::Canceled => HoldState::Cancelled,
            InvoiceState::Accepted => HoldState::Held(self.held(margin_blocks)?),
        })
    }

    /// A payment may have several parts; the first one to expire determines the deadline.
    fn held(&self, margin_blocks: u32) -> Option<HeldPayment> {
        let parts = || self.htlcs.iter().filter(|htlc| htlc.state == HtlcState::Accepted);
        let expiry_height = parts().map(|htlc| htlc.expiry_height).min()?;
        let amount = Msat::checked_sum(parts().map(|htlc| Msat::new(htlc.amt_msat)))?;
        let deadline_height = u32::try_from(expiry_height).ok()?.saturating_sub(margin_blocks);
        Some(HeldPayment { amount, deadline_height })
    }
}

/// `GET /v1/invoices`
#[derive(Debug, Deserialize)]
pub(super) struct InvoicePage {
    #[serde(default)]
    pub(super) invoices: Vec<Invoice>,
    #[serde(deserialize_with = "int64")]
    pub(super) last_index_offset: i64,
}

/// `GET /v1/invoices`, of which a poll reads only what it needs.
#[derive(Debug, Deserialize)]
pub(super) struct HeldPage {
    #[serde(default)]
    pub(super) invoices: Vec<ListedInvoice>,
    #[serde(deserialize_with = "int64")]
    pub(super) last_index_offset: i64,
}

#[derive(Debug, Deserialize)]
pub(super) struct ListedInvoice {
    r_hash: String,
    state: InvoiceState,
    #[serde(deserialize_with = "int64")]
    expiry: i64,
    /// Grows with every invoice of the node.
    #[serde(deserialize_with = "int64")]
    pub(super) add_index: i64,
}

impl ListedInvoice {
    pub(super) fn held(&self) -> Option<PaymentHash> {
        let held = self.state == InvoiceState::Accepted;
        held.then(|| PaymentHash::from_slice(&STANDARD.decode(&self.r_hash).ok()?).ok()).flatten()
    }

    /// Open, and possibly ours: of those that others have open for longer nothing is expected.
    pub(super) fn is_awaited(&self) -> bool {
        let expiry_max = i64::try_from(PAY_WITHIN_MAX.as_secs()).unwrap_or(i64::MAX);
        self.state == InvoiceState::Open && self.expiry <= expiry_max
    }
}

/// `GET /v1/getinfo`
#[derive(Debug, Deserialize)]
pub(super) struct Info {
    pub(super) block_height: u32,
    pub(super) synced_to_chain: bool,
    #[serde(deserialize_with = "int64")]
    pub(super) best_header_timestamp: i64,
    /// Hexadecimal.
    pub(super) identity_pubkey: String,
    pub(super) chains: Vec<Chain>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Chain {
    pub(super) network: String,
}

/// A message of a stream, or what is returned in its place.
#[derive(Debug, Deserialize)]
pub(super) struct Message<T> {
    #[serde(default = "none")]
    pub(super) result: Option<T>,
    #[serde(default)]
    pub(super) error: Option<Failure>,
    #[serde(flatten)]
    pub(super) failure: Failure,
}

const fn none<T>() -> Option<T> {
    None
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct Failure {
    #[serde(default)]
    pub(super) message: String,
}

pub(super) fn int64<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Either {
        Number(i64),
        Text(String),
    }
    match Either::deserialize(deserializer)? {
        Either::Number(number) => Ok(number),
        Either::Text(text) => text.parse().map_err(D::Error::custom),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bytes whose base64 has `+`, `/` and `=`.
    fn hash() -> PaymentHash {
        PaymentHash::new([0xfb, 0xff].repeat(16).try_into().unwrap())
    }

    #[test]
    fn bodies_and_queries_use_different_alphabets() {
        let body = serde_json::to_string(&CancelInvoice::new(hash())).unwrap();
        assert_eq!(body, r#"{"payment_hash":"+//7//v/+//7//v/+//7//v/+//7//v/+//7//v/+/8="}"#);
        assert_eq!(query_hash(hash()), "-__7__v_-__7__v_-__7__v_-__7__v_-__7__v_-_8=");
    }

    #[test]
    fn numbers_of_64_bits_are_strings() {
        let hold = NewHold {
            hash: hash(),
            amount: Msat::new(21_000),
            memo: "m".into(),
            expiry: std::time::Duration::from_secs(600),
            cltv_delta: 144,
        };
        let body = serde_json::to_value(AddHoldInvoice::new(&hold)).unwrap();
        let expected = serde_json::json!({
            "hash": "+//7//v/+//7//v/+//7//v/+//7//v/+//7//v/+/8=", "value_msat": "21000",
            "memo": "m", "expiry": "600", "cltv_expiry": "144", "private": true,
        });
        assert_eq!(body, expected);
    }

    fn invoice(state: &str, htlcs: &serde_json::Value) -> Invoice {
        serde_json::from_value(serde_json::json!({
            "r_hash": "+//7//v/+//7//v/+//7//v/+//7//v/+//7//v/+/8=", "memo": "", "state": state,
            "value_msat": "21000", "expiry": "600", "cltv_expiry": "144", "payment_request": "ln",
            "htlcs": htlcs, "is_amp": false, "settle_date": "0",
        }))
        .unwrap()
    }

    #[test]
    fn the_first_part_to_expire_sets_the_deadline() {
        let held = invoice(
            "ACCEPTED",
            &serde_json::json!([
                {"amt_msat": "11000", "expiry_height": 1_140, "state": "ACCEPTED"},
                {"amt_msat": "10000", "expiry_height": 1_100, "state": "ACCEPTED"},
                {"amt_msat": "5000", "expiry_height": 1_000, "state": "CANCELED"},
            ]),
        );
        assert_eq!(held.hash(), Some(hash()));
        let payment = HeldPayment { amount: Msat::new(21_000), deadline_height: 1_082 };
        assert_eq!(held.hold_state(18), Some(HoldState::Held(payment)));
    }

    #[test]
    fn valid_states_are_read_and_others_are_refused() {
        let none = serde_json::json!([]);
        assert_eq!(invoice("OPEN", &none).hold_state(18), Some(HoldState::Open));
        assert_eq!(invoice("SETTLED", &none).hold_state(18), Some(HoldState::Settled));
        assert_eq!(invoice("CANCELED", &none).hold_state(18), Some(HoldState::Cancelled));
        assert_eq!(invoice("ACCEPTED", &none).hold_state(18), None);
    }
}
