//! Our invoices decoded by the third-party npm `bolt11`.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use domain::money::Msat;
use domain::ports::{Lightning, NewHold};
use domain::secret::Preimage;
use lightning::sandbox::Options;
use serde::Deserialize;
use testkit::clock::NOON;

use crate::rig::in_memory;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Decoded {
    error: Option<String>,
    payment_hash: Option<String>,
    satoshis: Option<i64>,
    millisatoshis: Option<String>,
    description: Option<String>,
    expiry: Option<u64>,
    min_final_cltv: Option<u32>,
    timestamp: Option<i64>,
    payee: Option<String>,
    network: Option<String>,
    complete: Option<bool>,
    has_valid_signature: Option<bool>,
    has_payment_secret: Option<bool>,
}

fn decode(invoices: &[String]) -> Vec<Decoded> {
    let peer = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scripts/peers/bolt11");
    assert!(peer.join("node_modules").is_dir(), "npm bolt11 is not installed: run ./scripts/test");
    let mut child = Command::new("node")
        .arg(peer.join("decode.js"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all((invoices.join("\n") + "\n").as_bytes()).unwrap();
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    let lines = String::from_utf8(output.stdout).unwrap();
    lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn hold(number: u8, sats: i64, cltv_delta: u32) -> NewHold {
    NewHold {
        hash: Preimage::new([number; 32]).payment_hash(),
        amount: Msat::new(sats * 1_000),
        memo: format!("Boltgram {number}: smørrebrød ⚡"),
        expiry: Duration::from_secs(600 + u64::from(number)),
        cltv_delta,
    }
}

#[tokio::test]
async fn npm_bolt11_decodes_the_requested_terms() {
    let (sandbox, _) = in_memory(Options::default());
    let amounts = [1, 2, 999, 1_000, 1_001, 15_000, 123_457, 100_000, 100_000_000, 2_100_000_000];
    let holds: Vec<_> =
        (1..).zip(amounts).map(|(n, sats)| hold(n, sats, 18 + u32::from(n) * 40)).collect();
    let mut invoices = Vec::new();
    for hold in &holds {
        invoices.push(sandbox.create_hold(hold.clone()).await.unwrap());
    }
    let decoded = decode(&invoices);
    assert_eq!(decoded.len(), holds.len());
    for (hold, read) in holds.iter().zip(decoded) {
        assert_eq!(read.error, None);
        assert_eq!(read.payment_hash, Some(hold.hash.to_string()));
        assert_eq!(read.satoshis, Some(hold.amount.sats_floor()));
        assert_eq!(read.millisatoshis, Some(hold.amount.get().to_string()));
        assert_eq!(read.description.as_ref(), Some(&hold.memo));
        assert_eq!(read.expiry, Some(hold.expiry.as_secs()));
        assert_eq!(read.min_final_cltv, Some(hold.cltv_delta));
        assert_eq!(read.timestamp, Some(NOON.as_secs()));
        assert_eq!(read.payee, Some(sandbox.node_id()));
        assert_eq!(read.network.as_deref(), Some("bcrt"));
        assert_eq!(read.complete, Some(true));
        assert_eq!(read.has_valid_signature, Some(true));
        assert_eq!(read.has_payment_secret, Some(true));
    }
}

#[tokio::test]
async fn npm_bolt11_detects_a_forged_invoice() {
    let (sandbox, _) = in_memory(Options::default());
    let mut invoice = sandbox.create_hold(hold(1, 1_000, 144)).await.unwrap();
    let forged = if invoice.pop() == Some('q') { 'p' } else { 'q' };
    invoice.push(forged);
    assert!(decode(&[invoice])[0].error.is_some());
}
