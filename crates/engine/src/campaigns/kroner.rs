//! Amounts as the query API counts them: in Danish kroner of a configured value, to a hundredth of an øre.
//! What one text costs is often less than an øre.

use std::fmt;

use domain::money::Msat;

const PARTS: i128 = 10_000;
const DECIMALS: usize = 4;

/// In ten-thousandths of a krone. Only shown: what is charged and what suffices is decided in msat.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kroner(i128);

impl Kroner {
    /// A price, rounded up. `worth` is the value of one krone, and positive.
    pub fn price(amount: Msat, worth: Msat) -> Self {
        Self(-(-scaled(amount)).div_euclid(divisor(worth)))
    }

    /// A balance, rounded down.
    pub fn balance(amount: Msat, worth: Msat) -> Self {
        Self(scaled(amount).div_euclid(divisor(worth)))
    }
}

fn scaled(amount: Msat) -> i128 {
    i128::from(amount.get()) * PARTS
}

fn divisor(worth: Msat) -> i128 {
    i128::from(worth.get().max(1))
}

impl fmt::Display for Kroner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let parts = self.0.unsigned_abs();
        let (whole, rest) = (parts / PARTS.unsigned_abs(), parts % PARTS.unsigned_abs());
        let decimals = format!("{rest:0DECIMALS$}");
        match decimals.trim_end_matches('0') {
            "" => write!(f, "{sign}{whole}"),
            decimals => write!(f, "{sign}{whole}.{decimals}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prices_are_rounded_up_and_balances_down() {
        let worth = Msat::new(1_500_000);
        let shown = |of: fn(Msat, Msat) -> Kroner, msat| of(Msat::new(msat), worth).to_string();
        for (msat, price, balance) in [
            (0, "0", "0"),
            (1, "0.0001", "0"),
            (100_000, "0.0667", "0.0666"),
            (150_000, "0.1", "0.1"),
            (300_000, "0.2", "0.2"),
            (1_500_000, "1", "1"),
            (1_500_001, "1.0001", "1"),
            (-100_000, "-0.0666", "-0.0667"),
            (i64::MAX, "6148914691236.5173", "6148914691236.5172"),
        ] {
            assert_eq!(
                (shown(Kroner::price, msat).as_str(), shown(Kroner::balance, msat).as_str()),
                (price, balance),
                "{msat}"
            );
        }
    }
}
