//! Secrets of phones: tokens, of which the store has hashes, and what is derived from a phone's stored secret: the last
//! part of its URL, and the key that signs its calls of it.

use domain::ports::Random;
use domain::secret::Secret;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// 120 bits in an alphabet that is typed without mistakes.
const ENROLMENT_CHARS: usize = 24;
const ALPHABET: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";

/// 192 bits.
const HOOK_HEX_DIGITS: usize = 48;
const SIGNING_HEX_DIGITS: usize = 32;

pub(super) fn new_enrolment(random: &dyn Random) -> Secret {
    let bytes = random.bytes32();
    let chars = bytes.iter().take(ENROLMENT_CHARS);
    let char = |byte: &u8| ALPHABET.get(usize::from(byte % 32)).map(|char| char::from(*char));
    Secret::new(chars.filter_map(char).collect::<String>())
}

pub(super) fn new_token(random: &dyn Random) -> Secret {
    Secret::new(hex::encode(random.bytes32()))
}

pub(super) fn hook_secret(secret: &Secret) -> Secret {
    derived(secret, b"hook", HOOK_HEX_DIGITS)
}

pub(super) fn signing_key(secret: &Secret) -> Secret {
    derived(secret, b"signing key", SIGNING_HEX_DIGITS)
}

fn derived(secret: &Secret, purpose: &[u8], hex_digits: usize) -> Secret {
    let mut text = mac(secret.expose().as_bytes(), &[purpose])
        .map(|mac| hex::encode(mac.finalize().into_bytes()))
        .unwrap_or_default();
    text.truncate(hex_digits);
    Secret::new(text)
}

fn mac(key: &[u8], parts: &[&[u8]]) -> Option<Hmac<Sha256>> {
    // HMAC takes keys of every length.
    let mut mac = Hmac::<Sha256>::new_from_slice(key).ok()?;
    parts.iter().for_each(|part| mac.update(part));
    Some(mac)
}

/// Whether the texts are equal, in a time that says nothing about where they differ.
pub(super) fn is_equal(expected: &Secret, given: &str) -> bool {
    let tag = |text: &str| mac(b"compare", &[text.as_bytes()]);
    let Some(expected) = tag(expected.expose()).map(|mac| mac.finalize().into_bytes()) else {
        return false;
    };
    tag(given).is_some_and(|given| given.verify(&expected).is_ok())
}

/// The signature is over the body as it came and then the timestamp's digits.
pub(super) fn is_signed(key: &Secret, body: &[u8], timestamp: &str, signature: &str) -> bool {
    let Ok(signature) = hex::decode(signature) else { return false };
    mac(key.expose().as_bytes(), &[body, timestamp.as_bytes()])
        .is_some_and(|mac| mac.verify_slice(&signature).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: &str = r#"{"id":"Ey6ECgOkVVFjz3CL48B8C","webhookId":"sms-received","event":"sms:received","deviceId":"dev-1","payload":{"message":"Your code is 123456","receivedAt":"2026-07-01T12:00:00.000Z","messageId":"a8772ab4","sender":"+15551230001","simNumber":1,"phoneNumber":"+15551230001"}}"#;
    const SECOND: &str = r#"{"id":"x","webhookId":"w","event":"sms:received","deviceId":"d","payload":{"message":"\u003c#\u003e a\u003db \u0026 é 😀"}}"#;

    #[test]
    fn verifies_the_app_s_signatures_over_the_bytes_as_they_came() {
        let (key, at) = (Secret::new("s3cr3tK1"), "1782907205");
        for (body, length, signature) in [
            (FIRST, 273, "b9515c601fcb7fc93f54628e7d3d5d90a5d7fb306c503aae7ad82739a5e9fc7f"),
            (SECOND, 126, "6805ae7732c084e378aec3c22a24d5fec04acad95edd3ea32a92ba10bd7aafea"),
        ] {
            assert_eq!(body.len(), length);
            assert!(is_signed(&key, body.as_bytes(), at, signature));
            assert!(!is_signed(&key, body.as_bytes(), "1782907206", signature));
            assert!(!is_signed(&key, &body.as_bytes()[1..], at, signature));
            assert!(!is_signed(&Secret::new("other"), body.as_bytes(), at, signature));
        }
        assert!(!is_signed(&key, FIRST.as_bytes(), at, "no hex"));
    }

    #[test]
    fn secrets_differ_by_purpose_and_are_compared_whole() {
        let secret = Secret::new("phone");
        let (hook, key) = (hook_secret(&secret), signing_key(&secret));
        assert_eq!(
            (hook.expose().len(), key.expose().len()),
            (HOOK_HEX_DIGITS, SIGNING_HEX_DIGITS)
        );
        assert!(!hook.expose().starts_with(key.expose()));
        assert!(is_equal(&hook, hook.expose()) && !is_equal(&hook, key.expose()));
        assert!(!is_equal(&hook, &hook.expose()[1..]));
    }
}
