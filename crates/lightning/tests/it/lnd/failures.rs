//! The client with a node that fails, is not ready, or is another one.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use domain::money::Msat;
use domain::ports::{HoldState, Lightning, NewHold, NodeEvent, PortError};
use domain::secret::Preimage;
use lightning::lnd::{Lnd, LndError, LndOptions};
use lightning::sandbox::{Options, Sandbox};
use testkit::clock::{SeededRandom, TestClock};

use super::fake::{Failure, FakeLnd, MACAROON};
use super::tls::Identity;

const PREIMAGE: Preimage = Preimage::new([4; 32]);

fn hold() -> NewHold {
    NewHold {
        hash: PREIMAGE.payment_hash(),
        amount: Msat::new(1_000_000),
        memo: "order".into(),
        expiry: Duration::from_secs(600),
        cltv_delta: 144,
    }
}

async fn fake() -> FakeLnd {
    FakeLnd::start(Options::mined(), Identity::new(2020, 2040)).await
}

async fn held(fake: &FakeLnd) -> Lnd {
    let lnd = fake.client();
    let invoice = lnd.create_hold(hold()).await.unwrap();
    fake.shared.node().await.pay(&invoice).await.unwrap();
    lnd
}

fn unavailable<T: std::fmt::Debug>(result: &Result<T, PortError>) -> bool {
    matches!(result, Err(PortError::Unavailable(_)))
}

fn unknown<T: std::fmt::Debug>(result: &Result<T, PortError>) -> bool {
    matches!(result, Err(PortError::Unknown(_)))
}

#[tokio::test]
async fn connects_only_with_the_pinned_certificate() {
    let fake = fake().await;
    fake.client().tip().await.unwrap();
    let other = Identity::new(2020, 2040);
    let lnd = Lnd::new(fake.options(&other.pem, MACAROON)).unwrap();
    let result = lnd.create_hold(hold()).await;
    assert!(unavailable(&result), "{result:?}");
    assert!(fake.shared.stored.lock().unwrap().is_empty());
}

/// The pin is the trust anchor; the certificate's dates do not matter.
#[tokio::test]
async fn an_expired_pinned_certificate_is_accepted() {
    let fake = FakeLnd::start(Options::mined(), Identity::new(2015, 2016)).await;
    fake.client().tip().await.unwrap();
}

#[tokio::test]
async fn a_wrong_macaroon_decides_nothing() {
    let fake = fake().await;
    held(&fake).await;
    let stranger = Lnd::new(fake.options(&fake.identity.pem, b"other")).unwrap();
    assert!(unavailable(&stranger.tip().await));
    assert!(unavailable(&stranger.settle(&PREIMAGE).await));
    assert!(unavailable(&stranger.cancel(hold().hash).await));
    assert!(unavailable(&stranger.lookup(hold().hash).await));
}

#[tokio::test]
async fn a_node_that_is_not_ready_is_unavailable() {
    let fake = fake().await;
    let lnd = held(&fake).await;
    for message in [
        "wallet locked, unlock it to enable full RPC access",
        "the RPC server is in the process of starting up, but not yet ready to accept calls",
        "expected 1 macaroon, got 0",
        "permission denied",
    ] {
        fake.set(Failure::Responds(500, message));
        assert!(unavailable(&lnd.create_hold(hold()).await), "{message}");
        assert!(unavailable(&lnd.settle(&PREIMAGE).await), "{message}");
        assert!(unavailable(&lnd.cancel(hold().hash).await), "{message}");
        assert!(unavailable(&lnd.lookup(hold().hash).await), "{message}");
        assert!(unavailable(&lnd.pending().await), "{message}");
    }
}

