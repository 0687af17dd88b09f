//! A disk that is full.

use std::process::{Command, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use super::process::{Process, Rest, program};

/// No file may grow beyond this, in blocks of 512 bytes: a write fails there as on a full disk. Less than the log that
/// SQLite writes before it copies it into its database.
const LIMIT: &str = "6000";

#[test]
fn what_was_acknowledged_is_there_when_the_disk_was_full() {
    let mut process = Process::start();
    let payer = process.payer("payer", &[2_000_000]);
    let rest = Rest::of(&process);
    super::kill::is_settled(&rest, &payer, 77);
    process.end_input();
    let plain = process.command();
    let mut limited = Command::new("sh");
    limited.args(["-c", &format!("trap '' XFSZ; ulimit -f {LIMIT}; exec \"$0\" \"$@\"")]);
    limited.arg(program()).args(plain.get_args()).stdin(Stdio::piped()).stdout(Stdio::piped());
    process.run_as(limited);
    let rest = Rest::of(&process);
    let (mut acknowledged, mut refused) = (Vec::new(), None);
    for number in 0..2_000_u16 {
        let mut preimage = [1; 32];
        preimage[..2].copy_from_slice(&number.to_be_bytes());
        let hash = STANDARD.encode(regtest::peer::payment_hash(&preimage));
        let body = json!({ "hash": hash, "value_msat": "50000000", "memo": "m".repeat(600) });
        let Some((status, answer)) = rest.try_post("/v2/invoices/hodl", &body) else { break };
        if status != 200 {
            refused = Some(answer);
            break;
        }
        acknowledged.push(hash);
    }
    // It refuses, or it has ended: it never acknowledges what it cannot keep.
    assert!((1..2_000).contains(&acknowledged.len()), "{}", acknowledged.len());
    if let Some(refused) = refused {
        assert!(refused["message"].is_string(), "{refused}");
    }
    process.kill_if_alive();
    process.run();
    let rest = Rest::of(&process);
    let page = rest.get("/v1/invoices?pending_only=true&num_max_invoices=5000").1;
    let kept: Vec<_> =
        page["invoices"].as_array().unwrap().iter().map(|it| it["r_hash"].clone()).collect();
    for hash in acknowledged {
        assert!(kept.contains(&json!(hash)), "{hash} was acknowledged and is gone");
    }
    payer.reconnect(&process.node_id(), &process.listen);
    super::kill::is_settled(&rest, &payer, 78);
}
