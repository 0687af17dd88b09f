//! The three ways to read the chain.

use std::time::{SystemTime, UNIX_EPOCH};

use regtest::World;
use regtest::bitcoind::Bitcoind;
use regtest::world::until;
use serde_json::json;

use super::process::{Process, Rest, text};

/// Blocks, their times, and a payment that is held and settled.
fn works(process: &Process) {
    let payer = process.payer("payer", &[2_000_000]);
    let rest = Rest::of(process);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    process.world.chain.lock().set_time(u32::try_from(now - 5_000).unwrap());
    process.world.mine(1);
    let height = process.world.height();
    let time = json!((now - 4_999).to_string());
    until("the block is seen with its time", || {
        let info = rest.get("/v1/getinfo").1;
        (info["block_height"] == height
            && info["best_header_timestamp"] == time
            && info["synced_to_chain"] == true)
            .then_some(())
    });
    super::kill::is_settled(&rest, &payer, 77);
}

#[test]
fn an_electrum_server() {
    let world = World::new();
    let electrum = world.electrum.clone();
    let process = Process::start_on(world, vec!["--electrum".into(), electrum.url()]);
    works(&process);
}

#[test]
fn bitcoin_core_with_a_password_or_a_cookie() {
    let world = World::new();
    let core = world.bitcoind.clone();
    let (user, password) = (Bitcoind::USER, Bitcoind::PASSWORD);
    let files = tempfile::tempdir().unwrap();
    let (secret, cookie) = (files.path().join("password"), files.path().join(".cookie"));
    std::fs::write(&secret, format!("{password}\n")).unwrap();
    std::fs::write(&cookie, format!("{user}:{password}")).unwrap();
    let with = |file: &std::path::Path, rest: &[&str]| {
        let mut source = vec!["--bitcoind".to_owned(), core.url()];
        source.extend(rest.iter().map(|it| (*it).to_owned()));
        source.push(file.display().to_string());
        source
    };
    let source = with(&secret, &["--bitcoind-user", user, "--bitcoind-password-file"]);
    let mut process = Process::start_on(world, source);
    works(&process);
    process.end_input();
    process.source = with(&cookie, &["--bitcoind-cookie-file"]);
    process.run();
    let height = process.world.height();
    let rest = Rest::of(&process);
    until("it reads the chain", || {
        let info = rest.get("/v1/getinfo").1;
        (info["synced_to_chain"] == true && info["block_height"] == height).then_some(())
    });
    process.end_input();
    std::fs::write(&cookie, "no colon").unwrap();
    let refused = process.command().output().unwrap();
    assert!(!refused.status.success());
    assert!(text(&refused.stderr).contains("holds no cookie"), "{}", text(&refused.stderr));
    std::fs::write(&cookie, format!("{user}:{password}")).unwrap();
    process.run();
    assert_eq!(Rest::of(&process).get("/v1/invoices?pending_only=true").1["invoices"], json!([]));
}
