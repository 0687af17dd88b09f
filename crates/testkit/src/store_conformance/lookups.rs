//! Lookups of numbers: an answer and its price are one change.

use std::time::Duration;

use domain::account::Account;
use domain::money::Msat;
use domain::number::Msisdn;
use domain::number::network::NetworkAnswer;
use domain::ports::{LookupSale, SoldLookup};
use domain::time::Timestamp;
use uuid::Uuid;

use super::Rig;
use super::world::{PRICE, World, at};

fn sold(world: &World, account: &Account, roaming: bool, price: Msat) -> SoldLookup {
    SoldLookup {
        id: Uuid::from_u128(u128::from(world.number()) << 64),
        account: account.id,
        number: Msisdn::from_digits(4_520_123_456).unwrap(),
        roaming,
        answer: NetworkAnswer {
            stat: "DELIVRD".to_owned(),
            imsi: Some("238200123456789".to_owned()),
            roaming: roaming.then_some(true),
            ..NetworkAnswer::default()
        },
        price,
        fresh_since: Timestamp::from_millis(i64::MAX),
    }
}

pub async fn charges_a_lookup_with_its_answer(rig: &impl Rig) {
    let world = World::new(rig).await;
    let acme = world.account(PRICE).await;
    let store = &world.store;
    let first = sold(&world, &acme, false, PRICE);
    assert_eq!(store.sell_lookup(first.clone(), at(5)).await, Ok(LookupSale::Paid));
    // The same question was under way at the same time.
    let twice = SoldLookup { fresh_since: at(0), ..sold(&world, &acme, false, PRICE) };
    assert_eq!(store.sell_lookup(twice, at(5)).await, Ok(LookupSale::Paid), "it costs nothing");
    let last = |roaming, since| store.last_lookup(first.number, roaming, since);
    assert_eq!(last(false, at(5)).await, Ok(Some((first.answer.clone(), at(5)))));
    assert_eq!(last(false, at(6)).await, Ok(None), "too old");
    assert_eq!(last(true, at(0)).await, Ok(None), "another question");
    let short = store.sell_lookup(sold(&world, &acme, true, PRICE), at(7)).await;
    assert_eq!(short, Ok(LookupSale::Insufficient { available: Msat::ZERO }));
    assert_eq!(last(true, at(0)).await, Ok(None), "neither answer nor price");
    let free = sold(&world, &acme, false, Msat::ZERO);
    assert_eq!(store.sell_lookup(free, at(8)).await, Ok(LookupSale::Paid));
    assert_eq!(last(false, at(6)).await.unwrap().map(|(_, at)| at), Some(at(8)));
    let report = store.check_ledger().await.unwrap();
    assert!(report.is_sound(), "{report:?}");
    assert_eq!(store.balance(acme.id).await.unwrap().available, Msat::ZERO);
    let month = Duration::from_secs(31 * 24 * 60 * 60);
    store.forget(at(8).after(month), 100).await.unwrap();
    assert_eq!(last(false, at(0)).await, Ok(None), "answers are deleted in time");
    assert!(store.check_ledger().await.unwrap().is_sound(), "charges are not");
}
