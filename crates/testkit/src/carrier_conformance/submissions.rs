//! Submissions as the engine creates them.

use std::sync::Arc;

use domain::id::MessageId;
use domain::message::form::Form;
use domain::message::{Address, Content, Lane};
use domain::ports::{ChunkId, Submission, SubmissionKey};
use domain::text::{Policy, Text, measure};
use domain::time::Timestamp;
use uuid::Uuid;

/// Three parts of GSM-7, with letters of one septet and two octets of UTF-8, and an escape at the end of the first part.
pub const DANISH: &str = "Kære kunde. Din ordre er nu på vej til dig fra lageret i Rødovre og \
    leveres i morgen mellem kl. 8 og 16. Prisen er 1.249,00 kr. Du kan følge pakken her[]: \
    https://example.com/spor/4512 {kode: 8812}. Skal den afleveres et andet sted, så svar på denne \
    besked senest kl. 21. Er du ikke hjemme, stiller vi den ved døren. Æbler, ørred og ål følger \
    i en anden kasse.";

/// A text of several parts.
pub const LONG: &str = DANISH;

/// Later than any test clock.
const VALID_UNTIL: Timestamp = Timestamp::from_millis(4_000_000_000_000);

/// The message of all these submissions.
const MESSAGE: MessageId = MessageId(Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0001));

pub const fn key(number: u32) -> SubmissionKey {
    let chunk = ChunkId { message: MESSAGE, first: 0 };
    SubmissionKey { chunk, attempt: 1, recipient: number }
}

/// A short text.
pub fn submission(key: SubmissionKey, to: Address) -> Submission {
    with_text(key, to, "Din kode er 1234")
}

pub fn with_text(key: SubmissionKey, to: Address, text: &str) -> Submission {
    let parts = measure(text, &Policy::default()).map_or(1, |measured| measured.parts.into());
    Submission {
        key,
        to,
        content: Arc::new(Content {
            message: MESSAGE,
            account: None,
            sender: None,
            text: Text::from(text),
            form: Form::Text,
            charge: None,
            parts,
            lane: Lane::Single,
            valid_until: VALID_UNTIL,
        }),
        reference: 0x1234,
        accepted: vec![],
    }
}
