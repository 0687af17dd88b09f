//! The Standard Webhooks signature: HMAC-SHA256 over `id.timestamp.body`, base64, marked `v1`.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::secret::Secret;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// The value of the header `webhook-signature`; `None` unless the secret is `whsec_` and base64.
pub fn sign(secret: &Secret, id: &str, timestamp_s: i64, body: &[u8]) -> Option<String> {
    Signer::default().sign(secret, id, timestamp_s, body)
}

/// Signs, and keeps the key of the last secret: consecutive events are often of one account.
#[derive(Default)]
pub(super) struct Signer(Option<(Secret, Hmac<Sha256>)>);

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Signer(…)")
    }
}

impl Signer {
    pub(super) fn sign(
        &mut self,
        secret: &Secret,
        id: &str,
        timestamp_s: i64,
        body: &[u8],
    ) -> Option<String> {
        let mut mac = self.keyed(secret)?;
        mac.update(format!("{id}.{timestamp_s}.").as_bytes());
        mac.update(body);
        let mut signature = "v1,".to_owned();
        STANDARD.encode_string(mac.finalize().into_bytes(), &mut signature);
        Some(signature)
    }

    fn keyed(&mut self, secret: &Secret) -> Option<Hmac<Sha256>> {
        if let Some((known, mac)) = &self.0
            && known == secret
        {
            return Some(mac.clone());
        }
        let key = STANDARD.decode(secret.expose().strip_prefix("whsec_")?).ok()?;
        let mac = Hmac::<Sha256>::new_from_slice(&key).ok()?;
        self.0 = Some((secret.clone(), mac.clone()));
        Some(mac)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_as_the_example_of_standard_webhooks() {
        let secret = Secret::new("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
        let body = br#"{"test": 2432232314}"#;
        let signature = sign(&secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, body);
        assert_eq!(signature.as_deref(), Some("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="));
    }

    #[test]
    fn refuses_a_secret_of_another_form() {
        assert_eq!(sign(&Secret::new("hunter2"), "msg_1", 0, b""), None);
    }

    #[test]
    fn signs_each_event_with_its_own_secret() {
        let secrets = ["whsec_AAAA", "whsec_BBBB", "whsec_AAAA"].map(Secret::new);
        let mut signer = Signer::default();
        for secret in &secrets {
            let signed = signer.sign(secret, "msg_1", 0, b"{}");
            assert_eq!(signed, sign(secret, "msg_1", 0, b"{}"));
        }
    }
}
