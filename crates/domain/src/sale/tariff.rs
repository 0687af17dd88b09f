//! What a part of a message costs, by where it goes.

use crate::money::Msat;
use crate::number::Msisdn;
use crate::routing::table::PrefixTable;

/// Prices of one part by prefix of E.164 digits; the longest prefix counts.
#[derive(Debug, Clone)]
pub struct Tariff {
    elsewhere: Msat,
    prefixes: PrefixTable<Msat>,
}

impl Tariff {
    /// Of one prefix given twice the later counts: an account's own prices come last. What is no
    /// prefix of a number is left out.
    pub fn new(elsewhere: Msat, prefixes: impl IntoIterator<Item = (String, Msat)>) -> Self {
        Self { elsewhere, prefixes: PrefixTable::new(prefixes.into_iter()) }
    }

    pub fn of_part(&self, to: Msisdn) -> Msat {
        self.prefixes.find(to).copied().unwrap_or(self.elsewhere)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_prefix_counts_and_the_later_of_two() {
        let price = |prefix: &str, msat| (prefix.to_owned(), Msat::new(msat));
        let tariff =
            Tariff::new(Msat::new(100), [price("66", 70), price("668", 60), price("66", 50)]);
        let of = |digits| tariff.of_part(Msisdn::from_digits(digits).unwrap()).get();
        assert_eq!((of(66_212_345_678), of(66_812_345_678), of(4_520_123_456)), (50, 60, 100));
    }
}
