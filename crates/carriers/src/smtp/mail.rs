//! Composes the mail of a submission: one recipient, plain UTF-8 text. Addresses and the subject were checked before,
//! and lettre encodes every header, so customers cannot inject headers. Line ends of the text become CRLF, and other
//! control characters are encoded: servers differ in what a bare CR or LF means, and some read SMTP commands after it.

use std::time::{Duration, SystemTime};

use domain::message::email::EmailAddress;
use domain::ports::Submission;
use domain::time::Timestamp;
use lettre::message::header::{ContentTransferEncoding, ContentType, MIME_VERSION_1_0};
use lettre::message::{Body, Mailbox, Message};

use super::config::Settings;

/// A mail ready to send.
pub(super) struct Mail {
    pub(super) from: lettre::Address,
    pub(super) to: lettre::Address,
    /// Local part of its Message-ID: the same for every attempt, so that a mailbox can detect a duplicate.
    pub(super) id: String,
    pub(super) data: Vec<u8>,
}

/// `None` if lettre does not accept the address.
pub(super) fn compose(
    submission: &Submission,
    to: &EmailAddress,
    settings: &Settings,
    now: Timestamp,
) -> Option<Mail> {
    let (local, domain) = to.as_str().split_once('@')?;
    let to = lettre::Address::new(local, domain).ok()?;
    let from = settings.from.clone();
    let id = format!("{}.{}", submission.content.message, submission.key.recipient);
    let since_1970 = Duration::from_millis(u64::try_from(now.as_millis()).unwrap_or(0));
    let message = Message::builder()
        .message_id(Some(format!("<{id}@{}>", from.email.domain())))
        .date(SystemTime::UNIX_EPOCH + since_1970)
        .from(from.clone())
        .to(Mailbox::new(None, to.clone()))
        .subject(settings.subject.clone())
        .header(MIME_VERSION_1_0)
        .header(ContentType::TEXT_PLAIN)
        .body(body(submission.content.text.as_str()))
        .ok()?;
    Some(Mail { from: from.email, to, id, data: message.formatted() })
}

/// The encoded text.
fn body(text: &str) -> Body {
    let text = with_crlf(text);
    let is_plain = |char: char| !char.is_control() || matches!(char, '\r' | '\n' | '\t');
    if text.chars().all(is_plain) {
        return Body::new(text);
    }
    // lettre would write controls as they are.
    Body::new_with_encoding(text, ContentTransferEncoding::QuotedPrintable)
        .unwrap_or_else(Body::new)
}

/// Replaces every CR, LF and CRLF by CRLF.
fn with_crlf(text: &str) -> String {
    let mut lines = String::with_capacity(text.len() + 16);
    let mut chars = text.chars().peekable();
    while let Some(char) = chars.next() {
        match char {
            '\r' => {
                chars.next_if_eq(&'\n');
                lines.push_str("\r\n");
            }
            '\n' => lines.push_str("\r\n"),
            char => lines.push(char),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_control_character_but_crlf_and_tab_remains_in_a_body() {
        for text in [
            "hi\r.\r\nMAIL FROM:<evil@x.dk>\r\n",
            "hi\n.\nRSET\n",
            "\r\r\n\n\r",
            "a\0b\x08c\x1b[31md\x7fe",
            "\u{85}\u{9b}31m",
            "å\r.\rb",
            "\x0b\x0c.\r",
            "tab\tand text",
        ] {
            let body = body(text).into_vec();
            let lines = String::from_utf8(body).unwrap();
            for line in lines.split("\r\n") {
                assert!(
                    !line.contains(|c: char| c.is_control() && c != '\t'),
                    "{text:?}: {line:?}"
                );
            }
        }
    }

    #[test]
    fn every_line_end_becomes_crlf() {
        for (text, lines) in [
            ("a\rb", "a\r\nb"),
            ("a\nb", "a\r\nb"),
            ("a\r\nb", "a\r\nb"),
            ("a\n\rb", "a\r\n\r\nb"),
            ("a\r\r\nb\r", "a\r\n\r\nb\r\n"),
            ("", ""),
        ] {
            assert_eq!(with_crlf(text), lines, "{text:?}");
        }
    }
}
