//! Composes the mail of a submission: one recipient, plain UTF-8 text. Addresses and the subject were checked before,
//! and lettre encodes every header, so customers cannot inject headers.

use std::time::{Duration, SystemTime};

use domain::message::email::EmailAddress;
use domain::ports::Submission;
use domain::time::Timestamp;
use lettre::message::header::ContentType;
use lettre::message::{Mailbox, Message};

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
        .header(ContentType::TEXT_PLAIN)
        .body(submission.content.text.as_str().to_owned())
        .ok()?;
    Some(Mail { from: from.email, to, id, data: message.formatted() })
}
