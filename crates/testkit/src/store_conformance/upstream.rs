//! Loans of wholesalers: which of theirs belongs to which of ours.

use std::time::Duration;

use domain::activation::loan::Loan;
use domain::activation::upstream::{
    UpstreamAsk, UpstreamExtension, UpstreamKey, UpstreamLent, UpstreamLoan, UpstreamReturn,
    UpstreamState,
};
use domain::activation::{CountryCode, SupplierName};
use domain::money::Msat;
use domain::number::Msisdn;
use domain::ports::PortError;
use uuid::Uuid;

use super::Rig;
use super::world::{World, at};

fn key(supplier: &str, loan: u128) -> UpstreamKey {
    UpstreamKey { supplier: SupplierName::new(supplier), loan: Uuid::from_u128(loan) }
}

fn ask(supplier: &str, loan: u128) -> UpstreamAsk {
    UpstreamAsk {
        key: key(supplier, loan),
        service: "tg".parse().unwrap(),
        country: Some(CountryCode(43)),
        duration: None,
        cost_max: Msat::new(2_400_000),
        asked_at: at(5),
    }
}

fn lent(reference: &str) -> UpstreamLent {
    let loan = Loan {
        number: Msisdn::from_digits(4_915_112_345_601).unwrap(),
        country: CountryCode(43),
        cost: Msat::new(500_000),
        assigned_at: at(6),
        until: at(7),
    };
    UpstreamLent { reference: reference.to_owned(), loan }
}

fn is_conflict<T: std::fmt::Debug>(result: &Result<T, PortError>) {
    assert!(matches!(result, Err(PortError::Conflict(_))), "{result:?}");
}

pub async fn stores_what_a_wholesaler_lends_under_both_names(rig: &impl Rig) {
    let world = World::new(rig).await;
    let store = &world.store;
    let rented = UpstreamAsk {
        country: None,
        duration: Some(Duration::from_secs(4 * 60 * 60)),
        ..ask("north", 1)
    };
    store.ask_upstream(rented.clone()).await.unwrap();
    is_conflict(&store.ask_upstream(rented.clone()).await);
    let (ask, state) = (rented.clone(), UpstreamState::Asked);
    let asked = UpstreamLoan { ask, state, lent: None, extension: None };
    assert_eq!(store.upstream_loan(key("north", 1)).await, Ok(Some(asked.clone())));
    assert_eq!(store.upstream_loan(key("south", 1)).await, Ok(None));
    store.lend_upstream(key("north", 1), lent("77")).await.unwrap();
    let loan = UpstreamLoan { state: UpstreamState::Lent, lent: Some(lent("77")), ..asked };
    assert_eq!(store.upstream_loan(key("north", 1)).await, Ok(Some(loan.clone())));
    // Lent for longer.
    let mut longer = lent("77");
    longer.loan.until = at(9);
    store.lend_upstream(key("north", 1), longer.clone()).await.unwrap();
    is_conflict(&store.lend_upstream(key("north", 1), lent("78")).await);
    is_conflict(&store.deny_upstream(key("north", 1)).await);
    for _ in 0..2 {
        store.end_upstream(key("north", 1)).await.unwrap();
    }
    let over = UpstreamLoan { state: UpstreamState::Over, lent: Some(longer), ..loan };
    assert_eq!(store.upstream_loan(key("north", 1)).await, Ok(Some(over)));
    is_conflict(&store.lend_upstream(key("north", 1), lent("77")).await);
    store.end_upstream(key("north", 99)).await.unwrap();
    let month = Duration::from_secs(31 * 24 * 60 * 60);
    store.forget(at(8).after(month), 100).await.unwrap();
    assert_eq!(store.upstream_loan(key("north", 1)).await, Ok(None), "deleted in time");
}

pub async fn one_loan_of_a_wholesaler_belongs_to_one_of_ours(rig: &impl Rig) {
    let world = World::new(rig).await;
    let store = &world.store;
    for loan in [1, 2] {
        store.ask_upstream(ask("north", loan)).await.unwrap();
    }
    store.ask_upstream(ask("south", 1)).await.unwrap();
    store.lend_upstream(key("north", 1), lent("77")).await.unwrap();
    is_conflict(&store.lend_upstream(key("north", 2), lent("77")).await);
    let second = store.upstream_loan(key("north", 2)).await.unwrap().unwrap();
    assert_eq!((second.state, second.lent), (UpstreamState::Asked, None));
    store.lend_upstream(key("south", 1), lent("77")).await.unwrap();
    let references = ["76", "77", "78"].map(str::to_owned).to_vec();
    let known = store.upstream_references(SupplierName::new("north"), references.clone()).await;
    assert_eq!(known, Ok(vec!["77".to_owned()]));
    store.end_upstream(key("north", 1)).await.unwrap();
    let known = store.upstream_references(SupplierName::new("north"), references).await;
    assert_eq!(known, Ok(vec!["77".to_owned()]), "also of one that is over");
    is_conflict(&store.lend_upstream(key("north", 2), lent("77")).await);
    store.deny_upstream(key("north", 2)).await.unwrap();
    is_conflict(&store.lend_upstream(key("north", 3), lent("79")).await);
}

