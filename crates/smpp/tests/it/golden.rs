//! One PDU of every kind, with fields as in real traffic. They are the fuzzers' seeds and `tshark`'s input; the
//! property tests in `codec` use arbitrary fields.

use bytes::BytesMut;
use smpp::CommandStatus;
use smpp::pdu::*;
use smpp::receipt::{self, MessageState, NetworkError, NewReceipt};

pub(crate) const SOURCE: Address<'_> = Address::alphanumeric(b"Boltgram");
pub(crate) const MOBILE: Address<'_> = Address::international(b"4512345678");
pub(crate) const ID: &[u8] = b"01J-4f3a";
const ABSOLUTE: &[u8] = b"261121220000004+";
const RELATIVE: &[u8] = b"000002000000000R";

/// A PDU by name, encoded.
pub(crate) struct Golden {
    pub(crate) name: String,
    pub(crate) bytes: BytesMut,
}

struct Writer(Vec<Golden>);

impl Writer {
    /// Sequence numbers count from 1.
    fn put<'a>(&mut self, name: &str, status: CommandStatus, body: &impl Body<'a>) {
        let mut bytes = BytesMut::new();
        let sequence = u32::try_from(self.0.len() + 1).unwrap();
        encode(&mut bytes, status, sequence, body).unwrap();
        self.0.push(Golden { name: name.to_owned(), bytes });
    }

    fn ok<'a>(&mut self, name: &str, body: &impl Body<'a>) {
        self.put(name, CommandStatus::ROK, body);
    }
}

/// All of them, in a fixed order.
pub(crate) fn all() -> Vec<Golden> {
    let mut out = Writer(Vec::new());
    sessions(&mut out);
    messages(&mut out);
    deliveries(&mut out);
    management(&mut out);
    broadcasts(&mut out);
    out.0
}

fn sessions(out: &mut Writer) {
    let (system_id, password) = (&b"boltgram"[..], Secret(b"secret08"));
    let mut version = TlvBuf::new();
    version.push_u8(tag::SC_INTERFACE_VERSION, 0x34);
    let tlvs = version.tlvs();
    macro_rules! bind {
        ($name:literal, $bind:ident, $resp:ident) => {
            out.ok(
                $name,
                &$bind {
                    system_id,
                    password,
                    system_type: b"VMA",
                    interface_version: 0x34,
                    addr_ton: 1,
                    addr_npi: 1,
                    address_range: b"^45",
                },
            );
            out.ok(concat!($name, "_resp"), &$resp { system_id: b"smsc", tlvs });
        };
    }
    bind!("bind_receiver", BindReceiver, BindReceiverResp);
    bind!("bind_transmitter", BindTransmitter, BindTransmitterResp);
    bind!("bind_transceiver", BindTransceiver, BindTransceiverResp);
    out.put("bind_refused", CommandStatus::RINVPASWD, &BindTransceiverResp::default());
    out.ok("outbind", &Outbind { system_id, password });
    out.ok("unbind", &Unbind);
    out.ok("unbind_resp", &UnbindResp);
    out.ok("enquire_link", &EnquireLink);
    out.ok("enquire_link_resp", &EnquireLinkResp);
    out.put("generic_nack", CommandStatus::RINVCMDID, &GenericNack);
}

fn messages(out: &mut Writer) {
    let submit = SubmitSm {
        source: SOURCE,
        destination: MOBILE,
        registered_delivery: RegisteredDelivery::FINAL,
        validity_period: RELATIVE,
        short_message: b"hello",
        ..SubmitSm::default()
    };
    out.ok("submit_sm", &submit);
    let part = b"\x05\x00\x03\xaa\x02\x01the first part";
    let udh = SubmitSm { esm_class: EsmClass::UDHI, short_message: part, ..submit };
    out.ok("submit_sm_udh", &udh);
    let mut sar = TlvBuf::new();
    sar.push_u16(tag::SAR_MSG_REF_NUM, 0x1234)
        .push_u8(tag::SAR_TOTAL_SEGMENTS, 2)
        .push_u8(tag::SAR_SEGMENT_SEQNUM, 1)
        .push_u16(tag::USER_MESSAGE_REFERENCE, 77);
    out.ok("submit_sm_sar", &SubmitSm { tlvs: sar.tlvs(), ..submit });
    let mut payload = TlvBuf::new();
    payload.push(tag::MESSAGE_PAYLOAD, &b"\x26\x1a".repeat(400)).unwrap();
    let ucs2 = SubmitSm {
        data_coding: DataCoding::UCS2,
        schedule_delivery_time: ABSOLUTE,
        short_message: b"",
        tlvs: payload.tlvs(),
        ..submit
    };
    out.ok("submit_sm_payload", &ucs2);
    let mut vendor = TlvBuf::new();
    vendor.push(0x1401, b"\x01\x02\xff").unwrap().push_u16(tag::SOURCE_PORT, 16_000);
    out.ok("submit_sm_vendor", &SubmitSm { tlvs: vendor.tlvs(), ..submit });
    out.ok("submit_sm_resp", &SubmitSmResp { message_id: ID, tlvs: Tlvs::NONE });
    out.put("submit_sm_resp_throttled", CommandStatus::RTHROTTLED, &SubmitSmResp::default());
    let mut tlvs = TlvBuf::new();
    tlvs.push_u8(tag::CONGESTION_STATE, 85);
    out.ok("submit_sm_resp_congestion", &SubmitSmResp { message_id: ID, tlvs: tlvs.tlvs() });

    let mut list = ListBuf::new();
    list.push_destination(Destination::Address(MOBILE)).unwrap();
    list.push_destination(Destination::List(b"friends")).unwrap();
    let multi = SubmitMulti {
        source: SOURCE,
        destinations: list.destinations(),
        short_message: b"to all",
        ..SubmitMulti::default()
    };
    out.ok("submit_multi", &multi);
    let mut refused = ListBuf::new();
    let one = Unsuccessful { address: MOBILE, status: CommandStatus::RINVDSTADR };
    refused.push_unsuccessful(one).unwrap();
    let unsuccessful = refused.unsuccessful();
    out.ok(
        "submit_multi_resp",
        &SubmitMultiResp { message_id: ID, unsuccessful, tlvs: Tlvs::NONE },
    );
    let mut text = TlvBuf::new();
    text.push(tag::MESSAGE_PAYLOAD, b"by data_sm").unwrap();
    let data = DataSm {
        source: SOURCE,
        destination: MOBILE,
        registered_delivery: RegisteredDelivery::FINAL,
        tlvs: text.tlvs(),
        ..DataSm::default()
    };
    out.ok("data_sm", &data);
    out.ok("data_sm_resp", &DataSmResp { message_id: ID, tlvs: Tlvs::NONE });
}

