//! Reference numbers that join the parts of a long text at the handset (3GPP TS 23.040
//! §9.2.3.24.1). Two long texts in transit to one number get different ones, even in the low eight
//! bits.
//!
//! A reference is derived from message and recipient, so that every attempt has the same one, and
//! incremented only if another text has it. Increments are kept in memory only: after a restart an
//! attempt may collide again.

use std::collections::HashMap;
use std::time::Duration;

use domain::id::MessageId;
use domain::limits::REFERENCES_MAX;
use domain::message::{Address, Content};
use domain::time::Timestamp;

/// Minimum time for which a handset waits for missing parts.
const KEPT: Duration = Duration::from_secs(60 * 60);

/// A text of this many UTF-8 octets has at most as many UTF-16 code units, which fit one part.
const ONE_PART_OCTETS: usize = 70;

/// With this many references of one number, all eight-bit values are taken.
const OF_NUMBER_MAX: usize = 256;

/// A recipient of a message, and the reference of its parts.
#[derive(Debug, Clone, Copy)]
struct Given {
    message: MessageId,
    recipient: u32,
    reference: u16,
}

#[derive(Debug, Default)]
struct Generation {
    given: HashMap<Address, Vec<Given>>,
    len: usize,
}

/// Two generations: the older one is dropped when the younger is full or old.
#[derive(Debug, Default)]
pub(super) struct References {
    young: Generation,
    old: Generation,
    begun: Timestamp,
}

impl References {
    pub(super) fn give(
        &mut self,
        content: &Content,
        recipient: u32,
        to: &Address,
        drawn: u16,
        now: Timestamp,
    ) -> u16 {
        let is_text = content.form.link().is_none();
        if is_text && content.text.as_str().len() <= ONE_PART_OCTETS {
            return drawn;
        }
        if self.young.len >= REFERENCES_MAX / 2 || now.since(self.begun) >= KEPT {
            self.old = std::mem::take(&mut self.young);
            self.begun = now;
        }
        let generations = [&self.young, &self.old];
        let others = || generations.iter().filter_map(|known| known.given.get(to)).flatten();
        let mut same = others()
            .filter(|given| given.message == content.message && given.recipient == recipient);
        if let Some(given) = same.next() {
            return given.reference;
        }
        let taken = |candidate: u16| {
            others().any(|given| given.reference.to_be_bytes()[1] == candidate.to_be_bytes()[1])
        };
        // With all 256 taken, one must be shared; the first choice is as good as any.
        let reference = (0..=u16::from(u8::MAX))
            .map(|step| drawn.wrapping_add(step))
            .find(|&candidate| !taken(candidate))
            .unwrap_or(drawn);
        let given = Given { message: content.message, recipient, reference };
        let of_number = self.young.given.entry(to.clone()).or_default();
        if of_number.len() < OF_NUMBER_MAX {
            of_number.push(given);
            self.young.len += 1;
        }
        reference
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use domain::message::Lane;
    use domain::message::form::Form;
    use domain::number::Msisdn;
    use domain::text::Text;
    use uuid::Uuid;

    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_000);

    fn content(message: u128, text: &str) -> Content {
        Content {
            message: MessageId(Uuid::from_u128(message)),
            account: None,
            sender: None,
            text: Text::new(text),
            form: Form::Text,
            charge: None,
            parts: 2,
            lane: Lane::Single,
            valid_until: NOW,
        }
    }

    fn number(digits: u64) -> Address {
        Address::Phone(Msisdn::from_digits(digits).unwrap())
    }

    fn long() -> String {
        "x".repeat(200)
    }

    #[test]
    fn long_texts_to_one_number_never_share_eight_bits_until_there_are_256() {
        let (mut references, to) = (References::default(), number(4_520_123_456));
        let give = |references: &mut References, message| {
            references.give(&content(message, &long()), 0, &to, 0xfffe, NOW).to_be_bytes()[1]
        };
        let given: HashSet<u8> = (0..256).map(|n| give(&mut references, n)).collect();
        assert_eq!(given.len(), 256);
        assert_eq!(give(&mut references, 256), 0xfe, "the 257th shares one");
    }

    #[test]
    fn every_attempt_has_the_same_reference_and_other_numbers_do_not_matter() {
        let (mut references, to) = (References::default(), number(4_520_123_456));
        let first = references.give(&content(1, &long()), 0, &to, 7, NOW);
        let second = references.give(&content(2, &long()), 0, &to, 7, NOW);
        assert_eq!((first, second), (7, 8));
        assert_eq!(references.give(&content(2, &long()), 0, &to, 7, NOW), 8);
        assert_eq!(references.give(&content(3, &long()), 0, &number(4_520_123_457), 7, NOW), 7);
    }

    #[test]
    fn short_texts_take_none_and_old_ones_are_forgotten() {
        let (mut references, to) = (References::default(), number(4_520_123_456));
        references.give(&content(1, "short"), 0, &to, 7, NOW);
        assert_eq!(references.young.len, 0);
        references.give(&content(2, &long()), 0, &to, 7, NOW);
        let later = NOW.after(KEPT);
        assert_eq!(references.give(&content(3, &long()), 0, &to, 7, later), 8, "still known");
        let latest = later.after(KEPT);
        assert_eq!(references.give(&content(4, &long()), 0, &to, 7, latest), 7);
    }

    #[test]
    fn memory_is_bounded() {
        let mut references = References::default();
        for n in 0..REFERENCES_MAX as u64 * 2 {
            references.give(&content(n.into(), &long()), 0, &number(4_520_000_000 + n), 7, NOW);
        }
        assert!(references.young.len + references.old.len <= REFERENCES_MAX);
    }
}
