//! Amounts in the door's unit, with two decimals: a price rounded up, a balance down.

use domain::money::Msat;
use serde_json::Value;

/// What one unit is worth; positive.
#[derive(Debug, Clone, Copy)]
pub(super) struct Unit(pub Msat);

/// The code of ISO 4217 for *no currency*: satoshi have none.
pub(super) const CURRENCY: u16 = 999;

/// Digits of an amount that a caller writes: before the point, and after it as programs write a fraction.
const WHOLE_MAX: usize = 12;
const FRACTION_MAX: usize = 40;

impl Unit {
    pub(super) fn price(self, amount: Msat) -> String {
        shown(-(-scaled(amount)).div_euclid(self.divisor()))
    }

    pub(super) fn balance(self, amount: Msat) -> String {
        shown(scaled(amount).div_euclid(self.divisor()))
    }

    /// A price as a JSON number.
    pub(super) fn price_number(self, amount: Msat) -> Value {
        serde_json::from_str(&self.price(amount)).unwrap_or(Value::Null)
    }

    /// Reads `12`, `12.5` or `12.50`; more decimals are cut off. `None` if it is no amount.
    pub(super) fn read(self, text: &str) -> Option<Msat> {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
        let digits = |text: &str, max| {
            (1..=max).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
        };
        if !digits(whole, WHOLE_MAX) || !digits(fraction, FRACTION_MAX) {
            return None;
        }
        let micro: i128 = format!("{:0<6}", fraction.get(..6).unwrap_or(fraction)).parse().ok()?;
        let parts = whole.parse::<i128>().ok()? * 1_000_000 + micro;
        let msat = parts * i128::from(self.0.get()) / 1_000_000;
        i64::try_from(msat).ok().map(Msat::new)
    }

    fn divisor(self) -> i128 {
        i128::from(self.0.get().max(1))
    }
}

/// Hundredths of a unit, still to be divided by its worth.
fn scaled(amount: Msat) -> i128 {
    i128::from(amount.get()) * 100
}

fn shown(hundredths: i128) -> String {
    let sign = if hundredths < 0 { "-" } else { "" };
    let parts = hundredths.unsigned_abs();
    format!("{sign}{}.{:02}", parts / 100, parts % 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_price_is_rounded_up_and_a_balance_down() {
        let sat = Unit(Msat::new(1_000));
        for (msat, price, balance) in [
            (0, "0.00", "0.00"),
            (1, "0.01", "0.00"),
            (3_000_000, "3000.00", "3000.00"),
            (3_000_001, "3000.01", "3000.00"),
            (-1, "0.00", "-0.01"),
        ] {
            let amount = Msat::new(msat);
            assert_eq!((sat.price(amount), sat.balance(amount)), (price.into(), balance.into()));
        }
        let dollar = Unit(Msat::new(1_500_000));
        assert_eq!(dollar.price(Msat::new(1_000_000)), "0.67");
        assert_eq!(dollar.balance(Msat::new(1_000_000)), "0.66");
        assert_eq!(sat.price_number(Msat::new(2_500)).to_string(), "2.5");
    }

    #[test]
    fn reads_an_amount_that_was_shown() {
        let dollar = Unit(Msat::new(1_500_000));
        assert_eq!(dollar.read("2"), Some(Msat::new(3_000_000)));
        assert_eq!(dollar.read("0.67"), Some(Msat::new(1_005_000)));
        assert_eq!(dollar.read("0.0000001"), Some(Msat::ZERO));
        assert_eq!(dollar.read("0.30000000000000004"), Some(Msat::new(450_000)));
        for wrong in ["", "-1", "1e3", ".", "1.", "a", "1,5", "1234567890123"] {
            assert_eq!(dollar.read(wrong), None, "{wrong}");
        }
        // A maximum price that was shown is enough for the price.
        for msat in [1, 999, 1_000_000, 1_234_567] {
            let price = Msat::new(msat);
            assert!(dollar.read(&dollar.price(price)).unwrap() >= price);
        }
    }
}
