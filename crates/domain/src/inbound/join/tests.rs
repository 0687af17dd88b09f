//! Parts in any order and with any repeats give each message once.

use proptest::prelude::*;

use super::*;
use crate::inbound::{Join, JoinScheme, Party, Spelling};
use crate::routing::CarrierName;

const BEGUN: Timestamp = Timestamp::from_millis(1_000);

fn part(body: InboundBody, join: Option<Join>, at: i64) -> InboundPart {
    InboundPart {
        carrier: CarrierName::new("main"),
        from: Party::new("4511111111"),
        to: Party::new("1919"),
        spelling: Spelling::default(),
        body,
        join,
        at: Timestamp::from_millis(at),
        interrupted_at: BEGUN,
    }
}

fn nth(number: u8, total: u8, body: &str, at: i64) -> InboundPart {
    part(InboundBody::Text(body.to_owned()), Join::new(JoinScheme::Udh8, 7, total, number), at)
}

/// Assigns parts and joins complete sets, like a store.
#[derive(Default)]
struct Sets {
    sets: Vec<PartSet>,
    joined: Vec<InboundContent>,
}

impl Sets {
    fn take(&mut self, part: &InboundPart) -> Place {
        let place = place(&self.sets, part);
        let at = match place {
            Place::Repeat => return place,
            Place::Into(at) => {
                self.sets[at].parts.insert(part.number(), part.body.clone());
                at
            }
            Place::New => {
                self.sets.push(PartSet::begun_by(part));
                self.sets.len() - 1
            }
        };
        if self.sets[at].is_complete() {
            self.sets[at].joined_at = Some(part.at);
            self.joined.push(self.sets[at].content());
        }
        place
    }

    fn texts(&self) -> Vec<&str> {
        self.joined.iter().filter_map(|content| Some(content.text()?.as_str())).collect()
    }
}

fn units(text: &str) -> Vec<u16> {
    text.encode_utf16().collect()
}

proptest! {
    #[test]
    fn any_order_with_any_repeats_gives_the_message_once(
        text in "[a-zæøå😀]{2,40}",
        cuts in 2usize..8,
        order in prop::collection::vec(any::<prop::sample::Index>(), 0..40),
        last in Just((0..8usize).collect::<Vec<_>>()).prop_shuffle(),
    ) {
        let units = units(&text);
        let size = units.len().div_ceil(cuts);
        let chunks: Vec<_> = units.chunks(size).collect();
        let total = u8::try_from(chunks.len()).unwrap();
        prop_assume!(total > 1);
        let deliver = |sets: &mut Sets, index: usize, at: i64| {
            let number = u8::try_from(index + 1).unwrap();
            let join = Join::new(JoinScheme::Udh16, 7, total, number);
            sets.take(&part(InboundBody::Units(chunks[index].to_vec()), join, at));
        };
        let mut sets = Sets::default();
        let mut at = 2_000;
        for index in order {
            deliver(&mut sets, index.index(chunks.len()), at);
            at += 1_000;
        }
        for index in last.into_iter().filter(|index| *index < chunks.len()) {
            deliver(&mut sets, index, at);
            at += 1_000;
        }
        prop_assert_eq!(sets.texts(), [text.as_str()]);
        prop_assert_eq!(sets.sets.len(), 1);
    }

    #[test]
    fn no_part_is_lost(
        given in prop::collection::vec((1u8..4, 2u8..4, 0usize..3), 1..40),
    ) {
        let mut sets = Sets::default();
        let mut said = std::collections::BTreeSet::new();
        for (at, (number, total, body)) in given.into_iter().enumerate() {
            if Join::new(JoinScheme::Udh8, 7, total, number).is_none() {
                continue;
            }
            let body = ["a", "b", "c"][body];
            // Sets with another total have another key, as in the store.
            let key = format!("{total}{number}{body}");
            let part = nth(number, total, &key, i64::try_from(at).unwrap());
            let apart: Vec<_> = sets.sets.iter().map(|set| set.total == total).collect();
            let of_key: Vec<_> = sets.sets.iter().filter(|set| set.total == total).cloned().collect();
            match place(&of_key, &part) {
                Place::Repeat => prop_assert!(said.contains(&key)),
                Place::New => sets.sets.push(PartSet::begun_by(&part)),
                Place::Into(index) => {
                    let mut of_total = (0..apart.len()).filter(|at| apart[*at]);
                    let set = &mut sets.sets[of_total.nth(index).unwrap()];
                    prop_assert!(set.parts.insert(number, part.body.clone()).is_none());
                }
            }
            said.insert(key);
        }
        for key in said {
            let has = |set: &PartSet| set.parts.values().any(|body| *body == InboundBody::Text(key.clone()));
            prop_assert!(sets.sets.iter().any(has), "{}", key);
        }
    }
}

