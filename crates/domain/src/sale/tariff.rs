//! What everything costs: one tariff answers every price, whatever the door.
//!
//! | | priced by |
//! |---|---|
//! | part of a campaign's text ([`Product::Part`]) | prefix of the number |
//! | text message as an order ([`Product::Send`]), lookup of a number | prefix of the number |
//! | e-mail, code from a real phone, keyword | kind alone |
//! | number for one code, rental | configured: country, service, duration ([`super::number_prices`]); in a list: kind alone |
//!
//! A price is looked up in the account's own list, in the list of all accounts, and in the
//! configuration. The longest prefix wins; of two equally long ones the account's own.

use std::sync::Arc;
use std::time::Duration;

use super::number_prices::NumberPrices;
use crate::activation::{CountryCode, Network, NumberRequest, ServiceCode};
use crate::money::Msat;
use crate::number::Msisdn;
use crate::routing::table::PrefixTable;
use crate::state::stored_as;

/// What is priced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Product {
    /// One part of a text to one recipient.
    Part,
    /// A text message as an order, all of its parts.
    Send,
    Email,
    /// A number for one code.
    Receive,
    /// A week of a rental that is begun.
    Rent,
    /// A number of a real phone for one code.
    RealPhone,
    /// A period of a keyword on a shared number.
    Keyword,
    /// A lookup of a number in the networks.
    Lookup,
}

stored_as!(Product {
    Part = "part",
    Send = "send",
    Email = "email",
    Receive = "receive",
    Rent = "rent",
    RealPhone = "real_phone",
    Keyword = "keyword",
    Lookup = "lookup",
});

impl Product {
    /// Whether its price may differ by the prefix of the number.
    pub const fn has_prefixes(self) -> bool {
        matches!(self, Self::Part | Self::Send | Self::Lookup)
    }

    /// Whether it may have a price for this prefix.
    pub fn takes(self, prefix: &str) -> bool {
        is_prefix(prefix) && (prefix.is_empty() || self.has_prefixes())
    }
}

/// Configured prices: those that hold where no list has one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Prices {
    pub send: Msat,
    pub receive: Msat,
    pub rent: Msat,
    pub real_phone: Msat,
    pub email: Msat,
    /// One credit, which is also the price of a part.
    pub credit: Msat,
    /// Value of one Danish krone, in which the query door counts; positive.
    pub krone: Msat,
    /// A period of a keyword.
    pub keyword: Msat,
    pub lookup: Msat,
    /// Of numbers for one code and of rentals, where they differ from `receive` and `rent`.
    pub numbers: Arc<NumberPrices>,
}

impl Prices {
    pub const fn of(&self, product: Product) -> Msat {
        match product {
            Product::Part => self.credit,
            Product::Send => self.send,
            Product::Email => self.email,
            Product::Receive => self.receive,
            Product::Rent => self.rent,
            Product::RealPhone => self.real_phone,
            Product::Keyword => self.keyword,
            Product::Lookup => self.lookup,
        }
    }
}

/// Whether these are the first digits of a number, or none.
pub fn is_prefix(text: &str) -> bool {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    digits && text.len() <= 15 && !text.starts_with('0')
}

/// A price of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListPrice {
    pub product: Product,
    /// Digits of E.164; empty is everywhere.
    pub prefix: String,
    pub price: Msat,
}

/// The prices of one account, or of all accounts.
#[derive(Debug, Clone, Default)]
pub struct PriceList(Vec<(Product, PrefixTable<Match>)>);

/// A price, and how many digits of the number it names.
#[derive(Debug, Clone, Copy)]
struct Match {
    digits: usize,
    price: Msat,
}

impl PriceList {
    /// Of one prefix given twice the later counts; what is no prefix of a number is left out.
    pub fn new(prices: impl IntoIterator<Item = ListPrice>) -> Self {
        let mut of: Vec<(Product, Vec<(String, Match)>)> = Vec::new();
        for ListPrice { product, prefix, price } in prices {
            let found = Match { digits: prefix.len(), price };
            match of.iter_mut().find(|(known, _)| *known == product) {
                Some((_, prices)) => prices.push((prefix, found)),
                None => of.push((product, vec![(prefix, found)])),
            }
        }
        Self(
            of.into_iter()
                .map(|(product, all)| (product, PrefixTable::new(all.into_iter())))
                .collect(),
        )
    }

    fn find(&self, product: Product, to: Option<Msisdn>) -> Option<Match> {
        let (_, table) = self.0.iter().find(|(known, _)| *known == product)?;
        to.map_or_else(|| table.everywhere(), |to| table.find(to)).copied()
    }

