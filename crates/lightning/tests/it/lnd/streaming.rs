//! Holds are noticed by streams of single invoices, whatever happens to the streams; and by the poll, without any.

use std::sync::atomic::Ordering;
use std::time::Duration;

use domain::id::PaymentHash;
use domain::money::Msat;
use domain::ports::{HoldState, Lightning, NewHold, NodeEvent};
use domain::secret::Preimage;
use lightning::lnd::{Lnd, LndOptions};
use lightning::sandbox::Options;
use tokio::time::timeout;

use super::fake::{Failure, FakeLnd, MACAROON};
use super::streams::Manner;
use super::tls::Identity;

/// For everything that takes a moment.
const PATIENCE: Duration = Duration::from_secs(30);

/// The client's limit of streams.
const STREAMS_MAX: usize = 200;

async fn fake() -> FakeLnd {
    FakeLnd::start(Options::mined(), Identity::new(2020, 2040)).await
}

/// A client that does not poll the height, after its first hint.
async fn client(fake: &FakeLnd) -> Lnd {
    let options = fake.options(&fake.identity.pem, MACAROON);
    let lnd = Lnd::new(LndOptions { poll: Duration::from_secs(3_600), ..options }).unwrap();
    assert_eq!(lnd.next_event().await, NodeEvent::LookAtAll);
    lnd
}

fn preimage(number: u32) -> Preimage {
    let mut bytes = [0xfb; 32];
    bytes[..4].copy_from_slice(&number.to_be_bytes());
    Preimage::new(bytes)
}

async fn create(lnd: &Lnd, number: u32) -> (PaymentHash, String) {
    let hash = preimage(number).payment_hash();
    let (amount, memo, expiry) = (Msat::new(1_000_000), "order".into(), Duration::from_secs(600));
    let invoice =
        lnd.create_hold(NewHold { hash, amount, memo, expiry, cltv_delta: 144 }).await.unwrap();
    (hash, invoice)
}

async fn followed(lnd: &Lnd, number: u32) -> (PaymentHash, String) {
    let (hash, invoice) = create(lnd, number).await;
    lnd.follow(hash);
    (hash, invoice)
}

async fn pay(fake: &FakeLnd, invoice: &str) {
    fake.shared.node().await.pay(invoice).await.unwrap();
}

/// The next hint, which must come.
async fn hint(lnd: &Lnd) -> NodeEvent {
    timeout(PATIENCE, lnd.next_event()).await.expect("no hint came")
}

