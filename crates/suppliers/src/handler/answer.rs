//! Reads answers: plain text, JSON, or a word of the protocol for what went wrong.
//!
//! | meaning | words | after a request that buys | after any other |
//! |---|---|---|---|
//! | no number | `NO_NUMBERS`, `WRONG_MAX_PRICE` … | refused | refused |
//! | wrong request | `BAD_SERVICE`, `WRONG_COUNTRY` … | refused | refused |
//! | our account | `BAD_KEY`, `NO_BALANCE`, `BANNED` … | unavailable | unavailable |
//! | too much | `CHANNELS_LIMIT` | unavailable | unavailable |
//! | its own fault | `ERROR_SQL`, `SERVER_ERROR`, HTML, cut JSON, any other word | **unknown** | unavailable |
//! | no such loan, or it has ended | `NO_ACTIVATION`, `ALREADY_FINISH` … | **unknown** | conflict |
//! | too early to cancel | `EARLY_CANCEL_DENIED` | **unknown** | unavailable |
//! | too late to cancel | `OTP_RECEIVED`, `CANT_CANCEL` … | **unknown** | conflict |

use domain::ports::PortError;
use serde_json::Value;

/// What was answered.
#[derive(Debug, PartialEq)]
pub(super) enum Answer {
    /// HTTP 204, as some give for a change that was made.
    Nothing,
    Text(String),
    Json(Value),
}

/// What a request does at the wholesaler.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Effect {
    /// Nothing, or nothing that a repeat would add to.
    Repeatable,
    /// It costs money.
    Buys,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    NoNumber,
    WrongRequest,
    OurAccount,
    TooMuch,
    ItsFault,
    NotOpen,
    TooEarly,
    TooLate,
}

/// Longer words are no words.
const WORD_CHARS_MAX: usize = 40;

pub(super) fn meaning(word: &str) -> Meaning {
    match word {
        "NO_NUMBERS"
        | "NO_NUMBER"
        | "WRONG_MAX_PRICE"
        | "OPERATORS_NOT_FOUND"
        | "WHATSAPP_NOT_AVAILABLE"
        | "NO_NUMBERS_AVAILABLE"
        | "WRONG_OPERATOR" => Meaning::NoNumber,
        "BAD_ACTION"
        | "BAD_SERVICE"
        | "BAD_COUNTRY"
        | "BAD_STATUS"
        | "WRONG_SERVICE"
        | "WRONG_COUNTRY"
        | "INCORECT_STATUS"
        | "WRONG_EXCEPTION_PHONE"
        | "INVALID_TIME"
        | "INVALID_RENT_TIME"
        | "MAX_HOURS_EXCEED"
        | "WRONG_SECURITY"
        | "WRONG_ADDITIONAL_SERVICE"
        | "REPEAT_ADDITIONAL_SERVICE" => Meaning::WrongRequest,
        "BAD_KEY" | "NO_KEY" | "WRONG_API_KEY" | "BANNED" | "ACCOUNT_INACTIVE" | "NO_BALANCE"
        | "NO_MONEY" | "LOW_BALANCE" | "NO_BALANCE_FORWARD" | "NO_YULA_MAIL" => Meaning::OurAccount,
        "CHANNELS_LIMIT" | "TOO_MANY_REQUESTS" | "REQUEST_LIMIT" | "TRY_AGAIN_LATER" => {
            Meaning::TooMuch
        }
        "NO_ACTIVATION"
        | "NO_ACTIVATIONS"
        | "WRONG_ACTIVATION_ID"
        | "INVALID_ACTIVATION_ID"
        | "ACTIVATION_NOT_ACTIVE"
        | "NOT_FOUND"
        | "STATUS_CANCEL"
        | "STATUS_FINISH"
        | "ALREADY_FINISH"
        | "ALREADY_CANCEL"
        | "NO_ID_RENT"
        | "INVALID_PHONE"
        | "RENT_DIE" => Meaning::NotOpen,
        // The second: a rental without a message yet.
        "EARLY_CANCEL_DENIED" | "STATUS_WAIT_CODE" => Meaning::TooEarly,
        "OTP_RECEIVED" | "NEW_OTP_RECEIVED" | "FREE_CANCELLATION_EXPIRED" | "CANT_CANCEL" => {
            Meaning::TooLate
        }
        _ => Meaning::ItsFault,
    }
}

