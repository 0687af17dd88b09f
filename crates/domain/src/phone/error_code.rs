//! Why a phone did not send a text.

use std::time::Duration;

use crate::limits::RECEIPT_CODE_CHARS_MAX;

/// A SIM card that could not send is given no text for so long.
pub const SIM_RESTS_FOR: Duration = Duration::from_secs(5 * 60);

/// The app's reason for a failure, without what it may quote: `RESULT_ERROR_NO_SERVICE`, `TTL expired`.
pub fn error_code(error: &str) -> String {
    let is_name = |word: &&str| word.starts_with("RESULT_");
    let words = error.split(|char: char| !char.is_ascii_alphanumeric() && char != '_');
    let code = match words.into_iter().find(is_name) {
        Some(name) => name,
        None if error.starts_with("TTL expired") => "TTL expired",
        None if error.starts_with("Delivery result") => "Delivery result",
        None if error.starts_with("sendSMS") => "sendSMS",
        None if error.contains("No SIMs found") => "No SIMs found",
        None if error.contains("SIM ") && error.contains("not found") => "SIM not found",
        None if error.starts_with("Can't send message") => "Can't send message",
        None => "failed",
    };
    code.chars().take(RECEIPT_CODE_CHARS_MAX).collect()
}

/// Whether this code of [`error_code`] is of the SIM card, whatever it is to send: no service, no card, too much at once.
pub fn is_of_sim(code: &str) -> bool {
    matches!(
        code,
        "RESULT_ERROR_NO_SERVICE"
            | "RESULT_ERROR_RADIO_OFF"
            | "RESULT_ERROR_LIMIT_EXCEEDED"
            | "RESULT_RADIO_NOT_AVAILABLE"
            | "RESULT_NO_DEFAULT_SMS_APP"
            | "RESULT_RIL_RADIO_NOT_AVAILABLE"
            | "RESULT_RIL_NETWORK_NOT_READY"
            | "RESULT_RIL_SIM_ABSENT"
            | "No SIMs found"
            | "SIM not found"
            | "Can't send message"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_become_codes_without_numbers() {
        for (error, code, of_sim) in [
            ("Send result: RESULT_ERROR_NO_SERVICE", "RESULT_ERROR_NO_SERVICE", true),
            ("Send result: RESULT_ERROR_GENERIC_FAILURE", "RESULT_ERROR_GENERIC_FAILURE", false),
            ("Send result: Unknown error code: 99.", "failed", false),
            ("TTL expired", "TTL expired", false),
            ("Delivery result from SC +4520000000: 64", "Delivery result", false),
            ("sendSMS: Invalid phone number +4520123456", "sendSMS", false),
            ("Can't send message: No SIMs found", "No SIMs found", true),
            ("Can't send message: SIM 2 not found", "SIM not found", true),
            ("Can't send message: SIM selection requires a permission", "Can't send message", true),
            ("", "failed", false),
        ] {
            assert_eq!(error_code(error), code, "{error}");
            assert_eq!(is_of_sim(code), of_sim, "{error}");
        }
        let long = error_code(&format!("RESULT_{}", "X".repeat(99)));
        assert_eq!(long.chars().count(), RECEIPT_CODE_CHARS_MAX);
    }
}
