//! Which candidate is the code: the one with the words around it that name a code.

use super::candidates::{Candidate, Shape, read};
use super::links::carries;
use super::plain::Plain;
use super::words::{Kind, Span, ends, has, spans, starts};
use crate::activation::service::Service;

/// The least weight of a code. A label beside it is worth [`LABEL`].
const WEIGHT_MIN: i32 = 7;

const LABEL: i32 = 12;

/// A word that shows that the text has a code, wherever it stands.
const WEAK: i32 = 4;

/// Characters after which a label counts nothing.
const REACH: usize = 90;

/// Characters whose distance counts fully; further ones a third.
const NEAR: usize = 20;

/// A word beside it that joins it to a label, or calls for its use.
const JOINED: i32 = 3;

/// Texts as short as this hold a code and little else.
const BARE_CHARS_MAX: usize = 24;

pub(super) fn heaviest(plain: &Plain, service: Option<&Service>) -> Option<String> {
    let candidates = read(plain);
    let labels = spans(&plain.lower, Kind::Label);
    let around = Around { plain, service, labels, base: base(plain, service, &candidates) };
    let weighed = candidates.iter().map(|candidate| (around.weigh(candidate), candidate));
    let mut best: Option<(i32, &Candidate)> = None;
    for (weight, candidate) in weighed {
        if weight >= WEIGHT_MIN && best.is_none_or(|(most, _)| weight > most) {
            best = Some((weight, candidate));
        }
    }
    best.map(|(_, candidate)| candidate.code.clone())
}

/// What the whole text says for each of its candidates.
fn base(plain: &Plain, service: Option<&Service>, candidates: &[Candidate]) -> i32 {
    let weak = if has(&plain.lower, Kind::Weak) { WEAK } else { 0 };
    let text: String = plain.chars.iter().collect();
    let text = text.trim();
    let of_service = service.is_some_and(|service| !service.takes_any() && service.is_in("", text));
    let bare = text.chars().count() <= BARE_CHARS_MAX && candidates.len() == 1;
    weak + if bare { 5 } else { 0 } + if of_service { 1 } else { 0 }
}

struct Around<'a> {
    plain: &'a Plain,
    service: Option<&'a Service>,
    labels: Vec<Span>,
    base: i32,
}

impl Around<'_> {
    fn weigh(&self, candidate: &Candidate) -> i32 {
        let label = self.labels.iter().map(|label| self.label(*label, candidate)).max();
        let label = label.unwrap_or_default();
        let shape = match candidate.shape {
            Shape::Digits | Shape::Groups => 0,
            Shape::Prefixed => 3,
            Shape::LongPrefix => -3,
            Shape::Mixed => -2,
            Shape::SmallMixed => -4,
            Shape::Letters => -5,
        };
        let link = if carries(self.plain, &candidate.code) { 5 } else { 0 };
        let for_it = self.base + label + shape + self.length(candidate) + link;
        for_it + self.joined(candidate, label) - self.refusal(candidate, label)
    }

    /// What a label is worth for a candidate: less with each character and sentence between.
    fn label(&self, label: Span, candidate: &Candidate) -> i32 {
        let Span { start, end } = candidate.span;
        let (from, to, after) = match (label.end <= start, end <= label.start) {
            (true, _) => (label.end, start, 0),
            (_, true) => (end, label.start, 1),
            _ => return 0,
        };
        let between = self.plain.lower.get(from..to).unwrap_or_default();
        let gap = between.len();
        if gap >= REACH {
            return 0;
        }
        let stops = between.windows(2).filter(|pair| matches!(pair, ['.' | '!' | '?', ' ' | '\n']));
        let wide = between.iter().filter(|char| matches!(char, '。' | '！' | '？' | '\n' | '।'));
        let sentences = stops.count() + wide.count();
        let numbers = between.iter().filter(|char| char.is_ascii_digit()).count();
        let distance = (gap.min(NEAR) + gap.saturating_sub(NEAR) / 3) / 5;
        let cost = distance + 4 * sentences.min(3) + numbers.min(3) + after;
        (LABEL - i32::try_from(cost).unwrap_or(LABEL)).max(0)
    }

    /// `… is 123456`, `123456 is …`, `use 123456`.
    fn joined(&self, candidate: &Candidate, label: i32) -> i32 {
        let before = self.plain.lower.get(..candidate.span.start).unwrap_or_default();
        let after = self.plain.lower.get(candidate.span.end..).unwrap_or_default();
        let is = ends(trim_end(before), Kind::Is) || starts(trim_start(after), Kind::Is);
        let used = ends(trim_end(before), Kind::Weak);
        if used || is && label > 0 { JOINED } else { 0 }
    }

    fn length(&self, candidate: &Candidate) -> i32 {
        let length = length(candidate);
        if self.is_usual(length) {
            return 4;
        }
        let usual = match length {
            6 => 3,
            4 | 5 => 2,
            7 | 8 => 1,
            3 => -2,
            _ => -4,
        };
        let year = matches!(candidate.code.parse(), Ok(1_950..=2_079u32)) && length == 4;
        if year { usual - 4 } else { usual }
    }

    /// Whether codes of the service usually have this length.
    fn is_usual(&self, length: usize) -> bool {
        self.service.is_some_and(|service| service.lengths().contains(&length))
    }

    /// What words before it say against it.
    fn refusal(&self, candidate: &Candidate, label: i32) -> i32 {
        let before = self.plain.lower.get(..candidate.span.start).unwrap_or_default();
        let trimmed = before
            .iter()
            .rposition(|char| !matches!(char, ' ' | ':' | '#' | '-' | '.' | '(' | '：'))
            .map_or(0, |at| at + 1);
        let word = before.get(..trimmed).unwrap_or_default();
        if ends(word, Kind::NotBefore) && !ends(word, Kind::Label) {
            // `Your Steam account R2D7X is the code`.
            return if self.is_usual(length(candidate)) && label > 0 { 6 } else { 10 };
        }
        // `#` names a thing, unless a label stands before it.
        if before.last() == Some(&'#') && label < LABEL - 1 { 6 } else { 0 }
    }
}

fn length(candidate: &Candidate) -> usize {
    candidate.code.chars().filter(char::is_ascii_alphanumeric).count()
}

fn trim_start(text: &[char]) -> &[char] {
    let at = text.iter().position(|char| *char != ' ').unwrap_or(text.len());
    text.get(at..).unwrap_or_default()
}

fn trim_end(text: &[char]) -> &[char] {
    let at = text.iter().rposition(|char| *char != ' ').map_or(0, |at| at + 1);
    text.get(..at).unwrap_or_default()
}
