//! Deserializes secrets so that an error never shows the value.

use std::fmt;

use domain::secret::Secret;
use serde::{Deserializer, de};

/// Deserializes an optional secret.
pub(crate) fn secret<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Secret>, D::Error> {
    from.deserialize_any(SecretVisitor).map(Some)
}

struct SecretVisitor;

impl de::Visitor<'_> for SecretVisitor {
    type Value = Secret;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string in quotes")
    }

    fn visit_str<E: de::Error>(self, secret: &str) -> Result<Secret, E> {
        Ok(Secret::new(secret))
    }

    fn visit_i64<E: de::Error>(self, _: i64) -> Result<Secret, E> {
        Err(E::custom("expected a string in quotes"))
    }

    fn visit_u64<E: de::Error>(self, _: u64) -> Result<Secret, E> {
        Err(E::custom("expected a string in quotes"))
    }

    fn visit_f64<E: de::Error>(self, _: f64) -> Result<Secret, E> {
        Err(E::custom("expected a string in quotes"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, serde::Deserialize)]
    struct Section {
        #[serde(default, deserialize_with = "secret")]
        password: Option<Secret>,
    }

    #[test]
    fn a_secret_is_read_and_never_shown() {
        let section: Section = serde_json::from_str(r#"{"password": "p"}"#).unwrap();
        assert_eq!(section.password.unwrap().expose(), "p");
        let none: Section = serde_json::from_str("{}").unwrap();
        assert!(none.password.is_none());
        for wrong in [r#"{"password": 4711}"#, r#"{"password": 47.11}"#, r#"{"password": -4711}"#] {
            let error = serde_json::from_str::<Section>(wrong).unwrap_err().to_string();
            assert!(!error.contains("47"), "{error}");
        }
    }
}
