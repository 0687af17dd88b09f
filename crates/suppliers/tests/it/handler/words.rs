//! Every error word of the protocol, as the answer to a purchase.

use domain::activation::loan::LoanState;
use domain::ports::{PortError, Supplier};
use testkit::wholesaler::Fault;

use super::{GERMANY, House, query, rental};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Refused,
    Unavailable,
    Unknown,
    Conflict,
}

fn kind(error: &PortError) -> Kind {
    match error {
        PortError::Refused(_) => Kind::Refused,
        PortError::Unavailable(_) => Kind::Unavailable,
        PortError::Unknown(_) => Kind::Unknown,
        PortError::Conflict(_) => Kind::Conflict,
    }
}

const WORDS: [(&str, Kind); 23] = [
    ("BAD_KEY", Kind::Unavailable),
    ("NO_KEY", Kind::Unavailable),
    ("WRONG_API_KEY", Kind::Unavailable),
    ("NO_BALANCE", Kind::Unavailable),
    ("CHANNELS_LIMIT", Kind::Unavailable),
    ("BANNED", Kind::Unavailable),
    ("BANNED:2026-12-24 12:00:00", Kind::Unavailable),
    ("ACCOUNT_INACTIVE", Kind::Unavailable),
    ("BAD_SERVICE", Kind::Refused),
    ("WRONG_SERVICE", Kind::Refused),
    ("WRONG_COUNTRY", Kind::Refused),
    ("BAD_STATUS", Kind::Refused),
    ("WRONG_MAX_PRICE", Kind::Refused),
    ("WRONG_MAX_PRICE:0.90", Kind::Refused),
    ("NO_NUMBERS", Kind::Refused),
    ("NO_ACTIVATION", Kind::Unknown),
    ("WRONG_ACTIVATION_ID", Kind::Unknown),
    ("EARLY_CANCEL_DENIED", Kind::Unknown),
    ("OTP_RECEIVED", Kind::Unknown),
    ("ACTIVATION_NOT_ACTIVE", Kind::Unknown),
    ("ERROR_SQL", Kind::Unknown),
    ("SQL_ERROR", Kind::Unknown),
    ("SERVER_ERROR", Kind::Unknown),
];

#[tokio::test(start_paused = true)]
async fn every_word_decides_what_becomes_of_a_purchase() {
    for (word, expected) in WORDS {
        let house = House::new();
        house.supplier.offers(&query("tg", Some(GERMANY))).await.unwrap();
        house.north.fail("getNumberV2", Fault::Instead(200, word));
        let error = house.acquire(1).await.unwrap_err();
        assert_eq!(kind(&error), expected, "{word}: {error}");
        let status = house.status(1).await;
        if expected == Kind::Unknown {
            assert!(matches!(status, Err(PortError::Unavailable(_))), "{word}: {status:?}");
        } else {
            assert_eq!(status, Ok(LoanState::Unknown), "{word}");
        }
        assert_eq!(house.north.activations(), [], "{word}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_word_counts_whatever_status_it_comes_with() {
    for status in [200, 400, 401, 402, 404, 429, 500, 503] {
        let house = House::new();
        house.north.fail("getNumberV2", Fault::Instead(status, "NO_NUMBERS"));
        let error = house.acquire(1).await.unwrap_err();
        assert_eq!(kind(&error), Kind::Refused, "{status}");
    }
    // Without a word, the status decides.
    for (status, expected) in [
        (403, Kind::Unavailable),
        (404, Kind::Unavailable),
        (429, Kind::Unavailable),
        (408, Kind::Unknown),
        (301, Kind::Unknown),
        (500, Kind::Unknown),
        (503, Kind::Unknown),
    ] {
        let house = House::new();
        house.north.fail("getNumberV2", Fault::Instead(status, "<html>"));
        let error = house.acquire(1).await.unwrap_err();
        assert_eq!(kind(&error), expected, "{status}");
    }
}

#[tokio::test(start_paused = true)]
async fn words_of_rentals_are_in_json() {
    for (body, expected) in [
        (r#"{"status":"error","message":"NO_NUMBERS"}"#, Kind::Refused),
        (r#"{"status":"error","message":"NO_BALANCE"}"#, Kind::Unavailable),
        (r#"{"status":"error","message":"SERVER_ERROR"}"#, Kind::Unknown),
        (r#"{"status":"error","message":"something else"}"#, Kind::Unknown),
        (r#"{"status":"success"}"#, Kind::Unknown),
    ] {
        let house = House::new();
        house.north.fail("getRentNumber", Fault::Instead(200, body));
        let error = house.supplier.acquire(rental(1, 4)).await.unwrap_err();
        assert_eq!(kind(&error), expected, "{body}: {error}");
    }
}

/// Between two actions nothing is bought: the old one takes over.
#[tokio::test(start_paused = true)]
async fn a_wholesaler_without_the_new_action_is_asked_by_the_old_one() {
    let house = House::new();
    house.north.fail("getNumberV2", Fault::Instead(200, "BAD_ACTION"));
    for number in 1..=2 {
        house.acquire(number).await.unwrap();
    }
    assert_eq!((house.north.count("getNumberV2"), house.north.count("getNumber")), (1, 2));
}
