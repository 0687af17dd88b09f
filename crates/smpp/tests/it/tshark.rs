//! Wireshark's dissector reads every kind of PDU that we encode without warnings, and with the same names and values.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;
use std::process::Command;

use smpp::pdu::Header;
use tempfile::NamedTempFile;

use crate::golden::{self, Golden};

const PORT: u16 = 2775;

/// The fields to print of each PDU, in this order; a field may be absent or occur several times.
const FIELDS: [&str; 31] = [
    "smpp.command_id",
    "smpp.command_status",
    "smpp.sequence_number",
    "smpp.command_length",
    "smpp.system_id",
    "smpp.password",
    "smpp.interface_version",
    "smpp.SC_interface_version",
    "smpp.source_addr_ton",
    "smpp.source_addr",
    "smpp.dest_addr_ton",
    "smpp.destination_addr",
    "smpp.esme_addr",
    "smpp.dl_name",
    "smpp.error_status_code",
    "smpp.data_coding",
    "smpp.validity_period_r",
    "smpp.schedule_delivery_time",
    "smpp.sm_length",
    "smpp.message_id",
    "smpp.message_state",
    "smpp.opt_param_tag",
    "smpp.receipted_message_id",
    "smpp.network_error.code",
    "smpp.congestion_state",
    "smpp.sar_msg_ref_num",
    "smpp.user_message_reference",
    "smpp.vendor_op",
    "smpp.broadcast_frequency_interval.value",
    "smpp.esm.submit.msg_type",
    "smpp.esm.submit.features",
];

/// The dissector's warnings; all must be empty.
const COMPLAINTS: [&str; 3] =
    ["_ws.malformed", "_ws.expert.message", "smpp.message_payload.duplicate"];
const INFO: &str = "_ws.col.Info";

/// Bugs of the dissector (4.0): it reads one of the two octets of `broadcast_rep_num` (SMPP 5.0 §4.8.4.21) and takes
/// the other for the start of the next parameter. It is last in our golden PDU, so that all else is read.
const LIMITS: [(&str, &str); 2] =
    [("broadcast_sm", "_ws.malformed"), ("broadcast_sm", "_ws.expert.message")];

/// Expected values of the fields after the header.
const EXPECTED: [(&str, &[(&str, &str)]); 17] = [
    ("bind_receiver", &BIND),
    ("bind_transmitter", &BIND),
    ("bind_transceiver", &BIND),
    ("bind_transceiver_resp", &[("smpp.system_id", "smsc"), ("smpp.SC_interface_version", "52")]),
    ("outbind", &[("smpp.system_id", "boltgram"), ("smpp.password", "secret08")]),
    (
        "submit_sm",
        &[
            ("smpp.source_addr_ton", "0x05"),
            ("smpp.source_addr", "Boltgram"),
            ("smpp.dest_addr_ton", "0x01"),
            ("smpp.destination_addr", "4512345678"),
            ("smpp.validity_period_r", "172800.000000000"),
            ("smpp.data_coding", "0x00"),
            ("smpp.sm_length", "5"),
        ],
    ),
    ("submit_sm_udh", &[("smpp.esm.submit.features", "0x01"), ("smpp.sm_length", "20")]),
    (
        "submit_sm_sar",
        &[
            ("smpp.opt_param_tag", "0x020c,0x020e,0x020f,0x0204"),
            ("smpp.sar_msg_ref_num", "4660"),
            ("smpp.user_message_reference", "0x004d"),
        ],
    ),
    (
        "submit_sm_payload",
        &[
            ("smpp.data_coding", "0x08"),
            ("smpp.opt_param_tag", "0x0424"),
            // 22:00 at UTC+1.
            ("smpp.schedule_delivery_time", "Nov 21, 2026 21:00:00.000000000 UTC"),
        ],
    ),
    ("submit_sm_vendor", &[("smpp.opt_param_tag", "0x1401,0x020a"), ("smpp.vendor_op", "0102ff")]),
    (
        "submit_sm_resp_congestion",
        &[("smpp.message_id", "01J-4f3a"), ("smpp.congestion_state", "85")],
    ),
    ("submit_multi", &[("smpp.destination_addr", "4512345678"), ("smpp.dl_name", "friends")]),
    (
        "submit_multi_resp",
        &[
            ("smpp.message_id", "01J-4f3a"),
            ("smpp.destination_addr", "4512345678"),
            ("smpp.error_status_code", "0x0000000b"),
        ],
    ),
    (
        "deliver_sm_receipt",
        &[
            ("smpp.esm.submit.msg_type", "0x01"),
            ("smpp.receipted_message_id", "01J-4f3a"),
            ("smpp.message_state", "5"),
            ("smpp.network_error.code", "0x001b"),
            ("smpp.sm_length", "105"),
        ],
    ),
    ("deliver_sm_intermediate", &[("smpp.esm.submit.msg_type", "0x08")]),
    ("query_sm_resp", &[("smpp.message_id", "01J-4f3a"), ("smpp.message_state", "2")]),
    (
        "broadcast_sm",
        &[
            ("smpp.opt_param_tag", "0x0606,0x0601,0x0605,0x0424,0x0604"),
            ("smpp.broadcast_frequency_interval.value", "5"),
        ],
    ),
];

