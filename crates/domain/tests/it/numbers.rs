//! Our number parsing against libphonenumber's, with generated numbers of every country in the fast table. Both must
//! accept the same numbers and give the same result, except for the rules in `judge`.

use domain::number::{Accept, Home, Msisdn, Notation, parse};
use rlibphonenumber::{
    CountryCodeSource, PHONE_NUMBER_UTIL, PhoneNumberFormat, PhoneNumberType, Region,
};

use crate::corpus::Corpus;

const SEED: u64 = 0x5EED_0002;
/// Numbers per country, each in one of nine notations.
const NUMBERS: usize = 4_000;

const COUNTRIES: [&str; 58] = [
    "DK", "TH", "DE", "GB", "US", "CA", "FR", "NL", "SE", "NO", "PL", "ES", "IT", "AU", "FI", "AT",
    "CH", "BE", "PT", "IE", "IN", "ID", "PH", "VN", "MY", "SG", "JP", "KR", "CN", "BR", "MX", "ZA",
    "NG", "TR", "UA", "RU", "KZ", "PK", "BD", "EG", "CZ", "GR", "RO", "HU", "IS", "HK", "LA", "KH",
    "MM", "IL", "AE", "SA", "NZ", "KE", "CO", "JM", "GG", "AR",
];

#[test]
fn accepts_the_same_numbers_as_libphonenumber() {
    println!("seed {SEED:#x}");
    let mut corpus = Corpus::new(SEED);
    let (mut accepted, mut refused) = (0, 0);
    for country in COUNTRIES {
        let home = Home::from_iso(country).unwrap();
        let region = Region::try_from(country).unwrap();
        let example = PHONE_NUMBER_UTIL
            .get_example_number_for_type_and_region(region, PhoneNumberType::Mobile)
            .unwrap()
            .get_national_significant_number();
        for _ in 0..NUMBERS {
            let (written, home) = write(&mut corpus, home, &example);
            // Dial-out prefixes other than 00 are tested in `super::dial_out`.
            if home.is_some_and(|home| begins_with_prefix(&written, home)) {
                continue;
            }
            let judged = judge(&written, home.map(|home| (region, home.calling_code())));
            let notation = Notation { home, accept: Accept::Valid };
            assert_eq!(parse(&written, notation).ok(), judged, "{written} in {country}, {home:?}");
            if judged.is_some() { accepted += 1 } else { refused += 1 }
        }
    }
    println!("{accepted} accepted, {refused} refused");
    assert!(accepted > 50_000 && refused > 50_000, "{accepted} {refused}");
}

/// libphonenumber's result with our rules: dial-out prefixes are ours; without a home, digits are international; with one,
/// digits that begin with its calling code are preferably a mobile number, and digits that are no national number are
/// international; premium-rate numbers are refused; legacy forms become today's.
fn judge(written: &str, home: Option<(Region, u16)>) -> Option<Msisdn> {
    let digits: String =
        written.chars().filter(|char| char.is_ascii_digit() || *char == '+').collect();
    let number = match (home, digits.strip_prefix("00")) {
        _ if digits.starts_with('+') => valid(&digits, None),
        (_, Some(abroad)) => valid(&format!("+{abroad}"), None),
        (None, None) => valid(&format!("+{digits}"), None),
        (Some((region, code)), None) => {
            let plain = valid(&digits, Some(region)).filter(|_| !is_dialled(&digits, region));
            // In Colombia libphonenumber takes 03, 05, 07 and 09 for carriers' codes.
            let rest = digits.strip_prefix('0').filter(|_| code == 57);
            let plain = plain.or_else(|| valid(&format!("+57{}", rest?), None));
            let abroad = valid(&format!("+{digits}"), None);
            let coded = abroad.filter(|_| digits.starts_with(&code.to_string()));
            plain.filter(is_mobile).or(coded.filter(is_mobile)).or(plain).or(abroad)
        }
    };
    let charges = [PhoneNumberType::PremiumRate, PhoneNumberType::SharedCost];
    let number = number.filter(|(number, kind)| match number.global_service() {
        Some(_) => home.is_none() || digits.starts_with(['+', '0']),
        None => !charges.contains(kind),
    })?;
    Some(number.0)
}

fn begins_with_prefix(written: &str, home: Home) -> bool {
    let digits: Vec<_> = written.bytes().filter(|byte| !b" -.".contains(byte)).collect();
    home.dial_out().iter().filter(|prefix| **prefix != "00").any(|prefix| {
        let mut pairs = prefix.bytes().zip(&digits);
        pairs.all(|(wanted, digit)| wanted == b'x' || wanted == *digit)
    })
}

/// Whether libphonenumber takes the first digits for a dial-out prefix.
fn is_dialled(digits: &str, region: Region) -> bool {
    let read = PHONE_NUMBER_UTIL.parse_and_keep_raw_input(digits, Some(region));
    read.is_ok_and(|read| read.country_code_source() == CountryCodeSource::FromNumberWithIdd)
}

fn valid(written: &str, region: Option<Region>) -> Option<(Msisdn, PhoneNumberType)> {
    let number = PHONE_NUMBER_UTIL.parse(written, region).ok()?;
    let digits: Msisdn = number.format_as(PhoneNumberFormat::E164)[1..].parse().ok()?;
    let today = digits.as_spelled_today();
    let number = match today == digits {
        true => number,
        false => PHONE_NUMBER_UTIL.parse(today.e164(), None).ok()?,
    };
    number.is_valid().then(|| (today, number.get_type()))
}

fn is_mobile(judged: &(Msisdn, PhoneNumberType)) -> bool {
    matches!(judged.1, PhoneNumberType::Mobile | PhoneNumberType::FixedLineOrMobile)
}

/// Writes a number in one of several notations; returns the home if the notation needs it.
fn write(corpus: &mut Corpus, home: Home, example: &str) -> (String, Option<Home>) {
    let mut length = corpus.pick(&[7, 8, 9, 10, 10, 11, 12]);
    let code = home.calling_code().to_string();
    let mut national = String::new();
    // Includes national numbers that begin with their own calling code.
    match corpus.below(8) {
        0 => national.push_str(&code),
        // Some digits of a real mobile number, usually of the same length.
        1..=5 => {
            national.push_str(&example[..corpus.pick(&[1, 2, 2, 3, 4])]);
            length = corpus.pick(&[length, example.len(), example.len(), example.len()]);
        }
        _ => {}
    }
    while national.len() < length {
        let lowest = u64::from(national.is_empty());
        let digit = lowest + corpus.below(10 - lowest);
        national.push(char::from(b'0' + u8::try_from(digit).unwrap()));
    }
    let (start, known) = corpus.pick(&[
        ("+C", true),
        ("+C", false),
        ("00C", true),
        ("C", false),
        ("C", true),
        ("", true),
        ("0", true),
        ("C0", true),
        ("+C0", true),
    ]);
    let mut written = String::new();
    for char in format!("{}{national}", start.replace('C', &code)).chars() {
        if !written.is_empty() && !written.ends_with('+') && corpus.below(12) == 0 {
            written.push(corpus.pick(&[' ', '-', '.']));
        }
        written.push(char);
    }
    (written, known.then_some(home))
}
