//! Whatever can be decoded can be encoded, unless a field is longer than the standard allows, and decodes the same.

use bytes::{Bytes, BytesMut};
use smpp::pdu::{DataSm, DeliverSm, EncodeError, Pdu, RawPdu};
use smpp::receipt::Receipt;
use smpp::session::BindParameters;

/// A PDU with its header; `command_length` is ignored.
pub(crate) fn run(data: &[u8]) {
    let Some(raw) = RawPdu::new(Bytes::copy_from_slice(data)) else { return };
    let _ = (format!("{raw:?}"), raw.message_id(), BindParameters::decode_body_of(&raw).is_ok());
    let Ok(pdu) = raw.decode_any() else { return };
    let _ = format!("{pdu:?}");
    match &pdu {
        Pdu::DeliverSm(deliver) => look(Receipt::of(deliver)),
        Pdu::DataSm(data) => look(Receipt::of_data(data)),
        Pdu::SubmitMulti(multi) => {
            assert_eq!(multi.destinations.iter().count(), multi.destinations.len());
        }
        Pdu::SubmitMultiResp(multi) => {
            assert_eq!(multi.unsuccessful.iter().count(), multi.unsuccessful.len());
        }
        _ => {}
    }
    let mut out = BytesMut::from(&b"before"[..]);
    match pdu.encode(&mut out, raw.status(), raw.sequence()) {
        Ok(()) => {
            let written = RawPdu::new(out.split_off(6).freeze()).expect("a header");
            assert_eq!(written.decode_any(), Ok(pdu));
            assert_eq!((written.id(), written.status()), (raw.id(), raw.status()));
            assert_eq!(written.bytes()[..4], (written.bytes().len() as u32).to_be_bytes());
            let mut again = BytesMut::new();
            pdu.encode(&mut again, raw.status(), raw.sequence()).expect("it was encoded once");
            assert_eq!(again, written.bytes());
        }
        Err(error) => {
            assert!(matches!(error, EncodeError::TooLong { .. }), "{error}");
            assert_eq!(&out[..], b"before");
        }
    }
    if let Ok(deliver) = raw.decode::<DeliverSm<'_>>() {
        assert_eq!(pdu, Pdu::DeliverSm(deliver));
    }
    assert_eq!(raw.decode::<DataSm<'_>>().is_ok(), matches!(pdu, Pdu::DataSm(_)));
}

fn look(receipt: Option<Receipt<'_>>) {
    if let Some(receipt) = receipt {
        let _ = (format!("{receipt:?}"), receipt.is_final());
    }
}
