//! The parameter `reference`, ours: a request that is repeated with it is sent once.

use domain::limits::QUERY_REFERENCE_CHARS_MAX;
use domain::message::campaign::Idempotency;
use engine::accept::Repeat;
use sha2::{Digest, Sha256};

use super::answer::Failure;
use super::parameters::Parameters;

/// The other doors have idempotency keys of the same account.
const PREFIX: &str = "query:";

/// Parameters that make two requests the same.
const SAME: [&str; 11] = [
    "msisdn", "contact", "group", "text", "sender", "schedule", "flash", "silent", "wappush",
    "price", "callback",
];

pub(super) fn read_reference(parameters: &Parameters) -> Result<Repeat, Failure> {
    let Some(reference) = parameters.get("reference") else { return Ok(Repeat::Never) };
    let wrong = |word| Failure::echo(word, "sms", "reference", Some(reference));
    if reference.chars().count() > QUERY_REFERENCE_CHARS_MAX {
        let reason = format!("at most {QUERY_REFERENCE_CHARS_MAX} characters are allowed");
        return Err(wrong("REFERENCE_LONG").because(reason));
    }
    if !reference.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(wrong("REFERENCE_INVALID").because("only visible ASCII characters are allowed"));
    }
    let mut request = Sha256::new();
    for name in SAME {
        let value = parameters.get(name).unwrap_or_default();
        request.update(value.len().to_be_bytes());
        request.update(value);
    }
    let key = format!("{PREFIX}{reference}");
    Ok(Repeat::Key(Idempotency { key, request: request.finalize().into() }))
}