#[test]
fn other_content_with_the_same_part_number_starts_another_message() {
    let mut sets = Sets::default();
    assert_eq!(sets.take(&nth(1, 2, "a1", 2_000)), Place::New);
    assert_eq!(sets.take(&nth(1, 2, "b1", 2_001)), Place::New);
    assert_eq!(sets.take(&nth(1, 2, "a1", 2_002)), Place::Repeat);
    assert_eq!(sets.take(&nth(2, 2, "a2", 2_003)), Place::Into(0));
    assert_eq!(sets.take(&nth(2, 2, "b2", 2_004)), Place::Into(1));
    assert_eq!(sets.texts(), ["a1a2", "b1b2"]);
}

#[test]
fn a_reused_reference_starts_another_message() {
    let mut sets = Sets::default();
    for (number, body, at) in
        [(1, "a1", 2_000), (2, "a2", 2_001), (2, "b2", 9_000), (1, "b1", 9_001)]
    {
        sets.take(&nth(number, 2, body, at));
    }
    assert_eq!(sets.texts(), ["a1a2", "b1b2"]);
    // The same part, later than any carrier repeats it.
    let later = 9_001 + i64::try_from(INBOUND_REPEAT_MAX.as_millis()).unwrap();
    assert_eq!(sets.take(&nth(1, 2, "b1", later)), Place::Repeat);
    assert_eq!(sets.take(&nth(1, 2, "b1", later + 1)), Place::New);
}

#[test]
fn an_equal_whole_message_is_a_repeat_only_after_a_possibly_lost_response() {
    let whole = |at, interrupted_at| {
        let mut part = part(InboundBody::Text("JA".to_owned()), None, at);
        part.interrupted_at = Timestamp::from_millis(interrupted_at);
        part
    };
    let mut sets = Sets::default();
    assert_eq!(sets.take(&whole(2_000, 1_000)), Place::New);
    assert_eq!(sets.take(&whole(2_100, 1_000)), Place::New, "two equal messages");
    assert_eq!(sets.take(&whole(5_000, 3_000)), Place::Repeat, "the session was lost since");
    assert_eq!(sets.texts(), ["JA", "JA"]);
    let late = 2_101 + i64::try_from(INBOUND_REPEAT_MAX.as_millis()).unwrap();
    assert_eq!(sets.take(&whole(late, late - 1)), Place::New, "too long ago for a repeat");
    let other = part(InboundBody::Text("NEJ".to_owned()), None, 5_000);
    assert_eq!(sets.take(&other), Place::New);
}

fn set(total: u8, parts: impl IntoIterator<Item = (u8, InboundBody)>) -> PartSet {
    PartSet { total, parts: parts.into_iter().collect(), first_at: BEGUN, joined_at: None }
}

fn text_of(set: &PartSet) -> String {
    set.content().text().unwrap().as_str().to_owned()
}

#[test]
fn a_pair_split_between_parts_is_joined_but_not_across_a_gap() {
    let smile = units("😀");
    let cut = |a: u8, b: u8, total| {
        set(
            total,
            [
                (a, InboundBody::Units(vec![u16::from(b'a'), smile[0]])),
                (b, InboundBody::Units(vec![smile[1], u16::from(b'b')])),
            ],
        )
    };
    assert_eq!(text_of(&cut(1, 2, 2)), "a😀b");
    let gap = cut(1, 3, 3);
    assert_eq!(text_of(&gap), "a\u{FFFD}\u{FFFD}b");
    assert_eq!(gap.missing(), [2]);
    assert!(!gap.is_complete());
}

#[test]
fn byte_order_marks_are_applied_and_removed() {
    let swapped = |text: &str| units(text).into_iter().map(u16::swap_bytes).collect::<Vec<_>>();
    let little = set(
        2,
        [(1, InboundBody::Units(swapped("\u{FEFF}æ"))), (2, InboundBody::Units(swapped("ø")))],
    );
    assert_eq!(text_of(&little), "æø");
    assert_eq!(text_of(&set(1, [(1, InboundBody::Units(units("\u{FEFF}æ")))])), "æ");
}

#[test]
fn parts_of_two_alphabets_are_one_text_without_nul() {
    let mixed = set(
        3,
        [
            (1, InboundBody::Units(units("å"))),
            (2, InboundBody::Text("b\0".to_owned())),
            (3, InboundBody::Units(units("c"))),
        ],
    );
    assert_eq!(text_of(&mixed), "åb\u{FFFD}c");
}

#[test]
fn a_binary_part_makes_the_whole_message_binary() {
    let mixed = set(
        3,
        [
            (1, InboundBody::Octets(vec![0, 0xFF])),
            (2, InboundBody::Text("é".to_owned())),
            (3, InboundBody::Units(vec![0x0102])),
        ],
    );
    assert_eq!(
        mixed.content(),
        InboundContent::Octets(Octets::new(vec![0, 0xFF, 0xC3, 0xA9, 1, 2]))
    );
}
