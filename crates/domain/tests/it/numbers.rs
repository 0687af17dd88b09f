//! Our number parsing against libphonenumber's, with generated numbers of every country in the fast table. Both must
//! accept the same numbers and give the same result, except for the rules in `judge`.

use domain::number::{Home, Msisdn, parse};
use rlibphonenumber::{PHONE_NUMBER_UTIL, PhoneNumber, PhoneNumberFormat, PhoneNumberType, Region};

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
            let judged = judge(&written, home.map(|home| (region, home.calling_code())));
            assert_eq!(parse(&written, home).ok(), judged, "{written} in {country}, {home:?}");
            if judged.is_some() { accepted += 1 } else { refused += 1 }
        }
    }
    println!("{accepted} accepted, {refused} refused");
    assert!(accepted > 50_000 && refused > 50_000, "{accepted} {refused}");
}

/// libphonenumber's result with our four rules: `00` is `+` everywhere; without a home, digits are international; with
/// one, digits that begin with its calling code are preferably a mobile number; premium-rate numbers are refused.
fn judge(written: &str, home: Option<(Region, u16)>) -> Option<Msisdn> {
    let digits: String =
        written.chars().filter(|char| char.is_ascii_digit() || *char == '+').collect();
    let region = home.map(|(region, _)| region);
    let plain = match digits.strip_prefix("00") {
        Some(rest) => valid(&format!("+{rest}"), region),
        None if home.is_none() && !digits.starts_with('+') => valid(&format!("+{digits}"), None),
        None => valid(written, region),
    };
    let coded = home.filter(|(_, code)| digits.starts_with(&code.to_string()));
    let coded = coded.and_then(|_| valid(&format!("+{digits}"), None)).filter(is_mobile);
    let number = plain.filter(is_mobile).or(coded).or(plain)?;
    let charges = [PhoneNumberType::PremiumRate, PhoneNumberType::SharedCost];
    (!charges.contains(&number.1)).then_some(number.0)
}

fn valid(written: &str, region: Option<Region>) -> Option<(Msisdn, PhoneNumberType)> {
    let number = PHONE_NUMBER_UTIL.parse(written, region).ok().filter(PhoneNumber::is_valid)?;
    let digits = number.format_as(PhoneNumberFormat::E164)[1..].parse().ok()?;
    Some((digits, number.get_type()))
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
