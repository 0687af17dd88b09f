//! What in a text may be a code: runs of digits, perhaps in groups or after a prefix, and words of
//! letters and digits. What is a date, a time, an amount, a phone number or a masked card is left out.

use super::plain::Plain;
use super::words::{Kind, Span, ends, starts};

/// Digits of a code.
const DIGITS: std::ops::RangeInclusive<usize> = 3..=10;

/// Characters of a code with letters.
const MIXED: std::ops::RangeInclusive<usize> = 4..=10;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    Digits,
    /// Digits in groups: `123-456`.
    Groups,
    /// Digits after letters that name the service: `G-123456`.
    Prefixed,
    /// Digits after a longer prefix, as numbers of orders have.
    LongPrefix,
    /// Capital letters with digits.
    Mixed,
    /// Small letters with digits.
    SmallMixed,
    /// Capital letters alone.
    Letters,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Candidate {
    pub code: String,
    pub span: Span,
    pub shape: Shape,
}

/// A run of ASCII letters and digits.
#[derive(Debug, Clone, Copy)]
struct Run {
    span: Span,
    digits: usize,
}

impl Run {
    const fn len(&self) -> usize {
        self.span.end - self.span.start
    }

    const fn is_number(&self) -> bool {
        self.digits == self.len()
    }
}

pub(super) fn read(plain: &Plain) -> Vec<Candidate> {
    let runs = runs(&plain.chars);
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(run) = runs.get(at) {
        let rest = runs.get(at..).unwrap_or_default();
        let length = if run.is_number() { chain(plain, rest) } else { joined(plain, rest) };
        let chain = rest.get(..length).unwrap_or_default();
        if run.is_number() {
            numbers(plain, chain, &mut found);
        } else {
            found.extend(word(plain, chain));
        }
        at += length.max(1);
    }
    found
}

fn runs(chars: &[char]) -> Vec<Run> {
    let mut runs = Vec::new();
    let mut at = 0;
    while at < chars.len() {
        let run = chars.iter().skip(at).take_while(|char| char.is_ascii_alphanumeric());
        let (length, digits) = run.fold((0, 0), |(length, digits), char| {
            (length + 1, digits + usize::from(char.is_ascii_digit()))
        });
        if length > 0 {
            runs.push(Run { span: Span { start: at, end: at + length }, digits });
        }
        at += length.max(1);
    }
    runs
}

/// How many numbers follow each other with one character between.
fn chain(plain: &Plain, runs: &[Run]) -> usize {
    let linked = |pair: &[Run]| match pair {
        [left, right] if right.is_number() && right.span.start == left.span.end + 1 => {
            matches!(plain.char(left.span.end), Some(' ' | '-' | '.' | ',' | '/' | ':' | '\''))
        }
        _ => false,
    };
    1 + runs.windows(2).take_while(|pair| linked(pair)).count()
}

/// How many words of letters and digits are joined by dashes.
fn joined(plain: &Plain, runs: &[Run]) -> usize {
    let linked = |pair: &[Run]| match pair {
        [left, right] => {
            right.span.start == left.span.end + 1 && plain.char(left.span.end) == Some('-')
        }
        _ => false,
    };
    1 + runs.windows(2).take_while(|pair| linked(pair)).count()
}

fn text(plain: &Plain, span: Span) -> String {
    plain.chars.get(span.start..span.end).unwrap_or_default().iter().collect()
}

/// The codes of a chain of numbers.
fn numbers(plain: &Plain, chain: &[Run], found: &mut Vec<Candidate>) {
    let (Some(first), Some(last)) = (chain.first(), chain.last()) else { return };
    let whole = Span { start: first.span.start, end: last.span.end };
    if !stands_alone(plain, whole) {
        return;
    }
    let between: Vec<_> =
        chain.iter().take(chain.len() - 1).filter_map(|run| plain.char(run.span.end)).collect();
    let digits: usize = chain.iter().map(|run| run.digits).sum();
    match between.first() {
        None => found.extend(number(plain, first.span)),
        // Dates, times, amounts, addresses.
        Some(_) if between.iter().any(|char| !matches!(char, ' ' | '-')) => {
            separate(plain, chain, &between, found);
        }
        Some(_) if are_groups(chain) && DIGITS.contains(&digits) && !is_date(chain) => {
            let code: String = text(plain, whole).chars().filter(char::is_ascii_digit).collect();
            if digits <= 8 || chain.len() > 2 {
                found.push(Candidate { code, span: whole, shape: Shape::Groups });
            }
        }
        Some(_) if digits > 8 && looks_dialled(chain) => {}
        Some(_) => separate(plain, chain, &between, found),
    }
}

