//! The codec against itself and against the independent `rusmpp`, with every operation and arbitrary fields.

use bytes::{Bytes, BytesMut};
use proptest::collection::vec;
use proptest::prelude::*;
use rusmpp::tokio_codec::CommandCodec;
use smpp::pdu::*;
use smpp::{CommandId, CommandStatus};
use tokio_util::codec::{Decoder, Encoder};

/// Arbitrary field values.
#[derive(Debug, Clone)]
struct Parts {
    service: Vec<u8>,
    source: Vec<u8>,
    destination: Vec<u8>,
    id: Vec<u8>,
    time: Vec<u8>,
    secret: Vec<u8>,
    text: Vec<u8>,
    octets: [u8; 8],
    reference: u16,
    vendor: (u16, Vec<u8>),
    destinations: Vec<(bool, Vec<u8>)>,
    status: u32,
    sequence: u32,
}

/// Up to `most` C-string octets: printable, or anything but NUL.
fn c_string(most: usize, lenient: bool) -> impl Strategy<Value = Vec<u8>> {
    let octet = if lenient { 0x01..=0xFFu8 } else { 0x20..=0x7Eu8 };
    vec(octet, 0..=most)
}

prop_compose! {
    fn parts(lenient: bool)(
        service in c_string(5, lenient),
        source in c_string(20, lenient),
        destination in c_string(20, lenient),
        id in c_string(64, lenient),
        time in prop_oneof![Just(Vec::new()), Just(b"000007233429000R".to_vec())],
        secret in c_string(8, lenient),
        text in vec(any::<u8>(), 0..=255),
        octets in any::<[u8; 8]>(),
        reference in any::<u16>(),
        vendor in (0x1400u16..0x3FFF, vec(any::<u8>(), 0..300)),
        destinations in vec((any::<bool>(), c_string(20, lenient)), 1..20),
        status in any::<u32>(),
        sequence in any::<u32>(),
    ) -> Parts {
        Parts {
            service, source, destination, id, time, secret, text, octets, reference, vendor,
            destinations, status, sequence,
        }
    }
}