fn deliveries(out: &mut Writer) {
    let message = DeliverSm {
        source: MOBILE,
        destination: Address::unknown(b"1212"),
        short_message: b"STOP",
        ..DeliverSm::default()
    };
    out.ok("deliver_sm", &message);
    let new = NewReceipt {
        message_id: ID,
        state: MessageState::Undeliverable,
        err: "027",
        submit_date: receipt::date(1_795_298_400),
        done_date: receipt::date(1_795_298_460),
        network_error: Some(NetworkError { network: 3, code: 27 }),
        text: b"hello",
    };
    let (mut text, mut tlvs) = (Vec::new(), TlvBuf::new());
    new.render(&mut text);
    new.tlvs(&mut tlvs).unwrap();
    let receipt = DeliverSm {
        esm_class: EsmClass::RECEIPT,
        short_message: &text,
        tlvs: tlvs.tlvs(),
        ..message
    };
    out.ok("deliver_sm_receipt", &receipt);
    let intermediate = DeliverSm { esm_class: EsmClass::INTERMEDIATE, ..receipt };
    out.ok("deliver_sm_intermediate", &intermediate);
    out.ok("deliver_sm_resp", &DeliverSmResp::default());
    let mut available = TlvBuf::new();
    available.push_u8(tag::MS_AVAILABILITY_STATUS, 0);
    let esme = Address::unknown(b"1212");
    let alert = AlertNotification { source: MOBILE, esme, tlvs: available.tlvs() };
    out.ok("alert_notification", &alert);
}

fn management(out: &mut Writer) {
    out.ok("query_sm", &QuerySm { message_id: ID, source: SOURCE });
    let answer = QuerySmResp {
        message_id: ID,
        final_date: ABSOLUTE,
        message_state: 2,
        error_code: 0,
        tlvs: Tlvs::NONE,
    };
    out.ok("query_sm_resp", &answer);
    let cancel =
        CancelSm { message_id: ID, source: SOURCE, destination: MOBILE, ..CancelSm::default() };
    out.ok("cancel_sm", &cancel);
    out.ok("cancel_sm_resp", &CancelSmResp);
    let replace = ReplaceSm {
        message_id: ID,
        source: SOURCE,
        validity_period: RELATIVE,
        short_message: b"another",
        ..ReplaceSm::default()
    };
    out.ok("replace_sm", &replace);
    out.put("replace_sm_resp", CommandStatus::RREPLACEFAIL, &ReplaceSmResp);
}

fn broadcasts(out: &mut Writer) {
    let mut tlvs = TlvBuf::new();
    tlvs.push(tag::BROADCAST_AREA_IDENTIFIER, b"\x00Aarhus").unwrap();
    tlvs.push(tag::BROADCAST_CONTENT_TYPE, b"\x01\x00\x20").unwrap();
    tlvs.push(tag::BROADCAST_FREQUENCY_INTERVAL, b"\x09\x00\x05").unwrap();
    tlvs.push(tag::MESSAGE_PAYLOAD, b"storm").unwrap();
    tlvs.push_u16(tag::BROADCAST_REP_NUM, 3);
    let broadcast = BroadcastSm {
        source: SOURCE,
        message_id: b"",
        validity_period: RELATIVE,
        tlvs: tlvs.tlvs(),
        ..BroadcastSm::default()
    };
    out.ok("broadcast_sm", &broadcast);
    out.ok("broadcast_sm_resp", &BroadcastSmResp { message_id: ID, tlvs: Tlvs::NONE });
    let query = QueryBroadcastSm { message_id: ID, source: SOURCE, tlvs: Tlvs::NONE };
    out.ok("query_broadcast_sm", &query);
    let mut state = TlvBuf::new();
    state.push_u8(tag::MESSAGE_STATE, 2);
    state.push(tag::BROADCAST_AREA_IDENTIFIER, b"\x00Aarhus").unwrap();
    state.push_u8(tag::BROADCAST_AREA_SUCCESS, 100);
    let answer = QueryBroadcastSmResp { message_id: ID, tlvs: state.tlvs() };
    out.ok("query_broadcast_sm_resp", &answer);
    let cancel = CancelBroadcastSm { message_id: ID, source: SOURCE, ..Default::default() };
    out.ok("cancel_broadcast_sm", &cancel);
    out.ok("cancel_broadcast_sm_resp", &CancelBroadcastSmResp);
}
