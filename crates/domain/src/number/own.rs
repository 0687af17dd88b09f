//! A number or short code of ours: where it is, what it can do, whose it is, and what happens to the
//! messages that come to it.

use std::fmt;
use std::str::FromStr;

use super::{Home, SenderError, SenderId};
use crate::id::AccountId;
use crate::inbound::Party;
use crate::inbound::keyword::{BadPhrase, Phrases, check_phrase};
use crate::limits::ORDER_TEXT_CHARS_MAX;
use crate::routing::CarrierName;
use crate::state::stored_as;
use crate::text::{Policy, Text, TextError, measure};
use crate::time::Timestamp;

/// An address has at most so many digits in SMPP (3.4 §5.2.8).
const DIGITS_MAX: usize = 20;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnNumber {
    pub number: Party,
    pub terms: NumberTerms,
    pub state: NumberState,
    pub origin: NumberOrigin,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

impl OwnNumber {
    /// Whether its owner, webhook and help text apply to messages that come to it.
    pub fn receives(&self) -> bool {
        self.state == NumberState::Active && self.terms.can.receive
    }
}

/// What an operator, or the configuration file, decides about a number.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NumberTerms {
    pub country: Option<Country>,
    pub can: Abilities,
    /// Where it is, if that is known.
    pub line: Option<Line>,
    pub account: Option<AccountId>,
    /// `None`: the webhook of all other numbers.
    pub webhook_url: Option<String>,
    /// Reply to HELP, charged to the account.
    pub help: Option<Text>,
    /// Words with which messages for its owner begin: they are no opt-out, even if they are one elsewhere.
    pub keywords: Vec<String>,
}

/// What a number can be used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Abilities {
    /// Messages that come to it (MO).
    pub receive: bool,
    /// Messages that it is the sender of (MT).
    pub send: bool,
    /// It may be lent for one code.
    pub lend: bool,
    /// It may be lent for a time.
    pub rent: bool,
    /// Accounts may buy keywords on it.
    pub keywords: bool,
}

/// Sending and receiving.
impl Default for Abilities {
    fn default() -> Self {
        Self { receive: true, send: true, lend: false, rent: false, keywords: false }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("some of receive, send, lend, rent and keywords")]
pub struct BadAbility;

impl Abilities {
    pub fn from_words<'a>(words: impl IntoIterator<Item = &'a str>) -> Result<Self, BadAbility> {
        let mut can =
            Self { receive: false, send: false, lend: false, rent: false, keywords: false };
        for word in words {
            match word {
                "receive" => can.receive = true,
                "send" => can.send = true,
                "lend" => can.lend = true,
                "rent" => can.rent = true,
                "keywords" => can.keywords = true,
                _ => return Err(BadAbility),
            }
        }
        Ok(can)
    }

    pub fn words(self) -> impl Iterator<Item = &'static str> {
        let words = [
            (self.receive, "receive"),
            (self.send, "send"),
            (self.lend, "lend"),
            (self.rent, "rent"),
            (self.keywords, "keywords"),
        ];
        words.into_iter().filter(|(able, _)| *able).map(|(_, word)| word)
    }

    /// It may be lent, for a code or a time.
    pub const fn lends(self) -> bool {
        self.lend || self.rent
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Line {
    Carrier(CarrierName),
    /// The id of a phone.
    Phone(i64),
}

/// An ISO 3166-1 alpha-2 code in capitals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Country([u8; 2]);

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a country is its two capital letters of ISO 3166-1: DK, GB")]
pub struct BadCountry;

impl Country {
    /// As a person writes it: a country that has numbers. `UK` is none.
    pub fn assigned(code: &str) -> Result<Self, BadCountry> {
        let country = code.parse()?;
        Home::from_iso(code).map(|_| country).ok_or(BadCountry)
    }
}

impl FromStr for Country {
    type Err = BadCountry;

    fn from_str(code: &str) -> Result<Self, BadCountry> {
        let letters: [u8; 2] = code.as_bytes().try_into().map_err(|_| BadCountry)?;
        letters.iter().all(u8::is_ascii_uppercase).then_some(Self(letters)).ok_or(BadCountry)
    }
}

impl fmt::Display for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|letter| write!(f, "{}", char::from(*letter)))
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum NumberState {
    Active,
    /// Messages to it are handled as those to any number that is not ours.
    Disabled,
}

stored_as!(NumberState { Active = "active", Disabled = "disabled" });

/// Who decides about a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum NumberOrigin {
    /// Operators, by the admin door.
    Admin,
    /// The configuration file: each start brings the row up to date.
    File,
    /// The file named it once and no longer does; operators decide about it now.
    LeftFile,
}

stored_as!(NumberOrigin { Admin = "admin", File = "file", LeftFile = "left-file" });

/// What a change of a number did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NumberChange {
    Done(OwnNumber),
    /// The configuration file decides about it.
    OfFile,
    NoSuchNumber,
}

/// Numbers that the configuration file changed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NumbersDeclared {
    pub added: u32,
    pub changed: u32,
    /// Those which the file no longer names.
    pub left: Vec<Party>,
}

