//! The parameter `sender`. Shops put their names here, of any length and script: what is not allowed is
//! dropped, unless the account wants such a sender refused.

use domain::number::{SenderError, SenderId};

use super::answer::Failure;

/// The contract's limits for a name and for a number.
const NAME_CHARS_MAX: usize = 11;
const DIGITS_MAX: usize = 15;

/// As it was written, if that is a sender, and in the contract's letters and digits: an account's own name
/// may have others, and is approved as it stands.
pub(super) fn read_sender(written: Option<&str>, strict: bool) -> Result<Vec<SenderId>, Failure> {
    let written = written.map(str::trim).filter(|written| !written.is_empty());
    let Some(written) = written else { return Err(empty(None)) };
    let exact = SenderId::parse(written);
    let allowed: String = written.chars().filter(char::is_ascii_alphanumeric).collect();
    if strict {
        check_exact(written, &allowed)?;
    }
    let is_number = !allowed.is_empty() && allowed.bytes().all(|byte| byte.is_ascii_digit());
    let chars_max = if is_number { DIGITS_MAX } else { NAME_CHARS_MAX };
    let corrected: String = allowed.chars().take(chars_max).collect();
    let corrected = SenderId::parse(&corrected);
    let mut senders: Vec<_> = exact.into_iter().collect();
    match corrected {
        Ok(corrected) if !senders.contains(&corrected) => senders.push(corrected),
        Err(SenderError::Empty) if senders.is_empty() => return Err(empty(Some(written))),
        // Too few digits for a number: the default sender takes its place, and the answer says so.
        Err(SenderError::Digits) if senders.is_empty() && !strict => {}
        Err(error) if senders.is_empty() => {
            return Err(wrong("SENDER_INVALID", written).because(error.to_string()));
        }
        Ok(_) | Err(_) => {}
    }
    Ok(senders)
}

fn check_exact(written: &str, allowed: &str) -> Result<(), Failure> {
    let bare = written.strip_prefix('+').unwrap_or(written);
    if bare != allowed {
        return Err(wrong("SENDER_INVALID", written).because("only a-z, A-Z and 0-9 are allowed"));
    }
    let is_number = allowed.bytes().all(|byte| byte.is_ascii_digit());
    let chars_max = if is_number { DIGITS_MAX } else { NAME_CHARS_MAX };
    if allowed.len() > chars_max {
        let reason = format!("at most {chars_max} characters are allowed");
        return Err(wrong("SENDER_LONG", written).because(reason));
    }
    Ok(())
}

fn wrong(word: &'static str, written: &str) -> Failure {
    Failure::echo(word, "sms", "sender", Some(written))
}

fn empty(written: Option<&str>) -> Failure {
    Failure::echo("SENDER_EMPTY", "sms", "sender", written)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(written: &str, strict: bool) -> Result<Vec<String>, String> {
        let senders = read_sender(Some(written), strict);
        let names = |senders: Vec<SenderId>| senders.into_iter().map(String::from).collect();
        senders.map(names).map_err(|failure| failure.into_tree().to_json())
    }

    #[test]
    fn drops_what_is_not_allowed() {
        for (written, senders) in [
            ("You", &["You"][..]),
            ("Min blog", &["Min blog", "Minblog"]),
            ("Rødgrød & fløde fra Ærø", &["Rdgrdfldefr"]),
            ("Bageriet på Nørrebrogade", &["BagerietpNr"]),
            ("+45 12 34 56 78", &["4512345678"]),
            ("4512345678", &["4512345678"]),
            ("1234567890123456789", &["123456789012345"]),
            ("2 Min", &["2 Min", "2Min"]),
            ("1919", &["1919"]),
            ("@", &["@"]),
            ("45", &[]),
            ("日本 24", &[]),
        ] {
            assert_eq!(read(written, false).unwrap(), senders, "{written}");
        }
    }

    #[test]
    fn refuses_what_leaves_no_sender() {
        for (written, word) in
            [("", "SENDER_EMPTY"), ("   ", "SENDER_EMPTY"), ("日本語", "SENDER_EMPTY")]
        {
            let error = read(written, false).unwrap_err();
            assert!(error.contains(&format!(r#""error":"{word}""#)), "{written}: {error}");
        }
    }

    #[test]
    fn refuses_a_wrong_sender_of_a_strict_account() {
        for (written, word) in [
            ("Min blog", "SENDER_INVALID"),
            ("Rød", "SENDER_INVALID"),
            ("Bagerietpaaa", "SENDER_LONG"),
            ("1234567890123456", "SENDER_LONG"),
            (" ", "SENDER_EMPTY"),
        ] {
            let error = read(written, true).unwrap_err();
            assert!(error.contains(&format!(r#""error":"{word}""#)), "{written}: {error}");
        }
        assert_eq!(read("Bagerietpaa", true).unwrap(), ["Bagerietpaa"]);
        assert_eq!(read("+4512345678", true).unwrap(), ["4512345678"]);
    }
}