async fn wait_until(what: &str, is_so: impl Fn() -> bool) {
    let waiting = async {
        while !is_so() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    timeout(PATIENCE, waiting).await.unwrap_or_else(|_| panic!("{what}"));
}

async fn wait_streams(fake: &FakeLnd, count: usize) {
    let streams = &fake.shared.streams;
    let open = || streams.open().len();
    wait_until("the number of streams is another", || open() == count).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_is_hinted_by_its_stream() {
    let fake = fake().await;
    let lnd = client(&fake).await;
    let (_, unpaid) = followed(&lnd, 1).await;
    let (hash, invoice) = followed(&lnd, 2).await;
    wait_streams(&fake, 2).await;
    pay(&fake, &invoice).await;
    assert_eq!(hint(&lnd).await, NodeEvent::Changed(hash));
    assert!(matches!(lnd.lookup(hash).await.unwrap(), HoldState::Held(_)));
    wait_streams(&fake, 1).await;
    pay(&fake, &unpaid).await;
    hint(&lnd).await;
    wait_streams(&fake, 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_before_the_stream_is_hinted_by_its_first_line() {
    let fake = fake().await;
    let lnd = client(&fake).await;
    let (hash, invoice) = create(&lnd, 1).await;
    pay(&fake, &invoice).await;
    lnd.follow(hash);
    assert_eq!(hint(&lnd).await, NodeEvent::Changed(hash));
    wait_streams(&fake, 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn lines_may_come_in_any_pieces() {
    let fake = fake().await;
    let lnd = client(&fake).await;
    for (number, bytes) in [(1, 1), (2, 7), (3, 1_000)] {
        fake.shared.streams.set(Manner::Pieces(bytes));
        let (hash, invoice) = followed(&lnd, number).await;
        wait_streams(&fake, 1).await;
        pay(&fake, &invoice).await;
        assert_eq!(hint(&lnd).await, NodeEvent::Changed(hash), "pieces of {bytes} bytes");
        wait_streams(&fake, 0).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_hint_is_lost_when_the_stream_is_cut_after_every_line() {
    let fake = fake().await;
    let lnd = client(&fake).await;
    fake.shared.streams.set(Manner::CutAfterEveryLine);
    let (hash, invoice) = followed(&lnd, 1).await;
    wait_until("it is not opened again", || fake.shared.streams.opened() >= 3).await;
    pay(&fake, &invoice).await;
    assert_eq!(hint(&lnd).await, NodeEvent::Changed(hash));
}

#[tokio::test(flavor = "multi_thread")]
async fn faulty_streams_are_opened_again() {
    let fake = fake().await;
    let options = fake.options(&fake.identity.pem, MACAROON);
    let (poll, limit) = (Duration::from_secs(3_600), Duration::from_millis(300));
    let lnd = Lnd::new(LndOptions { poll, timeout: limit, ..options }).unwrap();
    hint(&lnd).await;
    let error = r#"{"error":{"grpc_code":2,"http_code":500,"message":"the RPC server is in the process of starting up, but not yet ready to accept calls","http_status":"Internal Server Error"}}"#;
    let unreadable = ["", "<html>", "{}", r#"{"result":{"state":"NEW"}}"#, "\u{0}", error];
    let manners = unreadable.map(Manner::Says).into_iter().chain([Manner::Silent, Manner::Endless]);
    for (number, manner) in (0..).zip(manners) {
        fake.shared.streams.set(manner);
        let before = fake.shared.streams.opened();
        let (hash, invoice) = followed(&lnd, number).await;
        let opened = || fake.shared.streams.opened() - before;
        wait_until(&format!("{manner:?}: not opened again"), || opened() >= 2).await;
        fake.shared.streams.set(Manner::Faultless);
        wait_streams(&fake, 1).await;
        pay(&fake, &invoice).await;
        assert_eq!(hint(&lnd).await, NodeEvent::Changed(hash), "{manner:?}");
        wait_streams(&fake, 0).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invoice_that_the_node_does_not_know_is_not_followed() {
    let fake = fake().await;
    let lnd = client(&fake).await;
    lnd.follow(preimage(1).payment_hash());
    // It has ended when another one can be followed under the same hash.
    let (hash, invoice) = create(&lnd, 1).await;
    pay(&fake, &invoice).await;
    let again = async {
        loop {
            lnd.follow(hash);
            if timeout(Duration::from_millis(20), lnd.next_event()).await.is_ok() {
                break;
            }
        }
    };
    timeout(PATIENCE, again).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_invoices_that_were_followed_last_have_the_streams() {
    let fake = fake().await;
    let lnd = client(&fake).await;
    let mut hashes = Vec::new();
    for number in 0..STREAMS_MAX as u32 + 20 {
        hashes.push(create(&lnd, number).await.0);
    }
    hashes[..STREAMS_MAX].iter().for_each(|hash| lnd.follow(*hash));
    wait_streams(&fake, STREAMS_MAX).await;
    // The first ten are asked for again, so twenty newer ones take the places of those after them.
    hashes[..10].iter().for_each(|hash| lnd.follow(*hash));
    hashes[STREAMS_MAX..].iter().for_each(|hash| lnd.follow(*hash));
    let mut expected = [&hashes[..10], &hashes[30..]].concat();
    expected.sort_unstable();
    assert_eq!(expected.len(), STREAMS_MAX);
    let streams = &fake.shared.streams;
    wait_until("others have the streams", || streams.open() == expected).await;
    assert_eq!(streams.opened(), STREAMS_MAX + 20, "a stream was opened without need");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_stream_is_left_after_the_end_of_its_invoice() {
    let fake = fake().await;
    let lnd = client(&fake).await;
    let mut invoices = Vec::new();
    for number in 0..30 {
        invoices.push(followed(&lnd, number).await);
    }
    wait_streams(&fake, 30).await;
    for (number, (hash, invoice)) in (0..).zip(invoices) {
        if number % 3 == 0 {
            lnd.cancel(hash).await.unwrap();
        } else {
            pay(&fake, &invoice).await;
        }
        assert_eq!(hint(&lnd).await, NodeEvent::Changed(hash));
        if number % 3 == 1 {
            lnd.settle(&preimage(number)).await.unwrap();
        }
    }
    wait_streams(&fake, 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_left_of_ten_thousand_invoices() {
    let fake = fake().await;
    let lnd = client(&fake).await;
    let (first, _) = create(&lnd, 0).await;
    // Most are replaced before their stream is open; the node knows none of the others.
    for number in 1..10_000 {
        lnd.follow(preimage(number).payment_hash());
    }
    lnd.follow(first);
    wait_streams(&fake, 1).await;
    wait_until("streams are still known", || format!("{lnd:?}").matches("Stream {").count() == 1)
        .await;
    drop(lnd);
    wait_streams(&fake, 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_node_may_be_down_for_long() {
    let mut fake = fake().await;
    let lnd = client(&fake).await;
    let (hash, invoice) = followed(&lnd, 1).await;
    wait_streams(&fake, 1).await;
    fake.restart().await;
    pay(&fake, &invoice).await;
    assert_eq!(hint(&lnd).await, NodeEvent::Changed(hash));
    assert!(matches!(lnd.lookup(hash).await.unwrap(), HoldState::Held(_)));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_poll_finds_what_is_held_without_any_stream() {
    let fake = fake().await;
    let lnd = client(&fake).await;
    let (mut held, mut hashes) = (Vec::new(), Vec::new());
    for number in 0..20 {
        let (hash, invoice) = create(&lnd, number).await;
        hashes.push(hash);
        if number % 2 == 0 {
            pay(&fake, &invoice).await;
            held.push(hash);
        }
    }
    assert_eq!(lnd.held().await.unwrap(), held);
    lnd.settle(&preimage(2)).await.unwrap();
    lnd.cancel(hashes[4]).await.unwrap();
    held.drain(1..3);
    // The first may be missing: no invoice before it is open.
    assert_eq!(lnd.held().await.unwrap(), held[1..]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_poll_reads_no_invoice_before_the_oldest_open_one() {
    let fake = fake().await;
    let lnd = client(&fake).await;
    let listed = || fake.shared.listed.swap(0, Ordering::Relaxed);
    let mut invoices = Vec::new();
    for number in 0..20 {
        invoices.push(create(&lnd, number).await.1);
    }
    for invoice in &invoices[..18] {
        pay(&fake, invoice).await;
    }
    assert_eq!(lnd.held().await.unwrap().len(), 18);
    listed();
    assert_eq!(lnd.held().await.unwrap(), []);
    assert_eq!(listed(), 2, "only the open ones");
    pay(&fake, &invoices[18]).await;
    assert_eq!(lnd.held().await.unwrap(), [preimage(18).payment_hash()]);
    pay(&fake, &invoices[19]).await;
    assert_eq!(lnd.held().await.unwrap(), [preimage(19).payment_hash()]);
    assert_eq!(lnd.held().await.unwrap(), []);
    listed();
    lnd.held().await.unwrap();
    assert_eq!(listed(), 0, "nothing is open");
    create(&lnd, 20).await;
    fake.set(Failure::Responds(500, "wallet locked"));
    lnd.held().await.unwrap_err();
    fake.set(Failure::None);
    assert_eq!(lnd.held().await.unwrap(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_block_makes_the_poll_read_everything_once() {
    let fake = fake().await;
    let lnd = fake.client();
    assert_eq!(hint(&lnd).await, NodeEvent::LookAtAll);
    for number in 0..4 {
        let (_, invoice) = create(&lnd, number).await;
        pay(&fake, &invoice).await;
    }
    assert_eq!(lnd.held().await.unwrap().len(), 4);
    assert_eq!(lnd.held().await.unwrap(), []);
    fake.shared.node().await.mine(1).unwrap();
    assert_eq!(hint(&lnd).await, NodeEvent::LookAtAll);
    assert_eq!(lnd.held().await.unwrap().len(), 4);
}
