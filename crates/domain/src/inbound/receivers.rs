//! Receivers of inbound messages: by destination number, with a default for all others.

use std::collections::BTreeMap;

use super::message::InboundMessage;
use super::part::{InboundPart, Party};
use crate::event::Target;
use crate::id::AccountId;
use crate::inbound::keyword::{Keyword, Keywords, Phrases, Word};
use crate::number::{Accept, Home, Msisdn, Notation, parse, subscriber};
use crate::text::Text;

/// How messages to one number are handled. Without a target they are only stored.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Receiver {
    pub account: Option<AccountId>,
    pub target: Option<Target>,
    /// Its account's callback, which gets the messages too.
    pub callback: Option<Target>,
    /// Reply to HELP, charged to the account.
    pub help: Option<Text>,
    /// The country whose national numbers are written to it.
    pub country: Option<Home>,
    /// It is lent for codes: what comes to it is for whoever rents it, and means nothing here.
    pub lent: bool,
    /// Accounts may have keywords on it.
    pub has_keywords: bool,
    /// Words that its owner uses for something else; they are no keywords here.
    pub own_words: Phrases,
}

/// Receivers by exact number.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Receivers {
    /// Keywords for opt-out, opt-in and help.
    pub keywords: Keywords,
    pub numbers: BTreeMap<Party, Receiver>,
    /// Receiver of all other numbers.
    pub others: Receiver,
    /// Owners of numbers that receive nothing at present: STOP to one concerns its owner alone.
    pub silent: BTreeMap<Party, AccountId>,
}

impl Receivers {
    pub fn of(&self, to: &Party) -> &Receiver {
        self.numbers.get(to).unwrap_or(&self.others)
    }

    /// The part with its addresses as they are known here: the sender's number in today's international spelling, and
    /// the destination as the own number that it is.
    ///
    /// A national number is read with the country of the number that was written to, else with that of the carrier, else
    /// with that of the destination's calling code. What can be no number is left as it is.
    #[must_use]
    pub fn resolve(&self, part: InboundPart) -> InboundPart {
        let InboundPart { spelling, .. } = part;
        let to = match self.is_own(&part.to) {
            true => part.to.clone(),
            false => {
                let number = subscriber(part.to.as_str(), spelling.to, spelling.home);
                let number = number.map(|number| Party::new(number.digits().to_string()));
                number.filter(|number| self.is_own(number)).unwrap_or_else(|| part.to.clone())
            }
        };
        let by_code = || {
            let international = Notation { home: None, accept: Accept::Valid };
            parse(to.as_str(), international).ok().and_then(Home::of)
        };
        let country = self.numbers.get(&to).and_then(|receiver| receiver.country);
        let country = country.or(spelling.home).or_else(by_code);
        let from = subscriber(part.from.as_str(), spelling.from, country);
        let from = from.map(|number| Party::new(number.digits().to_string()));
        InboundPart { from: from.unwrap_or_else(|| part.from.clone()), to, ..part }
    }

    /// Whether it is a number of ours.
    pub fn is_own(&self, number: &Party) -> bool {
        self.numbers.contains_key(number) || self.silent.contains_key(number)
    }

    /// What a message means to us, and the phrase that says so. Nothing if it came to a number that is lent, or if it
    /// begins with a word that the number's owner uses for something else.
    pub fn keyword(&self, message: &InboundMessage) -> Option<(Keyword, String)> {
        let receiver = self.of(&message.to);
        if receiver.lent || receiver.own_words.begin(message) {
            return None;
        }
        self.keywords.of(message)
    }

    /// Whether a message from this address gets an automatic reply: short codes and names cannot be answered, and a
    /// number of ours could answer in turn.
    pub fn may_reply_to(&self, from: &Party) -> bool {
        from.as_str().parse::<Msisdn>().is_ok() && !self.is_own(from)
    }

    /// The word by which a message may belong to the owner of a keyword: the first one, if keywords are looked for at
    /// its number and it means nothing else.
    pub fn word_of(&self, message: &InboundMessage) -> Option<Word> {
        let receiver = self.of(&message.to);
        if !receiver.has_keywords || self.keyword(message).is_some() {
            return None;
        }
        Word::first_of(message)
    }

    /// The account whose messages STOP to this number ends; `None`: those of all accounts.
    pub fn opt_out_from(&self, to: &Party) -> Option<AccountId> {
        self.of(to).account.or_else(|| self.silent.get(to).copied())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inbound::{InboundBody, Spelling};
    use crate::number::AddressKind;
    use crate::routing::CarrierName;
    use crate::time::Timestamp;

    fn part(from: &str, kind: AddressKind, to: &str, carrier: Option<&str>) -> InboundPart {
        let home = carrier.and_then(Home::from_iso);
        InboundPart {
            carrier: CarrierName::new("main"),
            from: Party::new(from),
            to: Party::new(to),
            spelling: Spelling { from: kind, to: AddressKind::Unknown, home },
            body: InboundBody::Text("STOP".to_owned()),
            join: None,
            at: Timestamp::default(),
            interrupted_at: Timestamp::default(),
        }
    }

    #[test]
    fn a_national_source_is_read_with_the_numbers_or_the_carriers_country() {
        use AddressKind::{National, Unknown};
        let of = |country| Receiver { country: Home::from_iso(country), ..Receiver::default() };
        let numbers = [
            (Party::new("1919"), of("DK")),
            (Party::new("4570101010"), Receiver::default()),
            (Party::new("525500000000"), of("MX")),
        ];
        let receivers = Receivers { numbers: numbers.into(), ..Receivers::default() };
        for (from, kind, to, carrier, expected) in [
            ("20111224", National, "1919", None, "4520111224"),
            ("20111224", National, "1919", Some("TH"), "4520111224"),
            ("0812345678", National, "1920", Some("TH"), "66812345678"),
            ("20111224", National, "4570101010", None, "4520111224"),
            ("20111224", Unknown, "1919", None, "4520111224"),
            ("5215512345678", Unknown, "1919", None, "525512345678"),
            ("5512345678", National, "525500000000", None, "525512345678"),
            ("20111224", National, "1920", None, "20111224"),
            ("ACME", Unknown, "1919", None, "ACME"),
        ] {
            let read = receivers.resolve(part(from, kind, to, carrier));
            assert_eq!(read.from.as_str(), expected, "{from} to {to}");
            assert_eq!(read.to.as_str(), to);
        }
    }

    #[test]
    fn a_destination_is_the_own_number_in_every_spelling() {
        let numbers = [(Party::new("4570101010"), Receiver::default())];
        let receivers = Receivers { numbers: numbers.into(), ..Receivers::default() };
        for (to, carrier) in
            [("4570101010", None), ("70101010", Some("DK")), ("004570101010", None)]
        {
            let read = receivers.resolve(part("4520111224", AddressKind::Unknown, to, carrier));
            assert_eq!(read.to.as_str(), "4570101010", "{to}");
        }
    }
}
