//! Wholesalers that lie, are slow, or are down.

use domain::activation::loan::LoanState;
use domain::ports::{Cause, FetchError, PortError, Supplier};
use testkit::wholesaler::Fault;
use uuid::Uuid;

use super::{GERMANY, House, query};

#[tokio::test(start_paused = true)]
async fn a_number_dearer_than_allowed_is_cancelled_at_once() {
    let house = House::new();
    house.north.lie_about_cost("0.81");
    let refused = house.acquire(1).await;
    assert!(matches!(refused, Err(PortError::Refused(_))), "{refused:?}");
    assert_eq!(house.north.activations()[0].1.state, "cancelled");
    assert_eq!(house.north.balance(), 100_000);
    assert_eq!(house.status(1).await, Ok(LoanState::Unknown));
}

#[tokio::test(start_paused = true)]
async fn a_number_that_cannot_be_cancelled_yet_is_cancelled_later() {
    let mut house = House::new();
    house.north.lie_about_cost("0.81");
    house.north.fail("setStatus", Fault::Instead(200, "EARLY_CANCEL_DENIED"));
    assert!(matches!(house.acquire(1).await, Err(PortError::Refused(_))));
    assert_eq!(house.status(1).await, Ok(LoanState::Unknown));
    assert_eq!(house.north.activations()[0].1.state, "waiting");
    // By another process too, and it is not taken for another loan's.
    house.restart();
    house.north.fail("getNumberV2", Fault::Drop(FetchError::TimedOut));
    assert!(house.acquire(2).await.is_err());
    assert_eq!(house.decided(2).await, LoanState::Unknown);
    let supplier = house.supplier.clone();
    let inbox = std::sync::Arc::new(super::NoInbox);
    let watched = tokio::time::timeout(std::time::Duration::from_secs(5), supplier.run(inbox));
    assert!(watched.await.is_err());
    assert_eq!(house.north.activations()[0].1.state, "cancelled");
}

#[tokio::test(start_paused = true)]
async fn reads_a_number_with_and_without_plus_and_returns_what_is_none() {
    for (written, digits) in [
        ("4915112345678", Some(4_915_112_345_678)),
        ("+4915112345678", Some(4_915_112_345_678)),
        ("+49 (151) 1234-5678", Some(4_915_112_345_678)),
        ("", None),
        ("123", None),
        ("unknown", None),
        ("00000000000", None),
        ("4915112345678901234", None),
    ] {
        let house = House::new();
        house.north.give_number(written);
        match house.acquire(1).await {
            Ok(loan) => assert_eq!(Some(loan.number.digits()), digits, "{written}"),
            Err(PortError::Refused(why)) => {
                assert_eq!(digits, None, "{written}: {why}");
                assert_eq!(house.north.activations()[0].1.state, "cancelled", "{written}");
            }
            Err(error) => panic!("{written}: {error:?}"),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn one_number_lent_for_two_loans_is_lent_once() {
    let house = House::new();
    house.north.give_id(7);
    house.acquire(1).await.unwrap();
    let second = house.acquire(2).await;
    assert!(matches!(second, Err(PortError::Unknown(_))), "{second:?}");
    assert_eq!(house.decided(2).await, LoanState::Unknown);
    assert_eq!(house.north.activation(7).state, "waiting", "the first keeps it");
    assert!(matches!(house.status(1).await, Ok(LoanState::Lent(..))));
}

#[tokio::test(start_paused = true)]
async fn a_code_after_the_end_is_no_error() {
    let house = House::new();
    house.acquire(1).await.unwrap();
    let (id, _) = house.north.activations()[0];
    house.supplier.release(Uuid::from_u128(1)).await.unwrap();
    house.north.send_code(id, "48010", "48010");
    assert_eq!(house.status(1).await, Ok(LoanState::Over(Vec::new())));
}

#[tokio::test(start_paused = true)]
async fn an_activation_that_the_wholesaler_cancels_is_over() {
    let house = House::new();
    house.acquire(1).await.unwrap();
    let (id, _) = house.north.activations()[0];
    house.north.cancel(id);
    assert_eq!(house.status(1).await, Ok(LoanState::Over(Vec::new())));
    house.supplier.release(Uuid::from_u128(1)).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn the_same_message_twice_has_two_keys_that_stay() {
    let house = House::new();
    house.acquire(1).await.unwrap();
    let (id, _) = house.north.activations()[0];
    house.north.send_code(id, "48010", "code 48010");
    house.north.send_code(id, "48010", "code 48010");
    let first = house.messages(1).await;
    assert_eq!(first.len(), 2);
    assert_ne!(first[0].key, first[1].key);
    assert!(!first[0].key.contains("48010"), "keys are stored in the open");
    house.pass(4).await;
    let again: Vec<_> = house.messages(1).await.into_iter().map(|message| message.key).collect();
    assert_eq!(again, first.into_iter().map(|message| message.key).collect::<Vec<_>>());
}

#[tokio::test(start_paused = true)]
async fn what_never_connected_is_unavailable_and_bought_elsewhere() {
    for cause in [
        Cause::Name,
        Cause::Connect(std::io::ErrorKind::ConnectionRefused),
        Cause::Tls("wrong certificate".to_owned()),
    ] {
        let house = House::new();
        house.supplier.offers(&query("tg", Some(GERMANY))).await.unwrap();
        house.north.fail("getNumberV2", Fault::Drop(FetchError::Unreachable(cause)));
        let refused = house.acquire(1).await;
        assert!(matches!(refused, Err(PortError::Unavailable(_))), "{refused:?}");
        assert_eq!(house.status(1).await, Ok(LoanState::Unknown));
        // It is spared for a moment, and then offers again.
        assert!(house.supplier.offers(&query("tg", Some(GERMANY))).await.is_err());
        house.pass(3).await;
        assert_eq!(house.supplier.offers(&query("tg", Some(GERMANY))).await.unwrap().len(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_broken_table_of_prices_is_no_stock_of_nothing() {
    for broken in ["<html>", "{\"43\":", "OK", "[1]", ""] {
        let house = House::new();
        house.north.fail("getPrices", Fault::Instead(200, broken));
        let offers = house.supplier.offers(&query("tg", None)).await;
        assert!(matches!(offers, Err(PortError::Unavailable(_))), "{broken}: {offers:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_status_that_cannot_be_read_ends_nothing() {
    let house = House::new();
    house.acquire(1).await.unwrap();
    for broken in ["<html>", "", "ERROR_SQL", "BAD_KEY"] {
        house.north.fail("getActiveActivations", Fault::Instead(200, broken));
        let status = house.status(1).await;
        assert!(matches!(status, Err(PortError::Unavailable(_))), "{broken}: {status:?}");
        house.pass(61).await;
    }
    // It is missing in the list, and its own status is HTML.
    house.north.fail(
        "getActiveActivations",
        Fault::Instead(200, r#"{"status":"success","activeActivations":[]}"#),
    );
    house.north.fail("getStatus", Fault::Instead(200, "<html>"));
    assert!(matches!(house.status(1).await, Err(PortError::Unavailable(_))));
}
