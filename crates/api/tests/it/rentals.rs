//! Numbers for rent: orders, messages, extensions.

use std::time::Duration;

use domain::activation::{Network, NumberRequest, RentalTerm};
use domain::sale::fulfilment::Fulfilment;

use crate::house::sats;
use crate::openapi::conforms;
use crate::supplier::*;

const RENTAL: &str = r#"{"country":"Germany","service":"full","isRental":true}"#;

fn hours(hours: u64) -> Duration {
    Duration::from_secs(hours * 3_600)
}

#[tokio::test]
async fn rents_for_the_time_that_is_wanted() {
    let open = selling().await.open_as(Default::default()).await;
    for (body, service, time, price) in [
        (RENTAL, "full", 168, 150_000),
        (r#"{"country":43,"isRental":true}"#, "full", 168, 150_000),
        (r#"{"country":43,"service":"tg","isRental":true,"duration":"4h"}"#, "tg", 4, 150_000),
        (r#"{"country":43,"service":"tg","isRental":"true","duration":"2"}"#, "tg", 336, 300_000),
        (r#"{"country":43,"service":"tg","isRental":true,"duration":2}"#, "tg", 336, 300_000),
        (r#"{"country":43,"service":"tg","isRental":true,"duration":"8d"}"#, "tg", 192, 300_000),
    ] {
        let answer = open.post("/createorder", body).await;
        assert_eq!(answer.status, 200, "{body}: {answer}");
        let invoice = answer.json()["payreq"].as_str().unwrap().to_owned();
        assert_eq!(invoice, format!("lnbcrt{price}n1fake"), "{body}");
        let order = open.house.store.order(order_of(&answer)).await.unwrap().unwrap();
        let wanted = NumberRequest {
            service: service.parse().unwrap(),
            country: Some(domain::activation::CountryCode(43)),
            network: Network::Any,
            rental: Some(RentalTerm { duration: hours(time), extends: None }),
        };
        assert_eq!(order.fulfilment, Fulfilment::number(wanted), "{body}");
    }
}

#[tokio::test]
async fn lists_every_message_and_is_extended_by_its_order() {
    let house = selling().await;
    let key = house.key(sats(100_000), "*", None).await;
    let open = house.open_as(Default::default()).await;
    let order = buy(&open, &key, RENTAL).await;
    assert_eq!(open.house.available().await, sats(85_000));
    let extend = format!(r#"{{"extends":"{order}","duration":"2w"}}"#);
    let early = open.post_with_key("/createorder", &key, &extend).await;
    assert_eq!(early.status, 409, "there is no number yet: {early}");
    assign(&open.house, order).await;
    for (key, text) in [("a", "Your code is 111222"), ("b", "Hello"), ("c", "G-333444 is yours")] {
        bring(&open.house, order, key, text).await;
        // The same again changes nothing.
        bring(&open.house, order, key, text).await;
    }
    let status = open.get(&format!("/orderstatus?orderId={order}")).await;
    conforms("GET", "/orderstatus", &status);
    insta::assert_snapshot!("status", status);
    let extension = open.post("/createorder", &extend).await;
    assert_eq!(extension.json()["payreq"], "lnbcrt300000n1fake", "{extension}");
    let stored = open.house.store.order(order_of(&extension)).await.unwrap().unwrap();
    let Fulfilment::Activation { wanted, .. } = stored.fulfilment else { panic!("no number") };
    let rental = activation(&open.house, order).await;
    assert_eq!(wanted.rental, Some(RentalTerm { duration: hours(336), extends: Some(rental.id) }));
    assert!(wanted.service.is_full() && wanted.country == rental.country);
    let unknown = format!(r#"{{"extends":"{}"}}"#, "0".repeat(64));
    assert_eq!(open.post("/createorder", &unknown).await.status, 404);
}