    fn find_calling_code(&self, product: Product, calling_code: u16) -> Option<Match> {
        let (_, table) = self.0.iter().find(|(known, _)| *known == product)?;
        let digits = calling_code.checked_ilog10()? + 1;
        table.find_leading(calling_code.into(), digits).copied().filter(|found| found.digits > 0)
    }
}

/// What one account pays, or a stranger.
#[derive(Debug, Clone)]
pub struct Tariff {
    configured: Prices,
    of_all: Arc<PriceList>,
    own: Arc<PriceList>,
}

impl Tariff {
    pub const fn new(configured: Prices, of_all: Arc<PriceList>, own: Arc<PriceList>) -> Self {
        Self { configured, of_all, own }
    }

    /// Price for this number; without one, where no prefix has a price of its own.
    pub fn price(&self, product: Product, to: Option<Msisdn>) -> Msat {
        match (self.own.find(product, to), self.of_all.find(product, to)) {
            (Some(own), Some(of_all)) if own.digits < of_all.digits => of_all.price,
            (Some(found), _) | (None, Some(found)) => found.price,
            (None, None) => self.configured.of(product),
        }
    }

    /// Price of a number on loan, or of more time for one; `None`: out of range. In any country costs
    /// what no country's own price is.
    pub fn price_of_number(&self, wanted: &NumberRequest) -> Option<Msat> {
        let (country, service) = (wanted.country, &wanted.service);
        let real_phone = || self.price(Product::RealPhone, None);
        match (wanted.network, wanted.duration()) {
            (Network::RealPhones, None) => Some(real_phone()),
            (Network::Any, None) => Some(self.listed(Product::Receive).unwrap_or_else(|| {
                let configured = self.configured.numbers.of_code(country, service);
                configured.unwrap_or(self.configured.receive)
            })),
            (network, Some(duration)) => {
                let (prices, flat) = self.rentals();
                let price = prices.of_rental(country, service, duration, flat)?;
                let least = if network == Network::RealPhones { real_phone() } else { Msat::ZERO };
                Some(price.max(least))
            }
        }
    }

    /// What is rented when no duration is wanted.
    pub fn default_rental(&self, country: Option<CountryCode>, service: &ServiceCode) -> Duration {
        self.rentals().0.default_rental(country, service)
    }

    /// The lowest price of any rental.
    pub fn cheapest_rental(&self) -> Msat {
        let (prices, flat) = self.rentals();
        prices.cheapest_rental(flat)
    }

    /// A price of a list takes the place of all configured ones.
    fn rentals(&self) -> (Arc<NumberPrices>, Msat) {
        match self.listed(Product::Rent) {
            Some(listed) => (Arc::default(), listed),
            None => (self.configured.numbers.clone(), self.configured.rent),
        }
    }

    fn listed(&self, product: Product) -> Option<Msat> {
        let found = self.own.find(product, None).or_else(|| self.of_all.find(product, None));
        found.map(|found| found.price)
    }