/// The error of a request that was answered by this word.
pub(super) fn refusal(word: &str, effect: Effect) -> PortError {
    let said = format!("the wholesaler answered {word}");
    match (meaning(word), effect) {
        (Meaning::NoNumber | Meaning::WrongRequest, _) => PortError::Refused(said),
        (Meaning::OurAccount | Meaning::TooMuch, _) => PortError::Unavailable(said),
        (
            Meaning::ItsFault | Meaning::NotOpen | Meaning::TooEarly | Meaning::TooLate,
            Effect::Buys,
        ) => PortError::Unknown(said),
        (Meaning::ItsFault | Meaning::TooEarly, Effect::Repeatable) => PortError::Unavailable(said),
        (Meaning::NotOpen | Meaning::TooLate, Effect::Repeatable) => PortError::Conflict(said),
    }
}

/// Whether an error is of a request that was answered by this word.
pub(super) fn says(error: &PortError, word: &str) -> bool {
    error.to_string().ends_with(&format!(" {word}"))
}

/// An answer that says nothing readable.
pub(super) fn unreadable(why: &str, effect: Effect) -> PortError {
    let said = format!("the wholesaler's answer {why}");
    match effect {
        Effect::Buys => PortError::Unknown(said),
        Effect::Repeatable => PortError::Unavailable(said),
    }
}

/// Reads a body; `Err` says what is wrong with it.
pub(super) fn read(body: &[u8]) -> Result<Answer, &'static str> {
    let text = str::from_utf8(body).map_err(|_| "is not UTF-8")?;
    let text = text.trim_start_matches('\u{feff}').trim();
    match text.as_bytes().first() {
        None => Err("is empty"),
        Some(b'<') => Err("is HTML"),
        Some(b'{' | b'[') => {
            serde_json::from_str(text).map(Answer::Json).map_err(|_| "is broken JSON")
        }
        Some(b'"') => match serde_json::from_str(text) {
            Ok(Value::String(text)) => Ok(Answer::Text(text)),
            _ => Err("is broken JSON"),
        },
        Some(_) => Ok(Answer::Text(text.to_owned())),
    }
}

fn is_word(text: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
    (2..=WORD_CHARS_MAX).contains(&text.len())
        && text.bytes().all(fits)
        && text.bytes().any(|byte| byte.is_ascii_uppercase())
}

impl Answer {
    /// The word for what went wrong, if that is what it is. Words that report success begin with
    /// `ACCESS_`, and those that report a state with `STATUS_`.
    pub(super) fn error_word(&self) -> Option<&str> {
        let word = match self {
            Self::Nothing => return None,
            Self::Text(text) => text.split(':').next().unwrap_or_default().trim(),
            Self::Json(json) => {
                let failed = matches!(json.get("status"), Some(Value::String(status))
                    if status == "error" || status == "false" || status == "fail");
                let at = |name: &str| {
                    json.get(name).and_then(Value::as_str).filter(|text| is_word(text))
                };
                let named = at("title").or_else(|| at("error"));
                return named.or_else(|| {
                    let message = at("message").or_else(|| at("msg"));
                    if failed { message.or(Some("ERROR")) } else { None }
                });
            }
        };
        let good = ["ACCESS_", "STATUS_", "FULL_SMS", "ADDITIONAL"];
        (is_word(word) && !good.iter().any(|good| word.starts_with(good))).then_some(word)
    }

    /// What follows `prefix` in a plain answer.
    pub(super) fn after(&self, prefix: &str) -> Option<&str> {
        match self {
            Self::Text(text) => text.strip_prefix(prefix),
            _ => None,
        }
    }

