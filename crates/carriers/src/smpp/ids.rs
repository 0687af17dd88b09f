//! A carrier's message ids. They are opaque, unless its receipts are configured to write them in another notation than
//! its responses. Then numbers are normalised to decimal, and other ids to lower case without leading zeros.

use serde::Deserialize;

/// Longest id stored (SMPP 3.4 §5.2.23).
const CHARS_MAX: usize = 65;

/// How receipts write the ids given in responses.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ReceiptIds {
    /// Identical to the response.
    #[default]
    Same,
    /// Decimal; responses are hexadecimal.
    Decimal,
    /// Hexadecimal; responses are decimal.
    Hex,
    /// Same notation, but leading zeros and case may differ.
    Loose,
}

impl ReceiptIds {
    pub(super) fn of_answer(self, id: &[u8]) -> String {
        match self {
            Self::Same => verbatim(id),
            Self::Decimal => number(id, 16),
            Self::Hex => number(id, 10),
            Self::Loose => loose(id),
        }
    }

    pub(super) fn of_receipt(self, id: &[u8]) -> String {
        match self {
            Self::Same => verbatim(id),
            Self::Decimal => number(id, 10),
            Self::Hex => number(id, 16),
            Self::Loose => loose(id),
        }
    }
}

fn loose(id: &[u8]) -> String {
    let zeros = id.iter().take_while(|octet| **octet == b'0').count();
    // Keep one of a run of only zeros.
    let rest = id.get(zeros.min(id.len().saturating_sub(1))..).unwrap_or_default();
    verbatim(&rest.to_ascii_lowercase())
}

/// Octets beyond ASCII are read as Latin-1, so that different ids stay different.
fn verbatim(id: &[u8]) -> String {
    id.iter().take(CHARS_MAX).map(|octet| char::from(*octet)).collect()
}

fn number(id: &[u8], radix: u32) -> String {
    let digits = std::str::from_utf8(id).ok().filter(|id| !id.starts_with('+'));
    let value = digits.and_then(|digits| u128::from_str_radix(digits, radix).ok());
    value.map_or_else(|| verbatim(id), |value| value.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_opaque() {
        for id in ["0042", "AbC", "0118Z-0122I", "38d7ebcc524ba"] {
            assert_eq!(ReceiptIds::Same.of_answer(id.as_bytes()), id);
            assert_eq!(ReceiptIds::Same.of_receipt(id.as_bytes()), id);
        }
        assert_eq!(ReceiptIds::Same.of_answer(b"a\xe6"), "aæ");
        assert_eq!(ReceiptIds::Same.of_answer(&[b'x'; 80]).len(), 65);
    }

    #[test]
    fn loose_ids_ignore_leading_zeros_and_case() {
        for (answer, receipt) in [
            ("0000012345", "12345"),
            ("00AbCdEf", "abcdef"),
            ("0118Z-0122I", "118z-0122i"),
            ("000", "0"),
            ("", ""),
        ] {
            let loose = ReceiptIds::Loose;
            assert_eq!(loose.of_answer(answer.as_bytes()), loose.of_receipt(receipt.as_bytes()));
        }
        assert_ne!(ReceiptIds::Loose.of_answer(b"100"), ReceiptIds::Loose.of_answer(b"1"));
    }

    #[test]
    fn numbers_match_in_either_notation() {
        for (mode, answer, receipt) in [
            (ReceiptIds::Decimal, "38d7ebcc524ba", "1000000402564282"),
            (ReceiptIds::Decimal, "0038D7EBCC524BA", "01000000402564282"),
            (ReceiptIds::Hex, "1000000402564282", "38D7EBCC524BA"),
            (ReceiptIds::Decimal, "ffffffffffffffffffffffff", "79228162514264337593543950335"),
        ] {
            assert_eq!(mode.of_answer(answer.as_bytes()), mode.of_receipt(receipt.as_bytes()));
        }
        assert_eq!(ReceiptIds::Decimal.of_answer(b"no number"), "no number");
        let beyond = b"0123456789012345678901234567890123456789012";
        assert_eq!(ReceiptIds::Hex.of_answer(beyond).as_bytes(), beyond, "more than 128 bits");
        assert_eq!(ReceiptIds::Hex.of_answer(b"+12"), "+12");
    }
}
