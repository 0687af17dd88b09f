//! What a quote must keep: money adds up, nobody is sent to twice, the excluded cost nothing.

use std::collections::BTreeSet;
use std::sync::Arc;

use proptest::prelude::*;

use super::super::tariff::tests::{configured, list};
use super::*;
use crate::message::form::Form;
use crate::routing::{CarrierName, Route};

const ORDER: Limits = Limits { chars_max: 140, parts_max: u8::MAX, recipients_max: 1 };
const CAMPAIGN: Limits = Limits { chars_max: 1_000, parts_max: u8::MAX, recipients_max: 1_000 };
const ONE_PART: Size = Size { parts: 1, encoding: Some(Encoding::GSM7) };

fn routes() -> Routes {
    let main = CarrierName::new("main");
    let route = |prefix| Route::in_order(prefix, [main.clone()]);
    Routes::new(vec![route("66"), route("45")], vec![main.clone()])
}

fn tariff() -> Tariff {
    let of_all =
        list(&[(Product::Part, "66", 70), (Product::Part, "45", 70), (Product::Part, "", 100)]);
    Tariff::new(configured(), of_all, list(&[(Product::Send, "45", 9), (Product::Email, "", 5)]))
}

fn numbers(digits: &[u64]) -> Vec<Msisdn> {
    digits.iter().map(|digits| Msisdn::from_digits(*digits).unwrap()).collect()
}

fn addresses(digits: &[u64]) -> To {
    let mut addresses = AddressList::default();
    addresses.add_all(numbers(digits)).unwrap();
    To::Numbers(addresses)
}

fn quoted(
    size: Size,
    to: To,
    priced_by: PricedBy,
    blocked: &[Msisdn],
) -> Result<Quote, QuoteError> {
    let (tariff, routes) = (tariff(), routes());
    let (tariff, routes) = (&tariff, &routes);
    quote(Request {
        size,
        to,
        priced_by,
        limits: CAMPAIGN,
        tariff,
        routes,
        charge: None,
        texts: None,
        blocked,
    })
}

#[test]
fn a_charge_needs_a_carrier_of_the_numbers_that_charges_it() {
    use crate::routing::{Charge, Charges, Charging};
    let routes = |name: &str| {
        let charging = Charging::new([(CarrierName::new(name), Charges::These([500].into()))]);
        Routes::new(vec![Route::in_order("45", [CarrierName::new("main")])], vec![])
            .with_charging(charging)
    };
    let quoted_of = |size: Size, routes: &Routes, hundredths| {
        let to = addresses(&[4_520_123_456]);
        let (tariff, charge) = (tariff(), Charge::new(hundredths));
        let (tariff, limits, priced_by) = (&tariff, CAMPAIGN, PricedBy::Part);
        quote(Request {
            size,
            to,
            priced_by,
            limits,
            tariff,
            routes,
            charge,
            texts: None,
            blocked: &[],
        })
        .map(|quote| quote.payable())
    };
    let quoted = |routes: &Routes, hundredths| quoted_of(ONE_PART, routes, hundredths);
    assert_eq!(quoted(&routes("main"), 500), Ok(1));
    assert_eq!(quoted(&routes("main"), 501), Err(QuoteError::NoCharge));
    let two = quoted_of(Size { parts: 2, ..ONE_PART }, &routes("main"), 500);
    assert_eq!(two, Err(QuoteError::ChargedParts { parts: 2 }));
    assert_eq!(quoted(&routes("other"), 500), Err(QuoteError::NoCharge));
    assert_eq!(quoted(&routes("other"), 0), Ok(1));
}

#[test]
fn recipients_that_cost_the_same_stand_together_in_their_order() {
    let size = Size { parts: 2, ..ONE_PART };
    let all = addresses(&[66_812_345_678, 49_151_123_456, 4_520_123_456, 66_898_765_432]);
    let quote = quoted(size, all, PricedBy::Part, &[]).unwrap();
    let group =
        |price, digits: &[u64]| PriceGroup { price: Msat::new(price), numbers: numbers(digits) };
    let cheap = group(140, &[66_812_345_678, 4_520_123_456, 66_898_765_432]);
    assert_eq!((quote.price.get(), quote.price_each().get(), quote.recipients()), (620, 200, 4));
    let Priced::Numbers { groups, .. } = quote.to else { panic!("{quote:?}") };
    assert_eq!(groups, [cheap, group(200, &[49_151_123_456])]);
}

#[test]
fn an_order_has_one_price_whatever_its_parts() {
    let size = Size { parts: 3, ..ONE_PART };
    let quote = quoted(size, addresses(&[4_520_123_456]), PricedBy::Order, &[]).unwrap();
    assert_eq!((quote.price.get(), quote.size.parts), (9, 3));
    let mailbox = To::Mailbox("satoshi@example.com".parse().unwrap());
    let size = Size { parts: 1, encoding: None };
    let quote = quoted(size, mailbox, PricedBy::Order, &[]).unwrap();
    assert_eq!((quote.price.get(), quote.payable()), (5, 1));
}

