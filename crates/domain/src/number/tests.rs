//! Notations of numbers and senders, and every range of the fast table against libphonenumber. `tests/it/numbers.rs`
//! checks generated numbers.

use rlibphonenumber::{PHONE_NUMBER_UTIL, PhoneNumber, PhoneNumberType};

use super::*;

fn home(country: &str) -> Option<Home> {
    Some(Home::from_iso(country).unwrap())
}

fn e164(input: &str, home: Option<Home>) -> String {
    parse(input, home).map_or_else(|error| format!("{error:?}"), Msisdn::e164)
}

#[test]
fn all_notations_of_a_thai_number_are_equal() {
    for input in [
        "0812345678",
        "812345678",
        "66812345678",
        "660812345678",
        "+66812345678",
        "0066812345678",
        "+66 (0)81-234-5678",
        "081-234-5678",
        "(081) 234.5678",
        " 081 234 5678 ",
        "+66-81-2345678",
        "๐๘๑๒๓๔๕๖๗๘",
        "๐๐๖๖๘๑๒๓๔๕๖๗๘",
        "+٦٦٨١٢٣٤٥٦٧٨",
        "\u{202A}+66 81 234 5678\u{202C}",
        "+66\u{A0}81–234–5678",
    ] {
        assert_eq!(e164(input, home("TH")), "+66812345678", "{input}");
    }
    // Fixed lines in Bangkok and elsewhere are valid.
    assert_eq!(e164("021234567", home("TH")), "+6621234567");
    assert_eq!(e164("+4533121212", home("TH")), "+4533121212");
}

#[test]
fn danish_numbers_that_begin_like_their_calling_code_are_kept() {
    assert_eq!(e164("45201234", home("DK")), "+4545201234");
    assert_eq!(e164("20123456", home("DK")), "+4520123456");
    assert_eq!(e164("4520123456", home("DK")), "+4520123456");
    assert_eq!(e164("004520123456", home("DK")), "+4520123456");
    assert_eq!(e164("62812345675", home("ID")), "+62812345675");
}

#[test]
fn a_german_mobile_number_with_its_calling_code_is_not_a_fixed_line() {
    assert_eq!(e164("4916307088732", home("DE")), "+4916307088732");
    assert_eq!(e164("04916307088", home("DE")), "+494916307088");
}

#[test]
fn without_a_home_every_number_is_international() {
    assert_eq!(e164("4520123456", None), "+4520123456");
    assert_eq!(e164("12025550123", None), "+12025550123");
    assert_eq!(e164("660812345678", None), "+66812345678");
    assert_eq!(e164("0812345678", None), "Invalid");
    assert_eq!(e164("20123456", None), "Invalid");
}

#[test]
fn with_a_home_bare_digits_are_never_foreign() {
    assert_eq!(e164("4520123456", home("TH")), "Invalid");
    assert_eq!(e164("+4520123456", home("TH")), "+4520123456");
}

#[test]
fn refuses_invalid_numbers() {
    assert_eq!(e164("", None), "Empty");
    assert_eq!(e164(" +( )", None), "Empty");
    assert_eq!(e164("+1-800-FLOWERS", None), "Character { position: 7 }");
    assert_eq!(e164("+45 20123456 ext 5", None), "Character { position: 13 }");
    assert_eq!(e164("++4520123456", None), "Character { position: 1 }");
    assert_eq!(e164(&"1".repeat(41), None), "TooLong");
    assert_eq!(e164(&"9".repeat(40), None), "Invalid");
    assert_eq!(e164("+999123456789", None), "Invalid");
    assert_eq!(e164("+45123", None), "Invalid");
    assert_eq!(e164("0000000000", home("TH")), "Invalid");
    assert_eq!(e164("+4590123456", None), "Charged");
    assert_eq!(e164("+449098790123", None), "Charged");
}

#[test]
fn debug_output_has_no_number() {
    let number = parse("+4520123456", None).unwrap();
    assert_eq!(format!("{number:?}"), "Msisdn(+45, 10 digits)");
    assert_eq!(serde_json::to_string(&number).unwrap(), "\"4520123456\"");
    assert_eq!(serde_json::from_str::<Msisdn>("\"4520123456\"").unwrap(), number);
    for bad in [
        "\"+4520123456\"",
        "\"0045201\"",
        "4520123456",
        "\"1234567890123456\"",
        "\"\"",
        "\"123456\"",
    ] {
        let error = serde_json::from_str::<Msisdn>(bad).unwrap_err().to_string();
        assert!(!error.contains("123456789"), "{error}");
    }
    assert_eq!(format!("{:?}", home("TH")), "Some(Home(TH, +66))");
    assert_eq!(Home::from_iso("XX"), None);
    assert_eq!(Home::from_iso("Thailand"), None);
}

