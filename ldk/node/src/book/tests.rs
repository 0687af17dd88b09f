//! The book: which change wins, and what survives.

use super::*;

const HASH: Hash = [7; 32];
const PREIMAGE: Hash = [9; 32];

use crate::Hash;

fn open(dir: &tempfile::TempDir) -> Book {
    Book::new(Database::open(&dir.path().join("node.db")).unwrap())
}

fn new(hash: Hash) -> NewHold {
    NewHold {
        hash,
        value_msat: 1_000,
        memo: "m".into(),
        expiry_s: 600,
        cltv_delta: 144,
        created_at: 1_000,
        invoice: "ln".into(),
    }
}

fn inbound(msat: u64, accepted_at: u64) -> Inbound {
    Inbound { msat, deadline_height: 200, accepted_height: 100, accepted_at }
}

async fn state(book: &Book) -> HoldState {
    book.hold(&HASH).unwrap().unwrap().state
}

#[tokio::test]
async fn a_payment_is_accepted_once_in_time_and_in_full() {
    let dir = tempfile::tempdir().unwrap();
    let book = open(&dir);
    assert!(book.accept(HASH, inbound(1_000, 1_100)).await.unwrap().is_none());
    assert_eq!(book.add_hold(new(HASH)).await.unwrap(), Some(1));
    assert_eq!(book.add_hold(new(HASH)).await.unwrap(), None);
    book.accept(HASH, inbound(999, 1_100)).await.unwrap();
    assert_eq!(state(&book).await, HoldState::Open);
    book.accept(HASH, inbound(1_500, 1_600)).await.unwrap();
    book.accept(HASH, inbound(9_000, 1_100)).await.unwrap();
    let hold = book.hold(&HASH).unwrap().unwrap();
    assert_eq!((hold.state, hold.payment), (HoldState::Accepted, Some(inbound(1_500, 1_600))));
}

#[tokio::test]
async fn a_late_payment_is_recorded_to_be_given_back() {
    let dir = tempfile::tempdir().unwrap();
    let book = open(&dir);
    book.add_hold(new(HASH)).await.unwrap();
    book.accept(HASH, inbound(1_000, 1_601)).await.unwrap();
    assert_eq!(state(&book).await, HoldState::Cancelled);
    let cancelled = [8; 32];
    book.add_hold(new(cancelled)).await.unwrap();
    book.cancel_from(cancelled, HoldState::Open, 1_050).await.unwrap();
    book.accept(cancelled, inbound(1_000, 1_100)).await.unwrap();
    let held: Vec<_> = book.held_at(199).unwrap().iter().map(|hold| hold.hash).collect();
    assert_eq!(held, [HASH, cancelled]);
    assert!(book.held_at(200).unwrap().is_empty());
}

#[tokio::test]
async fn old_rows_are_removed_and_paid_ones_stay() {
    let dir = tempfile::tempdir().unwrap();
    let book = open(&dir);
    let paid = [8; 32];
    book.add_hold(new(HASH)).await.unwrap();
    book.add_hold(new(paid)).await.unwrap();
    book.accept(paid, inbound(1_000, 1_100)).await.unwrap();
    book.cancel_due(2_000, 200).await.unwrap();
    assert!(book.forgettable(2_000, 2_000).unwrap().is_empty());
    assert_eq!(book.forgettable(2_001, 2_000).unwrap(), [HASH]);
    let both = book.forgettable(2_001, 2_001).unwrap();
    assert_eq!(both.len(), 2);
    book.mark_forgotten(both).await.unwrap();
    assert!(book.hold(&HASH).unwrap().is_none());
    assert!(book.hold(&paid).unwrap().is_some());
    assert!(book.forgettable(9_000, 9_000).unwrap().is_empty());
}

#[tokio::test]
async fn of_settle_and_cancel_the_first_wins() {
    let dir = tempfile::tempdir().unwrap();
    let book = open(&dir);
    for (number, settle_first) in [(1, true), (2, false)] {
        let hash = [number; 32];
        book.add_hold(new(hash)).await.unwrap();
        book.accept(hash, inbound(1_000, 1_100)).await.unwrap();
        if settle_first {
            book.begin_settling(hash, PREIMAGE, 100).await.unwrap();
            let hold = book.cancel_from(hash, HoldState::Accepted, 1_200).await.unwrap().unwrap();
            assert!(hold.state == HoldState::Settling && hold.preimage == Some(PREIMAGE));
        } else {
            book.cancel_from(hash, HoldState::Accepted, 1_200).await.unwrap();
            let hold = book.begin_settling(hash, PREIMAGE, 100).await.unwrap().unwrap();
            assert!(hold.state == HoldState::Cancelled && hold.preimage.is_none());
        }
    }
}

