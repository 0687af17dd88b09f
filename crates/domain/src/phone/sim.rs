//! SIM cards of a phone. A phone does not show us its numbers: the operator enters them, and a test message proves each.

use crate::inbound::Party;
use crate::time::Timestamp;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PhoneSim {
    /// From 1, as the phone counts.
    pub sim: u8,
    pub network: Option<String>,
    /// The last digits of the card's own number.
    pub card: Option<String>,
    /// As the operator entered it.
    pub number: Option<Party>,
    /// `None`: not proven yet, or not since the card was changed.
    pub proven_at: Option<Timestamp>,
    /// A message to the number with this text proves it.
    pub test: Option<String>,
    /// The operator lets it send.
    pub sends: bool,
    /// Parts that it was given to send, on this day (UTC).
    pub sent: u32,
    pub sent_day: i64,
}

/// What a phone reports of a SIM card. It hides all but the last digits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SimReport {
    pub sim: u8,
    pub network: Option<String>,
    pub card: Option<String>,
}

impl PhoneSim {
    /// Parts that it was given to send today.
    pub const fn sent_today(&self, now: Timestamp) -> u32 {
        if self.sent_day >= now.day() { self.sent } else { 0 }
    }

    /// Whether `report` is of another card than the one that was proven. A card that is not reported is not another one.
    pub fn is_changed_by(&self, report: &SimReport) -> bool {
        match (&self.card, &report.card) {
            (Some(known), Some(reported)) => known != reported,
            (None, _) | (_, None) => false,
        }
    }
}

/// The SIM card that a message came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LineOf {
    /// Index in the list.
    Sim(usize),
    /// This one by the phone's word, but the message names another number: the card may have been changed.
    Disputed(usize),
    /// No SIM card for certain.
    Unknown,
}

/// By the SIM that the phone names, else by the number that the message names, else the only one, in the first slot:
/// another slot may have a card that is none of ours.
pub fn line_of(sims: &[PhoneSim], sim: Option<u8>, recipient: Option<&str>) -> LineOf {
    let recipient = recipient.map(digits).filter(|digits| !digits.is_empty());
    let is_named = |number: &Party| {
        recipient.as_deref().is_none_or(|recipient| is_same(number.as_str(), recipient))
    };
    if let Some(sim) = sim {
        let found = sims.iter().position(|known| known.sim == sim && known.number.is_some());
        let Some(at) = found else { return LineOf::Unknown };
        let number = sims.get(at).and_then(|known| known.number.as_ref());
        return if number.is_some_and(is_named) { LineOf::Sim(at) } else { LineOf::Disputed(at) };
    }
    if recipient.is_none() {
        return match sims {
            [only] if only.sim == 1 && only.number.is_some() => LineOf::Sim(0),
            _ => LineOf::Unknown,
        };
    }
    let with_number = sims.iter().enumerate();
    let with_number = with_number.filter_map(|(at, sim)| Some((at, sim.number.as_ref()?)));
    let fitting: Vec<_> = with_number.filter(|(_, number)| is_named(number)).collect();
    match fitting[..] {
        [(at, _)] => LineOf::Sim(at),
        _ => LineOf::Unknown,
    }
}

fn digits(written: &str) -> String {
    written.chars().filter(char::is_ascii_digit).collect()
}

/// A SIM card may hold its number in national form.
fn is_same(number: &str, recipient: &str) -> bool {
    let national = recipient.trim_start_matches('0');
    number == recipient || (national.len() >= 6 && number.ends_with(national))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sim(sim: u8, number: Option<&str>) -> PhoneSim {
        let number = number.map(Party::new);
        PhoneSim {
            sim,
            network: None,
            card: None,
            number,
            proven_at: None,
            test: None,
            sends: false,
            sent: 0,
            sent_day: 0,
        }
    }

    #[test]
    fn a_message_is_of_the_named_sim_the_named_number_or_the_only_one() {
        let one = [sim(1, Some("4520000001"))];
        let two = [sim(1, Some("4520000001")), sim(2, Some("4520000002"))];
        let bare = [sim(1, None), sim(2, Some("4520000002"))];
        for (sims, of, recipient, expected) in [
            (&one[..], None, None, LineOf::Sim(0)),
            (&one, Some(1), Some("+4520000001"), LineOf::Sim(0)),
            (&one, Some(1), Some("20000001"), LineOf::Sim(0)),
            (&one, Some(1), Some("+4520000009"), LineOf::Disputed(0)),
            (&one, Some(2), None, LineOf::Unknown),
            (&two, None, None, LineOf::Unknown),
            (&two, None, Some("+45 20 00 00 02"), LineOf::Sim(1)),
            (&two, Some(2), None, LineOf::Sim(1)),
            (&bare, None, None, LineOf::Unknown),
            (&bare, None, Some("4520000002"), LineOf::Sim(1)),
            (&bare[1..], None, None, LineOf::Unknown),
            (&bare[..1], None, None, LineOf::Unknown),
            (&bare, Some(1), None, LineOf::Unknown),
            (&[], None, None, LineOf::Unknown),
        ] {
            assert_eq!(line_of(sims, of, recipient), expected, "{of:?} {recipient:?}");
        }
    }

    #[test]
    fn another_card_is_recognised_by_its_last_digits() {
        let known = PhoneSim { card: Some("0001".to_owned()), ..sim(1, None) };
        let report =
            |card: Option<&str>| SimReport { sim: 1, network: None, card: card.map(str::to_owned) };
        assert!(known.is_changed_by(&report(Some("0002"))));
        assert!(!known.is_changed_by(&report(Some("0001"))) && !known.is_changed_by(&report(None)));
        assert!(!sim(1, None).is_changed_by(&report(Some("0002"))));
    }
}
