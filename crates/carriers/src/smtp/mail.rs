//! The mail made of a submission: one recipient, plain UTF-8 text. Addresses and the subject are
//! checked before they come here, and lettre encodes every header, so nothing a customer wrote can
//! become one.

use std::time::{Duration, SystemTime};

use domain::message::email::EmailAddress;
use domain::ports::Submission;
use domain::time::Timestamp;
use lettre::message::header::ContentType;
use lettre::message::{Mailbox, Message};

use super::config::Settings;

/// A mail ready to be sent.
pub(super) struct Mail {
    pub(super) from: lettre::Address,
    pub(super) to: lettre::Address,
    /// The left side of its Message-ID: the same at every attempt, so that a mailbox can tell a
    /// repeat.
    pub(super) id: String,
    pub(super) data: Vec<u8>,
}

/// `None` when lettre does not take the address; nothing can be done about that here.
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
