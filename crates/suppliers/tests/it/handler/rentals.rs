//! Rentals: bought, read, extended, ended; and lost answers.

use std::time::Duration;

use domain::activation::loan::LoanState;
use domain::money::Msat;
use domain::ports::{Cause, Extend, FetchError, PortError, Supplier};
use testkit::wholesaler::Fault;
use uuid::Uuid;

use super::{House, UNIT, rental};

const LOAN: Uuid = Uuid::from_u128(1);

fn hours(hours: u64) -> Duration {
    Duration::from_secs(hours * 60 * 60)
}

#[tokio::test(start_paused = true)]
async fn rents_a_number_reads_its_messages_and_ends_it() {
    let house = House::new();
    let loan = house.supplier.acquire(rental(1, 4)).await.unwrap();
    assert_eq!(loan.cost, Msat::new(UNIT));
    assert_eq!(loan.until, loan.assigned_at.after(hours(4)));
    assert!(house.messages(1).await.is_empty());
    let (id, _) = house.north.rentals()[0];
    for number in 0..120 {
        house.north.send_to_rental(id, &format!("message {number}"));
    }
    let messages = house.messages(1).await;
    assert_eq!(messages.len(), 120);
    assert_eq!(messages[0].text.as_str(), "message 0", "oldest first");
    assert_eq!(messages[119].text.as_str(), "message 119");
    house.supplier.release(LOAN).await.unwrap();
    assert_eq!(house.north.rentals()[0].1.state, "STATUS_FINISH", "it cannot be cancelled");
    assert_eq!(house.status(1).await, Ok(LoanState::Over(Vec::new())));
}

#[tokio::test(start_paused = true)]
async fn a_rental_without_a_message_is_returned_for_nothing() {
    let house = House::new();
    house.supplier.acquire(rental(1, 4)).await.unwrap();
    for _ in 0..2 {
        house.supplier.release(LOAN).await.unwrap();
    }
    assert_eq!(house.north.balance(), 100_000);
}

#[tokio::test(start_paused = true)]
async fn a_rental_that_the_wholesaler_ends_is_over() {
    let house = House::new();
    house.supplier.acquire(rental(1, 4)).await.unwrap();
    house.north.end_rental(house.north.rentals()[0].0);
    assert_eq!(house.status(1).await, Ok(LoanState::Over(Vec::new())));
}

#[tokio::test(start_paused = true)]
async fn an_extension_moves_the_end_and_is_bought_once() {
    let house = House::new();
    let loan = house.supplier.acquire(rental(1, 4)).await.unwrap();
    let extend = Extend {
        loan: LOAN,
        from: loan.until,
        until: loan.until.after(hours(24)),
        cost_max: Msat::new(10 * UNIT),
    };
    let longer = house.supplier.extend(extend).await.unwrap();
    assert_eq!((longer.until, longer.cost), (extend.until, Msat::new(6 * UNIT)));
    let LoanState::Lent(stored, _) = house.status(1).await.unwrap() else { panic!() };
    assert_eq!(stored.until, extend.until);
    assert_eq!(house.north.rentals()[0].1.hours, 28);
    let dear = Extend { cost_max: Msat::new(UNIT), ..extend };
    assert!(matches!(house.supplier.extend(dear).await, Err(PortError::Refused(_))));
    house.north.fail("continueRentNumber", Fault::Lose(FetchError::TimedOut));
    let lost = house.supplier.extend(extend).await;
    assert!(matches!(lost, Err(PortError::Unknown(_))), "{lost:?}");
    let asked = house.north.asked("continueRentNumber");
    assert!(asked.len() == 2 && asked.iter().all(|asked| asked.once));
    assert_eq!(asked[0].parameters["idempotency_key"], asked[1].parameters["idempotency_key"]);
}

#[tokio::test(start_paused = true)]
async fn a_rental_above_the_limit_is_not_bought() {
    let house = House::new();
    let dear = domain::ports::Acquire { cost_max: Msat::new(UNIT), ..rental(1, 4) };
    assert!(matches!(house.supplier.acquire(dear).await, Err(PortError::Refused(_))));
    assert_eq!(house.north.count("getRentNumber"), 0);
}

#[tokio::test(start_paused = true)]
async fn a_lost_rental_is_found_in_the_list() {
    let house = House::new();
    house.supplier.acquire(rental(2, 4)).await.unwrap();
    house.north.fail("getRentNumber", Fault::Lose(FetchError::Unreachable(Cause::Broken)));
    let lost = house.supplier.acquire(rental(1, 4)).await;
    assert!(matches!(lost, Err(PortError::Unknown(_))), "{lost:?}");
    house.pass(11).await;
    let LoanState::Lent(found, _) = house.status(1).await.unwrap() else { panic!() };
    assert_eq!(found.number.digits(), 4_915_112_345_602);
    assert_eq!(house.north.count("getRentNumber"), 2);
    house.north.fail("getRentNumber", Fault::Drop(FetchError::TimedOut));
    assert!(house.supplier.acquire(rental(3, 4)).await.is_err());
    house.pass(71).await;
    assert_eq!(house.status(3).await, Ok(LoanState::Unknown));
}
