//! Which message a recipient's number belongs to, both ways: the simulator knows a message by its recipient alone,
//! whatever the gateway does to its text. The numbers are Danish mobile numbers, valid for every gateway.

/// The first two digits of mobile numbers in Denmark's plan.
const SERIES: [u8; 12] = [20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31];
/// Numbers in a series.
const SERIES_SIZE: usize = 1_000_000;

/// How many messages can be told apart.
pub(crate) const MESSAGES_MAX: usize = SERIES.len() * SERIES_SIZE;

/// The digits of the number of message `index`, without `+`.
pub(crate) fn digits_of(index: usize) -> [u8; 10] {
    let mut digits = *b"4500000000";
    let mut rest =
        usize::from(SERIES[index / SERIES_SIZE % SERIES.len()]) * SERIES_SIZE + index % SERIES_SIZE;
    for digit in digits[2..].iter_mut().rev() {
        *digit = b'0' + (rest % 10) as u8;
        rest /= 10;
    }
    digits
}

/// The message of a number, with or without `+`; `None` for a stranger's.
pub(crate) fn index_of(number: &[u8]) -> Option<usize> {
    let digits = number.strip_prefix(b"+").unwrap_or(number).strip_prefix(b"45")?;
    let value = crate::http::number(digits).filter(|_| digits.len() == 8)?;
    let series = SERIES.iter().position(|&series| usize::from(series) == value / SERIES_SIZE)?;
    Some(series * SERIES_SIZE + value % SERIES_SIZE)
}

#[cfg(test)]
mod tests {
    use super::{MESSAGES_MAX, digits_of, index_of};

    #[test]
    fn every_message_is_known_by_its_number() {
        for index in [0, 1, 999_999, 1_000_000, 7_654_321, MESSAGES_MAX - 1] {
            assert_eq!(index_of(&digits_of(index)), Some(index));
        }
        assert_eq!(digits_of(1_000_042), *b"4521000042");
        assert_eq!(index_of(b"+4521000042"), Some(1_000_042));
        for stranger in [&b"4519000000"[..], b"452000000", b"46", b"", b"45200000x0"] {
            assert_eq!(index_of(stranger), None);
        }
    }
}
