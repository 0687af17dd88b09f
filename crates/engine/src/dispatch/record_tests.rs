//! Permanently refused outcomes, and the others in their batch.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;

use domain::id::MessageId;
use domain::ports::{AcceptedPart, SubmissionKey};
use domain::routing::CarrierName;
use uuid::Uuid;

use super::*;

const POISON: &str = "poison";

#[derive(Default)]
struct Store {
    /// Stored outcomes: chunk, carrier ids and end.
    outcomes: Mutex<Vec<(ChunkId, Vec<String>, End)>>,
    ended: Mutex<Vec<ChunkId>>,
    given_up: Mutex<Vec<(&'static str, ChunkId)>>,
}

impl Outcomes for Store {
    async fn store(&self, batch: &[Outcome], ends: &[ChunkEnded]) -> Result<(), PortError> {
        let ids = |outcome: &Outcome| -> Vec<String> {
            outcome.accepted.iter().map(|part| part.carrier_id.clone()).collect()
        };
        if batch.iter().any(|outcome| ids(outcome).iter().any(|id| id == POISON)) {
            return Err(PortError::Refused("bad".to_owned()));
        }
        let stored = batch.iter().map(|o| (o.key.chunk, ids(o), o.end.clone()));
        self.outcomes.lock().unwrap().extend(stored);
        self.ended.lock().unwrap().extend(ends.iter().map(|(chunk, ..)| *chunk));
        Ok(())
    }

    fn given_up(&self, kind: &'static str, chunk: ChunkId, _: &PortError) {
        self.given_up.lock().unwrap().push((kind, chunk));
    }
}

fn chunk(number: u128) -> ChunkId {
    ChunkId { message: MessageId(Uuid::from_u128(number)), first: 0 }
}

fn taken(number: u128, id: &str) -> Outcome {
    Outcome {
        key: SubmissionKey { chunk: chunk(number), attempt: 1, recipient: 0 },
        carrier: CarrierName::new("main"),
        link: None,
        parts: 1,
        accepted: vec![AcceptedPart { part: 1, carrier_id: id.to_owned() }],
        end: End::Accepted,
    }
}

fn silent() -> End {
    End::Deferred { reason: Reason::NoAnswer, wait: None, code: None }
}

#[tokio::test]
async fn one_bad_outcome_is_given_up_and_stops_no_other() {
    let store = Store::default();
    let batch = vec![taken(1, "a"), taken(2, POISON), taken(3, "c"), taken(4, "d")];
    let ends: Vec<_> = (1..=4).map(|number| (chunk(number), 1, ChunkEnd::Done)).collect();
    store_all(batch, &ends, &store).await;
    assert_eq!(*store.given_up.lock().unwrap(), [("outcome", chunk(2))]);
    let is_taken = |number, id: &str| (chunk(number), vec![id.to_owned()], End::Accepted);
    let expected =
        [is_taken(1, "a"), (chunk(2), vec![], silent()), is_taken(3, "c"), is_taken(4, "d")];
    let mut stored = store.outcomes.lock().unwrap().clone();
    stored.sort_unstable_by_key(|(chunk, ..)| *chunk);
    assert_eq!(stored, expected);
    // The second chunk's lease expires, and it is claimed again.
    assert_eq!(*store.ended.lock().unwrap(), [chunk(1), chunk(3), chunk(4)]);
}

#[tokio::test]
async fn what_no_carrier_has_is_left_to_the_next_claim() {
    let refused = End::Refused { reason: Reason::Refused, code: POISON.to_owned() };
    assert_eq!(silence(Outcome { accepted: vec![], end: refused.clone(), ..taken(1, "") }), None);
    assert_eq!(silence(Outcome { end: End::Late, ..taken(1, "a") }), None);
    let some = silence(Outcome { end: refused, ..taken(1, "a") }).unwrap();
    assert_eq!((some.accepted.len(), some.end), (0, silent()));
}

#[test]
fn a_recorder_that_falls_leaves_no_trouble_behind() {
    let troubled = AtomicBool::new(false);
    let fallen = catch_unwind(AssertUnwindSafe(|| {
        let _trouble = Trouble::begin(&troubled);
        assert!(!troubled.load(Ordering::SeqCst), "drops the recorder during a retry");
    }));
    assert!(fallen.is_err() && !troubled.load(Ordering::SeqCst));
}
