//! How numbers for one code ended: counted by service and country, and by buyer.

use domain::activation::CountryCode;
use domain::ports::{BuyerOf, BuyerWish, LoanNews, ServiceSuccess, SuccessCount};
use domain::sale::fulfilment::Fulfilment;
use domain::sale::order::NewOrder;

use super::Rig;
use super::activation_world::{for_code, rental};
use super::world::{PRICE, World, at};

pub async fn counts_how_numbers_ended(rig: &impl Rig) {
    let world = World::new(rig).await;
    // Three of one service, of which one gets a code; one of another; a rental, which is not counted.
    let services = ["tg", "tg", "tg", "wa"];
    let mut orders = Vec::new();
    for (nth, service) in (0..).zip(services) {
        let order = world.paid_number(for_code(service)).await;
        world.assign(order, nth, at(1)).await;
        orders.push(order);
    }
    let rented = world.paid_number(rental("full")).await;
    world.assign(rented, 9, at(1)).await;
    // Never assigned.
    let without = world.paid_number(for_code("tg")).await;
    world.say(without, LoanNews::NoneLeft, at(2)).await;
    let ended = |since, sample| world.store.successes(at(since), sample);
    assert_eq!(ended(0, 100).await, Ok(vec![]), "those with numbers are open");
    world.come(orders[0], "1", "Your code is 48010", at(2)).await;
    let finish = world.id_of(orders[0]).await;
    world.store.wish(finish, None, BuyerWish::Finish, at(3)).await.unwrap();
    for order in &orders[1..] {
        let id = world.id_of(*order).await;
        world.store.wish(id, None, BuyerWish::Cancel, at(1_000)).await.unwrap();
    }
    let row = |service: &str, ended, with_code| ServiceSuccess {
        service: service.parse().unwrap(),
        country: CountryCode(43),
        count: SuccessCount { ended, with_code },
    };
    assert_eq!(ended(0, 100).await, Ok(vec![row("tg", 3, 1), row("wa", 1, 0)]));
    assert_eq!(ended(500, 100).await, Ok(vec![row("tg", 2, 0), row("wa", 1, 0)]));
    let newest = ended(0, 1).await.unwrap();
    assert_eq!(newest.iter().map(|row| row.count.ended).sum::<u64>(), 1);
}

pub async fn counts_the_numbers_of_a_buyer(rig: &impl Rig) {
    let world = World::new(rig).await;
    let account = world.account(PRICE.checked_mul(10).unwrap()).await;
    let buyer = || BuyerOf::Account(account.id);
    let client = || BuyerOf::Client("net:192.0.2.1".to_owned());
    let count = |buyer, since| world.store.buyer_success(buyer, at(since), 100);
    assert_eq!(count(buyer(), 0).await, Ok(Default::default()));
    let (first, _) = world.spend_on_number(account.id, for_code("tg"), None).await;
    let (second, _) = world.spend_on_number(account.id, for_code("tg"), None).await;
    let new = NewOrder {
        client: "net:192.0.2.1".to_owned(),
        fulfilment: Fulfilment::number(for_code("tg")),
        ..world.new_order()
    };
    let third = new.id;
    world.add(new).await;
    world.hold(third, None).await;
    for (nth, order) in (0..).zip([first, second, third]) {
        world.assign(order, nth, at(1)).await;
    }
    world.come(first, "1", "Your code is 48010", at(2)).await;
    for (order, wish) in
        [(first, BuyerWish::Finish), (second, BuyerWish::Cancel), (third, BuyerWish::Cancel)]
    {
        let id = world.id_of(order).await;
        world.store.wish(id, None, wish, at(1_000)).await.unwrap();
    }
    let of_account = count(buyer(), 0).await.unwrap();
    assert_eq!(of_account.count, SuccessCount { ended: 2, with_code: 1 });
    assert!(of_account.last_paid_at.is_some());
    let of_client = count(client(), 0).await.unwrap();
    assert_eq!(of_client.count, SuccessCount { ended: 1, with_code: 0 });
    assert!(of_client.last_paid_at.is_some());
    assert_eq!(count(client(), 5_000).await, Ok(Default::default()), "too long ago");
    assert_eq!(count(BuyerOf::Client("net:192.0.2.2".to_owned()), 0).await, Ok(Default::default()));
}
