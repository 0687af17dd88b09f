//! Which message a recipient's number belongs to, both ways: the simulator knows a message by its recipient alone,
//! whatever the gateway does to its text. The numbers are Thai mobile numbers, all of which are valid in the numbering
//! plan; many a block of other countries is not.

/// Country code and the first digit of a mobile number.
const PREFIX: &[u8; 3] = b"668";

/// How many messages can be told apart.
pub(crate) const MESSAGES_MAX: usize = 100_000_000;

/// The digits of the number of message `index`, without `+`.
pub(crate) fn digits_of(index: usize) -> [u8; 11] {
    let mut digits = *b"66800000000";
    let mut rest = index;
    for digit in digits[PREFIX.len()..].iter_mut().rev() {
        *digit = b'0' + (rest % 10) as u8;
        rest /= 10;
    }
    digits
}

/// The message of a number, with or without `+`; `None` for a stranger's.
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
