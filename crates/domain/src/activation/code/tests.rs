//! Codes of single texts, of a corpus, and of any text.

use proptest::prelude::*;

use super::*;
use crate::activation::country::lines;

fn code(service: &str, text: &str) -> Option<String> {
    let service = Service::find(service).unwrap();
    find(&service.code, text).map(|code| code.as_str().to_owned())
}

/// Texts of the corpus by what is found in them.
#[derive(Debug, Default)]
struct Share {
    /// Their code, or none where there is none.
    right: usize,
    /// What is not their code.
    wrong: usize,
    /// Nothing, although there is a code.
    missed: usize,
    total: usize,
}

#[test]
fn finds_the_codes_of_the_corpus() {
    let (mut share, mut languages) = (Share::default(), std::collections::BTreeSet::new());
    for line in lines(include_str!("corpus.tsv")) {
        let columns: Vec<_> = line.split('\t').collect();
        let [language, service, expected, text] = columns[..] else { panic!("columns: {line}") };
        languages.insert(language);
        let expected = Some(expected).filter(|code| *code != "-");
        let found = code(service, &text.replace("\\n", "\n"));
        share.total += 1;
        match (found.as_deref(), expected) {
            (found, expected) if found == expected => share.right += 1,
            (None, Some(_)) => {
                share.missed += 1;
                println!("missed {expected:?}: {line}");
            }
            (found, _) => {
                share.wrong += 1;
                println!("wrong {found:?}: {line}");
            }
        }
    }
    println!("{share:?}");
    assert_eq!((share.total, languages.len()), (300, 20));
    assert!(share.right * 100 >= share.total * 99, "{share:?}");
    assert!(share.wrong * 100 <= share.total, "{share:?}");
}

#[test]
fn finds_what_services_write() {
    for (service, text, expected) in [
        ("go", "G-123456 is your Google verification code.", Some("123456")),
        ("wa", "Your code: 123-456", Some("123456")),
        ("ot", "123456", Some("123456")),
        ("ot", "Code 1 2 3 4 5 6", Some("123456")),
        ("ot", "code: 12-34-56-78", Some("12345678")),
        ("ot", "Your code is KX7-9QP", Some("KX7-9QP")),
        ("ot", "Your code: k7qx2m", Some("k7qx2m")),
        ("ot", "Your code: QWERTY", Some("QWERTY")),
        ("ot", "Your code is valid", None),
        ("ot", "Sign in\n@example.com #747723", Some("747723")),
        ("ot", "Confirm here: https://id.example.com/v?code=40918", Some("40918")),
        ("tg", "Tap to log in: https://t.me/login/58213", Some("58213")),
        (
            "ot",
            "Verify your account: https://id.example.com/c/9f8a7b6c5d4e",
            Some("https://id.example.com/c/9f8a7b6c5d4e"),
        ),
        ("ot", "Sale! See https://shop.example.com/p/9f8a7b6c5d4e", None),
        ("ot", "รหัส ๑๒๓๔๕๖", Some("123456")),
        ("ot", "Code: \u{202a}123456\u{202c}", Some("123456")),
        ("ot", "2025-11-30 your code is 4821", Some("4821")),
        ("ot", "code 2025 for 2024", Some("2025")),
        ("ot", "Call +44 20 7946 0123", None),
        ("ot", "Your balance is $1234", None),
        ("ot", "You have 123456 points", None),
        ("ot", "", None),
    ] {
        assert_eq!(code(service, text).as_deref(), expected, "{text}");
    }
}

const ZEROS: [char; 6] = ['0', '\u{660}', '\u{6f0}', '\u{966}', '\u{e50}', '\u{ff10}'];

proptest! {
    #[test]
    fn any_text_is_read(text in "\\PC{0,200}") {
        if let Some(found) = code("ot", &text) {
            prop_assert!(!found.is_empty());
        }
    }

    #[test]
    fn texts_of_codes_and_signs_are_read(text in "[0-9A-Za-z .,:/@#+*$%?=<>\n\u{660}-\u{669}-]{0,80}") {
        if let Some(found) = code("tg", &text) {
            prop_assert!(found.chars().any(|char| char.is_ascii_alphanumeric()));
        }
    }

    #[test]
    fn digits_of_any_script_are_the_same_code(digits in "[0-9]{6}", zero in 0..ZEROS.len()) {
        let written: String = digits
            .bytes()
            .map(|digit| char::from_u32(u32::from(ZEROS[zero]) + u32::from(digit - b'0')).unwrap())
            .collect();
        prop_assert_eq!(code("ot", &format!("Your code is {written}.")), Some(digits));
    }

    #[test]
    fn a_labelled_code_is_found_beside_dates_amounts_and_phones(
        digits in "[1-9][0-9]{5}",
        (day, month, year) in (1..=28u8, 1..=12u8, 2020..2040u16),
        (sats, cents) in (0..100_000u32, 0..100u8),
        phone in 10_000_000_000u64..999_999_999_999,
        order in 0..2usize,
    ) {
        let code_first = format!("Your code is {digits}.");
        let others = format!("{day:02}.{month:02}.{year} EUR {sats}.{cents:02} call +{phone}.");
        let text = if order == 0 { format!("{code_first} {others}") } else { format!("{others} {code_first}") };
        prop_assert_eq!(code("ot", &text), Some(digits));
    }

    #[test]
    fn what_is_no_code_is_not_taken(
        (hour, minute) in (0..24u8, 0..60u8),
        amount in 100..100_000u32,
        phone in 10_000_000_000u64..999_999_999_999,
    ) {
        for text in [
            format!("Code, call +{phone}"),
            format!("Password, at {hour:02}:{minute:02}"),
            format!("Verify: you paid {amount} USD"),
            format!("Verify: you paid ${amount}"),
            format!("Login needs {amount} minutes"),
        ] {
            prop_assert_eq!(code("ot", &text), None, "{}", text);
        }
    }
}
