//! Nanoseconds of the SMPP codec, beside those of a prototype on the same kind of machine.

use std::hint::black_box;
use std::time::Instant;

use anyhow::{Context, Result};
use bytes::BytesMut;
use serde_json::{Map, Value, json};
use smpp::CommandStatus;
use smpp::pdu::{self, Address, Body, DeliverSm, EsmClass, RawPdu, SubmitSm, TlvBuf};
use smpp::receipt::{MessageState, NewReceipt, Receipt};

/// Operations in a round; the fastest round counts, because other programs only slow a round down.
const OPERATIONS: u32 = 1_000_000;
const ROUNDS: u32 = 5;

pub(super) fn measure() -> Result<Value> {
    let submit = SubmitSm {
        source: Address::alphanumeric(b"Boltgram"),
        destination: Address::international(b"4512345678"),
        short_message: &[b'x'; 144],
        ..SubmitSm::default()
    };
    let submit = encoded(&submit)?;
    let receipt = NewReceipt {
        message_id: b"b00000000000001f",
        state: MessageState::Delivered,
        err: "000",
        submit_date: *b"2611210900",
        done_date: *b"2611210900",
        network_error: None,
        text: b"",
    };
    let (mut text, mut tlvs) = (Vec::new(), TlvBuf::new());
    receipt.render(&mut text);
    receipt.tlvs(&mut tlvs)?;
    let deliver = encoded(&DeliverSm {
        source: Address::international(b"4512345678"),
        destination: Address::alphanumeric(b"Boltgram"),
        esm_class: EsmClass::RECEIPT,
        short_message: &text,
        tlvs: tlvs.tlvs(),
        ..DeliverSm::default()
    })?;

    println!(
        "| operation | octets | ns | ceiling | times the ceiling |\n|---|---:|---:|---:|---:|"
    );
    let mut all = Map::new();
    let mut row = |name: &str, raw: &RawPdu, ceiling: f64, ns: f64| {
        let ratio = ns / ceiling;
        println!("| {name} | {} | {ns:.0} | {ceiling:.0} | {ratio:.2} |", raw.bytes().len());
        all.insert(name.to_owned(), json!({ "ns": ns, "ceiling_ns": ceiling }));
    };
    row(
        "decode submit_sm",
        &submit,
        34.0,
        best(|_| {
            black_box(black_box(&submit).decode::<SubmitSm<'_>>().is_ok());
        }),
    );
    let mut out = BytesMut::with_capacity(4096);
    row(
        "decode and encode submit_sm",
        &submit,
        179.0,
        best(|sequence| {
            again::<SubmitSm<'_>>(black_box(&submit), sequence, &mut out);
        }),
    );
    row(
        "decode deliver_sm with 2 TLVs",
        &deliver,
        35.0,
        best(|_| {
            let sm = black_box(&deliver).decode::<DeliverSm<'_>>();
            black_box(sm.map_or(0, |sm| sm.tlvs.iter().count()));
        }),
    );
    row(
        "decode and encode deliver_sm with 2 TLVs",
        &deliver,
        207.0,
        best(|sequence| {
            again::<DeliverSm<'_>>(black_box(&deliver), sequence, &mut out);
        }),
    );
    let read = best(|_| {
        let sm = black_box(&deliver).decode::<DeliverSm<'_>>();
        black_box(sm.ok().as_ref().and_then(Receipt::of).is_some());
    });
    println!(
        "| decode deliver_sm and read its receipt | {} | {read:.0} | | |",
        deliver.bytes().len()
    );
    all.insert("read receipt".to_owned(), json!({ "ns": read }));
    Ok(Value::Object(all))
}

fn encoded<'a, B: Body<'a>>(body: &B) -> Result<RawPdu> {
    let mut out = BytesMut::new();
    pdu::encode(&mut out, CommandStatus::ROK, 1, body)?;
    RawPdu::new(out.freeze()).context("a PDU without a header")
}

fn again<'a, B: Body<'a>>(raw: &'a RawPdu, sequence: u32, out: &mut BytesMut) {
    out.clear();
    if let Ok(body) = raw.decode::<B>() {
        black_box(pdu::encode(out, CommandStatus::ROK, sequence, &body).is_ok());
    }
    black_box(&*out);
}

/// Nanoseconds per operation.
fn best(mut operation: impl FnMut(u32)) -> f64 {
    let mut best = f64::INFINITY;
    for _ in 0..ROUNDS {
        let start = Instant::now();
        for n in 0..OPERATIONS {
            operation(n);
        }
        best = best.min(start.elapsed().as_nanos() as f64 / f64::from(OPERATIONS));
    }
    best
}
