//! Counts the parts of a text without building them, for its price.
//!
//! One pass over the bytes suffices for ASCII texts; only texts with other characters are examined by character, and only
//! those with two-unit characters are split virtually. Nothing is allocated.

use super::{
    alphabet::{Septets, Shifts, Tables},
    choose::{Encoding, national_shifts},
    policy::{Alphabet, Policy, TextError},
};

/// The size of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Measure {
    /// Its encoding.
    pub encoding: Encoding,
    /// Number of parts, at least 1.
    pub parts: u8,
    /// Septets (including escapes) or 16-bit units of all parts together, without headers.
    pub units: usize,
    /// Characters (Unicode scalar values).
    pub chars: usize,
}

/// Determines the encoding and the number of parts.
///
/// GSM-7 is used if the default alphabet has every character, else the allowed national tables with the fewest parts,
/// else UCS-2.
///
/// # Errors
///
/// [`TextError`]: the text is empty or too long, has a control character, or has a character outside GSM-7 where only
/// that is allowed.
pub fn measure(text: &str, policy: &Policy) -> Result<Measure, TextError> {
    let survey = survey(text)?;
    let width = policy.reference;
    let septets = match policy.alphabet {
        Alphabet::Ucs2Only => None,
        Alphabet::Automatic | Alphabet::Gsm7Only => {
            survey.plain.or_else(|| Tally::of_septets(text, Shifts::default()))
        }
    };
    let sized = |encoding: Encoding, tally: Tally| {
        let parts = if tally.units <= encoding.room_alone() {
            1
        } else if tally.units == tally.chars {
            tally.units.div_ceil(encoding.room_of_many(width))
        } else {
            cuts(text, encoding, encoding.room_of_many(width))
        };
        (encoding, tally, parts)
    };
    let (encoding, tally, parts) = if let Some(tally) = septets {
        sized(Encoding::GSM7, tally)
    } else {
        let national = national_shifts(policy.national)
            .filter(|_| policy.alphabet != Alphabet::Ucs2Only)
            .filter_map(|shifts| Some(sized(shifts.into(), Tally::of_septets(text, shifts)?)))
            .min_by_key(|(_, tally, parts)| (*parts, tally.units));
        match national {
            Some(best) => best,
            None if policy.alphabet == Alphabet::Gsm7Only => return Err(not_gsm7(text, policy)),
            None => sized(Encoding::Ucs2, Tally::of_units(text)),
        }
    };
    match u8::try_from(parts) {
        Ok(counted) if counted <= policy.parts_max => {
            Ok(Measure { encoding, parts: counted, units: tally.units, chars: tally.chars })
        }
        _ => Err(TextError::TooLong { parts, parts_max: policy.parts_max }),
    }
}

/// Units and characters of a text in one encoding.
#[derive(Debug, Clone, Copy)]
struct Tally {
    units: usize,
    chars: usize,
}

impl Tally {
    fn of_septets(text: &str, shifts: Shifts) -> Option<Self> {
        let tables = shifts.tables();
        let mut tally = Self { units: 0, chars: 0 };
        for char in text.chars() {
            tally.chars += 1;
            tally.units += match tables.septets(char)? {
                Septets::One(_) => 1,
                Septets::Escaped(_) => 2,
            };
        }
        Some(tally)
    }

    fn of_units(text: &str) -> Self {
        let mut tally = Self { units: 0, chars: 0 };
        for char in text.chars() {
            tally.chars += 1;
            tally.units += char.len_utf16();
        }
        tally
    }
}

/// Number of parts of `room` units if no character is split.
fn cuts(text: &str, encoding: Encoding, room: usize) -> usize {
    let tables = encoding.tables();
    let (mut parts, mut used) = (1, 0);
    for char in text.chars() {
        let cost = match tables {
            None => char.len_utf16(),
            Some(tables) => match tables.septets(char) {
                Some(Septets::Escaped(_)) => 2,
                _ => 1,
            },
        };
        used += cost;
        if used > room {
            parts += 1;
            used = cost;
        }
    }
    parts
}

/// Result of one pass over the bytes.
struct Survey {
    /// The septets, if every character is ASCII and in the default alphabet.
    plain: Option<Tally>,
}

const ESCAPED: u8 = 1;
const BEYOND: u8 = 2;
const CONTROL: u8 = 4;

/// Class of a UTF-8 byte: 0 (an ASCII character of one septet) or one of the marks.
static MARKS: [u8; 256] = {
    let mut marks = [0u8; 256];
    let mut byte = 0usize;
    while byte < 256 {
        marks[byte] = match byte as u8 {
            b'\n' | b'\r' => 0,
            0x0C | b'^' | b'{' | b'}' | b'\\' | b'[' | b'~' | b']' | b'|' => ESCAPED,
            0..0x20 => CONTROL,
            b'`' | 0x7F.. => BEYOND,
            _ => 0,
        };
        byte += 1;
    }
    marks
};

fn survey(text: &str) -> Result<Survey, TextError> {
    if text.is_empty() {
        return Err(TextError::Empty);
    }
    let (mut seen, mut escapes) = (0u8, 0usize);
    for byte in text.bytes() {
        let mark = MARKS[usize::from(byte)];
        seen |= mark;
        escapes += usize::from(mark & ESCAPED);
    }
    if seen & CONTROL != 0 {
        return Err(control(text));
    }
    let plain =
        (seen & BEYOND == 0).then(|| Tally { units: text.len() + escapes, chars: text.len() });
    Ok(Survey { plain })
}

fn is_control(char: char) -> bool {
    char < ' ' && !matches!(char, '\n' | '\r' | '\u{0C}')
}

#[cold]
fn control(text: &str) -> TextError {
    let found = text.chars().enumerate().find(|&(_, char)| is_control(char));
    let (position, char) = found.unwrap_or((0, '\0'));
    TextError::Control { position, code: u32::from(char) }
}

/// The position of the first character that is in no allowed pair of tables.
#[cold]
fn not_gsm7(text: &str, policy: &Policy) -> TextError {
    let reach =
        |tables: Tables| text.chars().position(|char| tables.septets(char).is_none()).unwrap_or(0);
    let default = reach(Shifts::default().tables());
    let position =
        national_shifts(policy.national).map(Shifts::tables).map(reach).fold(default, usize::max);
    TextError::NotGsm7 { position }
}
