//! A later end of a rental.

use std::time::Duration;

use domain::activation::loan::{Loan, LoanState};
use domain::money::Msat;
use domain::ports::{Cause, Extend, FetchError, PortError, Supplier};
use testkit::wholesaler::{Fault, Style};
use uuid::Uuid;

use super::{House, UNIT, rental};

const LOAN: Uuid = Uuid::from_u128(1);

/// By a day.
fn longer(loan: &Loan) -> Extend {
    let until = loan.until.after(Duration::from_secs(24 * 60 * 60));
    Extend { loan: LOAN, from: loan.until, until, cost_max: Msat::new(10 * UNIT) }
}

async fn lent(house: &House) -> Loan {
    match house.decided(1).await {
        LoanState::Lent(loan, _) => loan,
        other => panic!("{other:?}"),
    }
}

/// Loses the answer of an extension that was made.
async fn lose(house: &House, extend: Extend) {
    house.north.fail("continueRentNumber", Fault::Lose(FetchError::Unreachable(Cause::Broken)));
    let lost = house.supplier.extend(extend).await;
    assert!(matches!(lost, Err(PortError::Unknown(_))), "{lost:?}");
}

#[tokio::test(start_paused = true)]
async fn an_extension_moves_the_end_and_is_bought_once() {
    let house = House::new();
    let loan = house.supplier.acquire(rental(1, 4)).await.unwrap();
    let dear = Extend { cost_max: Msat::new(UNIT), ..longer(&loan) };
    assert!(matches!(house.supplier.extend(dear).await, Err(PortError::Refused(_))));
    let extend = longer(&loan);
    for _ in 0..2 {
        let extended = house.supplier.extend(extend).await.unwrap();
        assert_eq!((extended.until, extended.cost), (extend.until, Msat::new(6 * UNIT)));
    }
    assert_eq!(lent(&house).await.until, extend.until);
    assert_eq!(house.north.rentals()[0].1.hours, 28);
    let asked = house.north.asked("continueRentNumber");
    assert!(asked.len() == 1 && asked[0].once);
    assert_eq!(
        asked[0].parameters["idempotency_key"],
        format!("{LOAN}-{}", extend.from.as_millis())
    );
}

#[tokio::test(start_paused = true)]
async fn an_extension_whose_answer_is_lost_is_found_by_the_end_in_the_list() {
    let mut house = House::new();
    let loan = house.supplier.acquire(rental(1, 4)).await.unwrap();
    let extend = longer(&loan);
    lose(&house, extend).await;
    house.restart();
    assert_eq!(lent(&house).await.until, extend.until);
    assert_eq!(house.supplier.extend(extend).await.unwrap().until, extend.until);
    assert_eq!(house.north.count("continueRentNumber"), 1);
}

#[tokio::test(start_paused = true)]
async fn an_extension_that_is_undecided_is_not_bought_again() {
    let house = House::new();
    let loan = house.supplier.acquire(rental(1, 4)).await.unwrap();
    house.north.fail("continueRentNumber", Fault::Drop(FetchError::TimedOut));
    assert!(house.supplier.extend(longer(&loan)).await.is_err());
    for seconds in [0, 30, 59] {
        house.pass(seconds).await;
        let undecided = house.status(1).await;
        assert!(matches!(undecided, Err(PortError::Unavailable(_))), "{undecided:?}");
        let again = house.supplier.extend(longer(&loan)).await;
        assert!(matches!(again, Err(PortError::Unknown(_))), "{again:?}");
    }
    house.pass(1).await;
    assert_eq!(lent(&house).await.until, loan.until, "it was not made");
    house.supplier.extend(longer(&loan)).await.unwrap();
    assert_eq!(house.north.count("continueRentNumber"), 2);
}

#[tokio::test(start_paused = true)]
async fn a_refused_extension_can_be_bought_again() {
    let house = House::new();
    let loan = house.supplier.acquire(rental(1, 4)).await.unwrap();
    for word in ["NO_NUMBERS", "NO_BALANCE"] {
        house.north.fail("continueRentNumber", Fault::Instead(200, word));
        assert!(house.supplier.extend(longer(&loan)).await.is_err());
        assert_eq!(lent(&house).await.until, loan.until);
    }
    house.supplier.extend(longer(&loan)).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn where_no_ends_are_listed_a_lost_extension_counts_as_not_made() {
    let house = House::new();
    house.north.style(Style { lists_ends: false, ..Style::default() });
    let loan = house.supplier.acquire(rental(1, 4)).await.unwrap();
    lose(&house, longer(&loan)).await;
    assert!(house.status(1).await.is_err());
    assert_eq!(lent(&house).await.until, loan.until);
}

#[tokio::test(start_paused = true)]
async fn the_store_failing_after_an_extension_is_a_lost_answer() {
    let house = House::new();
    let loan = house.supplier.acquire(rental(1, 4)).await.unwrap();
    house.store.fail_after(1);
    let lost = house.supplier.extend(longer(&loan)).await;
    assert!(matches!(lost, Err(PortError::Unknown(_))), "{lost:?}");
    assert_eq!(lent(&house).await.until, longer(&loan).until);
    house.store.fail_after(0);
    let next = longer(&lent(&house).await);
    assert!(matches!(house.supplier.extend(next).await, Err(PortError::Unavailable(_))));
    assert_eq!(house.north.count("continueRentNumber"), 1);
}
