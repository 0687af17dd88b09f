//! Rentals whose answer was lost.

use std::time::Duration;

use domain::activation::loan::LoanState;
use domain::ports::{Acquire, Cause, FetchError, PortError, Supplier};
use testkit::wholesaler::{Fault, Style};

use super::{House, rental, service};

/// Rents a number, and loses the answer.
async fn lose(house: &House, wanted: Acquire) {
    house.north.fail("getRentNumber", Fault::Lose(FetchError::Unreachable(Cause::Broken)));
    let lost = house.supplier.acquire(wanted).await;
    assert!(matches!(lost, Err(PortError::Unknown(_))), "{lost:?}");
    house.pass(61).await;
}

#[tokio::test(start_paused = true)]
async fn a_lost_rental_is_found_in_the_list() {
    for lists_ends in [false, true] {
        let house = House::new();
        house.north.style(Style { lists_ends, ..Style::default() });
        house.supplier.acquire(rental(2, 4)).await.unwrap();
        lose(&house, rental(1, 4)).await;
        let LoanState::Lent(found, _) = house.decided(1).await else { panic!() };
        assert_eq!(found.number.digits(), 4_915_112_345_602);
        assert_eq!(house.north.count("getRentNumber"), 2);
        house.north.fail("getRentNumber", Fault::Drop(FetchError::TimedOut));
        assert!(house.supplier.acquire(rental(3, 4)).await.is_err());
        assert_eq!(house.decided(3).await, LoanState::Unknown);
    }
}

#[tokio::test(start_paused = true)]
async fn a_list_that_is_not_given_decides_nothing() {
    for refused in [
        "BAD_ACTION",
        r#"{"status":"success"}"#,
        "{}",
        r#"{"status":"error","message":"WRONG_SERVICE"}"#,
    ] {
        let house = House::new();
        lose(&house, rental(1, 4)).await;
        for _ in 0..60 {
            house.north.fail("getRentList", Fault::Instead(200, refused));
            assert!(house.status(1).await.is_err(), "{refused}");
            house.pass(4).await;
        }
        assert!(matches!(house.decided(1).await, LoanState::Lent(..)), "{refused}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_rental_of_another_service_or_duration_is_not_taken() {
    let house = House::new();
    house.north.stock("tg", 43, "0.01", 10);
    let other = Acquire { service: service("tg"), ..rental(2, 4) };
    lose(&house, other).await;
    let longer = Acquire { service: service("tg"), ..rental(1, 720) };
    lose(&house, longer).await;
    lose(&house, rental(3, 4)).await;
    for (number, hours, digits) in
        [(3, 4, 4_915_112_345_603), (1, 720, 4_915_112_345_602), (2, 4, 4_915_112_345_601)]
    {
        let LoanState::Lent(found, _) = house.decided(number).await else { panic!("{number}") };
        assert_eq!(found.number.digits(), digits);
        let duration = Duration::from_secs(hours * 60 * 60);
        assert_eq!(found.until, found.assigned_at.after(duration));
    }
}

#[tokio::test(start_paused = true)]
async fn of_two_kinds_that_the_list_does_not_tell_apart_none_is_taken() {
    let house = House::new();
    house.north.style(Style { lists_ends: false, ..Style::default() });
    house.north.stock("tg", 43, "0.01", 10);
    lose(&house, rental(1, 4)).await;
    lose(&house, Acquire { service: service("tg"), ..rental(2, 720) }).await;
    for _ in 0..20 {
        for number in [1, 2] {
            let undecided = house.status(number).await;
            assert!(matches!(undecided, Err(PortError::Unavailable(_))), "{undecided:?}");
        }
        house.pass(4).await;
    }
}
