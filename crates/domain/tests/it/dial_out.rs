//! Every country of the orders door's table as a home: its national formats with and without its trunk prefix, and
//! foreign numbers behind each of its dial-out prefixes.

use domain::number::{Home, Msisdn, Notation, parse};
use rlibphonenumber::{PHONE_NUMBER_UTIL, PhoneNumberFormat, PhoneNumberType, Region};

/// The countries that the orders door sells: ISO codes of its table.
fn countries() -> impl Iterator<Item = &'static str> {
    let table = include_str!("../../data/countries.tsv");
    let lines = table.lines().filter(|line| !line.starts_with('#'));
    lines.filter_map(|line| line.split('\t').nth(1)).filter(|iso| *iso != "-")
}

/// Valid mobile numbers of several countries, one of which is not at home anywhere.
const ABROAD: [&str; 4] = ["+4520123456", "+66812345678", "+6582123456", "+4915112345678"];

/// The countries with the trunk prefix 0.
#[rustfmt::skip]
const TRUNK_ZERO: &[&str] = &[
    "AE", "AF", "AL", "AM", "AR", "AT", "AU", "BA", "BD", "BE", "BG", "BO", "BR", "CD", "CH",
    "CN", "CO", "DE", "DZ", "EC", "EG", "ER", "ET", "FI", "FR", "GB", "GE", "GF", "GH", "GP",
    "HR", "ID", "IE", "IL", "IN", "IQ", "JO", "KE", "KG", "KH", "KR", "LA", "LB", "LK", "LR",
    "LT", "LY", "MA", "MC", "MD", "ME", "MK", "MM", "MN", "MW", "MY", "NA", "NG", "NL", "NP",
    "NZ", "PE", "PH", "PK", "PY", "RE", "RO", "RS", "RW", "SA", "SE", "SI", "SK", "SL", "SO",
    "SS", "TH", "TR", "TW", "TZ", "UA", "UG", "UY", "VE", "VN", "YE", "ZA", "ZM", "ZW",
];

fn trunk(country: &str, home: Home) -> &'static str {
    match country {
        "BY" | "KZ" | "RU" | "TM" => "8",
        "HU" => "06",
        _ if home.calling_code() == 1 => "1",
        _ if TRUNK_ZERO.contains(&country) => "0",
        _ => "",
    }
}

fn e164(written: &str, home: Home) -> Option<String> {
    parse(written, Notation::of(Some(home))).ok().map(Msisdn::e164)
}

#[test]
fn every_dial_out_prefix_leads_abroad() {
    let mut seen = 0;
    for country in countries() {
        let home = Home::from_iso(country).unwrap();
        assert!(!home.dial_out().is_empty(), "{country}");
        for prefix in home.dial_out().iter().map(|prefix| prefix.replace('x', "3")) {
            for number in ABROAD {
                let written = format!("{prefix}{}", &number[1..]);
                let Some(read) = e164(&written, home) else { panic!("{written} in {country}") };
                assert_eq!(read, number, "{written} in {country}");
                // As people write it.
                let spaced = format!("{prefix} {}-{}", &number[1..3], &number[3..]);
                assert_eq!(e164(&spaced, home).as_deref(), Some(number), "{spaced} in {country}");
                seen += 1;
            }
        }
        for number in ABROAD {
            assert_eq!(e164(number, home).as_deref(), Some(number), "{country}");
        }
    }
    assert!(seen > 1_000, "{seen}");
}

#[test]
fn national_formats_are_read_in_every_country() {
    for country in countries() {
        let home = Home::from_iso(country).unwrap();
        let region = Region::try_from(country).unwrap();
        let example = PHONE_NUMBER_UTIL
            .get_example_number_for_type_and_region(region, PhoneNumberType::Mobile)
            .unwrap();
        let number = example.format_as(PhoneNumberFormat::E164).into_owned();
        let number = parse(&number, Notation::default()).unwrap().e164();
        let trunk = trunk(country, home);
        let national = example.get_national_significant_number();
        for written in [
            national.clone(),
            format!("{trunk}{national}"),
            example.format_as(PhoneNumberFormat::National).into_owned(),
            number.clone(),
            number[1..].to_owned(),
            format!("00{}", &number[1..]),
        ] {
            assert_eq!(e164(&written, home).as_ref(), Some(&number), "{written} in {country}");
        }
    }
}

/// Our prefixes are among those that libphonenumber strips, except for some that it leaves out.
#[test]
fn the_prefixes_are_known_to_libphonenumber() {
    const ALONE: [(&str, &str); 14] = [
        ("ID", "001"),
        ("ID", "007"),
        ("ID", "01017"),
        ("IL", "016"),
        ("CL", ""),
        ("CN", ""),
        ("FI", ""),
        ("JP", ""),
        ("KR", ""),
        ("SG", ""),
        ("IS", ""),
        ("HK", ""),
        ("CV", "00"),
        ("PE", ""),
    ];
    for country in countries() {
        let home = Home::from_iso(country).unwrap();
        let region = Region::try_from(country).unwrap();
        for prefix in home.dial_out() {
            if ALONE.iter().any(|(of, own)| *of == country && (own.is_empty() || own == prefix)) {
                continue;
            }
            let written = format!("{}4520123456", prefix.replace('x', "3"));
            let read = PHONE_NUMBER_UTIL.parse(&written, Some(region));
            let read = read.map(|read| read.format_as(PhoneNumberFormat::E164).into_owned());
            assert_eq!(read.as_deref(), Ok("+4520123456"), "{written} in {country}");
        }
    }
}
