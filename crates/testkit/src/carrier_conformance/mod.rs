//! The conformance suite of carriers: one outcome per submission, receipts reported until they are stored, and a stop
//! that leaves nothing open.
//!
//! ```ignore
//! testkit::carrier_conformance!(rig::start);
//! ```

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a suite of tests")]

mod inbox;
mod submissions;

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use domain::message::Address;
use domain::ports::{Carrier, End, Inbox, Outcome, ReceiptState, Submission};
use domain::reason::Reason;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};

pub use inbox::{PATIENCE, TestInbox, until};
pub use submissions::{DANISH, LONG, key, submission, with_text};

/// Outcome of a message at the carrier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    Delivered,
    /// Accepted, then a receipt reports a failure.
    Failed,
    Refused,
}

/// A carrier under test, not yet running, and its peer.
#[async_trait]
pub trait Rig: Send + Sync {
    fn carrier(&self) -> Arc<dyn Carrier>;
    /// A destination with this outcome, different for each number below 1,000.
    fn destination(&self, fate: Fate, number: u32) -> Address;
    /// A carrier of the same kind with an unreachable peer; `None` if the kind has no peer.
    fn unreachable(&self) -> Option<Arc<dyn Carrier>>;
    /// Whether receipts follow; otherwise accepted messages count as delivered.
    fn sends_receipts(&self) -> bool;
}

/// Creates a `#[tokio::test]` for every case; `$rig` is an async function that creates a fresh [`Rig`].
#[macro_export]
macro_rules! carrier_conformance {
    ($rig:path) => {
        $crate::carrier_conformance! { @each $rig:
            answers_every_submission_exactly_once
            answers_while_the_inbox_is_slow
            gives_every_part_its_own_id
            submits_only_missing_parts
            reports_a_receipt_for_each_part
            refuses_with_a_reason_and_a_code
            reports_receipts_until_they_are_stored
            defers_at_once_without_a_link
            answers_open_submissions_before_it_stops
            defers_at_once_when_stopped
            is_up_only_while_it_runs
        }
    };
    (@each $rig:path: $($case:ident)+) => { $(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $case() {
            $crate::carrier_conformance::$case($rig().await).await;
        }
    )+ };
}

/// A running carrier. Dropping it ends its task.
#[derive(Debug)]
pub struct Running {
    pub carrier: Arc<dyn Carrier>,
    pub inbox: Arc<TestInbox>,
    /// One task.
    run: JoinSet<()>,
}

impl Running {
    /// Runs the carrier, without waiting for a link.
    pub fn new(carrier: Arc<dyn Carrier>) -> Self {
        let inbox = TestInbox::new();
        let told: Arc<dyn Inbox> = inbox.clone();
        let mut run = JoinSet::new();
        let runs = carrier.clone();
        run.spawn(async move { runs.run(told).await });
        Self { carrier, inbox, run }
    }

    /// Runs the carrier and waits until it is up.
    pub async fn up(carrier: Arc<dyn Carrier>) -> Self {
        let running = Self::new(carrier);
        running.wait_up(true).await;
        running
    }

    pub async fn wait_up(&self, up: bool) {
        until(if up { "a link" } else { "the end of the link" }, || self.carrier.status().up == up)
            .await;
    }

    /// Submits one and waits for its outcome.
    pub async fn send(&self, submission: Submission) -> Outcome {
        let key = submission.key;
        self.carrier.submit(vec![submission]).await;
        self.inbox.outcome(key).await
    }

    /// Stops, and waits until the run has ended by itself.
    pub async fn stop(mut self, grace: Duration) {
        self.carrier.stop(grace).await;
        let ended = timeout(PATIENCE, self.run.join_next()).await.expect("the run ends");
        ended.unwrap().expect("and not by a panic");
    }
}

/// Alternating outcomes, and a long text for every seventh.
fn mixed(rig: &impl Rig, count: u32) -> Vec<(Submission, Fate)> {
    let one = |number: u32| {
        let fate = match number % 5 {
            3 => Fate::Failed,
            4 => Fate::Refused,
            _ => Fate::Delivered,
        };
        let text = if number.is_multiple_of(7) { LONG } else { "Hej" };
        (with_text(key(number), rig.destination(fate, number % 1_000), text), fate)
    };
    (0..count).map(one).collect()
}

