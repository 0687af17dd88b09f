//! To whom: numbers as they are read, one by one, and what is no number.

use std::fmt;

use domain::limits;
use domain::message::campaign::{Excluded, Exclusion};
use domain::number::{self, Home, Msisdn};

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("at most {max} numbers are allowed", max = limits::MESSAGE_RECIPIENTS_MAX)]
pub struct TooManyNumbers;

#[derive(Default)]
pub struct Addressees {
    pub(super) numbers: Vec<Msisdn>,
    pub(super) invalid: Vec<Excluded>,
}

impl Addressees {
    /// Takes a number as people and programs write it; what is none is kept to be shown.
    pub fn add(&mut self, written: &str, home: Option<Home>) -> Result<(), TooManyNumbers> {
        if self.len() >= limits::MESSAGE_RECIPIENTS_MAX as usize {
            return Err(TooManyNumbers);
        }
        match number::parse(written, home) {
            Ok(number) => self.numbers.push(number),
            Err(_) => {
                self.invalid.push(Excluded { address: shown(written), why: Exclusion::Invalid });
            }
        }
        Ok(())
    }

    /// Takes numbers that are known to be numbers.
    pub(super) fn add_all(&mut self, numbers: Vec<Msisdn>) -> Result<(), TooManyNumbers> {
        if self.len() + numbers.len() > limits::MESSAGE_RECIPIENTS_MAX as usize {
            return Err(TooManyNumbers);
        }
        if self.numbers.is_empty() {
            self.numbers = numbers;
        } else {
            self.numbers.extend(numbers);
        }
        Ok(())
    }

    pub fn len(&self) -> usize {
        self.numbers.len() + self.invalid.len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The first of each, in their order.
    #[must_use]
    pub(super) fn distinct(mut self) -> Self {
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

impl fmt::Debug for Addressees {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Addressees(<{} numbers, {} are none>)", self.numbers.len(), self.invalid.len())
    }
}

/// Found by a sorted copy, not by a table of hashes: nobody chooses numbers that make it slow.
fn keep_first_of_each(numbers: &mut Vec<Msisdn>) {
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

/// As it was written, in length and without what no screen shows and PostgreSQL does not store.
fn shown(written: &str) -> String {
    let visible = |char: char| if char.is_control() { char::REPLACEMENT_CHARACTER } else { char };
    written.chars().take(Excluded::ADDRESS_CHARS_MAX).map(visible).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(written: &[&str]) -> Addressees {
        let mut read = Addressees::default();
        let home = Home::from_iso("TH");
        written.iter().for_each(|written| read.add(written, home).unwrap());
        read
    }

    #[test]
    fn the_first_of_each_stays_where_it_was() {
        let written = ["0812345678", "x", "0898765432", "+66 81 234 5678", "y", "x", "0800000000"];
        let read = read(&written).distinct();
        let numbers: Vec<_> = read.numbers.iter().map(|number| number.digits()).collect();
        assert_eq!(numbers, [66_812_345_678, 66_898_765_432, 66_800_000_000]);
        let invalid: Vec<_> = read.invalid.iter().map(|one| one.address.as_str()).collect();
        assert_eq!(invalid, ["x", "y"]);
    }

    #[test]
    fn what_is_no_number_is_kept_as_far_as_it_can_be_shown() {
        let long = "ย".repeat(40);
        let read = read(&["a\u{0}b\n", &long, ""]);
        let invalid: Vec<_> = read.invalid.iter().map(|one| one.address.as_str()).collect();
        assert_eq!(invalid, ["a\u{FFFD}b\u{FFFD}", &long[..96], ""]);
    }

    #[test]
    fn tells_no_number() {
        let told = format!("{:?}", read(&["0812345678", "081x"]));
        assert_eq!(told, "Addressees(<1 numbers, 1 are none>)");
    }
}
