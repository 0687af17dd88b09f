//! Batches, and suppliers that do not answer.

use domain::activation::CountryCode;

use super::super::fake_supplier::{COST, FakeSupplier};
use super::*;

/// The paused time of tokio.
#[derive(Debug)]
struct TokioClock(tokio::time::Instant);

impl Clock for TokioClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(1_700_000_000_000).after(self.0.elapsed())
    }
}

fn wanted(service: &str) -> NumberRequest {
    NumberRequest::for_code(service.parse().unwrap(), Some(CountryCode(43)))
}

fn offers_of(fakes: &[&Arc<FakeSupplier>]) -> Offers {
    let suppliers = fakes.iter().map(|fake| Arc::clone(*fake) as Arc<dyn Supplier>);
    Offers::new(suppliers.collect(), Arc::new(TokioClock(tokio::time::Instant::now())))
}

fn names(suppliers: &[Arc<dyn Supplier>]) -> Vec<&str> {
    suppliers.iter().map(|supplier| supplier.name().as_str()).collect()
}

#[tokio::test(start_paused = true)]
async fn a_batch_reads_offers_once_for_each_request() {
    let fake = FakeSupplier::new("one");
    let offers = offers_of(&[&fake]);
    let batch: Vec<_> = (0..100).map(|at| wanted(["tg", "wa"][at % 2])).collect();
    let found = offers.of_all(batch.iter().cloned().collect()).await;
    assert_eq!(fake.asked(), 2);
    for wanted in &batch {
        assert_eq!(names(&found.ranked(wanted, COST, &[])), ["one"]);
    }
    let tried = [SupplierName::new("one")];
    assert!(found.ranked(&batch[0], COST, &tried).is_empty());
    assert!(found.ranked(&batch[0], Msat::new(1), &[]).is_empty(), "too expensive");
}

#[tokio::test(start_paused = true)]
async fn a_supplier_that_hangs_holds_a_batch_up_once_and_the_next_ones_not() {
    let (hanging, other) = (FakeSupplier::that_hangs("hangs"), FakeSupplier::new("other"));
    let offers = offers_of(&[&hanging, &other]);
    let batch: Vec<_> = (b'a'..=b'z').map(|at| wanted(&format!("t{}", char::from(at)))).collect();
    let begun = tokio::time::Instant::now();
    let found = offers.of_all(batch.iter().cloned().collect()).await;
    assert!(begun.elapsed() <= OFFERS_TIMEOUT + Duration::from_millis(10), "{:?}", begun.elapsed());
    for wanted in &batch {
        assert_eq!(names(&found.ranked(wanted, COST, &[])), ["other", "hangs"]);
    }
    let asked = hanging.asked();
    assert!(asked <= OFFERS_AT_ONCE, "{asked}");
    let begun = tokio::time::Instant::now();
    offers.of_all(batch.iter().cloned().collect()).await;
    assert_eq!((begun.elapsed(), hanging.asked()), (Duration::ZERO, asked), "it rests");
    tokio::time::advance(OFFERS_REST).await;
    offers.of(&batch[0]).await;
    assert_eq!(hanging.asked(), asked + 1, "it is asked again");
}