#[test]
fn says_why_nothing_is_sold() {
    let one = || addresses(&[66_812_345_678]);
    let part = |to, blocked: &[Msisdn]| quoted(ONE_PART, to, PricedBy::Part, blocked).unwrap_err();
    assert_eq!(part(addresses(&[]), &[]), QuoteError::NoRecipients);
    let many: Vec<_> = (0..1_001).map(|at| 66_812_345_000 + at).collect();
    assert_eq!(part(addresses(&many), &[]), QuoteError::TooManyRecipients { max: 1_000 });
    assert_eq!(part(addresses(&[49_151_123_456]), &[]), QuoteError::NoRoute);
    assert_eq!(part(one(), &numbers(&[66_812_345_678])), QuoteError::AllBlocked);
    let mut invalid = AddressList::default();
    invalid.add("12", crate::number::Notation::default()).unwrap();
    assert_eq!(part(To::Numbers(invalid), &[]), QuoteError::NoValidNumber);
}

#[test]
fn judges_texts_by_the_limits_of_the_door() {
    let max = ORDER.chars_max;
    assert_eq!(size_of_text(" \n", &Form::Text, ORDER), Err(QuoteError::EmptyText));
    assert_eq!(size_of_text("hello", &Form::Text, ORDER), Ok(ONE_PART));
    let long = "ย".repeat(141);
    assert_eq!(
        size_of_text(&long, &Form::Text, ORDER),
        Err(QuoteError::TextTooLong { chars: 141, max })
    );
    assert_eq!(size_of_text(&long, &Form::Text, CAMPAIGN).map(|size| size.parts), Ok(3));
    let few = Limits { parts_max: 2, ..CAMPAIGN };
    let too_long = TextError::TooLong { parts: 3, parts_max: 2 };
    assert_eq!(size_of_text(&long, &Form::Text, few), Err(QuoteError::BadText(too_long)));
    let control = |position, code| QuoteError::BadText(TextError::Control { position, code });
    assert_eq!(size_of_text("a\tb", &Form::Text, ORDER), Err(control(1, 9)));
    assert_eq!(size_of_email("a\tb\u{7}", ORDER), Err(control(3, 7)));
    assert!(size_of_email("a\tb", ORDER).is_ok_and(|size| size.encoding.is_none()));
}

/// Digits near each other, so that repetitions and blocked numbers occur.
fn digits() -> impl Strategy<Value = Vec<u64>> {
    let one = prop_oneof![66_812_345_000_u64..66_812_345_020, 4_520_123_400_u64..4_520_123_410];
    prop::collection::vec(one, 1..60)
}

proptest! {
    #[test]
    fn the_total_is_the_sum_of_its_parts(asked in digits(), blocked in digits(), parts in 1_u16..9) {
        let blocked: BTreeSet<_> = numbers(&blocked).into_iter().collect();
        let sorted: Vec<_> = blocked.iter().copied().collect();
        let size = Size { parts, ..ONE_PART };
        let distinct: BTreeSet<_> = numbers(&asked).into_iter().collect();
        let count = asked.len();
        let quote = match quoted(size, addresses(&asked), PricedBy::Part, &sorted) {
            Ok(quote) => quote,
            Err(error) => {
                prop_assert_eq!(error, QuoteError::AllBlocked);
                prop_assert!(distinct.is_subset(&blocked));
                return Ok(());
            }
        };
        let tariff = tariff();
        let (price, recipients) = (quote.price, quote.recipients());
        let Priced::Numbers { groups, excluded, duplicates } = quote.to else { panic!() };
        let mut sum = 0;
        let mut sent = BTreeSet::new();
        for group in &groups {
            for number in &group.numbers {
                prop_assert!(sent.insert(*number), "twice");
                let each = tariff.price(Product::Part, Some(*number)).get() * i64::from(parts);
                prop_assert_eq!(group.price.get(), each);
                sum += each;
            }
        }
        prop_assert_eq!(price.get(), sum);
        prop_assert!(sent.is_disjoint(&blocked), "excluded recipients get nothing and cost nothing");
        prop_assert_eq!(sent.len() + excluded.len(), distinct.len());
        prop_assert_eq!(recipients as usize + duplicates, count);
    }

    #[test]
    fn a_price_beyond_counting_is_refused(price in i64::MAX / 3..=i64::MAX, parts in 3_u16..9) {
        let of_all = list(&[(Product::Part, "", price)]);
        let tariff = Tariff::new(configured(), of_all, Arc::default());
        let (routes, to) = (routes(), addresses(&[66_812_345_678, 66_812_345_679]));
        let size = Size { parts, ..ONE_PART };
        let (priced_by, limits) = (PricedBy::Part, CAMPAIGN);
        let request =
            Request { size, to, priced_by, limits, tariff: &tariff, routes: &routes, charge: None, texts: None, blocked: &[] };
        prop_assert_eq!(quote(request), Err(QuoteError::PriceTooHigh));
    }
}
