//! The parameter `msisdn`: one number, or several separated by commas, with the calling code. Spaces,
//! dashes, brackets and a leading `+` or `00` make no difference.

use domain::limits::MESSAGE_RECIPIENTS_MAX;
use domain::message::address_list::AddressList;
use domain::number::{Msisdn, Notation, parse};

use super::answer::Failure;

/// E.164 §6; shorter ones are no numbers of a mobile phone.
const DIGITS: std::ops::RangeInclusive<usize> = 8..=15;

/// The numbers, and the calling code that all of them share.
#[derive(Debug)]
pub(super) struct Numbers {
    pub list: AddressList,
    pub dialcode: Option<u16>,
}

pub(super) fn read_numbers(written: &str, notation: Notation) -> Result<Numbers, Failure> {
    let (mut list, mut dialcodes) = (Vec::new(), Vec::new());
    for one in written.split(',').map(str::trim).filter(|one| !one.is_empty()) {
        let number = read_number(one, "sms", notation)?;
        dialcodes.push(number.country_calling_code());
        list.push(number);
    }
    dialcodes.dedup();
    if list.is_empty() {
        return Err(no_recipient());
    }
    let mut numbers = AddressList::default();
    numbers.add_all(list).map_err(|_| too_many())?;
    Ok(Numbers {
        list: numbers,
        dialcode: dialcodes.first().copied().filter(|_| dialcodes.len() == 1),
    })
}

/// One number; an error repeats it in the object `of`.
pub(super) fn read_number(
    written: &str,
    of: &'static str,
    notation: Notation,
) -> Result<Msisdn, Failure> {
    let wrong = |word| Failure::echo(word, of, "msisdn", Some(written));
    if written.chars().any(char::is_alphabetic) {
        return Err(wrong("MSISDN_ALPHA"));
    }
    let digits: String = written.chars().filter(|char| !is_mark(*char)).collect();
    let digits = digits.strip_prefix("00").unwrap_or(&digits);
    if digits.chars().filter(|char| char.is_numeric()).count() > *DIGITS.end() {
        return Err(wrong("MSISDN_LONG"));
    }
    if digits.chars().count() < *DIGITS.start() {
        return Err(wrong("MSISDN_INVALID"));
    }
    parse(&format!("+{digits}"), notation)
        .map_err(|error| wrong("MSISDN_INVALID").because(error.to_string()))
}

pub(super) fn is_mark(char: char) -> bool {
    char.is_whitespace() || matches!(char, '+' | '-' | '(' | ')' | '.' | '/')
}

/// As the old service has it.
pub(super) fn no_recipient() -> Failure {
    Failure::echo("EMPTY_RECIPIENT", "sms", "msisdn", None)
}

fn too_many() -> Failure {
    let reason = format!("at most {MESSAGE_RECIPIENTS_MAX} numbers are allowed");
    Failure::new("TOO_MANY_RECIPIENTS").because(reason)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(written: &str) -> Result<Vec<u64>, String> {
        match read_numbers(written, Notation::default()) {
            Ok(numbers) => Ok(numbers.list.numbers().iter().map(|one| one.digits()).collect()),
            Err(failure) => Err(failure.into_tree().to_json()),
        }
    }

    #[test]
    fn reads_numbers_as_clients_write_them() {
        for written in [
            "4512345678",
            "+4512345678",
            " 4512345678",
            "+45 12 34 56 78",
            "004512345678",
            "+45(12)34-56-78",
            "+45\u{a0}12345678",
            "4512345678,",
            "4512345678,4512345678",
        ] {
            assert_eq!(read(written).unwrap()[0], 4_512_345_678, "{written}");
        }
        assert_eq!(read("+1 684 733 1234"), Ok(vec![16_847_331_234]));
        assert_eq!(read("4512345678, 66812345678"), Ok(vec![4_512_345_678, 66_812_345_678]));
    }

    #[test]
    fn says_what_is_wrong_with_a_number() {
        for (written, word) in [
            ("45abc", "MSISDN_ALPHA"),
            ("ø", "MSISDN_ALPHA"),
            ("4512345678901234", "MSISDN_LONG"),
            (&"4".repeat(40), "MSISDN_LONG"),
            ("4512345", "MSISDN_INVALID"),
            ("12345678", "MSISDN_INVALID"),
            ("0012345678", "MSISDN_INVALID"),
            ("4512345678;66812345678", "MSISDN_LONG"),
            ("45#12345678", "MSISDN_INVALID"),
            ("99912345678", "MSISDN_INVALID"),
            ("+", "MSISDN_INVALID"),
            ("4512345678,12", "MSISDN_INVALID"),
            ("", "EMPTY_RECIPIENT"),
            (" , ,", "EMPTY_RECIPIENT"),
        ] {
            let error = read(written).unwrap_err();
            assert!(error.contains(&format!(r#""error":"{word}""#)), "{written}: {error}");
        }
    }

    #[test]
    fn a_calling_code_is_told_when_all_share_it() {
        let dialcode = |written| read_numbers(written, Notation::default()).unwrap().dialcode;
        assert_eq!(dialcode("4512345678,4520123456"), Some(45));
        assert_eq!(dialcode("4512345678,66812345678,4520123456"), None);
    }
}
