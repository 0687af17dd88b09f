//! The last digits of an inbound message's source and destination, by which they are matched with a known number:
//! carriers write a number with or without calling code, trunk zero and plus.

use std::fmt;

/// Number of compared digits.
const DIGITS: usize = 7;

/// Length of the shortest national number (Niue). A shorter destination is a short code and matches no number.
const DIGITS_MIN: usize = 4;

/// Factor that separates the two ends in the integer.
const OTHER: u64 = 100_000_000;

/// The last seven digits of source and destination; a shorter source is complete. At least one of them is a number.
/// `Debug` shows no digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NumberEnds(u64);

impl NumberEnds {
    /// `None` if neither is a number.
    pub fn of(from: &str, to: &str) -> Option<Self> {
        Self::from_stored(end(from, DIGITS_MIN) * OTHER + end(to, DIGITS))
    }

    /// As one integer, never 0.
    pub const fn stored(self) -> u64 {
        self.0
    }

    pub const fn from_stored(stored: u64) -> Option<Self> {
        if stored == 0 { None } else { Some(Self(stored)) }
    }

    /// Whether a number ends like one of the two. Both are compared because some carriers swap the addresses of
    /// receipts.
    pub const fn fit(self, number: u64) -> bool {
        fits(self.0 / OTHER, number) || fits(self.0 % OTHER, number)
    }
}

impl fmt::Debug for NumberEnds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NumberEnds(…)")
    }
}

/// The last digits, prefixed with 1 to keep leading zeros; 0 if the address is not a number.
fn end(address: &str, digits_min: usize) -> u64 {
    let digits = address.strip_prefix('+').unwrap_or(address);
    if digits.len() < digits_min || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return 0;
    }
    let last = digits.get(digits.len().saturating_sub(DIGITS)..).unwrap_or(digits);
    last.bytes().fold(1, |end, digit| end * 10 + u64::from(digit - b'0'))
}

const fn fits(end: u64, number: u64) -> bool {
    if end == 0 {
        return false;
    }
    let power = 10_u64.pow(end.ilog10());
    number % power == end - power
}

#[cfg(test)]
mod tests {
    use super::*;

    const NUMBER: u64 = 4_520_123_456;

    fn fit(from: &str, to: &str) -> bool {
        let stored = NumberEnds::of(from, to).map(NumberEnds::stored);
        stored.and_then(NumberEnds::from_stored).is_some_and(|ends| ends.fit(NUMBER))
    }

    #[test]
    fn a_number_matches_in_every_notation() {
        for from in ["4520123456", "+4520123456", "004520123456", "20123456", "020123456", "123456"]
        {
            assert!(fit(from, "1919"), "{from}");
        }
        assert!(fit("1919", "4520123456") && fit("Boltgram", "20123456"), "turned round");
        let zeros = NumberEnds::of("5000000", "").unwrap();
        assert!(zeros.fit(4_505_000_000) && !zeros.fit(4_500_000_000));
    }

    #[test]
    fn other_numbers_and_names_do_not_match() {
        for from in
            ["4520123457", "4521023456", "0123455", "3457", "456", "", "20 12 34 56", "-3456"]
        {
            assert!(!fit(from, "1919"), "{from}");
        }
        assert!(!fit("4529999999", "3456"), "a short code matched");
        assert_eq!(NumberEnds::of("Boltgram", "1919"), None);
        assert_eq!(format!("{:?}", NumberEnds::of("4520123456", "")), "Some(NumberEnds(…))");
    }
}