pub async fn a_number_to_return_keeps_its_reference_until_it_is_returned(rig: &impl Rig) {
    let world = World::new(rig).await;
    let (store, north) = (&world.store, SupplierName::new("north"));
    let rented = UpstreamAsk { duration: Some(Duration::from_secs(14_400)), ..ask("north", 1) };
    store.ask_upstream(rented.clone()).await.unwrap();
    store.ask_upstream(UpstreamAsk { asked_at: at(6), ..ask("north", 2) }).await.unwrap();
    store.ask_upstream(ask("south", 1)).await.unwrap();
    let asks = store.upstream_asks(north.clone(), 10).await.unwrap();
    assert_eq!(asks, [rented, UpstreamAsk { asked_at: at(6), ..ask("north", 2) }]);
    assert_eq!(store.upstream_asks(north.clone(), 1).await.unwrap().len(), 1);
    for _ in 0..2 {
        store.return_upstream(key("north", 1), "77".to_owned()).await.unwrap();
    }
    is_conflict(&store.return_upstream(key("north", 2), "77".to_owned()).await);
    is_conflict(&store.lend_upstream(key("north", 2), lent("77")).await);
    is_conflict(&store.lend_upstream(key("north", 1), lent("77")).await);
    is_conflict(&store.return_upstream(key("north", 3), "78".to_owned()).await);
    store.deny_upstream(key("north", 1)).await.unwrap();
    let found = store.upstream_loan(key("north", 1)).await.unwrap().unwrap();
    assert_eq!((found.state, found.lent), (UpstreamState::Returning, None));
    let kept = UpstreamReturn {
        key: key("north", 1),
        reference: "77".to_owned(),
        is_rental: true,
        asked_at: at(5),
    };
    assert_eq!(store.upstream_returns(north.clone(), 10).await, Ok(vec![kept]));
    let known = store.upstream_references(north.clone(), vec!["77".to_owned()]).await;
    assert_eq!(known, Ok(vec!["77".to_owned()]));
    assert_eq!(store.upstream_asks(north.clone(), 10).await.unwrap().len(), 1);
    store.end_upstream(key("north", 1)).await.unwrap();
    assert_eq!(store.upstream_returns(north.clone(), 10).await, Ok(Vec::new()));
    // Of the other one nothing was ever heard.
    let month = Duration::from_secs(31 * 24 * 60 * 60);
    store.forget(at(8).after(month), 100).await.unwrap();
    assert_eq!(store.upstream_asks(north, 10).await, Ok(Vec::new()));
}

pub async fn a_later_end_is_asked_for_once_at_a_time(rig: &impl Rig) {
    let world = World::new(rig).await;
    let store = &world.store;
    let longer =
        UpstreamExtension { until: at(9), listed_end: Some("2026-11-30 12:00:00".to_owned()) };
    let extend = async |extension: Option<&UpstreamExtension>| {
        store.extend_upstream(key("north", 1), extension.cloned()).await
    };
    let stored =
        async || store.upstream_loan(key("north", 1)).await.unwrap().and_then(|it| it.extension);
    store.ask_upstream(ask("north", 1)).await.unwrap();
    is_conflict(&extend(Some(&longer)).await);
    store.lend_upstream(key("north", 1), lent("77")).await.unwrap();
    extend(Some(&longer)).await.unwrap();
    assert_eq!(stored().await, Some(longer.clone()));
    is_conflict(&extend(Some(&longer)).await);
    for _ in 0..2 {
        extend(None).await.unwrap();
    }
    assert_eq!(stored().await, None);
    let unlisted = UpstreamExtension { listed_end: None, ..longer };
    extend(Some(&unlisted)).await.unwrap();
    assert_eq!(stored().await, Some(unlisted));
    store.lend_upstream(key("north", 1), lent("77")).await.unwrap();
    assert_eq!(stored().await, None, "it is lent for longer");
}