/// Calls `check` with each operation, built from the parts.
fn each(p: &Parts, mut check: impl FnMut(Pdu<'_>)) {
    let [a, b, c, d, e, f, g, h] = p.octets;
    let source = Address { ton: Ton(a), npi: Npi(b), addr: &p.source };
    let destination = Address { ton: Ton(c), npi: Npi(d), addr: &p.destination };
    let (esm_class, data_coding) = (EsmClass(e), DataCoding(f));
    let registered_delivery = RegisteredDelivery(g);
    let (schedule_delivery_time, validity_period) = (&p.time[..], &p.time[..]);
    let (service_type, message_id, short_message) = (&p.service[..], &p.id[..], &p.text[..]);
    let mut buf = TlvBuf::new();
    buf.push_u16(tag::USER_MESSAGE_REFERENCE, p.reference);
    buf.push(p.vendor.0, &p.vendor.1).unwrap();
    let tlvs = buf.tlvs();
    // The independent codec keeps only this parameter of a query_broadcast_sm.
    let mut reference = TlvBuf::new();
    reference.push_u16(tag::USER_MESSAGE_REFERENCE, p.reference);
    let mut list = ListBuf::new();
    let mut refused = ListBuf::new();
    for (is_list, name) in &p.destinations {
        let to = Address { ton: Ton(c), npi: Npi(d), addr: name };
        let one = if *is_list { Destination::List(name) } else { Destination::Address(to) };
        list.push_destination(one).unwrap();
        refused
            .push_unsuccessful(Unsuccessful { address: to, status: CommandStatus(p.status) })
            .unwrap();
    }
    let (protocol_id, priority_flag, replace_if_present_flag, sm_default_msg_id) = (h, a, b, c);
    let bind = BindTransceiver {
        system_id: p.source.get(..15).unwrap_or(&p.source),
        password: Secret(&p.secret),
        system_type: &p.service,
        interface_version: 0x34,
        addr_ton: a,
        addr_npi: b,
        address_range: &p.destination,
    };
    let BindTransceiver { system_id, password, system_type, .. } = bind;
    let (interface_version, addr_ton, addr_npi, address_range) = (0x50, c, d, bind.address_range);
    for pdu in [
        Pdu::BindTransceiver(bind),
        Pdu::BindReceiver(BindReceiver {
            system_id,
            password,
            system_type,
            interface_version,
            addr_ton,
            addr_npi,
            address_range,
        }),
        Pdu::BindTransmitter(BindTransmitter {
            system_id,
            password,
            system_type,
            interface_version,
            addr_ton,
            addr_npi,
            address_range,
        }),
        Pdu::BindTransceiverResp(BindTransceiverResp { system_id, tlvs: Tlvs::NONE }),
        Pdu::BindReceiverResp(BindReceiverResp {
            system_id,
            tlvs: Tlvs::new(b"\x02\x10\0\x01\x34"),
        }),
        Pdu::BindTransmitterResp(BindTransmitterResp { system_id, tlvs: Tlvs::NONE }),
        Pdu::Outbind(Outbind { system_id, password }),
        Pdu::SubmitSm(SubmitSm {
            service_type,
            source,
            destination,
            esm_class,
            protocol_id,
            priority_flag,
            schedule_delivery_time,
            validity_period,
            registered_delivery,
            replace_if_present_flag,
            data_coding,
            sm_default_msg_id,
            short_message,
            tlvs,
        }),
        Pdu::DeliverSm(DeliverSm {
            service_type,
            source,
            destination,
            esm_class,
            protocol_id,
            priority_flag,
            schedule_delivery_time,
            validity_period,
            registered_delivery,
            replace_if_present_flag,
            data_coding,
            sm_default_msg_id,
            short_message,
            tlvs,
        }),
        Pdu::SubmitMulti(SubmitMulti {
            service_type,
            source,
            destinations: list.destinations(),
            esm_class,
            protocol_id,
            priority_flag,
            schedule_delivery_time,
            validity_period,
            registered_delivery,
            replace_if_present_flag,
            data_coding,
            sm_default_msg_id,
            short_message,
            tlvs,
        }),
        Pdu::SubmitMultiResp(SubmitMultiResp {
            message_id,
            unsuccessful: refused.unsuccessful(),
            tlvs: Tlvs::NONE,
        }),
        Pdu::SubmitSmResp(SubmitSmResp { message_id, tlvs: Tlvs::NONE }),
        Pdu::DeliverSmResp(DeliverSmResp { message_id, tlvs: Tlvs::NONE }),
        Pdu::DataSm(DataSm {
            service_type,
            source,
            destination,
            esm_class,
            registered_delivery,
            data_coding,
            tlvs,
        }),
        Pdu::DataSmResp(DataSmResp { message_id, tlvs: Tlvs::NONE }),
        Pdu::QuerySm(QuerySm { message_id, source }),
        Pdu::QuerySmResp(QuerySmResp {
            message_id,
            final_date: &p.time,
            message_state: 2,
            error_code: h,
            tlvs: Tlvs::NONE,
        }),
        Pdu::CancelSm(CancelSm { service_type, message_id, source, destination }),
        Pdu::ReplaceSm(ReplaceSm {
            message_id,
            source,
            schedule_delivery_time,
            validity_period,
            registered_delivery,
            sm_default_msg_id,
            short_message,
            tlvs: Tlvs::NONE,
        }),
        Pdu::AlertNotification(AlertNotification { source, esme: destination, tlvs: Tlvs::NONE }),
        Pdu::BroadcastSm(BroadcastSm {
            service_type,
            source,
            message_id,
            priority_flag,
            schedule_delivery_time,
            validity_period,
            replace_if_present_flag,
            data_coding,
            sm_default_msg_id,
            tlvs,
        }),
        Pdu::BroadcastSmResp(BroadcastSmResp { message_id, tlvs: Tlvs::NONE }),
        Pdu::QueryBroadcastSm(QueryBroadcastSm { message_id, source, tlvs: reference.tlvs() }),
        Pdu::QueryBroadcastSmResp(QueryBroadcastSmResp { message_id, tlvs: Tlvs::NONE }),
        Pdu::CancelBroadcastSm(CancelBroadcastSm { service_type, message_id, source, tlvs }),
        Pdu::Unbind,
        Pdu::UnbindResp,
        Pdu::EnquireLink,
        Pdu::EnquireLinkResp,
        Pdu::GenericNack,
        Pdu::CancelSmResp,
        Pdu::ReplaceSmResp,
        Pdu::CancelBroadcastSmResp,
        Pdu::Other { id: CommandId(0x0001_0200), body: &p.text },
    ] {
        check(pdu);
    }
}

fn encoded(pdu: &Pdu<'_>, p: &Parts) -> BytesMut {
    let mut out = BytesMut::new();
    pdu.encode(&mut out, CommandStatus(p.status), p.sequence).unwrap();
    out
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn encoded_pdus_are_decoded_back(p in parts(true)) {
        each(&p, |pdu| {
            let raw = RawPdu::new(encoded(&pdu, &p).freeze()).unwrap();
            assert_eq!(raw.decode_any().unwrap(), pdu);
            assert_eq!((raw.status().0, raw.sequence()), (p.status, p.sequence));
        });
    }

    #[test]
    fn an_independent_codec_reads_what_we_write_and_writes_the_same(p in parts(false)) {
        each(&p, |pdu| {
            let ours = encoded(&pdu, &p);
            let mut codec = CommandCodec::new();
            let theirs = codec.decode(&mut ours.clone()).unwrap().unwrap();
            assert_eq!(u32::from(theirs.id()), pdu.id().0);
            let mut again = BytesMut::new();
            codec.encode(theirs, &mut again).unwrap();
            assert_eq!(again, ours, "{:?}", pdu);
        });
    }

    #[test]
    fn a_cut_or_changed_pdu_never_panics(p in parts(true), cut in 0usize..400, flip: u8) {
        each(&p, |pdu| {
            let mut bytes = encoded(&pdu, &p);
            let at = cut % bytes.len();
            bytes[at] ^= flip;
            let _ = RawPdu::new(bytes.clone().freeze()).map(|raw| raw.decode_any().is_ok());
            let Some(raw) = RawPdu::new(bytes.freeze().slice(..at)) else { return };
            if let Ok(read) = raw.decode_any() {
                // A decoded PDU can be encoded and is then stable.
                let mut out = BytesMut::new();
                if read.encode(&mut out, raw.status(), 1).is_ok() {
                    assert_eq!(RawPdu::new(out.freeze()).unwrap().decode_any(), Ok(read));
                }
            }
        });
    }

    #[test]
    fn arbitrary_octets_never_panic(id in 0u32..0x120, bytes in vec(any::<u8>(), 0..600)) {
        for id in [id, id | 0x8000_0000] {
            if let Ok(pdu) = Pdu::decode(CommandId(id), &bytes) {
                let _ = format!("{pdu:?}");
            }
        }
        let mut input = BytesMut::from(&bytes[..]);
        let _ = smpp::frame::split(&mut input, 70_000).0.count();
    }
}

#[test]
fn independent_fields_agree() {
    let submit = SubmitSm {
        source: Address::alphanumeric(b"Boltgram"),
        destination: Address::international(b"4512345678"),
        short_message: b"hello",
        ..SubmitSm::default()
    };
    let mut out = BytesMut::new();
    encode(&mut out, CommandStatus::ROK, 7, &submit).unwrap();
    let theirs = CommandCodec::new().decode(&mut out).unwrap().unwrap();
    let Some(rusmpp::Pdu::SubmitSm(theirs)) = theirs.pdu() else { panic!() };
    assert_eq!(theirs.source_addr.to_string(), "Boltgram");
    assert_eq!(theirs.destination_addr.to_string(), "4512345678");
    assert_eq!(theirs.short_message().to_string(), "hello");
}

fn raw(id: CommandId, status: CommandStatus, body: &[u8]) -> RawPdu {
    let mut out = BytesMut::new();
    encode_bare(&mut out, id, status, 1);
    out.extend_from_slice(body);
    RawPdu::new(out.freeze()).unwrap()
}

#[test]
fn quirks_of_real_smscs_are_decoded() {
    // A refusal without a body.
    let bare = raw(CommandId::SUBMIT_SM_RESP, CommandStatus::RTHROTTLED, b"");
    assert_eq!(bare.decode::<SubmitSmResp<'_>>().unwrap(), SubmitSmResp::default());
    assert_eq!(bare.message_id(), b"");
    // An id without its NUL, and one longer than the standard allows.
    for id in [&b"abc"[..], &[b'7'; 200]] {
        assert_eq!(raw(CommandId::SUBMIT_SM_RESP, CommandStatus::ROK, id).message_id(), id);
        let ended = [id, b"\0"].concat();
        assert_eq!(raw(CommandId::SUBMIT_SM_RESP, CommandStatus::ROK, &ended).message_id(), id);
    }
    // Latin-1 in an address, stray octets at the end.
    let mut out = BytesMut::new();
    let latin = DeliverSm { source: Address::alphanumeric(b"Caf\xe9"), ..DeliverSm::default() };
    latin.encode_body(&mut out).unwrap();
    out.extend_from_slice(b"\0\0\x01");
    let stray = raw(CommandId::DELIVER_SM, CommandStatus::ROK, &out);
    assert_eq!(stray.decode::<DeliverSm<'_>>().unwrap(), latin);
}

#[test]
fn fields_that_would_break_a_frame_are_not_encoded() {
    let mut out = BytesMut::from(&b"before"[..]);
    let cases = [
        (SubmitSm { service_type: b"123456", ..SubmitSm::default() }, "service_type"),
        (SubmitSm { source: Address::unknown(b"a\0b"), ..SubmitSm::default() }, "source"),
        (
            SubmitSm { destination: Address::unknown(&[b'1'; 21]), ..SubmitSm::default() },
            "destination",
        ),
        (SubmitSm { short_message: &[0; 256], ..SubmitSm::default() }, "short_message"),
    ];
    for (submit, named) in cases {
        let error = encode(&mut out, CommandStatus::ROK, 1, &submit).unwrap_err();
        assert!(error.to_string().contains(named), "{error}");
        assert_eq!(&out[..], b"before");
    }
    let twenty = SubmitSm { destination: Address::unknown(&[b'1'; 20]), ..SubmitSm::default() };
    assert!(encode(&mut out, CommandStatus::ROK, 1, &twenty).is_ok());
}

#[test]
fn vendor_parameters_pass_through_verbatim() {
    let mut buf = TlvBuf::new();
    buf.push(0x1401, b"\xff\x00\x01").unwrap().push(0x2150, b"").unwrap();
    let submit = SubmitSm { tlvs: buf.tlvs(), ..SubmitSm::default() };
    let mut out = BytesMut::new();
    encode(&mut out, CommandStatus::ROK, 1, &submit).unwrap();
    let raw = RawPdu::new(Bytes::from(out)).unwrap();
    let read: Vec<_> =
        raw.decode::<SubmitSm<'_>>().unwrap().tlvs.iter().map(|tlv| tlv.tag).collect();
    assert_eq!(read, [0x1401, 0x2150]);
    assert_eq!(raw.decode::<SubmitSm<'_>>().unwrap(), submit);
}
