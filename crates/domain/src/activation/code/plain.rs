//! A text as candidates are read from: one character for one, without what no code is in.

use super::links::{self, Link};

/// Characters that are read: more than ten parts of a message have.
const CHARS_MAX: usize = 2_000;

/// A hash by which an app finds its own messages has this many characters (SMS Retriever).
const APP_HASH_CHARS: usize = 11;

/// First digits of the scripts of which messages are written.
const ZEROS: [char; 21] = [
    '\u{660}', '\u{6f0}', '\u{7c0}', '\u{966}', '\u{9e6}', '\u{a66}', '\u{ae6}', '\u{b66}',
    '\u{be6}', '\u{c66}', '\u{ce6}', '\u{d66}', '\u{de6}', '\u{e50}', '\u{ed0}', '\u{f20}',
    '\u{1040}', '\u{17e0}', '\u{1810}', '\u{1946}', '\u{ff10}',
];

pub(super) struct Plain {
    /// With ASCII digits; spaces where something was set aside.
    pub chars: Vec<char>,
    /// The same in lower case, character by character.
    pub lower: Vec<char>,
    pub links: Vec<Link>,
    /// The code of a last line `@example.com #123456`, which is made for programs.
    pub bound_to_origin: Option<String>,
}

impl Plain {
    pub(super) fn of(text: &str) -> Self {
        let mut chars: Vec<char> =
            text.chars().take(CHARS_MAX).filter(|char| !is_invisible(*char)).map(plain).collect();
        let bound_to_origin = bound_to_origin(&chars);
        blank_app_hash(&mut chars);
        let links = links::set_aside(&mut chars);
        let lower = chars.iter().map(|char| lower(*char)).collect();
        Self { chars, lower, links, bound_to_origin }
    }

    pub(super) fn char(&self, at: usize) -> Option<char> {
        self.chars.get(at).copied()
    }

    pub(super) fn before(&self, at: usize) -> Option<char> {
        self.char(at.checked_sub(1)?)
    }
}

/// One for one: what lower case makes of `İ` has two characters.
fn lower(char: char) -> char {
    match char {
        'İ' => 'i',
        _ => char.to_lowercase().next().unwrap_or(char),
    }
}

/// An ASCII digit or letter for one of another script or width, a space for one of another width.
fn plain(char: char) -> char {
    let digit = |zero: char| {
        let value = u32::from(char).checked_sub(u32::from(zero)).filter(|value| *value < 10)?;
        char::from_digit(value, 10)
    };
    match char {
        '\u{a0}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{3000}' | '\t' => ' ',
        '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{ff0d}' => '-',
        '\r' => '\n',
        // Of other signs one with its width is no part of a number: `4471，5`.
        '\u{ff21}'..='\u{ff3a}' | '\u{ff41}'..='\u{ff5a}' | '\u{ff1a}' => {
            char::from_u32(u32::from(char) - 0xff01 + 0x21).unwrap_or(char)
        }
        _ if char.is_ascii() => char,
        _ => ZEROS.iter().copied().find_map(digit).unwrap_or(char),
    }
}

/// Marks of direction, joiners, and others that are not seen.
const fn is_invisible(char: char) -> bool {
    matches!(
        char,
        '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
    )
}

fn last_line(chars: &[char]) -> (usize, &[char]) {
    let mut end = chars.len();
    while end > 0 && chars.get(end - 1).is_some_and(|char| char.is_whitespace()) {
        end -= 1;
    }
    let chars = chars.get(..end).unwrap_or_default();
    let start = chars.iter().rposition(|char| *char == '\n').map_or(0, |at| at + 1);
    (start, chars.get(start..).unwrap_or_default())
}

/// `@host #code`, perhaps with a further host (WICG sms-one-time-codes).
fn bound_to_origin(chars: &[char]) -> Option<String> {
    let (_, line) = last_line(chars);
    let line: String = line.iter().collect();
    let mut words = line.strip_prefix('@')?.split(' ');
    words.next().filter(|host| host.contains('.') && host.is_ascii())?;
    let code = words.next()?.strip_prefix('#')?;
    let fits =
        (3..=12).contains(&code.len()) && code.bytes().all(|byte| byte.is_ascii_alphanumeric());
    fits.then(|| code.to_owned())
}

/// A last word of eleven characters that is neither a word nor a number.
fn blank_app_hash(chars: &mut [char]) {
    let (start, line) = last_line(chars);
    let word = line.iter().rposition(|char| *char == ' ').map_or(0, |at| at + 1);
    let Some(hash) = line.get(word..) else { return };
    let fits = |char: &char| char.is_ascii_alphanumeric() || matches!(char, '+' | '/');
    let mixed =
        hash.iter().any(char::is_ascii_uppercase) && hash.iter().any(char::is_ascii_lowercase);
    if hash.len() == APP_HASH_CHARS && hash.iter().all(fits) && mixed {
        let range = start + word..start + word + APP_HASH_CHARS;
        chars.get_mut(range).unwrap_or_default().fill(' ');
    }
}
