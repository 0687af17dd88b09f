//! What the client makes of a node that is not well, not ready, or not the one it knows.

use std::time::Duration;

use domain::money::Msat;
use domain::ports::{HoldState, Lightning, NewHold, NodeEvent, PortError};
use domain::secret::Preimage;
use lightning::lnd::{Lnd, LndError, LndOptions};
use lightning::sandbox::Options;

use super::fake::{FakeLnd, MACAROON, Trouble};
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
async fn talks_to_the_pinned_certificate_only() {
    let fake = fake().await;
    fake.client().tip().await.unwrap();
    let other = Identity::new(2020, 2040);
    let lnd = Lnd::new(fake.options(&other.pem, MACAROON)).unwrap();
    let result = lnd.create_hold(hold()).await;
    assert!(unavailable(&result), "nothing was said to it: {result:?}");
    assert!(fake.shared.kept.lock().unwrap().is_empty());
}

/// The pin is the trust; a date in it is nobody's promise.
#[tokio::test]
async fn an_expired_certificate_is_still_the_pinned_one() {
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
        fake.set(Trouble::Says(500, message));
        assert!(unavailable(&lnd.create_hold(hold()).await), "{message}");
        assert!(unavailable(&lnd.settle(&PREIMAGE).await), "{message}");
        assert!(unavailable(&lnd.cancel(hold().hash).await), "{message}");
        assert!(unavailable(&lnd.lookup(hold().hash).await), "{message}");
        assert!(unavailable(&lnd.pending().await), "{message}");
    }
}

#[tokio::test]
async fn an_unheard_of_failure_leaves_a_change_unknown() {
    let fake = fake().await;
    let lnd = held(&fake).await;
    for (status, message) in [(500, "something broke"), (502, ""), (404, "Not Found")] {
        fake.set(Trouble::Says(status, message));
        assert!(unknown(&lnd.settle(&PREIMAGE).await), "{message}");
        assert!(unknown(&lnd.cancel(hold().hash).await), "{message}");
        assert!(unavailable(&lnd.lookup(hold().hash).await), "{message}");
    }
    fake.set(Trouble::Says(400, "memo too large"));
    assert!(matches!(lnd.create_hold(hold()).await, Err(PortError::Refused(_))));
}

#[tokio::test]
async fn an_answer_that_never_comes_leaves_a_change_unknown() {
    let fake = fake().await;
    held(&fake).await;
    let options = fake.options(&fake.identity.pem, MACAROON);
    let lnd = Lnd::new(LndOptions { timeout: Duration::from_millis(300), ..options }).unwrap();
    fake.set(Trouble::Hangs);
    assert!(unknown(&lnd.settle(&PREIMAGE).await));
    assert!(unavailable(&lnd.lookup(hold().hash).await));
    fake.set(Trouble::None);
    assert_eq!(lnd.lookup(hold().hash).await.unwrap(), HoldState::Settled, "it had happened");
}

#[tokio::test]
async fn an_answer_of_another_form_is_no_answer() {
    let fake = fake().await;
    let lnd = fake.client();
    for text in ["", "<html>", "{}", "[]", r#"{"state":"NEW"}"#, r#"{"state":1}"#] {
        fake.set(Trouble::Babbles(text));
        assert!(unknown(&lnd.create_hold(hold()).await), "{text}");
        assert!(unavailable(&lnd.lookup(hold().hash).await), "{text}");
        assert!(unavailable(&lnd.tip().await), "{text}");
        assert!(unavailable(&lnd.pending().await), "{text}");
    }
}

#[tokio::test]
async fn an_invoice_of_other_terms_is_never_shown() {
    let fake = fake().await;
    let lnd = fake.client();
    let other = NewHold { amount: Msat::new(2_000_000), ..hold() };
    let foreign = fake.shared.node().await.create_hold(other).await.unwrap();
    let answer = format!(r#"{{"payment_request":"{foreign}","add_index":"1"}}"#);
    fake.set(Trouble::Babbles(answer.leak()));
    let another = NewHold { hash: Preimage::new([5; 32]).payment_hash(), ..hold() };
    assert!(unknown(&lnd.create_hold(another).await));
}

#[tokio::test]
async fn a_node_that_is_away_is_unavailable() {
    let fake = fake().await;
    let lnd = fake.client();
    drop(fake);
    assert!(unavailable(&lnd.create_hold(hold()).await));
    assert!(unavailable(&lnd.settle(&PREIMAGE).await));
    assert!(unavailable(&lnd.lookup(hold().hash).await));
}

#[tokio::test]
async fn hints_come_at_an_interval_and_survive_an_impatient_reader() {
    let fake = fake().await;
    let lnd = fake.client();
    assert_eq!(lnd.next_event().await, NodeEvent::LookAtAll);
    let mut seen = 0;
    for _ in 0..100 {
        let wait = tokio::time::timeout(Duration::from_millis(10), lnd.next_event());
        seen += u32::from(wait.await.is_ok());
    }
    assert!(seen >= 5, "a reader that gives up after 10 ms still got {seen} hints in a second");
}

#[tokio::test]
async fn refuses_files_and_addresses_that_cannot_be() {
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
async fn debug_tells_no_macaroon() {
    let fake = fake().await;
    let text = format!("{:?}", fake.client());
    assert!(text.starts_with("Lnd {"), "{text}");
    assert!(!text.contains("0201036c6e64ff00"), "{text}");
}
