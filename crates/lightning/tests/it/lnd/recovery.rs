//! Everything that can change at the node while we run. The client recovers from all of it without a restart.

use std::fs;
use std::time::Duration;

use domain::money::Msat;
use domain::ports::{HoldState, Lightning, NewHold, PortError};
use domain::secret::Preimage;
use lightning::lnd::Lnd;
use lightning::sandbox::Options;
use tokio::time::timeout;

use super::fake::{Failure, FakeLnd, MACAROON};
use super::tls::Identity;

const PREIMAGE: Preimage = Preimage::new([6; 32]);

async fn fake() -> FakeLnd {
    FakeLnd::start(Options::mined(), Identity::new(2020, 2040)).await
}

async fn held(fake: &FakeLnd) -> Lnd {
    let lnd = fake.client();
    let hold = NewHold {
        hash: PREIMAGE.payment_hash(),
        amount: Msat::new(1_000_000),
        memo: "order".into(),
        expiry: Duration::from_secs(600),
        cltv_delta: 144,
    };
    let invoice = lnd.create_hold(hold).await.unwrap();
    fake.shared.node().await.pay(&invoice).await.unwrap();
    lnd
}

fn unavailable<T: std::fmt::Debug>(result: &Result<T, PortError>) -> bool {
    matches!(result, Err(PortError::Unavailable(_)))
}

/// The files are read again every half second.
async fn recovers(lnd: &Lnd) {
    let recovered = async {
        while lnd.tip().await.is_err() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(Duration::from_secs(30), recovered).await.expect("the client does not recover");
    lnd.settle(&PREIMAGE).await.unwrap();
    assert_eq!(lnd.lookup(PREIMAGE.payment_hash()).await.unwrap(), HoldState::Settled);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_certificate_is_accepted_when_it_is_in_the_file() {
    let mut fake = fake().await;
    let lnd = held(&fake).await;
    fake.identity = Identity::new(2020, 2040);
    fake.restart().await;
    for _ in 0..3 {
        assert!(
            unavailable(&lnd.tip().await),
            "a certificate was accepted that is not in the file"
        );
    }
    fs::write(fake.dir.path().join("tls.cert"), "no certificate").unwrap();
    assert!(unavailable(&lnd.tip().await));
    fs::write(fake.dir.path().join("tls.cert"), &fake.identity.pem).unwrap();
    recovers(&lnd).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_macaroon_is_used_when_it_is_in_the_file() {
    let fake = fake().await;
    let lnd = held(&fake).await;
    *fake.shared.macaroon.lock().unwrap() = b"another".to_vec();
    assert!(unavailable(&lnd.settle(&PREIMAGE).await));
    let file = fake.dir.path().join("mac");
    fs::remove_file(&file).unwrap();
    assert!(unavailable(&lnd.settle(&PREIMAGE).await));
    // Its mode is that of the first file.
    fake.options(&fake.identity.pem, b"another");
    recovers(&lnd).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_macaroon_may_be_valid_again() {
    let fake = fake().await;
    let lnd = held(&fake).await;
    fake.shared.macaroon.lock().unwrap().clear();
    assert!(unavailable(&lnd.settle(&PREIMAGE).await));
    *fake.shared.macaroon.lock().unwrap() = MACAROON.to_vec();
    recovers(&lnd).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_may_be_down_and_come_back() {
    let mut fake = fake().await;
    let lnd = held(&fake).await;
    fake.stop().await;
    for _ in 0..5 {
        assert!(unavailable(&lnd.tip().await));
        assert!(lnd.settle(&PREIMAGE).await.is_err());
    }
    fake.restart().await;
    recovers(&lnd).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_node_only_pretends_to_have_done_is_seen_by_the_lookup() {
    let fake = fake().await;
    let lnd = held(&fake).await;
    let hash = PREIMAGE.payment_hash();
    fake.set(Failure::Pretends("{}"));
    lnd.settle(&PREIMAGE).await.unwrap();
    lnd.cancel(hash).await.unwrap();
    fake.set(Failure::None);
    assert!(matches!(lnd.lookup(hash).await.unwrap(), HoldState::Held(_)));
    recovers(&lnd).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_response_without_an_end_is_refused() {
    let fake = fake().await;
    let lnd = held(&fake).await;
    fake.set(Failure::Floods);
    assert!(unavailable(&lnd.lookup(PREIMAGE.payment_hash()).await));
    assert!(unavailable(&lnd.held().await));
    assert!(matches!(lnd.settle(&PREIMAGE).await, Err(PortError::Unknown(_))));
    fake.set(Failure::None);
    recovers(&lnd).await;
}
