//! Keywords as people write them.

use uuid::Uuid;

use super::*;
use crate::id::InboundId;
use crate::inbound::{InboundContent, Party};
use crate::routing::CarrierName;
use crate::time::Timestamp;

fn said(text: &str) -> InboundMessage {
    InboundMessage {
        id: InboundId(Uuid::nil()),
        carrier: CarrierName::new("main"),
        from: Party::new("4511111111"),
        to: Party::new("1919"),
        content: InboundContent::Text(text.into()),
        parts: 1,
        missing: vec![],
        account: None,
        received_at: Timestamp::default(),
    }
}

fn means(keywords: &Keywords, text: &str) -> Option<Keyword> {
    keywords.of(&said(text)).map(|(keyword, _)| keyword)
}

#[test]
fn the_required_words_are_built_in() {
    let known = Keywords::default();
    for word in [
        "STOP",
        "stop",
        " Stop! ",
        "stopall",
        "STOP ALL",
        "Unsubscribe",
        "CANCEL",
        "end",
        "quit.",
        "REVOKE",
        "revoke",
        "OPTOUT",
        "opt out",
        "Opt-Out",
        "OPT  OUT",
        "opt–out!",
    ] {
        assert_eq!(means(&known, word), Some(Keyword::Stop), "{word}");
    }
    for (word, meaning) in [
        ("start", Some(Keyword::Start)),
        ("UNSTOP", Some(Keyword::Start)),
        ("opt in", Some(Keyword::Start)),
        ("help?", Some(Keyword::Help)),
        ("yes", None),
        ("stopper", None),
        ("please stop", None),
        ("opt", None),
        ("out", None),
        ("", None),
        ("?!", None),
    ] {
        assert_eq!(means(&known, word), meaning, "{word}");
    }
}

#[test]
fn symbols_before_and_after_a_word_are_ignored() {
    let known = Keywords::default();
    for text in [
        "🛑 STOP",
        "🛑STOP",
        "⛔️ stop ⛔️",
        "👎🏽 Stop",
        "\u{200F}STOP",
        "\u{FEFF}stop",
        "«STOP»",
        "¡STOP!",
        "...stop",
        "!!! stop",
        "“Stop”",
        "'stop'",
        "S\u{AD}TOP",
        "ＳＴＯＰ",
        "𝗦𝗧𝗢𝗣",
        "ⓢⓣⓞⓟ",
        "- STOP -",
        "\r\n\tstop\u{A0}",
    ] {
        assert_eq!(means(&known, text), Some(Keyword::Stop), "{text:?}");
    }
}

#[test]
fn english_words_count_with_a_text_after_them() {
    let known = Keywords::default();
    assert_eq!(means(&known, "stop sending me this"), Some(Keyword::Stop));
    assert_eq!(means(&known, "STOP, please."), Some(Keyword::Stop));
    assert_eq!(means(&known, "Opt out of everything"), Some(Keyword::Stop));
    assert_eq!(means(&known, "start a new order please"), None);
    assert_eq!(means(&known, "help me out here"), None);
    let long = format!("stop {}", "x".repeat(10_000));
    assert_eq!(means(&known, &long), Some(Keyword::Stop));
}

#[test]
fn words_of_other_languages_count_as_the_whole_text() {
    let known = Keywords::default();
    for text in [
        "afmeld",
        "AFMELD",
        "Ærø", /* no word */
        "arrêt",
        "ARRÊT!",
        "baja",
        "Dar de baja",
        "отписаться",
        "ОТПИСАТЬСЯ",
        "Стоп",
        "στοπ",
        "ΣΤΟΠ",
        "ยกเลิก",
        "退订",
        "停止",
        "해지",
        "수신 거부",
        "إلغاء الاشتراك",
        "हटाएं", /* none */
        "रद्द करें",
        "hủy",
        "HỦY",
        "Aufhören",
        "AUFHÖREN",
        "berhenti",
        "ՍՏՈՊ",
        "to’xtatish",
        "iptal",
    ] {
        let expected = (!matches!(text, "Ærø" | "हटाएं")).then_some(Keyword::Stop);
        assert_eq!(means(&known, text), expected, "{text}");
    }
    // Answers in English, whatever they mean elsewhere.
    for answer in ["Fine", "fine!", "red", "Peru", "esto"] {
        assert_eq!(means(&known, answer), None, "{answer}");
    }
    for sentence in
        ["Ende gut, alles gut", "fin de mes", "dur bakalım", "停止营业了吗", "基 取消 了"]
    {
        assert_eq!(means(&known, sentence), None, "{sentence}");
    }
}

