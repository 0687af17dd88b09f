//! What a key's holder is told: balance, funding, history.

use domain::id::OrderId;
use domain::sale::fulfilment::Fulfilment;
use domain::sale::order::{NewOrder, OrderState, Payment};
use domain::secret::Preimage;
use domain::time::Timestamp;
use testkit::clock::NOON;

use crate::house::{House, Open, sats};
use crate::store::stored;

/// A house, and a key that funded twice.
pub(crate) async fn funded() -> (Open, String) {
    let house = House::new();
    let key = house.key(domain::money::Msat::new(12_345_999), "*", None).await;
    let account = house.accounts()[0];
    for (number, state, amount) in [
        (1, OrderState::Settled, 9_500),
        (2, OrderState::Settled, 340_000),
        (3, OrderState::Open, 7),
    ] {
        let preimage = Preimage::new([number; 32]);
        let mut order = stored(NewOrder {
            id: OrderId::new([number; 32]),
            account: Some(account),
            price: sats(amount),
            payment: Payment::Lightning { preimage, invoice: None, pay_by: NOON },
            fulfilment: Fulfilment::Credit,
            webhook: None,
            referral: None,
            client: "local".to_owned(),
            created_at: Timestamp::from_millis(NOON.as_millis() + i64::from(number)),
        });
        order.state = state;
        // Whoever paid a little more is credited what he paid.
        order.held = Some(sats(amount + 1));
        house.add_order(order);
    }
    (house.open_as(Default::default()).await, key)
}

#[tokio::test]
async fn tells_the_balance_in_whole_sats() {
    let (open, key) = funded().await;
    insta::assert_snapshot!(open.get_with_key("/balance", &key).await);
}

#[tokio::test]
async fn tells_what_was_funded() {
    let (open, key) = funded().await;
    let answer = open.get_with_key("/history", &key).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.json()["orders"][0]["userId"], key);
    insta::assert_json_snapshot!(answer.json());
}

#[tokio::test]
async fn an_empty_history_is_a_list() {
    let house = House::new();
    let key = house.key(sats(0), "*", None).await;
    let open = house.open_as(Default::default()).await;
    let answer = open.get_with_key("/history", &key).await;
    assert_eq!(answer.body, r#"{"status":"OK","totalAmount":0,"orders":[]}"#);
}

#[tokio::test]
async fn funds_by_invoice() {
    let (open, key) = funded().await;
    insta::assert_snapshot!(open.post_with_key("/fund", &key, r#"{"amount":5000}"#).await);
}

#[tokio::test]
async fn reads_amounts_as_clients_write_them() {
    let (open, key) = funded().await;
    for amount in ["5000", "5000.0", "\"5000\"", "5e3", "\"5000.00\""] {
        let body = format!(r#"{{"amount":{amount}}}"#);
        let answer = open.post_with_key("/fund", &key, &body).await;
        assert_eq!(answer.json()["payreq"], "lnbcrt50000n1fake", "{amount}: {answer}");
    }
}
