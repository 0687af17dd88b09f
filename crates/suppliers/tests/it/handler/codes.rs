//! One number for one code, from the offer to the end.

use domain::activation::CountryCode;
use domain::activation::loan::LoanState;
use domain::money::Msat;
use domain::ports::{PortError, Supplier};
use testkit::wholesaler::Style;
use uuid::Uuid;

use super::{GERMANY, House, NoInbox, UNIT, options, query, wanted};

fn styles() -> [Style; 4] {
    let plain = Style::default();
    [
        plain,
        Style { v2: false, ..plain },
        Style { lists_codes: false, ..plain },
        Style { v2: false, lists: false, lists_codes: false, ..plain },
    ]
}

#[tokio::test(start_paused = true)]
async fn lends_a_number_and_brings_its_code_from_every_kind_of_wholesaler() {
    for style in styles() {
        let house = House::new();
        house.north.style(style);
        let loan = house.acquire(1).await.unwrap();
        assert_eq!(loan.number.digits(), 4_915_112_345_601, "{style:?}");
        assert_eq!(loan.country, GERMANY);
        if style.lists || style.v2 {
            assert_eq!(loan.cost, Msat::new(UNIT / 2), "{style:?}");
        } else {
            assert_eq!(loan.cost, Msat::new(UNIT * 8 / 10), "nobody says it: the limit");
        }
        assert!(house.messages(1).await.is_empty());
        let (id, _) = house.north.activations()[0];
        house.north.send_code(id, "48010", "Your code is 48010");
        house.pass(4).await;
        let messages = house.messages(1).await;
        assert_eq!(messages.len(), 1, "{style:?}");
        assert_eq!(messages[0].code.as_ref().unwrap().as_str(), "48010");
        assert_eq!(messages[0].text.as_str(), "Your code is 48010");
        house.supplier.await_next(Uuid::from_u128(1)).await.unwrap();
        assert_eq!(house.north.activation(id).state, "retry");
        house.north.send_code(id, "7777", "And 7777");
        house.pass(4).await;
        let after = house.messages(1).await;
        assert_eq!(after.last().unwrap().code.as_ref().unwrap().as_str(), "7777");
        assert!(after.len() == 1 || after[0].key == messages[0].key, "the first is the same");
        for _ in 0..2 {
            house.supplier.finish(Uuid::from_u128(1)).await.unwrap();
        }
        assert_eq!(house.north.activation(id).state, "finished");
        house.pass(4).await;
        assert_eq!(house.status(1).await, Ok(LoanState::Over(Vec::new())));
    }
}

#[tokio::test(start_paused = true)]
async fn a_released_number_costs_nothing() {
    let house = House::new();
    house.acquire(1).await.unwrap();
    assert_eq!(house.north.balance(), 99_950);
    for _ in 0..2 {
        house.supplier.release(Uuid::from_u128(1)).await.unwrap();
    }
    assert_eq!(house.north.balance(), 100_000);
    assert_eq!(house.status(1).await, Ok(LoanState::Over(Vec::new())));
    house.supplier.release(Uuid::from_u128(99)).await.unwrap();
    let over = house.supplier.await_next(Uuid::from_u128(1)).await;
    assert!(matches!(over, Err(PortError::Conflict(_))), "{over:?}");
}

#[tokio::test(start_paused = true)]
async fn a_release_after_the_code_finishes_the_number() {
    let house = House::new();
    house.acquire(1).await.unwrap();
    let (id, _) = house.north.activations()[0];
    house.north.send_code(id, "48010", "48010");
    house.supplier.release(Uuid::from_u128(1)).await.unwrap();
    assert_eq!(house.north.activation(id).state, "finished");
}

