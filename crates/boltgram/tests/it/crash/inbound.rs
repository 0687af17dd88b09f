//! Inbound messages when the process crashes between storing and acknowledging them: the carrier
//! repeats unacknowledged ones, and each message is stored once.

use std::sync::Arc;
use std::time::Duration;

use domain::inbound::{InboundBody, InboundPart, Join, JoinScheme, Party, Spelling};
use domain::limits::INBOUND_JOIN_MAX;
use domain::ports::{Clock, Store};
use domain::routing::CarrierName;
use domain::time::Timestamp;
use testkit::crash::{Fuse, Side};

use super::house::{HELPFUL, House, Life};
use super::scenarios::Scenario;
use super::until;

fn part(text: &str, join: Option<Join>, at: Timestamp, interrupted_at: Timestamp) -> InboundPart {
    InboundPart {
        carrier: CarrierName::new("main"),
        from: Party::new("4520123456"),
        to: Party::new(HELPFUL),
        spelling: Spelling::default(),
        body: InboundBody::Text(text.to_owned()),
        join,
        at,
        interrupted_at,
    }
}

/// A text of two parts, a whole text, and a HELP request.
fn sent(at: Timestamp, interrupted_at: Timestamp) -> Vec<InboundPart> {
    let join = |number| Join::new(JoinScheme::Udh8, 7, 2, number);
    vec![
        part("b", join(2), at, interrupted_at),
        part("JA", None, at, interrupted_at),
        part("HELP", None, at, interrupted_at),
        part("a", join(1), at, interrupted_at),
    ]
}

/// Sends one after another until the process crashes. Returns the number acknowledged.
async fn send(life: &Life, parts: Vec<InboundPart>, fuse: &Fuse) -> usize {
    let inbox = life.engine.inbox();
    let mut answered = 0;
    for part in parts {
        let dead = async {
            while !fuse.has_blown() {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        };
        tokio::select! {
            stored = inbox.inbound(vec![part]) => stored.unwrap(),
            () = dead => return answered,
        }
        answered += 1;
    }
    answered
}

async fn texts(store: &Arc<dyn Store>) -> Vec<String> {
    let came_in = store.inbound_list(None, 100).await.unwrap();
    let text = |m: &domain::inbound::InboundMessage| m.content.text().unwrap().as_str().to_owned();
    let mut texts: Vec<_> = came_in.iter().map(text).collect();
    texts.sort_unstable();
    texts
}

async fn run(fuse: Arc<Fuse>) {
    let house = House::new(Scenario::Unpaid).await;
    let life = house.begin(fuse.clone()).await;
    let begun = house.clock.now();
    house.clock.advance(Duration::from_secs(1));
    let answered = send(&life, sent(house.clock.now(), begun), &fuse).await;
    drop(life);

    house.clock.advance(Duration::from_secs(20));
    let life = house.begin(Fuse::counting()).await;
    let begun = house.clock.now();
    house.clock.advance(Duration::from_secs(1));
    let again = sent(house.clock.now(), begun).split_off(answered);
    let owed = again.len();
    assert_eq!(send(&life, again, &Fuse::counting()).await, owed);
    assert_eq!(texts(&house.store).await, ["HELP", "JA", "ab"]);
    assert_eq!(house.affords().await, 4, "one of five is spent on the reply");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_that_came_in_is_there_once_whatever_dies() {
    let counting = Fuse::counting();
    run(counting.clone()).await;
    let steps = counting.steps();
    assert!(steps >= 3, "only {steps} steps");
    for step in 0..steps {
        for side in [Side::Before, Side::After] {
            run(Fuse::blowing(step, side)).await;
        }
    }
}

/// A text of two parts whose first word is a keyword with a reply.
async fn run_keyword(fuse: Arc<Fuse>) {
    let house = House::new(Scenario::Unpaid).await;
    house.buy_keyword("pacman", "Tak!").await;
    let life = house.begin(fuse.clone()).await;
    let begun = house.clock.now();
    house.clock.advance(Duration::from_secs(1));
    let parts = |at, interrupted_at| {
        let join = |number| Join::new(JoinScheme::Udh8, 7, 2, number);
        vec![
            part("spille", join(2), at, interrupted_at),
            part("Pacman! Jeg vil ", join(1), at, interrupted_at),
        ]
    };
    let answered = send(&life, parts(house.clock.now(), begun), &fuse).await;
    let replied = async || house.store.due_replies(10).await.unwrap().is_empty();
    until(&house, Duration::ZERO, "the reply is sent or the fuse blows", async || {
        fuse.has_blown() || replied().await
    })
    .await;
    drop(life);

    house.clock.advance(Duration::from_secs(20));
    let life = house.begin(Fuse::counting()).await;
    let begun = house.clock.now();
    house.clock.advance(Duration::from_secs(1));
    let again = parts(house.clock.now(), begun).split_off(answered);
    let owed = again.len();
    assert_eq!(send(&life, again, &Fuse::counting()).await, owed);
    until(&house, Duration::ZERO, "the reply is sent", async || {
        replied().await && house.affords().await < 5
    })
    .await;
    let [row] = house.inbox().await.try_into().unwrap();
    assert_eq!(row.message.content.text().unwrap().as_str(), "Pacman! Jeg vil spille");
    assert_eq!(row.keyword.unwrap().as_str(), "pacman");
    assert_eq!(house.affords().await, 4, "one of five is spent on the reply");
    assert!(house.store.check_ledger().await.unwrap().is_sound());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_keyword_is_answered_once_whatever_dies() {
    let counting = Fuse::counting();
    run_keyword(counting.clone()).await;
    let steps = counting.steps();
    assert!(steps >= 3, "only {steps} steps");
    for step in 0..steps {
        for side in [Side::Before, Side::After] {
            run_keyword(Fuse::blowing(step, side)).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_whose_part_never_comes_is_told_as_far_as_it_came() {
    let house = House::new(Scenario::Unpaid).await;
    let life = house.begin(Fuse::counting()).await;
    let now = house.clock.now();
    let missing = sent(now, now).split_off(3);
    life.engine.inbox().inbound(missing).await.unwrap();
    house.clock.advance(INBOUND_JOIN_MAX);
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(texts(&house.store).await, Vec::<String>::new(), "not before the limit");
    house.clock.advance(Duration::from_secs(1));
    until(&house, Duration::ZERO, "the incomplete message is reported", async || {
        !texts(&house.store).await.is_empty()
    })
    .await;
    let [message] = house.store.inbound_list(None, 10).await.unwrap().try_into().unwrap();
    assert_eq!(message.content.text().unwrap().as_str(), "a");
    assert_eq!((message.parts, message.missing), (2, vec![2]));
}