/// Numbers with a space on both sides are numbers of their own, if they are not groups of one.
fn separate(plain: &Plain, chain: &[Run], between: &[char], found: &mut Vec<Candidate>) {
    for (at, run) in chain.iter().enumerate() {
        let before = at.checked_sub(1).and_then(|at| between.get(at));
        let spaced = |char: Option<&char>| char.is_none_or(|char| *char == ' ');
        if spaced(before) && spaced(between.get(at)) {
            found.extend(number(plain, run.span));
        }
    }
}

/// Equal groups, as people read codes aloud.
fn are_groups(chain: &[Run]) -> bool {
    let mut lengths = chain.iter().map(Run::len);
    let first = lengths.next().unwrap_or_default();
    let equal = lengths.all(|length| length == first);
    equal && matches!((first, chain.len()), (1, 4..=8) | (2, 2..=4) | (3, 2..=3) | (4, 2))
}

/// `24-12-31`, `31-12-24`.
fn is_date(chain: &[Run]) -> bool {
    chain.len() == 3 && chain.iter().all(|run| run.len() == 2)
}

/// A phone number in groups: at least three, or a long one.
fn looks_dialled(chain: &[Run]) -> bool {
    chain.len() >= 3 || chain.iter().any(|run| run.len() >= 7)
}

fn number(plain: &Plain, span: Span) -> Option<Candidate> {
    let length = span.end - span.start;
    let fits = DIGITS.contains(&length) && stands_alone(plain, span);
    fits.then(|| Candidate { code: text(plain, span), span, shape: Shape::Digits })
}

/// Whether no sign beside it makes it a phone number, an amount or a masked card.
fn stands_alone(plain: &Plain, span: Span) -> bool {
    let before = plain.before(span.start);
    let sign = match before {
        Some(' ') => plain.before(span.start.saturating_sub(1)),
        _ => before,
    };
    if matches!(before, Some('+' | '*' | '•' | '…' | '·' | '\u{d7}' | '.' | '@' | '_'))
        || sign.is_some_and(is_currency)
        || before == Some('(') && plain.before(span.start.saturating_sub(1)) == Some('+')
    {
        return false;
    }
    let after = plain.char(span.end);
    let sign = match after {
        Some(' ') => plain.char(span.end + 1),
        _ => after,
    };
    if matches!(after, Some('%' | '*' | '•' | '°' | '_')) || sign.is_some_and(is_currency) {
        return false;
    }
    let rest = plain.lower.get(span.end..).unwrap_or_default();
    let next = rest.strip_prefix(&[' ']).unwrap_or(rest);
    let head = plain.lower.get(..span.start).unwrap_or_default();
    let head = head.strip_suffix(&[' ']).unwrap_or(head);
    !(starts(next, Kind::Currency) || starts(next, Kind::NotAfter) || ends(head, Kind::Currency))
}

const fn is_currency(char: char) -> bool {
    matches!(char, '$' | '€' | '£' | '¥' | '¢' | '฿' | '\u{20a0}'..='\u{20bf}' | '﷼')
}

/// A code with letters.
fn word(plain: &Plain, chain: &[Run]) -> Option<Candidate> {
    let (first, last) = (chain.first()?, chain.last()?);
    let span = Span { start: first.span.start, end: last.span.end };
    let code = text(plain, span);
    let digits: usize = chain.iter().map(|run| run.digits).sum();
    let beside = |char: Option<char>| {
        char.is_some_and(|char| matches!(char, '+' | '*' | '_' | '/' | '=' | '\''))
    };
    if beside(plain.before(span.start)) || beside(plain.char(span.end)) {
        return None;
    }
    if let [prefix, number] = chain
        && number.is_number()
        && prefix.digits == 0
        && (4..=8).contains(&number.len())
    {
        let shape = if prefix.len() <= 2 { Shape::Prefixed } else { Shape::LongPrefix };
        return Some(Candidate { code: text(plain, number.span), span, shape });
    }
    let length: usize = chain.iter().map(Run::len).sum();
    let capital = !code.chars().any(|char| char.is_ascii_lowercase());
    let masked = code.trim_start_matches(['x', 'X']).bytes().all(|byte| byte.is_ascii_digit());
    if masked || !MIXED.contains(&length) || chain.len() > 3 || !letters_stand_alone(plain, span) {
        return None;
    }
    let shape = match (digits, capital) {
        (0, true) if chain.len() == 1 && length >= 5 => Shape::Letters,
        (0, _) => return None,
        (_, true) => Shape::Mixed,
        (_, false) if chain.len() == 1 => Shape::SmallMixed,
        (_, false) => return None,
    };
    Some(Candidate { code, span, shape })
}

/// Whether it is no part of a longer word in another script.
fn letters_stand_alone(plain: &Plain, span: Span) -> bool {
    let cased =
        |char: Option<char>| char.is_some_and(|char| char.is_lowercase() || char.is_uppercase());
    !cased(plain.before(span.start)) && !cased(plain.char(span.end))
}
