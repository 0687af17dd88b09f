//! Notations of numbers and senders, and every range of the fast table against libphonenumber. `tests/it/numbers.rs`
//! checks generated numbers.

use rlibphonenumber::{PHONE_NUMBER_UTIL, PhoneNumber, PhoneNumberType};

use super::*;

fn home(country: &str) -> Option<Home> {
    Some(Home::from_iso(country).unwrap())
}

fn e164(input: &str, home: Option<Home>) -> String {
    parse(input, Notation::of(home)).map_or_else(|error| format!("{error:?}"), Msisdn::e164)
}

fn valid(input: &str, home: Option<Home>) -> String {
    let notation = Notation { home, accept: Accept::Valid };
    parse(input, notation).map_or_else(|error| format!("{error:?}"), Msisdn::e164)
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
fn with_a_home_bare_digits_are_foreign_if_they_are_no_national_number() {
    assert_eq!(e164("4520123456", home("TH")), "+4520123456");
    assert_eq!(e164("6582123456", home("TH")), "+6582123456");
    // Only possible: bare digits must be valid.
    assert_eq!(e164("4512345678", home("TH")), "Invalid");
    assert_eq!(e164("+4512345678", home("TH")), "+4512345678");
    // A valid national number wins.
    assert_eq!(e164("4798765432", home("US")), "+14798765432");
}

#[test]
fn possible_numbers_are_accepted() {
    for number in ["+19871234567", "+4512345678", "+447700900123", "+4520000000", "+4521000000"] {
        assert_eq!(e164(number, None), number);
        assert_eq!(e164(number, home("TH")), number);
        assert_eq!(e164(&number[1..], None), number, "bare digits without a home");
        assert_eq!(e164(&format!("00{}", &number[1..]), None), number);
    }
    for number in ["+19871234567", "+4512345678", "+447700900123"] {
        assert_eq!(valid(number, None), "Invalid", "{number}");
    }
    assert_eq!(valid("+4520123456", None), "+4520123456");
    // Lengths that no plan has, and lengths that are only dialled locally.
    for number in ["+451234567", "+45123456789", "+1234567890", "+1202555012", "+669912345"] {
        assert_eq!(e164(number, None), "Invalid", "{number}");
    }
}

#[test]
fn the_homes_own_dial_out_prefixes_come_before_double_zero() {
    for (country, written, number) in [
        ("TH", "001 65 8212 3456", "+6582123456"),
        ("TH", "001-47-922-12-345", "+4792212345"),
        ("TH", "007 45 20 12 34 56", "+4520123456"),
        ("TH", "008 45 20 12 34 56", "+4520123456"),
        ("TH", "007 45 12 34 56 78", "+4512345678"),
        ("HK", "0016582123456", "+6582123456"),
        ("TH", "0045 20 12 34 56", "+4520123456"),
        ("TH", "0066 91 234 5678", "+66912345678"),
        ("TH", "001 45 1234 5678", "+4512345678"),
        ("AU", "0011 45 20 12 34 56", "+4520123456"),
        ("US", "011 45 20 12 34 56", "+4520123456"),
        ("US", "0045 20 12 34 56", "+4520123456"),
        ("JP", "010 45 20 12 34 56", "+4520123456"),
        ("KR", "00700 45 20 12 34 56", "+4520123456"),
        ("KR", "001 1 202 555 0143", "+12025550143"),
        ("SG", "0081 90 1234 5678", "+19012345678"),
        ("BR", "0055 11 91234 5678", "+5511912345678"),
        ("RU", "8 10 45 20 12 34 56", "+4520123456"),
        ("HK", "0085 2 9123 4567", "+85291234567"),
        ("BO", "0010 45 20 12 34 56", "+4520123456"),
        ("UY", "0158 45 20 12 34 56", "+4520123456"),
    ] {
        assert_eq!(e164(written, home(country)), number, "{written} in {country}");
    }
}

#[test]
fn two_readings_that_differ_are_refused() {
    // Egypt by 001, or the United States by 00; an Australian number by 0031, or a Dutch one by 00.
    for (country, written) in
        [("TH", "0012025550143"), ("HK", "0012025550143"), ("BR", "0031612345678")]
    {
        assert_eq!(e164(written, home(country)), "Ambiguous", "{written} in {country}");
    }
}

#[test]
fn premium_rate_is_refused_whatever_is_accepted() {
    for number in [
        "+4590123456",
        "+19001234567",
        "+19002345678",
        "+449098790123",
        "+449091234567",
        "+499001234567",
    ] {
        assert_eq!(e164(number, None), "Charged", "{number}");
        assert_ne!(valid(number, None), number);
    }
}

#[test]
fn global_services_are_numbers_of_no_country() {
    for (number, code) in [
        ("+80012345678", 800),
        ("+80812345678", 808),
        ("+870773111632", 870),
        ("+878101234567890", 878),
        ("+881612345678", 881),
        ("+8823421234", 882),
        ("+883510012345", 883),
        ("+88812345678901", 888),
        ("+979123456789", 979),
    ] {
        let Ok(read) = parse(number, Notation::default()) else {
            panic!("{number}: {:?}", parse(number, Notation::default()))
        };
        assert_eq!(read.global_service(), Some(code), "{number}");
    }
    assert_eq!("4520123456".parse::<Msisdn>().unwrap().global_service(), None);
}

#[test]
fn legacy_spellings_are_todays_number() {
    for (legacy, today) in [
        ("+5215512345678", "+525512345678"),
        ("5215512345678", "+525512345678"),
        ("+541123456789", "+5491123456789"),
        ("+5491123456789", "+5491123456789"),
        ("+54 11 15 2345 6789", "+5491123456789"),
        ("+551187654321", "+5511987654321"),
        ("+5511987654321", "+5511987654321"),
        ("+22507123456", "+2250707123456"),
        ("+22997123456", "+2290197123456"),
        ("+841201234567", "+84701234567"),
        ("+841691234567", "+84391234567"),
    ] {
        assert_eq!(e164(legacy, None), today, "{legacy}");
    }
    // Numbers that have no other form.
    for number in ["+551133334444", "+525512345678", "+548001234567", "+4520123456", "+22521123456"]
    {
        let stored: Msisdn = number[1..].parse().unwrap();
        assert_eq!(stored.as_spelled_today(), stored, "{number}");
    }
}

#[test]
fn todays_spelling_is_its_own() {
    for lead in [54, 549, 5511, 55119, 52, 521, 225, 22501, 229, 22901, 84, 8412] {
        for rest in (0..10_000_000_000u64).step_by(123_456_789) {
            let digits = format!("{lead}{rest:08}");
            let Ok(number) = digits.parse::<Msisdn>() else { continue };
            let today = number.as_spelled_today();
            assert_eq!(today.as_spelled_today(), today, "{digits}");
        }
    }
}

#[test]
fn a_source_address_is_one_subscriber_in_every_spelling() {
    use AddressKind::{Alphanumeric, International, National, Unknown};
    let read = |address: &str, kind, country: &str| {
        let home = if country.is_empty() { None } else { home(country) };
        subscriber(address, kind, home).map(Msisdn::digits)
    };
    for (address, kind, country, number) in [
        ("20111224", National, "DK", 4_520_111_224),
        ("0812345678", National, "TH", 66_812_345_678),
        ("812345678", National, "TH", 66_812_345_678),
        ("4520111224", National, "DK", 4_520_111_224),
        ("20000000", National, "DK", 4_520_000_000),
        ("4520111224", International, "TH", 4_520_111_224),
        ("+4520111224", Unknown, "TH", 4_520_111_224),
        ("004520111224", Unknown, "", 4_520_111_224),
        ("4520111224", Unknown, "TH", 4_520_111_224),
        ("20111224", Unknown, "DK", 4_520_111_224),
        ("0812345678", Unknown, "TH", 66_812_345_678),
        ("5215512345678", International, "", 525_512_345_678),
        ("5512345678", National, "MX", 525_512_345_678),
        ("15512345678", National, "MX", 525_512_345_678),
        ("1123456789", National, "AR", 5_491_123_456_789),
        ("1187654321", National, "BR", 5_511_987_654_321),
        // A Danish mobile number; a fixed line of a German village has the same digits.
        ("4520111224", Unknown, "DE", 4_520_111_224),
        // No number of any plan, but what the carrier says.
        ("45201112", International, "", 45_201_112),
        // A national number that the centre declares as international.
        ("0812345678", International, "TH", 66_812_345_678),
        ("20111224", International, "DK", 4_520_111_224),
        ("66812345678", International, "DK", 66_812_345_678),
    ] {
        assert_eq!(read(address, kind, country), Some(number), "{address} {kind:?} {country}");
    }
    for (address, kind, country) in [
        ("1919", Unknown, "DK"),
        ("1919", National, "DK"),
        ("4520111224", Alphanumeric, "DK"),
        ("Boltgram", Unknown, "DK"),
        ("20111224", National, ""),
        ("", Unknown, "DK"),
        ("+", Unknown, "DK"),
    ] {
        assert_eq!(read(address, kind, country), None, "{address} {kind:?} {country}");
    }
}

#[test]
fn the_country_of_a_number_is_found() {
    for (number, country) in [("4520123456", "DK"), ("66812345678", "TH"), ("12025550143", "US")] {
        assert_eq!(Home::of(number.parse().unwrap()), home(country));
    }
    assert_eq!(Home::of("870773111632".parse().unwrap()), None);
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
    let number = parse("+4520123456", Notation::default()).unwrap();
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

#[test]
fn digits_without_end_are_no_number() {
    for country in ["TH", "AE", "BD", "US"] {
        for digits in 1..=40 {
            for lead in ["", "0", "00", "+", "971", "001"] {
                let written: String =
                    lead.chars().chain(std::iter::repeat_n('9', digits)).collect();
                let _ = parse(&written, Notation::of(home(country)));
            }
        }
    }
    assert_eq!(e164(&"9".repeat(17), home("AE")), "Invalid");
}