fn assert_end(outcome: &Outcome, fate: Fate, receipts: bool) {
    match (fate, &outcome.end) {
        (Fate::Refused, End::Refused { .. }) => assert_eq!(outcome.accepted, []),
        (Fate::Delivered | Fate::Failed, End::Accepted) if receipts => assert_whole(outcome),
        (Fate::Delivered | Fate::Failed, End::Delivered | End::Sent) if !receipts => {
            assert_whole(outcome);
        }
        (_, end) => panic!("{fate:?} ended {end:?}"),
    }
}

fn assert_whole(outcome: &Outcome) {
    let mut parts: Vec<u16> = outcome.accepted.iter().map(|part| part.part).collect();
    parts.sort_unstable();
    assert_eq!(parts, (1..=outcome.parts).collect::<Vec<_>>());
}

fn assert_deferred(outcome: &Outcome, expected: Reason) {
    match outcome.end {
        End::Deferred { reason, .. } if reason == expected => assert_eq!(outcome.accepted, []),
        ref end => panic!("{expected:?} was expected, not {end:?}"),
    }
}

/// Submits from several tasks concurrently.
async fn submit_all(running: &Running, work: Vec<(Submission, Fate)>) {
    let mut sides = JoinSet::new();
    for batch in work.chunks(97) {
        let batch: Vec<_> = batch.iter().map(|(submission, _)| submission.clone()).collect();
        let carrier = running.carrier.clone();
        sides.spawn(async move { carrier.submit(batch).await });
    }
    sides.join_all().await;
}

async fn assert_all_answered_once(rig: &impl Rig, running: &Running, count: u32) {
    let work = mixed(rig, count);
    submit_all(running, work.clone()).await;
    running.inbox.wait_outcomes(work.len()).await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    for (submission, fate) in work {
        let outcomes = running.inbox.outcomes_of(submission.key);
        assert_eq!(outcomes.len(), 1, "{:?}", submission.key);
        assert_eq!(&outcomes[0].carrier, running.carrier.name());
        assert_end(&outcomes[0], fate, rig.sends_receipts());
    }
}

pub async fn answers_every_submission_exactly_once(rig: impl Rig) {
    let running = Running::up(rig.carrier()).await;
    assert_all_answered_once(&rig, &running, 500).await;
}

pub async fn answers_while_the_inbox_is_slow(rig: impl Rig) {
    let running = Running::up(rig.carrier()).await;
    running.inbox.stall(Duration::from_millis(20));
    assert_all_answered_once(&rig, &running, 100).await;
}

pub async fn gives_every_part_its_own_id(rig: impl Rig) {
    let running = Running::up(rig.carrier()).await;
    let mut ids = HashSet::new();
    for number in 0..20 {
        let to = rig.destination(Fate::Delivered, number);
        let outcome = running.send(with_text(key(number), to, LONG)).await;
        assert_whole(&outcome);
        for part in outcome.accepted {
            assert!((1..=65).contains(&part.carrier_id.len()), "{}", part.carrier_id);
            assert!(ids.insert(part.carrier_id), "a duplicate id");
        }
    }
}

pub async fn submits_only_missing_parts(rig: impl Rig) {
    let running = Running::up(rig.carrier()).await;
    let whole = with_text(key(1), rig.destination(Fate::Delivered, 1), LONG);
    let parts = running.send(whole.clone()).await.parts;
    if parts == 1 {
        return;
    }
    let rest = Submission { key: key(2), accepted: vec![1], ..whole };
    let outcome = running.send(rest).await;
    assert_eq!((outcome.parts, outcome.end), (parts, End::Accepted));
    let taken: Vec<u16> = outcome.accepted.iter().map(|part| part.part).collect();
    assert_eq!(taken, (2..=parts).collect::<Vec<_>>());
}

