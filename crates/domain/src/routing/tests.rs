//! Routing against slower and simpler implementations.

use std::collections::BTreeMap;
use std::time::Instant;

use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::id::MessageId;
use crate::number::Msisdn;

fn route(prefix: &str, carriers: &[(&str, u32, u32)]) -> Route {
    let of = |&(name, weight, cost): &(&str, u32, u32)| RouteCarrier {
        name: CarrierName::new(name),
        weight,
        cost,
    };
    Route { carriers: carriers.iter().map(of).collect(), ..Route::in_order(prefix, []) }
}

fn to(digits: u64) -> Address {
    Address::Phone(Msisdn::from_digits(digits).unwrap())
}

fn first(route: &Route, draw: u64) -> &str {
    route.order(draw).next().unwrap().as_str()
}

fn message(number: u128) -> MessageId {
    MessageId(Uuid::from_u128(number))
}

#[test]
fn the_longest_prefix_wins() {
    let to_all = |prefix, name| Route::in_order(prefix, [CarrierName::new(name)]);
    let all = vec![to_all("", "all"), to_all("4520", "mobile"), to_all("45", "dk")];
    let routes = Routes::new(all, vec![]);
    for (digits, expected) in [
        (4_520_123_456, "mobile"),
        (4_531_123_456, "dk"),
        (46_701_234_567, "all"),
        (44_999_999_999, "all"),
        (452_000_000_000_000, "mobile"),
    ] {
        assert_eq!(first(routes.find(&to(digits)), 0), expected, "{digits}");
    }
}

#[test]
fn global_services_need_a_route_that_names_them() {
    let all = [route("", &[("all", 1, 0)]), route("88", &[("near", 1, 0)])];
    let routes = Routes::new(all.to_vec(), vec![]);
    let satellite = [800, 808, 870, 878, 881, 882, 883, 888, 979];
    for code in satellite {
        assert!(routes.find(&to(code * 100_000_000 + 12_345_678)).is_empty(), "{code}");
        let named = route(&code.to_string(), &[("named", 1, 0)]);
        let routes = Routes::new([&all[..], &[named]].concat(), vec![]);
        assert_eq!(first(routes.find(&to(code * 100_000_000 + 12_345_678)), 0), "named");
    }
    assert_eq!(first(routes.find(&to(8_801_712_345_678)), 0), "near", "Bangladesh");
}

#[test]
fn a_prefix_longer_than_a_short_number_does_not_match() {
    let routes = Routes::new(
        vec![Route::in_order("45201230", [CarrierName::new("x")]), route("4520", &[("dk", 1, 0)])],
        vec![],
    );
    assert_eq!(first(routes.find(&to(4_520_123)), 0), "dk");
}

#[test]
fn a_destination_without_a_route_has_no_carrier() {
    assert!(Routes::default().find(&to(4_520_123_456)).is_empty());
    let routes =
        Routes::new(vec![route("46", &[("se", 1, 0)]), route("4x", &[("no", 1, 0)])], vec![]);
    assert!(routes.find(&to(4_520_123_456)).is_empty());
}

#[test]
fn carriers_are_ordered_by_cost() {
    let route = route("", &[("dear", 100, 12), ("cheap", 1, 3), ("dearest", 1, 40)]);
    for recipient in 0..100 {
        let order: Vec<_> =
            route.order(draw(message(9), recipient)).map(CarrierName::as_str).collect();
        assert_eq!(order, ["cheap", "dear", "dearest"]);
    }
}

#[test]
fn carriers_of_one_cost_share_by_weight() {
    let route = route("", &[("one", 1, 5), ("three", 3, 5), ("last", 9, 6)]);
    let mut shares = BTreeMap::new();
    for recipient in 0..40_000 {
        let order: Vec<_> = route.order(draw(message(7), recipient)).collect();
        assert_eq!(order[2].as_str(), "last");
        *shares.entry(order[0].as_str()).or_insert(0u32) += 1;
    }
    assert!((9_700..10_300).contains(&shares["one"]), "{shares:?}");
    assert_eq!(shares["one"] + shares["three"], 40_000);
}

#[test]
fn single_messages_also_share_by_weight() {
    let route = route("", &[("one", 1, 0), ("other", 1, 0)]);
    let ones = (0..10_000u128).filter(|&n| first(&route, draw(message(n << 64 | n), 0)) == "one");
    let ones = ones.count();
    assert!((4_700..5_300).contains(&ones), "{ones}");
}

#[test]
fn two_million_numbers_are_routed_quickly() {
    let prefixes: Vec<_> =
        (1..1_000).map(|n| route(&n.to_string(), &[("a", 1, 0), ("b", 2, 0)])).collect();
    let routes = Routes::new(prefixes, vec![]);
    let begun = Instant::now();
    let mut found = 0;
    for n in 0..2_000_000u32 {
        let route = routes.find(&to(4_500_000_000 + u64::from(n) * 17_389));
        found += usize::from(route.order(draw(message(1), n)).next().is_some());
    }
    println!("{:?}", begun.elapsed());
    assert_eq!(found, 2_000_000);
    // Unoptimised, on a busy machine.
    assert!(begun.elapsed().as_secs() < 20, "{:?}", begun.elapsed());
}

fn carriers() -> impl Strategy<Value = Vec<(u32, u32)>> {
    prop::collection::vec((1..5u32, 0..3u32), 1..8)
}

proptest! {
    #[test]
    fn finds_the_same_prefix_as_a_linear_search(
        prefixes in prop::collection::btree_set("[1-3]{0,6}", 0..20),
        digits in 1_000_000..400_000_000_000_000u64,
        begins in "[1-3]{7,15}",
    ) {
        let all = prefixes.iter().map(|prefix| Route::in_order(prefix, [CarrierName::new(prefix)]));
        let routes = Routes::new(all.collect(), vec![]);
        for digits in [digits, begins.parse().unwrap()] {
            let text = digits.to_string();
            let longest = prefixes.iter().filter(|p| text.starts_with(*p)).max_by_key(|p| p.len());
            // No prefix names a global service.
            let service = Msisdn::from_digits(digits).unwrap().global_service();
            let longest = longest.filter(|_| service.is_none());
            let found = routes.find(&to(digits));
            let found = found.carriers.first().map(|carrier| carrier.name.as_str());
            prop_assert_eq!(found, longest.map(String::as_str));
        }
    }

    #[test]
    fn every_carrier_is_listed_once_and_none_after_a_dearer_one(given in carriers(), draw: u64) {
        let names: Vec<_> = (0..given.len()).map(|at| at.to_string()).collect();
        let all: Vec<_> = names.iter().zip(&given).map(|(n, &(w, c))| (n.as_str(), w, c)).collect();
        let route = route("", &all);
        let order: Vec<usize> =
            route.order(draw).map(|name| name.as_str().parse().unwrap()).collect();
        prop_assert!(order.windows(2).all(|pair| given[pair[0]].1 <= given[pair[1]].1));
        let mut sorted = order.clone();
        sorted.sort_unstable();
        prop_assert_eq!(sorted, (0..given.len()).collect::<Vec<_>>());
        let again: Vec<usize> =
            route.order(draw).map(|name| name.as_str().parse().unwrap()).collect();
        prop_assert_eq!(order, again, "the order differs between attempts");
    }
}
