//! The sandbox's invoices decoded by `lightning-invoice`.

use std::time::Duration;

use domain::money::Msat;
use domain::ports::{Lightning, NewHold, PortError};
use domain::secret::Preimage;
use lightning::sandbox::{Options, PayError, Sandbox};
use lightning_invoice::{Bolt11Invoice, Bolt11InvoiceDescriptionRef, Currency};
use testkit::clock::{NOON, SeededRandom, TestClock};

use crate::rig::in_memory;

fn hold() -> NewHold {
    NewHold {
        hash: Preimage::new([7; 32]).payment_hash(),
        amount: Msat::new(1_234_000),
        memo: "Boltgram: smørrebrød ⚡".into(),
        expiry: Duration::from_secs(600),
        cltv_delta: 144,
    }
}

#[tokio::test]
async fn an_invoice_has_the_requested_terms() {
    let (sandbox, _) = in_memory(Options::default());
    let text = sandbox.create_hold(hold()).await.unwrap();
    assert!(text.starts_with("lnbcrt12340n1"), "{text}");
    let invoice: Bolt11Invoice = text.parse().unwrap();
    invoice.check_signature().unwrap();
    assert_eq!(invoice.currency(), Currency::Regtest);
    assert_eq!(invoice.recover_payee_pub_key().to_string(), sandbox.node_id());
    assert_eq!(AsRef::<[u8]>::as_ref(invoice.payment_hash()), hold().hash.as_bytes());
    assert_eq!(invoice.amount_milli_satoshis(), Some(1_234_000));
    assert_eq!(invoice.expiry_time(), Duration::from_secs(600));
    assert_eq!(invoice.min_final_cltv_expiry_delta(), 144);
    assert_eq!(invoice.duration_since_epoch().as_secs(), NOON.as_secs().unsigned_abs());
    let Bolt11InvoiceDescriptionRef::Direct(memo) = invoice.description() else { panic!() };
    assert_eq!(memo.to_string(), hold().memo);
    let features = invoice.features().unwrap();
    assert!(features.supports_basic_mpp() && features.requires_payment_secret());
}

#[tokio::test]
async fn every_invoice_has_its_own_secret() {
    let (sandbox, _) = in_memory(Options::default());
    let mut secrets = Vec::new();
    for number in 0..3 {
        let hash = Preimage::new([number; 32]).payment_hash();
        let text = sandbox.create_hold(NewHold { hash, ..hold() }).await.unwrap();
        secrets.push(text.parse::<Bolt11Invoice>().unwrap().payment_secret().0);
    }
    secrets.dedup();
    assert_eq!(secrets.len(), 3);
}

#[tokio::test]
async fn refuses_terms_that_no_wallet_pays() {
    let (sandbox, _) = in_memory(Options::default());
    for terms in [
        NewHold { amount: Msat::ZERO, ..hold() },
        NewHold { amount: Msat::new(-1_000), ..hold() },
        NewHold { amount: Msat::new(1_500), ..hold() },
        NewHold { amount: Msat::new(i64::MAX), ..hold() },
        NewHold { cltv_delta: 17, ..hold() },
        NewHold { cltv_delta: 2_017, ..hold() },
        NewHold { expiry: Duration::ZERO, ..hold() },
        NewHold { expiry: Duration::MAX, ..hold() },
    ] {
        let result = sandbox.create_hold(terms.clone()).await;
        assert!(matches!(result, Err(PortError::Refused(_))), "{terms:?}");
    }
    assert_eq!(sandbox.pending().await.unwrap(), []);
}

#[tokio::test]
async fn pays_only_its_own_invoices() {
    let (sandbox, clock) = in_memory(Options::default());
    let text = sandbox.create_hold(hold()).await.unwrap();
    for other in ["", "lnbc1", "hello", &text[..text.len() - 1], "💥"] {
        assert_eq!(sandbox.pay(other).await, Err(PayError::NotAnInvoice), "{other}");
    }
    let stranger = Sandbox::in_memory(clock, SeededRandom::new(99), Options::default()).unwrap();
    let forged = stranger.create_hold(hold()).await.unwrap();
    assert_eq!(sandbox.pay(&forged).await, Err(PayError::NotOurs));
    let upper = format!("  lightning:{}\n", text.to_uppercase());
    sandbox.pay(&upper).await.unwrap();
}

#[test]
fn debug_output_has_no_key() {
    let (sandbox, _) = in_memory(Options::default());
    let node_id = sandbox.node_id();
    assert_eq!(format!("{sandbox:?}"), format!("Sandbox {{ node_id: {node_id:?}, .. }}"));
    let clock = TestClock::at_noon();
    let again = Sandbox::in_memory(clock, SeededRandom::new(1), Options::default()).unwrap();
    assert_eq!(again.node_id(), node_id, "the seed does not determine the key");
}