pub async fn reports_a_receipt_for_each_part(rig: impl Rig) {
    if !rig.sends_receipts() {
        return;
    }
    let running = Running::up(rig.carrier()).await;
    for (number, fate, state) in
        [(1, Fate::Delivered, ReceiptState::Delivered), (2, Fate::Failed, ReceiptState::Failed)]
    {
        let to = rig.destination(fate, number);
        let outcome = running.send(with_text(key(number), to, LONG)).await;
        for part in outcome.accepted {
            let receipt = running.inbox.receipt(&part.carrier_id).await;
            assert_eq!((receipt.state, &receipt.carrier), (state, running.carrier.name()));
        }
    }
}

pub async fn refuses_with_a_reason_and_a_code(rig: impl Rig) {
    let running = Running::up(rig.carrier()).await;
    let outcome = running.send(submission(key(1), rig.destination(Fate::Refused, 1))).await;
    let End::Refused { reason, code } = outcome.end else { panic!("{:?}", outcome.end) };
    assert_eq!(reason, Reason::BadDestination);
    assert!(!code.is_empty());
}

pub async fn reports_receipts_until_they_are_stored(rig: impl Rig) {
    if !rig.sends_receipts() {
        return;
    }
    let running = Running::up(rig.carrier()).await;
    running.inbox.refuse_receipts(3);
    let mut ids = Vec::new();
    for number in 0..10 {
        let to = rig.destination(Fate::Delivered, number);
        let outcome = running.send(submission(key(number), to)).await;
        ids.extend(outcome.accepted.into_iter().map(|part| part.carrier_id));
    }
    for id in ids {
        assert_eq!(running.inbox.receipt(&id).await.state, ReceiptState::Delivered);
    }
    assert!(running.inbox.refused() > 0, "the inbox was not called while it refused");
}

pub async fn defers_at_once_without_a_link(rig: impl Rig) {
    let Some(carrier) = rig.unreachable() else { return };
    let running = Running::new(carrier);
    let begun = Instant::now();
    let work: Vec<_> = mixed(&rig, 50).into_iter().map(|(submission, _)| submission).collect();
    running.carrier.submit(work.clone()).await;
    running.inbox.wait_outcomes(work.len()).await;
    assert!(begun.elapsed() < Duration::from_secs(2), "took {:?}", begun.elapsed());
    running.inbox.outcomes().iter().for_each(|outcome| assert_deferred(outcome, Reason::LinkDown));
    assert!(!running.carrier.status().up);
}

pub async fn answers_open_submissions_before_it_stops(rig: impl Rig) {
    let running = Running::up(rig.carrier()).await;
    let work = mixed(&rig, 100);
    submit_all(&running, work.clone()).await;
    let inbox = running.inbox.clone();
    running.stop(Duration::from_secs(10)).await;
    assert_eq!(inbox.outcomes().len(), work.len());
    for (submission, fate) in work {
        let outcome = inbox.outcomes_of(submission.key).remove(0);
        match outcome.end {
            // It was not submitted yet.
            End::Deferred { reason: Reason::LinkDown, .. } => assert_eq!(outcome.accepted, []),
            _ => assert_end(&outcome, fate, rig.sends_receipts()),
        }
    }
}

pub async fn defers_at_once_when_stopped(rig: impl Rig) {
    let running = Running::up(rig.carrier()).await;
    running.carrier.stop(Duration::from_secs(10)).await;
    let begun = Instant::now();
    let outcome = running.send(submission(key(1), rig.destination(Fate::Delivered, 1))).await;
    assert_deferred(&outcome, Reason::LinkDown);
    assert!(begun.elapsed() < Duration::from_secs(2));
    running.stop(Duration::from_secs(1)).await;
}

pub async fn is_up_only_while_it_runs(rig: impl Rig) {
    let carrier = rig.carrier();
    assert!(!carrier.status().up);
    let running = Running::up(carrier.clone()).await;
    running.stop(Duration::from_secs(10)).await;
    assert!(!carrier.status().up);
    assert!(!carrier.status().detail.is_empty());
}
