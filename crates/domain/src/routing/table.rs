//! Longest-prefix match of numbers without allocation.
//!
//! A prefix is the range of all 15-digit numbers that begin with it. Such ranges are nested or disjoint, so the longest
//! prefix of a number is the last range that begins at or before it, or one that encloses that range.

use crate::number::Msisdn;

/// E.164 §6: at most 15 digits.
const DIGITS_MAX: u32 = 15;

#[derive(Debug, Clone)]
struct Entry<T> {
    /// The prefix, padded with zeros to 15 digits.
    low: u64,
    digits: u32,
    /// Index of the longest enclosing prefix.
    around: Option<usize>,
    value: T,
}

impl<T> Entry<T> {
    const fn contains(&self, low: u64, digits: u32) -> bool {
        self.digits <= digits && low - self.low < 10u64.pow(DIGITS_MAX - self.digits)
    }
}

#[derive(Debug, Clone)]
pub(crate) struct PrefixTable<T> {
    /// Ordered by `low`, then by length.
    entries: Vec<Entry<T>>,
}

impl<T> PrefixTable<T> {
    /// The last value of a repeated prefix wins; invalid prefixes are ignored.
    pub(crate) fn new(values: impl Iterator<Item = (String, T)>) -> Self {
        let mut entries: Vec<_> =
            values.filter_map(|(prefix, value)| read(&prefix, value)).collect();
        entries.sort_by_key(|entry| (entry.low, entry.digits));
        let mut table = Self { entries: Vec::with_capacity(entries.len()) };
        for mut entry in entries {
            let last = table.entries.len().checked_sub(1);
            entry.around = last.and_then(|last| table.around(last, entry.low, entry.digits));
            table.entries.push(entry);
        }
        table
    }

    pub(crate) fn values(&self) -> impl Iterator<Item = &T> {
        self.entries.iter().map(|entry| &entry.value)
    }

    pub(crate) fn find(&self, number: Msisdn) -> Option<&T> {
        self.find_leading(number.digits(), number.digit_count())
    }

    /// The value for all numbers that begin with these digits, at most 15.
    pub(crate) fn find_leading(&self, leading: u64, digits: u32) -> Option<&T> {
        let low = leading * 10u64.pow(DIGITS_MAX - digits);
        let last = self.entries.partition_point(|entry| entry.low <= low).checked_sub(1)?;
        self.around(last, low, digits).map(|at| &self.entries[at].value)
    }

    /// The value of the empty prefix.
    pub(crate) fn everywhere(&self) -> Option<&T> {
        let of_all = self.entries.iter().take_while(|entry| entry.digits == 0).last();
        of_all.map(|entry| &entry.value)
    }

    /// `at`, or the next enclosing entry, that contains these digits.
    fn around(&self, at: usize, low: u64, digits: u32) -> Option<usize> {
        let mut next = Some(at);
        while let Some(at) = next {
            let entry = &self.entries[at];
            if entry.contains(low, digits) {
                return Some(at);
            }
            next = entry.around;
        }
        None
    }
}

fn read<T>(prefix: &str, value: T) -> Option<Entry<T>> {
    let digits = u32::try_from(prefix.len()).ok().filter(|digits| *digits <= DIGITS_MAX)?;
    let plain = prefix.bytes().all(|byte| byte.is_ascii_digit()) && !prefix.starts_with('0');
    let number: u64 = if prefix.is_empty() { 0 } else { prefix.parse().ok()? };
    let low = number.checked_mul(10u64.pow(DIGITS_MAX - digits))?;
    plain.then_some(Entry { low, digits, around: None, value })
}