#[test]
fn the_turkish_i_is_one_letter() {
    let known = Keywords::default();
    for word in
        ["İPTAL", "IPTAL", "iptal", "ıptal", "i\u{307}ptal", "ÇIKIŞ", "çıkış", "ÇİKİŞ", "çikiş"]
    {
        assert_eq!(means(&known, word), Some(Keyword::Stop), "{word}");
    }
    for word in ["UNSUBSCRİBE", "unsubscrıbe", "QUİT", "quıt"] {
        assert_eq!(means(&known, word), Some(Keyword::Stop), "{word}");
    }
}

#[test]
fn every_word_is_found_in_any_case() {
    let known = Keywords::default();
    let stop = words::ENGLISH_STOP.iter().chain(words::OTHER_STOP.iter().copied().flatten());
    for word in stop {
        assert!(check_phrase(word).is_ok(), "{word}");
        for text in
            [(*word).to_owned(), word.to_lowercase(), word.to_uppercase(), format!("🛑{word}!")]
        {
            assert_eq!(means(&known, &text), Some(Keyword::Stop), "{text}");
        }
    }
    let free = words::ENGLISH_START.iter().chain(words::ENGLISH_HELP);
    for word in free {
        assert!(means(&known, word).is_some_and(|meaning| meaning != Keyword::Stop), "{word}");
    }
}

#[test]
fn phrases_can_be_added() {
    let known = Keywords::default()
        .and(Keyword::Stop, ["slut nu", "stopnu", "Straße frei"])
        .and(Keyword::Start, ["tilmeld mig"])
        .and(Keyword::Help, ["hjælp", ""]);
    for text in ["SLUT NU", "slut-nu", "Slut nu, tak", "STOPNU", "STRASSE FREI", "straße   frei"] {
        assert_eq!(means(&known, text), Some(Keyword::Stop), "{text}");
    }
    assert_eq!(known.of(&said("slut nu!")), Some((Keyword::Stop, "SLUT NU".to_owned())));
    assert_eq!(means(&known, "slut"), None);
    assert_eq!(means(&known, "Tilmeld mig"), Some(Keyword::Start));
    assert_eq!(means(&known, "Hjælp!"), Some(Keyword::Help));
    assert_eq!(means(&known, "stop"), Some(Keyword::Stop), "the built-in words are lost");
    let stop = Keywords::default().and(Keyword::Help, ["stop"]);
    assert_eq!(means(&stop, "stop"), Some(Keyword::Stop), "STOP lost precedence");
}

#[test]
fn a_phrase_is_some_words() {
    for phrase in ["STOP", "opt out", "ยกเลิก", "one two three four five six"] {
        assert_eq!(check_phrase(phrase), Ok(()), "{phrase}");
    }
    let long = "x".repeat(PHRASE_CHARS_MAX + 1);
    for phrase in ["", " ", "!?", "🛑", "one two three four five six seven", &long] {
        assert_eq!(check_phrase(phrase), Err(BadPhrase), "{phrase:?}");
    }
}

#[test]
fn a_text_without_its_beginning_means_nothing() {
    let known = Keywords::default();
    let late = InboundMessage { parts: 2, missing: vec![2], ..said("stop") };
    assert_eq!(known.of(&late), Some((Keyword::Stop, "STOP".to_owned())));
    assert_eq!(known.of(&InboundMessage { missing: vec![1], ..late }), None);
    // Nobody knows whether it is the whole text.
    assert_eq!(known.of(&InboundMessage { missing: vec![2], ..said("afmeld") }), None);
}