#[tokio::test]
async fn an_unrecognised_failure_leaves_a_change_unknown() {
    let fake = fake().await;
    let lnd = held(&fake).await;
    for (status, message) in [(500, "something broke"), (502, ""), (404, "Not Found")] {
        fake.set(Failure::Responds(status, message));
        assert!(unknown(&lnd.settle(&PREIMAGE).await), "{message}");
        assert!(unknown(&lnd.cancel(hold().hash).await), "{message}");
        assert!(unavailable(&lnd.lookup(hold().hash).await), "{message}");
    }
    fake.set(Failure::Responds(400, "memo too large"));
    assert!(matches!(lnd.create_hold(hold()).await, Err(PortError::Refused(_))));
}

#[tokio::test]
async fn a_missing_response_leaves_a_change_unknown() {
    let fake = fake().await;
    held(&fake).await;
    let options = fake.options(&fake.identity.pem, MACAROON);
    let lnd = Lnd::new(LndOptions { timeout: Duration::from_millis(300), ..options }).unwrap();
    fake.set(Failure::Hangs);
    assert!(unknown(&lnd.settle(&PREIMAGE).await));
    assert!(unavailable(&lnd.lookup(hold().hash).await));
    fake.set(Failure::None);
    assert_eq!(lnd.lookup(hold().hash).await.unwrap(), HoldState::Settled, "it took no effect");
}

#[tokio::test]
async fn a_malformed_response_counts_as_missing() {
    let fake = fake().await;
    let lnd = held(&fake).await;
    for text in ["", "<html>", "{}", "[]", r#"{"state":"NEW"}"#, r#"{"state":1}"#] {
        fake.set(Failure::Garbles(text));
        assert!(unknown(&lnd.create_hold(hold()).await), "{text}");
        assert!(unavailable(&lnd.lookup(hold().hash).await), "{text}");
        assert!(unavailable(&lnd.tip().await), "{text}");
        assert!(unavailable(&lnd.pending().await), "{text}");
    }
}