#[tokio::test(start_paused = true)]
async fn offers_what_is_in_stock_with_its_price_and_keeps_it() {
    let house = House::new();
    house.north.stock("tg", 187, "0.80", 3);
    house.north.stock("tg", 6, "0.01", 0);
    for _ in 0..20 {
        let offers = house.supplier.offers(&query("tg", None)).await.unwrap();
        let found: Vec<_> =
            offers.iter().map(|offer| (offer.country.0, offer.count, offer.cost.get())).collect();
        // With the margin.
        assert_eq!(found, [(43, 10, 625_000), (187, 3, 1_000_000)]);
    }
    assert_eq!(house.north.count("getPrices"), 1);
    house.north.stock("tg", 187, "0.80", 0);
    house.pass(31).await;
    assert_eq!(house.supplier.offers(&query("tg", None)).await.unwrap().len(), 1);
    assert_eq!(house.supplier.offers(&query("wa", None)).await.unwrap(), []);
}

#[tokio::test(start_paused = true)]
async fn any_country_is_the_cheapest_in_stock() {
    let house = House::new();
    house.north.stock("tg", 187, "0.80", 3);
    house.north.stock("tg", 6, "0.10", 3);
    let any = domain::ports::Acquire { country: None, ..wanted(1) };
    assert_eq!(house.supplier.acquire(any).await.unwrap().country, CountryCode(6));
}

#[tokio::test(start_paused = true)]
async fn never_acquires_above_the_price_less_the_margin() {
    // 80 % of what the buyer pays is 0.80 units.
    let house = House::new();
    house.north.stock("tg", 43, "0.81", 5);
    let refused = house.acquire(1).await;
    assert!(matches!(refused, Err(PortError::Refused(_))), "{refused:?}");
    assert_eq!(house.north.count("getNumberV2"), 0, "the price is known before");
    // The price rises between the list and the purchase: `maxPrice` holds.
    let house = House::new();
    house.supplier.offers(&query("tg", Some(GERMANY))).await.unwrap();
    house.north.stock("tg", 43, "0.81", 5);
    assert!(matches!(house.acquire(1).await, Err(PortError::Refused(_))));
    assert_eq!(house.north.asked("getNumberV2")[0].parameters["maxPrice"], "0.80");
    assert_eq!(house.north.balance(), 100_000);
    // What was not had is not offered until the prices are read again.
    assert_eq!(house.supplier.offers(&query("tg", Some(GERMANY))).await.unwrap(), []);
    // A maximum of the operator.
    let capped = suppliers::handler::HandlerOptions {
        price_max: Some(Msat::new(UNIT * 4 / 10)),
        ..options()
    };
    let house = House::with(capped);
    assert!(matches!(house.acquire(1).await, Err(PortError::Refused(_))));
    assert_eq!(house.north.count("getNumberV2"), 0);
}

#[tokio::test(start_paused = true)]
async fn the_list_of_open_loans_serves_all_of_them() {
    let house = House::new();
    for number in 1..=8 {
        house.acquire(number).await.unwrap();
    }
    for _ in 0..5 {
        for number in 1..=8 {
            house.messages(number).await;
        }
    }
    assert_eq!(house.north.count("getActiveActivations"), 1);
    assert_eq!(house.north.count("getStatus"), 0);
    house.pass(3).await;
    house.messages(1).await;
    house.messages(2).await;
    assert_eq!(house.north.count("getActiveActivations"), 2);
}

#[tokio::test(start_paused = true)]
async fn a_number_that_was_lent_after_the_list_was_read_is_asked_for_itself() {
    let house = House::new();
    house.acquire(1).await.unwrap();
    house.messages(1).await;
    house.acquire(2).await.unwrap();
    assert!(house.messages(2).await.is_empty());
    assert_eq!(house.north.count("getStatus"), 1);
}

#[tokio::test(start_paused = true)]
async fn keeps_to_its_rate() {
    let house = House::with(suppliers::handler::HandlerOptions { rate: 2, ..options() });
    let begun = tokio::time::Instant::now();
    for number in 1..=3 {
        house.acquire(number).await.unwrap();
    }
    // Prices and three purchases.
    assert_eq!(begun.elapsed().as_millis(), 1_500);
}

