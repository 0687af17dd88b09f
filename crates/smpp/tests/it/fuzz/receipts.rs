//! Receipts and times from arbitrary octets: no panic, no value that is not in the octets, and rendered ones parse back.

use smpp::pdu::{EsmClass, TlvBuf, Tlvs};
use smpp::receipt::{NewReceipt, Receipt};
use smpp::time::SmppTime;

/// The first octet is the `esm_class`, the second the length of the text; optional parameters follow the text.
pub(crate) fn run(data: &[u8]) {
    let _ = SmppTime::parse(data).map(|time| time.map(again));
    let [esm_class, length, rest @ ..] = data else { return };
    let (text, tail) = rest.split_at(rest.len().min(usize::from(*length)));
    let esm_class = EsmClass(*esm_class);
    let Some(receipt) = Receipt::detect(esm_class, text, Tlvs::new(tail)) else {
        assert!(!esm_class.is_receipt() && !esm_class.is_intermediate());
        return;
    };
    let _ = format!("{receipt:?}");
    assert!(!(receipt.intermediate && receipt.is_final()));
    let Receipt { message_id, stat, err, submit_date, done_date, text: words, .. } = receipt;
    for part in [message_id, stat, err, submit_date, done_date, words] {
        let within = part.is_empty() || rest.windows(part.len()).any(|there| there == part);
        assert!(within, "{}", part.escape_ascii());
    }

    // An alphanumeric id is read back verbatim, from the text and from the parameter.
    if !message_id.iter().all(u8::is_ascii_alphanumeric) {
        return;
    }
    let new = NewReceipt {
        message_id,
        state: receipt.state,
        err: "000",
        submit_date: *b"2611212200",
        done_date: *b"2611212201",
        network_error: receipt.network_error,
        text: words,
    };
    let (mut text, mut tlvs) = (Vec::new(), TlvBuf::new());
    new.render(&mut text);
    new.tlvs(&mut tlvs).expect("no NUL in it");
    let parts = [(&text[..], Tlvs::NONE), (&text[..], tlvs.tlvs()), (&b""[..], tlvs.tlvs())];
    for (text, tlvs) in parts {
        let read = Receipt::detect(EsmClass::RECEIPT, text, tlvs).expect("the bits say so");
        assert_eq!(read.message_id, message_id);
        let same = read.state == receipt.state
            || (tlvs.is_empty() && read.state.word() == receipt.state.word());
        assert!(same, "{:?} {:?}", read.state, receipt.state);
        assert!(tlvs.is_empty() || read.network_error == receipt.network_error);
    }
}

fn again(time: SmppTime) {
    match time {
        SmppTime::Absolute(at) => {
            let _ = at.to_unix();
        }
        SmppTime::Relative(span) => {
            let _ = span.to_duration();
        }
    }
    assert_eq!(SmppTime::parse(&time.render()), Ok(Some(time)));
}