    pub(super) const fn json(&self) -> Option<&Value> {
        match self {
            Self::Json(json) => Some(json),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn word_of(body: &str) -> Option<String> {
        read(body.as_bytes()).unwrap().error_word().map(str::to_owned)
    }

    #[test]
    fn finds_the_word_in_every_form() {
        for body in [
            "NO_NUMBERS",
            "\u{feff} NO_NUMBERS\r\n",
            "\"NO_NUMBERS\"",
            r#"{"status":"error","message":"NO_NUMBERS"}"#,
            r#"{"status":"error","error":"NO_NUMBERS"}"#,
            r#"{"title":"NO_NUMBERS","details":"no number is free","info":{}}"#,
        ] {
            assert_eq!(word_of(body).as_deref(), Some("NO_NUMBERS"), "{body}");
        }
        assert_eq!(word_of("WRONG_MAX_PRICE:0.12").as_deref(), Some("WRONG_MAX_PRICE"));
        assert_eq!(word_of("BANNED:2026-11-30 12:00:00").as_deref(), Some("BANNED"));
        assert_eq!(word_of(r#"{"status":"error","message":"so sorry"}"#).as_deref(), Some("ERROR"));
        for good in [
            "ACCESS_NUMBER:1:2",
            "STATUS_OK:1",
            "STATUS_CANCEL",
            "FULL_SMS:x",
            r#"{"status":"success"}"#,
        ] {
            assert_eq!(word_of(good), None, "{good}");
        }
    }

    #[test]
    fn says_what_is_unreadable() {
        for (body, why) in [
            (&b"<html>"[..], "is HTML"),
            (b"", "is empty"),
            (b" \n", "is empty"),
            (b"{\"a\":", "is broken JSON"),
            (b"\"NO_NUM", "is broken JSON"),
            (b"\xff", "is not UTF-8"),
        ] {
            assert_eq!(read(body), Err(why), "{body:?}");
        }
    }

    #[test]
    fn what_is_ambiguous_after_a_purchase_is_unknown() {
        for word in [
            "ERROR_SQL",
            "SQL_ERROR",
            "SERVER_ERROR",
            "NO_CONNECTION",
            "NEWLY_INVENTED",
            "NO_ACTIVATION",
        ] {
            assert!(matches!(refusal(word, Effect::Buys), PortError::Unknown(_)), "{word}");
        }
        for word in ["NO_NUMBERS", "BAD_SERVICE", "WRONG_COUNTRY", "WRONG_MAX_PRICE", "BAD_ACTION"]
        {
            assert!(matches!(refusal(word, Effect::Buys), PortError::Refused(_)), "{word}");
        }
        for word in [
            "BAD_KEY",
            "NO_KEY",
            "WRONG_API_KEY",
            "NO_BALANCE",
            "BANNED",
            "ACCOUNT_INACTIVE",
            "CHANNELS_LIMIT",
        ] {
            assert!(matches!(refusal(word, Effect::Buys), PortError::Unavailable(_)), "{word}");
        }
    }

    #[test]
    fn of_other_requests_nothing_is_unknown() {
        for word in [
            "NO_ACTIVATION",
            "WRONG_ACTIVATION_ID",
            "ACTIVATION_NOT_ACTIVE",
            "OTP_RECEIVED",
            "FREE_CANCELLATION_EXPIRED",
        ] {
            assert!(matches!(refusal(word, Effect::Repeatable), PortError::Conflict(_)), "{word}");
        }
        for word in ["EARLY_CANCEL_DENIED", "ERROR_SQL", "SERVER_ERROR", "BAD_KEY"] {
            assert!(
                matches!(refusal(word, Effect::Repeatable), PortError::Unavailable(_)),
                "{word}"
            );
        }
        assert!(matches!(refusal("BAD_STATUS", Effect::Repeatable), PortError::Refused(_)));
    }
}
