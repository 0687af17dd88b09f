//! Amounts in a wholesaler's unit, which it writes with a decimal point, as text or as a JSON number.

use domain::money::Msat;
use serde_json::Value;

/// Millionths of a unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Units(u64);

const MILLION: i128 = 1_000_000;

/// Digits before the point: more is no amount of money.
const WHOLE_DIGITS_MAX: usize = 12;

impl Units {
    /// Reads `12`, `12.5` or `12,50`. Digits beyond the sixth after the point are rounded up, because a
    /// cost must not be understated.
    pub(super) fn read(text: &str) -> Option<Self> {
        let text = text.trim();
        let (whole, fraction) = text.split_once(['.', ',']).unwrap_or((text, "0"));
        let digits =
            |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        if !digits(whole) || !digits(fraction) || whole.len() > WHOLE_DIGITS_MAX {
            return None;
        }
        let (kept, rest) = fraction.split_at(fraction.len().min(6));
        let up = u64::from(rest.bytes().any(|byte| byte != b'0'));
        let micro: u64 = format!("{kept:0<6}").parse().ok()?;
        Some(Self(whole.parse::<u64>().ok()? * 1_000_000 + micro + up))
    }

    /// Reads a JSON number or text.
    pub(super) fn of(value: &Value) -> Option<Self> {
        match value {
            Value::String(text) => Self::read(text),
            Value::Number(number) => {
                let written = number.to_string();
                // Tiny fractions are written with an exponent.
                if written.contains("e-") {
                    Self::read(&format!("{:.12}", number.as_f64()?))
                } else {
                    Self::read(&written)
                }
            }
            _ => None,
        }
    }

    /// Rounded up, as a cost is.
    pub(super) fn cost(self, msat_per_unit: i64) -> Option<Msat> {
        let exact = i128::from(self.0) * i128::from(msat_per_unit);
        let msat = exact / MILLION + i128::from(exact % MILLION != 0);
        i64::try_from(msat).ok().map(Msat::new)
    }

    /// Rounded down, as a balance is.
    pub(super) fn worth(self, msat_per_unit: i64) -> Option<Msat> {
        let msat = i128::from(self.0) * i128::from(msat_per_unit) / MILLION;
        i64::try_from(msat).ok().map(Msat::new)
    }
}

/// An amount as a wholesaler reads it: rounded down to at most four digits after the point, at least two.
pub(super) fn write_units(amount: Msat, msat_per_unit: i64) -> String {
    let parts = i128::from(amount.get().max(0)) * 10_000 / i128::from(msat_per_unit.max(1));
    let (whole, fraction) = (parts / 10_000, parts % 10_000);
    if fraction % 100 == 0 {
        format!("{whole}.{:02}", fraction / 100)
    } else {
        format!("{whole}.{fraction:04}")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn reads_what_wholesalers_write() {
        for (text, millionths) in [
            ("12", 12_000_000),
            ("12.5", 12_500_000),
            (" 0.0375 ", 37_500),
            ("7,50", 7_500_000),
            ("0.0000001", 1),
            ("0.0000010", 1),
        ] {
            assert_eq!(Units::read(text), Some(Units(millionths)), "{text}");
        }
        for text in ["", ".", "1.", ".5", "-1", "1e3", "1.2.3", "NaN", "1234567890123", "٣"] {
            assert_eq!(Units::read(text), None, "{text}");
        }
        assert_eq!(Units::of(&json!(12.5)), Units::of(&json!("12.50")));
        assert_eq!(Units::of(&json!(null)), None);
        assert_eq!(Units::of(&json!(1e30)), None);
        assert_eq!(Units::of(&json!(2.5e-6)), Some(Units(3)), "rounded up");
        assert_eq!(Units::of(&json!(1e-5)), Some(Units(10)));
        assert_eq!(Units::of(&json!(-0.5)), None);
    }

    #[test]
    fn a_cost_is_rounded_up_and_a_balance_down() {
        let third = Units::read("0.000001").unwrap();
        assert_eq!(third.cost(1_500_000), Some(Msat::new(2)));
        assert_eq!(third.worth(1_500_000), Some(Msat::new(1)));
        assert_eq!(Units::read("999999999999").unwrap().cost(i64::MAX), None);
    }

    #[test]
    fn writes_amounts_rounded_down() {
        assert_eq!(write_units(Msat::new(2_400_000), 1_000_000), "2.40");
        assert_eq!(write_units(Msat::new(37_599), 1_000_000), "0.0375");
        assert_eq!(write_units(Msat::ZERO, 1), "0.00");
    }

    proptest! {
        #[test]
        fn what_was_written_costs_no_more(msat in 0..10_000_000_000_i64, unit in 1..10_000_000_i64) {
            let written = Units::read(&write_units(Msat::new(msat), unit)).unwrap();
            prop_assert!(written.cost(unit).unwrap() <= Msat::new(msat + 1));
        }
    }
}
