//! Lightning addresses against a server that answers as it should, or not.

mod server;

use std::sync::Arc;
use std::time::Duration;

use domain::limits::LNURL_TIMEOUT;
use domain::money::Msat;
use domain::payout::{NodeIdentity, Trouble, check};
use domain::ports::Payees;
use domain::time::Timestamp;
use fetch::{Guarded, Options};
use lightning::lnurl::LnurlPay;

use tokio::task::JoinSet;

use server::{CREATED, Fault, OURS, Server};

const AMOUNT: Msat = Msat::new(250_000);

fn payees() -> LnurlPay {
    let options = Options { allow_loopback: true, ..Options::default() };
    LnurlPay::over_http(Arc::new(Guarded::new(options).unwrap()))
}

/// Why the payee is not paid; `paid` if it would be.
async fn verdict(server: &Server, payees: &dyn Payees) -> String {
    let asked = async {
        let offer = payees.offer(&server.address("me")).await?;
        let invoice = payees.invoice(&offer, AMOUNT).await?;
        Ok::<_, Trouble>((offer, invoice))
    };
    let (offer, invoice) = match asked.await {
        Ok(answers) => answers,
        Err(trouble) => return trouble.as_str().to_owned(),
    };
    let now = Timestamp::from_millis(CREATED.as_millis() + 1_000);
    let ours: NodeIdentity = OURS;
    match check(&invoice.facts, AMOUNT, offer.metadata_hash, ours, now) {
        Ok(()) => "paid".to_owned(),
        Err(unfit) => unfit.to_string(),
    }
}

#[tokio::test]
async fn pays_only_what_was_asked_for() {
    for (fault, expected) in [
        (Fault::None, "paid"),
        (Fault::WithoutHash, "paid"),
        (Fault::RedirectsOnce, "paid"),
        (Fault::WrongAmount, "it is for another amount"),
        (Fault::NoAmount, "it is for another amount"),
        (Fault::WrongHash, "its description hash is not that of the payee's metadata"),
        (Fault::Expired, "it has expired, or expires in a moment"),
        (Fault::Mainnet, "it is of another network"),
        (Fault::LongCltv, "it lets the payee hold the payment for too long"),
        (Fault::NotAnInvoice, "answer_unreadable"),
        (Fault::Forged, "answer_unreadable"),
        (Fault::HugeBody, "answer_unreadable"),
        (Fault::HugeInvoice, "answer_unreadable"),
        (Fault::NotJson, "answer_unreadable"),
        (Fault::NotPay, "answer_unreadable"),
        (Fault::MetadataIsNoList, "answer_unreadable"),
        (Fault::MaxBelowMin, "answer_unreadable"),
        (Fault::RedirectsWithoutPlace, "answer_unreadable"),
        (Fault::Error, "address_refused"),
        (Fault::ErrorOfInvoice, "address_refused"),
        (Fault::NotFound, "address_refused"),
        (Fault::Broken, "address_unreachable"),
        (Fault::RedirectsTwice, "address_forbidden"),
        (Fault::RedirectsToPrivate, "address_forbidden"),
        (Fault::RedirectsToMetadata, "address_forbidden"),
        (Fault::RedirectsToOtherScheme, "address_forbidden"),
        (Fault::PrivateCallback, "address_forbidden"),
        (Fault::FileCallback, "address_forbidden"),
    ] {
        let server = Server::start(fault).await;
        assert_eq!(verdict(&server, &payees()).await, expected, "{fault:?}");
    }
}

#[tokio::test]
async fn refuses_addresses_inside_our_network() {
    let server = Server::start(Fault::None).await;
    let options = Options { allow_http: false, ..Options::default() };
    let public = LnurlPay::new(Arc::new(Guarded::new(options).unwrap()));
    assert_eq!(verdict(&server, &public).await, "address_forbidden");
    for host in ["127.0.0.1:8443", "[::1]:8443", "10.0.0.7:8443", "169.254.169.254:8443"] {
        let address = format!("me@{host}").parse().unwrap();
        assert_eq!(public.offer(&address).await, Err(Trouble::AddressForbidden), "{host}");
    }
    assert_eq!(server.calls(), 0);
}

#[tokio::test]
async fn a_server_that_does_not_answer_is_left_after_ten_seconds() {
    let server = Server::start(Fault::Silent).await;
    let address = server.address("me");
    let mut asking = JoinSet::new();
    asking.spawn(async move { payees().offer(&address).await });
    server.called().await;
    tokio::time::pause();
    let early = LNURL_TIMEOUT - Duration::from_secs(1);
    let early = tokio::time::timeout(early, asking.join_next()).await;
    assert!(early.is_err(), "it waits");
    assert_eq!(asking.join_next().await.unwrap().unwrap(), Err(Trouble::AddressUnreachable));
}

#[tokio::test]
async fn asks_for_the_user_and_the_amount() {
    let server = Server::start(Fault::None).await;
    let offer = payees().offer(&server.address("a-b_c.9")).await.unwrap();
    assert_eq!((offer.min, offer.max), (Msat::new(1_000), Msat::new(100_000_000)));
    payees().invoice(&offer, AMOUNT).await.unwrap();
    assert_eq!(
        server.paths(),
        ["/.well-known/lnurlp/a-b_c.9", "/pay/a-b_c.9?nonce=7&amount=250000"]
    );
}