const BIND: [(&str, &str); 3] = [
    ("smpp.system_id", "boltgram"),
    ("smpp.password", "secret08"),
    ("smpp.interface_version", "52"),
];

/// A capture: the TCP handshake, then a segment for each PDU. Link type 101: IP without a link layer.
fn capture(pdus: &[Golden]) -> Vec<u8> {
    let mut out = Vec::new();
    out.extend_from_slice(&0xA1B2_C3D4_u32.to_be_bytes());
    out.extend_from_slice(&[0, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0, 0, 0, 101]);
    let (mut ours, theirs) = (1_000u32, 5_000u32);
    segment(&mut out, 0, true, (ours, 0), 0x02, &[]);
    segment(&mut out, 1, false, (theirs, ours + 1), 0x12, &[]);
    ours += 1;
    segment(&mut out, 2, true, (ours, theirs + 1), 0x10, &[]);
    for (at, pdu) in pdus.iter().enumerate() {
        segment(&mut out, at as u32 + 3, true, (ours, theirs + 1), 0x18, &pdu.bytes);
        ours += pdu.bytes.len() as u32;
    }
    out
}

fn segment(
    out: &mut Vec<u8>,
    time: u32,
    from_client: bool,
    (sequence, acknowledged): (u32, u32),
    flags: u8,
    data: &[u8],
) {
    let length = 40 + data.len() as u32;
    for word in [1_795_298_400 + time, 0, length, length] {
        out.extend_from_slice(&word.to_be_bytes());
    }
    let [high, low] = (length as u16).to_be_bytes();
    let (client, server) = ([127, 0, 0, 1], [127, 0, 0, 2]);
    let (source, target) = if from_client { (client, server) } else { (server, client) };
    let (from, to) = if from_client { (40_000, PORT) } else { (PORT, 40_000) };
    out.extend_from_slice(&[0x45, 0, high, low, 0, 0, 0x40, 0, 64, 6, 0, 0]);
    out.extend_from_slice(&source);
    out.extend_from_slice(&target);
    out.extend_from_slice(&u16::to_be_bytes(from));
    out.extend_from_slice(&u16::to_be_bytes(to));
    out.extend_from_slice(&sequence.to_be_bytes());
    out.extend_from_slice(&acknowledged.to_be_bytes());
    out.extend_from_slice(&[0x50, flags, 0xFF, 0xFF, 0, 0, 0, 0]);
    out.extend_from_slice(data);
}

/// tshark's output for one PDU.
struct Line<'a> {
    fields: BTreeMap<&'a str, &'a str>,
    info: &'a str,
}

fn read(path: &Path) -> String {
    let mut tshark = Command::new("tshark");
    tshark.arg("-r").arg(path).args(["-Y", "smpp", "-T", "fields", "-E", "separator=|"]);
    for field in FIELDS.iter().chain(&COMPLAINTS).chain(&[INFO]) {
        tshark.args(["-e", field]);
    }
    let output = tshark.output().expect("tshark is needed for this test: run ./scripts/test");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn tshark_reads_every_pdu_without_warnings() {
    let pdus = golden::all();
    let mut file = NamedTempFile::new().unwrap();
    file.write_all(&capture(&pdus)).unwrap();
    let text = read(file.path());
    let mut lines = text.lines();
    let mut expected: BTreeMap<&str, &[(&str, &str)]> = EXPECTED.into_iter().collect();
    for Golden { name, bytes } in &pdus {
        let line = lines.next().unwrap_or_else(|| panic!("{name} is missing"));
        let (values, info) = line.rsplit_once('|').unwrap();
        let fields = FIELDS.iter().chain(&COMPLAINTS).copied().zip(values.split('|')).collect();
        let line = Line { fields, info };
        check_header(name, bytes, &line);
        for complaint in COMPLAINTS {
            let silent = line.fields[complaint].is_empty();
            assert!(silent || LIMITS.contains(&(name, complaint)), "{name}: {:?}", line.fields);
        }
        let Some(expected) = expected.remove(name.as_str()) else { continue };
        for (field, value) in expected {
            assert_eq!(line.fields[field], *value, "{name} {field}");
        }
    }
    assert_eq!(lines.next(), None);
    assert!(expected.is_empty(), "expectations for missing PDUs: {expected:?}");
}

fn check_header(name: &str, bytes: &[u8], line: &Line<'_>) {
    let Header { length, id, status, sequence } = Header::read(bytes).unwrap();
    let Line { fields, info } = line;
    assert_eq!(fields["smpp.command_id"], format!("{:#010x}", id.0), "{name}");
    assert_eq!(fields["smpp.command_length"], length.to_string(), "{name}");
    assert_eq!(fields["smpp.sequence_number"], sequence.to_string(), "{name}");
    if id.is_response() {
        assert_eq!(fields["smpp.command_status"], format!("{:#010x}", status.0), "{name}");
    }
    let named = id.name().unwrap().to_lowercase().replace("_resp", " - resp");
    assert!(info.to_lowercase().contains(&named), "{name}: {info:?} is not {named:?}");
}