#[test]
fn prefixes_match_leading_digits() {
    let number = "4520123456".parse::<Msisdn>().unwrap();
    assert_eq!((number.country_calling_code(), number.national()), (45, 20_123_456));
    assert!(number.digits_prefix_matches("") && number.digits_prefix_matches("4520"));
    assert!(
        number.digits_prefix_matches("4520123456") && !number.digits_prefix_matches("45201234567")
    );
    assert!(!number.digits_prefix_matches("46") && !number.digits_prefix_matches("+45"));
    assert_eq!(number.prefixes().skip(6).collect::<Vec<_>>(), [4520, 452, 45, 4]);
    for (digits, code) in [
        ("12025550123", 1),
        ("79161234567", 7),
        ("6621234567", 66),
        ("85212345678", 852),
        ("35812345", 358),
        ("882161234", 882),
    ] {
        assert_eq!(digits.parse::<Msisdn>().unwrap().country_calling_code(), code);
    }
}

#[test]
fn senders_are_classified() {
    let kind =
        |input| SenderId::parse(input).map(|sender| (sender.kind(), sender.as_str().to_owned()));
    assert_eq!(kind("ACME"), Ok((SenderKind::Alphanumeric, "ACME".to_owned())));
    assert_eq!(kind(" Ærlig & Søn"), Ok((SenderKind::Alphanumeric, "Ærlig & Søn".to_owned())));
    assert_eq!(kind("me@home.now"), Ok((SenderKind::Alphanumeric, "me@home.now".to_owned())));
    assert_eq!(kind("+4520123456"), Ok((SenderKind::International, "4520123456".to_owned())));
    assert_eq!(kind("1919"), Ok((SenderKind::ShortCode, "1919".to_owned())));
    assert_eq!(kind("  "), Err(SenderError::Empty));
    assert_eq!(kind("twelve chars"), Err(SenderError::TooLong));
    assert_eq!(kind("1234567890{"), Err(SenderError::TooLong));
    assert_eq!(kind("12"), Err(SenderError::Digits));
    assert_eq!(kind("+1919"), Err(SenderError::Digits));
    assert_eq!(kind("1234567890123456"), Err(SenderError::Digits));
    assert_eq!(kind("AC\nME"), Err(SenderError::Character { position: 2 }));
    assert_eq!(kind("Çaça"), Err(SenderError::Character { position: 2 }));
    assert_eq!((SenderKind::Alphanumeric.ton(), SenderKind::Alphanumeric.npi()), (5, 0));
    assert_eq!(format!("{:?}", SenderId::parse("4520123456").unwrap()), "SenderId(<10 digits>)");
}

#[test]
fn every_number_of_the_fast_table_is_a_valid_mobile_number() {
    const SAMPLES: u64 = 120;
    for (&lowest, &highest) in plans::LOWEST.iter().zip(&plans::HIGHEST) {
        assert!(scan::known(lowest) && scan::known(highest));
        for sample in 0..=SAMPLES {
            must_be_mobile(lowest + (highest - lowest) / SAMPLES * sample);
            must_be_mobile(highest - (highest - lowest) / 7919 * sample);
        }
    }
    assert!(plans::LOWEST.windows(2).zip(&plans::HIGHEST).all(|(two, highest)| *highest < two[1]));
}

#[test]
fn every_north_american_exchange_of_the_fast_table_is_valid() {
    let exchanges = (12_000_000_000u64..20_000_000_000).step_by(100_003);
    let known = exchanges.filter(|&number| scan::known(number));
    assert!(known.inspect(|&number| must_be_mobile(number)).count() > 10_000);
}

fn must_be_mobile(digits: u64) {
    let number = Msisdn::from_digits(digits).unwrap();
    let phone = PhoneNumber {
        country_code: number.country_calling_code().into(),
        national_number: number.national(),
        ..PhoneNumber::default()
    };
    let kind = PHONE_NUMBER_UTIL.get_number_type(&phone);
    let mobile = matches!(kind, PhoneNumberType::Mobile | PhoneNumberType::FixedLineOrMobile);
    assert!(PHONE_NUMBER_UTIL.is_valid_number(&phone) && mobile, "{digits} is {kind:?}");
}