#[tokio::test]
async fn nothing_is_settled_at_the_deadline() {
    let dir = tempfile::tempdir().unwrap();
    let book = open(&dir);
    book.add_hold(new(HASH)).await.unwrap();
    book.accept(HASH, inbound(1_000, 1_100)).await.unwrap();
    book.begin_settling(HASH, PREIMAGE, 200).await.unwrap();
    assert_eq!(state(&book).await, HoldState::Accepted);
    book.begin_settling(HASH, PREIMAGE, 199).await.unwrap();
    assert_eq!(state(&book).await, HoldState::Settling);
    // LDK's report may be on its way.
    assert!(book.cancel_due(9_000, 205).await.unwrap().is_empty());
    assert_eq!(book.cancel_due(9_000, 206).await.unwrap(), [(HASH, HoldState::Settling)]);
    // It came all the same: the money is ours.
    assert_eq!(book.settled(HASH, 9_100).await.unwrap(), Some(HoldState::Cancelled));
    assert_eq!(state(&book).await, HoldState::Settled);
}

#[tokio::test]
async fn the_time_of_day_ends_open_ones_and_the_height_held_ones() {
    let dir = tempfile::tempdir().unwrap();
    let book = open(&dir);
    let held = [8; 32];
    book.add_hold(new(HASH)).await.unwrap();
    book.add_hold(new(held)).await.unwrap();
    book.accept(held, inbound(1_000, 1_100)).await.unwrap();
    assert!(book.cancel_due(1_600, 199).await.unwrap().is_empty());
    assert_eq!(book.cancel_due(1_601, 199).await.unwrap(), [(HASH, HoldState::Open)]);
    assert_eq!(book.cancel_due(1_601, 200).await.unwrap(), [(held, HoldState::Accepted)]);
}

#[tokio::test]
async fn everything_is_there_after_another_start() {
    let dir = tempfile::tempdir().unwrap();
    let book = open(&dir);
    book.add_hold(new(HASH)).await.unwrap();
    book.accept(HASH, inbound(1_000, 1_100)).await.unwrap();
    let before = book.hold(&HASH).unwrap();
    drop(book);
    assert!(open(&dir).hold(&HASH).unwrap() == before);
}

#[tokio::test]
async fn pages_go_on_where_the_last_one_ended() {
    let dir = tempfile::tempdir().unwrap();
    let book = open(&dir);
    for number in 0..7 {
        book.add_hold(new([number; 32])).await.unwrap();
    }
    book.cancel_from([3; 32], HoldState::Open, 1_100).await.unwrap();
    let (mut after, mut seen) = (0, Vec::new());
    loop {
        let page = book.holds(after, true, 2).unwrap();
        let Some(last) = page.last() else { break };
        after = last.add_index;
        seen.extend(page.iter().map(|hold| hold.hash[0]));
    }
    assert_eq!(seen, [0, 1, 2, 4, 5, 6]);
}

#[tokio::test]
async fn a_payment_is_begun_again_only_after_it_failed() {
    let dir = tempfile::tempdir().unwrap();
    let book = open(&dir);
    let new = || NewPayment {
        hash: HASH,
        invoice: "ln".into(),
        value_msat: 5,
        begun_at: 1,
        begun_height: 2,
        cltv_limit: 3,
    };
    assert!(book.begin_payment(new()).await.unwrap());
    assert!(!book.begin_payment(new()).await.unwrap());
    book.payment_failed(HASH).await.unwrap();
    assert!(book.begin_payment(new()).await.unwrap());
    book.payment_arrived(HASH, Some(PREIMAGE), 7).await.unwrap();
    book.payment_failed(HASH).await.unwrap();
    let payment = book.payment(&HASH).unwrap().unwrap();
    assert_eq!((payment.state, payment.fee_msat), (PaymentState::Paid, 7));
    assert!(!book.begin_payment(new()).await.unwrap());
}

#[tokio::test]
async fn changes_that_wait_are_written_together_and_none_is_lost() {
    let dir = tempfile::tempdir().unwrap();
    let book = open(&dir);
    let adding = (0..200).map(|number| {
        let book = book.clone();
        async move { book.add_hold(new([number; 32])).await.unwrap() }
    });
    let indices = futures_util::future::join_all(adding).await;
    assert!(indices.iter().all(Option::is_some));
    assert_eq!(book.holds(0, true, 1_000).unwrap().len(), 200);
}
