//! Seals the columns that hold secrets: preimages and webhook secrets. AES-256-GCM with one key,
//! a random nonce for each value, and the column and row as associated data, so that a sealed
//! value copied to another row does not open there.
//!
//! Layout: version (1 byte, `1`), nonce (12), ciphertext with tag. Where the key is kept is
//! [`crate::vault_file`]'s business; nothing here is ever logged.

use std::fmt;

use domain::ports::PortError;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::error::Unspecified;
use ring::rand::{SecureRandom, SystemRandom};
use zeroize::Zeroizing;

use crate::tx::Result;

const VERSION: u8 = 1;

/// Column, row and value that detect a wrong key; sealed when a database is created.
pub(crate) const VAULT_CHECK: (&str, &[u8], &[u8]) = ("vault_check.sealed", b"1", b"boltgram");

/// The key that opens what is sealed in the database.
pub struct Vault {
    /// Made ready for use; `None` when that failed.
    key: Option<LessSafeKey>,
    random: SystemRandom,
}

impl Vault {
    pub fn new(key: [u8; 32]) -> Self {
        let key = Zeroizing::new(key);
        let key = UnboundKey::new(&AES_256_GCM, key.as_slice()).map(LessSafeKey::new).ok();
        Self { key, random: SystemRandom::new() }
    }

    fn cipher(&self) -> std::result::Result<&LessSafeKey, Unspecified> {
        self.key.as_ref().ok_or(Unspecified)
    }

    pub(crate) fn seal(&self, column: &str, row: &[u8], plain: &[u8]) -> Result<Vec<u8>> {
        let failed = |_| PortError::Unavailable("the vault could not seal a value".to_owned());
        let mut nonce = [0; NONCE_LEN];
        self.random.fill(&mut nonce).map_err(failed)?;
        let mut text = plain.to_vec();
        self.cipher()
            .map_err(failed)?
            .seal_in_place_append_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(place(column, row)),
                &mut text,
            )
            .map_err(failed)?;
        Ok([&[VERSION], &nonce[..], &text].concat())
    }

    pub(crate) fn open(
        &self,
        column: &str,
        row: &[u8],
        sealed: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>> {
        let failed = || PortError::Refused(format!("{column} does not open with this vault key"));
        let Some((&VERSION, rest)) = sealed.split_first() else { return Err(failed()) };
        let (nonce, text) = rest.split_at_checked(NONCE_LEN).ok_or_else(failed)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| failed())?;
        let mut text = Zeroizing::new(text.to_vec());
        let aad = Aad::from(place(column, row));
        let cipher = self.cipher().map_err(|_| failed())?;
        let length = cipher.open_in_place(nonce, aad, &mut text).map_err(|_| failed())?.len();
        text.truncate(length);
        Ok(text)
    }
}

fn place(column: &str, row: &[u8]) -> Vec<u8> {
    [column.as_bytes(), b"\0", row].concat()
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Vault(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn opens_only_where_it_was_sealed_and_with_its_own_key() {
        let vault = Vault::new([7; 32]);
        let sealed = vault.seal("orders.preimage", b"row", b"secret").unwrap();
        assert_eq!(vault.open("orders.preimage", b"row", &sealed).unwrap().as_slice(), b"secret");
        assert!(vault.open("orders.preimage", b"other", &sealed).is_err());
        assert!(vault.open("orders.webhook_secret", b"row", &sealed).is_err());
        let other = Vault::new([8; 32]);
        assert!(other.open("orders.preimage", b"row", &sealed).is_err());
    }

    #[test]
    fn refuses_what_is_no_sealed_value() {
        let vault = Vault::new([7; 32]);
        let sealed = vault.seal("c", b"row", b"secret").unwrap();
        for length in 0..sealed.len() {
            assert!(vault.open("c", b"row", &sealed[..length]).is_err());
        }
        let mut changed = sealed;
        changed[0] = 2;
        assert!(vault.open("c", b"row", &changed).is_err());
    }

    #[test]
    fn the_same_value_is_never_sealed_alike() {
        let vault = Vault::new([7; 32]);
        assert_ne!(vault.seal("c", b"r", b"s").unwrap(), vault.seal("c", b"r", b"s").unwrap());
        assert_eq!(format!("{vault:?}"), "Vault(…)");
    }
}
