//! Amounts as the bulk API counts them: in credits of a fixed worth in sats.

use std::fmt;

use domain::money::Msat;

/// Shown exactly, or rounded down to nine decimals.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Credits {
    pub amount: Msat,
    /// Worth of one credit; positive.
    pub worth: Msat,
}

const DECIMALS_MAX: usize = 9;

impl fmt::Display for Credits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (amount, worth) = (i128::from(self.amount.get()), i128::from(self.worth.get().max(1)));
        write!(f, "{}", amount.div_euclid(worth))?;
        let mut rest = amount.rem_euclid(worth);
        let mut decimals = String::with_capacity(DECIMALS_MAX);
        while rest != 0 && decimals.len() < DECIMALS_MAX {
            rest *= 10;
            // The quotient is a single digit, because the rest was less than a credit.
            decimals.push(char::from(b'0' + u8::try_from(rest / worth).unwrap_or(0)));
            rest %= worth;
        }
        let decimals = decimals.trim_end_matches('0');
        if decimals.is_empty() { Ok(()) } else { write!(f, ".{decimals}") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_where_they_divide_and_never_more_than_there_is() {
        let credits = |amount, worth| {
            Credits { amount: Msat::new(amount), worth: Msat::new(worth) }.to_string()
        };
        for (amount, worth, shown) in [
            (0, 100_000, "0"),
            (1_000_000, 100_000, "10"),
            (1_050_000, 100_000, "10.5"),
            (100_001, 100_000, "1.00001"),
            (1, 3_000, "0.000333333"),
            (2_999, 3_000, "0.999666666"),
            (1, 100_000_000_000, "0"),
            (i64::MAX, 1, "9223372036854775807"),
        ] {
            assert_eq!(credits(amount, worth), shown);
        }
    }
}
