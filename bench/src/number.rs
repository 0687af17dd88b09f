//! Maps messages to recipient numbers and back: the simulator identifies a message by its recipient, because the
//! gateway may change its text. The numbers are Thai mobile numbers, all of which are valid in the numbering plan;
//! other countries have invalid blocks.

/// Country code and the first digit of a mobile number.
const PREFIX: &[u8; 3] = b"668";

/// Number of distinct messages.
pub(crate) const MESSAGES_MAX: usize = 100_000_000;

/// Digits of the number for message `index`, without `+`.
pub(crate) fn digits_of(index: usize) -> [u8; 11] {
    let mut digits = *b"66800000000";
    let mut rest = index;
    for digit in digits[PREFIX.len()..].iter_mut().rev() {
        *digit = b'0' + (rest % 10) as u8;
        rest /= 10;
    }
    digits
}

/// Message index of a number, with or without `+`; `None` for other numbers.
pub(crate) fn index_of(number: &[u8]) -> Option<usize> {
    let digits = number.strip_prefix(b"+").unwrap_or(number).strip_prefix(PREFIX)?;
    crate::http::number(digits).filter(|_| digits.len() == 8)
}

#[cfg(test)]
mod tests {
    use super::{MESSAGES_MAX, digits_of, index_of};

    #[test]
    fn every_message_is_known_by_its_number() {
        for index in [0, 1, 999_999, 1_000_000, 7_654_321, MESSAGES_MAX - 1] {
            assert_eq!(index_of(&digits_of(index)), Some(index));
        }
        assert_eq!(digits_of(1_000_042), *b"66801000042");
        assert_eq!(index_of(b"+66801000042"), Some(1_000_042));
        for stranger in [&b"66700000000"[..], b"6680000000", b"668", b"", b"6680000000x"] {
            assert_eq!(index_of(stranger), None);
        }
    }
}