/// Makes the node return this invoice for any request.
fn makes(fake: &FakeLnd, invoice: &str) {
    let answer = format!(r#"{{"payment_request":"{invoice}","add_index":"1"}}"#);
    fake.set(Failure::Garbles(answer.leak()));
}

fn another() -> NewHold {
    NewHold { hash: Preimage::new([5; 32]).payment_hash(), ..hold() }
}

#[tokio::test]
async fn an_invoice_with_other_terms_is_never_shown() {
    let fake = fake().await;
    let lnd = held(&fake).await;
    let other = NewHold { amount: Msat::new(2_000_000), ..another() };
    makes(&fake, &fake.shared.node().await.create_hold(other).await.unwrap());
    assert!(unknown(&lnd.create_hold(another()).await));
}

#[tokio::test]
async fn an_invoice_of_another_node_is_never_shown() {
    let fake = fake().await;
    let lnd = held(&fake).await;
    // The rig's node has the key of seed 1.
    for (seed, own) in [(2, false), (1, true)] {
        let (clock, random) = (TestClock::at_noon(), SeededRandom::new(seed));
        let node = Sandbox::in_memory(clock, random, Options::mined()).unwrap();
        makes(&fake, &node.create_hold(another()).await.unwrap());
        let shown = lnd.create_hold(another()).await;
        assert_eq!(shown.is_ok(), own, "{shown:?}");
        assert_eq!(unknown(&shown), !own, "{shown:?}");
    }
}

#[tokio::test]
async fn an_invoice_of_another_network_is_never_shown() {
    let fake = fake().await;
    for network in ["mainnet", "testnet", "testnet4", "signet", "simnet"] {
        *fake.shared.network.lock().unwrap() = network;
        assert!(unknown(&fake.client().create_hold(hold()).await), "{network}");
    }
}

#[tokio::test]
async fn no_invoice_is_created_before_the_node_is_identified() {
    let fake = fake().await;
    let lnd = fake.client();
    *fake.shared.network.lock().unwrap() = "liquid";
    assert!(unavailable(&lnd.create_hold(hold()).await));
    assert!(fake.shared.stored.lock().unwrap().is_empty());
    *fake.shared.network.lock().unwrap() = "regtest";
    lnd.create_hold(hold()).await.unwrap();
    // It is requested only once.
    *fake.shared.network.lock().unwrap() = "liquid";
    lnd.create_hold(another()).await.unwrap();
}

#[tokio::test]
async fn an_unreachable_node_is_unavailable() {
    let fake = fake().await;
    let lnd = fake.client();
    drop(fake);
    assert!(unavailable(&lnd.create_hold(hold()).await));
    assert!(unavailable(&lnd.settle(&PREIMAGE).await));
    assert!(unavailable(&lnd.lookup(hold().hash).await));
}

/// Asserts that six polls give no hint.
async fn assert_quiet(lnd: &Lnd) {
    let hinted = tokio::time::timeout(Duration::from_millis(300), lnd.next_event()).await;
    assert!(hinted.is_err(), "a hint without a change");
}

#[tokio::test]
async fn hints_come_with_blocks_and_after_failures() {
    let fake = fake().await;
    let lnd = fake.client();
    assert_eq!(lnd.next_event().await, NodeEvent::LookAtAll);
    assert_quiet(&lnd).await;
    fake.shared.node().await.mine(1).unwrap();
    assert_eq!(lnd.next_event().await, NodeEvent::LookAtAll);
    assert_quiet(&lnd).await;
    fake.set(Failure::Responds(500, "wallet locked"));
    assert_quiet(&lnd).await;
    fake.set(Failure::None);
    assert_eq!(lnd.next_event().await, NodeEvent::LookAtAll);
    assert_quiet(&lnd).await;
}

#[tokio::test]
async fn hints_survive_an_impatient_reader() {
    let fake = fake().await;
    let lnd = fake.client();
    assert_eq!(lnd.next_event().await, NodeEvent::LookAtAll);
    for _ in 0..3 {
        fake.shared.node().await.mine(1).unwrap();
        let mut seen = false;
        for _ in 0..200 {
            let wait = tokio::time::timeout(Duration::from_millis(10), lnd.next_event());
            seen = wait.await.is_ok();
            if seen {
                break;
            }
        }
        assert!(seen, "a reader with a timeout of 10 ms got no hint of a block in two seconds");
    }
}

#[tokio::test]
async fn a_macaroon_that_others_can_read_is_refused() {
    let fake = fake().await;
    let options = fake.options(&fake.identity.pem, MACAROON);
    for mode in [0o640, 0o604, 0o620, 0o602, 0o611] {
        fs::set_permissions(&options.macaroon_file, Permissions::from_mode(mode)).unwrap();
        let error = Lnd::new(options.clone()).unwrap_err();
        assert!(matches!(error, LndError::Exposed { .. }), "{mode:o}: {error}");
        let text = error.to_string();
        assert!(
            text.ends_with(&format!(
                "mac has mode {mode:o}, so that other users can access it: chmod 600 it"
            )),
            "{text}"
        );
    }
    for mode in [0o600, 0o400] {
        fs::set_permissions(&options.macaroon_file, Permissions::from_mode(mode)).unwrap();
        Lnd::new(options.clone()).unwrap();
    }
}

#[tokio::test]
async fn refuses_invalid_files_and_addresses() {
    let fake = fake().await;
    let good = || fake.options(&fake.identity.pem, MACAROON);
    let plain = LndOptions { url: "http://127.0.0.1:8080".parse().unwrap(), ..good() };
    assert!(matches!(Lnd::new(plain), Err(LndError::Address)));
    let missing = LndOptions { macaroon_file: "/nowhere/mac".into(), ..good() };
    assert!(matches!(Lnd::new(missing), Err(LndError::File { .. })));
    let garbled = fake.options("no certificate", MACAROON);
    assert!(matches!(Lnd::new(garbled), Err(LndError::Certificate { .. })));
}

#[tokio::test]
async fn debug_output_has_no_macaroon() {
    let fake = fake().await;
    let text = format!("{:?}", fake.client());
    assert!(text.starts_with("Lnd {"), "{text}");
    assert!(!text.contains("0201036c6e64ff00"), "{text}");
}
