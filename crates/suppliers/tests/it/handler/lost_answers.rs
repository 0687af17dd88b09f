//! Purchases whose answer was lost: found, never repeated.

use domain::activation::loan::LoanState;
use domain::money::Msat;
use domain::ports::{Cause, FetchError, PortError, Supplier};
use testkit::wholesaler::{Fault, Style};
use uuid::Uuid;

use super::{House, UNIT, wanted};

const BROKEN: FetchError = FetchError::Unreachable(Cause::Broken);

/// Ways in which an answer is lost after the wholesaler has lent a number.
fn losses() -> Vec<Fault> {
    vec![
        Fault::Lose(FetchError::TimedOut),
        Fault::Lose(BROKEN),
        Fault::Answer(200, ""),
        Fault::Answer(200, "<html><body>502 Bad Gateway</body></html>"),
        Fault::Answer(502, "<html>Bad Gateway</html>"),
        Fault::Answer(500, "SERVER_ERROR"),
        Fault::Answer(200, "ERROR_SQL"),
        Fault::Answer(302, ""),
        Fault::Answer(200, r#"{"activationId":63546"#),
        Fault::Answer(200, r#"{"phoneNumber":"4915112345601"}"#),
        Fault::Answer(200, "ACCESS_NUMBER:635468022"),
        Fault::Answer(200, "NEWLY_INVENTED"),
        Fault::Answer(408, ""),
    ]
}

#[tokio::test(start_paused = true)]
async fn a_lost_answer_is_found_in_the_list_and_bought_once() {
    for keeps_keys in [false, true] {
        for loss in losses() {
            let house = House::new();
            house.north.style(Style { keeps_keys, ..Style::default() });
            house.north.fail("getNumberV2", loss.clone());
            let lost = house.acquire(1).await;
            assert!(matches!(lost, Err(PortError::Unknown(_))), "{loss:?}: {lost:?}");
            // Others are bought meanwhile, and are not taken for it.
            house.pass(11).await;
            let other = house.acquire(2).await.unwrap();
            let LoanState::Lent(found, messages) = house.decided(1).await else {
                panic!("{loss:?}");
            };
            assert_eq!(found.number.digits(), 4_915_112_345_601, "{loss:?}");
            assert_ne!(found.number, other.number);
            assert!(messages.is_empty());
            let bought = house.north.count("getNumberV2") + house.north.count("getNumber");
            assert_eq!(bought, 2, "{loss:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn it_is_found_after_a_restart_too() {
    let mut house = House::new();
    house.north.fail("getNumberV2", Fault::Lose(BROKEN));
    assert!(house.acquire(1).await.is_err());
    house.restart();
    assert!(matches!(house.decided(1).await, LoanState::Lent(..)));
    house.restart();
    assert!(matches!(house.status(1).await, Ok(LoanState::Lent(..))));
    assert_eq!(house.north.count("getNumberV2"), 1);
}

#[tokio::test(start_paused = true)]
async fn what_never_arrived_is_decided_after_a_minute_and_not_before() {
    let house = House::new();
    house.north.fail("getNumberV2", Fault::Drop(FetchError::TimedOut));
    assert!(matches!(house.acquire(1).await, Err(PortError::Unknown(_))));
    // However the clock jumps.
    house.clock.advance(std::time::Duration::from_secs(600));
    for seconds in [0, 30, 59] {
        house.pass(seconds).await;
        let undecided = house.status(1).await;
        assert!(matches!(undecided, Err(PortError::Unavailable(_))), "{undecided:?}");
    }
    house.pass(1).await;
    assert_eq!(house.status(1).await, Ok(LoanState::Unknown));
    assert_eq!(house.status(1).await, Ok(LoanState::Unknown));
    assert_eq!(house.north.activations(), []);
}

#[tokio::test(start_paused = true)]
async fn it_is_not_decided_by_a_list_that_cannot_be_read() {
    let house = House::new();
    house.north.fail("getNumberV2", Fault::Lose(FetchError::TimedOut));
    assert!(house.acquire(1).await.is_err());
    house.pass(600).await;
    for failed in ["<html>", "{\"status\":", "BAD_KEY", "ERROR_SQL"] {
        house.north.fail("getActiveActivations", Fault::Instead(200, failed));
        let undecided = house.status(1).await;
        assert!(matches!(undecided, Err(PortError::Unavailable(_))), "{failed}: {undecided:?}");
        house.pass(61).await;
    }
    assert!(matches!(house.decided(1).await, LoanState::Lent(..)));
}

#[tokio::test(start_paused = true)]
async fn two_lost_answers_find_two_numbers() {
    let house = House::new();
    for number in [1, 2] {
        house.north.fail("getNumberV2", Fault::Lose(BROKEN));
        assert!(house.acquire(number).await.is_err());
        house.pass(61).await;
    }
    // Both at once.
    let (first, second) = tokio::join!(house.decided(1), house.decided(2));
    let mut found = [first, second].map(|found| match found {
        LoanState::Lent(loan, _) => loan.number.digits(),
        other => panic!("{other:?}"),
    });
    found.sort_unstable();
    assert_eq!(found, [4_915_112_345_601, 4_915_112_345_602]);
}

/// The wholesaler was down for long between the two lists.
#[tokio::test(start_paused = true)]
async fn a_number_that_comes_into_the_list_late_is_found() {
    let house = House::new();
    house.north.fail("getNumberV2", Fault::Lose(BROKEN));
    assert!(house.acquire(1).await.is_err());
    house.north.fail("getActiveActivations", Fault::Instead(200, "NO_ACTIVATIONS"));
    assert!(matches!(house.status(1).await, Err(PortError::Unavailable(_))));
    house.pass(120).await;
    assert!(matches!(house.status(1).await, Err(PortError::Unavailable(_))), "not denied");
    assert!(matches!(house.decided(1).await, LoanState::Lent(..)));
}

#[tokio::test(start_paused = true)]
async fn two_nodes_find_two_numbers() {
    let mut house = House::new();
    for number in [1, 2] {
        house.north.fail("getNumberV2", Fault::Lose(BROKEN));
        assert!(house.acquire(number).await.is_err());
        house.pass(61).await;
    }
    let other = house.supplier.clone();
    house.restart();
    for _ in 0..3 {
        let _ = tokio::join!(house.status(1), other.status(Uuid::from_u128(2)));
        house.pass(31).await;
    }
    let (first, second) = tokio::join!(house.status(1), other.status(Uuid::from_u128(2)));
    let (Ok(LoanState::Lent(first, _)), Ok(LoanState::Lent(second, _))) = (first, second) else {
        panic!();
    };
    assert_ne!(first.number, second.number);
}

/// The wholesaler lists it before its answer is here, to this process or to another one.
#[tokio::test(start_paused = true)]
async fn a_number_whose_purchase_is_under_way_is_not_taken() {
    let house = House::new();
    house.north.fail("getNumberV2", Fault::Drop(FetchError::TimedOut));
    assert!(house.acquire(1).await.is_err());
    house.pass(60).await;
    let mut other =
        House { store: house.store.clone(), north: house.north.clone(), ..House::new() };
    other.restart();
    house.north.fail("getNumberV2", Fault::Late(std::time::Duration::from_secs(20)));
    let (bought, ()) = tokio::join!(other.acquire(2), async {
        for _ in 0..4 {
            tokio::time::sleep(std::time::Duration::from_secs(4)).await;
            let undecided = house.status(1).await;
            assert!(matches!(undecided, Err(PortError::Unavailable(_))), "{undecided:?}");
        }
    });
    bought.unwrap();
    assert_eq!(house.decided(1).await, LoanState::Unknown);
}

#[tokio::test(start_paused = true)]
async fn a_number_that_costs_too_much_is_left_to_a_loan_that_may_cost_it() {
    let house = House::new();
    house.north.fail("getNumberV2", Fault::Lose(BROKEN));
    assert!(house.acquire(1).await.is_err());
    house.pass(61).await;
    let cheap = domain::ports::Acquire { cost_max: Msat::new(UNIT / 2), ..wanted(2) };
    house.north.stock("tg", 43, "0.40", 10);
    house.north.fail("getNumberV2", Fault::Lose(BROKEN));
    assert!(house.supplier.acquire(cheap).await.is_err());
    let LoanState::Lent(found, _) = house.decided(2).await else { panic!() };
    assert_eq!(found.number.digits(), 4_915_112_345_602);
    let LoanState::Lent(found, _) = house.decided(1).await else { panic!() };
    assert_eq!(found.number.digits(), 4_915_112_345_601);
}

#[tokio::test(start_paused = true)]
async fn a_lost_number_is_found_whose_country_is_written_as_another() {
    let house = House::new();
    house.north.write_country("380");
    house.north.fail("getNumberV2", Fault::Lose(BROKEN));
    assert!(house.acquire(1).await.is_err());
    let LoanState::Lent(found, _) = house.decided(1).await else { panic!() };
    assert_eq!(found.country, super::GERMANY);
}

#[tokio::test(start_paused = true)]
async fn a_number_of_another_service_or_country_is_not_taken() {
    let house = House::new();
    house.north.fail("getNumberV2", Fault::Drop(FetchError::TimedOut));
    assert!(house.acquire(1).await.is_err());
    house.north.lend_to_another("wa", 43);
    house.north.lend_to_another("tg", 187);
    assert_eq!(house.decided(1).await, LoanState::Unknown);
}

/// The wholesaler keeps our name for each loan, so a number that somebody bought by hand is none of ours.
#[tokio::test(start_paused = true)]
async fn a_name_in_the_list_decides_before_all_else() {
    let house = House::new();
    house.north.style(Style { keeps_keys: true, ..Style::default() });
    house.north.lend_to_another("tg", 43);
    house.north.fail("getNumberV2", Fault::Lose(BROKEN));
    assert!(house.acquire(1).await.is_err());
    house.pass(11).await;
    let LoanState::Lent(found, _) = house.status(1).await.unwrap() else { panic!() };
    assert_eq!(found.number.digits(), 4_915_112_345_602);
    assert_eq!(
        house.north.asked("getNumberV2")[0].parameters["idempotency_key"],
        Uuid::from_u128(1).to_string()
    );
}

#[tokio::test(start_paused = true)]
async fn the_store_failing_after_the_purchase_is_a_lost_answer() {
    let house = House::new();
    house.supplier.offers(&super::query("tg", Some(super::GERMANY))).await.unwrap();
    let acquire = house.supplier.acquire(wanted(1));
    // The first change is stored, the second is not.
    house.store.fail_after(1);
    assert!(matches!(acquire.await, Err(PortError::Unknown(_))));
    assert!(matches!(house.decided(1).await, LoanState::Lent(..)));
    assert_eq!(house.north.count("getNumberV2"), 1);
    // Without the first change nothing is bought.
    house.store.fail_after(0);
    assert!(matches!(house.acquire(2).await, Err(PortError::Unavailable(_))));
    assert_eq!(house.north.count("getNumberV2"), 1);
}

#[tokio::test(start_paused = true)]
async fn a_release_of_a_lost_answer_returns_the_number() {
    let house = House::new();
    house.north.fail("getNumberV2", Fault::Lose(BROKEN));
    assert!(house.acquire(1).await.is_err());
    let early = house.supplier.release(Uuid::from_u128(1)).await;
    assert!(matches!(early, Err(PortError::Unavailable(_))), "{early:?}");
    house.pass(30).await;
    house.supplier.release(Uuid::from_u128(1)).await.unwrap();
    assert_eq!(house.north.activations()[0].1.state, "cancelled");
}

#[tokio::test(start_paused = true)]
async fn the_same_loan_is_not_acquired_twice() {
    let house = House::new();
    house.acquire(1).await.unwrap();
    assert!(matches!(house.acquire(1).await, Err(PortError::Unknown(_))));
    assert_eq!(house.north.count("getNumberV2"), 1);
    assert!(house.north.asked("getNumberV2")[0].once, "and the client sends it once");
    assert!(!house.north.asked("getPrices")[0].once);
}
