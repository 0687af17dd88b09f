//! The recipients of a request: valid numbers as they are read, one by one, and invalid ones.
//!
//! Two million numbers are eight bytes each: no text is made of a number again.

use std::fmt;

use super::campaign::{Excluded, Exclusion};
use crate::limits;
use crate::number::{self, Msisdn, Notation};

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("at most {max} numbers are allowed", max = limits::MESSAGE_RECIPIENTS_MAX)]
pub struct TooManyNumbers;

#[derive(Default)]
pub struct AddressList {
    numbers: Vec<Msisdn>,
    invalid: Vec<Excluded>,
}

impl AddressList {
    /// A list of one valid number.
    pub fn of(number: Msisdn) -> Self {
        Self { numbers: vec![number], invalid: Vec::new() }
    }

    /// Adds a number as people and programs write it; what is no number is kept as written.
    pub fn add(&mut self, written: &str, notation: Notation) -> Result<(), TooManyNumbers> {
        if self.len() >= limits::MESSAGE_RECIPIENTS_MAX as usize {
            return Err(TooManyNumbers);
        }
        match number::parse(written, notation) {
            Ok(number) => self.numbers.push(number),
            Err(_) => {
                self.invalid.push(Excluded { address: shown(written), why: Exclusion::Invalid });
            }
        }
        Ok(())
    }

    /// Adds numbers that are stored, perhaps in a spelling that was in use then.
    pub fn add_all(&mut self, mut numbers: Vec<Msisdn>) -> Result<(), TooManyNumbers> {
        if self.len() + numbers.len() > limits::MESSAGE_RECIPIENTS_MAX as usize {
            return Err(TooManyNumbers);
        }
        numbers.iter_mut().for_each(|number| *number = number.as_spelled_today());
        if self.numbers.is_empty() {
            self.numbers = numbers;
        } else {
            self.numbers.extend(numbers);
        }
        Ok(())
    }

    /// Valid numbers, repetitions included.
    pub fn numbers(&self) -> &[Msisdn] {
        &self.numbers
    }

    pub fn into_parts(self) -> (Vec<Msisdn>, Vec<Excluded>) {
        (self.numbers, self.invalid)
    }

    pub fn len(&self) -> usize {
        self.numbers.len() + self.invalid.len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Keeps the first of equal addresses, in their order.
    #[must_use]
    pub fn distinct(mut self) -> Self {
        keep_first_of_each(&mut self.numbers);
        let addresses: Vec<_> = self.invalid.iter().map(|one| one.address.as_str()).collect();
        let mut order: Vec<usize> = (0..addresses.len()).collect();
        order.sort_unstable_by_key(|&at| (addresses[at], at));
        let mut first = vec![true; addresses.len()];
        for pair in order.windows(2) {
            first[pair[1]] = addresses[pair[0]] != addresses[pair[1]];
        }
        let mut first = first.into_iter();
        self.invalid.retain(|_| first.next().unwrap_or(true));
        self
    }
}

impl fmt::Debug for AddressList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AddressList(<{} numbers, {} invalid>)", self.numbers.len(), self.invalid.len())
    }
}

/// Looks repetitions up in a sorted copy: a hash table could be made slow by chosen numbers.
fn keep_first_of_each(numbers: &mut Vec<Msisdn>) {
    if numbers.len() < 2 {
        return;
    }
    let mut sorted = numbers.clone();
    sorted.sort_unstable();
    sorted.dedup();
    if sorted.len() == numbers.len() {
        return;
    }
    let mut seen = vec![false; sorted.len()];
    numbers.retain(|number| {
        sorted.binary_search(number).is_ok_and(|at| !std::mem::replace(&mut seen[at], true))
    });
}

/// Bounded in length, without control characters, which PostgreSQL does not store.
fn shown(written: &str) -> String {
    let visible = |char: char| if char.is_control() { char::REPLACEMENT_CHARACTER } else { char };
    written.chars().take(Excluded::ADDRESS_CHARS_MAX).map(visible).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::number::Home;

    fn read(written: &[&str]) -> AddressList {
        let mut read = AddressList::default();
        let notation = Notation::of(Home::from_iso("TH"));
        written.iter().for_each(|written| read.add(written, notation).unwrap());
        read
    }

    #[test]
    fn keeps_the_first_of_equal_addresses_in_place() {
        let written = ["0812345678", "x", "0898765432", "+66 81 234 5678", "y", "x", "0800000000"];
        let (numbers, invalid) = read(&written).distinct().into_parts();
        let numbers: Vec<_> = numbers.iter().map(|number| number.digits()).collect();
        assert_eq!(numbers, [66_812_345_678, 66_898_765_432, 66_800_000_000]);
        let invalid: Vec<_> = invalid.iter().map(|one| one.address.as_str()).collect();
        assert_eq!(invalid, ["x", "y"]);
    }

    #[test]
    fn keeps_an_invalid_number_as_far_as_it_can_be_shown() {
        let long = "ย".repeat(40);
        let (_, invalid) = read(&["a\u{0}b\n", &long, ""]).into_parts();
        let invalid: Vec<_> = invalid.iter().map(|one| one.address.as_str()).collect();
        assert_eq!(invalid, ["a\u{FFFD}b\u{FFFD}", &long[..96], ""]);
    }

    #[test]
    fn debug_shows_no_number() {
        let shown = format!("{:?}", read(&["0812345678", "081x"]));
        assert_eq!(shown, "AddressList(<1 numbers, 1 invalid>)");
    }
}