#[tokio::test(start_paused = true)]
async fn reads_the_balance_and_shows_no_secret() {
    let house = House::new();
    let supplier = house.supplier.clone();
    let inbox = std::sync::Arc::new(NoInbox);
    let watched = tokio::time::timeout(std::time::Duration::from_secs(61), supplier.run(inbox));
    assert!(watched.await.is_err(), "it runs until it is dropped");
    assert_eq!(*house.balances.0.lock().unwrap(), [Msat::new(1_000 * UNIT); 2]);
    assert!(!format!("{:?}", options()).contains(testkit::wholesaler::KEY));
}

#[tokio::test(start_paused = true)]
async fn offers_nothing_above_the_maximum() {
    let capped = suppliers::handler::HandlerOptions {
        price_max: Some(Msat::new(UNIT * 4 / 10)),
        ..options()
    };
    let house = House::with(capped);
    house.north.stock("tg", 187, "0.40", 3);
    let offers = house.supplier.offers(&query("tg", None)).await.unwrap();
    let countries: Vec<_> = offers.iter().map(|offer| offer.country.0).collect();
    assert_eq!(countries, [187]);
    let fits = domain::ports::Acquire {
        country: Some(CountryCode(187)),
        cost_max: offers[0].cost,
        ..wanted(1)
    };
    assert!(house.supplier.acquire(fits).await.is_ok(), "what is offered is bought");
}

#[tokio::test(start_paused = true)]
async fn cancels_as_older_wholesalers_have_it() {
    let house = House::new();
    house.north.style(Style { cancels_old: true, ..Style::default() });
    house.acquire(1).await.unwrap();
    house.supplier.release(Uuid::from_u128(1)).await.unwrap();
    assert_eq!(house.north.activations()[0].1.state, "cancelled");
    // What is refused both ways is cancelled later.
    house.acquire(2).await.unwrap();
    for _ in 0..2 {
        house.north.fail("setStatus", testkit::wholesaler::Fault::Instead(200, "BAD_STATUS"));
    }
    let refused = house.supplier.release(Uuid::from_u128(2)).await;
    assert!(matches!(refused, Err(PortError::Unavailable(_))), "{refused:?}");
    assert!(matches!(house.status(2).await, Ok(LoanState::Lent(..))));
    house.supplier.release(Uuid::from_u128(2)).await.unwrap();
    assert_eq!(house.north.balance(), 100_000);
}

#[tokio::test(start_paused = true)]
async fn reads_all_pages_of_the_list() {
    let house = House::new();
    house.north.stock("tg", 43, "0.50", 100);
    house.north.style(Style { page_max: 10, ..Style::default() });
    for number in 1..=25 {
        house.acquire(number).await.unwrap();
    }
    for number in 1..=25 {
        house.messages(number).await;
    }
    assert_eq!(house.north.count("getActiveActivations"), 3);
    assert_eq!(house.north.count("getStatus"), 0);
}

#[tokio::test(start_paused = true)]
async fn a_number_is_of_the_country_that_was_wanted_however_that_is_written() {
    for written in ["380", "DE", "49"] {
        let house = House::new();
        house.north.write_country(written);
        assert_eq!(house.acquire(1).await.unwrap().country, GERMANY, "{written}");
    }
    let house = House::new();
    house.north.give_number("380441234567");
    let refused = house.acquire(1).await;
    assert!(matches!(refused, Err(PortError::Refused(_))), "{refused:?}");
    assert_eq!(house.north.activations()[0].1.state, "cancelled");
}

#[tokio::test(start_paused = true)]
async fn a_number_does_not_wait_for_its_cost() {
    let house = House::new();
    house.north.style(Style { v2: false, ..Style::default() });
    let late = std::time::Duration::from_secs(60);
    house.north.fail("getActiveActivations", testkit::wholesaler::Fault::Late(late));
    let begun = tokio::time::Instant::now();
    let loan = house.acquire(1).await.unwrap();
    assert_eq!(loan.cost, Msat::new(UNIT * 8 / 10), "the limit");
    assert!(begun.elapsed() < late);
}