    /// Price for numbers with this calling code, if a list names it or a prefix of it. Parts of its
    /// numbering plan may have prices of their own.
    pub fn price_of_calling_code(&self, product: Product, calling_code: u16) -> Option<Msat> {
        let named = |list: &PriceList| list.find_calling_code(product, calling_code);
        match (named(&self.own), named(&self.of_all)) {
            (Some(own), Some(of_all)) if own.digits < of_all.digits => Some(of_all.price),
            (Some(found), _) | (None, Some(found)) => Some(found.price),
            (None, None) => None,
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::activation::RentalTerm;
    use crate::activation::rental_time::ONE_WEEK;
    use crate::sale::number_prices::{CodePrice, NumberKind, RentalPrice};

    pub(in crate::sale) fn configured() -> Prices {
        let sats = |sats| Msat::from_sats(sats).unwrap();
        Prices {
            send: sats(1_000),
            receive: sats(3_000),
            rent: sats(15_000),
            real_phone: sats(5_000),
            email: sats(500),
            credit: sats(100),
            krone: sats(1_500),
            keyword: sats(180_000),
            lookup: sats(120),
            numbers: Arc::default(),
        }
    }

    pub(in crate::sale) fn list(prices: &[(Product, &str, i64)]) -> Arc<PriceList> {
        let price = |(product, prefix, msat): &(Product, &str, i64)| ListPrice {
            product: *product,
            prefix: (*prefix).to_owned(),
            price: Msat::new(*msat),
        };
        Arc::new(PriceList::new(prices.iter().map(price)))
    }

    fn number(digits: u64) -> Option<Msisdn> {
        Some(Msisdn::from_digits(digits).unwrap())
    }

    const THAI: u64 = 66_212_345_678;
    const THAI_MOBILE: u64 = 66_812_345_678;
    const DANISH: u64 = 4_520_123_456;

    #[test]
    fn the_longest_prefix_wins_and_of_equals_the_account_s_own() {
        let of_all = list(&[(Product::Part, "66", 70), (Product::Part, "668", 60)]);
        let tariff = Tariff::new(configured(), of_all, list(&[(Product::Part, "66", 50)]));
        let price = |digits| tariff.price(Product::Part, number(digits)).get();
        assert_eq!((price(THAI), price(THAI_MOBILE), price(DANISH)), (50, 60, 100_000));
    }

    #[test]
    fn products_have_prices_of_their_own() {
        let own =
            list(&[(Product::Send, "45", 7), (Product::Email, "", 8), (Product::Part, "", 9)]);
        let tariff = Tariff::new(configured(), Arc::default(), own);
        assert_eq!(tariff.price(Product::Send, number(DANISH)).get(), 7);
        assert_eq!(tariff.price(Product::Send, number(THAI)).get(), 1_000_000);
        assert_eq!(
            tariff.price(Product::Send, None).get(),
            1_000_000,
            "a prefix is not everywhere"
        );
        assert_eq!(tariff.price(Product::Email, None).get(), 8);
        assert_eq!(tariff.price(Product::Part, number(THAI)).get(), 9);
        for &product in Product::ALL {
            let tariff = Tariff::new(configured(), Arc::default(), Arc::default());
            assert_eq!(tariff.price(product, None), configured().of(product));
        }
    }

    #[test]
    fn a_country_s_price_is_that_of_its_whole_calling_code() {
        let of_all = list(&[(Product::Part, "", 5), (Product::Part, "450", 70)]);
        let own = list(&[(Product::Part, "4", 60), (Product::Part, "46", 50)]);
        let tariff = Tariff::new(configured(), of_all, own);
        let price = |code| tariff.price_of_calling_code(Product::Part, code).map(Msat::get);
        assert_eq!((price(45), price(46), price(66), price(0)), (Some(60), Some(50), None, None));
        assert_eq!(tariff.price_of_calling_code(Product::Send, 45), None);
    }

    #[test]
    fn a_listed_price_of_a_number_takes_the_place_of_the_configured_ones() {
        let of = NumberKind { country: Some(CountryCode(43)), service: None };
        let numbers = NumberPrices {
            codes: vec![CodePrice { of: of.clone(), price: Msat::new(7) }],
            rentals: vec![RentalPrice { of, duration: ONE_WEEK, price: Msat::new(9) }],
        };
        let prices = Prices { numbers: Arc::new(numbers), ..configured() };
        let code = |country| NumberRequest::for_code("tg".parse().unwrap(), country);
        let rental = |country, network| NumberRequest {
            network,
            rental: Some(RentalTerm { duration: ONE_WEEK, extends: None }),
            ..code(country)
        };
        let germany = Some(CountryCode(43));
        let price = |own: &[_], wanted| {
            let tariff = Tariff::new(prices.clone(), Arc::default(), list(own));
            tariff.price_of_number(&wanted).unwrap().get()
        };
        assert_eq!(price(&[], code(germany)), 7);
        assert_eq!(price(&[], code(None)), 3_000_000);
        assert_eq!(price(&[(Product::Receive, "", 5)], code(germany)), 5);
        assert_eq!(price(&[], rental(germany, Network::Any)), 9);
        assert_eq!(price(&[], rental(germany, Network::RealPhones)), 5_000_000);
        assert_eq!(price(&[], rental(None, Network::Any)), 15_000_000);
        assert_eq!(price(&[(Product::Rent, "", 5)], rental(germany, Network::Any)), 5);
        let real = NumberRequest { network: Network::RealPhones, ..code(germany) };
        assert_eq!(price(&[], real.clone()), 5_000_000);
        assert_eq!(price(&[(Product::RealPhone, "", 5)], real), 5);
        let tariff = Tariff::new(prices.clone(), Arc::default(), Arc::default());
        assert_eq!(tariff.cheapest_rental().get(), 9);
    }

    #[test]
    fn of_one_prefix_given_twice_the_later_counts() {
        let own = list(&[(Product::Part, "66", 1), (Product::Part, "66", 2)]);
        let tariff = Tariff::new(configured(), Arc::default(), own);
        assert_eq!(tariff.price(Product::Part, number(THAI)).get(), 2);
    }
}