/// Why a number cannot have these terms.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UnfitNumber {
    #[error("must be 1 to {DIGITS_MAX} digits, with or without +")]
    Digits,
    #[error("must contain receive when it contains lend or rent")]
    LendsWithoutReceiving,
    #[error("must contain receive, and neither lend nor rent, when it contains keywords")]
    KeywordsWithoutReceiving,
    #[error("must not contain keywords for a number of an account: it has its own for free")]
    KeywordsOfAccount,
    #[error("needs the account that pays for the answers")]
    HelpWithoutAccount,
    #[error("cannot come from this number: {0}")]
    HelpFrom(SenderError),
    #[error("must have 1 to {ORDER_TEXT_CHARS_MAX} characters")]
    HelpLength,
    #[error("cannot be sent: {0}")]
    HelpText(TextError),
    #[error("has at most {KEYWORDS_MAX} phrases, and each {0}")]
    Keywords(#[from] BadPhrase),
    #[error("must not contain STOP, which ends the messages of every sender")]
    Stop,
}

/// Phrases of one number.
const KEYWORDS_MAX: usize = 20;

fn check_keywords(keywords: &[String]) -> Result<(), UnfitNumber> {
    keywords.iter().try_for_each(|phrase| check_phrase(phrase))?;
    if keywords.len() > KEYWORDS_MAX {
        return Err(BadPhrase.into());
    }
    let stop = Phrases::new(["STOP"]);
    let taken = keywords.iter().any(|phrase| Phrases::new([phrase.as_str()]) == stop);
    if taken { Err(UnfitNumber::Stop) } else { Ok(()) }
}

/// The number as stored, without `+`, if it may have these terms.
pub fn fit(written: &str, terms: &NumberTerms) -> Result<Party, UnfitNumber> {
    let digits = written.strip_prefix('+').unwrap_or(written);
    let are_digits = digits.bytes().all(|byte| byte.is_ascii_digit());
    if !(1..=DIGITS_MAX).contains(&digits.len()) || !are_digits {
        return Err(UnfitNumber::Digits);
    }
    if terms.can.lends() && !terms.can.receive {
        return Err(UnfitNumber::LendsWithoutReceiving);
    }
    if terms.can.keywords {
        if !terms.can.receive || terms.can.lends() {
            return Err(UnfitNumber::KeywordsWithoutReceiving);
        }
        if terms.account.is_some() {
            return Err(UnfitNumber::KeywordsOfAccount);
        }
    }
    if let Some(help) = &terms.help {
        if terms.account.is_none() {
            return Err(UnfitNumber::HelpWithoutAccount);
        }
        SenderId::parse(digits).map_err(UnfitNumber::HelpFrom)?;
        if help.as_str().trim().is_empty() || help.chars() > ORDER_TEXT_CHARS_MAX {
            return Err(UnfitNumber::HelpLength);
        }
        measure(help.as_str(), &Policy::default()).map_err(UnfitNumber::HelpText)?;
    }
    check_keywords(&terms.keywords)?;
    Ok(Party::new(digits))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn helpful(text: &str) -> NumberTerms {
        NumberTerms {
            account: Some(AccountId(1)),
            help: Some(text.into()),
            ..NumberTerms::default()
        }
    }

    #[test]
    fn a_number_is_the_same_with_and_without_plus() {
        let terms = NumberTerms::default();
        assert_eq!(fit("+4512345678", &terms), fit("4512345678", &terms));
        assert_eq!(fit("1919", &terms).unwrap().as_str(), "1919");
        for bad in ["", "+", "12 34", "ACME", "123456789012345678901"] {
            assert_eq!(fit(bad, &terms), Err(UnfitNumber::Digits), "{bad:?}");
        }
    }

    #[test]
    fn help_needs_a_payer_and_a_text_that_can_be_sent() {
        assert!(fit("1919", &helpful("acme.example")).is_ok());
        let nobody = NumberTerms { account: None, ..helpful("acme.example") };
        assert_eq!(fit("1919", &nobody), Err(UnfitNumber::HelpWithoutAccount));
        assert_eq!(fit("1919", &helpful(" ")), Err(UnfitNumber::HelpLength));
        assert!(matches!(fit("1919", &helpful("a\u{0}")), Err(UnfitNumber::HelpText(_))));
    }

    #[test]
    fn a_number_that_is_lent_receives() {
        let can = Abilities { receive: false, lend: true, ..Abilities::default() };
        let terms = NumberTerms { can, ..NumberTerms::default() };
        assert_eq!(fit("1919", &terms), Err(UnfitNumber::LendsWithoutReceiving));
    }

    #[test]
    fn keywords_are_sold_on_a_number_that_receives_and_is_nobody_s() {
        let terms = |words: &[&str], account| NumberTerms {
            can: Abilities::from_words(words.iter().copied()).unwrap(),
            account,
            ..NumberTerms::default()
        };
        assert!(fit("1919", &terms(&["receive", "keywords"], None)).is_ok());
        for words in [&["send", "keywords"][..], &["receive", "lend", "keywords"]] {
            let wrong = Err(UnfitNumber::KeywordsWithoutReceiving);
            assert_eq!(fit("1919", &terms(words, None)), wrong);
        }
        let owned = terms(&["receive", "keywords"], Some(AccountId(1)));
        assert_eq!(fit("1919", &owned), Err(UnfitNumber::KeywordsOfAccount));
    }

    #[test]
    fn abilities_are_read_as_they_are_written() {
        let can = Abilities { receive: true, send: false, lend: true, rent: true, keywords: true };
        assert_eq!(Abilities::from_words(can.words()), Ok(can));
        assert_eq!(Abilities::from_words(["receive", "call"]), Err(BadAbility));
    }

    #[test]
    fn a_country_is_two_capital_letters() {
        assert_eq!("DK".parse::<Country>().unwrap().to_string(), "DK");
        for bad in ["", "dk", "DNK", "Ø", "D1"] {
            assert_eq!(bad.parse::<Country>(), Err(BadCountry), "{bad:?}");
        }
    }
}
