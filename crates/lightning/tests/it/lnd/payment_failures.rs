//! Payments with a node that fails, answers late, or says what nobody expects.

use std::time::Duration;

use domain::ports::{Lightning, NewPayment, PayState, PortError};
use domain::secret::Preimage;
use lightning::lnd::{Lnd, LndOptions};
use lightning::sandbox::Options;
use testkit::lightning_conformance::Rig;

use super::fake::{Failure, FakeLnd, MACAROON};
use super::tls::Identity;

const PREIMAGE: Preimage = Preimage::new([4; 32]);

async fn fake() -> (FakeLnd, Lnd, NewPayment) {
    let fake = FakeLnd::start(Options::mined(), Identity::new(2020, 2040)).await;
    let options = fake.options(&fake.identity.pem, MACAROON);
    let lnd = Lnd::new(LndOptions { timeout: Duration::from_millis(300), ..options }).unwrap();
    let hold = domain::ports::NewHold {
        hash: PREIMAGE.payment_hash(),
        amount: domain::money::Msat::new(1_000_000),
        memo: "thanks".into(),
        expiry: Duration::from_secs(600),
        cltv_delta: 40,
    };
    let payment = NewPayment {
        invoice: fake.shared.rig.read().await.invoice_of_another(hold).await,
        hash: PREIMAGE.payment_hash(),
        fee_max: domain::money::Msat::new(10_000),
        cltv_max: 1_008,
        timeout: Duration::from_millis(10),
    };
    (fake, lnd, payment)
}

async fn paid(fake: &FakeLnd) -> u64 {
    fake.shared.rig.read().await.paid_out().await.0
}

#[tokio::test]
async fn a_missing_answer_leaves_a_payment_unknown() {
    let (fake, lnd, payment) = fake().await;
    for failure in [Failure::Hangs, Failure::Garbles("{"), Failure::Garbles(r#"{"result":{}}"#)] {
        fake.set(failure);
        let sent = lnd.pay(payment.clone()).await;
        assert!(matches!(sent, Err(PortError::Unknown(_))), "{sent:?}");
        let status = lnd.pay_status(payment.hash).await;
        assert!(matches!(status, Err(PortError::Unavailable(_))), "{status:?}");
    }
    fake.set(Failure::None);
    let status = lnd.pay_status(payment.hash).await;
    assert!(matches!(status, Ok(PayState::Paid { .. })), "it took effect: {status:?}");
    assert!(matches!(lnd.pay(payment).await, Ok(PayState::Paid { .. })));
    assert_eq!(paid(&fake).await, 1);
}

/// LND says the same of an expired invoice whose payment is in flight.
#[tokio::test]
async fn a_refusal_is_believed_only_with_the_payments_state() {
    let (fake, lnd, payment) = fake().await;
    for (status, message) in [(400, "bad request"), (500, "invoice expired. Valid until 2026")] {
        fake.set(Failure::Responds(status, message));
        let sent = lnd.pay(payment.clone()).await;
        assert!(matches!(sent, Err(PortError::Unknown(_))), "{message}: {sent:?}");
    }
    assert_eq!(paid(&fake).await, 0);
}

#[tokio::test]
async fn a_refusal_of_the_node_itself_sends_nothing() {
    let (fake, lnd, payment) = fake().await;
    for (status, message) in [
        (500, "wallet locked, unlock it to enable full RPC access"),
        (500, "permission denied"),
        (401, "no"),
    ] {
        fake.set(Failure::Responds(status, message));
        let sent = lnd.pay(payment.clone()).await;
        assert!(matches!(sent, Err(PortError::Unavailable(_))), "{message}: {sent:?}");
        let state = lnd.pay_status(payment.hash).await;
        assert!(matches!(state, Err(PortError::Unavailable(_))), "{message}: {state:?}");
    }
    for (status, message) in [(500, "something broke"), (404, "Not Found"), (502, "")] {
        fake.set(Failure::Responds(status, message));
        let sent = lnd.pay(payment.clone()).await;
        assert!(matches!(sent, Err(PortError::Unknown(_))), "{message}: {sent:?}");
        let state = lnd.pay_status(payment.hash).await;
        assert!(
            matches!(state, Err(PortError::Unavailable(_))),
            "{message}: no answer is no state"
        );
    }
    assert_eq!(paid(&fake).await, 0);
}
