//! Brings a text into the form in which keywords are compared: compatibility characters are unified (NFKC), case is
//! folded in every script, Turkish `İ I ı i` are one letter, and everything that is not a word is dropped: leading
//! emoji, quotation marks, dashes, invisible marks.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Characters of a text that are looked at.
const CHARS_MAX: usize = 256;

/// The words of a text, in the form in which they are compared. `None` for the rest of a text that is longer than any
/// phrase.
pub(super) fn words(text: &str) -> (Vec<String>, bool) {
    let whole = text.chars().nth(CHARS_MAX).is_none();
    let shown = text.chars().take(CHARS_MAX).filter(|char| !is_invisible(*char));
    let folded: String = shown.nfkc().flat_map(fold).nfkc().collect();
    let folded = folded.replace("i\u{307}", "i");
    let inside = |char: char| char.is_alphanumeric() || is_combining_mark(char);
    let words = folded.split(|char: char| !inside(char) && !is_apostrophe(char));
    let words = words.map(|word| {
        // Marks without their letter, and quotation marks.
        let word = word.trim_matches(is_apostrophe).trim_start_matches(is_combining_mark);
        word.replace(is_apostrophe, "'")
    });
    (words.filter(|word| word.chars().any(char::is_alphanumeric)).collect(), whole)
}

/// Full case folding: upper case first, so that `ß` and `SS` are the same. The final sigma and the dotless i have one
/// form each.
fn fold(char: char) -> impl Iterator<Item = char> {
    char.to_uppercase().flat_map(char::to_lowercase).map(|char| match char {
        'ς' => 'σ',
        'ı' => 'i',
        other => other,
    })
}

const fn is_apostrophe(char: char) -> bool {
    matches!(char, '\'' | '\u{2018}' | '\u{2019}' | '\u{2BC}' | '\u{2BB}' | '`')
}

/// Joiners, direction marks, soft hyphens and variation selectors.
const fn is_invisible(char: char) -> bool {
    matches!(
        char,
        '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{180E}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{20E3}'
            | '\u{1F3FB}'..='\u{1F3FF}' | '\u{E0000}'..='\u{E0FFF}'
    )
}
