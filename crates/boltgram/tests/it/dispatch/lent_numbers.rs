//! A number of ours from the order to the code: sold by the engine, lent by its supplier, and settled by what its carrier
//! brings.

use domain::account::operator::Actor;
use domain::activation::{Activation, NumberRequest};
use domain::id::AccountId;
use domain::inbound::{InboundBody, InboundPart, Party, Spelling};
use domain::message::door::Door;
use domain::number::own::{Abilities, NumberTerms};
use domain::ports::Clock;
use domain::routing::{CarrierName, Route};
use domain::time::Timestamp;
use engine::activations::{NumberError, NumberOrder, NumberPayment};

use super::house::{CREDIT, House, PRICE};

const NUMBER: &str = "4915100000001";

async fn house() -> (House, AccountId) {
    let house = House::open(&[], Route::in_order("", vec![])).await;
    let can = Abilities { receive: true, send: false, lend: true, rent: false, keywords: false };
    let terms = NumberTerms { country: "DE".parse().ok(), can, ..NumberTerms::default() };
    house.engine.numbers.add(NUMBER, terms, Actor::CommandLine).await.unwrap();
    let buyer = house.account("buyer").await;
    (house, buyer)
}

fn request(buyer: AccountId) -> NumberOrder {
    NumberOrder {
        wanted: NumberRequest::for_code("tg".parse().unwrap(), None),
        account: Some(buyer),
        payment: NumberPayment::Credit,
        price_max: None,
        door: Door::Orders,
        client: format!("account-{}", buyer.0),
        webhook: None,
        referral: None,
        idempotency: None,
    }
}

fn brought(house: &House, text: &str) -> InboundPart {
    InboundPart {
        carrier: CarrierName::new("main"),
        from: Party::new("Telegram"),
        to: Party::new(NUMBER),
        spelling: Spelling::default(),
        body: InboundBody::Text(text.to_owned()),
        join: None,
        at: house.clock.now(),
        interrupted_at: Timestamp::default(),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sells_the_code_that_comes_to_a_number_of_ours() {
    let (house, buyer) = house().await;
    let inbox = house.engine.inbox();
    inbox.inbound(vec![brought(&house, "Telegram code 11111")]).await.unwrap();
    let sold = house.engine.activations.order(request(buyer)).await.unwrap();
    let activation = async || -> Activation {
        house.engine.activations.of_order(sold.order).await.unwrap().unwrap()
    };
    house.until("a number", async || activation().await.number.is_some()).await;
    assert_eq!(activation().await.number.unwrap().digits().to_string(), NUMBER);
    let second = house.engine.activations.order(request(buyer)).await;
    assert!(matches!(second, Err(NumberError::NoNumber)), "{second:?}");
    assert_eq!(house.available(buyer).await, CREDIT.checked_sub(PRICE).unwrap());
    inbox.inbound(vec![brought(&house, "Telegram code 54321")]).await.unwrap();
    house.until("the code", async || activation().await.code.is_some()).await;
    assert_eq!(activation().await.code.unwrap().as_str(), "54321");
    house.until("it is settled", async || house.is_quiet(buyer).await).await;
    assert_eq!(house.available(buyer).await, CREDIT.checked_sub(PRICE).unwrap());
    assert!(house.store.check_ledger().await.unwrap().is_sound());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn gives_the_money_back_and_takes_the_number_back_when_nothing_comes() {
    let (house, buyer) = house().await;
    let sold = house.engine.activations.order(request(buyer)).await.unwrap();
    let tick = std::time::Duration::from_secs(10);
    let of_order = async || house.engine.activations.of_order(sold.order).await.unwrap().unwrap();
    house.until_by(tick, "the end", async || of_order().await.state.is_final()).await;
    house.until("the money is back", async || house.available(buyer).await == CREDIT).await;
    let again = async || house.engine.activations.order(request(buyer)).await.is_ok();
    house.until_by(tick, "the number is back", again).await;
    assert!(house.store.check_ledger().await.unwrap().is_sound());
}
